/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/object_read.c: definitions of objects as Lua tables, and every way to get one wrong. */

#include <lauxlib.h>
#include <lualib.h>

#include "bindings/api/object_read.h"
#include "tests/unit/check.h"

typedef struct bench {
  lua_State *L;
  tg_registry_t *registry;
  tg_rc_t rc;
  const char *message; /* lent by the stack; NULL when all went well */
} bench_t;

static void bench_open(bench_t *bench) {
  *bench = (bench_t){.L = luaL_newstate(), .registry = tg_registry_new()};
  luaL_openlibs(bench->L);
}

static void bench_close(bench_t *bench) {
  lua_close(bench->L);
  tg_registry_free(bench->registry);
}

static int run(lua_State *L) {
  bench_t *bench = lua_touserdata(L, 2);
  int top = lua_gettop(L);
  tg_object_read(L, 1, bench->registry, &bench->rc);
  check_int(lua_gettop(L), top);
  return 0;
}

/* Reads the definition that @p code returns. */
static tg_rc_t read_code(bench_t *bench, const char *code) {
  lua_settop(bench->L, 0);
  bench->rc = TG_E_INTERNAL;
  bench->message = NULL;
  lua_pushcfunction(bench->L, run);
  if (luaL_dostring(bench->L, code) != LUA_OK) fail_msg("%s: %s", code, lua_tostring(bench->L, -1));
  lua_pushlightuserdata(bench->L, bench);
  if (lua_pcall(bench->L, 2, 0, 0) != LUA_OK) bench->message = lua_tostring(bench->L, -1);
  check_true((bench->rc == TG_OK) == (bench->message == NULL));
  return bench->rc;
}

static const char DOOR[] =
    "local d = { id = 26310, name = 'Door', version = '1.1', urn = 'urn:oma:lwm2m:x:26310:1.1',\n"
    "lwm2m = '1.0', multiple = true, mandatory = false, description = 'A door.', resources = {\n"
    "  [3] = { name = 'Angle', ops = 'R', type = 'float', range = { -1.5, 180 }, unit = 'deg' },\n"
    "  [0] = { name = 'Open', ops = 'RW', type = 'boolean', mandatory = true, description = 'x' },\n"
    "  [1] = { name = 'State', ops = 'R', type = 'integer', enum = { [0] = 'a' }, range = { 0, 2 } },\n"
    "  [2] = { name = 'Unlock', ops = 'E' },\n"
    "  [4] = { name = 'Code', ops = 'W', type = 'string', length = { 4, 8 }, sensitive = true },\n"
    "  [5] = { name = 'Keys', ops = '', type = 'opaque', multiple = true },\n"
    "  [65534] = { name = 'Link', ops = 'R', type = 'objlnk' } } }\n";

static tg_rc_t read_door(bench_t *bench, const char *change) {
  char code[2048];
  snprintf(code, sizeof code, "%s%s return d", DOOR, change);
  return read_code(bench, code);
}

static void a_definition_is_read_with_all_that_it_says(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  check_rc(read_door(&bench, ""), TG_OK);
  const tg_objdef_t *def = tg_registry_find(bench.registry, 26310, 0);
  assert_non_null(def);
  check_slice(tg_slice_str(def->name), "Door");
  check_slice(tg_slice_str(def->urn), "urn:oma:lwm2m:x:26310:1.1");
  check_int(def->version, TG_VERSION_1_1);
  check_true(def->multiple && !def->mandatory);
  check_int(def->resource_count, 7);
  const struct {
    uint16_t id;
    const char *name;
    uint8_t ops;
    tg_type_t type;
    bool multiple;
    bool mandatory;
    bool sensitive;
    const char *unit;
  } rows[] = {
      {0, "Open", TG_OPS_READ | TG_OPS_WRITE, TG_TYPE_BOOLEAN, false, true, false, ""},
      {1, "State", TG_OPS_READ, TG_TYPE_INTEGER, false, false, false, ""},
      {2, "Unlock", TG_OPS_EXECUTE, TG_TYPE_NONE, false, false, false, ""},
      {3, "Angle", TG_OPS_READ, TG_TYPE_FLOAT, false, false, false, "deg"},
      {4, "Code", TG_OPS_WRITE, TG_TYPE_STRING, false, false, true, ""},
      {5, "Keys", 0, TG_TYPE_OPAQUE, true, false, false, ""},
      {65534, "Link", TG_OPS_READ, TG_TYPE_OBJLNK, false, false, false, ""},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    const tg_resdef_t *res = tg_objdef_find(def, rows[i].id);
    assert_non_null(res);
    check_slice(tg_slice_str(res->name), rows[i].name);
    check_slice(tg_slice_str(res->unit), rows[i].unit);
    check_int(res->ops, rows[i].ops);
    check_int(res->type, rows[i].type);
    check_true(res->multiple == rows[i].multiple && res->mandatory == rows[i].mandatory &&
               res->sensitive == rows[i].sensitive);
  }
  const tg_resdef_t *angle = tg_objdef_find(def, 3);
  check_true(angle->has_range && angle->min == -1.5 && angle->max == 180);
  check_false(tg_objdef_find(def, 0)->has_range);
  bench_close(&bench);
}

static void every_way_to_be_wrong_has_its_sentence(void **state) {
  (void)state;
  static const struct {
    const char *change; /* of the door */
    tg_rc_t rc;
    const char *says;
  } rows[] = {
      {"d = 7", TG_E_TYPE, "object: definition must be a table"},
      {"d = nil", TG_E_TYPE, "object: definition must be a table"},
      {"d = {}", TG_E_RANGE, "object: id must be an integer from 0 to 65534"},
      {"d.id = nil", TG_E_RANGE, "object: id must be an integer"},
      {"d.id = '5'", TG_E_RANGE, "object: id must be an integer"},
      {"d.id = 5.5", TG_E_RANGE, "object: id must be an integer"},
      {"d.id = -1", TG_E_RANGE, "object: id must be an integer"},
      {"d.id = 65535", TG_E_RANGE, "object: id must be an integer"},
      {"d.name = nil", TG_E_TYPE, "object 26310: name must be text"},
      {"d.name = 7", TG_E_TYPE, "object 26310: name must be text"},
      {"d.name = ''", TG_E_RANGE, "object 26310: name is empty"},
      {"d.name = 'a\\0b'", TG_E_SYNTAX, "object 26310: name has a NUL in it"},
      {"d.version = nil", TG_E_TYPE, "object 26310: version must be text"},
      {"d.version = 1.1", TG_E_TYPE, "object 26310: version must be text"},
      {"d.version = '1'", TG_E_SYNTAX, "object 26310: version must be a version such as \"1.0\""},
      {"d.version = '1.x'", TG_E_SYNTAX, "object 26310: version must be a version"},
      {"d.version = '1.70000'", TG_E_SYNTAX, "object 26310: version must be a version"},
      {"d.urn = nil", TG_E_TYPE, "object 26310: urn must be text"},
      {"d.urn = ''", TG_E_RANGE, "object 26310: urn is empty"},
      {"d.multiple = nil", TG_E_TYPE, "object 26310: multiple must be true or false"},
      {"d.multiple = 1", TG_E_TYPE, "object 26310: multiple must be true or false"},
      {"d.mandatory = 'no'", TG_E_TYPE, "object 26310: mandatory must be true or false"},
      {"d.resources = nil", TG_E_TYPE, "object 26310: resources must be a table"},
      {"d.resources = 'x'", TG_E_TYPE, "object 26310: resources must be a table"},
      {"d.resourcse = {}", TG_E_SYNTAX, "object 26310: resourcse is not known, did you mean \"resources\"?"},
      {"d.colour = 1", TG_E_SYNTAX, "object 26310: colour is not known"},
      {"d.zulu = 1 d.colour = 1 d.mike = 1 d.xray = 1", TG_E_SYNTAX, "object 26310: colour is not known"},
      {"d[true] = 1 d.colour = 1 d.zulu = 1", TG_E_TYPE, "object 26310: a key is no text"},
      {"d[true] = 1", TG_E_TYPE, "object 26310: a key is no text"},
      {"d.resources[7] = 1", TG_E_TYPE, "object 26310, resource 7: resources must be a table of tables"},
      {"d.resources.a = {}", TG_E_RANGE, "object 26310: resources has a key that is no integer from 0 to 65534"},
      {"d.resources = { [1.5] = d.resources[0] }", TG_E_RANGE, "object 26310: resources has a key that is no integer"},
      {"d.resources = { [-1] = d.resources[0] }", TG_E_RANGE, "object 26310: resources has a key that is no integer"},
      {"d.resources = { [65535] = d.resources[0] }", TG_E_RANGE,
       "object 26310: resources has a key that is no integer"},
      {"d.resources[0].name = nil", TG_E_TYPE, "object 26310, resource 0: name must be text"},
      {"d.resources[0].name = ''", TG_E_RANGE, "object 26310, resource 0: name is empty"},
      {"d.resources[0].ops = nil", TG_E_TYPE, "object 26310, resource 0: ops must be text"},
      {"d.resources[0].ops = 'WR'", TG_E_RANGE, "resource 0: ops must be \"\", \"R\", \"W\", \"RW\" or \"E\""},
      {"d.resources[0].ops = 'r'", TG_E_RANGE, "resource 0: ops must be"},
      {"d.resources[0].type = nil", TG_E_TYPE, "resource 0: type must be text"},
      {"d.resources[0].type = 'bool'", TG_E_RANGE, "resource 0: type must be one of string integer unsigned float"},
      {"d.resources[0].type = ''", TG_E_RANGE, "resource 0: type is empty"},
      {"d.resources[0].type = 'none'", TG_E_TYPE, "resource 0: type is left out with ops \"E\" only"},
      {"d.resources[2].type = 'string'", TG_E_TYPE, "resource 2: type is left out with ops \"E\" only"},
      {"d.resources[0].multiple = 1", TG_E_TYPE, "resource 0: multiple must be true or false"},
      {"d.resources[0].mandatory = 'x'", TG_E_TYPE, "resource 0: mandatory must be true or false"},
      {"d.resources[0].sensitive = 0", TG_E_TYPE, "resource 0: sensitive must be true or false"},
      {"d.resources[0].unit = 5", TG_E_TYPE, "resource 0: unit must be text"},
      {"d.resources[0].unit = 'a\\0'", TG_E_SYNTAX, "resource 0: unit has a NUL in it"},
      {"d.resources[0].unti = 'm'", TG_E_SYNTAX, "resource 0: unti is not known, did you mean \"unit\"?"},
      {"d.resources[0][1] = 'm'", TG_E_TYPE, "resource 0: a key is no text"},
      {"d.resources[1].range = 5", TG_E_TYPE, "resource 1: range must be { least, most }"},
      {"d.resources[1].range = {}", TG_E_RANGE, "resource 1: range must be { least, most }"},
      {"d.resources[1].range = { 1 }", TG_E_RANGE, "resource 1: range must be { least, most }"},
      {"d.resources[1].range = { 2, 1 }", TG_E_RANGE, "resource 1: range must be { least, most }"},
      {"d.resources[1].range = { '1', 2 }", TG_E_RANGE, "resource 1: range must be { least, most }"},
      {"d.resources[1].range = { 0/0, 2 }", TG_E_RANGE, "resource 1: range must be { least, most }"},
      {"d.resources[4].range = { 0, 1 }", TG_E_TYPE, "resource 4: range is for integer, unsigned and float"},
      {"for i = 100, 2100 do d.resources[i] = d.resources[2] end", TG_E_FULL,
       "resources a bounded table or queue is full"},
      {"d = { d, 7 }", TG_E_TYPE, "object: definition must be a table"},
      {"d = { 7 }", TG_E_TYPE, "object: definition must be a table"},
      {"d = { {} }", TG_E_RANGE, "object: id must be an integer"},
      {"local l = {} for i = 1, 1001 do l[i] = d end d = l", TG_E_TOO_LONG, "list has more than 1000 definitions"},
  };
  bench_t bench;
  bench_open(&bench);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_rc_t rc = read_door(&bench, rows[i].change);
    if (rc != rows[i].rc || !bench.message || !strstr(bench.message, rows[i].says))
      fail_msg("%s: %s, %s", rows[i].change, tg_rc_name(rc), bench.message ? bench.message : "well");
  }
  lua_gc(bench.L, LUA_GCCOLLECT);
  bench_close(&bench);
}

static void a_list_defines_several_versions(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  check_rc(
      read_door(&bench,
                "local e = {} for k, v in pairs(d) do e[k] = v end e.version = '2.0' e.name = 'Gate' d = { d, e }"),
      TG_OK);
  check_slice(tg_slice_str(tg_registry_find(bench.registry, 26310, TG_VERSION_1_1)->name), "Door");
  check_slice(tg_slice_str(tg_registry_find(bench.registry, 26310, 0)->name), "Gate");
  bench_close(&bench);
}

/* The mistake is in the last one: of those before it nothing may be known, nor may one of before be replaced. */
static void a_list_is_known_as_a_whole_or_not_at_all(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  check_rc(read_door(&bench, ""), TG_OK);
  const tg_objdef_t *before = tg_registry_find(bench.registry, 26310, 0);
  check_rc(read_door(&bench, "local e, f = {}, {} for k, v in pairs(d) do e[k], f[k] = v, v end\n"
                             "d.name = 'Other' e.id = 26311 f.id = 26312 f.urn = nil d = { d, e, f }"),
           TG_E_TYPE);
  assert_non_null(strstr(bench.message, "object 26312: urn must be text"));
  assert_ptr_equal(tg_registry_find(bench.registry, 26310, 0), before);
  assert_null(tg_registry_find(bench.registry, 26311, 0));
  lua_gc(bench.L, LUA_GCCOLLECT);
  check_rc(read_door(&bench, "local e = {} for k, v in pairs(d) do e[k] = v end e.id = 26311 d = { d, e }"), TG_OK);
  assert_non_null(tg_registry_find(bench.registry, 26311, 0));
  bench_close(&bench);
}

static bool count_one(void *ud, const tg_objdef_t *def) {
  (void)def;
  ++*(size_t *)ud;
  return true;
}

/* A replaced definition is kept until the registry is freed: reading the same one again must not replace it. */
static void the_same_words_again_change_nothing(void **state) {
  (void)state;
  static const char *const changes[] = {
      "d.name = 'X'",
      "d.urn = 'urn:x'",
      "d.multiple = false",
      "d.mandatory = true",
      "d.resources[0].name = 'X'",
      "d.resources[0].ops = 'R'",
      "d.resources[3].type = 'integer'",
      "d.resources[3].range = { -1.5, 181 }",
      "d.resources[3].range = { -1, 180 }",
      "d.resources[3].range = nil",
      "d.resources[3].unit = 'rad'",
      "d.resources[4].sensitive = false",
      "d.resources[5].multiple = false",
      "d.resources[0].mandatory = false",
      "d.resources[1] = nil",
      "d.resources[7] = d.resources[2]",
      "d.resources[8] = d.resources[2] d.resources[2] = nil",
  };
  bench_t bench;
  bench_open(&bench);
  for (size_t i = 0; i < TG_COUNT(changes); i++) {
    check_rc(read_door(&bench, ""), TG_OK);
    const tg_objdef_t *first = tg_registry_find(bench.registry, 26310, 0);
    check_rc(read_door(&bench, "d.description = 'other words' d.resources[1].enum = nil"), TG_OK);
    assert_ptr_equal(tg_registry_find(bench.registry, 26310, 0), first);
    check_rc(read_door(&bench, changes[i]), TG_OK);
    if (tg_registry_find(bench.registry, 26310, 0) == first) fail_msg("%s changes nothing", changes[i]);
  }
  size_t count = 0;
  tg_registry_each(bench.registry, count_one, &count);
  check_int(count, 1);
  bench_close(&bench);
}

static void only_what_is_in_the_table_counts(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  check_rc(read_code(&bench, "return setmetatable({ id = 5 }, { __index = function() return 'x' end })"), TG_E_TYPE);
  assert_non_null(strstr(bench.message, "object 5: name must be text"));
  check_rc(read_door(&bench, "setmetatable(d, { __pairs = error, __len = error, __index = error })"), TG_OK);
  bench_close(&bench);
}

CHECK_SUITE(a_definition_is_read_with_all_that_it_says, every_way_to_be_wrong_has_its_sentence,
            a_list_defines_several_versions, a_list_is_known_as_a_whole_or_not_at_all,
            the_same_words_again_change_nothing, only_what_is_in_the_table_counts)
