/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/lua_record.c: values, paths, records and errors between C and Lua. */

#include <lauxlib.h>
#include <lualib.h>

#include "bindings/api/lua_record.h"
#include "tests/unit/check.h"

static lua_State *open_state(void) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  return L;
}

static void evaluate(lua_State *L, const char *expression) {
  char code[512];
  snprintf(code, sizeof code, "return %s", expression);
  if (luaL_dostring(L, code) != LUA_OK) fail_msg("%s: %s", expression, lua_tostring(L, -1));
}

/* Calls the expression, a function of one argument, with the value on top. */
static const char *shown(lua_State *L) {
  static char text[256];
  static const char SHOW[] =
      "local v = ... local function hex(s) return (s:gsub('.', function(c) return ('%02x'):format(c:byte()) end)) end\n"
      "if type(v) == 'table' then if v.bytes then return 'bytes ' .. hex(v.bytes) end\n"
      "  return 'link ' .. v[1] .. ':' .. v[2] .. ' of ' .. #v end\n"
      "if type(v) == 'number' then return math.type(v) .. ' ' .. ('%.17g'):format(v) end\n"
      "return type(v) .. ' ' .. tostring(v)";
  assert_int_equal(luaL_loadstring(L, SHOW), LUA_OK);
  lua_insert(L, -2);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
  snprintf(text, sizeof text, "%s", lua_tostring(L, -1));
  lua_pop(L, 1);
  return text;
}

#define TEXT(type_, text_)                                                                                             \
  {                                                                                                                    \
    .type = type_, .s = {(const uint8_t *)(text_), sizeof(text_) - 1 }                                                 \
  }

static void every_type_has_its_lua_value(void **state) {
  (void)state;
  const struct {
    tg_value_t value;
    const char *shown;
  } rows[] = {
      {{.type = TG_TYPE_NONE}, "nil nil"},
      {{.type = TG_TYPE_INTEGER, .i = INT64_MIN}, "integer -9.2233720368547758e+18"},
      {{.type = TG_TYPE_INTEGER, .i = 7}, "integer 7"},
      {{.type = TG_TYPE_TIME, .i = 1700000000}, "integer 1700000000"},
      {{.type = TG_TYPE_UNSIGNED, .u = 7}, "integer 7"},
      {{.type = TG_TYPE_UNSIGNED, .u = INT64_MAX}, "integer 9.2233720368547758e+18"},
      {{.type = TG_TYPE_UNSIGNED, .u = UINT64_MAX}, "float 1.8446744073709552e+19"},
      {{.type = TG_TYPE_FLOAT, .f = 21}, "float 21"},
      {{.type = TG_TYPE_FLOAT, .f = -0.1}, "float -0.10000000000000001"},
      {{.type = TG_TYPE_BOOLEAN, .b = true}, "boolean true"},
      {{.type = TG_TYPE_BOOLEAN, .b = false}, "boolean false"},
      {TEXT(TG_TYPE_STRING, "a b"), "string a b"},
      {TEXT(TG_TYPE_STRING, ""), "string "},
      {{.type = TG_TYPE_STRING}, "string "},
      {TEXT(TG_TYPE_CORELNK, "</3>"), "string </3>"},
      {TEXT(TG_TYPE_OPAQUE, "\0\xff"), "bytes 00ff"},
      {{.type = TG_TYPE_OPAQUE}, "bytes "},
      {{.type = TG_TYPE_OBJLNK, .link = {65535, 65535}}, "link 65535:65535 of 2"},
      {{.type = TG_TYPE_OBJLNK, .link = {3, 0}}, "link 3:0 of 2"},
  };
  lua_State *L = open_state();
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_lua_record_push_value(L, &rows[i].value);
    check_slice(tg_slice_str(shown(L)), rows[i].shown);
    check_int(lua_gettop(L), 0);
  }
  lua_close(L);
}

static void lua_values_have_a_type_or_are_refused(void **state) {
  (void)state;
  const struct {
    const char *expression;
    tg_rc_t rc;
    tg_value_t value;
  } rows[] = {
      {"7", TG_OK, {.type = TG_TYPE_INTEGER, .i = 7}},
      {"math.mininteger", TG_OK, {.type = TG_TYPE_INTEGER, .i = INT64_MIN}},
      {"7.0", TG_OK, {.type = TG_TYPE_FLOAT, .f = 7}},
      {"true", TG_OK, {.type = TG_TYPE_BOOLEAN, .b = true}},
      {"'7'", TG_OK, TEXT(TG_TYPE_STRING, "7")},
      {"''", TG_OK, TEXT(TG_TYPE_STRING, "")},
      {"{ bytes = 'a\\0' }", TG_OK, TEXT(TG_TYPE_OPAQUE, "a\0")},
      {"{ bytes = '', 1, 2 }", TG_OK, TEXT(TG_TYPE_OPAQUE, "")},
      {"{ 3, 0 }", TG_OK, {.type = TG_TYPE_OBJLNK, .link = {3, 0}}},
      {"{ 3.0, 65535 }", TG_OK, {.type = TG_TYPE_OBJLNK, .link = {3, 65535}}},
      {"nil", TG_E_TYPE, {0}},
      {"print", TG_E_TYPE, {0}},
      {"{}", TG_E_TYPE, {0}},
      {"{ 3 }", TG_E_TYPE, {0}},
      {"{ 3, 65536 }", TG_E_TYPE, {0}},
      {"{ -1, 0 }", TG_E_TYPE, {0}},
      {"{ 1.5, 0 }", TG_E_TYPE, {0}},
      {"{ 'a', 0 }", TG_E_TYPE, {0}},
      {"{ bytes = 7 }", TG_E_TYPE, {0}},
      {"setmetatable({}, { __index = function() return 'x' end })", TG_E_TYPE, {0}},
      {"coroutine.create(print)", TG_E_TYPE, {0}},
  };
  lua_State *L = open_state();
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    evaluate(L, rows[i].expression);
    tg_value_t value = {0};
    if (tg_lua_record_get_value(L, -1, &value) != rows[i].rc) fail_msg("%s", rows[i].expression);
    if (rows[i].rc == TG_OK && !tg_value_eq(&value, &rows[i].value)) fail_msg("%s", rows[i].expression);
    check_int(lua_gettop(L), 1);
    lua_settop(L, 0);
  }
  lua_close(L);
}

/* One object with a resource of each type that matters. */
static void add_object(tg_registry_t *registry) {
  const tg_objdef_head_t head = {.id = 9,
                                 .multiple = true,
                                 .version = TG_VERSION_1_0,
                                 .name = tg_slice_str("All"),
                                 .urn = tg_slice_str("urn:oma:lwm2m:x:9")};
  tg_objdef_t *def = tg_objdef_new(&head);
  for (uint16_t type = TG_TYPE_NONE; type < TG_TYPE_COUNT; type++) {
    const tg_resdef_t res = {.id = type, .type = (uint8_t)type, .ops = TG_OPS_READ, .name = "x", .unit = ""};
    check_rc(tg_objdef_add(def, &res), TG_OK);
  }
  check_rc(tg_registry_add(registry, def), TG_OK);
}

static void values_become_what_the_model_says(void **state) {
  (void)state;
  const struct {
    const char *expression;
    uint16_t type;
    tg_rc_t rc;
    tg_value_t value;
  } rows[] = {
      {"7", TG_TYPE_FLOAT, TG_OK, {.type = TG_TYPE_FLOAT, .f = 7}},
      {"7.0", TG_TYPE_INTEGER, TG_OK, {.type = TG_TYPE_INTEGER, .i = 7}},
      {"7.5", TG_TYPE_INTEGER, TG_E_TYPE, {0}},
      {"2^63", TG_TYPE_INTEGER, TG_E_RANGE, {0}},
      {"7", TG_TYPE_TIME, TG_OK, {.type = TG_TYPE_TIME, .i = 7}},
      {"7", TG_TYPE_UNSIGNED, TG_OK, {.type = TG_TYPE_UNSIGNED, .u = 7}},
      {"-7", TG_TYPE_UNSIGNED, TG_E_RANGE, {0}},
      {"1", TG_TYPE_BOOLEAN, TG_OK, {.type = TG_TYPE_BOOLEAN, .b = true}},
      {"2", TG_TYPE_BOOLEAN, TG_E_RANGE, {0}},
      {"'7'", TG_TYPE_INTEGER, TG_E_TYPE, {0}},
      {"7", TG_TYPE_STRING, TG_E_TYPE, {0}},
      {"'3:0'", TG_TYPE_OBJLNK, TG_OK, {.type = TG_TYPE_OBJLNK, .link = {3, 0}}},
      {"{ 3, 0 }", TG_TYPE_OBJLNK, TG_OK, {.type = TG_TYPE_OBJLNK, .link = {3, 0}}},
      {"'</3>'", TG_TYPE_CORELNK, TG_OK, TEXT(TG_TYPE_CORELNK, "</3>")},
      {"{ bytes = 'x' }", TG_TYPE_OPAQUE, TG_OK, TEXT(TG_TYPE_OPAQUE, "x")},
      {"{ bytes = 'x' }", TG_TYPE_STRING, TG_E_TYPE, {0}},
      {"true", TG_TYPE_NONE, TG_OK, {.type = TG_TYPE_BOOLEAN, .b = true}}, /* the model knows nothing */
      {"7", 99, TG_OK, {.type = TG_TYPE_INTEGER, .i = 7}},
      {"print", TG_TYPE_STRING, TG_E_TYPE, {0}},
  };
  lua_State *L = open_state();
  tg_registry_t *registry = tg_registry_new();
  add_object(registry);
  const tg_model_t model = {.registry = registry, .enabler = TG_VERSION_1_1};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    evaluate(L, rows[i].expression);
    tg_value_t value = {0};
    tg_path_t path = tg_path(3, 9, 0, rows[i].type);
    tg_rc_t rc = tg_lua_record_get_for(L, -1, &model, &path, &value);
    if (rc != rows[i].rc) fail_msg("%s as %u: %s", rows[i].expression, rows[i].type, tg_rc_name(rc));
    if (rc == TG_OK && !tg_value_eq(&value, &rows[i].value)) fail_msg("%s as %u", rows[i].expression, rows[i].type);
    path.len = TG_PATH_INSTANCE;
    path.id[2] = 0;
    tg_rc_t plain = tg_lua_record_get_for(L, -1, &model, &path, &value);
    check_rc(plain, lua_isfunction(L, -1) ? TG_E_TYPE : TG_OK);
    lua_settop(L, 0);
  }
  tg_registry_free(registry);
  lua_close(L);
}

static int check_path(lua_State *L) {
  char text[TG_PATH_TEXT_MAX];
  tg_path_t path = tg_lua_record_check_path(L, 1);
  lua_pushstring(L, tg_path_text(&path, text));
  return 1;
}

static void paths_are_read_or_raise(void **state) {
  (void)state;
  static const struct {
    const char *expression;
    const char *says;
  } rows[] = {
      {"'/3/0/1'", "/3/0/1"},
      {"'3/0'", "/3/0"},
      {"'/'", "/"},
      {"''", "/"},
      {"'/65534/65534/65534/65534'", "/65534/65534/65534/65534"},
      {"'/65535'", "a path such as \"/3303/0/5700\" is wanted"},
      {"'/3//1'", "a path such as"},
      {"'/3/'", "a path such as"},
      {"'/03'", "a path such as"},
      {"'/1/2/3/4/5'", "a path such as"},
      {"'/3/a'", "a path such as"},
      {"'/3\\0'", "a path such as"},
      {"('/1'):rep(100000)", "a path such as"},
      {"nil", "string expected, got nil"},
      {"{}", "string expected, got table"},
  };
  lua_State *L = open_state();
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    lua_pushcfunction(L, check_path);
    evaluate(L, rows[i].expression);
    bool is_path = lua_pcall(L, 1, 1, 0) == LUA_OK;
    if (is_path ? strcmp(lua_tostring(L, -1), rows[i].says) != 0 : !strstr(lua_tostring(L, -1), rows[i].says))
      fail_msg("%s: %s", rows[i].expression, lua_tostring(L, -1));
    lua_settop(L, 0);
  }
  lua_close(L);
}

static void records_have_a_path_a_value_and_a_time_if_known(void **state) {
  (void)state;
  const tg_record_t records[] = {
      {.path = tg_path(3, 3303, 0, 5700), .value = {.type = TG_TYPE_FLOAT, .f = 21.5}, .time_ms = 1700000000123},
      {.path = tg_path(2, 3, 0, 0), .value = {.type = TG_TYPE_NONE}},
  };
  lua_State *L = open_state();
  tg_lua_record_push_list(L, records, 2);
  lua_setglobal(L, "r");
  evaluate(L, "#r == 2 and r[1].path == '/3303/0/5700' and r[1].value == 21.5 and r[1].time == 1700000000.123\n"
              "  and r[2].path == '/3/0' and r[2].value == nil and r[2].time == nil");
  check_true(lua_toboolean(L, -1));
  tg_lua_record_push_list(L, NULL, 0);
  check_int(lua_rawlen(L, -1), 0);
  static tg_record_t many[5000];
  tg_lua_record_push_list(L, many, TG_COUNT(many));
  check_int(lua_rawlen(L, -1), TG_COUNT(many));
  lua_close(L);
}

static void errors_are_objects_with_a_code_and_one_line_of_text(void **state) {
  (void)state;
  lua_State *L = open_state();
  for (int i = TG_END + 1; i <= TG_E_INTERNAL; i++) {
    tg_lua_record_push_error(L, (tg_rc_t)i, i % 2 ? "a sentence" : NULL);
    check_rc(tg_lua_record_error_rc(L, -1), (tg_rc_t)i);
    char want[128];
    snprintf(want, sizeof want, "%s: %s", tg_rc_name((tg_rc_t)i), i % 2 ? "a sentence" : tg_rc_text((tg_rc_t)i));
    check_slice(tg_slice_str(luaL_tolstring(L, -1, NULL)), want);
    lua_settop(L, 0);
  }
  static const char *const others[] = {
      "nil", "'gone'", "{}", "{ code = 7 }", "{ code = 'what' }", "{ code = 'ok' }", "{ code = 'end' }", "print"};
  for (size_t i = 0; i < TG_COUNT(others); i++) {
    evaluate(L, others[i]);
    check_rc(tg_lua_record_error_rc(L, -1), TG_E_PEER);
    check_int(lua_gettop(L), 1);
    lua_settop(L, 0);
  }
  lua_close(L);
}

static void members_are_taken_as_they_are(void **state) {
  (void)state;
  lua_State *L = open_state();
  evaluate(L, "setmetatable({ a = 1 }, { __index = { b = 2 } })");
  check_int(tg_lua_record_push_member(L, 1, "a"), LUA_TNUMBER);
  check_int(tg_lua_record_push_member(L, -2, "b"), LUA_TNIL);
  check_int(lua_gettop(L), 3);
  lua_close(L);
}

CHECK_SUITE(every_type_has_its_lua_value, lua_values_have_a_type_or_are_refused, values_become_what_the_model_says,
            paths_are_read_or_raise, records_have_a_path_a_value_and_a_time_if_known,
            errors_are_objects_with_a_code_and_one_line_of_text, members_are_taken_as_they_are)
