/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/vm/vm_costly.c: functions of Lua's that go round in C are charged before, and say what Lua's own say. */

#include "bindings/vm/vm_costly.h"

#include <lauxlib.h>
#include <lualib.h>

#include "bindings/vm/vm_call.h"
#include "core/base/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/vm/vm_run.h"

/* Without a charge each of these takes from a second to for ever, in one call of C. */
static void what_would_go_round_for_ever_is_over_budget(void **state) {
  (void)state;
  static const char *const rows[] = {
      "table.move({}, 1, 1 << 60, 2)",
      "table.move({}, -(1 << 62), 1 << 62, 1)",
      "pcall(table.move, {}, 1, 1 << 60, 2)",
      "local l = setmetatable({}, { __len = function() return 1 << 60 end }) table.insert(l, 1, 0)",
      "local l = setmetatable({}, { __len = function() return 1 << 60 end }) table.remove(l, 1)",
      "local l = setmetatable({}, { __len = function() return (1 << 31) - 2 end }) table.sort(l, rawequal)",
      "local l = {} for i = 1, 200000 do l[i] = i * 7919 % 200003 end table.sort(l)",
      "string.rep('x', 20000000)",
      "local s = ('x'):rep(3000000) for i = 1, 1e9 do utf8.len(s) end",
      "local s = ('x'):rep(3000000) for i = 1, 1e9 do utf8.offset(s, 2999999) end",
      "local s = ('i'):rep(1000000) for i = 1, 1e9 do string.packsize(s) end",
      "local s = ('x'):rep(3000000) for i = 1, 1e9 do s:find('y', 1, true) end",
      "for i = 1, 1e9 do collectgarbage() end",
  };
  const tg_vm_config_t config = {.memory = (size_t)32 << 20, .instructions = 2000000, .burst_ms = 200};
  tg_vm_t *vm = tg_vm_new(&config);
  assert_non_null(vm);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_diag_t diag = {0};
    uint64_t begin = tg_clock_mono_ms();
    tg_rc_t rc = vm_run(vm, rows[i], &diag);
    if (rc != TG_E_BUDGET) fail_msg("%s: %s %s", rows[i], tg_rc_name(rc), diag.message);
    check_slice(tg_slice_str(diag.file), "test.lua");
    check_int(diag.line, 1);
    if (tg_clock_mono_ms() - begin > 10000) fail_msg("%s: too long", rows[i]);
  }
  tg_vm_free(vm);
}

/* The budget of time holds for what is charged, too. */
static void what_is_charged_looks_at_the_clock(void **state) {
  (void)state;
  const tg_vm_config_t config = {.memory = (size_t)32 << 20, .instructions = UINT64_MAX / 64, .burst_ms = 20};
  tg_vm_t *vm = tg_vm_new(&config);
  tg_diag_t diag = {0};
  uint64_t begin = tg_clock_mono_ms();
  check_rc(vm_run(vm, "local s = ('x'):rep(10000000)\nfor i = 1, 1e9 do utf8.len(s) end", &diag), TG_E_BUDGET);
  assert_non_null(strstr(diag.message, "time"));
  check_true(tg_clock_mono_ms() - begin < 5000);
  check_rc(vm_run(vm, "assert(#('x'):rep(10) == 10)", &diag), TG_OK);
  tg_vm_free(vm);
}

/* Runs in a vm: `theirs` are Lua's own libraries, opened beside ours. */
static const char compare[] =
    "local function show(...)\n"
    "  local t = table.pack(...)\n"
    "  for i = 1, t.n do t[i] = type(t[i]) == 'table' and 'table' or tostring(t[i]) end\n"
    "  return table.concat(t, '|')\n"
    "end\n"
    "local function list(t) local out = {} for i = 1, 6 do out[i] = tostring(t[i]) end return table.concat(out, ',') end\n"
    "local function same(library, name, ...)\n"
    "  local a, b = table.pack(...), table.pack(...)\n"
    "  for i = 1, a.n do\n"
    "    if type(a[i]) == 'table' then a[i], b[i] = { table.unpack(a[i]) }, { table.unpack(a[i]) } end\n"
    "  end\n"
    "  local ours = show(pcall(_G[library][name], table.unpack(a, 1, a.n)))\n"
    "  local own = show(pcall(theirs[library][name], table.unpack(b, 1, b.n))):gsub(\"to '[^']*'\", 'to it')\n"
    "  ours = ours:gsub(\"to '[^']*'\", 'to it')\n"
    "  if ours ~= own then error(name .. '(' .. show(...) .. '): ours ' .. ours .. ', theirs ' .. own) end\n"
    "  if type(a[1]) == 'table' and list(a[1]) ~= list(b[1]) then error(name .. ': ' .. list(a[1]) .. ' ' .. list(b[1])) end\n"
    "end\n"
    "for _, n in ipairs { 0, 1, 2, 5, -1, '3', 2.0, 1.5, 'x', {} } do\n"
    "  for _, s in ipairs { '', 'a', 'abc', 7 } do same('string', 'rep', s, n) same('string', 'rep', s, n, ', ') end\n"
    "end\n"
    "same('string', 'rep') same('string', 'rep', 'a') same('string', 'rep', {}, 1)\n"
    "assert(string.rep('', 1 << 62) == '' and string.rep('', 1 << 62, '') == '' and string.rep('', 3, 'a') == 'aa')\n"
    "for _, f in ipairs { '', 'i4', '<I2 z', 's1', 'q', 3, {} } do\n"
    "  same('string', 'packsize', f) same('string', 'pack', f, 1, 'x') same('string', 'unpack', f, '\\1\\0ab\\0cdefgh')\n"
    "  same('string', 'unpack', f, '\\1\\0ab\\0cdefgh', 2)\n"
    "end\n"
    "local l = { 3, 1, 2, 5, 4 }\n"
    "for at = -1, 7 do same('table', 'insert', l, at, 9) same('table', 'remove', l, at) end\n"
    "same('table', 'insert', l, 9) same('table', 'insert', l) same('table', 'insert') same('table', 'insert', 5, 1)\n"
    "same('table', 'insert', l, 1, 2, 3) same('table', 'remove', l) same('table', 'remove') same('table', 'remove', 'x', 1)\n"
    "same('table', 'sort', l) same('table', 'sort', l, function(a, b) return a > b end) same('table', 'sort')\n"
    "same('table', 'sort', { 1, 'x' }) same('table', 'sort', {}) same('table', 'sort', l, 5)\n"
    "same('table', 'concat', l) same('table', 'concat', l, '-') same('table', 'concat', l, '-', 2) same('table', 'concat', l, '-', 2, 4)\n"
    "same('table', 'concat', l, '-', 4, 2) same('table', 'concat', l, '-', 1, 9) same('table', 'concat', { {} }) same('table', 'concat')\n"
    "same('table', 'move', l, 2, 4, 1) same('table', 'move', l, 1, 3, 3) same('table', 'move', l, 3, 1, 1) same('table', 'move', l, 1)\n"
    "same('table', 'move', l, 1, 3, 1, {}) same('table', 'move', 1, 1, 1, 1) same('table', 'move', l, 'a', 1, 1)\n"
    "for _, s in ipairs { '', 'abc', '\\u{e4}\\u{20ac}x', '\\xff', 'a\\x80', 5 } do\n"
    "  for i = -4, 6 do\n"
    "    same('utf8', 'len', s, i) same('utf8', 'len', s, i, 3) same('utf8', 'offset', s, i) same('utf8', 'offset', s, i, 2)\n"
    "  end\n"
    "  same('utf8', 'len', s) same('utf8', 'offset', s, math.mininteger) same('utf8', 'offset', s, math.maxinteger)\n"
    "end\n"
    "same('utf8', 'len') same('utf8', 'offset', 'x')\n";

static int run_comparison(lua_State *L) {
  static const luaL_Reg libraries[] = {
      {"string", luaopen_string}, {"table", luaopen_table}, {"utf8", luaopen_utf8}, {NULL, NULL}};
  lua_newtable(L);
  for (const luaL_Reg *library = libraries; library->name; library++) {
    lua_pushcfunction(L, library->func);
    lua_call(L, 0, 1);
    lua_setfield(L, -2, library->name);
  }
  lua_setglobal(L, "theirs");
  if (luaL_loadbufferx(L, compare, sizeof compare - 1, "@compare.lua", "t") != LUA_OK) return lua_error(L);
  lua_call(L, 0, 0);
  return 0;
}

static void ours_say_what_luas_own_say(void **state) {
  (void)state;
  const tg_vm_config_t config = {.burst_ms = 20000, .instructions = 100000000};
  tg_vm_t *vm = tg_vm_new(&config);
  tg_diag_t diag = {0};
  if (tg_vm_call(vm, run_comparison, NULL, &diag) != TG_OK) fail_msg("%d: %s", diag.line, diag.message);
  tg_vm_free(vm);
}

/* An error that has to be told is told, also where its text would cost too much; later calls have their budgets. */
static void an_error_that_costs_too_much_to_tell_is_told_all_the_same(void **state) {
  (void)state;
  const tg_vm_config_t config = {.instructions = 1000000, .burst_ms = 200};
  tg_vm_t *vm = tg_vm_new(&config);
  for (int i = 0; i < 3; i++) {
    tg_diag_t diag = {0};
    check_rc(vm_run(vm,
                    "error(setmetatable({}, { __tostring = function() table.move({}, 1, 1 << 60, 2) return 'x' end }))",
                    &diag),
             TG_E_SCRIPT);
    check_int(diag.line, 1);
    check_rc(vm_run(vm, "for i = 1, 100000 do local x = i end", &diag), TG_OK);
  }
  tg_vm_free(vm);
}

CHECK_SUITE(what_would_go_round_for_ever_is_over_budget, what_is_charged_looks_at_the_clock, ours_say_what_luas_own_say,
            an_error_that_costs_too_much_to_tell_is_told_all_the_same)
