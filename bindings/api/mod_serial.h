/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_MOD_SERIAL_H
#define TG_BINDINGS_API_MOD_SERIAL_H

/** Lua area tg.serial: opening serial ports. Reading, writing and lines are in scripts/tidegate/serial.lua, on the bundle's uv loop. */

#include <lua.h>

/** Pushes the table of the area: `open(port[, options])` and `lines(port[, options[, opened]])`. May raise; runs protected. `uv` must be requirable when they are called. */
void tg_mod_serial_push(lua_State *L);

#endif
