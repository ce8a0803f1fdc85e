/* SPDX-License-Identifier: Apache-2.0 */
/* The four pattern functions of Lua's string library (Reference Manual §6.4), counted. See vm_pattern.h. */

#include "bindings/vm/vm_pattern.h"

#include <lauxlib.h>

#include "bindings/vm/vm_match.h"

static tg_slice_t check_text(lua_State *L, int arg) {
  size_t len;
  const char *text = luaL_checklstring(L, arg, &len);
  return tg_slice(text, len);
}

static const char *chars(tg_slice_t text) {
  return (const char *)text.p;
}

/* Lua's rule for start positions: negative ones count from the end. Returns an offset; len + 1 when it lies behind the end. */
static size_t start_offset(lua_State *L, int arg, size_t len) {
  lua_Integer init = luaL_optinteger(L, arg, 1);
  if (init > 0) return (lua_Unsigned)init - 1 > len ? len + 1 : (size_t)init - 1;
  if (init == 0 || init < -(lua_Integer)len) return 0;
  return len - (size_t)(-init);
}

static bool has_specials(tg_slice_t pattern) {
  for (size_t i = 0; i < pattern.len; i++) {
    if (pattern.p[i] && strchr("^$*+?.([%-", pattern.p[i])) return true;
  }
  return false;
}

static int find_plain(lua_State *L, tg_slice_t text, tg_slice_t wanted, size_t from) {
  const uint8_t *at = wanted.len ? memmem(text.p + from, text.len - from, wanted.p, wanted.len) : text.p + from;
  tg_vm_charge(L, (at ? (size_t)(at - text.p) - from : text.len - from) / 64);
  if (!at) {
    luaL_pushfail(L);
    return 1;
  }
  lua_Integer start = at - text.p + 1;
  lua_pushinteger(L, start);
  lua_pushinteger(L, start + (lua_Integer)wanted.len - 1);
  return 2;
}

static int search(lua_State *L, bool find) {
  tg_slice_t text = check_text(L, 1), pattern = check_text(L, 2);
  size_t from = start_offset(L, 3, text.len);
  if (from > text.len) {
    luaL_pushfail(L);
    return 1;
  }
  if (find && (lua_toboolean(L, 4) || !has_specials(pattern))) return find_plain(L, text, pattern, from);

  tg_vm_match_t match;
  tg_vm_match_init(&match, L, text, pattern);
  const char *p = chars(pattern);
  bool anchored = pattern.len && *p == '^';
  p += anchored;
  for (const char *at = chars(text) + from; at <= match.subject_end; at++) {
    const char *end = tg_vm_match_at(&match, at, p);
    if (end && !find) return tg_vm_match_push_all(&match, at, end);
    if (end) {
      lua_pushinteger(L, at - chars(text) + 1);
      lua_pushinteger(L, end - chars(text));
      return 2 + tg_vm_match_push_all(&match, NULL, NULL);
    }
    if (anchored) break;
  }
  luaL_pushfail(L);
  return 1;
}

static int string_find(lua_State *L) {
  return search(L, true);
}

static int string_match(lua_State *L) {
  return search(L, false);
}

/* Upvalues: text, pattern, offset to go on at, end of the last match (offset + 1; 0 = none). */
static int gmatch_next(lua_State *L) {
  tg_slice_t text, pattern;
  text.p = (const uint8_t *)lua_tolstring(L, lua_upvalueindex(1), &text.len);
  pattern.p = (const uint8_t *)lua_tolstring(L, lua_upvalueindex(2), &pattern.len);
  size_t from = (size_t)lua_tointeger(L, lua_upvalueindex(3));
  size_t last = (size_t)lua_tointeger(L, lua_upvalueindex(4));
  tg_vm_match_t match;
  tg_vm_match_init(&match, L, text, pattern);
  for (size_t at = from; at <= text.len; at++) {
    const char *start = chars(text) + at;
    const char *end = tg_vm_match_at(&match, start, chars(pattern));
    if (!end || (size_t)(end - chars(text)) + 1 == last)
      continue; /* an empty match right behind the last one is none */
    lua_pushinteger(L, end - chars(text));
    lua_replace(L, lua_upvalueindex(3));
    lua_pushinteger(L, end - chars(text) + 1);
    lua_replace(L, lua_upvalueindex(4));
    return tg_vm_match_push_all(&match, start, end);
  }
  return 0;
}

static int string_gmatch(lua_State *L) {
  tg_slice_t text = check_text(L, 1);
  check_text(L, 2);
  size_t from = start_offset(L, 3, text.len);
  lua_settop(L, 2);
  lua_pushinteger(L, (lua_Integer)from);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, gmatch_next, 4);
  return 1;
}

/* Appends a replacement text, with %0 to %9 and %% resolved. */
static void add_template(luaL_Buffer *out, const tg_vm_match_t *match, const char *start, const char *end) {
  lua_State *L = match->L;
  size_t len;
  const char *text = lua_tolstring(L, 3, &len);
  for (size_t i = 0; i < len; i++) {
    if (text[i] != '%') {
      luaL_addchar(out, text[i]);
      continue;
    }
    char what = ++i < len ? text[i] : 0;
    if (what == '%') {
      luaL_addchar(out, '%');
    } else if (what == '0') {
      luaL_addlstring(out, start, (size_t)(end - start));
    } else if (what >= '1' && what <= '9') {
      tg_vm_match_push(match, what - '1', start, end);
      luaL_tolstring(L, -1, NULL);
      lua_remove(L, -2);
      luaL_addvalue(out);
    } else {
      luaL_error(L, "invalid use of '%%' in replacement string");
    }
  }
}

/* Appends what replaces one match; false or nil from a table or function keeps it. */
static void add_replacement(luaL_Buffer *out, const tg_vm_match_t *match, const char *start, const char *end) {
  lua_State *L = match->L;
  int type = lua_type(L, 3);
  if (type == LUA_TNUMBER || type == LUA_TSTRING) {
    add_template(out, match, start, end);
    return;
  }
  if (type == LUA_TTABLE) {
    tg_vm_match_push(match, 0, start, end);
    lua_gettable(L, 3);
  } else {
    lua_pushvalue(L, 3);
    lua_call(L, tg_vm_match_push_all(match, start, end), 1);
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(out, start, (size_t)(end - start));
  } else if (!lua_isstring(L, -1)) {
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  } else {
    luaL_addvalue(out);
  }
}

static int string_gsub(lua_State *L) {
  tg_slice_t text = check_text(L, 1), pattern = check_text(L, 2);
  int type = lua_type(L, 3);
  luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TTABLE || type == LUA_TFUNCTION, 3,
                   "string/function/table");
  lua_Integer limit = luaL_optinteger(L, 4, (lua_Integer)text.len + 1);
  if (type == LUA_TNUMBER) lua_tolstring(L, 3, NULL); /* before the buffer takes over the stack */

  tg_vm_match_t match;
  tg_vm_match_init(&match, L, text, pattern);
  const char *p = chars(pattern), *at = chars(text), *last = NULL;
  bool anchored = pattern.len && *p == '^';
  p += anchored;
  lua_Integer count = 0;
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  while (count < limit) {
    const char *end = tg_vm_match_at(&match, at, p);
    if (end && end != last) {
      count++;
      add_replacement(&out, &match, at, end);
      at = last = end;
    } else if (at < match.subject_end) {
      luaL_addchar(&out, *at++);
    } else {
      break;
    }
    if (anchored) break;
  }
  luaL_addlstring(&out, at, (size_t)(match.subject_end - at));
  luaL_pushresult(&out);
  lua_pushinteger(L, count);
  return 2;
}

void tg_vm_pattern_open(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"find", string_find}, {"match", string_match}, {"gmatch", string_gmatch}, {"gsub", string_gsub}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
