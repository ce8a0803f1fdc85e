/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A turn: libuv waits (at most until the wheel's next timer), calls watches, posts and signals; then `check` advances the wheel and
 * calls the hooks. So everything of a turn comes before its hooks. Called by the composition and by tests; see loop.h.
 */

#include "core/base/alloc.h"
#include "core/base/require.h"
#include "core/loop/loop_state.h"

static void on_timer(uv_timer_t *timer) {
  (void)timer; /* its work was to end the wait */
}

/* Bounds the wait that follows. */
static void on_prepare(uv_prepare_t *prepare) {
  tg_loop_t *loop = prepare->data;
  uint64_t now = uv_now(&loop->uv);
  uint64_t next = tg_wheel_next(loop->wheel);
  if (loop->wait_until < next) next = loop->wait_until;
  if (next == UINT64_MAX) (void)uv_timer_stop(&loop->timer);
  else (void)uv_timer_start(&loop->timer, on_timer, next > now ? next - now : 0, 0);
}

static void on_check(uv_check_t *check) {
  tg_loop_t *loop = check->data;
  if (tg_wheel_advance(loop->wheel, uv_now(&loop->uv))) loop->happened = true;
  if (!loop->happened) return;
  loop->happened = false;
  tg_loop_call_t hooks[TG_LOOP_HOOKS_MAX]; /* a hook may end itself or others */
  size_t count = loop->hook_count;
  memcpy(hooks, loop->hooks, sizeof hooks);
  for (size_t i = 0; i < count; i++) {
    bool stands = false;
    for (size_t k = 0; k < loop->hook_count; k++) {
      stands = stands || (loop->hooks[k].fn == hooks[i].fn && loop->hooks[k].ud == hooks[i].ud);
    }
    if (stands) hooks[i].fn(hooks[i].ud);
  }
}

/* Timer, prepare and check cannot fail to start; the async needs a descriptor. */
static tg_rc_t start_handles(tg_loop_t *loop) {
  if (uv_async_init(&loop->uv, &loop->async, tg_loop_post_run) != 0) return TG_E_IO;
  (void)uv_timer_init(&loop->uv, &loop->timer);
  (void)uv_prepare_init(&loop->uv, &loop->prepare);
  (void)uv_check_init(&loop->uv, &loop->check);
  loop->async.data = loop->timer.data = loop->prepare.data = loop->check.data = loop;
  (void)uv_prepare_start(&loop->prepare, on_prepare);
  (void)uv_check_start(&loop->check, on_check);
  return TG_OK;
}

tg_loop_t *tg_loop_new(void) {
  tg_loop_t *loop = tg_alloc_array(1, sizeof *loop);
  if (!loop) return NULL;
  if (uv_loop_init(&loop->uv) != 0) {
    tg_alloc_free(loop);
    return NULL;
  }
  loop->wait_until = UINT64_MAX;
  (void)pthread_mutex_init(&loop->lock, NULL);
  loop->wheel = tg_wheel_new(uv_now(&loop->uv));
  if (loop->wheel && start_handles(loop) == TG_OK) return loop;
  tg_loop_free(loop);
  return NULL;
}

static void close_each(uv_handle_t *handle, void *ud) {
  tg_loop_t *loop = ud;
  if (uv_is_closing(handle)) return;
  bool ours = handle == (uv_handle_t *)&loop->async || handle == (uv_handle_t *)&loop->timer ||
              handle == (uv_handle_t *)&loop->prepare || handle == (uv_handle_t *)&loop->check;
  uv_close(handle, ours ? NULL : tg_loop_watch_free);
}

void tg_loop_free(tg_loop_t *loop) {
  if (!loop) return;
  (void)pthread_mutex_lock(&loop->lock);
  loop->closing = true;
  (void)pthread_mutex_unlock(&loop->lock);

  uv_walk(&loop->uv, close_each, loop);
  while (uv_loop_close(&loop->uv) != 0) (void)uv_run(&loop->uv, UV_RUN_ONCE);
  tg_wheel_free(loop->wheel);
  tg_alloc_free(loop->posted.at);
  tg_alloc_free(loop->running.at);
  (void)pthread_mutex_destroy(&loop->lock);
  tg_alloc_free(loop);
}

void tg_loop_run(tg_loop_t *loop) {
  loop->wait_until = UINT64_MAX;
  (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void tg_loop_turn(tg_loop_t *loop, unsigned wait_ms) {
  uv_update_time(&loop->uv);
  loop->wait_until = uv_now(&loop->uv) + wait_ms;
  (void)uv_run(&loop->uv, wait_ms ? UV_RUN_ONCE : UV_RUN_NOWAIT);
  loop->wait_until = UINT64_MAX;
}

void tg_loop_stop(tg_loop_t *loop) {
  uv_stop(&loop->uv);
}

uint64_t tg_loop_now(const tg_loop_t *loop) {
  return uv_now(&loop->uv);
}

tg_wheel_t *tg_loop_wheel(tg_loop_t *loop) {
  return loop->wheel;
}

tg_rc_t tg_loop_each_turn(tg_loop_t *loop, tg_loop_fn fn, void *ud) {
  if (loop->hook_count == TG_LOOP_HOOKS_MAX) return TG_E_FULL;
  loop->hooks[loop->hook_count++] = (tg_loop_call_t){fn, ud};
  return TG_OK;
}

void tg_loop_each_turn_end(tg_loop_t *loop, tg_loop_fn fn, void *ud) {
  for (size_t i = 0; i < loop->hook_count; i++) {
    if (loop->hooks[i].fn != fn || loop->hooks[i].ud != ud) continue;
    memmove(&loop->hooks[i], &loop->hooks[i + 1], (loop->hook_count - i - 1) * sizeof *loop->hooks);
    loop->hook_count--;
    return;
  }
}
