/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A script's rows: read once when it starts, then answered from a table and written behind. Rows are JSON text in the bucket
 * `script/NAME`; another script, or this one under another name, does not see them. See mod_store.h.
 */

#include "bindings/api/mod_store.h"

#include <lauxlib.h>

#include "bindings/api/lua_json.h"
#include "bindings/api/lua_record.h"

enum { KEY_MAX = 255, TOTAL_MAX = 1 << 20 };

/* Key of { texts, state } in the registry, for tg_mod_store_refresh(). */
static const char STORE_KEY[] = "tidegate.store";

/* Upvalues of the functions: values by key as JSON text, and how many bytes they are in all. */
enum { AT_TEXTS = 1, AT_STATE = 2 };

typedef struct state {
  tg_store_t *store; /* NULL: nothing is kept */
  size_t total;
  char bucket[96];
} state_t;

static void check_key(lua_State *L) {
  luaL_checktype(L, 1, LUA_TSTRING);
  size_t len = lua_rawlen(L, 1);
  luaL_argcheck(L, len >= 1 && len <= KEY_MAX, 1, "1 to 255 bytes are wanted");
}

/* get(key) */
static int store_get(lua_State *L) {
  check_key(L);
  lua_settop(L, 1);
  if (lua_rawget(L, lua_upvalueindex(AT_TEXTS)) == LUA_TNIL) return 1;
  return tg_lua_json_parse(L);
}

static size_t known_size(lua_State *L) {
  lua_pushvalue(L, 1);
  size_t size = lua_rawget(L, lua_upvalueindex(AT_TEXTS)) == LUA_TNIL ? 0 : lua_rawlen(L, -1) + lua_rawlen(L, 1);
  lua_pop(L, 1);
  return size;
}

/* set(key, value): true; or nil and an error. nil removes. */
static int store_set(lua_State *L) {
  check_key(L);
  lua_settop(L, 2);
  state_t *state = lua_touserdata(L, lua_upvalueindex(AT_STATE));
  size_t before = known_size(L), after = 0;
  tg_slice_t text = {0};
  if (!lua_isnil(L, 2)) {
    lua_pushcfunction(L, tg_lua_json_within);
    lua_pushvalue(L, 2);
    lua_call(L, 1, 1);
    if (lua_isnil(L, 3)) return tg_lua_record_fail(L, TG_E_FULL, "more than 1 MiB");
    text.p = (const uint8_t *)lua_tolstring(L, 3, &text.len);
    after = text.len + lua_rawlen(L, 1);
  } else {
    lua_pushnil(L);
  }
  if (state->total - before + after > TOTAL_MAX) return tg_lua_record_fail(L, TG_E_FULL, "more than 1 MiB");
  size_t len;
  const char *name = lua_tolstring(L, 1, &len);
  tg_slice_t key = tg_slice(name, len);
  tg_rc_t rc = !state->store ? TG_E_STATE
               : text.p      ? tg_store_put(state->store, state->bucket, key, text)
                             : tg_store_del(state->store, state->bucket, key);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, NULL);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 3);
  lua_rawset(L, lua_upvalueindex(AT_TEXTS));
  state->total = state->total - before + after;
  lua_pushboolean(L, 1);
  return 1;
}

/* keys([prefix]): a sorted list. */
static int store_keys(lua_State *L) {
  size_t len;
  const char *text = luaL_optlstring(L, 1, "", &len);
  tg_slice_t prefix = tg_slice(text, len);
  lua_settop(L, 1);
  lua_newtable(L);
  lua_Integer count = 0;
  for (lua_pushnil(L); lua_next(L, lua_upvalueindex(AT_TEXTS)); lua_pop(L, 1)) {
    tg_vm_charge(L, 4);
    const char *key = lua_tolstring(L, -2, &len);
    if (!tg_slice_begins(tg_slice(key, len), prefix)) continue;
    lua_pushvalue(L, -2);
    lua_rawseti(L, 2, ++count);
  }
  lua_getglobal(L, "table");
  lua_getfield(L, -1, "sort");
  lua_pushvalue(L, 2);
  lua_call(L, 1, 0);
  lua_settop(L, 2);
  return 1;
}

/* Rows on their way into the table: raising would leave the store's read open, so a row that does not fit is left out. */
typedef struct loading {
  lua_State *L;
  state_t *state;
  tg_slice_t key;
  tg_slice_t value;
} loading_t;

static int put_row(lua_State *L) {
  const loading_t *row = lua_touserdata(L, 2);
  lua_pushlstring(L, (const char *)row->key.p, row->key.len);
  lua_pushlstring(L, (const char *)row->value.p, row->value.len);
  lua_rawset(L, 1);
  return 0;
}

static bool load_row(void *ud, tg_slice_t key, tg_slice_t value) {
  loading_t *loading = ud;
  lua_State *L = loading->L;
  if (loading->state->total + key.len + value.len > TOTAL_MAX) return true;
  if (tg_vm_memory_left(tg_vm_of(L)) < 2 * (key.len + value.len) + 4096) return false;
  loading->key = key;
  loading->value = value;
  lua_pushcfunction(L, put_row);
  lua_pushvalue(L, -2);
  lua_pushlightuserdata(L, loading);
  if (lua_pcall(L, 2, 0, 0) != LUA_OK) lua_pop(L, 1);
  else loading->state->total += key.len + value.len;
  return true;
}

/* The rows that the store has, into the table on top. @return how many bytes they are; raises */
static size_t load_rows(lua_State *L, const state_t *from) {
  state_t state = *from;
  state.total = 0;
  luaL_checkstack(L, 8, "store");
  loading_t loading = {.L = L, .state = &state};
  tg_rc_t rc = state.store ? tg_store_each(state.store, state.bucket, load_row, &loading) : TG_OK;
  if (rc != TG_OK) luaL_error(L, "the rows of this script can't be read: %s", tg_rc_text(rc));
  return state.total;
}

int tg_mod_store_refresh(lua_State *L) {
  lua_settop(L, 0);
  lua_rawgetp(L, LUA_REGISTRYINDEX, STORE_KEY);
  lua_rawgeti(L, 1, AT_TEXTS);
  lua_rawgeti(L, 1, AT_STATE);
  state_t *state = lua_touserdata(L, 3);
  lua_newtable(L);
  size_t total = load_rows(L, state);
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) { /* what is there no more */
    lua_pushvalue(L, -2);
    if (lua_rawget(L, 4) == LUA_TNIL) {
      lua_pushvalue(L, -3);
      lua_pushnil(L);
      lua_rawset(L, 2);
    }
    lua_pop(L, 1);
  }
  for (lua_pushnil(L); lua_next(L, 4); lua_pop(L, 1)) {
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 2);
  }
  state->total = total;
  return 0;
}

void tg_mod_store_push(lua_State *L, tg_bundle_t *bundle) {
  static const luaL_Reg functions[] = {{"get", store_get}, {"set", store_set}, {"keys", store_keys}, {NULL, NULL}};
  luaL_newlibtable(L, functions);
  state_t *state = lua_newuserdatauv(L, sizeof *state, 0);
  *state = (state_t){.store = bundle->api->parts.store};
  (void)snprintf(state->bucket, sizeof state->bucket, "script/%s", bundle->source.name);
  lua_newtable(L);
  state->total = load_rows(L, state);
  lua_createtable(L, 2, 0);
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, AT_TEXTS);
  lua_pushvalue(L, -3);
  lua_rawseti(L, -2, AT_STATE);
  lua_rawsetp(L, LUA_REGISTRYINDEX, STORE_KEY);
  lua_insert(L, -2); /* functions, texts, state */
  luaL_setfuncs(L, functions, 2);
}
