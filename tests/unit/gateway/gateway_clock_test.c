/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/gateway/gateway_clock_test.c: mirrors core/gateway/gateway_clock.c. The kernel's clocks are numbers here; the store is real. */

#include "core/gateway/gateway_clock.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "tests/unit/check.h"
#include "tests/unit/store/store_harness.h"

#define NOW   INT64_C(1795764086000) /* 2026 */
#define YEARS (INT64_C(10) * 365 * 86400 * 1000)
enum { HOUR = 3600 * 1000, MINUTE = 60 * 1000 };

typedef struct bench {
  store_harness_t store;
  tg_wheel_t *wheel;
  tg_gateway_clock_t clock;
  tg_gateway_clock_read_t read;
} bench_t;

static bench_t bench;

/* A start of the process: the store is opened anew, the wheel begins again. */
static void begin(bench_t *b) {
  store_harness_reopen(&b->store);
  tg_wheel_free(b->wheel);
  b->wheel = tg_wheel_new((uint64_t)b->read.up_ms);
  uint64_t ticket = tg_store_ticket(b->store.store);
  tg_gateway_clock_begin(&b->clock, &b->read, b->store.store, b->wheel);
  (void)tg_store_end_turn(b->store.store);
  check_int(tg_store_ticket(b->store.store),
            ticket); /* nothing to write: a disk that fails now must not stop the start */
  tg_gateway_clock_judge(&b->clock, &b->read, b->store.store, b->wheel); /* the first turn */
}

static int set_up(void **state) {
  bench = (bench_t){.read = {.wall_ms = NOW, .up_ms = 50000, .boot = "first"}};
  store_harness_init(&bench.store, false);
  *state = &bench;
  return 0;
}

static int tear_down(void **state) {
  bench_t *b = *state;
  tg_wheel_free(b->wheel);
  store_harness_fini(&b->store);
  return 0;
}

/* So much time passes, and the wall clock is set by @p jump_ms besides. */
static void pass(bench_t *b, int64_t ms, int64_t jump_ms) {
  b->read.up_ms += ms;
  b->read.wall_ms += ms + jump_ms;
  (void)tg_wheel_advance(b->wheel, (uint64_t)b->read.up_ms);
  tg_gateway_clock_judge(&b->clock, &b->read, b->store.store, b->wheel);
}

static void check_time(const bench_t *b, int64_t unix_ms, bool is_doubtful) {
  check_int(tg_wheel_unix(b->wheel) - unix_ms, 0);
  check_int(tg_gateway_clock_is_doubtful(&b->clock), is_doubtful);
}

static void the_kept_time_is_the_wall_clocks_and_follows_small_steps(void **state) {
  bench_t *b = *state;
  begin(b);
  check_time(b, NOW, false);
  pass(b, HOUR, 0);
  check_time(b, NOW + HOUR, false);
  pass(b, 0, 4 * MINUTE);
  check_time(b, NOW + HOUR + 4 * MINUTE, false);
  pass(b, 0, -4 * MINUTE);
  check_time(b, NOW + HOUR, false);
  check_false(tg_gateway_clock_is_doubtful(NULL));
}

static void a_jump_is_doubted_until_the_clock_is_back(void **state) {
  bench_t *b = *state;
  static const int64_t jumps[] = {YEARS, -YEARS, 6 * MINUTE, -6 * MINUTE};
  begin(b);
  int64_t now = NOW;
  for (size_t i = 0; i < TG_COUNT(jumps); i++) {
    pass(b, 1000, jumps[i]);
    check_time(b, now += 1000, true);
    pass(b, HOUR, 0);
    check_time(b, now += HOUR, true);
    pass(b, 1000, -jumps[i]);
    check_time(b, now += 1000, false);
  }
}

static void a_jump_is_believed_where_the_kernel_says_that_the_clock_is_synchronised(void **state) {
  bench_t *b = *state;
  begin(b);
  pass(b, 1000, YEARS);
  check_time(b, NOW + 1000, true);
  b->read.is_synced = true;
  pass(b, 1000, 0);
  check_time(b, NOW + YEARS + 2000, false);
  b->read.is_synced = false;
  pass(b, HOUR, 0);
  check_time(b, NOW + YEARS + 2000 + HOUR, false);
}

static void a_clock_from_before_the_program_is_doubted_until_it_is_set(void **state) {
  bench_t *b = *state;
  b->read.wall_ms = 1000;
  begin(b);
  check_time(b, 1000, true);
  pass(b, MINUTE, 0);
  check_time(b, 1000 + MINUTE, true);
  b->read.is_synced = true; /* nobody who synchronises says 1970 */
  pass(b, 0, 3600 * 1000);
  check_int(tg_gateway_clock_is_doubtful(&b->clock), true);
  b->read.is_synced = false;
  pass(b, 0, NOW - b->read.wall_ms);
  check_time(b, NOW, false);
}

static void another_process_of_the_same_start_goes_on_with_the_kept_time(void **state) {
  bench_t *b = *state;
  static const int64_t jumps[] = {YEARS, -YEARS};
  begin(b);
  int64_t now = NOW;
  for (size_t i = 0; i < TG_COUNT(jumps); i++) {
    b->read.up_ms += 30000; /* it jumps while no process runs */
    b->read.wall_ms += 30000 + jumps[i];
    begin(b);
    check_time(b, now += 30000, true);
    begin(b); /* and again: it is still doubted */
    check_time(b, now, true);
    pass(b, 1000, -jumps[i]);
    check_time(b, now += 1000, false);
  }
}

static void after_another_start_of_the_machine_the_kept_time_is_not_earlier_than_it_was(void **state) {
  bench_t *b = *state;
  begin(b);
  b->read = (tg_gateway_clock_read_t){.wall_ms = 5000, .up_ms = 9000, .boot = "second"};
  begin(b);
  check_time(b, NOW, true); /* a battery that is empty */
  pass(b, 1000, 0);
  check_time(b, NOW + 1000, true);
  pass(b, 0, NOW + HOUR - b->read.wall_ms - 58 * MINUTE); /* set, to two minutes after what was kept */
  check_time(b, NOW + 2 * MINUTE, false);

  b->read = (tg_gateway_clock_read_t){.wall_ms = NOW + 30 * (int64_t)24 * HOUR, .up_ms = 9000, .boot = "third"};
  begin(b); /* a month in a drawer */
  check_time(b, b->read.wall_ms, false);
}

static void a_start_without_a_name_and_a_row_that_is_none_are_no_reason_to_believe_it(void **state) {
  bench_t *b = *state;
  static const char *const rows[] = {"",
                                     "x",
                                     "\1",
                                     "\2aaaaaaaabbbbbbbbfirst",
                                     "\1\377\377\377\377\377\377\377\377aaaaaaaafirst",
                                     "\1aaaaaaaa\177\377\377\377\377\377\377\377first"};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    store_harness_reopen(&b->store);
    check_rc(tg_store_put(b->store.store, "clock", tg_slice_str("kept"), tg_slice_str(rows[i])), TG_OK);
    begin(b);
    check_time(b, NOW, false);
  }
  b->read.boot[0] = '\0';
  begin(b);
  b->read.wall_ms += HOUR;
  b->read.up_ms = 1; /* two starts of which nobody knows that they are two */
  begin(b);
  check_time(b, NOW + HOUR, false);
}

static size_t rows_of(bench_t *b) {
  tg_store_stats_t stats;
  (void)store_harness_commit(&b->store);
  tg_store_stats(b->store.store, &stats);
  return (size_t)stats.writes;
}

static void a_row_is_written_once_an_hour_and_when_something_changes(void **state) {
  bench_t *b = *state;
  begin(b);
  check_rc(tg_store_put(b->store.store, "test", tg_slice_str("0"), tg_slice_str("0")), TG_OK);
  size_t before = rows_of(b);
  for (int i = 0; i < 59; i++) pass(b, MINUTE, 0);
  check_rc(tg_store_put(b->store.store, "test", tg_slice_str("1"), tg_slice_str("1")), TG_OK);
  check_int(rows_of(b) - before, 1); /* ours */
  pass(b, MINUTE, 0);
  check_int(rows_of(b) - before, 2);
  pass(b, 1, YEARS);
  check_int(rows_of(b) - before, 3);
  pass(b, 1, -YEARS);
  check_int(rows_of(b) - before, 4);
}

static void without_a_store_it_judges_all_the_same(void **state) {
  bench_t *b = *state;
  b->wheel = tg_wheel_new((uint64_t)b->read.up_ms);
  tg_gateway_clock_begin(&b->clock, &b->read, NULL, b->wheel);
  b->read.wall_ms += YEARS;
  tg_gateway_clock_judge(&b->clock, &b->read, NULL, b->wheel);
  check_time(b, NOW, true);
}

static void the_kernel_is_asked(void **state) {
  bench_t *b = *state;
  tg_gateway_clock_read_t read;
  tg_gateway_clock_read(&read);
  check_true(read.wall_ms - tg_clock_wall_ms() < 10000 && tg_clock_wall_ms() - read.wall_ms < 10000);
  check_true(read.up_ms > 0 && !*read.boot);
  tg_gateway_clock_ask(true, &read);
  check_int(strlen(read.boot), 36);
  b->read = read;
  begin(b);
  tg_gateway_clock_look(&b->clock, b->store.store, b->wheel);
  int64_t apart = tg_wheel_unix(b->wheel) - tg_clock_wall_ms();
  check_true(apart < 10000 && apart > -10000);
  tg_gateway_clock_t not_begun = {0};
  tg_gateway_clock_look(&not_begun, NULL, NULL);
  check_int(not_begun.unix_at_boot, 0);
}

#define CLOCK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CLOCK(the_kept_time_is_the_wall_clocks_and_follows_small_steps),
      CLOCK(a_jump_is_doubted_until_the_clock_is_back),
      CLOCK(a_jump_is_believed_where_the_kernel_says_that_the_clock_is_synchronised),
      CLOCK(a_clock_from_before_the_program_is_doubted_until_it_is_set),
      CLOCK(another_process_of_the_same_start_goes_on_with_the_kept_time),
      CLOCK(after_another_start_of_the_machine_the_kept_time_is_not_earlier_than_it_was),
      CLOCK(a_start_without_a_name_and_a_row_that_is_none_are_no_reason_to_believe_it),
      CLOCK(a_row_is_written_once_an_hour_and_when_something_changes),
      CLOCK(without_a_store_it_judges_all_the_same),
      CLOCK(the_kernel_is_asked),
  };
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
