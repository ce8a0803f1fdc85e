/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LOOP_WHEEL_H
#define TG_CORE_LOOP_WHEEL_H

/**
 * A hierarchical timer wheel with one-millisecond ticks: add, remove and expire in O(1), any number of timers. Time is a number
 * that the owner passes in, so the wheel runs under the loop's clock and under a simulated one alike.
 */

#include "core/base/rc.h"
#include "core/base/slice.h"

typedef struct tg_wheel tg_wheel_t;
typedef struct tg_timer tg_timer_t;

/** Called when @p timer is due; the timer is already out of the wheel and may be added again or freed. */
typedef void (*tg_timer_fn)(tg_timer_t *timer, void *ud);

/** A timer inside its owner's structure; `{0}` is a stopped one. Set fn and ud, then tg_wheel_add(). 40 bytes. */
struct tg_timer {
  tg_timer_t *next; /* private; NULL when stopped */
  tg_timer_t *prev; /* private */
  uint64_t due_ms;
  tg_timer_fn fn;
  void *ud;
};

/** An empty wheel whose time is @p now_ms; NULL without memory. Owned by the caller. */
tg_wheel_t *tg_wheel_new(uint64_t now_ms);

/** Frees the wheel; timers still in it are only forgotten. NULL is allowed. */
void tg_wheel_free(tg_wheel_t *wheel);

/** The time of the last tg_wheel_advance() or tg_wheel_clock(). */
uint64_t tg_wheel_now(const tg_wheel_t *wheel);

/** Unix time in milliseconds that goes on with tg_wheel_now(), whatever is done to the wall clock: for deadlines and ages that are kept over restarts. Begins as the wall clock's. */
int64_t tg_wheel_unix(const tg_wheel_t *wheel);

/** Says that it is @p unix_ms now. Timers are not touched. */
void tg_wheel_set_unix(tg_wheel_t *wheel, int64_t unix_ms);

/** Says what time it is (an earlier one is ignored) without calling anybody: what is due waits for the next advance. For an owner that has waited long and is about to handle what came: times counted from tg_wheel_now() would else begin in the past. */
void tg_wheel_clock(tg_wheel_t *wheel, uint64_t now_ms);

/** Starts @p timer (kept until it is due or removed) for @p due_ms; one that runs already is moved. A time in the past is due at the next advance. */
void tg_wheel_add(tg_wheel_t *wheel, tg_timer_t *timer, uint64_t due_ms);

/** Stops @p timer; one that does not run is left alone. Safe inside a callback, for any timer. */
void tg_wheel_del(tg_wheel_t *wheel, tg_timer_t *timer);

/** Whether @p timer runs. */
static inline bool tg_timer_active(const tg_timer_t *timer) {
  return timer->next != NULL;
}

/**
 * Moves time to @p now_ms and calls every timer that is due by then, in order of tick and within a tick in order of adding. A time
 * before the last one counts as the last one. A timer that a callback starts is called in the same advance if its time lies between
 * that of the callback and @p now_ms, else in a later one. Not from inside a callback.
 * @return how many were called
 */
size_t tg_wheel_advance(tg_wheel_t *wheel, uint64_t now_ms);

/** A time at or before which no timer is due (never later than the first due one); UINT64_MAX when none runs. */
uint64_t tg_wheel_next(const tg_wheel_t *wheel);

#endif
