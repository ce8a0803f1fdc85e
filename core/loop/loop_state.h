/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LOOP_LOOP_STATE_H
#define TG_CORE_LOOP_LOOP_STATE_H

/** Private to core/loop: what loop.c, loop_post.c and loop_watch.c share. */

#include <pthread.h>
#include <uv.h>

#include "core/loop/loop.h"

#define TG_LOOP_HOOKS_MAX 8

/** A function to be called and what it is called with. */
typedef struct tg_loop_call {
  tg_loop_fn fn; /* NULL: forgotten */
  void *ud;
} tg_loop_call_t;

/** A growing list of calls. */
typedef struct tg_loop_calls {
  tg_loop_call_t *at;
  size_t count;
  size_t cap;
} tg_loop_calls_t;

struct tg_loop {
  uv_loop_t uv;
  uv_timer_t timer; /* only bounds the wait; timers are called from `check` */
  uv_prepare_t prepare;
  uv_check_t check;
  uv_async_t async;
  tg_wheel_t *wheel;
  bool happened;       /* something was called in this turn */
  uint64_t wait_until; /* end of tg_loop_turn()'s wait; UINT64_MAX in tg_loop_run() */
  tg_loop_call_t hooks[TG_LOOP_HOOKS_MAX];
  size_t hook_count;

  pthread_mutex_t lock;   /* guards the two members below */
  tg_loop_calls_t posted; /* by any thread */
  bool closing;
  tg_loop_calls_t running; /* taken from `posted`, being called */
};

/** Something is about to be called: it finds the time as it is now, not as it was before the wait. */
static inline void tg_loop_state_woke(tg_loop_t *loop) {
  loop->happened = true;
  tg_wheel_clock(loop->wheel, uv_now(&loop->uv));
}

/** uv_async's callback: calls what was posted. */
void tg_loop_post_run(uv_async_t *async);

/** uv_close's callback for handles on the heap: frees handle->data. */
void tg_loop_watch_free(uv_handle_t *handle);

#endif
