/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/bundle.c and what api.c does about it: five failures in a row, and what a script goes back to. Which are in a row is in bundle_test.c. */

#include "core/base/clock.h"
#include "tests/unit/api/api_harness.h"

static const char FRAGILE[] = "local n = ... and 0\n"
                              "return { version = 'fragile', events = { registered = function(dev)\n"
                              "  if dev.ep:find('^bad') then error('oops ' .. dev.ep) end\n"
                              "  print('ok')\n"
                              "end } }";

static void fail_times(api_harness_t *h, int times) {
  static int number;
  for (int i = 0; i < times; i++) {
    char ep[16];
    snprintf(ep, sizeof ep, "bad%d", number++ % 40);
    tg_event_t event = {.type = TG_EVENT_REGISTERED, .ep = tg_slice_str(ep)};
    const tg_device_t *device = tg_twin_find_ep(h->twin, tg_slice_str(ep));
    if (device) event.device = device->id;
    if (device) api_harness_emit(h, &event);
    else api_harness_device(h, ep);
  }
}

static void five_failures_in_a_row_go_back_to_the_last_good_version(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", "return { version = 'good', events = { registered = function() print('good') end } }");
  api_harness_device(&h, "first");
  check_said(&h, "good");
  api_harness_load(&h, "s", FRAGILE);
  fail_times(&h, 4);
  tg_api_status_t status = api_harness_status(&h, "s");
  check_slice(tg_slice_str(status.version), "fragile");
  check_int(status.failures_in_row, 4);
  api_harness_device(&h, "fine");
  check_int(api_harness_status(&h, "s").failures_in_row, 0); /* in a row, that is */
  check_said(&h, "ok");
  fail_times(&h, 5);
  status = api_harness_status(&h, "s");
  check_slice(tg_slice_str(status.version), "good");
  check_int(status.state, TG_API_RUNNING);
  check_int(status.generation, 3);
  check_int(status.failures_in_row, 0);
  check_int(status.errors, 9);
  check_has(status.last_error, "s.lua:3: oops bad");
  check_has(h.log, "went_back script=s");
  api_harness_device(&h, "again");
  check_said(&h, "good");
  api_harness_close(&h);
}

static void without_a_good_version_it_is_disabled_until_it_is_loaded_again(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", FRAGILE);
  fail_times(&h, 5);
  tg_api_status_t status = api_harness_status(&h, "s");
  check_int(status.state, TG_API_DISABLED);
  check_int(status.errors, 5);
  check_int(status.memory, 0);
  check_true(status.memory_peak > 0);
  check_has(status.last_error, "oops");
  check_has(h.log, "disabled script=s");
  api_harness_device(&h, "ignored");
  check_said(&h, "");
  api_harness_load(&h, "s", FRAGILE);
  status = api_harness_status(&h, "s");
  check_int(status.state, TG_API_RUNNING);
  check_int(status.generation, 2);
  check_int(status.errors, 5); /* history stays */
  api_harness_device(&h, "heard");
  check_said(&h, "ok");
  fail_times(&h, 5); /* the first one was no good version */
  check_int(api_harness_status(&h, "s").state, TG_API_DISABLED);
  api_harness_close(&h);
}

static void a_version_that_fails_now_and_then_is_not_what_to_return_to(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", "return { version = 'good' }");
  api_harness_load(&h, "s", FRAGILE);
  fail_times(&h, 2);
  api_harness_load(&h, "s", FRAGILE);
  fail_times(&h, 5);
  tg_api_status_t status = api_harness_status(&h, "s");
  check_int(status.state, TG_API_RUNNING);
  check_slice(tg_slice_str(status.version), "good"); /* the one before the one before */
  api_harness_close(&h);
}

static void a_failing_version_hands_over_when_it_is_mended(void **state) {
  (void)state;
  static const char SOURCE[] = "local version, bad = '%s', %s\n"
                               "return { version = version, save = function() return version end,\n"
                               "  restore = function(from) print('from ' .. from) end,\n"
                               "  deinit = function() print('bye ' .. version) end,\n"
                               "  events = { registered = function() if bad then error('x') end end } }";
  api_harness_t h;
  api_harness_open(&h);
  char good[512], bad[512];
  snprintf(good, sizeof good, SOURCE, "good", "false");
  snprintf(bad, sizeof bad, SOURCE, "bad", "true");
  api_harness_load(&h, "s", good);
  api_harness_load(&h, "s", bad);
  check_said(&h, "from good; bye good");
  fail_times(&h, 5);
  check_said(&h, "from bad; bye bad");
  api_harness_close(&h);
}

static void failures_that_a_library_caught_count_like_others(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "return { rules = {\n"
                   "  { match = { object = 3303 }, topic = 'a', map = function() error('one rule') end },\n"
                   "  { match = { object = 3303 }, topic = 'b', map = function() print('other rule') end } } }");
  tg_id_t device = api_harness_device(&h, "d");
  for (int i = 1; i <= 4; i++) {
    api_harness_put(&h, device, "/3303/0/5700", (tg_value_t){.type = TG_TYPE_FLOAT, .f = i});
    check_said(&h, "other rule");
    check_int(api_harness_status(&h, "s").failures_in_row, i);
  }
  tg_api_status_t status = api_harness_status(&h, "s");
  check_int(status.errors, 4);
  check_has(status.last_error, "s.lua:2: one rule");
  api_harness_put(&h, device, "/3303/0/5700", (tg_value_t){.type = TG_TYPE_FLOAT, .f = 5});
  check_int(api_harness_status(&h, "s").state, TG_API_DISABLED);
  api_harness_close(&h);
}

static void failing_tasks_and_timers_count_like_others(void **state) {
  (void)state;
  static const char *const rows[] = {
      "local tg = require 'tidegate'\nreturn { init = function() tg.timer.every(0.001, function()\nerror('tick') end) "
      "end }",
      "local tg = require 'tidegate'\nreturn { events = { registered = function() tg.timer.task(function()\n"
      "error('tick') end) end } }",
      "local tg = require 'tidegate'\nreturn { events = { registered = function() tg.timer.sleep(0.001)\n"
      "error('tick') end } }",
  };
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    api_harness_load(&h, "s", rows[i]);
    uint64_t end = tg_clock_mono_ms() + API_HARNESS_WAIT_MS;
    while (api_harness_status(&h, "s").state != TG_API_DISABLED && tg_clock_mono_ms() < end) {
      fail_times(&h, 1);
      api_harness_pass(&h, 3);
    }
    tg_api_status_t status = api_harness_status(&h, "s");
    check_int(status.state, TG_API_DISABLED);
    check_true(status.errors == 5 || status.errors == 6); /* another tick may be due before it is looked after */
    check_has(status.last_error, "s.lua:3: tick");
    api_harness_unload(&h, "s");
  }
  api_harness_close(&h);
}

CHECK_SUITE(five_failures_in_a_row_go_back_to_the_last_good_version,
            without_a_good_version_it_is_disabled_until_it_is_loaded_again,
            a_version_that_fails_now_and_then_is_not_what_to_return_to, a_failing_version_hands_over_when_it_is_mended,
            failures_that_a_library_caught_count_like_others, failing_tasks_and_timers_count_like_others)
