/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/vm/vm_test.c: bindings/vm as a whole: what a script may do, and what happens when it does too much. */

#include <lauxlib.h>
#include <time.h>

#include "bindings/vm/vm_call.h"
#include "core/base/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/vm/vm_run.h"

static char printed[4096];

static void on_print(void *ud, const char *text) {
  (void)ud;
  snprintf(printed, sizeof printed, "%s", text);
}

static bool module(void *ud, const char *name, tg_buf_t *source, tg_buf_t *file) {
  (void)ud;
  if (strcmp(name, "ours") == 0) {
    tg_buf_put_str(source, "return function(f) pcall(f) f() end");
    tg_buf_put_str(file, "scripts/tidegate/ours.lua");
    return true;
  }
  if (strcmp(name, "answer") != 0) return false;
  tg_buf_put_str(source, "return 42");
  tg_buf_put_str(file, "answer.lua");
  return true;
}

static tg_vm_t *open_vm(size_t memory) {
  const tg_vm_config_t config = {
      .memory = memory, .instructions = 1000000, .burst_ms = 50, .on_print = on_print, .module = module};
  tg_vm_t *vm = tg_vm_new(&config);
  assert_non_null(vm);
  printed[0] = 0;
  return vm;
}

static void a_script_runs_and_prints_to_its_host(void **state) {
  (void)state;
  tg_vm_t *vm = open_vm(0);
  tg_diag_t diag = {0};
  check_rc(vm_run(vm, "print('a', 1, nil, require 'answer')", &diag), TG_OK);
  check_slice(tg_slice_str(printed), "a\t1\tnil\t42");
  tg_vm_free(vm);
}

static void an_error_names_file_line_and_message(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int line;
    const char *message;
  } rows[] = {
      {"local x = 1\nerror('oh')", 2, "oh"},
      {"\n\nlocal t = nil\nt.x = 1", 4, "attempt to index"},
      {"x = = 1", 1, "unexpected symbol"},
      {"\nerror({})", 2, "table"},
      {"\nerror()", 2, "nil"},
      {"\nrequire 'nothing'", 2, "nothing"},
  };
  tg_vm_t *vm = open_vm(0);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_diag_t diag = {0};
    check_rc(vm_run(vm, rows[i].text, &diag), TG_E_SCRIPT);
    check_slice(tg_slice_str(diag.file), "test.lua");
    check_int(diag.line, rows[i].line);
    if (!strstr(diag.message, rows[i].message)) fail_msg("\"%s\" does not say \"%s\"", diag.message, rows[i].message);
  }
  check_rc(vm_run(vm, "print('alive')", NULL), TG_OK);
  check_slice(tg_slice_str(printed), "alive");
  tg_vm_free(vm);
}

/* Each of these would hold or fill an unguarded process. */
static void what_takes_too_much_is_ended_in_time(void **state) {
  (void)state;
  static const char *const rows[] = {
      "while true do end",
      "while true do pcall(function() while true do end end) end",
      "local co = coroutine.wrap(function() while true do end end) co()",
      "local s = ('a'):rep(30) s:find(('a-'):rep(8) .. 'b')",
      "local s = ('a'):rep(100) s:match(('.*'):rep(10) .. 'b')",
      "local t = {} while true do t[#t + 1] = ('x'):rep(1000) end",
      "local s = 'x' while true do s = s .. s end",
      "local s = ('x'):rep(1 << 40)",
      "local function f() return f() + 1 end f()",
      "for i = 1, 1e9 do local ok = pcall(error, 'x') end",
      "local s = ('x'):rep(1000000) while true do s:gsub('x', 'yy') end",
      "string.rep('x', 1e9, string.rep('y', 1e9))",
      "setmetatable({}, {__index = function(t, k) return t[k] end}).x = nil; local t = setmetatable({}, {__index = function(t, k) return t[k] end}) local y = t.x",
      "table.concat(setmetatable({}, {__len = function() return 1e9 end, __index = function() return 'x' end}))",
  };
  tg_vm_t *vm = open_vm((size_t)8 << 20);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_diag_t diag = {0};
    uint64_t start = tg_clock_mono_ms();
    tg_rc_t rc = vm_run(vm, rows[i], &diag);
    uint64_t took = tg_clock_mono_ms() - start;
    if (rc == TG_OK || took > 2000)
      fail_msg("row %zu: %s after %u ms: %s", i, tg_rc_name(rc), (unsigned)took, diag.message);
    check_rc(vm_run(vm, "print('alive')", &diag), TG_OK);
  }
  check_rc(vm_run(vm, "collectgarbage()", NULL), TG_OK);
  tg_vm_stats_t stats;
  tg_vm_stats(vm, &stats);
  check_true(stats.memory < (size_t)1 << 20);
  check_true(stats.overruns >= 4);
  tg_vm_free(vm);
}

static void what_could_reach_out_is_not_there(void **state) {
  (void)state;
  static const char *const rows[] = {
      "assert(io == nil and debug == nil and package == nil)",
      "assert(dofile == nil and loadfile == nil and string.dump == nil)",
      "assert(os.execute == nil and os.exit == nil and os.getenv == nil and os.remove == nil and os.time)",
      "assert(not load('\\27Lua'))",
      "assert(select(2, load('x =')):find('unexpected'))",
      "assert(not pcall(load, function() return nil end))",
      "assert(not pcall(setmetatable, {}, {__gc = function() end}))",
      "assert(getmetatable('') == false)",
      "assert(not pcall(require, 'os'))",
      "assert(not pcall(collectgarbage, 'stop'))",
      "local env = {} load('x = 1', 'n', 'b', env)() assert(env.x == 1 and x == nil)",
  };
  tg_vm_t *vm = open_vm(0);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_diag_t diag = {0};
    tg_rc_t rc = vm_run(vm, rows[i], &diag);
    if (rc != TG_OK) fail_msg("%s: %s", rows[i], diag.message);
  }
  tg_vm_free(vm);
}

static int wait_here(lua_State *L) {
  tg_vm_task_t *task = lua_touserdata(L, lua_upvalueindex(1));
  *task = tg_vm_task(L);
  return *task ? tg_vm_await(L) : luaL_error(L, "no task");
}

static int spawned(lua_State *L, int status, lua_KContext context) {
  (void)L, (void)status, (void)context;
  return 0;
}

static int spawn_text(lua_State *L) {
  void **args = lua_touserdata(L, 1);
  lua_pushlightuserdata(L, args[1]);
  lua_pushcclosure(L, wait_here, 1);
  lua_setglobal(L, "wait");
  if (luaL_loadbufferx(L, args[0], strlen(args[0]), "@task.lua", "t") != LUA_OK) return lua_error(L);
  lua_callk(L, 0, 0, 0, spawned);
  return 0;
}

static int push_words(lua_State *L, void *arg) {
  lua_pushstring(L, arg);
  lua_pushinteger(L, 7);
  return 2;
}

static void a_task_waits_and_goes_on_with_what_it_is_given(void **state) {
  (void)state;
  tg_vm_t *vm = open_vm(0);
  tg_diag_t diag = {0};
  tg_vm_task_t task = 0;
  char text[] = "local a, b = wait() print(a, b)", word[] = "word";
  void *args[] = {text, &task};
  tg_rc_t rc = tg_vm_spawn(vm, spawn_text, args, &diag);
  if (rc != TG_OK) fail_msg("%s", diag.message);
  check_true(task != 0);
  check_int(tg_vm_waiting(vm), 1);
  check_slice(tg_slice_str(printed), "");
  check_rc(tg_vm_wake(vm, task, push_words, word, &diag), TG_OK);
  check_slice(tg_slice_str(printed), "word\t7");
  check_rc(tg_vm_wake(vm, task, push_words, word, &diag), TG_E_GONE);
  check_int(tg_vm_waiting(vm), 0);
  tg_vm_free(vm);
}

/* A module of ours may catch the abort, and be the one that runs when the next comes: the line told is the script's. */
static void an_overrun_names_the_line_of_the_script(void **state) {
  (void)state;
  static const char *const texts[] = {
      "local call = require 'ours'\ncall(function()\n while true do end end)",
      "local call = require 'ours'\ncall(function()\n ('x'):rep(1000):find(('.-'):rep(9) .. 'y') end)",
      "require 'answer'\nlocal function f()\n while true do pcall(f) end end f()",
  };
  for (size_t i = 0; i < TG_COUNT(texts); i++) {
    tg_vm_t *vm = open_vm(0);
    tg_diag_t diag = {0};
    check_rc(vm_run(vm, texts[i], &diag), TG_E_BUDGET);
    check_slice(tg_slice_str(diag.file), "test.lua");
    check_int(diag.line, 3);
    assert_non_null(strstr(diag.message, "over budget"));
    tg_vm_free(vm);
  }
}

static void stand_still(void *ud, const char *text) {
  (void)ud, (void)text;
  nanosleep(&(struct timespec){.tv_nsec = 100 * 1000000}, NULL);
}

/* SIGSTOP, a debugger, a virtual machine that is moved: what the rule was about must not be lost for that. */
static void a_call_that_stood_still_once_goes_on(void **state) {
  (void)state;
  const tg_vm_config_t config = {.burst_ms = 4, .on_print = stand_still};
  tg_vm_t *vm = tg_vm_new(&config);
  tg_diag_t diag = {0};
  tg_rc_t rc = vm_run(vm, "print() for i = 1, 5000 do end", &diag);
  if (rc != TG_OK) fail_msg("%s", diag.message);
  check_rc(vm_run(vm, "while true do print() for i = 1, 5000 do end end", &diag), TG_E_BUDGET);
  tg_vm_free(vm);
}

CHECK_SUITE(a_call_that_stood_still_once_goes_on, an_overrun_names_the_line_of_the_script,
            a_script_runs_and_prints_to_its_host, an_error_names_file_line_and_message,
            what_takes_too_much_is_ended_in_time, what_could_reach_out_is_not_there,
            a_task_waits_and_goes_on_with_what_it_is_given)
