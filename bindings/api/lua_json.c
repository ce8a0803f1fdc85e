/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of bindings/api: see lua_json.h. Objects are written with sorted keys, or some in a given order first, so that equal tables give equal text. */

#include "bindings/api/lua_json.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "bindings/api/lua_record.h"
#include "bindings/vm/vm.h"
#include "core/base/base64.h"
#include "core/codec/json_read.h"
#include "core/codec/json_write.h"

enum { DEPTH_MAX = 16, SMALL = 512, TEXT_MAX = 1 << 20, WRITTEN_MAX = 2 << 20, KEYS_MAX = 10000, ORDER_MAX = 64 };

/* Arguments of tg_lua_json(). */
enum { AT_VALUE = 1, AT_ORDER = 2 };

/* Text being written: first on the C stack, then in a userdata that the collector frees if something raises. */
typedef struct writer {
  lua_State *L;
  tg_buf_t *buf;
  tg_json_out_t json;
} writer_t;

static void write_value(writer_t *w, int index, int depth);

static bool is_array(lua_State *L, int index, lua_Integer *count) {
  *count = (lua_Integer)lua_rawlen(L, index);
  if (*count == 0) return false;
  lua_Integer keys = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) keys++;
  return keys == *count;
}

static bool write_opaque(writer_t *w, int index) {
  lua_pushliteral(w->L, "bytes");
  bool is_opaque = lua_rawget(w->L, index) == LUA_TSTRING;
  if (is_opaque) {
    size_t len;
    const char *bytes = lua_tolstring(w->L, -1, &len);
    tg_value_t value = {.type = TG_TYPE_OPAQUE, .s = tg_slice(bytes, len)};
    tg_json_write_value(&w->json, &value);
  }
  lua_pop(w->L, 1);
  return is_opaque;
}

static bool is_among(const tg_slice_t *keys, size_t count, tg_slice_t key) {
  for (size_t i = 0; i < count; i++) {
    if (tg_slice_eq(keys[i], key)) return true;
  }
  return false;
}

static int by_text(const void *a, const void *b) {
  const tg_slice_t *x = a, *y = b;
  int order = memcmp(x->p, y->p, x->len < y->len ? x->len : y->len);
  return order ? order : (x->len > y->len) - (x->len < y->len);
}

static size_t count_keys(lua_State *L, int index) {
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "JSON: a table has text keys, or is a list without holes");
    if (++count > KEYS_MAX) luaL_error(L, "JSON: more than %d members", KEYS_MAX);
  }
  tg_vm_charge(L, count);
  return count;
}

/* The keys, sorted, in a userdata that is left on the stack; the table holds their bytes. Not sorted by Lua: scripts may change table.sort. */
static tg_slice_t *push_keys(lua_State *L, int index, size_t *count) {
  *count = count_keys(L, index);
  tg_slice_t *keys = lua_newuserdatauv(L, (*count ? *count : 1) * sizeof *keys, 0);
  size_t i = 0, len;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    const char *key = lua_tolstring(L, -2, &len);
    keys[i++] = tg_slice(key, len);
  }
  qsort(keys, *count, sizeof *keys, by_text);
  return keys;
}

/* The member called @p key (bytes of a Lua string), if the object has it. */
static void write_member(writer_t *w, int index, tg_slice_t key, int depth) {
  if (memchr(key.p, 0, key.len)) luaL_error(w->L, "JSON: a key has a NUL in it");
  lua_pushlstring(w->L, (const char *)key.p, key.len);
  if (lua_rawget(w->L, index) != LUA_TNIL) {
    tg_json_write_key(&w->json, (const char *)key.p);
    write_value(w, lua_gettop(w->L), depth + 1);
  }
  lua_pop(w->L, 1);
}

/* The keys of the list at AT_ORDER into @p order, which they outlive; each once. @return how many */
static size_t read_order(lua_State *L, tg_slice_t order[ORDER_MAX]) {
  if (!lua_istable(L, AT_ORDER)) return 0;
  size_t given = lua_rawlen(L, AT_ORDER), count = 0;
  if (given > ORDER_MAX) luaL_error(L, "JSON: the order has more than %d keys", ORDER_MAX);
  for (size_t i = 1; i <= given; i++) {
    if (lua_rawgeti(L, AT_ORDER, (lua_Integer)i) != LUA_TSTRING) luaL_error(L, "JSON: the order is a list of keys");
    size_t len;
    const char *key = lua_tolstring(L, -1, &len);
    if (!is_among(order, count, tg_slice(key, len))) order[count++] = tg_slice(key, len);
    lua_pop(L, 1);
  }
  return count;
}

static void write_object(writer_t *w, int index, int depth) {
  luaL_checkstack(w->L, 10, "JSON");
  tg_slice_t order[ORDER_MAX];
  size_t first = depth == 0 ? read_order(w->L, order) : 0, count;
  tg_json_write_open(&w->json, '{');
  for (size_t i = 0; i < first; i++) write_member(w, index, order[i], depth);
  const tg_slice_t *keys = push_keys(w->L, index, &count);
  for (size_t i = 0; i < count; i++) {
    if (!is_among(order, first, keys[i])) write_member(w, index, keys[i], depth);
  }
  tg_json_write_close(&w->json, '}');
  lua_pop(w->L, 1);
}

static void write_table(writer_t *w, int index, int depth) {
  if (depth >= DEPTH_MAX) luaL_error(w->L, "JSON: tables nested deeper than %d", DEPTH_MAX);
  luaL_checkstack(w->L, 8, "JSON");
  lua_Integer count;
  if (write_opaque(w, index)) return;
  if (!is_array(w->L, index, &count)) {
    write_object(w, index, depth);
    return;
  }
  tg_json_write_open(&w->json, '[');
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(w->L, index, i);
    write_value(w, lua_gettop(w->L), depth + 1);
    lua_pop(w->L, 1);
  }
  tg_json_write_close(&w->json, ']');
}

/* limits: recursion is bounded by DEPTH_MAX */
static void write_value(writer_t *w, int index, int depth) {
  size_t len;
  switch (lua_type(w->L, index)) {
  case LUA_TNIL: tg_json_write_null(&w->json); return;
  case LUA_TBOOLEAN: tg_json_write_bool(&w->json, lua_toboolean(w->L, index)); return;
  case LUA_TNUMBER:
    if (lua_isinteger(w->L, index)) tg_json_write_int(&w->json, lua_tointeger(w->L, index));
    else tg_json_write_double(&w->json, lua_tonumber(w->L, index));
    return;
  case LUA_TSTRING: {
    const char *text = lua_tolstring(w->L, index, &len);
    tg_json_write_str(&w->json, tg_slice(text, len));
    return;
  }
  case LUA_TTABLE: write_table(w, index, depth); return;
  default: luaL_error(w->L, "JSON: a %s can't be written", luaL_typename(w->L, index));
  }
}

static int free_buf(lua_State *L) {
  tg_buf_fini(lua_touserdata(L, 1));
  return 0;
}

static tg_buf_t *push_buf(lua_State *L) {
  tg_buf_t *buf = lua_newuserdatauv(L, sizeof *buf, 0);
  tg_buf_init_growing(buf, WRITTEN_MAX);
  if (luaL_newmetatable(L, "tidegate.buf")) {
    lua_pushcfunction(L, free_buf);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return buf;
}

/* Pushes the text, or nothing. */
static tg_rc_t write_text(lua_State *L) {
  luaL_checkany(L, AT_VALUE);
  lua_settop(L, AT_ORDER);
  if (!lua_isnil(L, AT_ORDER)) luaL_checktype(L, AT_ORDER, LUA_TTABLE);
  bool is_small = lua_type(L, 1) != LUA_TTABLE && (lua_type(L, 1) != LUA_TSTRING || lua_rawlen(L, 1) < SMALL / 6 - 2);
  uint8_t memory[SMALL];
  tg_buf_t small, *buf = &small;
  if (is_small) tg_buf_init(&small, memory, sizeof memory);
  else buf = push_buf(L);
  writer_t w = {.L = L, .buf = buf};
  tg_json_write_begin(&w.json, buf);
  write_value(&w, AT_VALUE, 0);
  tg_vm_charge(L, buf->len / 8);
  tg_rc_t rc = buf->rc;
  if (rc == TG_OK) lua_pushlstring(L, (const char *)buf->p, buf->len);
  tg_buf_fini(buf); /* the collector does not know how large it is */
  return rc;
}

int tg_lua_json(lua_State *L) {
  tg_rc_t rc = write_text(L);
  return rc == TG_OK ? 1 : luaL_error(L, "JSON: %s", tg_rc_text(rc));
}

int tg_lua_json_within(lua_State *L) {
  return write_text(L) == TG_OK;
}

static void push_node(lua_State *L, const tg_json_node_t *node);

static bool push_member(void *ud, tg_slice_t name, const tg_json_node_t *value) {
  lua_State *L = ud;
  lua_pushlstring(L, (const char *)name.p, name.len);
  push_node(L, value);
  lua_rawset(L, -3);
  return true;
}

/* {"base64": "…"} is how opaque values are written. */
static bool push_opaque(lua_State *L, const tg_json_node_t *node) {
  const tg_json_node_t *text = tg_json_read_count(node) == 1 ? tg_json_read_get(node, "base64") : NULL;
  if (!text || tg_json_read_kind(text) != TG_JSON_STRING) return false;
  tg_slice_t encoded = tg_json_read_str(text);
  uint8_t *memory = lua_newuserdatauv(L, encoded.len + 1, 0);
  tg_buf_t bytes;
  tg_buf_init(&bytes, memory, encoded.len + 1);
  bool is_valid = tg_base64_get(encoded, &bytes) == TG_OK;
  if (is_valid) {
    lua_createtable(L, 0, 1);
    lua_pushlstring(L, (const char *)bytes.p, bytes.len);
    lua_setfield(L, -2, "bytes");
    lua_remove(L, -2);
  } else {
    lua_pop(L, 1);
  }
  return is_valid;
}

static void push_container(lua_State *L, const tg_json_node_t *node) {
  luaL_checkstack(L, 6, "JSON");
  if (tg_json_read_kind(node) == TG_JSON_OBJECT) {
    if (push_opaque(L, node)) return;
    lua_newtable(L);
    tg_json_read_each(node, push_member, L);
    return;
  }
  size_t count = tg_json_read_count(node);
  lua_createtable(L, count < 1024 ? (int)count : 1024, 0);
  for (size_t i = 0; i < count; i++) {
    push_node(L, tg_json_read_at(node, i));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* limits: recursion is bounded by the reader's depth, 16 */
static void push_node(lua_State *L, const tg_json_node_t *node) {
  int64_t i;
  double f;
  bool b;
  tg_slice_t s;
  switch (tg_json_read_kind(node)) {
  case TG_JSON_BOOL: lua_pushboolean(L, tg_json_read_bool(node, &b) == TG_OK && b); return;
  case TG_JSON_INT: lua_pushinteger(L, tg_json_read_int(node, &i) == TG_OK ? i : 0); return;
  case TG_JSON_UINT:
  case TG_JSON_DOUBLE: lua_pushnumber(L, tg_json_read_double(node, &f) == TG_OK ? f : 0); return;
  case TG_JSON_STRING:
    s = tg_json_read_str(node);
    lua_pushlstring(L, (const char *)s.p, s.len);
    return;
  case TG_JSON_ARRAY:
  case TG_JSON_OBJECT: push_container(L, node); return;
  case TG_JSON_NULL: break;
  }
  lua_pushnil(L);
}

/* A document that the collector frees if making tables of it raises. */
static int free_doc(lua_State *L) {
  tg_json_t **box = lua_touserdata(L, 1);
  tg_json_read_free(*box);
  *box = NULL;
  return 0;
}

int tg_lua_json_parse(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  lua_settop(L, 1);
  tg_vm_charge(L, len / 4);
  tg_json_t **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  if (luaL_newmetatable(L, "tidegate.json")) {
    lua_pushcfunction(L, free_doc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_json_read(tg_slice(text, len), TEXT_MAX, &diag, box);
  if (rc != TG_OK) {
    lua_pushnil(L);
    tg_lua_record_push_error(L, rc, diag.message[0] ? diag.message : NULL);
    return 2;
  }
  push_node(L, tg_json_read_root(*box));
  tg_json_read_free(*box);
  *box = NULL;
  return 1;
}
