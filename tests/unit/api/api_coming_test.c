/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/api.c: new versions that wait in their init(), and what happens meanwhile. */

#include "tests/unit/api/api_harness.h"

/* Says its number at each registration; version 2 waits for a function that the test calls. */
static const char OLD[] = "return { version = '1', events = { registered = function() print('old') end },\n"
                          "  save = function() return { n = 7 } end, deinit = function() print('old bye') end }";
static const char WAITS[] = "local tg = require 'tidegate' return { version = '2',\n"
                            "  init = function() tg.timer.sleep(0.03) print('ready') end,\n"
                            "  events = { registered = function() print('new') end },\n"
                            "  restore = function(data) print('restored ' .. data.n) end,\n"
                            "  deinit = function() print('new bye') end }";

static void emit(api_harness_t *h) {
  const tg_event_t event = {.type = TG_EVENT_REGISTERED, .ep = tg_slice_str("x")};
  api_harness_emit(h, &event);
}

static void the_old_version_hears_everything_until_the_new_one_is_ready(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", OLD);
  api_harness_load(&h, "s", WAITS);
  emit(&h);
  check_said(&h, "old");
  check_int(api_harness_status(&h, "s").generation, 1);
  api_harness_wait_said(&h, "old bye");
  check_said(&h, "ready; restored 7; old bye");
  check_int(api_harness_status(&h, "s").generation, 2);
  assert_string_equal(api_harness_status(&h, "s").version, "2");
  emit(&h);
  check_said(&h, "new");
  api_harness_close(&h);
}

static void one_that_fails_after_waiting_leaves_the_old_one(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", OLD);
  api_harness_load(&h, "s",
                   "local tg = require 'tidegate' return { init = function() tg.timer.sleep(0.01) print('fails')\n"
                   "error('no use') end, deinit = function() print('never') end }");
  api_harness_wait_said(&h, "fails");
  check_said(&h, "fails");
  api_harness_pass(&h, 20);
  emit(&h);
  check_said(&h, "old");
  check_int(api_harness_status(&h, "s").generation, 1);
  api_harness_close(&h);
}

static void a_later_version_takes_the_place_of_one_that_still_waits(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", OLD);
  api_harness_load(&h, "s", WAITS);
  api_harness_load(&h, "s", "return { version = '3', init = function() print('three') end }");
  check_said(&h, "three; old bye");
  api_harness_pass(&h, 60);
  check_said(&h, ""); /* the second one is gone with its timer */
  assert_string_equal(api_harness_status(&h, "s").version, "3");
  check_int(api_harness_status(&h, "s").generation, 2);
  api_harness_close(&h);
}

static void without_a_version_before_it_is_there_at_once(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s", WAITS);
  check_int(api_harness_status(&h, "s").generation, 1);
  emit(&h);
  check_said(&h, ""); /* not ready yet, and nobody else */
  api_harness_wait_said(&h, "ready");
  check_said(&h, "ready");
  emit(&h);
  check_said(&h, "new");
  api_harness_close(&h);
}

static void one_that_waits_is_unloaded_and_ended_with_its_name(void **state) {
  (void)state;
  for (int is_closed = 0; is_closed < 2; is_closed++) {
    api_harness_t h;
    api_harness_open(&h);
    api_harness_load(&h, "s", OLD);
    api_harness_load(&h, "s", WAITS);
    if (!is_closed) {
      api_harness_unload(&h, "s");
      check_said(&h, "old bye");
      api_harness_pass(&h, 60);
      check_said(&h, "");
    }
    api_harness_close(&h); /* nothing is left: LeakSanitizer looks */
  }
}

static uint64_t refused(const api_harness_t *h) {
  tg_store_stats_t stats;
  tg_store_stats(h->store, &stats);
  return stats.outbox_refused;
}

static void put(api_harness_t *h, tg_id_t device, const char *path) {
  api_harness_put(h, device, path, (tg_value_t){.type = TG_TYPE_INTEGER, .i = 1});
}

/* Else a device would be told that a value has arrived which no rule ever sees. */
static void what_the_rules_of_a_first_version_are_for_is_refused_until_it_is_ready(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  api_harness_load(&h, "s",
                   "local tg = require 'tidegate' return { init = function() tg.timer.sleep(0.03) print('ready') end,\n"
                   "rules = { { match = { object = 3303 }, topic = 't', map = function(rec) print(rec.path) end } } }");
  put(&h, device, "/3304/0/5700");
  check_int(refused(&h), 0);
  put(&h, device, "/3303/0/5700");
  check_int(refused(&h), 1);
  assert_non_null(strstr(h.log, "not_ready script=s"));
  api_harness_wait_said(&h, "ready");
  check_said(&h, "ready");
  put(&h, device, "/3303/0/5700");
  check_int(refused(&h), 1);
  check_said(&h, "/3303/0/5700");
  api_harness_close(&h);
}

/* There is a version that takes it. */
static void nothing_is_refused_while_a_later_version_waits(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  api_harness_load(&h, "s", "return { rules = { { topic = 't', map = function(rec) print('old') end } } }");
  api_harness_load(&h, "s",
                   "local tg = require 'tidegate' return { init = function() tg.timer.sleep(0.03) end,\n"
                   "rules = { { topic = 't', map = function(rec) print('new') end } } }");
  put(&h, device, "/3303/0/5700");
  check_said(&h, "old");
  check_int(refused(&h), 0);
  api_harness_close(&h);
}

CHECK_SUITE(what_the_rules_of_a_first_version_are_for_is_refused_until_it_is_ready,
            nothing_is_refused_while_a_later_version_waits, the_old_version_hears_everything_until_the_new_one_is_ready,
            one_that_fails_after_waiting_leaves_the_old_one, a_later_version_takes_the_place_of_one_that_still_waits,
            without_a_version_before_it_is_there_at_once, one_that_waits_is_unloaded_and_ended_with_its_name)
