/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/loop/wheel_test.c: mirrors core/loop/wheel.c. */

#include "core/loop/wheel.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "tests/unit/check.h"

typedef struct probe {
  tg_timer_t timer;
  tg_wheel_t *wheel;
  uint64_t fired_at; /* wheel's time; 0 = never */
  uint32_t calls;
  uint32_t order;
  uint32_t *sequence;
} probe_t;

static void on_due(tg_timer_t *timer, void *ud) {
  probe_t *probe = ud;
  assert_ptr_equal(timer, &probe->timer);
  check_false(tg_timer_active(timer));
  probe->fired_at = tg_wheel_now(probe->wheel);
  probe->calls++;
  if (probe->sequence) probe->order = ++*probe->sequence;
}

static void set_up(probe_t *probe, tg_wheel_t *wheel) {
  *probe = (probe_t){.wheel = wheel};
  probe->timer.fn = on_due;
  probe->timer.ud = probe;
}

static void a_timer_is_called_at_its_time_and_not_before(void **state) {
  (void)state;
  static const uint64_t delays[] = {1,
                                    2,
                                    63,
                                    64,
                                    65,
                                    4095,
                                    4096,
                                    4097,
                                    262143,
                                    262144,
                                    16777216,
                                    1073741824,
                                    86400000,
                                    UINT64_C(3153600000000),
                                    UINT64_C(1) << 62};
  static const uint64_t starts[] = {0, 1, 63, 64, 4095, UINT64_C(1785000000123), (UINT64_C(1) << 42) - 1};
  for (size_t s = 0; s < TG_COUNT(starts); s++) {
    for (size_t i = 0; i < TG_COUNT(delays); i++) {
      tg_wheel_t *wheel = tg_wheel_new(starts[s]);
      probe_t probe;
      set_up(&probe, wheel);
      uint64_t due = starts[s] + delays[i];
      tg_wheel_add(wheel, &probe.timer, due);
      check_true(tg_wheel_next(wheel) <= due);
      check_int(tg_wheel_advance(wheel, due - 1), 0);
      check_int(probe.calls, 0);
      check_int(tg_wheel_advance(wheel, due), 1);
      check_true(probe.fired_at == due);
      check_true(tg_wheel_next(wheel) == UINT64_MAX);
      tg_wheel_free(wheel);
    }
  }
}

static void the_clock_can_be_set_without_calling_anybody(void **state) {
  (void)state;
  tg_wheel_t *wheel = tg_wheel_new(1000);
  probe_t early, late;
  set_up(&early, wheel);
  set_up(&late, wheel);
  tg_wheel_add(wheel, &early.timer, 1010);
  tg_wheel_clock(wheel, 5000);
  check_int(tg_wheel_now(wheel), 5000);
  check_int(early.calls, 0);
  tg_wheel_add(wheel, &late.timer, tg_wheel_now(wheel) + 100);
  tg_wheel_clock(wheel, 4000); /* never back */
  check_int(tg_wheel_now(wheel), 5000);
  tg_wheel_advance(wheel, 5000);
  check_int(early.calls, 1);
  check_int(late.calls, 0);
  tg_wheel_advance(wheel, 5100);
  check_int(late.calls, 1);
  tg_wheel_free(wheel);
}

static void a_time_in_the_past_is_due_at_the_next_advance(void **state) {
  (void)state;
  tg_wheel_t *wheel = tg_wheel_new(1000);
  probe_t past, present;
  set_up(&past, wheel);
  set_up(&present, wheel);
  tg_wheel_add(wheel, &past.timer, 5);
  tg_wheel_add(wheel, &present.timer, 1000);
  check_true(tg_wheel_next(wheel) == 1000);
  check_int(tg_wheel_advance(wheel, 1000), 2);
  check_int(past.calls + present.calls, 2);
  check_int(tg_wheel_advance(wheel, 500), 0); /* time does not run back */
  check_true(tg_wheel_now(wheel) == 1000);
  tg_wheel_free(wheel);
}

static void timers_are_called_in_order_of_tick_and_of_adding(void **state) {
  (void)state;
  tg_wheel_t *wheel = tg_wheel_new(0);
  uint32_t sequence = 0;
  probe_t probes[5];
  static const uint64_t dues[5] = {5000, 100, 5000, 99, 70000};
  static const uint32_t want[5] = {3, 2, 4, 1, 5};
  for (size_t i = 0; i < 5; i++) {
    set_up(&probes[i], wheel);
    probes[i].sequence = &sequence;
    tg_wheel_add(wheel, &probes[i].timer, dues[i]);
  }
  check_int(tg_wheel_advance(wheel, 100000), 5);
  for (size_t i = 0; i < 5; i++) check_int(probes[i].order, want[i]);
  tg_wheel_free(wheel);
}

static void a_running_timer_can_be_moved_and_stopped(void **state) {
  (void)state;
  tg_wheel_t *wheel = tg_wheel_new(0);
  probe_t probe;
  set_up(&probe, wheel);
  check_false(tg_timer_active(&probe.timer));
  tg_wheel_del(wheel, &probe.timer);
  tg_wheel_add(wheel, &probe.timer, 10);
  check_true(tg_timer_active(&probe.timer));
  tg_wheel_add(wheel, &probe.timer, 5000);
  check_int(tg_wheel_advance(wheel, 4999), 0);
  check_int(tg_wheel_advance(wheel, 5000), 1);
  tg_wheel_add(wheel, &probe.timer, 6000);
  tg_wheel_del(wheel, &probe.timer);
  check_true(tg_wheel_next(wheel) == UINT64_MAX);
  check_int(tg_wheel_advance(wheel, 10000), 0);
  tg_wheel_free(wheel);
}

typedef struct meddler {
  tg_timer_t timer;
  tg_wheel_t *wheel;
  probe_t *victim;
  uint64_t again_after;
  uint32_t calls;
} meddler_t;

static void kill_victim(tg_timer_t *timer, void *ud) {
  (void)timer;
  meddler_t *meddler = ud;
  meddler->calls++;
  tg_wheel_del(meddler->wheel, &meddler->victim->timer);
}

static void a_callback_may_stop_a_timer_of_the_same_tick(void **state) {
  (void)state;
  tg_wheel_t *wheel = tg_wheel_new(0);
  probe_t before, after;
  meddler_t meddler = {.wheel = wheel, .victim = &after};
  meddler.timer.fn = kill_victim;
  meddler.timer.ud = &meddler;
  set_up(&before, wheel);
  set_up(&after, wheel);
  for (uint64_t due = 100; due < 100000; due *= 10) {
    tg_wheel_add(wheel, &before.timer, due);
    tg_wheel_add(wheel, &meddler.timer, due);
    tg_wheel_add(wheel, &after.timer, due);
    check_int(tg_wheel_advance(wheel, due), 2);
    check_int(after.calls, 0);
    check_false(tg_timer_active(&after.timer));
  }
  tg_wheel_free(wheel);
}

static void run_again(tg_timer_t *timer, void *ud) {
  meddler_t *meddler = ud;
  meddler->calls++;
  tg_wheel_add(meddler->wheel, timer, timer->due_ms + meddler->again_after);
}

static void a_callback_may_start_its_own_timer_again(void **state) {
  (void)state;
  tg_wheel_t *wheel = tg_wheel_new(0);
  meddler_t meddler = {.wheel = wheel, .again_after = 10};
  meddler.timer.fn = run_again;
  meddler.timer.ud = &meddler;
  tg_wheel_add(wheel, &meddler.timer, 10);
  check_int(tg_wheel_advance(wheel, 1000), 100);
  check_true(meddler.timer.due_ms == 1010);
  meddler.again_after = 0; /* due at once, for ever: one call an advance, no hang */
  check_int(tg_wheel_advance(wheel, 1010), 1);
  check_int(tg_wheel_advance(wheel, 1010), 1);
  check_true(tg_wheel_next(wheel) == 1010);
  tg_wheel_free(wheel);
}

/* Random adds, moves, stops and jumps beside an array that is searched in full. */
static void random_use_agrees_with_a_naive_model(void **state) {
  (void)state;
  enum { N = 300, STEPS = 30000 };
  static probe_t probes[N];
  static uint64_t due[N]; /* 0 = stopped */
  for (uint64_t seed = 1; seed <= 4; seed++) {
    tg_random_seeded_t seeded = {seed};
    uint64_t now = seed == 1 ? 0 : UINT64_C(1) << (10 * seed);
    tg_wheel_t *wheel = tg_wheel_new(now);
    for (size_t i = 0; i < N; i++) set_up(&probes[i], wheel);
    memset(due, 0, sizeof due);
    for (int step = 0; step < STEPS; step++) {
      uint64_t r[2];
      tg_random_fill_seeded(&seeded, r, sizeof r);
      size_t i = r[0] % N;
      uint64_t span = r[1] & ((UINT64_C(1) << (r[0] >> 32) % 36) - 1);
      unsigned action = (unsigned)(r[0] >> 16) % 10;
      if (action < 5) {
        tg_wheel_add(wheel, &probes[i].timer, now + 1 + span);
        due[i] = now + 1 + span;
      } else if (action < 7) {
        tg_wheel_del(wheel, &probes[i].timer);
        due[i] = 0;
      } else {
        now += action == 7 ? span : r[1] % 200;
        size_t want = 0;
        for (size_t k = 0; k < N; k++) want += due[k] && due[k] <= now;
        check_int(tg_wheel_advance(wheel, now), want);
        uint64_t first = UINT64_MAX;
        for (size_t k = 0; k < N; k++) {
          if (due[k] && due[k] <= now) due[k] = 0;
          check_int(tg_timer_active(&probes[k].timer), due[k] != 0);
          if (due[k] && due[k] < first) first = due[k];
        }
        uint64_t next = tg_wheel_next(wheel);
        check_true(first == UINT64_MAX ? next == UINT64_MAX : next <= first && next > now);
      }
    }
    tg_wheel_free(wheel);
  }
}

static void hundreds_of_thousands_of_timers_are_all_called_once(void **state) {
  (void)state;
  enum { N = 300000 };
  probe_t *probes = calloc(N, sizeof *probes);
  assert_non_null(probes);
  tg_wheel_t *wheel = tg_wheel_new(1);
  tg_random_seeded_t seeded = {9};
  for (size_t i = 0; i < N; i++) {
    uint64_t random;
    tg_random_fill_seeded(&seeded, &random, sizeof random);
    set_up(&probes[i], wheel);
    tg_wheel_add(wheel, &probes[i].timer, 2 + random % 86400000);
  }
  size_t called = 0;
  uint64_t next;
  size_t advances = 0;
  while ((next = tg_wheel_next(wheel)) != UINT64_MAX) {
    called += tg_wheel_advance(wheel, next);
    advances++;
  }
  check_int(called, N);
  for (size_t i = 0; i < N; i++) {
    check_int(probes[i].calls, 1);
    check_true(probes[i].fired_at == probes[i].timer.due_ms);
  }
  check_true(advances < 3 * N);
  tg_wheel_free(wheel);
  free(probes);
}

static void unix_time_goes_on_with_the_wheel_and_not_with_the_wall_clock(void **state) {
  (void)state;
  static const uint64_t starts[] = {0, 5000, UINT64_MAX - 100000};
  for (size_t i = 0; i < TG_COUNT(starts); i++) {
    tg_wheel_t *wheel = tg_wheel_new(starts[i]);
    int64_t apart = tg_wheel_unix(wheel) - tg_clock_wall_ms();
    check_true(apart <= 0 && apart > -10000);
    tg_wheel_set_unix(wheel, 1000);
    (void)tg_wheel_advance(wheel, starts[i] + 70000);
    check_int(tg_wheel_unix(wheel), 71000);
    probe_t probe;
    set_up(&probe, wheel);
    tg_wheel_add(wheel, &probe.timer, starts[i] + 80000);
    tg_wheel_set_unix(wheel, INT64_C(3153600000000)); /* timers stay where they are */
    (void)tg_wheel_advance(wheel, starts[i] + 79999);
    check_int(probe.calls, 0);
    (void)tg_wheel_advance(wheel, starts[i] + 80000);
    check_int(probe.calls, 1);
    tg_wheel_free(wheel);
  }
}

CHECK_SUITE(unix_time_goes_on_with_the_wheel_and_not_with_the_wall_clock, a_timer_is_called_at_its_time_and_not_before,
            the_clock_can_be_set_without_calling_anybody, a_time_in_the_past_is_due_at_the_next_advance,
            timers_are_called_in_order_of_tick_and_of_adding, a_running_timer_can_be_moved_and_stopped,
            a_callback_may_stop_a_timer_of_the_same_tick, a_callback_may_start_its_own_timer_again,
            random_use_agrees_with_a_naive_model, hundreds_of_thousands_of_timers_are_all_called_once)
