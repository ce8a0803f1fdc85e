/* SPDX-License-Identifier: Apache-2.0 */
/* See http_harness.h. */

#include "tests/unit/http/http_harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "core/base/clock.h"

static void copy_text(char *out, size_t cap, const char *text) {
  snprintf(out, cap, "%s", text ? text : "");
}

/* /307/n and /308/n redirect n more times. */
static void redirect(const tg_http_call_t *call, tg_http_reply_t *reply, char *location) {
  int left = atoi(call->path + 5);
  reply->status = atoi(call->path + 1);
  if (left > 1) snprintf(location, HTTP_LOCATION, "/%d/%d", reply->status, left - 1);
  else snprintf(location, HTTP_LOCATION, "/end");
  reply->location = location;
}

static void on_call(void *ud, const tg_http_call_t *call, tg_http_reply_t *reply) {
  http_bench_t *bench = ud;
  http_seen_t *seen = &bench->seen;
  bench->handled++;
  seen->id = call->id;
  copy_text(seen->method, sizeof seen->method, call->method);
  copy_text(seen->path, sizeof seen->path, call->path);
  copy_text(seen->query, sizeof seen->query, tg_http_server_query(call, "q"));
  copy_text(seen->token, sizeof seen->token, tg_http_server_header(call, "authorization"));
  seen->body_len = call->body.len;
  snprintf(seen->body, sizeof seen->body, "%.*s", (int)call->body.len, (const char *)call->body.p);
  *reply = bench->reply;
  if (strncmp(call->path, "/30", 3) == 0) redirect(call, reply, bench->location);
}

void http_bench_done(void *ud, const tg_http_result_t *result) {
  http_bench_t *bench = ud;
  http_answer_t *answer = &bench->answers[bench->done++ % HTTP_ANSWERS];
  answer->rc = result->rc;
  answer->status = result->status;
  answer->retry_after_s = result->retry_after_s;
  answer->moved = result->moved;
  answer->body_len = result->body.len;
  snprintf(answer->body, sizeof answer->body, "%.*s", (int)result->body.len, (const char *)result->body.p);
  copy_text(answer->type, sizeof answer->type, result->content_type);
  copy_text(answer->location, sizeof answer->location, result->location);
  copy_text(answer->url, sizeof answer->url, result->url);
}

void http_bench_open_with(http_bench_t *bench, tg_http_server_config_t server, tg_http_client_config_t client) {
  *bench = (http_bench_t){.reply = {.status = 200}};
  bench->loop = tg_loop_new();
  check_true(bench->loop != NULL);
  server.handler = on_call;
  server.ud = bench;
  tg_diag_t diag = {0};
  check_rc(tg_http_server_new(bench->loop, &server, &diag, &bench->server), TG_OK);
  bench->client = tg_http_client_new(bench->loop, &client);
  check_true(bench->client != NULL);
}

void http_bench_close(http_bench_t *bench) {
  tg_http_client_free(bench->client);
  tg_http_server_free(bench->server);
  tg_loop_free(bench->loop);
}

void http_bench_open(http_bench_t *bench) {
  http_bench_open_with(bench, (tg_http_server_config_t){0}, (tg_http_client_config_t){0});
}

void http_bench_until(http_bench_t *bench, const unsigned *count, unsigned want) {
  uint64_t end = tg_clock_mono_ms() + HTTP_GIVE_UP_MS;
  while (*count < want) {
    check_true(tg_clock_mono_ms() < end);
    tg_loop_turn(bench->loop, 50);
  }
}

const char *http_bench_url(const http_bench_t *bench, const char *path) {
  static char url[256];
  const char *scheme = tg_http_server_secure(bench->server) ? "https" : "http";
  snprintf(url, sizeof url, "%s://127.0.0.1:%u%s", scheme, (unsigned)tg_http_server_port(bench->server), path);
  return url;
}

tg_id_t http_bench_post(http_bench_t *bench, const char *path, tg_slice_t body) {
  tg_id_t id = TG_ID_NONE;
  tg_http_request_t request = {.method = "POST",
                               .url = http_bench_url(bench, path),
                               .content_type = "text/plain",
                               .body = body,
                               .authorization = "Bearer t0",
                               .done = http_bench_done,
                               .ud = bench};
  check_rc(tg_http_client_send(bench->client, &request, &id), TG_OK);
  return id;
}

int http_bench_raw(const http_bench_t *bench) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  check_true(fd >= 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(tg_http_server_port(bench->server))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int result = connect(fd, (struct sockaddr *)&to, sizeof to);
  check_true(result == 0 || errno == EINPROGRESS);
  return fd;
}

bool http_bench_raw_send(http_bench_t *bench, int fd, tg_slice_t bytes) {
  uint64_t end = tg_clock_mono_ms() + HTTP_GIVE_UP_MS;
  while (bytes.len) {
    check_true(tg_clock_mono_ms() < end);
    ssize_t sent = send(fd, bytes.p, bytes.len, MSG_NOSIGNAL);
    if (sent > 0) bytes = tg_slice_from(bytes, (size_t)sent);
    else if (errno != EAGAIN && errno != ENOTCONN) return false;
    tg_loop_turn(bench->loop, 1);
  }
  return true;
}

size_t http_bench_raw_read(http_bench_t *bench, int fd, const char *stop, char *out, size_t cap) {
  size_t len = 0;
  uint64_t end = tg_clock_mono_ms() + HTTP_GIVE_UP_MS;
  out[0] = 0;
  for (;;) {
    check_true(tg_clock_mono_ms() < end);
    ssize_t got = recv(fd, out + len, cap - 1 - len, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return len;
    if (got > 0) len += (size_t)got;
    out[len] = 0;
    if (stop && strstr(out, stop)) return len;
    tg_loop_turn(bench->loop, 5);
  }
}

void http_bench_raw_check(http_bench_t *bench, int fd, const char *request, const char *want) {
  char text[1024];
  check_true(http_bench_raw_send(bench, fd, tg_slice_str(request)));
  http_bench_raw_read(bench, fd, "\r\n\r\n", text, sizeof text);
  if (strncmp(text, want, strlen(want)) != 0) fail_msg("got \"%s\", want \"%s\"", text, want);
}
