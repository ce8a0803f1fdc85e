/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_LUA_COMMAND_H
#define TG_BINDINGS_API_LUA_COMMAND_H

/**
 * Commands from scripts to devices: `dev:read(path[, options][, fn])` and its sisters. Inside a task they suspend until the command
 * has ended; with a function they call it with the same results.
 */

#include <lua.h>

#include "core/event/event.h"

/** Adds the methods that wait for a command to the table on top. Runs protected. */
void tg_lua_command_methods(lua_State *L);

/** Pushes a CoAP code as text, `2.05`; nil for 0. */
void tg_lua_command_push_code(lua_State *L, uint8_t code);

#endif
