/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_LUA_JSON_H
#define TG_BINDINGS_API_LUA_JSON_H

/** Lua values as JSON and back (docs: tg.codec.to_json, from_json). */

#include <lua.h>

/** Lua function json(value[, order]): compact text; the keys in the list `order` come first in the outermost object, the others sorted behind them. Raises for functions, keys that are no text, and tables deeper than 16. */
int tg_lua_json(lua_State *L);

/** The same, but nothing for text above 1 MiB (or without memory for it) instead of an error. */
int tg_lua_json_within(lua_State *L);

/** Lua function from_json(text): the value; or nil and an error. Null members are absent. */
int tg_lua_json_parse(lua_State *L);

#endif
