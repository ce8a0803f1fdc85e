/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of bindings/api: see lua_copy.h. Reads raw, so nothing of the source's script runs. */

#include "bindings/api/lua_copy.h"

#include <lauxlib.h>

enum { DEPTH_MAX = 32, ENTRIES_MAX = 100000 };

typedef struct copy {
  lua_State *from;
  lua_State *to;
  int entries;
} copy_t;

static void copy_value(copy_t *copy, int index, int depth);

static void copy_table(copy_t *copy, int index, int depth) {
  if (depth == DEPTH_MAX) luaL_error(copy->to, "tables nested deeper than %d can't be copied", DEPTH_MAX);
  if (!lua_checkstack(copy->from, 4)) luaL_error(copy->to, "not enough stack");
  luaL_checkstack(copy->to, 4, "copy");
  lua_newtable(copy->to);
  lua_pushnil(copy->from);
  while (lua_next(copy->from, index)) {
    if (++copy->entries > ENTRIES_MAX) luaL_error(copy->to, "more than %d entries can't be copied", ENTRIES_MAX);
    int value = lua_gettop(copy->from);
    copy_value(copy, value - 1, depth + 1);
    copy_value(copy, value, depth + 1);
    lua_rawset(copy->to, -3);
    lua_settop(copy->from, value - 1);
  }
}

/* limits: recursion is bounded by DEPTH_MAX */
static void copy_value(copy_t *copy, int index, int depth) {
  size_t len;
  switch (lua_type(copy->from, index)) {
  case LUA_TNIL: lua_pushnil(copy->to); return;
  case LUA_TBOOLEAN: lua_pushboolean(copy->to, lua_toboolean(copy->from, index)); return;
  case LUA_TNUMBER:
    if (lua_isinteger(copy->from, index)) lua_pushinteger(copy->to, lua_tointeger(copy->from, index));
    else lua_pushnumber(copy->to, lua_tonumber(copy->from, index));
    return;
  case LUA_TSTRING: {
    const char *text = lua_tolstring(copy->from, index, &len);
    lua_pushlstring(copy->to, text, len);
    return;
  }
  case LUA_TTABLE: copy_table(copy, index, depth); return;
  default: luaL_error(copy->to, "a %s can't be copied", lua_typename(copy->from, lua_type(copy->from, index)));
  }
}

void tg_lua_copy(lua_State *from, int index, lua_State *to) {
  copy_t copy = {.from = from, .to = to};
  copy_value(&copy, lua_absindex(from, index), 0);
}
