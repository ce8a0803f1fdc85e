/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/lua_copy.c: plain data goes from one machine to another, and nothing else does. */

#include <lauxlib.h>
#include <lualib.h>

#include "bindings/api/lua_copy.h"
#include "tests/unit/check.h"

typedef struct bench {
  lua_State *from;
  lua_State *to;
} bench_t;

static void bench_open(bench_t *bench) {
  *bench = (bench_t){luaL_newstate(), luaL_newstate()};
  luaL_openlibs(bench->from);
  luaL_openlibs(bench->to);
}

static void bench_close(bench_t *bench) {
  lua_close(bench->from);
  lua_close(bench->to);
}

static void evaluate(lua_State *L, const char *expression) {
  char code[512];
  snprintf(code, sizeof code, "return %s", expression);
  if (luaL_dostring(L, code) != LUA_OK) fail_msg("%s: %s", expression, lua_tostring(L, -1));
}

static int run_copy(lua_State *L) {
  const bench_t *bench = lua_touserdata(L, 1);
  tg_lua_copy(bench->from, -1, L);
  return 1;
}

/* The value on top of `from` is copied to the top of `to`; an error's message is there when it is false. */
static bool copy(bench_t *bench) {
  lua_pushcfunction(bench->to, run_copy);
  lua_pushlightuserdata(bench->to, bench);
  return lua_pcall(bench->to, 1, 1, 0) == LUA_OK;
}

/* Compares the value on top with the expression, in one machine. */
static const char SAME[] =
    "local function same(a, b) if type(a) ~= 'table' then return rawequal(a, b) and math.type(a) == math.type(b)\n"
    "  or a ~= a and b ~= b end\n"
    "  if getmetatable(a) or getmetatable(b) then return false end\n"
    "  for k, v in pairs(a) do if type(k) ~= 'table' and not same(v, b[k]) then return false end end\n"
    "  for k, v in pairs(b) do if type(k) ~= 'table' and a[k] == nil then return false end end return true end\n"
    "return same";

static void plain_data_arrives_as_it_was(void **state) {
  (void)state;
  static const char *const rows[] = {
      "nil",
      "true",
      "false",
      "0",
      "-1",
      "math.maxinteger",
      "math.mininteger",
      "1.0",
      "-0.0",
      "0.1",
      "1/0",
      "0/0",
      "''",
      "'text'",
      "'a\\0b\\xff'",
      "('x'):rep(100000)",
      "{}",
      "{ 1, 2, 3 }",
      "{ a = 1, ['b c'] = { d = { true, false } }, [1] = 'x', [2.5] = 'y', [true] = 'z', [-7] = 0 }",
      "{ 1, nil, 3 }",
      "{ ['a\\0b'] = 1, ['a'] = 2 }",
      "{ [1] = 'integer', [1.5] = 'float' }",
  };
  bench_t bench;
  bench_open(&bench);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    evaluate(bench.from, rows[i]);
    int top = lua_gettop(bench.from);
    assert_int_equal(luaL_dostring(bench.to, SAME), LUA_OK);
    if (!copy(&bench)) fail_msg("%s: %s", rows[i], lua_tostring(bench.to, -1));
    evaluate(bench.to, rows[i]);
    assert_int_equal(lua_pcall(bench.to, 2, 1, 0), LUA_OK);
    if (!lua_toboolean(bench.to, -1)) fail_msg("%s has changed", rows[i]);
    check_int(lua_gettop(bench.from), top); /* and is still there */
    lua_settop(bench.from, 0);
    lua_settop(bench.to, 0);
  }
  bench_close(&bench);
}

static void what_belongs_to_a_machine_stays_there(void **state) {
  (void)state;
  static const struct {
    const char *value;
    const char *says;
  } rows[] = {
      {"print", "a function can't be copied"},
      {"function() end", "a function can't be copied"},
      {"coroutine.create(print)", "a thread can't be copied"},
      {"io.stdout", "a userdata can't be copied"},
      {"{ 1, { a = { print } } }", "a function can't be copied"},
      {"{ [print] = 1 }", "a function can't be copied"},
      {"(function() local t = {} t[1] = t return t end)()", "tables nested deeper than 32 can't be copied"},
      {"(function() local t = {} t[t] = 1 return t end)()", "tables nested deeper than 32 can't be copied"},
      {"(function() local t = 1 for i = 1, 33 do t = { t } end return t end)()", "nested deeper than 32"},
      {"(function() local t = {} for i = 1, 100001 do t[i] = i end return t end)()", "more than 100000 entries"},
      {"(function() local t = {} for i = 1, 1000 do local s = {} for j = 1, 101 do s[j] = j end t[i] = s end return t end"
       ")()",
       "more than 100000 entries"},
  };
  bench_t bench;
  bench_open(&bench);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    evaluate(bench.from, rows[i].value);
    if (copy(&bench)) fail_msg("%s is copied", rows[i].value);
    if (!strstr(lua_tostring(bench.to, -1), rows[i].says))
      fail_msg("%s: %s", rows[i].value, lua_tostring(bench.to, -1));
    lua_settop(bench.from, 0);
    lua_settop(bench.to, 0);
    evaluate(bench.from, "{ 1 }"); /* both go on */
    check_true(copy(&bench));
    lua_settop(bench.from, 0);
  }
  bench_close(&bench);
}

static void the_limits_themselves_are_fine(void **state) {
  (void)state;
  static const char *const rows[] = {
      "(function() local t = 1 for i = 1, 32 do t = { t } end return t end)()",
      "(function() local t = {} for i = 1, 100000 do t[i] = i end return t end)()",
  };
  bench_t bench;
  bench_open(&bench);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    evaluate(bench.from, rows[i]);
    if (!copy(&bench)) fail_msg("%s: %s", rows[i], lua_tostring(bench.to, -1));
    check_int(lua_rawlen(bench.to, -1), i == 0 ? 1 : 100000);
  }
  bench_close(&bench);
}

static void nothing_of_the_source_s_scripts_runs(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  evaluate(bench.from, "setmetatable({ a = 1 }, { __index = error, __pairs = error, __len = error, __name = 'x',\n"
                       "  __tostring = error, __metatable = false })");
  check_true(copy(&bench));
  check_int(lua_getmetatable(bench.to, -1), 0);
  lua_getfield(bench.to, -1, "a");
  check_int(lua_tointeger(bench.to, -1), 1);
  bench_close(&bench);
}

static void a_table_that_stands_in_two_places_becomes_two(void **state) {
  (void)state;
  bench_t bench;
  bench_open(&bench);
  evaluate(bench.from, "(function() local s = { 1 } return { s, s } end)()");
  check_true(copy(&bench));
  lua_rawgeti(bench.to, -1, 1);
  lua_rawgeti(bench.to, -2, 2);
  check_int(lua_rawlen(bench.to, -1), 1);
  check_false(lua_rawequal(bench.to, -1, -2));
  bench_close(&bench);
}

CHECK_SUITE(plain_data_arrives_as_it_was, what_belongs_to_a_machine_stays_there, the_limits_themselves_are_fine,
            nothing_of_the_source_s_scripts_runs, a_table_that_stands_in_two_places_becomes_two)
