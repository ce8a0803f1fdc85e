/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/vm/vm_pattern_test.c: our pattern functions say what Lua's own say, on a table of calls and on random patterns. */

#include <lauxlib.h>
#include <lualib.h>

#include "bindings/vm/vm_call.h"
#include "tests/unit/check.h"

/* Runs in a vm: `theirs` is Lua's own string library, opened beside ours. */
static const char compare[] =
    "local function show(...)\n"
    "  local t = table.pack(...)\n"
    "  for i = 1, t.n do t[i] = tostring(t[i]) end\n"
    "  return table.concat(t, '|')\n"
    "end\n"
    "local function same(name, ...)\n"
    "  local a = show(pcall(string[name], ...))\n"
    "  local b = show(pcall(theirs[name], ...))\n"
    "  if a ~= b then error(name .. '(' .. show(...) .. '): ours ' .. a .. ', theirs ' .. b) end\n"
    "end\n"
    "local function all(f, text, pattern)\n"
    "  local t = {}\n"
    "  for a, b in f(text, pattern) do t[#t + 1] = tostring(a) .. ',' .. tostring(b) end\n"
    "  return table.concat(t, ';')\n"
    "end\n"
    "local function both(text, pattern)\n"
    "  same('find', text, pattern) same('find', text, pattern, 2) same('find', text, pattern, -2) same('find', text, pattern, 1, true)\n"
    "  same('find', text, pattern, 100) same('find', text, pattern, -100)\n"
    "  same('match', text, pattern) same('match', text, pattern, 3)\n"
    "  same('gsub', text, pattern, '<%0>') same('gsub', text, pattern, '%1') same('gsub', text, pattern, 'x', 2)\n"
    "  same('gsub', text, pattern, {a = 'b', b = 1, c = false}) same('gsub', text, pattern, function(a) return a ~= '' and a end)\n"
    "  local a, b = show(pcall(all, string.gmatch, text, pattern)), show(pcall(all, theirs.gmatch, text, pattern))\n"
    "  if a ~= b then error('gmatch(' .. text .. ', ' .. pattern .. '): ours ' .. a .. ', theirs ' .. b) end\n"
    "end\n";

static const char table_rows[] =
    "local texts = {'', 'a', 'abc', 'aaa', 'hello world', '  trim  ', 'k=v; x=y', '(a(b)c)', 'THE (quick) fox', '2026-11-24', 'a.b.c', 'x\\0y', '%d'}\n"
    "local patterns = {'', '.', 'a', 'a*', 'a+', 'a-', 'a?', '^a', 'a$', '^$', '(a)', '()', '(a*)(b*)', '%a+', '%s*$', '^%s*(.-)%s*$', '(%w+)=(%w+)',\n"
    "  '%b()', '%f[%a]%a+', '[abc]', '[^abc]', '[a-c]+', '[%a_][%w_]*', '[]]', '[^]]', '[a-]', '(%d+)-(%d+)-(%d+)', '(.)%1', '()%1', '()(a)%1%2', '()a%1*', '%.', '%%', '.-', '((a)(b))',\n"
    "  'a-b', '^()', '$', '[', '[a', '%', '(', ')', '%1', '%b', '%f', 'a**', '(()', '[%', '%z', '[%z]', '\\0', '.*%)', '[a-%%]', '%g+', '%U', '%x%X'}\n"
    "for _, t in ipairs(texts) do for _, p in ipairs(patterns) do both(t, p) end end\n";

static const char random_rows[] =
    "local seed = 12345\n"
    "local function rnd(n) seed = (seed * 1103515245 + 12345) & 0x7fffffff return (seed >> 8) % n + 1 end\n"
    "local parts = {'a', 'b', '.', '%a', '%d', '[ab]', '[^a]', '(', ')', '*', '+', '-', '?', '^', '$', '%1', '%b()', '%f[a]', '()', '%', '[', ']'}\n"
    "for _ = 1, 300 do\n"
    "  local p, t = '', ''\n"
    "  for _ = 1, rnd(6) do p = p .. parts[rnd(#parts)] end\n"
    "  for _ = 1, rnd(10) do t = t .. ('ab()1 '):sub(rnd(6)):sub(1, 1) end\n"
    "  both(t, p)\n"
    "end\n";

static int run_comparison(lua_State *L) {
  const char *rows = lua_touserdata(L, 1);
  lua_pushcfunction(L, luaopen_string);
  lua_call(L, 0, 1);
  lua_setglobal(L, "theirs");
  luaL_loadbufferx(L, compare, sizeof compare - 1, "@compare.lua", "t");
  lua_pushfstring(L, "%s%s", compare, rows);
  size_t len;
  const char *text = lua_tolstring(L, -1, &len);
  if (luaL_loadbufferx(L, text, len, "@compare.lua", "t") != LUA_OK) return lua_error(L);
  lua_call(L, 0, 0);
  return 0;
}

static void check_same(const char *rows) {
  const tg_vm_config_t config = {.instructions = 500000000, .burst_ms = 20000};
  tg_vm_t *vm = tg_vm_new(&config);
  assert_non_null(vm);
  union {
    const char *from;
    void *to;
  } arg = {rows};
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_vm_call(vm, run_comparison, arg.to, &diag);
  if (rc != TG_OK) fail_msg("%s:%d: %s", diag.file, diag.line, diag.message);
  tg_vm_free(vm);
}

static void a_table_of_calls_gives_what_lua_gives(void **state) {
  (void)state;
  check_same(table_rows);
}

static void random_patterns_give_what_lua_gives(void **state) {
  (void)state;
  check_same(random_rows);
}

CHECK_SUITE(a_table_of_calls_gives_what_lua_gives, random_patterns_give_what_lua_gives)
