/* SPDX-License-Identifier: Apache-2.0 */
/* Glue between libcurl's multi_socket interface and the loop; see http_multi.h. Called by http_client.c and by the loop. */

#include "core/http/module/http_multi.h"

#include <curl/curl.h>

#include "core/base/alloc.h"
#include "core/base/log.h"

struct tg_http_multi {
  CURLM *curl;
  tg_loop_t *loop;
  tg_timer_t timer; /* libcurl's */
  tg_timer_t waker;
  tg_http_multi_events_t events;
};

static void tell_done(tg_http_multi_t *multi) {
  int left = 0;
  for (CURLMsg *msg; (msg = curl_multi_info_read(multi->curl, &left));) {
    if (msg->msg != CURLMSG_DONE) continue;
    multi->events.done(multi->events.ud, msg->easy_handle, (int)msg->data.result); /* msg is gone after this */
  }
}

static void act(tg_http_multi_t *multi, curl_socket_t fd, int what) {
  int running = 0;
  curl_multi_socket_action(multi->curl, fd, what, &running);
  tell_done(multi);
}

static void on_socket(void *ud, int fd, int events) {
  int what = (events & TG_LOOP_READ ? CURL_CSELECT_IN : 0) | (events & TG_LOOP_WRITE ? CURL_CSELECT_OUT : 0);
  act(ud, fd, what);
}

static void on_timer(tg_timer_t *timer, void *ud) {
  (void)timer;
  act(ud, CURL_SOCKET_TIMEOUT, 0);
}

static void on_waker(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_http_multi_t *multi = ud;
  multi->events.wake(multi->events.ud);
}

/* CURLMOPT_SOCKETFUNCTION. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *ud, void *socket_ud) {
  (void)easy;
  tg_http_multi_t *multi = ud;
  tg_loop_watch_t *watch = socket_ud;
  if (what == CURL_POLL_REMOVE) {
    tg_loop_unwatch(watch);
    curl_multi_assign(multi->curl, fd, NULL);
    return 0;
  }
  int events = (what & CURL_POLL_IN ? TG_LOOP_READ : 0) | (what & CURL_POLL_OUT ? TG_LOOP_WRITE : 0);
  if (watch) return tg_loop_watch_set(watch, events) == TG_OK ? 0 : -1;
  watch = tg_loop_watch(multi->loop, fd, events, on_socket, multi);
  if (!watch) return -1; /* libcurl fails the transfers */
  curl_multi_assign(multi->curl, fd, watch);
  return 0;
}

/* CURLMOPT_TIMERFUNCTION. Never act from here: libcurl forbids calls into it. */
static int want_timer(CURLM *curl, long timeout_ms, void *ud) {
  (void)curl;
  tg_http_multi_t *multi = ud;
  tg_wheel_t *wheel = tg_loop_wheel(multi->loop);
  if (timeout_ms < 0) tg_wheel_del(wheel, &multi->timer);
  else tg_wheel_add(wheel, &multi->timer, tg_loop_now(multi->loop) + (uint64_t)timeout_ms);
  return 0;
}

tg_http_multi_t *tg_http_multi_new(tg_loop_t *loop, const tg_http_multi_events_t *events) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return NULL; /* counts its callers */
  tg_http_multi_t *multi = tg_alloc_array(1, sizeof *multi);
  CURLM *curl = multi ? curl_multi_init() : NULL;
  if (!curl) {
    tg_alloc_free(multi);
    curl_global_cleanup();
    return NULL;
  }
  *multi = (tg_http_multi_t){.curl = curl, .loop = loop, .events = *events};
  multi->timer = (tg_timer_t){.fn = on_timer, .ud = multi};
  multi->waker = (tg_timer_t){.fn = on_waker, .ud = multi};
  curl_multi_setopt(curl, CURLMOPT_SOCKETFUNCTION, want_socket);
  curl_multi_setopt(curl, CURLMOPT_SOCKETDATA, multi);
  curl_multi_setopt(curl, CURLMOPT_TIMERFUNCTION, want_timer);
  curl_multi_setopt(curl, CURLMOPT_TIMERDATA, multi);
  return multi;
}

void tg_http_multi_free(tg_http_multi_t *multi) {
  if (!multi) return;
  curl_multi_cleanup(multi->curl); /* closes the idle connections: sockets are unwatched here */
  tg_wheel_del(tg_loop_wheel(multi->loop), &multi->timer);
  tg_wheel_del(tg_loop_wheel(multi->loop), &multi->waker);
  tg_alloc_free(multi);
  curl_global_cleanup();
}

tg_rc_t tg_http_multi_add(tg_http_multi_t *multi, void *easy) {
  CURLMcode code = curl_multi_add_handle(multi->curl, (CURL *)easy);
  if (code == CURLM_OK) return TG_OK;
  tg_log("http", TG_LOG_ERROR, "request_not_started reason=\"%s\"", curl_multi_strerror(code));
  return TG_E_NOMEM;
}

void tg_http_multi_del(tg_http_multi_t *multi, void *easy) {
  curl_multi_remove_handle(multi->curl, (CURL *)easy);
}

void tg_http_multi_wake(tg_http_multi_t *multi) {
  if (!tg_timer_active(&multi->waker))
    tg_wheel_add(tg_loop_wheel(multi->loop), &multi->waker, tg_loop_now(multi->loop));
}
