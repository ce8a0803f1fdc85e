/* SPDX-License-Identifier: Apache-2.0 */
/* What can happen on a loop besides time and posts: descriptors, signals, changes of files. Handles live on the heap until libuv lets go of them. */

#include "core/base/alloc.h"
#include "core/loop/loop_state.h"

struct tg_loop_watch {
  uv_poll_t poll;
  tg_loop_t *loop;
  tg_loop_watch_fn fn;
  void *ud;
  int fd;
  int events;
};

struct tg_loop_path {
  uv_fs_event_t event;
  tg_loop_t *loop;
  tg_loop_path_fn fn;
  void *ud;
};

typedef struct signal_watch {
  uv_signal_t signal;
  tg_loop_t *loop;
  tg_loop_signal_fn fn;
  void *ud;
} signal_watch_t;

void tg_loop_watch_free(uv_handle_t *handle) {
  tg_alloc_free(handle->data);
}

static void close_handle(uv_handle_t *handle) {
  if (!uv_is_closing(handle)) uv_close(handle, tg_loop_watch_free);
}

static tg_rc_t start(tg_loop_watch_t *watch);

static void on_poll(uv_poll_t *poll, int status, int uv_events) {
  tg_loop_watch_t *watch = poll->data;
  tg_loop_state_woke(watch->loop);
  if (status < 0) {
    /* libuv has stopped the handle; let the owner's read or write meet the error, and go on unless it ended the watch */
    if (start(watch) != TG_OK) return;
    watch->fn(watch->ud, watch->fd, watch->events);
    return;
  }
  int events = (uv_events & UV_READABLE ? TG_LOOP_READ : 0) | (uv_events & UV_WRITABLE ? TG_LOOP_WRITE : 0);
  if (events) watch->fn(watch->ud, watch->fd, events);
}

static tg_rc_t start(tg_loop_watch_t *watch) {
  int events = (watch->events & TG_LOOP_READ ? UV_READABLE : 0) | (watch->events & TG_LOOP_WRITE ? UV_WRITABLE : 0);
  int failed = events ? uv_poll_start(&watch->poll, events, on_poll) : uv_poll_stop(&watch->poll);
  return failed ? TG_E_IO : TG_OK;
}

tg_loop_watch_t *tg_loop_watch(tg_loop_t *loop, int fd, int events, tg_loop_watch_fn fn, void *ud) {
  tg_loop_watch_t *watch = tg_alloc_array(1, sizeof *watch);
  if (!watch) return NULL;
  if (uv_poll_init(&loop->uv, &watch->poll, fd) != 0) {
    tg_alloc_free(watch);
    return NULL;
  }
  watch->poll.data = watch;
  watch->loop = loop;
  watch->fn = fn;
  watch->ud = ud;
  watch->fd = fd;
  watch->events = events;
  if (start(watch) == TG_OK) return watch;
  tg_loop_unwatch(watch);
  return NULL;
}

tg_rc_t tg_loop_watch_set(tg_loop_watch_t *watch, int events) {
  if (watch->events == events) return TG_OK;
  watch->events = events;
  return start(watch);
}

void tg_loop_unwatch(tg_loop_watch_t *watch) {
  if (watch) close_handle((uv_handle_t *)&watch->poll);
}

static void on_signal(uv_signal_t *signal, int signum) {
  signal_watch_t *watch = signal->data;
  tg_loop_state_woke(watch->loop);
  watch->fn(watch->ud, signum);
}

tg_rc_t tg_loop_on_signal(tg_loop_t *loop, int signum, tg_loop_signal_fn fn, void *ud) {
  signal_watch_t *watch = tg_alloc_array(1, sizeof *watch);
  if (!watch) return TG_E_NOMEM;
  if (uv_signal_init(&loop->uv, &watch->signal) != 0) {
    tg_alloc_free(watch);
    return TG_E_NOMEM;
  }
  watch->signal.data = watch;
  watch->loop = loop;
  watch->fn = fn;
  watch->ud = ud;
  if (uv_signal_start(&watch->signal, on_signal, signum) == 0) return TG_OK;
  close_handle((uv_handle_t *)&watch->signal);
  return TG_E_ARG;
}

static void on_path(uv_fs_event_t *event, const char *name, int uv_events, int status) {
  (void)uv_events, (void)status;
  tg_loop_path_t *watch = event->data;
  tg_loop_state_woke(watch->loop);
  watch->fn(watch->ud, name);
}

tg_loop_path_t *tg_loop_on_path(tg_loop_t *loop, const char *path, tg_loop_path_fn fn, void *ud) {
  tg_loop_path_t *watch = tg_alloc_array(1, sizeof *watch);
  if (!watch) return NULL;
  (void)uv_fs_event_init(&loop->uv, &watch->event); /* cannot fail here */
  watch->event.data = watch;
  watch->loop = loop;
  watch->fn = fn;
  watch->ud = ud;
  if (uv_fs_event_start(&watch->event, on_path, path, 0) == 0) return watch;
  tg_loop_path_end(watch);
  return NULL;
}

void tg_loop_path_end(tg_loop_path_t *watch) {
  if (watch) close_handle((uv_handle_t *)&watch->event);
}
