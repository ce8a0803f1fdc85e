/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_LUA_SUBMIT_H
#define TG_BINDINGS_API_LUA_SUBMIT_H

/** Commands that a script leaves in a device's queue and does not wait for: `dev:submit{…}`, `dev:queue()`, and how one is taken back. */

#include <lua.h>

/** Adds the methods `submit` and `queue` to the table on top. Runs protected. */
void tg_lua_submit_methods(lua_State *L);

/** Lua function cancel(id): true; or nil and an error. */
int tg_lua_submit_cancel(lua_State *L);

#endif
