/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_MOD_FIRMWARE_H
#define TG_BINDINGS_API_MOD_FIRMWARE_H

/** Lua area tg.firmware: images, updates of devices, campaigns. */

#include <lua.h>

/** Pushes the table of the area. May raise; runs protected. */
void tg_mod_firmware_push(lua_State *L);

#endif
