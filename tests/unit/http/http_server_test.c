/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors http_server.c and http_exchange.c of core/http/module, and core/http/http.c, against the client of core/http and against raw bytes, over loopback. */

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "tests/unit/http/http_harness.h"

static void a_body_up_to_the_cap_passes_and_one_byte_more_is_413(void **state) {
  (void)state;
  http_bench_t bench;
  http_bench_open(&bench);
  uint8_t *bytes = tg_alloc_array(1, 65537);
  http_bench_post(&bench, "/", tg_slice(bytes, 65536));
  http_bench_until(&bench, &bench.done, 1);
  check_int(bench.answers[0].status, 200);
  check_int(bench.seen.body_len, 65536);
  http_bench_post(&bench, "/", tg_slice(bytes, 65537));
  http_bench_until(&bench, &bench.done, 2);
  check_int(bench.answers[1].status, 413);
  check_int(bench.handled, 1);
  tg_alloc_free(bytes);
  http_bench_close(&bench);
}

static void a_huge_length_is_refused_before_the_body_is_read(void **state) {
  (void)state;
  http_bench_t bench;
  http_bench_open(&bench);
  int fd = http_bench_raw(&bench);
  http_bench_raw_check(&bench, fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n", "HTTP/1.1 413 ");
  close(fd);
  http_bench_close(&bench);
}

static void a_chunked_body_over_the_cap_is_413_too(void **state) {
  (void)state;
  http_bench_t bench;
  http_bench_open_with(&bench, (tg_http_server_config_t){.max_body = 16}, (tg_http_client_config_t){0});
  int fd = http_bench_raw(&bench);
  http_bench_raw_check(&bench, fd,
                       "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "a\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
                       "HTTP/1.1 413 ");
  check_int(bench.handled, 0);
  close(fd);
  http_bench_close(&bench);
}

static void a_chunked_body_without_end_ends_with_the_connection(void **state) {
  (void)state;
  http_bench_t bench;
  char text[1024];
  http_bench_open(&bench);
  int fd = http_bench_raw(&bench);
  check_true(http_bench_raw_send(&bench, fd,
                                 tg_slice_str("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")));
  char *chunk = tg_alloc_array(1, 65536 + 9);
  memcpy(chunk, "10000\r\n", 7);
  memset(chunk + 7, 'x', 65536);
  memcpy(chunk + 7 + 65536, "\r\n", 2);
  bool open = true;
  for (int i = 0; i < 64 && open; i++) open = http_bench_raw_send(&bench, fd, tg_slice(chunk, 65536 + 9));
  if (open) http_bench_raw_read(&bench, fd, NULL, text, sizeof text); /* returns when it is closed */
  check_int(bench.handled, 0);
  tg_alloc_free(chunk);
  close(fd);
  http_bench_close(&bench);
}

static void too_many_header_bytes_are_431(void **state) {
  (void)state;
  static const size_t lengths[] = {9000, 30000, 100000};
  for (size_t i = 0; i < TG_COUNT(lengths); i++) {
    http_bench_t bench;
    char text[1024];
    http_bench_open(&bench);
    char *head = tg_alloc_array(1, lengths[i] + 64);
    int begin = sprintf(head, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ");
    memset(head + begin, 'a', lengths[i]);
    memcpy(head + begin + lengths[i], "\r\n\r\n", 4);
    int fd = http_bench_raw(&bench);
    http_bench_raw_send(&bench, fd, tg_slice(head, (size_t)begin + lengths[i] + 4));
    http_bench_raw_read(&bench, fd, "\r\n\r\n", text, sizeof text);
    if (text[0]) check_true(strncmp(text, "HTTP/1.1 431 ", 13) == 0);
    else check_true(lengths[i] > 40000); /* closed while we still sent: the answer may be lost */
    check_int(bench.handled, 0);
    tg_alloc_free(head);
    close(fd);
    http_bench_close(&bench);
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
    http_bench_t bench;
    char text[1024];
    http_bench_open_with(&bench, (tg_http_server_config_t){.timeout_ms = 100}, (tg_http_client_config_t){0});
    int fd = http_bench_raw(&bench);
    http_bench_raw_send(&bench, fd, tg_slice_str(rows[i]));
    http_bench_raw_read(&bench, fd, NULL, text, sizeof text); /* until it is closed */
    check_true(text[0] == 0 || strncmp(text, "HTTP/1.1 4", 10) == 0 || strncmp(text, "HTTP/1.1 505", 12) == 0);
    check_int(bench.handled, 0);
    close(fd);
    http_bench_close(&bench);
  }
}

static void a_held_answer_goes_out_when_it_is_completed(void **state) {
  (void)state;
  http_bench_t bench;
  http_bench_open(&bench);
  bench.reply = (tg_http_reply_t){.hold = true};
  http_bench_post(&bench, "/", tg_slice_str("x"));
  http_bench_until(&bench, &bench.handled, 1);
  for (int i = 0; i < 5; i++) tg_loop_turn(bench.loop, 1);
  check_int(bench.done, 0);
  tg_http_reply_t reply = {.status = 202, .body = tg_slice_str("late")};
  tg_id_t id = bench.seen.id;
  check_rc(tg_http_server_complete(bench.server, id, &reply), TG_OK);
  check_rc(tg_http_server_complete(bench.server, id, &reply), TG_E_STATE);
  http_bench_until(&bench, &bench.done, 1);
  check_int(bench.answers[0].status, 202);
  assert_string_equal(bench.answers[0].body, "late");
  check_int(bench.handled, 1); /* the handler is not asked twice */
  check_rc(tg_http_server_complete(bench.server, id, &reply), TG_E_GONE);
  http_bench_close(&bench);
}

static void a_held_answer_that_nobody_completes_is_503(void **state) {
  (void)state;
  http_bench_t bench;
  http_bench_open_with(&bench, (tg_http_server_config_t){.hold_ms = 50}, (tg_http_client_config_t){0});
  bench.reply = (tg_http_reply_t){.hold = true};
  http_bench_post(&bench, "/", tg_slice_str("x"));
  http_bench_until(&bench, &bench.done, 1);
  check_int(bench.answers[0].status, 503);
  http_bench_close(&bench);
}

static void a_client_that_dribbles_is_cut_off(void **state) {
  (void)state;
  http_bench_t bench;
  char text[1024];
  http_bench_open_with(&bench, (tg_http_server_config_t){.timeout_ms = 150}, (tg_http_client_config_t){0});
  int fd = http_bench_raw(&bench);
  uint64_t begin = tg_clock_mono_ms();
  bool open = true;
  check_true(http_bench_raw_send(&bench, fd, tg_slice_str("POST / HTTP/1.1\r\nX: ")));
  while (open) { /* a byte now and then keeps libmicrohttpd's own timeout from ending it */
    check_true(tg_clock_mono_ms() < begin + HTTP_GIVE_UP_MS);
    tg_loop_turn(bench.loop, 20);
    ssize_t got = recv(fd, text, sizeof text, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) open = false;
    else (void)!send(fd, "a", 1, MSG_NOSIGNAL);
  }
  check_true(tg_clock_mono_ms() - begin >= 140);
  check_int(bench.handled, 0);
  close(fd);
  http_bench_close(&bench);
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
    http_bench_t bench;
    char text[1024];
    tg_http_stats_t stats = {0};
    const tg_http_server_config_t config = {.timeout_ms = 150, .max_header = 1024, .max_body = 4, .stats = &stats};
    http_bench_open_with(&bench, config, (tg_http_client_config_t){0});
    int fd = http_bench_raw(&bench);
    http_bench_raw_send(&bench, fd, tg_slice_str(rows[i].sent));
    http_bench_raw_read(&bench, fd, "\r\n\r\n", text, sizeof text);
    if (strncmp(text, rows[i].answer, strlen(rows[i].answer)) != 0) fail_msg("row %zu: %s", i, text);
    assert_memory_equal(&stats, &rows[i].counted, sizeof stats);
    close(fd);
    http_bench_close(&bench);
  }
}

/* One that was served is no offender for staying open. */
static void an_idle_connection_is_closed_without_a_word(void **state) {
  (void)state;
  http_bench_t bench;
  char text[1024];
  tg_http_stats_t stats = {0};
  http_bench_open_with(&bench, (tg_http_server_config_t){.timeout_ms = 150, .stats = &stats},
                       (tg_http_client_config_t){0});
  int fd = http_bench_raw(&bench);
  http_bench_raw_send(&bench, fd, tg_slice_str("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"));
  http_bench_raw_read(&bench, fd, NULL, text, sizeof text); /* until it is closed */
  check_true(strncmp(text, "HTTP/1.1 200 ", 13) == 0);
  check_true(strstr(text, " 408 ") == NULL);
  check_int(stats.over_time, 0);
  close(fd);
  http_bench_close(&bench);
}

static void connections_over_the_cap_wait_their_turn(void **state) {
  (void)state;
  http_bench_t bench;
  char text[1024];
  tg_http_stats_t stats = {0};
  const tg_http_server_config_t config = {.max_connections = 2, .stats = &stats};
  http_bench_open_with(&bench, config, (tg_http_client_config_t){0});
  int idle[2] = {http_bench_raw(&bench), http_bench_raw(&bench)};
  for (int i = 0; i < 2; i++) check_true(http_bench_raw_send(&bench, idle[i], tg_slice_str("GET /idle")));
  int third = http_bench_raw(&bench);
  http_bench_raw_send(&bench, third, tg_slice_str("GET /third HTTP/1.1\r\nHost: x\r\n\r\n"));
  for (int i = 0; i < 20; i++) tg_loop_turn(bench.loop, 1);
  check_int(bench.handled, 0);
  check_int(stats.over_connections, 1);
  close(idle[0]);
  http_bench_raw_read(&bench, third, "\r\n\r\n", text, sizeof text);
  check_true(strncmp(text, "HTTP/1.1 200 ", 13) == 0);
  assert_string_equal(bench.seen.path, "/third");
  close(idle[1]);
  close(third);
  http_bench_close(&bench);
}

static void one_connection_carries_many_requests(void **state) {
  (void)state;
  http_bench_t bench;
  http_bench_open(&bench);
  int fd = http_bench_raw(&bench);
  for (unsigned i = 0; i < 20; i++) {
    http_bench_raw_check(&bench, fd, "POST /k HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 ");
    check_int(bench.handled, i + 1);
  }
  close(fd);
  http_bench_close(&bench);
}

static void a_server_that_cannot_start_says_why(void **state) {
  (void)state;
  static const struct {
    tg_http_server_config_t config;
    tg_rc_t rc;
  } rows[] = {
      {{.host = "256.1.1.1"}, TG_E_CONFIG},
      {{.cert_file = HTTP_TLS("server.pem")}, TG_E_CONFIG},
      {{.cert_file = HTTP_TLS("nothing.pem"), .key_file = HTTP_TLS("server.key")}, TG_E_CONFIG},
      {{.cert_file = HTTP_TLS("README.md"), .key_file = HTTP_TLS("server.key")}, TG_E_IO},
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

CHECK_SUITE(a_body_up_to_the_cap_passes_and_one_byte_more_is_413, a_huge_length_is_refused_before_the_body_is_read,
            a_chunked_body_over_the_cap_is_413_too, a_chunked_body_without_end_ends_with_the_connection,
            too_many_header_bytes_are_431, what_is_not_http_gets_an_error_and_no_handler,
            a_held_answer_goes_out_when_it_is_completed, a_held_answer_that_nobody_completes_is_503,
            a_client_that_dribbles_is_cut_off, each_cap_is_answered_and_counted,
            an_idle_connection_is_closed_without_a_word, connections_over_the_cap_wait_their_turn,
            one_connection_carries_many_requests, a_server_that_cannot_start_says_why)
