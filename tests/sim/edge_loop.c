/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of core/loop/loop.c, loop_post.c and loop_watch.c: the same turn (what came, posts, then timers, then hooks) in virtual time. The
 * wheel is the product's. Now and then a turn takes long, so that what comes meanwhile is one batch. Nothing here has descriptors: the
 * parts of the gateway that would watch some are not configured.
 */

#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "tests/sim/sim_edge.h"

enum { HOOKS = 8, POSTS = 4096, LONG_TURN_PER_MILLE = 60, LONG_TURN_MS = 40 };

typedef struct call {
  tg_loop_fn fn;
  void *ud;
} call_t;

struct tg_loop {
  tg_wheel_t *wheel;
  uint64_t busy_until;
  call_t ready; /* the socket's */
  call_t hooks[HOOKS];
  size_t hook_count;
  call_t posts[POSTS];
  size_t post_count;
};

tg_loop_t *tg_loop_new(void) {
  tg_loop_t *loop = tg_alloc_array(1, sizeof *loop);
  if (!loop) return NULL;
  loop->wheel = tg_wheel_new(sim.now_ms);
  if (loop->wheel) return loop;
  tg_alloc_free(loop);
  return NULL;
}

void tg_loop_free(tg_loop_t *loop) {
  if (!loop) return;
  tg_wheel_free(loop->wheel);
  tg_alloc_free(loop);
}

uint64_t sim_edge_loop_next(const tg_loop_t *loop) {
  uint64_t next = loop->post_count || loop->ready.fn ? sim.now_ms : tg_wheel_next(loop->wheel);
  return next < loop->busy_until ? loop->busy_until : next;
}

void sim_edge_loop_ready(tg_loop_t *loop, tg_loop_fn fn, void *ud) {
  loop->ready = (call_t){fn, ud};
}

static bool run_ready(tg_loop_t *loop) {
  call_t ready = loop->ready;
  loop->ready = (call_t){NULL, NULL};
  if (ready.fn) ready.fn(ready.ud);
  return ready.fn != NULL;
}

/* Those posted meanwhile wait for the next turn. */
static bool run_posts(tg_loop_t *loop) {
  size_t count = loop->post_count;
  for (size_t i = 0; i < count; i++) {
    call_t post = loop->posts[i];
    loop->posts[i].fn = NULL;
    if (post.fn) post.fn(post.ud);
  }
  loop->post_count -= count;
  memmove(loop->posts, loop->posts + count, loop->post_count * sizeof *loop->posts);
  return count > 0;
}

static void run_hooks(tg_loop_t *loop) {
  for (size_t i = 0; i < loop->hook_count; i++) loop->hooks[i].fn(loop->hooks[i].ud);
}

void sim_edge_loop_turn(tg_loop_t *loop) {
  bool posts_first = sim_chance(500), happened = false;
  if (loop->post_count || loop->ready.fn) tg_wheel_clock(loop->wheel, sim.now_ms);
  if (posts_first) happened = run_posts(loop);
  happened |= run_ready(loop);
  if (!posts_first) happened |= run_posts(loop);
  if (tg_wheel_advance(loop->wheel, sim.now_ms)) happened = true;
  if (!happened) return;
  run_hooks(loop);
  if (sim_chance(LONG_TURN_PER_MILLE) && !sim.is_calm) loop->busy_until = sim.now_ms + 1 + sim_draw(LONG_TURN_MS);
}

uint64_t tg_loop_now(const tg_loop_t *loop) {
  (void)loop;
  return sim.now_ms;
}

tg_wheel_t *tg_loop_wheel(tg_loop_t *loop) {
  return loop->wheel;
}

tg_rc_t tg_loop_post(tg_loop_t *loop, tg_loop_fn fn, void *ud) {
  if (loop->post_count == POSTS) return TG_E_NOMEM;
  loop->posts[loop->post_count++] = (call_t){fn, ud};
  return TG_OK;
}

void tg_loop_unpost(tg_loop_t *loop, tg_loop_fn fn, void *ud) {
  for (size_t i = 0; i < loop->post_count; i++) {
    if (loop->posts[i].fn == fn && loop->posts[i].ud == ud) loop->posts[i].fn = NULL;
  }
}

tg_rc_t tg_loop_each_turn(tg_loop_t *loop, tg_loop_fn fn, void *ud) {
  if (loop->hook_count == HOOKS) return TG_E_FULL;
  loop->hooks[loop->hook_count++] = (call_t){fn, ud};
  return TG_OK;
}

void tg_loop_each_turn_end(tg_loop_t *loop, tg_loop_fn fn, void *ud) {
  for (size_t i = 0; i < loop->hook_count; i++) {
    if (loop->hooks[i].fn == fn && loop->hooks[i].ud == ud) loop->hooks[i--] = loop->hooks[--loop->hook_count];
  }
}

/* ---- what the simulated gateway has no use for ---- */

static void unexpected(const char *what) {
  (void)fprintf(stderr, "simulation: %s is not simulated\n", what);
  abort();
}

void tg_loop_run(tg_loop_t *loop) {
  (void)loop;
  unexpected("tg_loop_run()");
}

void tg_loop_turn(tg_loop_t *loop, unsigned wait_ms) {
  (void)loop, (void)wait_ms;
  unexpected("tg_loop_turn()");
}

void tg_loop_stop(tg_loop_t *loop) {
  (void)loop;
  unexpected("tg_loop_stop()");
}

tg_loop_watch_t *tg_loop_watch(tg_loop_t *loop, int fd, int events, tg_loop_watch_fn fn, void *ud) {
  (void)loop, (void)fd, (void)events, (void)fn, (void)ud;
  unexpected("tg_loop_watch()");
  return NULL;
}

tg_rc_t tg_loop_watch_set(tg_loop_watch_t *watch, int events) {
  (void)watch, (void)events;
  unexpected("tg_loop_watch_set()");
  return TG_E_UNSUPPORTED;
}

void tg_loop_unwatch(tg_loop_watch_t *watch) {
  if (watch) unexpected("tg_loop_unwatch()");
}

tg_rc_t tg_loop_on_signal(tg_loop_t *loop, int signum, tg_loop_signal_fn fn, void *ud) {
  (void)loop, (void)signum, (void)fn, (void)ud;
  return TG_OK;
}

tg_loop_path_t *tg_loop_on_path(tg_loop_t *loop, const char *path, tg_loop_path_fn fn, void *ud) {
  (void)loop, (void)path, (void)fn, (void)ud;
  unexpected("tg_loop_on_path()");
  return NULL;
}

void tg_loop_path_end(tg_loop_path_t *watch) {
  if (watch) unexpected("tg_loop_path_end()");
}
