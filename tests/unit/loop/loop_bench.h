/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_LOOP_LOOP_BENCH_H
#define TG_TESTS_UNIT_LOOP_LOOP_BENCH_H

/** Turning a loop until something has been counted. */

#include "core/base/clock.h"
#include "core/loop/loop.h"
#include "tests/unit/check.h"

enum { DEADLINE_MS = 10000 };

/** A call that counts itself: @p ud is an int. */
static inline void count(void *ud) {
  ++*(int *)ud;
}

/** Turns until *value reaches @p want; fails the test after the deadline. */
static inline void turn_until(tg_loop_t *loop, const int *value, int want) {
  uint64_t end = tg_clock_mono_ms() + DEADLINE_MS;
  while (*value < want) {
    assert_true(tg_clock_mono_ms() < end);
    tg_loop_turn(loop, 100);
  }
}

#endif
