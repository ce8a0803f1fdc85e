/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/store/store_expire_test.c: mirrors core/store/store_expire.c. The maximum is a fraction of a second. */

#include "core/base/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/store/store_harness.h"

enum { MAX_MS = 400, GIVE_UP_MS = 20000, MANY = 3000 };

static int set_up(void **state) {
  static store_harness_t h;
  store_harness_init(&h, false);
  h.outbox_max_age_ms = MAX_MS;
  *state = &h;
  return store_harness_open(&h, NULL) == TG_OK ? 0 : -1;
}

static int tear_down(void **state) {
  store_harness_fini(*state);
  return 0;
}

static tg_store_stats_t stats_of(const store_harness_t *h) {
  tg_store_stats_t stats;
  tg_store_stats(h->store, &stats);
  return stats;
}

static void run_for(store_harness_t *h, uint64_t ms) {
  for (uint64_t end = tg_clock_mono_ms() + ms; tg_clock_mono_ms() < end;) {
    tg_loop_turn(h->loop, 10);
    (void)tg_store_end_turn(h->store);
  }
}

static void run_until_rows(store_harness_t *h, uint64_t rows) {
  uint64_t end = tg_clock_mono_ms() + GIVE_UP_MS;
  while (stats_of(h).outbox_rows > rows) {
    assert_true(tg_clock_mono_ms() < end);
    tg_loop_turn(h->loop, 10);
    (void)tg_store_end_turn(h->store);
  }
}

static void what_is_too_old_is_given_up_counted_and_told(void **state) {
  store_harness_t *h = *state;
  uint64_t first, last;
  check_rc(store_harness_add(h, 1, true, "a", &first), TG_OK);
  check_rc(store_harness_add(h, 2, false, "b", NULL), TG_OK); /* of whatever broker, on disk or not */
  check_rc(store_harness_add(h, 1, true, "c", &last), TG_OK);
  uint64_t begin = tg_clock_mono_ms();
  check_rc(store_harness_commit(h), TG_OK);
  run_until_rows(h, 0);
  check_true(tg_clock_mono_ms() - begin >= MAX_MS - 5);
  check_int(stats_of(h).outbox_expired, 3);
  check_int(stats_of(h).outbox_bytes, 0);
  run_for(h, 50);
  check_int(h->gaps, 1);
  check_true(h->gap.expired && h->gap.first_seq == first && h->gap.last_seq == last);
  check_int(h->gap.count, 3);
  store_harness_reopen(h); /* nor is it on disk */
  check_int(stats_of(h).outbox_rows, 0);
}

static void what_is_younger_stays(void **state) {
  store_harness_t *h = *state;
  uint64_t young;
  tg_buf_t out;
  check_rc(store_harness_add(h, 1, true, "old", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  run_for(h, MAX_MS / 2);
  check_rc(store_harness_add(h, 1, true, "young", &young), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  run_until_rows(h, 1);
  tg_buf_init_growing(&out, 100);
  (void)store_harness_read(h, 1, 0, &out);
  check_slice(tg_buf_slice(&out), "young");
  tg_buf_fini(&out);
  check_int(stats_of(h).outbox_expired, 1);
}

/* Whatever the wall clock says of a message: the harness gives each a time of years ago. */
static void the_time_before_a_restart_counts_and_the_clock_does_not(void **state) {
  store_harness_t *h = *state;
  for (int i = 0; i < 5; i++) check_rc(store_harness_add(h, 1, true, "x", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  run_for(h, MAX_MS / 2);
  check_int(stats_of(h).outbox_rows, 5);
  store_harness_reopen(h);
  uint64_t begin = tg_clock_mono_ms();
  check_int(stats_of(h).outbox_rows, 5);
  run_until_rows(h, 0);
  check_true(tg_clock_mono_ms() - begin < MAX_MS);
}

static void many_go_in_parts_and_are_told_at_once(void **state) {
  store_harness_t *h = *state;
  for (int i = 0; i < MANY; i++) check_rc(store_harness_add(h, 1, i % 2 == 0, "x", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  run_until_rows(h, 0);
  run_for(h, 50);
  check_int(stats_of(h).outbox_expired, MANY);
  check_int(h->gaps, 1);
  check_int(h->gap.count, MANY);
}

static void without_a_maximum_they_wait(void **state) {
  store_harness_t *h = *state;
  store_harness_close(h);
  h->outbox_max_age_ms = 0;
  check_rc(store_harness_open(h, NULL), TG_OK);
  check_rc(store_harness_add(h, 1, true, "x", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  run_for(h, MAX_MS * 2);
  check_int(stats_of(h).outbox_rows, 1);
  check_int(h->gaps, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_is_too_old_is_given_up_counted_and_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_younger_stays, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_time_before_a_restart_counts_and_the_clock_does_not, set_up, tear_down),
      cmocka_unit_test_setup_teardown(many_go_in_parts_and_are_told_at_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(without_a_maximum_they_wait, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
