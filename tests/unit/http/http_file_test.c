/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/http/module/http_file.c: a file takes as long as its client does. Heads, parts and whole images are in tests/unit/firmware/fw_http_test.c. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/http/http_server.h"
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

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_slow_client_gets_all_of_it, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_client_that_takes_nothing_is_cut_off, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
