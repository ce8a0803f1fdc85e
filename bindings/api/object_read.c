/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of bindings/api: a definition's table, key by key. See object_read.h; the same rules in words: objects/README.md. */

#include "bindings/api/object_read.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>

enum { ID_MAX = 65534, LIST_MAX = 1000 };

static const char BOX[] = "tidegate.objdef";

/* One definition being read; `table` is the absolute index of the table whose keys are asked for. */
typedef struct reader {
  lua_State *L;
  tg_rc_t *rc;
  int table;
  lua_Integer object;
  lua_Integer resource; /* -1 = of the object itself */
} reader_t;

/* Raises `object 3303, resource 5700: …`. */
TG_NORETURN static void refuse(const reader_t *r, tg_rc_t rc, const char *key, const char *what) {
  *r->rc = rc;
  if (r->object < 0) luaL_error(r->L, "object: %s %s", key, what);
  if (r->resource < 0) luaL_error(r->L, "object %I: %s %s", (LUAI_UACINT)r->object, key, what);
  luaL_error(r->L, "object %I, resource %I: %s %s", (LUAI_UACINT)r->object, (LUAI_UACINT)r->resource, key, what);
  abort(); /* luaL_error does not return */
}

/* Without memory for it this raises, too, and says something of an overflow. */
static void check_stack(const reader_t *r, int slots) {
  tg_rc_t before = *r->rc;
  *r->rc = TG_E_NOMEM;
  luaL_checkstack(r->L, slots, "object definition");
  *r->rc = before;
}

/* A definition without an owner yet, freed by the collector if reading raises. */
static int free_box(lua_State *L) {
  tg_objdef_t **box = lua_touserdata(L, 1);
  tg_objdef_free(*box);
  *box = NULL;
  return 0;
}

static tg_objdef_t **push_box(lua_State *L) {
  tg_objdef_t **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  if (luaL_newmetatable(L, BOX)) {
    lua_pushcfunction(L, free_box);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return box;
}

/* Pushes the value of @p key without metamethods. */
static int raw_get(const reader_t *r, const char *key) {
  lua_pushstring(r->L, key);
  return lua_rawget(r->L, r->table);
}

static bool get_bool(const reader_t *r, const char *key, bool is_required) {
  int type = raw_get(r, key);
  if (type != LUA_TBOOLEAN && (type != LUA_TNIL || is_required)) refuse(r, TG_E_TYPE, key, "must be true or false");
  bool value = lua_toboolean(r->L, -1);
  lua_pop(r->L, 1);
  return value;
}

/* Text stays on the stack, so that it is not collected. */
static tg_slice_t get_text(const reader_t *r, const char *key, bool is_required) {
  int type = raw_get(r, key);
  if (type == LUA_TNIL && !is_required) return tg_slice(NULL, 0);
  if (type != LUA_TSTRING) refuse(r, TG_E_TYPE, key, "must be text");
  size_t len;
  const char *text = lua_tolstring(r->L, -1, &len);
  if (len == 0 && is_required && strcmp(key, "ops") != 0) refuse(r, TG_E_RANGE, key, "is empty");
  if (memchr(text, 0, len)) refuse(r, TG_E_SYNTAX, key, "has a NUL in it");
  return tg_slice(text, len);
}

static bool is_among(const char *key, const char *const known[]) {
  for (size_t i = 0; known[i]; i++) {
    if (strcmp(key, known[i]) == 0) return true;
  }
  return false;
}

/* Tables have no order, and the same mistake shall have the same message: of several keys that are wrong the first by name is told. */
static void check_keys(const reader_t *r, const char *const known[]) {
  const char *wrong = NULL; /* lent by the table */
  bool is_text = true;
  for (lua_pushnil(r->L); lua_next(r->L, r->table); lua_pop(r->L, 1)) {
    const char *key = lua_type(r->L, -2) == LUA_TSTRING ? lua_tostring(r->L, -2) : NULL;
    if (!key) is_text = false;
    else if (!is_among(key, known) && (!wrong || strcmp(key, wrong) < 0)) wrong = key;
  }
  if (!is_text) refuse(r, TG_E_TYPE, "a key", "is no text");
  if (!wrong) return;
  const char *near = tg_diag_nearest(wrong, known);
  const char *what = near ? lua_pushfstring(r->L, "is not known, did you mean \"%s\"?", near) : "is not known";
  refuse(r, TG_E_SYNTAX, wrong, what);
}

static uint8_t read_ops(const reader_t *r) {
  static const struct {
    const char *text;
    uint8_t ops;
  } rows[] = {
      {"", 0}, {"R", TG_OPS_READ}, {"W", TG_OPS_WRITE}, {"RW", TG_OPS_READ | TG_OPS_WRITE}, {"E", TG_OPS_EXECUTE}};
  tg_slice_t text = get_text(r, "ops", true);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (tg_slice_is(text, rows[i].text)) return rows[i].ops;
  }
  refuse(r, TG_E_RANGE, "ops", "must be \"\", \"R\", \"W\", \"RW\" or \"E\"");
  return 0;
}

static tg_type_t read_type(const reader_t *r, uint8_t ops) {
  tg_slice_t text = get_text(r, "type", ops != TG_OPS_EXECUTE);
  tg_type_t type = TG_TYPE_NONE;
  if (text.len && tg_value_type_of(text, &type) != TG_OK)
    refuse(r, TG_E_RANGE, "type",
           "must be one of string integer unsigned float boolean opaque time objlnk corelnk none");
  if ((type == TG_TYPE_NONE) != (ops == TG_OPS_EXECUTE))
    refuse(r, TG_E_TYPE, "type", "is left out with ops \"E\" only");
  return type;
}

static void read_range(const reader_t *r, tg_resdef_t *res) {
  int type = raw_get(r, "range");
  if (type == LUA_TNIL) return;
  if (type != LUA_TTABLE) refuse(r, TG_E_TYPE, "range", "must be { least, most }");
  if (res->type != TG_TYPE_INTEGER && res->type != TG_TYPE_UNSIGNED && res->type != TG_TYPE_FLOAT)
    refuse(r, TG_E_TYPE, "range", "is for integer, unsigned and float");
  int at = lua_gettop(r->L);
  bool are_numbers = lua_rawgeti(r->L, at, 1) == LUA_TNUMBER;
  are_numbers = lua_rawgeti(r->L, at, 2) == LUA_TNUMBER && are_numbers;
  res->min = lua_tonumber(r->L, -2);
  res->max = lua_tonumber(r->L, -1);
  if (!are_numbers || !(res->min <= res->max)) refuse(r, TG_E_RANGE, "range", "must be { least, most }");
  res->has_range = true;
}

static void read_resource(reader_t *r, tg_objdef_t *def) {
  static const char *const known[] = {"name",   "ops",  "type", "multiple",  "mandatory",   "range",
                                      "length", "enum", "unit", "sensitive", "description", NULL};
  check_keys(r, known);
  tg_slice_t name = get_text(r, "name", true);
  tg_slice_t unit = get_text(r, "unit", false);
  tg_resdef_t res = {
      .id = (uint16_t)r->resource, .name = (const char *)name.p, .unit = unit.len ? (const char *)unit.p : ""};
  res.ops = read_ops(r);
  res.multiple = get_bool(r, "multiple", false);
  res.mandatory = get_bool(r, "mandatory", false);
  res.sensitive = get_bool(r, "sensitive", false);
  res.type = (uint8_t)read_type(r, res.ops);
  read_range(r, &res);
  tg_rc_t rc = tg_objdef_add(def, &res);
  if (rc != TG_OK) refuse(r, rc, "resources", tg_rc_text(rc));
}

static void read_resources(reader_t *r, tg_objdef_t *def) {
  if (raw_get(r, "resources") != LUA_TTABLE) refuse(r, TG_E_TYPE, "resources", "must be a table");
  int resources = lua_gettop(r->L);
  for (lua_pushnil(r->L); lua_next(r->L, resources);) {
    int is_integer = 0;
    lua_Integer id = lua_type(r->L, -2) == LUA_TNUMBER ? lua_tointegerx(r->L, -2, &is_integer) : -1;
    r->resource = -1;
    if (!is_integer || id < 0 || id > ID_MAX)
      refuse(r, TG_E_RANGE, "resources", "has a key that is no integer from 0 to 65534");
    r->resource = id;
    r->table = lua_gettop(r->L);
    check_stack(r, 16);
    if (!lua_istable(r->L, -1)) refuse(r, TG_E_TYPE, "resources", "must be a table of tables");
    read_resource(r, def);
    lua_settop(r->L, resources + 1); /* the key */
  }
}

/* Raised names need the id first. */
static void read_id(reader_t *r) {
  int is_integer = 0;
  raw_get(r, "id");
  lua_Integer id = lua_type(r->L, -1) == LUA_TNUMBER ? lua_tointegerx(r->L, -1, &is_integer) : -1;
  lua_pop(r->L, 1);
  if (!is_integer || id < 0 || id > ID_MAX) refuse(r, TG_E_RANGE, "id", "must be an integer from 0 to 65534");
  r->object = id;
}

static bool is_same(const tg_objdef_t *a, const tg_objdef_t *b) {
  if (a->multiple != b->multiple || a->mandatory != b->mandatory || a->resource_count != b->resource_count ||
      strcmp(a->name, b->name) != 0 || strcmp(a->urn, b->urn) != 0)
    return false;
  for (size_t i = 0; i < a->resource_count; i++) {
    const tg_resdef_t *x = &a->resources[i], *y = &b->resources[i];
    bool is_equal = x->id == y->id && x->ops == y->ops && x->type == y->type && x->multiple == y->multiple &&
                    x->mandatory == y->mandatory && x->sensitive == y->sensitive && x->has_range == y->has_range &&
                    !(x->min < y->min || x->min > y->min || x->max < y->max || x->max > y->max) &&
                    strcmp(x->name, y->name) == 0 && strcmp(x->unit, y->unit) == 0;
    if (!is_equal) return false;
  }
  return true;
}

/* A replaced definition stays in the registry's memory: a script that is loaded again must not add its own each time. */
static void give(const reader_t *r, tg_registry_t *registry, tg_objdef_t **box) {
  const tg_objdef_t *known = tg_registry_find(registry, (*box)->id, (*box)->version);
  if (known && known->version == (*box)->version && is_same(known, *box)) return;
  tg_rc_t rc = tg_registry_add(registry, *box);
  if (rc != TG_OK) refuse(r, rc, "definition", tg_rc_text(rc));
  *box = NULL;
}

/* Leaves the box with the definition on the stack. */
static void read_one(reader_t *r) {
  static const char *const known[] = {"id",       "name",      "version",     "urn",       "lwm2m",
                                      "multiple", "mandatory", "description", "resources", NULL};
  r->object = r->resource = -1;
  read_id(r);
  check_keys(r, known);
  tg_objdef_head_t head = {.id = (uint16_t)r->object}; /* one after the other: the first mistake is told */
  head.name = get_text(r, "name", true);
  head.urn = get_text(r, "urn", true);
  head.multiple = get_bool(r, "multiple", true);
  head.mandatory = get_bool(r, "mandatory", true);
  if (tg_objdef_parse_version(get_text(r, "version", true), &head.version) != TG_OK)
    refuse(r, TG_E_SYNTAX, "version", "must be a version such as \"1.0\"");
  int at = lua_gettop(r->L) + 1;
  tg_objdef_t **box = push_box(r->L);
  *box = tg_objdef_new(&head);
  if (!*box) refuse(r, TG_E_NOMEM, "definition", tg_rc_text(TG_E_NOMEM));
  read_resources(r, *box);
  lua_settop(r->L, at);
}

/* All are read before the first is given: a list is known as a whole or not at all. Boxes are kept in a table at @p boxes. */
static void give_all(reader_t *r, tg_registry_t *registry, int boxes) {
  lua_Integer count = (lua_Integer)lua_rawlen(r->L, boxes);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(r->L, boxes, i);
    tg_objdef_t **box = lua_touserdata(r->L, -1);
    r->object = (*box)->id;
    r->resource = -1;
    give(r, registry, box);
    lua_pop(r->L, 1);
  }
}

void tg_object_read(lua_State *L, int index, tg_registry_t *registry, tg_rc_t *rc) {
  reader_t reader = {.L = L, .rc = rc, .table = lua_absindex(L, index), .object = -1, .resource = -1};
  *rc = TG_E_TYPE;
  check_stack(&reader, 40);
  if (!lua_istable(L, index)) refuse(&reader, TG_E_TYPE, "definition", "must be a table");
  int list = reader.table, top = lua_gettop(L), boxes = top + 1;
  lua_Integer count = (lua_Integer)lua_rawlen(L, list);
  if (count > LIST_MAX) refuse(&reader, TG_E_TOO_LONG, "list", "has more than 1000 definitions");
  lua_createtable(L, (int)count, 0);
  for (lua_Integer i = 1; i <= (count ? count : 1); i++) {
    reader.object = reader.resource = -1;
    if (count == 0) lua_pushvalue(L, list);
    else if (lua_rawgeti(L, list, i) != LUA_TTABLE) refuse(&reader, TG_E_TYPE, "definition", "must be a table");
    reader.table = lua_gettop(L);
    read_one(&reader);
    lua_rawseti(L, boxes, i);
    lua_settop(L, boxes);
  }
  if (registry) give_all(&reader, registry, boxes);
  *rc = TG_OK;
  lua_settop(L, top);
}
