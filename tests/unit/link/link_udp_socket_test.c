/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/link/link_udp_socket_test.c: mirrors core/link/link_udp_socket.c. Loopback only, ports from the kernel. */

#include "core/link/link_udp_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/check.h"

enum { BUFFER = 32768, MANY = 2000 };

static tg_link_udp_addr_t address(const char *host, uint16_t port) {
  tg_link_udp_addr_t addr;
  check_rc(tg_link_udp_addr_parse_host(tg_slice_str(host), port, &addr), TG_OK);
  return addr;
}

static tg_link_udp_socket_t open_at(const char *host, uint32_t rcvbuf) {
  tg_link_udp_socket_t opened;
  tg_link_udp_addr_t addr = address(host, 0);
  check_rc(tg_link_udp_socket_open(&addr, rcvbuf, &opened), TG_OK);
  return opened;
}

static void wildcards_are_known(void **state) {
  (void)state;
  static const struct {
    const char *host;
    bool is_wildcard;
  } rows[] = {{"0.0.0.0", true}, {"::", true}, {"127.0.0.1", false}, {"::1", false}, {"0.0.0.1", false}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_link_udp_addr_t addr = address(rows[i].host, 1);
    check_int(tg_link_udp_socket_is_wildcard(&addr), rows[i].is_wildcard);
  }
}

static void is_bound_and_does_not_block(void **state) {
  (void)state;
  tg_link_udp_socket_t opened = open_at("127.0.0.1", BUFFER);
  struct sockaddr_in own;
  socklen_t len = sizeof own;
  char byte;
  check_int(getsockname(opened.fd, (struct sockaddr *)&own, &len), 0);
  check_int(ntohs(own.sin_port), opened.port);
  check_true(opened.port != 0);
  check_int(recv(opened.fd, &byte, 1, 0), -1);
  check_true(errno == EAGAIN || errno == EWOULDBLOCK);
  check_true((fcntl(opened.fd, F_GETFD) & FD_CLOEXEC) != 0);
  close(opened.fd);
}

static void tells_the_buffer_that_was_given(void **state) {
  (void)state;
  tg_link_udp_socket_t small = open_at("127.0.0.1", BUFFER), most = open_at("127.0.0.1", UINT32_MAX);
  int size;
  socklen_t len = sizeof size;
  check_int(small.rcvbuf, BUFFER);
  check_int(getsockopt(most.fd, SOL_SOCKET, SO_RCVBUF, &size, &len), 0);
  check_int(most.rcvbuf, size / 2); /* all that the system gives; never a negative size */
  check_true(most.rcvbuf > small.rcvbuf);
  close(small.fd);
  close(most.fd);
}

static void what_fails_leaves_nothing_open_and_says_why(void **state) {
  (void)state;
  tg_link_udp_socket_t first = open_at("127.0.0.1", BUFFER), second = {.fd = -1};
  tg_link_udp_addr_t taken = address("127.0.0.1", first.port), foreign = address("192.0.2.1", 0);
  int next = dup(first.fd); /* the lowest number that is free */
  close(next);
  check_rc(tg_link_udp_socket_open(&taken, BUFFER, &second), TG_E_IO);
  check_int(errno, EADDRINUSE);
  check_rc(tg_link_udp_socket_open(&foreign, BUFFER, &second), TG_E_IO);
  check_int(errno, EADDRNOTAVAIL);
  int again = dup(first.fd);
  check_int(again, next);
  close(again);
  close(first.fd);
}

static void counts_what_had_no_room(void **state) {
  (void)state;
  tg_link_udp_socket_t opened = open_at("127.0.0.1", BUFFER);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(opened.port)};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  unsigned taken = 0;
  char byte;
  check_int(inet_pton(AF_INET, "127.0.0.1", &to.sin_addr), 1);
  check_int(tg_link_udp_socket_drops(opened.fd), 0);
  for (int i = 0; i < MANY; i++) check_int(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to), 1);
  uint32_t drops = tg_link_udp_socket_drops(opened.fd);
  while (recv(opened.fd, &byte, 1, 0) == 1) taken++;
  check_true(taken > 0 && taken < MANY);
  if (drops) check_int(drops + taken, MANY); /* 0 where the kernel does not tell */
  check_int(tg_link_udp_socket_drops(-1), 0);
  close(fd);
  close(opened.fd);
}

CHECK_SUITE(wildcards_are_known, is_bound_and_does_not_block, tells_the_buffer_that_was_given,
            what_fails_leaves_nothing_open_and_says_why, counts_what_had_no_room)
