/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_MOD_DEVICE_H
#define TG_BINDINGS_API_MOD_DEVICE_H

/** Lua area tg.device: finding devices, and their last values. */

#include "bindings/api/api_state.h"

/** Pushes the table of the area (find, list, cancel) and makes the device type. May raise; runs protected; once a vm. */
void tg_mod_device_push(lua_State *L, tg_bundle_t *bundle);

#endif
