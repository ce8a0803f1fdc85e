/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mirrors core/http/http_file.c: which bytes a Range header means (RFC 9110 §14), and that a file takes as long as its client does. Heads, parts
 * and whole images are in tests/unit/firmware/fw_http_test.c.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/http/http_file.h"
#include "tests/unit/check.h"

enum { SIZE = 16 << 20, TIMEOUT_MS = 1000, SLOW_MS = 2500, GIVE_UP_MS = 60000 };

typedef struct bench {
  tg_loop_t *loop;
  tg_http_server_t *server;
  char path[32];
  uint64_t sent;
  tg_http_file_t file;
} bench_t;

static void on_sent(void *ud, uint64_t key, uint64_t end) {
  bench_t *bench = ud;
  check_int(key, 7);
  bench->sent = end;
}

static void on_call(void *ud, const tg_http_call_t *call, tg_http_reply_t *reply) {
  bench_t *bench = ud;
  (void)call;
  bench->file = (tg_http_file_t){
      .fd = open(bench->path, O_RDONLY | O_CLOEXEC), .len = SIZE, .sent = on_sent, .ud = bench, .key = 7};
  check_true(bench->file.fd >= 0);
  reply->file = &bench->file;
}

static int set_up(void **state) {
  static bench_t bench;
  bench = (bench_t){.path = "/tmp/tg-http-file-XXXXXX", .loop = tg_loop_new()};
  int fd = mkstemp(bench.path);
  const tg_http_server_config_t config = {.timeout_ms = TIMEOUT_MS, .handler = on_call, .ud = &bench};
  *state = &bench;
  if (fd < 0 || ftruncate(fd, SIZE) != 0 || close(fd) != 0 || !bench.loop) return -1;
  return tg_http_server_new(bench.loop, &config, NULL, &bench.server) == TG_OK ? 0 : -1;
}

static int tear_down(void **state) {
  bench_t *bench = *state;
  tg_http_server_free(bench->server);
  tg_loop_free(bench->loop);
  return unlink(bench->path);
}

static int ask(bench_t *bench) {
  static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(tg_http_server_port(bench->server))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  assert_true(fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
  check_int(send(fd, request, sizeof request - 1, MSG_NOSIGNAL), sizeof request - 1);
  check_int(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
  return fd;
}

static void a_slow_client_gets_all_of_it(void **state) {
  bench_t *bench = *state;
  static uint8_t some[SIZE / 50];
  int fd = ask(bench);
  uint64_t began = tg_clock_mono_ms(), got = 0;
  while (got < SIZE && tg_clock_mono_ms() - began < GIVE_UP_MS) {
    tg_loop_turn(bench->loop, 5);
    if (got > (tg_clock_mono_ms() - began) * SIZE / SLOW_MS) continue; /* it takes its time */
    ssize_t part = recv(fd, some, sizeof some, 0);
    if (part > 0) got += (uint64_t)part;
    else if (part == 0) break;
  }
  check_true(got >= SIZE); /* with its head */
  check_int(bench->sent, SIZE);
  check_true(tg_clock_mono_ms() - began > TIMEOUT_MS); /* longer than an answer may take that does not move */
  check_int(close(fd), 0);
}

static void a_client_that_takes_nothing_is_cut_off(void **state) {
  bench_t *bench = *state;
  static uint8_t some[65536];
  int fd = ask(bench);
  uint64_t began = tg_clock_mono_ms(), got = 0;
  while (tg_clock_mono_ms() - began < (uint64_t)2 * TIMEOUT_MS) tg_loop_turn(bench->loop, 5);
  for (;;) { /* what had been on its way, and the end */
    tg_loop_turn(bench->loop, 1);
    ssize_t part = recv(fd, some, sizeof some, 0);
    if (part > 0) got += (uint64_t)part;
    if (part == 0 || (part < 0 && errno != EAGAIN)) break;
    check_true(tg_clock_mono_ms() - began < GIVE_UP_MS);
  }
  check_true(got < SIZE);
  check_int(close(fd), 0);
}

static void ranges_are_understood(void **state) {
  (void)state;
  static const struct {
    const char *header;
    uint64_t size;
    tg_rc_t rc;
    uint64_t from, len;
  } rows[] = {
      {"bytes=0-0", 10, TG_OK, 0, 1},
      {"bytes=0-9", 10, TG_OK, 0, 10},
      {"bytes=3-", 10, TG_OK, 3, 7},
      {"bytes=3-5", 10, TG_OK, 3, 3},
      {"bytes=3-99", 10, TG_OK, 3, 7},
      {"bytes=-4", 10, TG_OK, 6, 4},
      {"bytes=-99", 10, TG_OK, 0, 10},
      {"bytes=9-9", 10, TG_OK, 9, 1},
      {"bytes=10-", 10, TG_E_RANGE, 0, 0},
      {"bytes=10-20", 10, TG_E_RANGE, 0, 0},
      {"bytes=-0", 10, TG_E_RANGE, 0, 0},
      {"bytes=0-9223372036854775807", 10, TG_OK, 0, 10},
      {"bytes=0-18446744073709551615", 10, TG_E_NOT_FOUND, 0, 0}, /* what can't be read is as if it were not there */
      {"bytes=5-3", 10, TG_E_NOT_FOUND, 0, 0},
      {"bytes=-", 10, TG_E_NOT_FOUND, 0, 0},
      {"bytes=", 10, TG_E_NOT_FOUND, 0, 0},
      {"bytes=1", 10, TG_E_NOT_FOUND, 0, 0},
      {"bytes=1-2,4-5", 10, TG_E_NOT_FOUND, 0, 0},
      {"bytes= 1-2", 10, TG_E_NOT_FOUND, 0, 0},
      {"lines=1-2", 10, TG_E_NOT_FOUND, 0, 0},
      {"", 10, TG_E_NOT_FOUND, 0, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint64_t from = 0, len = 0;
    tg_rc_t rc = tg_http_file_range(tg_slice_str(rows[i].header), rows[i].size, &from, &len);
    if (rc != rows[i].rc || from != rows[i].from || len != rows[i].len) print_error("%s\n", rows[i].header);
    check_rc(rc, rows[i].rc);
    check_int(from, rows[i].from);
    check_int(len, rows[i].len);
  }
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranges_are_understood),
      cmocka_unit_test_setup_teardown(a_slow_client_gets_all_of_it, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_client_that_takes_nothing_is_cut_off, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
