/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_DRIVER_DEVICE_H
#define TG_BINDINGS_API_DRIVER_DEVICE_H

/**
 * Devices of Lua drivers: each is a device of the twin with a backend of kind `driver`. A command becomes a task that calls the
 * driver; what the driver can't know better (Discover, Read of a driver without read()) is answered from the twin.
 */

#include <lua.h>

#include "bindings/vm/vm_undo.h"
#include "core/device/device.h"

/** All devices of one bundle; ends with its vm. */
typedef struct tg_driver_set {
  tg_twin_t *twin;
  tg_vm_t *vm;
  struct tg_driver_device *first;
  tg_vm_undo_t undo;
} tg_driver_set_t;

/** Begins an empty set (kept until the vm is freed) and puts its end on the undo list of @p vm: devices that are still this set's go offline. */
void tg_driver_device_init(tg_driver_set_t *set, tg_vm_t *vm, tg_twin_t *twin);

/** Lua function open(ep, objects, on_command, can_read) with the set as upvalue 1: a handle with put, finish and close; or nil and an error. */
int tg_driver_device_open(lua_State *L);

#endif
