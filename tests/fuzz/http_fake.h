/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FUZZ_HTTP_FAKE_H
#define TG_TESTS_FUZZ_HTTP_FAKE_H

/**
 * A loop, a clock and both ends of HTTP without sockets: time is what the target says, requests wait until it answers them, calls come
 * when it makes them. Defines the functions of loop.h, clock.h, http_server.h and http_client.h that links use; included by one file of a program.
 */

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/http/http_client.h"
#include "core/http/http_server.h"
#include "core/loop/loop.h"
#include "tests/fuzz/fuzz.h"

enum { HTTP_FAKE_REQUESTS = 32, HTTP_FAKE_URL = 8192 };

/* ---- time ---- */

struct tg_loop {
  tg_wheel_t *wheel;
};

static uint64_t http_fake_now_ms = 1000000;

uint64_t tg_loop_now(const tg_loop_t *loop) {
  (void)loop;
  return http_fake_now_ms;
}

tg_wheel_t *tg_loop_wheel(tg_loop_t *loop) {
  return loop->wheel;
}

uint64_t tg_clock_mono_ms(void) {
  return http_fake_now_ms;
}

uint64_t tg_clock_mono_ns(void) {
  return http_fake_now_ms * 1000000;
}

int64_t tg_clock_wall_ms(void) {
  return INT64_C(1800000000000) + (int64_t)http_fake_now_ms;
}

static inline void http_fake_pass(tg_loop_t *loop, uint64_t ms) {
  http_fake_now_ms += ms;
  tg_wheel_advance(loop->wheel, http_fake_now_ms);
}

/* ---- the server ---- */

struct tg_http_server {
  tg_http_server_config_t config;
};

static struct {
  const char *content_type;
  unsigned completed;
} http_fake_call;

tg_rc_t tg_http_server_new(tg_loop_t *loop, const tg_http_server_config_t *config, tg_diag_t *diag,
                           tg_http_server_t **server) {
  (void)loop, (void)diag;
  *server = tg_alloc_array(1, sizeof **server);
  if (*server) (*server)->config = *config;
  return *server ? TG_OK : TG_E_NOMEM;
}

void tg_http_server_free(tg_http_server_t *server) {
  tg_alloc_free(server);
}

uint16_t tg_http_server_port(const tg_http_server_t *server) {
  (void)server;
  return 8080;
}

bool tg_http_server_secure(const tg_http_server_t *server) {
  (void)server;
  return false;
}

const char *tg_http_server_header(const tg_http_call_t *call, const char *name) {
  (void)call;
  return strcmp(name, "Content-Type") == 0 ? http_fake_call.content_type : NULL;
}

tg_rc_t tg_http_server_complete(tg_http_server_t *server, tg_id_t id, const tg_http_reply_t *reply) {
  (void)server;
  fuzz_require(reply->status == 204 || reply->status == 503);
  http_fake_call.completed++;
  return id % 3 ? TG_OK : TG_E_GONE;
}

/* ---- the client ---- */

typedef struct http_fake_request {
  tg_http_done_fn done; /* NULL: free */
  void *ud;
  char url[HTTP_FAKE_URL];
} http_fake_request_t;

struct tg_http_client {
  http_fake_request_t requests[HTTP_FAKE_REQUESTS];
};

tg_http_client_t *tg_http_client_new(tg_loop_t *loop, const tg_http_client_config_t *config) {
  static tg_http_client_t client;
  (void)loop, (void)config;
  for (size_t i = 0; i < HTTP_FAKE_REQUESTS; i++) client.requests[i].done = NULL;
  return &client;
}

void tg_http_client_free(tg_http_client_t *client) {
  (void)client;
}

/* As the real one: what could break the request line or a header is refused. */
static inline bool http_fake_is_clean(const char *text) {
  for (; text && *text; text++) {
    if ((uint8_t)*text <= ' ' || (uint8_t)*text == 0x7F) return false;
  }
  return true;
}

tg_rc_t tg_http_client_send(tg_http_client_t *client, const tg_http_request_t *request, tg_id_t *id) {
  bool is_http = strncmp(request->url, "http://", 7) == 0 || strncmp(request->url, "https://", 8) == 0;
  fuzz_require(request->done && request->method);
  fuzz_touch(request->body);
  if (!is_http || !http_fake_is_clean(request->url) || strlen(request->url) >= HTTP_FAKE_URL) return TG_E_ARG;
  for (size_t i = 0; i < HTTP_FAKE_REQUESTS; i++) {
    http_fake_request_t *free_one = &client->requests[i];
    if (free_one->done) continue;
    free_one->done = request->done;
    free_one->ud = request->ud;
    memcpy(free_one->url, request->url, strlen(request->url) + 1);
    if (id) *id = i + 1;
    return TG_OK;
  }
  return TG_E_FULL;
}

void tg_http_client_cancel(tg_http_client_t *client, tg_id_t id) {
  if (id) client->requests[id - 1].done = NULL;
}

/** Answers the @p nth request that waits, counted round; false when none does. */
static inline bool http_fake_answer(tg_http_client_t *client, size_t nth, tg_http_result_t *result) {
  for (size_t i = 0; i < HTTP_FAKE_REQUESTS; i++) {
    http_fake_request_t *request = &client->requests[(i + nth) % HTTP_FAKE_REQUESTS];
    tg_http_done_fn done = request->done;
    if (!done) continue;
    char url[HTTP_FAKE_URL];
    memcpy(url, request->url, sizeof url);
    if (!result->url) result->url = url;
    request->done = NULL;
    done(request->ud, result);
    return true;
  }
  return false;
}

#endif
