/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/store/store_age_test.c: mirrors core/store/store_age.c. Times are milliseconds that gateways ran. */

#include "core/store/store_age.h"

#include "core/base/random.h"
#include "tests/unit/check.h"

enum { MAX_MS = 64000, SPACING_MS = 1000 };

static void nothing_is_too_old_before_its_time(void **state) {
  (void)state;
  tg_store_age_t age = {.max_ms = MAX_MS};
  check_int(tg_store_age_spacing(&age), SPACING_MS);
  check_int(tg_store_age_limit(&age, 1000000), 0); /* no marks, no knowledge */
  tg_store_age_mark(&age, 10, 5000);
  check_int(tg_store_age_limit(&age, 5000 + MAX_MS - 1), 0);
  check_int(tg_store_age_limit(&age, 5000 + MAX_MS), 10);
}

/* A message each 100 ms; its number is its time. */
static void messages_go_within_a_mark_after_their_time(void **state) {
  (void)state;
  tg_store_age_t age = {.max_ms = MAX_MS};
  uint64_t before = 0;
  for (uint64_t now = 100; now < 20 * MAX_MS; now += 100) {
    if (now % SPACING_MS == 0) tg_store_age_mark(&age, now + 1, now);
    uint64_t limit = tg_store_age_limit(&age, now);
    check_true(limit >= before);
    before = limit;
    check_true(limit <= 1 || limit - 1 + MAX_MS <= now);                                 /* none that is younger */
    check_true(now < MAX_MS + 2 * SPACING_MS || limit + MAX_MS + 2 * SPACING_MS >= now); /* and soon */
    check_true(age.count <= TG_COUNT(age.marks));
  }
}

static void marks_that_tell_nothing_new_are_not_set(void **state) {
  (void)state;
  tg_store_age_t age = {.max_ms = MAX_MS};
  tg_store_age_mark(&age, 10, 5000);
  tg_store_age_mark(&age, 10, 50000); /* nothing came */
  tg_store_age_mark(&age, 9, 60000);
  check_int(age.count, 1);
  tg_store_age_mark(&age, 11, 5001); /* too soon */
  check_int(age.count, 1);
  tg_store_age_mark(&age, 11, 6000);
  check_int(age.count, 2);
}

static void a_longer_maximum_forgets_no_age(void **state) {
  (void)state;
  tg_store_age_t age = {.max_ms = MAX_MS};
  for (uint64_t i = 0; i < 60; i++) tg_store_age_mark(&age, 1 + i, i * SPACING_MS);
  age.max_ms = 20 * MAX_MS;
  for (uint64_t now = MAX_MS; now < 21 * MAX_MS; now += 20 * SPACING_MS) tg_store_age_mark(&age, 100 + now, now);
  check_true(age.count <= TG_COUNT(age.marks));
  check_int(tg_store_age_limit(&age, 20 * MAX_MS - 1), 0);
  check_int(tg_store_age_limit(&age, 20 * MAX_MS), 1); /* the first mark is still there */
  check_true(tg_store_age_limit(&age, 21 * MAX_MS) > 30);
}

static void marks_survive_as_a_row(void **state) {
  (void)state;
  uint8_t bytes[4096];
  tg_buf_t row;
  tg_store_age_t age = {.max_ms = MAX_MS}, again = {.max_ms = MAX_MS};
  for (uint64_t i = 0; i < 500; i++) tg_store_age_mark(&age, 1 + i, i * SPACING_MS);
  tg_buf_init(&row, bytes, sizeof bytes);
  tg_store_age_encode(&age, 777777, &row);
  check_rc(row.rc, TG_OK);
  tg_store_age_decode(&again, tg_buf_slice(&row));
  check_int(again.ran_ms, 777777);
  check_int(again.count, age.count);
  assert_memory_equal(again.marks, age.marks, age.count * sizeof *age.marks);
}

static void a_row_that_makes_no_sense_is_none(void **state) {
  (void)state;
  tg_random_seeded_t random = {.state = 11};
  uint8_t good[8 + 2 * 16] = {0}, bytes[8 + 80 * 16];
  good[7] = 100; /* ran; marks 5 at 20 and 6 at 90 */
  good[15] = 5, good[23] = 20, good[31] = 6, good[39] = 90;
  tg_store_age_t age = {.max_ms = MAX_MS};
  tg_store_age_decode(&age, tg_slice(good, sizeof good));
  check_int(age.count, 2);
  for (size_t len = 0; len < sizeof good; len++) { /* cut */
    tg_store_age_decode(&age, tg_slice(good, len));
    check_true(age.count == (len == 24 ? 1 : 0));
  }
  good[39] = 101; /* after the end */
  tg_store_age_decode(&age, tg_slice(good, sizeof good));
  check_true(age.count == 0 && age.ran_ms == 0);
  good[39] = 90, good[31] = 5; /* not rising */
  tg_store_age_decode(&age, tg_slice(good, sizeof good));
  check_true(age.count == 0 && age.ran_ms == 0);
  for (int i = 0; i < 2000; i++) {
    tg_random_fill_seeded(&random, bytes, sizeof bytes);
    tg_store_age_decode(&age, tg_slice(bytes, (size_t)i % (sizeof bytes + 1)));
    check_true(age.count <= TG_COUNT(age.marks));
    check_true(tg_store_age_limit(&age, age.ran_ms + 1) <= UINT64_MAX); /* no sanitizer speaks up */
  }
}

CHECK_SUITE(nothing_is_too_old_before_its_time, messages_go_within_a_mark_after_their_time,
            marks_that_tell_nothing_new_are_not_set, a_longer_maximum_forgets_no_age, marks_survive_as_a_row,
            a_row_that_makes_no_sense_is_none)
