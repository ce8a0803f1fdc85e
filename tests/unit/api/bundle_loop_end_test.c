/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/bundle_loop.c: what a script leaves on its loop when it ends: child processes, work under way, callbacks that run. */

#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdlib.h>

#include "bindings/api/bundle_loop.h"
#include "bindings/vm/vm_call.h"
#include "core/base/clock.h"
#include "tests/unit/api/api_harness.h"

/* Waits until the process is gone, also from the list of processes. */
static bool is_gone(api_harness_t *h, pid_t pid) {
  for (int i = 0; i < 3000; i++) {
    if (kill(pid, 0) != 0 && errno == ESRCH) return true;
    api_harness_pass(h, 2);
  }
  return false;
}

static void a_child_process_ends_with_its_script(void **state) {
  (void)state;
  static const char *const args[] = {"'-c', 'exec sleep 1000'", "'-c', 'trap \"\" TERM; while :; do sleep 0.1; done'"};
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(args); i++) {
    for (int unref = 0; unref < 2; unref++) {
      char source[256];
      snprintf(source, sizeof source,
               "local uv = require 'uv' local p, pid = uv.spawn('/bin/sh', { args = { %s } }, print) print(pid)\n"
               "if %s then p:unref() end return {}",
               args[i], unref ? "true" : "false");
      api_harness_load(&h, "s", source);
      pid_t pid = (pid_t)strtol(api_harness_said(&h), NULL, 10);
      check_true(pid > 0);
      api_harness_pass(&h, 50); /* the shell sets its trap */
      check_int(kill(pid, 0), 0);
      api_harness_unload(&h, "s");
      if (!is_gone(&h, pid)) fail_msg("%s lives on", args[i]);
    }
  }
  check_said(&h, "");
  api_harness_close(&h);
}

static void children_end_with_the_program_too(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "local uv = require 'uv' local p, pid = uv.spawn('/bin/sh', { args = { '-c',\n"
                   "'trap \"\" TERM; while :; do sleep 0.1; done' } }, print) print(pid) return {}");
  pid_t pid = (pid_t)strtol(api_harness_said(&h), NULL, 10);
  api_harness_pass(&h, 50);
  api_harness_close(&h);
  check_int(kill(pid, 0), -1);
}

static void the_exit_of_a_child_is_told(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "local uv = require 'uv' local out, p = uv.new_pipe()\n"
                   "p = uv.spawn('/bin/sh', { args = { '-c', 'echo hello; exit 3' }, stdio = { nil, out } },\n"
                   "  function(code, signal) print('exit ' .. code .. ' ' .. signal) p:close() end)\n"
                   "out:read_start(function(err, data) if data then print(data:match('%w+')) end end) return {}");
  api_harness_wait_said(&h, "exit 3 0");
  api_harness_wait_said(&h, "hello");
  api_harness_close(&h);
}

static void a_script_may_end_while_work_is_under_way(void **state) {
  (void)state;
  static const char SOURCE[] =
      "local uv, tg = require 'uv', require 'tidegate'\n"
      "local buffer = ('x'):rep(100000)\n"
      "for i = 1, 20 do uv.getaddrinfo('localhost', 'http', nil, function() print('late') end) "
      "uv.fs_stat('/', function() print('late') end) end\n"
      "local c = uv.new_tcp() c:connect('127.0.0.1', 9, function() print('late') end)\n"
      "return { init = function() %s end }";
  api_harness_t h;
  api_harness_open(&h);
  char source[512];
  snprintf(source, sizeof source, SOURCE, "");
  api_harness_load(&h, "s", source);
  api_harness_unload(&h, "s");
  api_harness_pass(&h, 20);
  api_harness_load(&h, "s", source);
  api_harness_load(&h, "s", "return {}"); /* replaced */
  snprintf(source, sizeof source, SOURCE, "error('x')");
  check_rc(api_harness_try(&h, "s", source), TG_E_SCRIPT); /* never began */
  check_said(&h, "");
  snprintf(source, sizeof source, SOURCE, "");
  api_harness_load(&h, "last", source);
  api_harness_close(&h); /* and with the program */
}

/* The parts below the bundle: a loop that its owner ends from inside a callback. */
typedef struct bench {
  tg_loop_t *outer;
  tg_vm_t *vm;
  tg_bundle_loop_t *loop;
  tg_bundle_loop_t *ending;
  int calls;
} bench_t;

static void end_inside(void *ud, tg_vm_mark_t mark, tg_rc_t rc, const tg_diag_t *diag) {
  bench_t *bench = ud;
  (void)diag;
  check_true(mark >= TG_VM_MARK_FIRST);
  check_rc(rc, TG_OK);
  bench->calls++;
  tg_bundle_loop_end(bench->loop, &bench->ending);
}

static int begin_timers(lua_State *L) {
  const bench_t *bench = lua_touserdata(L, 1);
  tg_bundle_loop_open(bench->loop, L);
  if (luaL_dostring(L, "for i = 1, 3 do local t = require('uv').new_timer() t:start(0, 1, function() end) end") !=
      LUA_OK)
    return lua_error(L);
  return 0;
}

static void a_loop_may_end_inside_its_own_callback(void **state) {
  (void)state;
  bench_t bench = {.outer = tg_loop_new()};
  const tg_vm_config_t config = {.ud = &bench};
  bench.vm = tg_vm_new(&config);
  bench.loop = tg_bundle_loop_new(bench.outer, bench.vm, end_inside, &bench);
  tg_diag_t diag = {0};
  if (tg_vm_call(bench.vm, begin_timers, &bench, &diag) != TG_OK) fail_msg("%s", diag.message);
  tg_bundle_loop_poke(bench.loop);
  uint64_t end = tg_clock_mono_ms() + API_HARNESS_WAIT_MS;
  while ((!bench.calls || bench.ending) && tg_clock_mono_ms() < end) tg_loop_turn(bench.outer, 10);
  check_int(bench.calls, 1);
  assert_null(bench.ending);
  tg_loop_free(bench.outer);
}

CHECK_SUITE(a_child_process_ends_with_its_script, children_end_with_the_program_too, the_exit_of_a_child_is_told,
            a_script_may_end_while_work_is_under_way, a_loop_may_end_inside_its_own_callback)
