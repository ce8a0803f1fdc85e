/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/http/http_test.c: core/http's client against core/http's server, and both against raw bytes, over loopback. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/http/http_client.h"
#include "core/http/http_server.h"
#include "tests/unit/check.h"

enum { GIVE_UP_MS = 10000, ANSWERS = 16, LOCATION = 64 };

/* One request as the server's handler saw it. */
typedef struct seen {
  tg_id_t id;
  char method[16];
  char path[128];
  char query[64];
  char token[64];
  char body[128];
  size_t body_len;
} seen_t;

/* What the client was told. */
typedef struct answer {
  tg_rc_t rc;
  int status;
  char body[128];
  size_t body_len;
  char type[64];
  char location[128];
  char url[128];
  int64_t retry_after_s;
  bool moved;
} answer_t;

typedef struct bench {
  tg_loop_t *loop;
  tg_http_server_t *server;
  tg_http_client_t *client;
  tg_http_reply_t reply;   /* what the handler answers, unless the path says something else */
  char location[LOCATION]; /* of a redirection */
  seen_t seen;
  unsigned handled;
  answer_t answers[ANSWERS];
  unsigned done;
} bench_t;

static void copy_text(char *out, size_t cap, const char *text) {
  snprintf(out, cap, "%s", text ? text : "");
}

/* /307/n and /308/n redirect n more times. */
static void redirect(const tg_http_call_t *call, tg_http_reply_t *reply, char *location) {
  int left = atoi(call->path + 5);
  reply->status = atoi(call->path + 1);
  if (left > 1) snprintf(location, LOCATION, "/%d/%d", reply->status, left - 1);
  else snprintf(location, LOCATION, "/end");
  reply->location = location;
}

static void on_call(void *ud, const tg_http_call_t *call, tg_http_reply_t *reply) {
  bench_t *bench = ud;
  seen_t *seen = &bench->seen;
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

static void on_done(void *ud, const tg_http_result_t *result) {
  bench_t *bench = ud;
  answer_t *answer = &bench->answers[bench->done++ % ANSWERS];
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

static void open_bench(bench_t *bench, tg_http_server_config_t server, tg_http_client_config_t client) {
  *bench = (bench_t){.reply = {.status = 200}};
  bench->loop = tg_loop_new();
  check_true(bench->loop != NULL);
  server.handler = on_call;
  server.ud = bench;
  tg_diag_t diag = {0};
  check_rc(tg_http_server_new(bench->loop, &server, &diag, &bench->server), TG_OK);
  bench->client = tg_http_client_new(bench->loop, &client);
  check_true(bench->client != NULL);
}

static void close_bench(bench_t *bench) {
  tg_http_client_free(bench->client);
  tg_http_server_free(bench->server);
  tg_loop_free(bench->loop);
}

static void open_default(bench_t *bench) {
  open_bench(bench, (tg_http_server_config_t){0}, (tg_http_client_config_t){0});
}

/* Turns the loop until *count reaches want; fails after ten seconds. */
static void until(bench_t *bench, const unsigned *count, unsigned want) {
  uint64_t end = tg_clock_mono_ms() + GIVE_UP_MS;
  while (*count < want) {
    check_true(tg_clock_mono_ms() < end);
    tg_loop_turn(bench->loop, 50);
  }
}

static const char *url_of(const bench_t *bench, const char *path) {
  static char url[256];
  const char *scheme = tg_http_server_secure(bench->server) ? "https" : "http";
  snprintf(url, sizeof url, "%s://127.0.0.1:%u%s", scheme, (unsigned)tg_http_server_port(bench->server), path);
  return url;
}

static tg_id_t post(bench_t *bench, const char *path, tg_slice_t body) {
  tg_id_t id = TG_ID_NONE;
  tg_http_request_t request = {.method = "POST",
                               .url = url_of(bench, path),
                               .content_type = "text/plain",
                               .body = body,
                               .authorization = "Bearer t0",
                               .done = on_done,
                               .ud = bench};
  check_rc(tg_http_client_send(bench->client, &request, &id), TG_OK);
  return id;
}

/* A connection that speaks whatever bytes the test wants. */
static int raw_open(const bench_t *bench) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  check_true(fd >= 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(tg_http_server_port(bench->server))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int result = connect(fd, (struct sockaddr *)&to, sizeof to);
  check_true(result == 0 || errno == EINPROGRESS);
  return fd;
}

/* Sends everything while the loop turns; false when the other side closed first. */
static bool raw_send(bench_t *bench, int fd, tg_slice_t bytes) {
  uint64_t end = tg_clock_mono_ms() + GIVE_UP_MS;
  while (bytes.len) {
    check_true(tg_clock_mono_ms() < end);
    ssize_t sent = send(fd, bytes.p, bytes.len, MSG_NOSIGNAL);
    if (sent > 0) bytes = tg_slice_from(bytes, (size_t)sent);
    else if (errno != EAGAIN && errno != ENOTCONN) return false;
    tg_loop_turn(bench->loop, 1);
  }
  return true;
}

/* Reads until the other side closes, or until `stop` has come. */
static size_t raw_read(bench_t *bench, int fd, const char *stop, char *out, size_t cap) {
  size_t len = 0;
  uint64_t end = tg_clock_mono_ms() + GIVE_UP_MS;
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

static void a_request_reaches_the_handler_and_its_answer_comes_back(void **state) {
  (void)state;
  bench_t bench;
  open_default(&bench);
  bench.reply = (tg_http_reply_t){.status = 201,
                                  .content_type = "application/json",
                                  .body = tg_slice_str("{\"a\":1}"),
                                  .location = "/things/7",
                                  .retry_after_s = 9};
  post(&bench, "/a%20b/c?q=x%26y", tg_slice_str("hello"));
  check_int(bench.done, 0); /* never from inside send */
  until(&bench, &bench.done, 1);
  assert_string_equal(bench.seen.method, "POST");
  assert_string_equal(bench.seen.path, "/a b/c");
  assert_string_equal(bench.seen.query, "x&y");
  assert_string_equal(bench.seen.token, "Bearer t0");
  assert_string_equal(bench.seen.body, "hello");
  check_rc(bench.answers[0].rc, TG_OK);
  check_int(bench.answers[0].status, 201);
  assert_string_equal(bench.answers[0].body, "{\"a\":1}");
  assert_string_equal(bench.answers[0].type, "application/json");
  assert_string_equal(bench.answers[0].location, url_of(&bench, "/things/7"));
  check_int(bench.answers[0].retry_after_s, 9);
  check_false(bench.answers[0].moved);
  close_bench(&bench);
}

static void answers_of_any_status_are_answers(void **state) {
  (void)state;
  static const int statuses[] = {204, 302, 400, 401, 404, 409, 429, 500, 503};
  bench_t bench;
  open_default(&bench);
  for (unsigned i = 0; i < TG_COUNT(statuses); i++) {
    bench.reply = (tg_http_reply_t){.status = statuses[i]};
    post(&bench, "/", tg_slice_str(""));
    until(&bench, &bench.done, i + 1);
    check_rc(bench.answers[i].rc, TG_OK);
    check_int(bench.answers[i].status, statuses[i]);
    check_int(bench.answers[i].retry_after_s, -1);
  }
  close_bench(&bench);
}

static void redirections_307_and_308_keep_method_and_body(void **state) {
  (void)state;
  static const struct {
    const char *path;
    bool moved;
  } rows[] = {{"/307/1", false}, {"/308/1", true}, {"/308/3", true}};
  bench_t bench;
  open_default(&bench);
  for (unsigned i = 0; i < TG_COUNT(rows); i++) {
    post(&bench, rows[i].path, tg_slice_str("same"));
    until(&bench, &bench.done, i + 1);
    check_rc(bench.answers[i].rc, TG_OK);
    assert_string_equal(bench.seen.path, "/end");
    assert_string_equal(bench.seen.method, "POST");
    assert_string_equal(bench.seen.body, "same");
    assert_string_equal(bench.seen.token, "Bearer t0");
    assert_string_equal(bench.answers[i].url, url_of(&bench, "/end"));
    check_int(bench.answers[i].moved, rows[i].moved);
  }
  close_bench(&bench);
}

static void a_fourth_redirection_and_one_without_target_are_refused(void **state) {
  (void)state;
  bench_t bench;
  open_default(&bench);
  post(&bench, "/307/4", tg_slice_str("x"));
  until(&bench, &bench.done, 1);
  check_rc(bench.answers[0].rc, TG_E_DENIED);
  bench.reply = (tg_http_reply_t){.status = 308};
  post(&bench, "/nowhere", tg_slice_str("x"));
  until(&bench, &bench.done, 2);
  check_rc(bench.answers[1].rc, TG_E_DENIED);
  bench.reply = (tg_http_reply_t){.status = 307, .location = "ftp://127.0.0.1/x"};
  post(&bench, "/elsewhere", tg_slice_str("x"));
  until(&bench, &bench.done, 3);
  check_rc(bench.answers[2].rc, TG_E_DENIED);
  close_bench(&bench);
}

static void a_body_up_to_the_cap_passes_and_one_byte_more_is_413(void **state) {
  (void)state;
  bench_t bench;
  open_default(&bench);
  uint8_t *bytes = tg_alloc_array(1, 65537);
  post(&bench, "/", tg_slice(bytes, 65536));
  until(&bench, &bench.done, 1);
  check_int(bench.answers[0].status, 200);
  check_int(bench.seen.body_len, 65536);
  post(&bench, "/", tg_slice(bytes, 65537));
  until(&bench, &bench.done, 2);
  check_int(bench.answers[1].status, 413);
  check_int(bench.handled, 1);
  tg_alloc_free(bytes);
  close_bench(&bench);
}

static void a_huge_length_is_refused_before_the_body_is_read(void **state) {
  (void)state;
  bench_t bench;
  char text[1024];
  open_default(&bench);
  int fd = raw_open(&bench);
  check_true(raw_send(&bench, fd, tg_slice_str("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")));
  raw_read(&bench, fd, "\r\n\r\n", text, sizeof text);
  check_true(strncmp(text, "HTTP/1.1 413 ", 13) == 0);
  close(fd);
  close_bench(&bench);
}

static void a_chunked_body_over_the_cap_is_413_too(void **state) {
  (void)state;
  bench_t bench;
  char text[1024];
  open_bench(&bench, (tg_http_server_config_t){.max_body = 16}, (tg_http_client_config_t){0});
  int fd = raw_open(&bench);
  check_true(raw_send(&bench, fd,
                      tg_slice_str("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                                   "a\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n")));
  raw_read(&bench, fd, "\r\n\r\n", text, sizeof text);
  check_true(strncmp(text, "HTTP/1.1 413 ", 13) == 0);
  check_int(bench.handled, 0);
  close(fd);
  close_bench(&bench);
}

static void a_chunked_body_without_end_ends_with_the_connection(void **state) {
  (void)state;
  bench_t bench;
  char text[1024];
  open_default(&bench);
  int fd = raw_open(&bench);
  check_true(raw_send(&bench, fd, tg_slice_str("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")));
  char *chunk = tg_alloc_array(1, 65536 + 9);
  memcpy(chunk, "10000\r\n", 7);
  memset(chunk + 7, 'x', 65536);
  memcpy(chunk + 7 + 65536, "\r\n", 2);
  bool open = true;
  for (int i = 0; i < 64 && open; i++) open = raw_send(&bench, fd, tg_slice(chunk, 65536 + 9));
  if (open) raw_read(&bench, fd, NULL, text, sizeof text); /* returns when it is closed */
  check_int(bench.handled, 0);
  tg_alloc_free(chunk);
  close(fd);
  close_bench(&bench);
}

static void too_many_header_bytes_are_431(void **state) {
  (void)state;
  static const size_t lengths[] = {9000, 30000, 100000};
  for (size_t i = 0; i < TG_COUNT(lengths); i++) {
    bench_t bench;
    char text[1024];
    open_default(&bench);
    char *head = tg_alloc_array(1, lengths[i] + 64);
    int begin = sprintf(head, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ");
    memset(head + begin, 'a', lengths[i]);
    memcpy(head + begin + lengths[i], "\r\n\r\n", 4);
    int fd = raw_open(&bench);
    raw_send(&bench, fd, tg_slice(head, (size_t)begin + lengths[i] + 4));
    raw_read(&bench, fd, "\r\n\r\n", text, sizeof text);
    if (text[0]) check_true(strncmp(text, "HTTP/1.1 431 ", 13) == 0);
    else check_true(lengths[i] > 40000); /* closed while we still sent: the answer may be lost */
    check_int(bench.handled, 0);
    tg_alloc_free(head);
    close(fd);
    close_bench(&bench);
  }
}

static void what_is_not_http_gets_an_error_and_no_handler(void **state) {
  (void)state;
  static const char *const rows[] = {"\r\n\r\n\r\n",
                                     "HELLO\r\n\r\n",
                                     "GET / HTTP/9.9\r\n\r\n",
                                     "\x16\x03\x01\x02\x00\x01\x00",
                                     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                                     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5x\r\n\r\nhello"};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    bench_t bench;
    char text[1024];
    open_bench(&bench, (tg_http_server_config_t){.timeout_ms = 100}, (tg_http_client_config_t){0});
    int fd = raw_open(&bench);
    raw_send(&bench, fd, tg_slice_str(rows[i]));
    raw_read(&bench, fd, NULL, text, sizeof text); /* until it is closed */
    check_true(text[0] == 0 || strncmp(text, "HTTP/1.1 4", 10) == 0 || strncmp(text, "HTTP/1.1 505", 12) == 0);
    check_int(bench.handled, 0);
    close(fd);
    close_bench(&bench);
  }
}

static void a_held_answer_goes_out_when_it_is_completed(void **state) {
  (void)state;
  bench_t bench;
  open_default(&bench);
  bench.reply = (tg_http_reply_t){.hold = true};
  post(&bench, "/", tg_slice_str("x"));
  until(&bench, &bench.handled, 1);
  for (int i = 0; i < 5; i++) tg_loop_turn(bench.loop, 1);
  check_int(bench.done, 0);
  tg_http_reply_t reply = {.status = 202, .body = tg_slice_str("late")};
  tg_id_t id = bench.seen.id;
  check_rc(tg_http_server_complete(bench.server, id, &reply), TG_OK);
  check_rc(tg_http_server_complete(bench.server, id, &reply), TG_E_STATE);
  until(&bench, &bench.done, 1);
  check_int(bench.answers[0].status, 202);
  assert_string_equal(bench.answers[0].body, "late");
  check_int(bench.handled, 1); /* the handler is not asked twice */
  check_rc(tg_http_server_complete(bench.server, id, &reply), TG_E_GONE);
  close_bench(&bench);
}

static void a_held_answer_that_nobody_completes_is_503(void **state) {
  (void)state;
  bench_t bench;
  open_bench(&bench, (tg_http_server_config_t){.hold_ms = 50}, (tg_http_client_config_t){0});
  bench.reply = (tg_http_reply_t){.hold = true};
  post(&bench, "/", tg_slice_str("x"));
  until(&bench, &bench.done, 1);
  check_int(bench.answers[0].status, 503);
  close_bench(&bench);
}

static void closing_drops_what_is_held_running_and_waiting(void **state) {
  (void)state;
  bench_t bench;
  open_bench(&bench, (tg_http_server_config_t){0}, (tg_http_client_config_t){.max_running = 2});
  bench.reply = (tg_http_reply_t){.hold = true};
  for (int i = 0; i < 4; i++) post(&bench, "/", tg_slice_str("x"));
  until(&bench, &bench.handled, 2);
  check_int(tg_http_client_count(bench.client), 4);
  close_bench(&bench);
  check_int(bench.done, 0);
}

static void only_so_many_requests_run_at_a_time_and_only_so_many_wait(void **state) {
  (void)state;
  bench_t bench;
  open_bench(&bench, (tg_http_server_config_t){0}, (tg_http_client_config_t){.max_running = 2, .max_waiting = 3});
  bench.reply = (tg_http_reply_t){.hold = true};
  for (int i = 0; i < 5; i++) post(&bench, "/", tg_slice_str("x"));
  tg_http_request_t request = {.method = "GET", .url = url_of(&bench, "/"), .done = on_done, .ud = &bench};
  check_rc(tg_http_client_send(bench.client, &request, NULL), TG_E_FULL);
  until(&bench, &bench.handled, 2);
  for (int i = 0; i < 20; i++) tg_loop_turn(bench.loop, 1);
  check_int(bench.handled, 2);
  bench.reply = (tg_http_reply_t){.status = 200};
  check_rc(tg_http_server_complete(bench.server, bench.seen.id, &bench.reply), TG_OK);
  until(&bench, &bench.done, 4); /* the one completed, and those behind it */
  check_int(bench.handled, 5);
  close_bench(&bench);
}

static void a_cancelled_request_ends_in_silence(void **state) {
  (void)state;
  bench_t bench;
  open_bench(&bench, (tg_http_server_config_t){0}, (tg_http_client_config_t){.max_running = 1});
  bench.reply = (tg_http_reply_t){.hold = true};
  tg_id_t running = post(&bench, "/", tg_slice_str("x"));
  tg_id_t waiting = post(&bench, "/", tg_slice_str("y"));
  until(&bench, &bench.handled, 1);
  tg_http_client_cancel(bench.client, waiting);
  tg_http_client_cancel(bench.client, running);
  tg_http_client_cancel(bench.client, running);
  bench.reply = (tg_http_reply_t){.status = 200};
  post(&bench, "/", tg_slice_str("z"));
  until(&bench, &bench.done, 1);
  assert_string_equal(bench.seen.body, "z");
  check_int(tg_http_client_count(bench.client), 0);
  close_bench(&bench);
}

static void no_answer_in_time_no_server_and_a_long_answer_are_told_apart(void **state) {
  (void)state;
  bench_t bench;
  open_bench(&bench, (tg_http_server_config_t){0}, (tg_http_client_config_t){.timeout_ms = 100, .max_body = 8});
  bench.reply = (tg_http_reply_t){.hold = true};
  post(&bench, "/", tg_slice_str("x"));
  until(&bench, &bench.done, 1);
  check_rc(bench.answers[0].rc, TG_E_TIMEOUT);
  check_int(bench.answers[0].status, 0);
  bench.reply = (tg_http_reply_t){.status = 200, .body = tg_slice_str("nine byte")};
  post(&bench, "/", tg_slice_str("x"));
  until(&bench, &bench.done, 2);
  check_rc(bench.answers[1].rc, TG_E_TOO_LONG);
  char url[256];
  copy_text(url, sizeof url, url_of(&bench, "/"));
  tg_http_server_free(bench.server);
  bench.server = NULL;
  tg_http_request_t request = {.method = "GET", .url = url, .done = on_done, .ud = &bench};
  check_rc(tg_http_client_send(bench.client, &request, NULL), TG_OK);
  until(&bench, &bench.done, 3);
  check_rc(bench.answers[2].rc, TG_E_LINK);
  close_bench(&bench);
}

static void requests_that_could_smuggle_a_line_are_refused(void **state) {
  (void)state;
  bench_t bench;
  open_default(&bench);
  const tg_http_request_t rows[] = {
      {.method = "GET", .url = "file:///etc/passwd"},
      {.method = "GET", .url = "http://x/ y"},
      {.method = "GE T", .url = "http://x/"},
      {.method = "GET", .url = "http://x/", .authorization = "a\r\nb: c"},
      {.method = "GET", .url = "http://x/", .header = "A: b\n"},
      {.method = NULL, .url = "http://x/"},
      {.method = "GET", .url = NULL},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_http_request_t request = rows[i];
    request.done = on_done;
    check_rc(tg_http_client_send(bench.client, &request, NULL), TG_E_ARG);
  }
  close_bench(&bench);
}

static void a_client_that_dribbles_is_cut_off(void **state) {
  (void)state;
  bench_t bench;
  char text[1024];
  open_bench(&bench, (tg_http_server_config_t){.timeout_ms = 150}, (tg_http_client_config_t){0});
  int fd = raw_open(&bench);
  uint64_t begin = tg_clock_mono_ms();
  bool open = true;
  check_true(raw_send(&bench, fd, tg_slice_str("POST / HTTP/1.1\r\nX: ")));
  while (open) { /* a byte now and then keeps libmicrohttpd's own timeout from ending it */
    check_true(tg_clock_mono_ms() < begin + GIVE_UP_MS);
    tg_loop_turn(bench.loop, 20);
    ssize_t got = recv(fd, text, sizeof text, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) open = false;
    else (void)!send(fd, "a", 1, MSG_NOSIGNAL);
  }
  check_true(tg_clock_mono_ms() - begin >= 140);
  check_int(bench.handled, 0);
  close(fd);
  close_bench(&bench);
}

#define X64  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X512 X64 X64 X64 X64 X64 X64 X64 X64

static void each_cap_is_answered_and_counted(void **state) {
  (void)state;
  static const struct {
    const char *sent, *answer;
    tg_http_stats_t counted;
  } rows[] = {
      {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 ", {0}},
      {"GET /a HTTP/1.1\r\nHost: x\r\nX: " X512 X512 "\r\n\r\n", "HTTP/1.1 431 ", {.over_header = 1}},
      {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123456789", "HTTP/1.1 413 ", {.over_body = 1}},
      {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n12", "HTTP/1.1 408 ", {.over_time = 1}},
      {"POST /a HTTP/1.1\r\nHo", "HTTP/1.1 408 ", {.over_time = 1}},
      {"", "HTTP/1.1 408 ", {.over_time = 1}},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    bench_t bench;
    char text[1024];
    tg_http_stats_t stats = {0};
    const tg_http_server_config_t config = {.timeout_ms = 150, .max_header = 1024, .max_body = 4, .stats = &stats};
    open_bench(&bench, config, (tg_http_client_config_t){0});
    int fd = raw_open(&bench);
    raw_send(&bench, fd, tg_slice_str(rows[i].sent));
    raw_read(&bench, fd, "\r\n\r\n", text, sizeof text);
    if (strncmp(text, rows[i].answer, strlen(rows[i].answer)) != 0) fail_msg("row %zu: %s", i, text);
    assert_memory_equal(&stats, &rows[i].counted, sizeof stats);
    close(fd);
    close_bench(&bench);
  }
}

/* One that was served is no offender for staying open. */
static void an_idle_connection_is_closed_without_a_word(void **state) {
  (void)state;
  bench_t bench;
  char text[1024];
  tg_http_stats_t stats = {0};
  open_bench(&bench, (tg_http_server_config_t){.timeout_ms = 150, .stats = &stats}, (tg_http_client_config_t){0});
  int fd = raw_open(&bench);
  raw_send(&bench, fd, tg_slice_str("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"));
  raw_read(&bench, fd, NULL, text, sizeof text); /* until it is closed */
  check_true(strncmp(text, "HTTP/1.1 200 ", 13) == 0);
  check_true(strstr(text, " 408 ") == NULL);
  check_int(stats.over_time, 0);
  close(fd);
  close_bench(&bench);
}

static void connections_over_the_cap_wait_their_turn(void **state) {
  (void)state;
  bench_t bench;
  char text[1024];
  tg_http_stats_t stats = {0};
  open_bench(&bench, (tg_http_server_config_t){.max_connections = 2, .stats = &stats}, (tg_http_client_config_t){0});
  int idle[2] = {raw_open(&bench), raw_open(&bench)};
  for (int i = 0; i < 2; i++) check_true(raw_send(&bench, idle[i], tg_slice_str("GET /idle")));
  int third = raw_open(&bench);
  raw_send(&bench, third, tg_slice_str("GET /third HTTP/1.1\r\nHost: x\r\n\r\n"));
  for (int i = 0; i < 20; i++) tg_loop_turn(bench.loop, 1);
  check_int(bench.handled, 0);
  check_int(stats.over_connections, 1);
  close(idle[0]);
  raw_read(&bench, third, "\r\n\r\n", text, sizeof text);
  check_true(strncmp(text, "HTTP/1.1 200 ", 13) == 0);
  assert_string_equal(bench.seen.path, "/third");
  close(idle[1]);
  close(third);
  close_bench(&bench);
}

static void one_connection_carries_many_requests(void **state) {
  (void)state;
  bench_t bench;
  char text[4096];
  open_default(&bench);
  int fd = raw_open(&bench);
  for (unsigned i = 0; i < 20; i++) {
    check_true(raw_send(&bench, fd, tg_slice_str("POST /k HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")));
    raw_read(&bench, fd, "\r\n\r\n", text, sizeof text);
    check_true(strncmp(text, "HTTP/1.1 200 ", 13) == 0);
    check_int(bench.handled, i + 1);
  }
  close(fd);
  close_bench(&bench);
}

#define TLS(file) TG_SOURCE_DIR "/tests/vectors/tls/" file

static void tls_needs_the_right_authority_and_the_right_client(void **state) {
  (void)state;
  static const struct {
    tg_http_client_tls_t tls;
    tg_rc_t rc;
  } rows[] = {
      {{.ca_file = TLS("ca.pem"), .cert_file = TLS("client.pem"), .key_file = TLS("client.key")}, TG_OK},
      {{.ca_file = TLS("ca.pem")}, TG_E_LINK},                                      /* shows no certificate */
      {{.cert_file = TLS("client.pem"), .key_file = TLS("client.key")}, TG_E_LINK}, /* does not know the authority */
      {{.lab_no_verify = true, .cert_file = TLS("client.pem"), .key_file = TLS("client.key")}, TG_OK},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    bench_t bench;
    open_bench(&bench,
               (tg_http_server_config_t){
                   .cert_file = TLS("server.pem"), .key_file = TLS("server.key"), .client_ca_file = TLS("ca.pem")},
               (tg_http_client_config_t){.tls = rows[i].tls});
    post(&bench, "/tls", tg_slice_str("x"));
    until(&bench, &bench.done, 1);
    check_rc(bench.answers[0].rc, rows[i].rc);
    check_int(bench.handled, rows[i].rc == TG_OK ? 1 : 0);
    close_bench(&bench);
  }
}

static void a_server_that_cannot_start_says_why(void **state) {
  (void)state;
  static const struct {
    tg_http_server_config_t config;
    tg_rc_t rc;
  } rows[] = {
      {{.host = "256.1.1.1"}, TG_E_CONFIG},
      {{.cert_file = TLS("server.pem")}, TG_E_CONFIG},
      {{.cert_file = TLS("nothing.pem"), .key_file = TLS("server.key")}, TG_E_CONFIG},
      {{.cert_file = TLS("README.md"), .key_file = TLS("server.key")}, TG_E_IO},
  };
  tg_loop_t *loop = tg_loop_new();
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_diag_t diag = {0};
    tg_http_server_t *server = NULL;
    check_rc(tg_http_server_new(loop, &rows[i].config, &diag, &server), rows[i].rc);
    check_true(diag.message[0] != 0);
  }
  tg_loop_free(loop);
}

CHECK_SUITE(a_request_reaches_the_handler_and_its_answer_comes_back, answers_of_any_status_are_answers,
            redirections_307_and_308_keep_method_and_body, a_fourth_redirection_and_one_without_target_are_refused,
            a_body_up_to_the_cap_passes_and_one_byte_more_is_413, a_huge_length_is_refused_before_the_body_is_read,
            a_chunked_body_over_the_cap_is_413_too, a_chunked_body_without_end_ends_with_the_connection,
            too_many_header_bytes_are_431, what_is_not_http_gets_an_error_and_no_handler,
            a_held_answer_goes_out_when_it_is_completed, a_held_answer_that_nobody_completes_is_503,
            closing_drops_what_is_held_running_and_waiting, only_so_many_requests_run_at_a_time_and_only_so_many_wait,
            a_cancelled_request_ends_in_silence, no_answer_in_time_no_server_and_a_long_answer_are_told_apart,
            requests_that_could_smuggle_a_line_are_refused, a_client_that_dribbles_is_cut_off,
            each_cap_is_answered_and_counted, an_idle_connection_is_closed_without_a_word,
            connections_over_the_cap_wait_their_turn, one_connection_carries_many_requests,
            tls_needs_the_right_authority_and_the_right_client, a_server_that_cannot_start_says_why)
