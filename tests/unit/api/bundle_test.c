/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/bundle.c: which failures are in a row. Loading and replacing are in api_test.c, what comes of failures in bundle_mend_test.c. */

#include "bindings/api/bundle.h"

#include "core/base/clock.h"
#include "tests/unit/api/api_harness.h"

/* What does well beside it, and calls that have nothing to do, don't excuse a rule that never does. */
static void a_rule_that_always_fails_beside_others_is_taken_back(void **state) {
  (void)state;
  static const char *const worst[] = {"error('on purpose')", "while true do end",
                                      "while true do pcall(function() while true do end end) end",
                                      "local function f() return 1 + f() end return f()",
                                      "local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end",
                                      /* what raises, and then what is aborted */
                                      "n = (n or 0) + 1 if n < 5 then error('on purpose') end while true do end",
                                      "n = (n or 0) + 1 if n == 5 then error('on purpose') end while true do end"};
  for (size_t i = 0; i < TG_COUNT(worst); i++) {
    api_harness_t h;
    api_harness_open(&h);
    tg_id_t device = api_harness_device(&h, "d");
    api_harness_load(&h, "s", "return { version = 'good' }");
    size_t memory = api_harness_status(&h, "s").memory;
    char source[768];
    snprintf(source, sizeof source,
             "return { version = 'bad', events = { updated = function() end }, rules = {\n"
             "{ topic = 'a', map = function(rec) if rec.resource == 5601 then print('well') end end },\n"
             "{ match = { object = 3303, resource = 5700 }, topic = 'b', map = function()\n%s end } } }",
             worst[i]);
    api_harness_load(&h, "s", source);
    const tg_event_t event = {.type = TG_EVENT_UPDATED, .device = device};
    for (int n = 1; n <= 5; n++) {
      check_slice(tg_slice_str(api_harness_status(&h, "s").version), "bad");
      api_harness_put(&h, device, "/3303/0/5700", (tg_value_t){.type = TG_TYPE_FLOAT, .f = n});
      api_harness_settle(&h);
      if (n == 5) break;
      api_harness_put(&h, device, "/3303/0/5601", (tg_value_t){.type = TG_TYPE_FLOAT, .f = n});
      api_harness_emit(&h, &event);
      api_harness_settle(&h);
      check_said(&h, "well");
    }
    tg_api_status_t status = api_harness_status(&h, "s");
    if (strcmp(status.version, "good") != 0)
      fail_msg("%s: %u in a row, %s", worst[i], (unsigned)status.failures_in_row, status.last_error);
    check_true(status.errors >= 5);
    check_has(status.last_error, "s.lua:4: ");
    check_true(status.memory < memory + memory / 2);
    api_harness_close(&h);
  }
}

/* The same of events: each kind is counted for itself; one that did well begins anew. */
static void an_event_that_always_fails_beside_others_is_taken_back(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  api_harness_load(&h, "s",
                   "local n = 0 return { events = { awake = function() n = n + 1 if n ~= 4 then error('no') end end,\n"
                   "updated = function() print('well') end } }");
  for (int n = 1; n <= 9; n++) {
    const tg_event_t awake = {.type = TG_EVENT_AWAKE, .device = device},
                     updated = {.type = TG_EVENT_UPDATED, .device = device};
    check_int(api_harness_status(&h, "s").state, TG_API_RUNNING);
    api_harness_emit(&h, &awake);
    if (n < 9) check_int(api_harness_status(&h, "s").failures_in_row, n < 4 ? n : n - 4);
    api_harness_emit(&h, &updated);
  }
  check_int(api_harness_status(&h, "s").state, TG_API_DISABLED);
  check_int(api_harness_status(&h, "s").errors, 8);
  api_harness_close(&h);
}

/* Scripts with something that always fails, `bad`, beside something of the same kind that does well. What is shown has failed five times. */
static void what_always_fails_is_taken_back(const char *const *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    api_harness_t h;
    api_harness_open(&h);
    tg_id_t device = api_harness_device(&h, "d");
    char source[1024];
    snprintf(source, sizeof source,
             "local tg, uv, well = require 'tidegate', require 'uv', 0\n"
             "local function good() well = well + 1 if well %% 5 == 0 then print('well') end end\n"
             "local function bad()\nerror('on purpose') end\n%s",
             rows[i]);
    api_harness_load(&h, "s", "return { version = 'good' }");
    api_harness_load(&h, "s", source);
    const tg_event_t awake = {.type = TG_EVENT_AWAKE, .device = device},
                     updated = {.type = TG_EVENT_UPDATED, .device = device};
    bool has_done_well = false;
    uint64_t end = tg_clock_mono_ms() + API_HARNESS_WAIT_MS;
    while (api_harness_status(&h, "s").generation < 3 && tg_clock_mono_ms() < end) {
      api_harness_emit(&h, &updated);
      if (h.asked.id) api_harness_answer_records(&h, NULL, 0);
      api_harness_emit(&h, &awake);
      if (h.asked.id) api_harness_answer_records(&h, NULL, 0);
      api_harness_pass(&h, 2);
      has_done_well = has_done_well || strstr(api_harness_said(&h), "well");
    }
    tg_api_status_t status = api_harness_status(&h, "s");
    if (strcmp(status.version, "good") != 0 || status.generation != 3)
      fail_msg("%s: %u in a row of %u errors, %s", rows[i], (unsigned)status.failures_in_row, (unsigned)status.errors,
               status.last_error);
    check_has(status.last_error, "s.lua:4: on purpose");
    check_true(status.errors >= 5 && status.errors <= 10);
    check_true(has_done_well);
    api_harness_close(&h);
  }
}

static void timers_and_tasks_are_counted_each_for_itself(void **state) {
  (void)state;
  static const char *const rows[] = {
      "return { init = function() tg.timer.every(0.001, good) tg.timer.every(0.005, bad) end }",
      "local a, b = uv.new_timer(), uv.new_timer() a:start(1, 1, good) b:start(5, 5, bad) return {}",
      "return { events = { updated = function() tg.timer.task(good) end, awake = function() tg.timer.task(bad) good() end } }",
      "return { events = { updated = function() tg.timer.task(good) tg.timer.task(bad) end } }",
      "return { init = function()\n"
      "tg.timer.task(function() while true do tg.timer.sleep(0.001) good() end end)\n"
      "tg.timer.every(0.005, bad) end }",
      "return { init = function()\n"
      "tg.timer.every(0.001, function() tg.timer.sleep(0.001) good() end)\n"
      "tg.timer.every(0.005, function() tg.timer.sleep(0.001) bad() end) end }",
      /* functions that are new each time */
      "return { init = function() tg.timer.every(0.001, function()\n"
      "uv.fs_stat('/', function() good() end) end)\n"
      "tg.timer.every(0.005, function() uv.fs_stat('/', function() bad() end) end) end }",
  };
  what_always_fails_is_taken_back(rows, TG_COUNT(rows));
}

/* What waits is the same call before and after. */
static void a_call_that_waits_is_counted_where_it_began(void **state) {
  (void)state;
  static const char *const rows[] = {
      "return { events = { updated = function(dev) dev:read('/3/0/0') good() end, awake = function(dev) dev:read('/3/0/0') bad() end } }",
      "return { events = { updated = function(dev) dev:read('/3/0/0') good() end, awake = function(dev) bad() end } }",
      "return { events = { updated = function(dev) tg.timer.sleep(0.001) good() end, awake = function() tg.timer.sleep(0.001) bad() end } }",
      ("return { events = { updated = function(dev) dev:read('/3/0/0', {}, function() good() end) end,\n"
       "awake = function(dev) dev:read('/3/0/0', {}, function() bad() end) end } }"),
  };
  what_always_fails_is_taken_back(rows, TG_COUNT(rows));
}

/* One that does well now and then begins anew, also after it has waited. */
static void what_does_well_after_it_has_waited_begins_anew(void **state) {
  (void)state;
  static const char *const waits[] = {"tg.timer.sleep(0.001)", "dev:read('/3/0/0')"};
  for (size_t i = 0; i < TG_COUNT(waits); i++) {
    api_harness_t h;
    api_harness_open(&h);
    tg_id_t device = api_harness_device(&h, "d");
    char source[512];
    snprintf(source, sizeof source,
             "local tg, n = require 'tidegate', 0 return { events = { updated = function(dev) %s n = n + 1\n"
             "print('n') if n %% 4 ~= 0 then error('no') end end } }",
             waits[i]);
    api_harness_load(&h, "s", source);
    const tg_event_t updated = {.type = TG_EVENT_UPDATED, .device = device};
    for (unsigned n = 1; n <= 13; n++) {
      api_harness_emit(&h, &updated);
      if (i == 1) api_harness_answer_records(&h, NULL, 0);
      api_harness_wait_said(&h, "n");
      (void)api_harness_said(&h);
      api_harness_settle(&h);
      check_int(api_harness_status(&h, "s").failures_in_row, n % 4);
      check_int(api_harness_status(&h, "s").state, TG_API_RUNNING);
    }
    api_harness_close(&h);
  }
}

/* More of them than are counted at once, in all. */
static void among_many_that_fail_one_that_always_does_is_found(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  api_harness_load(
      &h, "s",
      "local tg = require 'tidegate' local n, lines = 0, {}\n"
      "for i = 1, 100 do lines[i] = 'function() error(\"once\") end' end\n"
      "local once = load('return {' .. table.concat(lines, ',\\n') .. '}')()\n"
      "return { events = { updated = function()\n"
      "for _ = 1, 20 do n = n + 1 tg.timer.task(once[n]) end tg.timer.task(function() error('always') end)\n"
      "end } }");
  const tg_event_t updated = {.type = TG_EVENT_UPDATED, .device = device};
  for (unsigned n = 1; n <= 5; n++) {
    check_int(api_harness_status(&h, "s").state, TG_API_RUNNING);
    check_int(api_harness_status(&h, "s").failures_in_row, n - 1);
    api_harness_emit(&h, &updated);
    api_harness_settle(&h);
  }
  check_int(api_harness_status(&h, "s").state, TG_API_DISABLED);
  check_has(api_harness_status(&h, "s").last_error, "always");
  api_harness_close(&h);
}

CHECK_SUITE(a_rule_that_always_fails_beside_others_is_taken_back,
            an_event_that_always_fails_beside_others_is_taken_back, timers_and_tasks_are_counted_each_for_itself,
            a_call_that_waits_is_counted_where_it_began, what_does_well_after_it_has_waited_begins_anew,
            among_many_that_fail_one_that_always_does_is_found)
