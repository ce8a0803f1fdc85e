/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Lua's own functions will cost, from their arguments, and then these functions themselves. Called by vm_sandbox.c. Measured on
 * Lua 5.4.4: ("").rep(1e18) and table.move({}, 1, 1e18, 2) do not end; sorting a million numbers takes 0.4 s. See vm_costly.h.
 */

#include "bindings/vm/vm_costly.h"

#include <lauxlib.h>

#include "bindings/vm/vm.h"

/* A step is about what the machine does for one instruction, some 10 ns. */
enum { BYTES_A_STEP = 8, COPIES_A_STEP = 4 };

/* Upvalue 1 of each is Lua's function. */
static int go_on(lua_State *L) {
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* rep(s, n[, sep]): a copy at a time, however short. */
static int rep(lua_State *L) {
  size_t len, separator;
  (void)luaL_checklstring(L, 1, &len);
  lua_Integer count = luaL_checkinteger(L, 2);
  (void)luaL_optlstring(L, 3, "", &separator);
  if (len + separator == 0) { /* of nothing */
    lua_pushliteral(L, "");
    return 1;
  }
  bool fits = count <= 0 || len + separator <= tg_vm_memory_left(tg_vm_of(L)) / (uint64_t)count;
  if (fits && count > 0) tg_vm_charge(L, (uint64_t)count / COPIES_A_STEP);
  return go_on(L); /* what does not fit is refused before the first copy */
}

/* pack(format, …), packsize(format), unpack(format, …) */
static int format(lua_State *L) {
  size_t len = 0;
  if (lua_type(L, 1) == LUA_TSTRING) (void)lua_tolstring(L, 1, &len);
  tg_vm_charge(L, len / COPIES_A_STEP);
  return go_on(L);
}

/* len(text[, from[, to]]) */
static int count_chars(lua_State *L) {
  size_t len;
  (void)luaL_checklstring(L, 1, &len);
  lua_Integer from = luaL_optinteger(L, 2, 1);
  if (from > 0) len = (lua_Unsigned)from <= len ? len - (size_t)from + 1 : 0;
  tg_vm_charge(L, len / BYTES_A_STEP);
  return go_on(L);
}

/* offset(text, characters[, from]) */
static int offset(lua_State *L) {
  size_t len;
  (void)luaL_checklstring(L, 1, &len);
  lua_Integer chars = luaL_checkinteger(L, 2);
  uint64_t steps = chars < 0 ? 0 - (uint64_t)chars : (uint64_t)chars;
  tg_vm_charge(L, (steps && steps < len / 4 ? steps * 4 : len) / BYTES_A_STEP);
  return go_on(L);
}

/* move(from, first, last, at[, to]) */
static int move(lua_State *L) {
  lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);
  if (last >= first) tg_vm_charge(L, ((uint64_t)last - (uint64_t)first) / COPIES_A_STEP);
  return go_on(L);
}

/* Of the list that is the first argument; Lua's function complains of what is none. */
static uint64_t length(lua_State *L) {
  if (!lua_istable(L, 1)) return 0;
  lua_Integer count = luaL_len(L, 1); /* which a metatable may make up */
  return count > 0 ? (uint64_t)count : 0;
}

/* insert(list, at, value): what is behind it moves. To append costs nothing more. */
static int insert(lua_State *L) {
  if (lua_gettop(L) > 2) tg_vm_charge(L, length(L) / COPIES_A_STEP);
  return go_on(L);
}

/* remove(list[, at]) */
static int take_out(lua_State *L) {
  if (lua_gettop(L) > 1) tg_vm_charge(L, length(L) / COPIES_A_STEP);
  return go_on(L);
}

/* sort(list[, before]) */
static int sort(lua_State *L) {
  uint64_t count = length(L), rounds = 0;
  while (count >> rounds) rounds++;
  if (count > UINT32_MAX) count = UINT32_MAX;
  tg_vm_charge(L, count * rounds);
  return go_on(L);
}

/* concat(list[, separator[, first[, last]]]): of empty texts there may be many. */
static int concat(lua_State *L) {
  lua_Integer first = luaL_optinteger(L, 3, 1);
  uint64_t count = lua_isnoneornil(L, 4) ? length(L) : 0;
  if (!lua_isnoneornil(L, 4) && luaL_checkinteger(L, 4) >= first)
    count = (uint64_t)lua_tointeger(L, 4) - (uint64_t)first + 1;
  tg_vm_charge(L, count / COPIES_A_STEP);
  return go_on(L);
}

/* The functions of the table @p library. */
static void wrap(lua_State *L, const char *library, const luaL_Reg *functions) {
  lua_getglobal(L, library);
  for (; functions->name; functions++) {
    lua_getfield(L, -1, functions->name);
    lua_pushcclosure(L, functions->func, 1);
    lua_setfield(L, -2, functions->name);
  }
  lua_pop(L, 1);
}

void tg_vm_costly_open(lua_State *L) {
  static const luaL_Reg in_string[] = {
      {"rep", rep}, {"pack", format}, {"packsize", format}, {"unpack", format}, {NULL, NULL}};
  static const luaL_Reg in_table[] = {{"move", move}, {"insert", insert}, {"remove", take_out},
                                      {"sort", sort}, {"concat", concat}, {NULL, NULL}};
  static const luaL_Reg in_utf8[] = {{"len", count_chars}, {"offset", offset}, {NULL, NULL}};
  wrap(L, "string", in_string);
  wrap(L, "table", in_table);
  wrap(L, "utf8", in_utf8);
}
