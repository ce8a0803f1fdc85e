/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_MOD_DRIVER_H
#define TG_BINDINGS_API_MOD_DRIVER_H

/** Lua area tg.driver: `define{…}` makes a script of a driver's definition (scripts/tidegate/driver.lua over these devices and tasks). */

#include <lua.h>

#include "core/device/device.h"

/** Pushes the table of the area for the bundle called @p bundle (copied); @p twin is kept as long as the vm. May raise; runs protected; once a vm. */
void tg_mod_driver_push(lua_State *L, tg_twin_t *twin, const char *bundle);

#endif
