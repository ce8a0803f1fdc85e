/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/link/link_udp_test.c: mirrors core/link/link_udp.c. Loopback only, ports from the kernel. */

#include "core/link/link_udp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "tests/unit/check.h"

enum { PATIENCE_MS = 5000, LOG_LINE = 256 };

/* A link that echoes what it receives, and what it has seen. */
typedef struct echo {
  tg_loop_t *loop;
  tg_link_t *link;
  unsigned received;
  bool answers;
  size_t last_len;
  tg_addr_t last_from;
} echo_t;

static void on_rx(void *ud, tg_link_t *link, const tg_addr_t *peer, tg_slice_t datagram) {
  echo_t *echo = ud;
  uint64_t handle = 99;
  echo->received++;
  echo->last_len = datagram.len;
  echo->last_from = *peer;
  if (!echo->answers) return;
  tg_link_send_t send = {.peer = peer, .datagram = datagram};
  check_rc(link->ops->send(link, &send, &handle), TG_OK);
  check_int(handle, 0);
}

static void on_turn(void *ud) {
  echo_t *echo = ud;
  echo->link->ops->flush(echo->link);
}

static void start(echo_t *echo, const char *host) {
  static const tg_link_events_t events = {.rx = on_rx};
  tg_link_udp_config_t config = {.name = "udp0", .host = host};
  tg_diag_t diag = {0};
  *echo = (echo_t){.loop = tg_loop_new(), .answers = true};
  check_rc(tg_link_udp_open(echo->loop, &config, &diag, &echo->link), TG_OK);
  tg_link_attach(echo->link, &events, echo);
  check_rc(tg_loop_each_turn(echo->loop, on_turn, echo), TG_OK);
}

static void stop(echo_t *echo) {
  echo->link->ops->close(echo->link);
  tg_loop_free(echo->loop);
}

static void turn_until(echo_t *echo, unsigned received) {
  uint64_t end = tg_clock_mono_ms() + PATIENCE_MS;
  while (echo->received < received && tg_clock_mono_ms() < end) tg_loop_turn(echo->loop, 50);
  check_int(echo->received, received);
}

static int client(const char *host, uint16_t port, const char *from) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (from) {
    struct sockaddr_in own = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, from, &own.sin_addr), 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
  }
  assert_int_equal(inet_pton(AF_INET, host, &to.sin_addr), 1);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
  return fd;
}

static void answers_at_the_end_of_the_turn(void **state) {
  (void)state;
  echo_t echo;
  char got[16];
  start(&echo, "127.0.0.1");
  int fd = client("127.0.0.1", tg_link_udp_port(echo.link), NULL);
  check_int(send(fd, "hello", 5, 0), 5);
  turn_until(&echo, 1);
  check_int(recv(fd, got, sizeof got, 0), 5);
  assert_memory_equal(got, "hello", 5);
  check_int(echo.last_from.len, 6);
  close(fd);
  stop(&echo);
}

static void many_datagrams_are_all_answered(void **state) {
  (void)state;
  enum { MANY = 700 };
  echo_t echo;
  start(&echo, "127.0.0.1");
  int fd = client("127.0.0.1", tg_link_udp_port(echo.link), NULL);
  unsigned answered = 0;
  for (unsigned sent = 0; sent < MANY; sent += 70) {
    for (unsigned i = 0; i < 70; i++) check_int(send(fd, "0123456789", 10, 0), 10);
    turn_until(&echo, sent + 70);
    char got[16];
    while (recv(fd, got, sizeof got, MSG_DONTWAIT) == 10) answered++;
  }
  check_int(answered, MANY);
  tg_link_udp_stats_t stats;
  assert_true(tg_link_udp_stats(echo.link, &stats));
  check_int(stats.rx, MANY);
  check_int(stats.tx, MANY);
  check_int(stats.tx_dropped, 0);
  close(fd);
  stop(&echo);
}

static void empty_and_overlong_datagrams_are_dropped_and_counted(void **state) {
  (void)state;
  static uint8_t big[TG_LINK_UDP_DATAGRAM + 1];
  echo_t echo;
  start(&echo, "127.0.0.1");
  int fd = client("127.0.0.1", tg_link_udp_port(echo.link), NULL);
  echo.answers = false;
  check_int(send(fd, "", 0, 0), 0);
  check_int(send(fd, big, sizeof big, 0), (ssize_t)sizeof big);
  check_int(send(fd, big, sizeof big - 1, 0), (ssize_t)sizeof big - 1);
  turn_until(&echo, 1);
  check_int(echo.last_len, TG_LINK_UDP_DATAGRAM);
  tg_link_udp_stats_t stats;
  assert_true(tg_link_udp_stats(echo.link, &stats));
  check_int(stats.rx_empty, 1);
  check_int(stats.rx_truncated, 1);
  close(fd);
  stop(&echo);
}

/* Sends so many short datagrams while nobody reads; they are taken in the next turns. */
static void send_many(int fd, unsigned count) {
  for (unsigned i = 0; i < count; i++) check_int(send(fd, "0123456789", 10, 0), 10);
}

static void start_with_buffer(echo_t *echo, uint32_t rcvbuf) {
  static const tg_link_events_t events = {.rx = on_rx};
  tg_link_udp_config_t config = {.name = "udp0", .host = "127.0.0.1", .rcvbuf = rcvbuf};
  *echo = (echo_t){.loop = tg_loop_new()};
  check_rc(tg_link_udp_open(echo->loop, &config, NULL, &echo->link), TG_OK);
  tg_link_attach(echo->link, &events, echo);
}

static void keep_line(void *ud, tg_log_level_t level, const char *area, const char *line) {
  (void)area;
  if (level == TG_LOG_WARN) snprintf(ud, LOG_LINE, "%s", line);
}

static void what_the_kernel_drops_is_counted_and_told(void **state) {
  (void)state;
  enum { MANY = 1000, BUFFER = 65536 };
  echo_t echo;
  tg_link_udp_stats_t stats;
  static char line[LOG_LINE];
  start_with_buffer(&echo, BUFFER);
  int fd = client("127.0.0.1", tg_link_udp_port(echo.link), NULL);
  send_many(fd, MANY);
  assert_true(tg_link_udp_stats(echo.link, &stats)); /* before anything is read */
  check_int(stats.rcvbuf, BUFFER);
  check_int(stats.rcvbuf_max, BUFFER);
  if (!stats.rx_dropped) skip(); /* a kernel that does not tell */
  unsigned dropped = (unsigned)stats.rx_dropped;
  check_true(dropped < MANY);
  tg_log_setup(TG_LOG_WARN, keep_line, line);
  turn_until(&echo, MANY - dropped);
  tg_log_setup(TG_LOG_WARN, NULL, NULL);
  assert_non_null(strstr(line, "datagrams_dropped link=udp0 count="));
  assert_non_null(strstr(line, "receive_buffer=65536"));
  send_many(fd, MANY);
  assert_true(tg_link_udp_stats(echo.link, &stats)); /* what was told is not counted again */
  check_true(stats.rx_dropped >= 2 * dropped - 2 && stats.rx_dropped <= 2 * dropped + 2);
  check_int(stats.rx, MANY - dropped);
  close(fd);
  stop(&echo);
}

/* 30,000 a second while nobody reads for 100 ms. */
static void the_default_buffer_holds_a_tenth_of_a_second(void **state) {
  (void)state;
  enum { MANY = 3000 };
  echo_t echo;
  tg_link_udp_stats_t stats;
  start_with_buffer(&echo, 0);
  assert_true(tg_link_udp_stats(echo.link, &stats));
  check_int(stats.rcvbuf_max, TG_LINK_UDP_RCVBUF);
  if (stats.rcvbuf < stats.rcvbuf_max) { /* net.core.rmem_max is lower here, and nothing allows more */
    stop(&echo);
    skip();
  }
  int fd = client("127.0.0.1", tg_link_udp_port(echo.link), NULL);
  send_many(fd, MANY);
  turn_until(&echo, MANY);
  assert_true(tg_link_udp_stats(echo.link, &stats));
  check_int(stats.rx, MANY);
  check_int(stats.rx_dropped, 0);
  close(fd);
  stop(&echo);
}

static void counters_of_another_kind_of_link_are_none(void **state) {
  (void)state;
  static const tg_link_ops_t ops = {.kind = "other"};
  tg_link_t other = {.ops = &ops};
  tg_link_udp_stats_t stats;
  assert_false(tg_link_udp_stats(&other, &stats));
}

static void a_wildcard_link_answers_from_the_address_that_was_asked(void **state) {
  (void)state;
  echo_t echo;
  char got[16], text[128];
  start(&echo, "0.0.0.0");
  int fd =
      client("127.0.0.3", tg_link_udp_port(echo.link), "127.0.0.9"); /* connected: another source is not received */
  check_int(send(fd, "hello", 5, 0), 5);
  turn_until(&echo, 1);
  check_int(recv(fd, got, sizeof got, 0), 5);
  check_int(echo.last_from.len, 10);
  tg_buf_t out;
  tg_buf_init(&out, text, sizeof text);
  echo.link->ops->put_addr(echo.link, &echo.last_from, &out);
  assert_non_null(tg_buf_cstr(&out));
  assert_non_null(strstr(text, "127.0.0.9:"));
  assert_non_null(strstr(text, "@127.0.0.3"));
  tg_addr_t back = {0};
  check_rc(echo.link->ops->parse_addr(echo.link, tg_buf_slice(&out), &back), TG_OK);
  check_bytes(tg_slice(back.b, back.len), tg_slice(echo.last_from.b, echo.last_from.len));
  close(fd);
  stop(&echo);
}

static int client_v6(uint16_t port) {
  struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
  int fd = socket(AF_INET6, SOCK_DGRAM, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
  return fd;
}

static bool has_v6(void) {
  struct sockaddr_in6 own = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  int fd = socket(AF_INET6, SOCK_DGRAM, 0);
  bool works = fd >= 0 && bind(fd, (struct sockaddr *)&own, sizeof own) == 0;
  if (fd >= 0) close(fd);
  return works;
}

static void ipv6_works_bound_to_an_address_and_to_all(void **state) {
  (void)state;
  static const struct {
    const char *host;
    unsigned len;
  } rows[] = {{"::1", 18}, {"::", 34}};
  if (!has_v6()) skip();
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    echo_t echo;
    char got[16];
    start(&echo, rows[i].host);
    int fd = client_v6(tg_link_udp_port(echo.link));
    check_int(send(fd, "hello", 5, 0), 5);
    turn_until(&echo, 1);
    check_int(recv(fd, got, sizeof got, 0), 5);
    check_int(echo.last_from.len, rows[i].len);
    close(fd);
    stop(&echo);
  }
}

static void what_cannot_be_opened_says_why(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  tg_link_t *first, *second;
  tg_diag_t diag = {0};
  tg_link_udp_config_t config = {.name = "udp0", .host = "localhost"};
  check_rc(tg_link_udp_open(loop, &config, &diag, &first), TG_E_CONFIG);
  assert_non_null(strstr(diag.message, "localhost"));
  config.host = NULL;
  check_rc(tg_link_udp_open(loop, &config, NULL, &first), TG_E_CONFIG);
  config.host = "127.0.0.1";
  check_rc(tg_link_udp_open(loop, &config, &diag, &first), TG_OK);
  config.port = tg_link_udp_port(first);
  check_rc(tg_link_udp_open(loop, &config, &diag, &second), TG_E_IO); /* the port is not shared */
  assert_non_null(strstr(diag.message, "in use"));
  first->ops->close(first);
  tg_loop_free(loop);
}

static void a_send_that_cannot_work_is_refused_or_skipped(void **state) {
  (void)state;
  static uint8_t big[1281];
  echo_t echo;
  uint64_t handle;
  start(&echo, "127.0.0.1");
  int fd = client("127.0.0.1", tg_link_udp_port(echo.link), NULL);
  tg_addr_t v6 = {.len = 18}, broken = {.len = 3}, good = {0}, closed = {0};
  tg_link_send_t send_v6 = {.peer = &v6, .datagram = tg_slice_str("x")};
  tg_link_send_t send_broken = {.peer = &broken, .datagram = tg_slice_str("x")};
  check_rc(echo.link->ops->send(echo.link, &send_v6, &handle), TG_E_NOT_FOUND);
  check_rc(echo.link->ops->send(echo.link, &send_broken, &handle), TG_E_NOT_FOUND);
  check_int(send(fd, "x", 1, 0), 1);
  turn_until(&echo, 1);
  good = echo.last_from;
  tg_link_send_t too_long = {.peer = &good, .datagram = tg_slice(big, sizeof big)};
  check_rc(echo.link->ops->send(echo.link, &too_long, &handle), TG_E_TOO_LONG);
  check_rc(echo.link->ops->parse_addr(echo.link, tg_slice_str("127.0.0.1:0"), &closed), TG_OK);
  tg_link_send_t refused = {.peer = &closed, .datagram = tg_slice_str("x")}; /* port 0: EINVAL */
  tg_link_send_t fine = {.peer = &good, .datagram = tg_slice_str("yz")};
  check_rc(echo.link->ops->send(echo.link, &refused, &handle), TG_OK);
  check_rc(echo.link->ops->send(echo.link, &fine, &handle), TG_OK);
  echo.link->ops->flush(echo.link);
  char got[16];
  check_int(recv(fd, got, sizeof got, 0), 1);
  check_int(recv(fd, got, sizeof got, 0), 2); /* the one behind the refused one arrives */
  tg_link_udp_stats_t stats;
  assert_true(tg_link_udp_stats(echo.link, &stats));
  check_int(stats.tx_failed, 1);
  close(fd);
  stop(&echo);
}

static void a_full_queue_is_flushed_before_anything_is_dropped(void **state) {
  (void)state;
  enum { MANY = 1000 };
  echo_t echo;
  uint64_t handle;
  start(&echo, "127.0.0.1");
  int fd = client("127.0.0.1", tg_link_udp_port(echo.link), NULL);
  check_int(send(fd, "x", 1, 0), 1);
  turn_until(&echo, 1);
  tg_addr_t peer = echo.last_from;
  tg_link_send_t one = {.peer = &peer, .datagram = tg_slice_str("0123456789")};
  char got[16];
  unsigned received = 0;
  for (unsigned i = 0; i < MANY; i++) {
    check_rc(echo.link->ops->send(echo.link, &one, &handle), TG_OK);
    if (i % 100 == 99) {
      while (recv(fd, got, sizeof got, MSG_DONTWAIT) > 0) received++;
    }
  }
  echo.link->ops->flush(echo.link);
  while (recv(fd, got, sizeof got, MSG_DONTWAIT) > 0) received++;
  check_int(received, MANY + 1);
  close(fd);
  stop(&echo);
}

CHECK_SUITE(answers_at_the_end_of_the_turn, many_datagrams_are_all_answered,
            empty_and_overlong_datagrams_are_dropped_and_counted, what_the_kernel_drops_is_counted_and_told,
            the_default_buffer_holds_a_tenth_of_a_second, counters_of_another_kind_of_link_are_none,
            a_wildcard_link_answers_from_the_address_that_was_asked, ipv6_works_bound_to_an_address_and_to_all,
            what_cannot_be_opened_says_why, a_send_that_cannot_work_is_refused_or_skipped,
            a_full_queue_is_flushed_before_anything_is_dropped)
