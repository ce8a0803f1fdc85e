/* SPDX-License-Identifier: Apache-2.0 */
/*
 * luv on a nested loop. Ours watches the inner loop's descriptor and keeps its next time-out as a timer; when either is due, the
 * inner loop runs what is ready and returns. Measured on luv 1.44: on a shared loop an error in a callback ends the process and
 * lua_close() leaves callbacks behind. See bundle_loop.h.
 */

#include "bindings/api/bundle_loop.h"

#include <lauxlib.h>
#include <luv/luv.h>
#include <signal.h>

#include "bindings/api/bundle_uv.h"
#include "bindings/vm/vm_call.h"
#include "bindings/vm/vm_sandbox.h"
#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/log.h"

/* A child that has not gone by then after SIGTERM gets SIGKILL. */
enum { KILL_AFTER_MS = 1000 };

struct tg_bundle_loop {
  tg_uv_call_loop_t uv;
  uv_prepare_t keep; /* does nothing; makes uv_run() look at descriptors when the script has unreferenced its handles */
  tg_loop_t *outer;
  tg_vm_t *vm;
  tg_loop_watch_t *watch;
  tg_timer_t timer;
  tg_bundle_loop_done_fn done; /* NULL: ended */
  void *ud;
  uint64_t kill_ms;          /* when it has ended: children are killed from then on */
  tg_bundle_loop_t **ending; /* the list it is in */
  tg_bundle_loop_t *next;
};

/* Key of the loop in the vm's registry, for luv's callback. */
static const char LOOP_KEY[] = "tidegate.bundle_loop";

static void on_due(tg_timer_t *timer, void *ud);

/* What luv wants called: a function and its arguments, on top of the main state's stack. */
typedef struct callback {
  lua_State *from;
  int args;
} callback_t;

static int run_callback(lua_State *L) {
  const callback_t *callback = lua_touserdata(L, 1);
  int args = callback->args;
  luaL_checkstack(L, args + 1, "arguments");
  lua_xmove(callback->from, L, args + 1);
  return tg_vm_tail_call(L, args);
}

static tg_bundle_loop_t *loop_of(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, LOOP_KEY);
  tg_bundle_loop_t *loop = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return loop;
}

/* Instead of luv's own protected call: every callback is a task of its own, within budget. @return the number of results, as luv has it */
static int call(lua_State *L, int args, int results, int flags) {
  (void)results;
  (void)flags;
  int top = lua_gettop(L) - args - 1;
  tg_bundle_loop_t *loop = loop_of(L);
  if (loop->done) {
    callback_t callback = {.from = L, .args = args};
    tg_diag_t diag = {0};
    tg_vm_mark_t mark = tg_vm_mark_fn(L, top + 1);
    tg_rc_t rc = tg_vm_spawn_as(loop->vm, mark, run_callback, &callback, &diag);
    if (loop->done) loop->done(loop->ud, mark, rc, &diag);
  }
  lua_settop(L, top);
  return 0;
}

static void count_handle(uv_handle_t *handle, void *ud) {
  *(size_t *)ud += uv_is_active(handle) || uv_is_closing(handle);
}

/* Whether something may come of it. References don't matter: nobody waits for a script to end by itself. */
static bool is_alive(tg_bundle_loop_t *loop) {
  size_t count = 0;
  if (!uv_loop_alive(&loop->uv.loop)) uv_walk(&loop->uv.loop, count_handle, &count);
  return count != 1; /* the one is ours */
}

static void arm(tg_bundle_loop_t *loop) {
  tg_wheel_t *wheel = tg_loop_wheel(loop->outer);
  if (!is_alive(loop)) {
    tg_wheel_del(wheel, &loop->timer);
    return;
  }
  uv_update_time(&loop->uv.loop);
  uv_ref((uv_handle_t *)&loop->keep);
  int timeout = uv_backend_timeout(&loop->uv.loop);
  uv_unref((uv_handle_t *)&loop->keep);
  if (!loop->done && (timeout < 0 || timeout > KILL_AFTER_MS)) timeout = KILL_AFTER_MS;
  if (timeout < 0) tg_wheel_del(wheel, &loop->timer);
  else tg_wheel_add(wheel, &loop->timer, tg_loop_now(loop->outer) + (uint64_t)timeout);
}

static void run(tg_bundle_loop_t *loop) {
  loop->uv.is_running = true;
  uv_ref((uv_handle_t *)&loop->keep);
  (void)uv_run(&loop->uv.loop, UV_RUN_NOWAIT);
  uv_unref((uv_handle_t *)&loop->keep);
  loop->uv.is_running = false;
}

/* A child is waited for: only its open handle takes it off the system's list when it ends. */
static void close_handle(uv_handle_t *handle, void *ud) {
  const tg_bundle_loop_t *loop = ud;
  if (uv_is_closing(handle) || handle == (const uv_handle_t *)&loop->keep) return;
  if (handle->type != UV_PROCESS || !uv_is_active(handle)) uv_close(handle, NULL);
  else if (tg_clock_mono_ms() >= loop->kill_ms) (void)uv_process_kill((uv_process_t *)handle, SIGKILL);
}

static void end_child(uv_handle_t *handle, void *ud) {
  (void)ud;
  if (handle->type == UV_PROCESS && uv_is_active(handle)) (void)uv_process_kill((uv_process_t *)handle, SIGTERM);
}

/* After the last handle and request: nobody knows of it any more. */
static void let_go(tg_bundle_loop_t *loop) {
  tg_wheel_del(tg_loop_wheel(loop->outer), &loop->timer);
  tg_loop_unwatch(loop->watch);
  for (tg_bundle_loop_t **at = loop->ending; at && *at; at = &(*at)->next) {
    if (*at != loop) continue;
    *at = loop->next;
    break;
  }
  tg_vm_free(loop->vm); /* luv's handles are closed: its finalisers only free */
  uv_close((uv_handle_t *)&loop->keep, NULL);
  (void)uv_run(&loop->uv.loop, UV_RUN_NOWAIT);
  if (uv_loop_close(&loop->uv.loop) != 0) tg_log("script", TG_LOG_ERROR, "loop_not_closed");
  tg_alloc_free(loop);
}

static void turn(tg_bundle_loop_t *loop) {
  if (loop->uv.is_running) return;
  run(loop);
  if (!loop->done) uv_walk(&loop->uv.loop, close_handle, loop);
  if (!loop->done && !is_alive(loop)) let_go(loop);
  else arm(loop);
}

static void on_due(tg_timer_t *timer, void *ud) {
  (void)timer;
  turn(ud);
}

static void on_ready(void *ud, int fd, int events) {
  (void)fd;
  (void)events;
  turn(ud);
}

static void on_prepare(uv_prepare_t *keep) {
  (void)keep;
}

tg_bundle_loop_t *tg_bundle_loop_new(tg_loop_t *outer, tg_vm_t *vm, tg_bundle_loop_done_fn done, void *ud) {
  tg_bundle_loop_t *loop = tg_alloc_array(1, sizeof *loop);
  if (!loop) return NULL;
  *loop = (tg_bundle_loop_t){.outer = outer, .vm = vm, .done = done, .ud = ud};
  loop->timer.fn = on_due;
  loop->timer.ud = loop;
  if (uv_loop_init(&loop->uv.loop) != 0) {
    tg_alloc_free(loop);
    return NULL;
  }
  (void)uv_prepare_init(&loop->uv.loop, &loop->keep); /* neither can fail */
  (void)uv_prepare_start(&loop->keep, on_prepare);
  uv_unref((uv_handle_t *)&loop->keep);
  loop->watch = tg_loop_watch(outer, uv_backend_fd(&loop->uv.loop), TG_LOOP_READ, on_ready, loop);
  if (loop->watch) return loop;
  uv_close((uv_handle_t *)&loop->keep, NULL);
  (void)uv_run(&loop->uv.loop, UV_RUN_NOWAIT);
  (void)uv_loop_close(&loop->uv.loop);
  tg_alloc_free(loop);
  return NULL;
}

void tg_bundle_loop_open(tg_bundle_loop_t *loop, lua_State *L) {
  lua_pushlightuserdata(L, loop);
  lua_rawsetp(L, LUA_REGISTRYINDEX, LOOP_KEY);
  (void)luv_context(L); /* makes it, which may raise, where that is caught; callbacks are for the main state */
  luv_set_loop(tg_vm_state(loop->vm), &loop->uv.loop);
  luv_set_callback(tg_vm_state(loop->vm), call);
  lua_pushcfunction(L, luaopen_luv);
  lua_call(L, 0, 1);
  tg_bundle_uv_guard(L, &loop->uv);
  tg_vm_sandbox_preload(L, "uv");
}

tg_uv_call_use_t tg_bundle_loop_use(tg_bundle_loop_t *loop) {
  return tg_uv_call_use(&loop->uv);
}

void tg_bundle_loop_poke(tg_bundle_loop_t *loop) {
  if (loop->uv.is_running || !loop->done || !is_alive(loop)) return;
  uint64_t now = tg_loop_now(loop->outer);
  if (tg_timer_active(&loop->timer) && loop->timer.due_ms <= now) return;
  tg_wheel_add(tg_loop_wheel(loop->outer), &loop->timer, now);
}

void tg_bundle_loop_end(tg_bundle_loop_t *loop, tg_bundle_loop_t **ending) {
  loop->done = NULL;
  loop->kill_ms = tg_clock_mono_ms() + KILL_AFTER_MS;
  uv_walk(&loop->uv.loop, end_child, NULL);
  uv_walk(&loop->uv.loop, close_handle, loop);
  loop->ending = ending;
  loop->next = *ending;
  *ending = loop;
  if (loop->uv.is_running) tg_wheel_add(tg_loop_wheel(loop->outer), &loop->timer, 0);
  else turn(loop);
}

void tg_bundle_loop_settle(tg_bundle_loop_t **ending, unsigned wait_ms) {
  uint64_t until = tg_clock_mono_ms() + wait_ms;
  while (*ending && tg_clock_mono_ms() < until) {
    for (tg_bundle_loop_t *loop = *ending, *next; loop; loop = next) { /* none keeps another waiting */
      next = loop->next;
      run(loop);
      uv_walk(&loop->uv.loop, close_handle, loop);
      if (!is_alive(loop)) let_go(loop);
    }
    if (*ending) uv_sleep(1);
  }
  for (tg_bundle_loop_t *loop = *ending; loop; loop = loop->next) {
    tg_log("script", TG_LOG_WARN, "requests_left_behind");
    tg_wheel_del(tg_loop_wheel(loop->outer), &loop->timer);
    tg_loop_unwatch(loop->watch);
  }
  *ending = NULL;
}
