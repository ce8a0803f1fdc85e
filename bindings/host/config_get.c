/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf under config_read.c: one member at a time. See config_get.h. */

#include "bindings/host/config_get.h"

#include <math.h>

#include <lauxlib.h>

void *tg_config_get_array(lua_State *L, tg_arena_t *arena, size_t count, size_t size) {
  if (count && size > SIZE_MAX / count) luaL_error(L, "too many entries");
  void *items = tg_arena_alloc(arena, count * size);
  if (!items) {
    luaL_error(L, "out of memory");
    return NULL; /* luaL_error does not return */
  }
  return memset(items, 0, count * size);
}

const char *tg_config_get_top(lua_State *L, tg_arena_t *arena) {
  size_t len = 0;
  const char *text = lua_tolstring(L, -1, &len);
  if (!text) return "";
  char *copy = tg_config_get_array(L, arena, len + 1, 1);
  memcpy(copy, text, len);
  return copy;
}

const char *tg_config_get_text(lua_State *L, tg_arena_t *arena, const char *key) {
  lua_getfield(L, -1, key);
  const char *text = tg_config_get_top(L, arena);
  lua_pop(L, 1);
  return text;
}

uint64_t tg_config_get_uint(lua_State *L, const char *key) {
  lua_getfield(L, -1, key);
  lua_Integer value = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return value > 0 ? (uint64_t)value : 0;
}

uint32_t tg_config_get_scaled(lua_State *L, const char *key, double scale) {
  lua_getfield(L, -1, key);
  double value = ceil(lua_tonumber(L, -1) * scale);
  lua_pop(L, 1);
  return value < (double)UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

bool tg_config_get_bool(lua_State *L, const char *key) {
  lua_getfield(L, -1, key);
  bool value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

bool tg_config_get_is(lua_State *L, const char *key, const char *text) {
  lua_getfield(L, -1, key);
  const char *value = lua_tostring(L, -1);
  bool is = value && strcmp(value, text) == 0;
  lua_pop(L, 1);
  return is;
}

size_t tg_config_get_list(lua_State *L, const char *key) {
  lua_getfield(L, -1, key);
  return lua_istable(L, -1) ? (size_t)luaL_len(L, -1) : 0;
}
