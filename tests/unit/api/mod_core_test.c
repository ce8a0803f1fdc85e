/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/mod_core.c and driver_task.c: names, time and tasks of scripts; and scripts that wait while they start. */

#include "core/base/clock.h"
#include "tests/unit/api/api_harness.h"

static void the_gateway_says_who_it_is(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"say(tg.name(), tg.version():match('^%d+%.%d+%.%d+$') ~= nil, #tg.gw(), tg.gw():match('^%x+$') == tg.gw())",
       "gw 1; true; 16; true"},
      {"say(math.abs(tg.timer.now() - os.time()) < 3, math.type(tg.timer.now()), math.type(tg.timer.clock()))",
       "true; float; float"},
      {"local a, b = tg.timer.clock(), tg.timer.clock() say(b >= a, b - a < 1)", "true; true"},
      {"local t = tg.timer.now() say(t * 1000 == math.floor(t * 1000 + 0.5))", "true"},
      {"say(require 'tidegate' == tg)", "true"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void tasks_run_at_once_until_they_wait(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(
      &h, "s",
      "local tg = require 'tidegate'\n"
      "for i = 1, 3 do tg.timer.task(function() print('in ' .. i) tg.timer.sleep(i / 200) print('out ' .. i) end) end\n"
      "tg.timer.task(function() tg.timer.task(function() print('inner') end) print('outer') end) print('end') return {}");
  check_said(&h, "in 1; in 2; in 3; inner; outer; end");
  api_harness_wait_said(&h, "out 3");
  check_said(&h, "out 1; out 2; out 3");
  check_int(api_harness_status(&h, "s").errors, 0);
  api_harness_close(&h);
}

static void a_pause_takes_its_time(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  uint64_t begin = tg_clock_mono_ms();
  api_harness_load(
      &h, "s",
      "local tg = require 'tidegate' tg.timer.task(function() local t = tg.timer.clock() tg.timer.sleep(0.05)\n"
      "print(tg.timer.clock() - t >= 0.049) end) return {}");
  api_harness_wait_said(&h, "true");
  check_true(tg_clock_mono_ms() - begin >= 49);
  api_harness_close(&h);
}

static void timers_can_be_cancelled_and_leave_beats_out(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  api_harness_load(
      &h, "s",
      "local tg = require 'tidegate' local n, other = 0, nil\n"
      "other = tg.timer.after(0.001, function() print('never') end) print(other:cancel(), other:cancel())\n"
      "local every every = tg.timer.every(0.001, function() n = n + 1 if n == 3 then every:cancel() print('three') end "
      "end)\n"
      "local beats = 0 tg.timer.every(0.001, function() beats = beats + 1 print('beat ' .. beats)\n"
      "  tg.device.find('d'):read('/3/0/0') end) return {}");
  api_harness_wait_said(&h, "three");
  api_harness_pass(&h, 20);
  check_said(&h, "true\\x09false; beat 1; three"); /* a beat that waits is not begun again */
  api_harness_answer_records(&h, NULL, 0);
  api_harness_wait_said(&h, "beat 2");
  api_harness_close(&h);
}

static void a_thousand_tasks_may_wait(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "local tg = require 'tidegate' local n = 0\n"
                   "return { events = { registered = function() for i = 1, 1005 do tg.timer.task(function() n = n + 1\n"
                   "  tg.timer.sleep(1000) end) end print(n) end } }");
  api_harness_device(&h, "d");
  check_said(&h, "999"); /* and the event */
  tg_api_status_t status = api_harness_status(&h, "s");
  check_int(status.errors, 6);
  check_has(status.last_error, "too many tasks wait already (1000)");
  check_int(status.state, TG_API_DISABLED);
  api_harness_close(&h);
}

static void misuse_raises_at_the_caller(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"tg.timer.after('x', print)", "eval.lua:1: tg.timer.after: seconds is a number of 0 or more"},
      {"tg.timer.every(1)", "eval.lua:1: tg.timer.every: a function is wanted"},
      {"tg.timer.task()", "eval.lua:1: bad argument #1 to 'task' (function expected"},
      {"tg.timer.task(7)", "bad argument #1 to 'task' (function expected"},
      {"coroutine.wrap(function() tg.timer.sleep(1) end)()", "can't wait here"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_parts(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void a_script_may_wait_while_it_starts(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  api_harness_load(
      &h, "s",
      "return { version = '2', init = function() print(require('tidegate').device.find('d'):read('/3/0/0')) end,\n"
      "  events = { registered = function(dev) print('event ' .. dev.ep) end }, deinit = function() print('bye') end }");
  api_harness_settle(&h);
  api_harness_device(&h, "early");
  check_said(&h, "");
  const tg_record_t record = {.path = tg_path(3, 3, 0, 0),
                              .value = {.type = TG_TYPE_STRING, .s = tg_slice_str("ready")}};
  api_harness_answer_records(&h, &record, 1);
  api_harness_device(&h, "late");
  check_said(&h, "ready; event late");
  check_slice(tg_slice_str(api_harness_status(&h, "s").version), "2");
  api_harness_unload(&h, "s");
  check_said(&h, "bye");
  api_harness_close(&h);
}

static void what_was_saved_comes_when_a_script_has_waited_and_may_make_it_wait_again(void **state) {
  (void)state;
  static const char NEW[] =
      "return { init = function() print('init') require('tidegate').device.find('d'):read('/3/0/0') end,\n"
      "  restore = function(data) print('restored ' .. data.n)\n"
      "    print(require('tidegate').device.find('d'):read('/3/0/0')) end }";
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  api_harness_load(
      &h, "s",
      "return { save = function() print('saved') return { n = 42 } end, deinit = function() print('bye') end }");
  api_harness_load(&h, "s", NEW);
  api_harness_settle(&h);
  check_said(&h, "init");
  api_harness_answer_records(&h, NULL, 0);
  api_harness_wait_said(&h, "bye");
  check_said(&h, "saved; restored 42; bye");
  const tg_record_t record = {.path = tg_path(3, 3, 0, 0),
                              .value = {.type = TG_TYPE_STRING, .s = tg_slice_str("it waits, too")}};
  api_harness_answer_records(&h, &record, 1);
  check_said(&h, "it waits, too");
  check_int(api_harness_status(&h, "s").errors, 0);
  api_harness_close(&h);
}

static void a_start_that_fails_after_waiting_is_undone(void **state) {
  (void)state;
  static const char *const inits[] = {
      "require('tidegate').device.find('d'):read('/3/0/0') error('no use')",
      "require('tidegate').timer.sleep(0.001) error('no use')",
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(inits); i++) {
    for (int has_old = 0; has_old < 2; has_old++) {
      char source[256];
      if (has_old)
        api_harness_load(&h, "s", "return { version = 'old', events = { registered = function() print('old') end } }");
      snprintf(source, sizeof source, "return { version = 'new', init = function() %s end }", inits[i]);
      api_harness_load(&h, "s", source);
      api_harness_settle(&h);
      if (i == 0) api_harness_answer_records(&h, NULL, 0);
      uint64_t end = tg_clock_mono_ms() + API_HARNESS_WAIT_MS;
      while (!strstr(h.log, "no use") && tg_clock_mono_ms() < end) api_harness_pass(&h, 2);
      api_harness_settle(&h);
      tg_api_status_t status = api_harness_status(&h, "s");
      check_has(status.last_error, "s.lua:1: no use");
      check_int(status.state, has_old ? TG_API_RUNNING : TG_API_DISABLED);
      if (has_old) check_slice(tg_slice_str(status.version), "old");
      api_harness_unload(&h, "s");
      h.log[0] = 0;
    }
  }
  api_harness_close(&h);
}

CHECK_SUITE(the_gateway_says_who_it_is, tasks_run_at_once_until_they_wait, a_pause_takes_its_time,
            timers_can_be_cancelled_and_leave_beats_out, a_thousand_tasks_may_wait, misuse_raises_at_the_caller,
            a_script_may_wait_while_it_starts, what_was_saved_comes_when_a_script_has_waited_and_may_make_it_wait_again,
            a_start_that_fails_after_waiting_is_undone)
