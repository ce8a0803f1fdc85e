/* SPDX-License-Identifier: Apache-2.0 */
/* The one way into the loop from another thread: a locked list, taken whole by the loop's thread, so that order is kept. */

#include "core/base/alloc.h"
#include "core/loop/loop_state.h"

enum { FIRST_CAP = 64 };

static tg_rc_t push(tg_loop_calls_t *calls, tg_loop_call_t call) {
  if (calls->count == calls->cap) {
    size_t cap = calls->cap ? calls->cap * 2 : FIRST_CAP;
    void *at = tg_alloc_resize(calls->at, cap, sizeof *calls->at);
    if (!at) return TG_E_NOMEM;
    calls->at = at;
    calls->cap = cap;
  }
  calls->at[calls->count++] = call;
  return TG_OK;
}

tg_rc_t tg_loop_post(tg_loop_t *loop, tg_loop_fn fn, void *ud) {
  (void)pthread_mutex_lock(&loop->lock);
  tg_rc_t rc = loop->closing ? TG_E_CLOSED : push(&loop->posted, (tg_loop_call_t){fn, ud});
  bool first = rc == TG_OK && loop->posted.count == 1;
  if (first) (void)uv_async_send(&loop->async); /* under the lock, or the loop could be closed in between */
  (void)pthread_mutex_unlock(&loop->lock);
  return rc;
}

void tg_loop_post_run(uv_async_t *async) {
  tg_loop_t *loop = async->data;
  (void)pthread_mutex_lock(&loop->lock);
  tg_loop_calls_t empty = loop->running;
  loop->running = loop->posted;
  loop->posted = empty;
  (void)pthread_mutex_unlock(&loop->lock);

  for (size_t i = 0; i < loop->running.count; i++) {
    tg_loop_call_t call = loop->running.at[i];
    if (!call.fn) continue;
    tg_loop_state_woke(loop);
    call.fn(call.ud);
  }
  loop->running.count = 0;
}

static void forget(tg_loop_calls_t *calls, tg_loop_fn fn, const void *ud) {
  for (size_t i = 0; i < calls->count; i++) {
    if (calls->at[i].fn == fn && calls->at[i].ud == ud) calls->at[i].fn = NULL;
  }
}

void tg_loop_unpost(tg_loop_t *loop, tg_loop_fn fn, void *ud) {
  forget(&loop->running, fn, ud);
  (void)pthread_mutex_lock(&loop->lock);
  forget(&loop->posted, fn, ud);
  (void)pthread_mutex_unlock(&loop->lock);
}
