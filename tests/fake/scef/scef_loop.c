/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the fake SCEF: descriptors and timers. See scef_loop.h. */

#include "tests/fake/scef/scef_loop.h"

#include <stddef.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tests/fake/scef/scef_time.h"

enum { BATCH = 64 };

bool tg_scef_loop_init(tg_scef_loop_t *loop) {
  loop->first = NULL;
  loop->fd = epoll_create1(EPOLL_CLOEXEC);
  return loop->fd >= 0;
}

void tg_scef_loop_fini(tg_scef_loop_t *loop) {
  if (loop->fd >= 0) close(loop->fd);
  loop->fd = -1;
}

bool tg_scef_loop_watch(tg_scef_loop_t *loop, int fd, tg_scef_watch_t *watch) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = watch}};
  return epoll_ctl(loop->fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

void tg_scef_loop_start(tg_scef_loop_t *loop, tg_scef_timer_t *timer, int64_t delay) {
  tg_scef_loop_stop(loop, timer);
  timer->due = tg_scef_time_now() + (delay < 0 ? 0 : delay);
  timer->set = true;
  timer->prev = NULL;
  tg_scef_timer_t **at = &loop->first;
  while (*at != NULL && (*at)->due <= timer->due) {
    timer->prev = *at;
    at = &(*at)->next;
  }
  timer->next = *at;
  if (timer->next != NULL) timer->next->prev = timer;
  *at = timer;
}

void tg_scef_loop_stop(tg_scef_loop_t *loop, tg_scef_timer_t *timer) {
  if (!timer->set) return;
  timer->set = false;
  if (timer->prev != NULL) timer->prev->next = timer->next;
  else loop->first = timer->next;
  if (timer->next != NULL) timer->next->prev = timer->prev;
  timer->next = timer->prev = NULL;
}

int tg_scef_loop_wait(const tg_scef_loop_t *loop, int limit) {
  if (loop->first == NULL) return limit;
  int64_t left = loop->first->due - tg_scef_time_now();
  if (left <= 0) return 0;
  return left < limit ? (int)left : limit;
}

void tg_scef_loop_turn(tg_scef_loop_t *loop) {
  struct epoll_event events[BATCH];
  int count = epoll_wait(loop->fd, events, BATCH, 0);
  for (int i = 0; i < count; i++) {
    tg_scef_watch_t *watch = events[i].data.ptr;
    watch->readable(watch->arg);
  }
  int64_t now = tg_scef_time_now();
  while (loop->first != NULL && loop->first->due <= now) {
    tg_scef_timer_t *timer = loop->first;
    tg_scef_loop_stop(loop, timer);
    timer->fire(timer->arg);
  }
}
