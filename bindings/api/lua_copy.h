/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_LUA_COPY_H
#define TG_BINDINGS_API_LUA_COPY_H

/** Plain data from one Lua state to another. */

#include <lua.h>

/** Pushes onto @p to a copy of the value at @p index of @p from: nil, booleans, numbers, strings and tables of these, at most 32 deep and 100,000 entries. Raises in @p to for anything else; runs protected there. */
void tg_lua_copy(lua_State *from, int index, lua_State *to);

#endif
