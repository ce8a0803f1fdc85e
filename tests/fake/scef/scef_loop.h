/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_LOOP_H
#define TG_TESTS_FAKE_SCEF_LOOP_H

/**
 * The fake SCEF's event loop: file descriptors behind one epoll descriptor, and timers in a list ordered by due time.
 * scef_main.c drives it together with libcurl and libmicrohttpd; everything runs in one thread.
 */

#include <stdbool.h>
#include <stdint.h>

/** A timer; the memory is its owner's. All zero is a timer that isn't set. */
typedef struct tg_scef_timer {
  struct tg_scef_timer *next, *prev;
  int64_t due; /* monotonic ms */
  void (*fire)(void *arg);
  void *arg;
  bool set;
} tg_scef_timer_t;

/** A descriptor to be told about; the memory is its owner's and must outlive the descriptor. */
typedef struct tg_scef_watch {
  void (*readable)(void *arg);
  void *arg;
} tg_scef_watch_t;

/** The loop. Members are private except @c fd, which becomes readable when a watched descriptor does. */
typedef struct tg_scef_loop {
  int fd;
  tg_scef_timer_t *first;
} tg_scef_loop_t;

/** Opens the epoll descriptor. @return false with errno set */
bool tg_scef_loop_init(tg_scef_loop_t *loop);

/** Closes it; timers still set are forgotten. */
void tg_scef_loop_fini(tg_scef_loop_t *loop);

/** Calls @p watch (kept until the descriptor is closed) whenever @p fd is readable. @return false with errno set */
bool tg_scef_loop_watch(tg_scef_loop_t *loop, int fd, tg_scef_watch_t *watch);

/** Sets @p timer (kept until it fires or is stopped) to fire in @p delay ms; one that is set already is moved. */
void tg_scef_loop_start(tg_scef_loop_t *loop, tg_scef_timer_t *timer, int64_t delay);

/** Stops a timer; harmless where it isn't set. */
void tg_scef_loop_stop(tg_scef_loop_t *loop, tg_scef_timer_t *timer);

/** Milliseconds until the first timer is due, at most @p limit, at least 0. */
int tg_scef_loop_wait(const tg_scef_loop_t *loop, int limit);

/** Serves the descriptors that are readable now, then the timers that are due. Never blocks. */
void tg_scef_loop_turn(tg_scef_loop_t *loop);

#endif
