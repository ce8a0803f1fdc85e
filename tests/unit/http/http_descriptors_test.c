/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/http's server when the process has no file descriptor left: libmicrohttpd would leave connections where they are and be called for
 * them without end. They are closed instead, and served again when there is room.
 */

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/http/http_server.h"
#include "tests/unit/check.h"

enum { ROOM = 64, CLIENTS = 6, TURNS_MAX = 60, WATCH_MS = 600, GIVE_UP_MS = 10000 };

typedef struct bench {
  tg_loop_t *loop;
  tg_http_server_t *server;
  struct rlimit before;
  int clients[CLIENTS];
  int taken[ROOM * 2];
  size_t taken_count;
} bench_t;

static void on_call(void *ud, const tg_http_call_t *call, tg_http_reply_t *reply) {
  (void)ud;
  (void)call;
  reply->body = tg_slice_str("here");
}

static int set_up(void **state) {
  static bench_t bench;
  bench = (bench_t){0};
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &bench.before), 0);
  struct rlimit few = {.rlim_cur = ROOM, .rlim_max = bench.before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  bench.loop = tg_loop_new();
  const tg_http_server_config_t config = {.handler = on_call, .max_connections = 4};
  check_rc(tg_http_server_new(bench.loop, &config, NULL, &bench.server), TG_OK);
  *state = &bench;
  return 0;
}

static void give(bench_t *bench, size_t count) {
  while (count-- && bench->taken_count) (void)close(bench->taken[--bench->taken_count]);
}

static int tear_down(void **state) {
  bench_t *bench = *state;
  give(bench, bench->taken_count);
  tg_http_server_free(bench->server);
  tg_loop_free(bench->loop);
  return setrlimit(RLIMIT_NOFILE, &bench->before);
}

/* Connections that the kernel has accepted; nobody else has yet. */
static void connect_all(bench_t *bench, size_t count) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                           .sin_port = htons(tg_http_server_port(bench->server))};
  for (size_t i = 0; i < count; i++) {
    bench->clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(bench->clients[i] >= 0);
    assert_int_equal(connect(bench->clients[i], (const struct sockaddr *)&to, sizeof to), 0);
  }
}

static void close_all(bench_t *bench, size_t count) {
  for (size_t i = 0; i < count; i++) (void)close(bench->clients[i]);
}

static void take_all(bench_t *bench) {
  int fd;
  while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0) bench->taken[bench->taken_count++] = fd;
}

/* For a while; how many turns the loop made. */
static unsigned turn(bench_t *bench, uint64_t ms) {
  unsigned turns = 0;
  for (uint64_t end = tg_clock_mono_ms() + ms; tg_clock_mono_ms() < end; turns++) tg_loop_turn(bench->loop, 50);
  return turns;
}

static bool is_over(int fd) {
  struct pollfd polled = {.fd = fd, .events = POLLIN};
  char byte;
  return poll(&polled, 1, 0) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) <= 0;
}

static void check_served(bench_t *bench) {
  char text[256] = "";
  connect_all(bench, 1);
  static const char request[] = "GET / HTTP/1.0\r\n\r\n";
  assert_int_equal(send(bench->clients[0], request, sizeof request - 1, 0), sizeof request - 1);
  for (uint64_t end = tg_clock_mono_ms() + GIVE_UP_MS; !strstr(text, "here") && tg_clock_mono_ms() < end;) {
    tg_loop_turn(bench->loop, 20);
    size_t len = strlen(text);
    ssize_t got = recv(bench->clients[0], text + len, sizeof text - 1 - len, MSG_DONTWAIT);
    if (got > 0) text[len + (size_t)got] = '\0';
  }
  assert_non_null(strstr(text, "here"));
  close_all(bench, 1);
  (void)turn(bench, 20);
}

static void connections_are_closed_and_the_loop_rests(void **state) {
  bench_t *bench = *state;
  check_served(bench);
  connect_all(bench, CLIENTS);
  take_all(bench);
  unsigned turns = turn(bench, WATCH_MS);
  if (turns > TURNS_MAX) print_error("%u turns\n", turns);
  check_true(turns <= TURNS_MAX);
  for (size_t i = 0; i < CLIENTS; i++) check_true(is_over(bench->clients[i]));
  close_all(bench, CLIENTS);
  give(bench, 4);
  check_served(bench);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(connections_are_closed_and_the_loop_rests, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
