/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/device/twin_awake.c: windows that devices show, what their bearers say, and what of it outlives the process. */

#include "core/device/twin.h"
#include "tests/unit/device/twin_harness.h"
#include "tests/unit/store/store_harness.h"

enum { CONFIGURED = 93000 };

static const tg_device_t *find(const twin_bench_t *bench, tg_id_t id) {
  const tg_device_t *device = tg_twin_find(bench->twin, id);
  assert_non_null(device);
  return device;
}

/* It says something; then a request goes out after @p silence_ms, and is answered or not. */
static void try_after(twin_bench_t *bench, tg_id_t id, uint64_t silence_ms, bool answers) {
  tg_twin_heard(bench->twin, id, CONFIGURED);
  twin_bench_pass(bench, silence_ms);
  tg_twin_asked(bench->twin, id);
  if (answers) {
    tg_twin_answered(bench->twin, id, true);
    tg_twin_heard(bench->twin, id, CONFIGURED);
  } else {
    twin_bench_pass(bench, 60000);
    tg_twin_missed(bench->twin, id);
    tg_twin_asleep(bench->twin, id);
  }
}

static void a_window_is_as_configured_until_the_device_shows_another(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", true);
  tg_twin_heard(bench.twin, id, CONFIGURED);
  check_int(find(&bench, id)->awake_window_ms, CONFIGURED);
  twin_bench_pass(&bench, CONFIGURED - 1);
  check_true(find(&bench, id)->awake);
  twin_bench_pass(&bench, 1);
  check_false(find(&bench, id)->awake);
  try_after(&bench, id, 30000, false);
  try_after(&bench, id, 20000, false);
  tg_twin_heard(bench.twin, id, CONFIGURED);
  check_int(find(&bench, id)->awake_window_ms, 10000);
  twin_bench_pass(&bench, 10000);
  check_false(find(&bench, id)->awake);
  twin_bench_close(&bench);
}

static void a_device_that_answers_after_its_window_gets_a_longer_one(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", true);
  try_after(&bench, id, 120000, true); /* sent before the end, answered behind it */
  check_int(find(&bench, id)->awake_window_ms, 120000);
  twin_bench_pass(&bench, 119999);
  check_true(find(&bench, id)->awake);
  twin_bench_close(&bench);
}

static void an_answer_of_many_messages_shows_only_when_it_was_asked_for(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", true);
  for (int i = 0; i < 2; i++) try_after(&bench, id, 20000, false);
  tg_twin_heard(bench.twin, id, CONFIGURED);
  twin_bench_pass(&bench, 6000);
  tg_twin_asked(bench.twin, id);
  twin_bench_pass(&bench, 200000); /* block by block */
  tg_twin_answered(bench.twin, id, false);
  tg_twin_heard(bench.twin, id, CONFIGURED);
  check_int(find(&bench, id)->awake_window_ms, 13000);
  tg_twin_answered(bench.twin, id, false); /* to what nobody told of */
  tg_twin_heard(bench.twin, id, CONFIGURED);
  check_int(find(&bench, id)->awake_window_ms, 13000);
  twin_bench_close(&bench);
}

static void silence_counts_only_where_the_device_said_nothing_meanwhile(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", true);
  for (int i = 0; i < 4; i++) {
    tg_twin_heard(bench.twin, id, CONFIGURED);
    twin_bench_pass(&bench, 20000);
    tg_twin_asked(bench.twin, id);
    twin_bench_pass(&bench, 10);
    tg_twin_heard(bench.twin, id, CONFIGURED); /* a notification: it listens, the request was lost */
    twin_bench_pass(&bench, 60000);
    tg_twin_missed(bench.twin, id);
  }
  tg_twin_heard(bench.twin, id, CONFIGURED);
  check_int(find(&bench, id)->awake_window_ms, CONFIGURED);
  twin_bench_close(&bench);
}

static void windows_can_be_fixed(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  bench.twin->config.fixed_windows = true;
  tg_id_t id = twin_bench_online(&bench, "a", true);
  for (int i = 0; i < 4; i++) try_after(&bench, id, 20000, false);
  try_after(&bench, id, 300000, true);
  check_int(find(&bench, id)->awake_window_ms, CONFIGURED);
  twin_bench_close(&bench);
}

static void a_window_is_of_queue_mode_only(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", false);
  for (int i = 0; i < 4; i++) try_after(&bench, id, 20000, false);
  tg_twin_heard(bench.twin, id, CONFIGURED);
  check_int(find(&bench, id)->awake_window_ms, 0);
  check_true(find(&bench, id)->awake);
  tg_twin_heard(bench.twin, TG_ID_NONE, CONFIGURED); /* one that is gone */
  tg_twin_asked(bench.twin, TG_ID_NONE);
  tg_twin_answered(bench.twin, TG_ID_NONE, true);
  tg_twin_missed(bench.twin, TG_ID_NONE);
  tg_twin_held(bench.twin, TG_ID_NONE, 0);
  assert_string_equal(twin_bench_events(&bench), "registered:a ");
  twin_bench_close(&bench);
}

static void what_was_shown_outlives_an_absence(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", true);
  for (int i = 0; i < 2; i++) try_after(&bench, id, 20000, false);
  tg_twin_offline(bench.twin, id, TG_EVENT_EXPIRED, tg_slice_str(""));
  twin_bench_pass(&bench, 3600000);
  check_int(twin_bench_online(&bench, "a", true), id);
  tg_twin_answered(bench.twin, id, true); /* nothing was heard before: an hour of silence is no evidence */
  tg_twin_heard(bench.twin, id, CONFIGURED);
  check_int(find(&bench, id)->awake_window_ms, 10000);
  twin_bench_online(&bench, "a", false);
  check_int(find(&bench, id)->awake_window_ms, 0);
  twin_bench_online(&bench, "a", true);
  tg_twin_heard(bench.twin, id, CONFIGURED);
  check_int(find(&bench, id)->awake_window_ms, CONFIGURED); /* it is another device by now */
  twin_bench_close(&bench);
}

static void open_over(twin_bench_t *bench, store_harness_t *h, bool is_known) {
  size_t count;
  twin_bench_open_over(bench, 8, h->store);
  if (is_known) twin_bench_online(bench, "a", true); /* from its registration's row */
  check_rc(tg_twin_restore(bench->twin, &count), TG_OK);
}

static bool count_row(void *ud, tg_slice_t key, tg_slice_t value) {
  (void)key;
  (void)value;
  ++*(size_t *)ud;
  return true;
}

static size_t rows(store_harness_t *h) {
  size_t count = 0;
  check_rc(tg_store_each(h->store, TG_TWIN_WAKE_BUCKET, count_row, &count), TG_OK);
  return count;
}

static void what_was_shown_outlives_the_process(void **state) {
  (void)state;
  store_harness_t h;
  twin_bench_t bench;
  store_harness_init(&h, true);
  check_rc(store_harness_open(&h, NULL), TG_OK);
  open_over(&bench, &h, true);
  tg_id_t id = tg_twin_find_ep(bench.twin, tg_slice_str("a"))->id;
  tg_twin_heard(bench.twin, id, CONFIGURED);
  check_int(rows(&h), 0); /* nothing is worth a row yet */
  for (int i = 0; i < 2; i++) try_after(&bench, id, 20000, false);
  tg_twin_heard(bench.twin, id, CONFIGURED);
  check_int(rows(&h), 1);
  int64_t now = tg_wheel_unix(bench.wheel);
  twin_bench_close(&bench);

  check_rc(tg_store_put(h.store, TG_TWIN_WAKE_BUCKET, tg_slice_str("stranger"), tg_slice_str("rubbish")), TG_OK);
  open_over(&bench, &h, true);
  tg_wheel_set_unix(bench.wheel, now); /* more time has passed here than on the wall */
  check_int(rows(&h), 1);              /* nobody knows the stranger */
  id = tg_twin_find_ep(bench.twin, tg_slice_str("a"))->id;
  tg_twin_heard(bench.twin, id, CONFIGURED);
  check_int(find(&bench, id)->awake_window_ms, 10000);
  twin_bench_close(&bench);

  open_over(&bench, &h, true);
  id = tg_twin_find_ep(bench.twin, tg_slice_str("a"))->id;
  tg_twin_offline(bench.twin, id, TG_EVENT_EXPIRED, tg_slice_str(""));
  check_int(rows(&h), 1);
  twin_bench_pass(&bench, UINT64_C(25) * 3600 * 1000);
  check_int(tg_twin_count(bench.twin), 0);
  check_int(rows(&h), 0); /* with the device its row is forgotten */
  twin_bench_close(&bench);

  check_rc(tg_store_put(h.store, TG_TWIN_WAKE_BUCKET, tg_slice_str("a"), tg_slice_str("rubbish")), TG_OK);
  open_over(&bench, &h, true);
  check_int(rows(&h), 0);
  twin_bench_close(&bench);
  store_harness_fini(&h);
}

/* ---- what the bearer says ---- */

static void a_device_that_its_bearer_holds_sleeps_until_it_is_reached(void **state) {
  (void)state;
  for (int queue_mode = 0; queue_mode < 2; queue_mode++) {
    twin_bench_t bench;
    twin_bench_open(&bench, 8);
    tg_id_t id = twin_bench_online(&bench, "a", queue_mode);
    twin_bench_submit(&bench, id, TG_OP_READ, "1");
    tg_id_t second = twin_bench_submit(&bench, id, TG_OP_READ, "2");
    twin_bench_pass(&bench, 1);
    tg_twin_held(bench.twin, id, 0);
    tg_twin_held(bench.twin, id, 0);
    check_false(find(&bench, id)->awake);
    check_true(find(&bench, id)->asleep_until_ms == 0);
    check_int(find(&bench, id)->active, 1); /* the one that it holds */
    twin_bench_pass(&bench, 20000);
    check_int(bench.start_count, 1);
    check_int(bench.done_count, 0);
    tg_twin_asleep(bench.twin, id); /* no news */
    tg_twin_awake(bench.twin, id, UINT64_MAX);
    tg_command_result_t done = {.state = TG_COMMAND_DONE};
    tg_twin_finish(bench.twin, bench.started[0], &done);
    twin_bench_pass(&bench, 1);
    check_int(bench.start_count, 2);
    check_int(bench.started[1], second);
    assert_non_null(strstr(twin_bench_events(&bench), "asleep:a awake:a command:done command:sent "));
    twin_bench_close(&bench);
  }
}

static void a_bearer_that_says_when_is_tried_then(void **state) {
  (void)state;
  for (int queue_mode = 0; queue_mode < 2; queue_mode++) {
    twin_bench_t bench;
    twin_bench_open(&bench, 8);
    tg_id_t id = twin_bench_online(&bench, "a", queue_mode);
    int64_t before = tg_twin_wall(bench.twin);
    tg_twin_held(bench.twin, id, bench.now + 15000);
    assert_in_range(find(&bench, id)->asleep_until_ms - before, 15000, 16000);
    twin_bench_submit(&bench, id, TG_OP_READ, "1");
    twin_bench_pass(&bench, 14999);
    check_int(bench.start_count, 0);
    twin_bench_pass(&bench, 2);
    check_true(find(&bench, id)->awake);
    twin_bench_pass(&bench, 1);
    check_int(bench.start_count, 1);
    check_true(find(&bench, id)->asleep_until_ms == 0);
    assert_string_equal(twin_bench_events(&bench), "registered:a asleep:a command:waiting awake:a command:sent ");
    twin_bench_pass(&bench, UINT64_C(3600) * 1000);
    check_true(find(&bench, id)->awake); /* until the bearer says otherwise */
    twin_bench_close(&bench);
  }
}

static void a_window_and_a_new_registration_end_what_the_bearer_said(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", true);
  tg_twin_held(bench.twin, id, bench.now + 15000);
  tg_twin_awake(bench.twin, id, bench.now + 5000);
  twin_bench_pass(&bench, 5000);
  check_false(find(&bench, id)->awake);
  tg_twin_held(bench.twin, id, 0);
  twin_bench_online(&bench, "a", true);
  check_true(find(&bench, id)->awake);
  tg_twin_asleep(bench.twin, id); /* which it may be again */
  check_false(find(&bench, id)->awake);
  tg_twin_held(bench.twin, id, bench.now + 1000);
  tg_twin_offline(bench.twin, id, TG_EVENT_EXPIRED, tg_slice_str(""));
  twin_bench_pass(&bench, 2000);
  check_false(find(&bench, id)->awake);
  twin_bench_close(&bench);
}

CHECK_SUITE(a_window_is_as_configured_until_the_device_shows_another,
            a_device_that_answers_after_its_window_gets_a_longer_one,
            an_answer_of_many_messages_shows_only_when_it_was_asked_for,
            silence_counts_only_where_the_device_said_nothing_meanwhile, windows_can_be_fixed,
            a_window_is_of_queue_mode_only, what_was_shown_outlives_an_absence, what_was_shown_outlives_the_process,
            a_device_that_its_bearer_holds_sleeps_until_it_is_reached, a_bearer_that_says_when_is_tried_then,
            a_window_and_a_new_registration_end_what_the_bearer_said)
