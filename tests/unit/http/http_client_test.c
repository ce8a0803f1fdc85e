/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors http_client.c and http_multi.c of core/http/module, and core/http/http.c, against the server of core/http, over loopback: answers, redirections, bounds, TLS. */

#include "tests/unit/http/http_harness.h"

static void a_request_reaches_the_handler_and_its_answer_comes_back(void **state) {
  (void)state;
  http_bench_t bench;
  http_bench_open(&bench);
  bench.reply = (tg_http_reply_t){.status = 201,
                                  .content_type = "application/json",
                                  .body = tg_slice_str("{\"a\":1}"),
                                  .location = "/things/7",
                                  .retry_after_s = 9};
  http_bench_post(&bench, "/a%20b/c?q=x%26y", tg_slice_str("hello"));
  check_int(bench.done, 0); /* never from inside send */
  http_bench_until(&bench, &bench.done, 1);
  assert_string_equal(bench.seen.method, "POST");
  assert_string_equal(bench.seen.path, "/a b/c");
  assert_string_equal(bench.seen.query, "x&y");
  assert_string_equal(bench.seen.token, "Bearer t0");
  assert_string_equal(bench.seen.body, "hello");
  check_rc(bench.answers[0].rc, TG_OK);
  check_int(bench.answers[0].status, 201);
  assert_string_equal(bench.answers[0].body, "{\"a\":1}");
  assert_string_equal(bench.answers[0].type, "application/json");
  assert_string_equal(bench.answers[0].location, http_bench_url(&bench, "/things/7"));
  check_int(bench.answers[0].retry_after_s, 9);
  check_false(bench.answers[0].moved);
  http_bench_close(&bench);
}

static void answers_of_any_status_are_answers(void **state) {
  (void)state;
  static const int statuses[] = {204, 302, 400, 401, 404, 409, 429, 500, 503};
  http_bench_t bench;
  http_bench_open(&bench);
  for (unsigned i = 0; i < TG_COUNT(statuses); i++) {
    bench.reply = (tg_http_reply_t){.status = statuses[i]};
    http_bench_post(&bench, "/", tg_slice_str(""));
    http_bench_until(&bench, &bench.done, i + 1);
    check_rc(bench.answers[i].rc, TG_OK);
    check_int(bench.answers[i].status, statuses[i]);
    check_int(bench.answers[i].retry_after_s, -1);
  }
  http_bench_close(&bench);
}

static void redirections_307_and_308_keep_method_and_body(void **state) {
  (void)state;
  static const struct {
    const char *path;
    bool moved;
  } rows[] = {{"/307/1", false}, {"/308/1", true}, {"/308/3", true}};
  http_bench_t bench;
  http_bench_open(&bench);
  for (unsigned i = 0; i < TG_COUNT(rows); i++) {
    http_bench_post(&bench, rows[i].path, tg_slice_str("same"));
    http_bench_until(&bench, &bench.done, i + 1);
    check_rc(bench.answers[i].rc, TG_OK);
    assert_string_equal(bench.seen.path, "/end");
    assert_string_equal(bench.seen.method, "POST");
    assert_string_equal(bench.seen.body, "same");
    assert_string_equal(bench.seen.token, "Bearer t0");
    assert_string_equal(bench.answers[i].url, http_bench_url(&bench, "/end"));
    check_int(bench.answers[i].moved, rows[i].moved);
  }
  http_bench_close(&bench);
}

static void a_fourth_redirection_and_one_without_target_are_refused(void **state) {
  (void)state;
  http_bench_t bench;
  http_bench_open(&bench);
  http_bench_post(&bench, "/307/4", tg_slice_str("x"));
  http_bench_until(&bench, &bench.done, 1);
  check_rc(bench.answers[0].rc, TG_E_DENIED);
  bench.reply = (tg_http_reply_t){.status = 308};
  http_bench_post(&bench, "/nowhere", tg_slice_str("x"));
  http_bench_until(&bench, &bench.done, 2);
  check_rc(bench.answers[1].rc, TG_E_DENIED);
  bench.reply = (tg_http_reply_t){.status = 307, .location = "ftp://127.0.0.1/x"};
  http_bench_post(&bench, "/elsewhere", tg_slice_str("x"));
  http_bench_until(&bench, &bench.done, 3);
  check_rc(bench.answers[2].rc, TG_E_DENIED);
  http_bench_close(&bench);
}

static void closing_drops_what_is_held_running_and_waiting(void **state) {
  (void)state;
  http_bench_t bench;
  http_bench_open_with(&bench, (tg_http_server_config_t){0}, (tg_http_client_config_t){.max_running = 2});
  bench.reply = (tg_http_reply_t){.hold = true};
  for (int i = 0; i < 4; i++) http_bench_post(&bench, "/", tg_slice_str("x"));
  http_bench_until(&bench, &bench.handled, 2);
  check_int(tg_http_client_count(bench.client), 4);
  http_bench_close(&bench);
  check_int(bench.done, 0);
}

static void only_so_many_requests_run_at_a_time_and_only_so_many_wait(void **state) {
  (void)state;
  http_bench_t bench;
  http_bench_open_with(&bench, (tg_http_server_config_t){0},
                       (tg_http_client_config_t){.max_running = 2, .max_waiting = 3});
  bench.reply = (tg_http_reply_t){.hold = true};
  for (int i = 0; i < 5; i++) http_bench_post(&bench, "/", tg_slice_str("x"));
  tg_http_request_t request = {
      .method = "GET", .url = http_bench_url(&bench, "/"), .done = http_bench_done, .ud = &bench};
  check_rc(tg_http_client_send(bench.client, &request, NULL), TG_E_FULL);
  http_bench_until(&bench, &bench.handled, 2);
  for (int i = 0; i < 20; i++) tg_loop_turn(bench.loop, 1);
  check_int(bench.handled, 2);
  bench.reply = (tg_http_reply_t){.status = 200};
  check_rc(tg_http_server_complete(bench.server, bench.seen.id, &bench.reply), TG_OK);
  http_bench_until(&bench, &bench.done, 4); /* the one completed, and those behind it */
  check_int(bench.handled, 5);
  http_bench_close(&bench);
}

static void a_cancelled_request_ends_in_silence(void **state) {
  (void)state;
  http_bench_t bench;
  http_bench_open_with(&bench, (tg_http_server_config_t){0}, (tg_http_client_config_t){.max_running = 1});
  bench.reply = (tg_http_reply_t){.hold = true};
  tg_id_t running = http_bench_post(&bench, "/", tg_slice_str("x"));
  tg_id_t waiting = http_bench_post(&bench, "/", tg_slice_str("y"));
  http_bench_until(&bench, &bench.handled, 1);
  tg_http_client_cancel(bench.client, waiting);
  tg_http_client_cancel(bench.client, running);
  tg_http_client_cancel(bench.client, running);
  bench.reply = (tg_http_reply_t){.status = 200};
  http_bench_post(&bench, "/", tg_slice_str("z"));
  http_bench_until(&bench, &bench.done, 1);
  assert_string_equal(bench.seen.body, "z");
  check_int(tg_http_client_count(bench.client), 0);
  http_bench_close(&bench);
}

static void no_answer_in_time_no_server_and_a_long_answer_are_told_apart(void **state) {
  (void)state;
  http_bench_t bench;
  http_bench_open_with(&bench, (tg_http_server_config_t){0},
                       (tg_http_client_config_t){.timeout_ms = 100, .max_body = 8});
  bench.reply = (tg_http_reply_t){.hold = true};
  http_bench_post(&bench, "/", tg_slice_str("x"));
  http_bench_until(&bench, &bench.done, 1);
  check_rc(bench.answers[0].rc, TG_E_TIMEOUT);
  check_int(bench.answers[0].status, 0);
  bench.reply = (tg_http_reply_t){.status = 200, .body = tg_slice_str("nine byte")};
  http_bench_post(&bench, "/", tg_slice_str("x"));
  http_bench_until(&bench, &bench.done, 2);
  check_rc(bench.answers[1].rc, TG_E_TOO_LONG);
  char url[256];
  snprintf(url, sizeof url, "%s", http_bench_url(&bench, "/"));
  tg_http_server_free(bench.server);
  bench.server = NULL;
  tg_http_request_t request = {.method = "GET", .url = url, .done = http_bench_done, .ud = &bench};
  check_rc(tg_http_client_send(bench.client, &request, NULL), TG_OK);
  http_bench_until(&bench, &bench.done, 3);
  check_rc(bench.answers[2].rc, TG_E_LINK);
  http_bench_close(&bench);
}

static void requests_that_could_smuggle_a_line_are_refused(void **state) {
  (void)state;
  http_bench_t bench;
  http_bench_open(&bench);
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
    request.done = http_bench_done;
    check_rc(tg_http_client_send(bench.client, &request, NULL), TG_E_ARG);
  }
  http_bench_close(&bench);
}

static void tls_needs_the_right_authority_and_the_right_client(void **state) {
  (void)state;
  static const struct {
    tg_http_client_tls_t tls;
    tg_rc_t rc;
  } rows[] = {
      {{.ca_file = HTTP_TLS("ca.pem"), .cert_file = HTTP_TLS("client.pem"), .key_file = HTTP_TLS("client.key")}, TG_OK},
      {{.ca_file = HTTP_TLS("ca.pem")}, TG_E_LINK}, /* shows no certificate */
      {{.cert_file = HTTP_TLS("client.pem"), .key_file = HTTP_TLS("client.key")},
       TG_E_LINK}, /* does not know the authority */
      {{.lab_no_verify = true, .cert_file = HTTP_TLS("client.pem"), .key_file = HTTP_TLS("client.key")}, TG_OK},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    http_bench_t bench;
    http_bench_open_with(&bench,
                         (tg_http_server_config_t){.cert_file = HTTP_TLS("server.pem"),
                                                   .key_file = HTTP_TLS("server.key"),
                                                   .client_ca_file = HTTP_TLS("ca.pem")},
                         (tg_http_client_config_t){.tls = rows[i].tls});
    http_bench_post(&bench, "/tls", tg_slice_str("x"));
    http_bench_until(&bench, &bench.done, 1);
    check_rc(bench.answers[0].rc, rows[i].rc);
    check_int(bench.handled, rows[i].rc == TG_OK ? 1 : 0);
    http_bench_close(&bench);
  }
}

CHECK_SUITE(a_request_reaches_the_handler_and_its_answer_comes_back, answers_of_any_status_are_answers,
            redirections_307_and_308_keep_method_and_body, a_fourth_redirection_and_one_without_target_are_refused,
            closing_drops_what_is_held_running_and_waiting, only_so_many_requests_run_at_a_time_and_only_so_many_wait,
            a_cancelled_request_ends_in_silence, no_answer_in_time_no_server_and_a_long_answer_are_told_apart,
            requests_that_could_smuggle_a_line_are_refused, tls_needs_the_right_authority_and_the_right_client)
