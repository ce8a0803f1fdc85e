/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/base/spare_test.c: mirrors core/base/spare.c. The process's own limit of descriptors is made small. */

#include "core/base/spare.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/check.h"

enum { CLIENTS = 5, ROOM = 24 };

static struct rlimit before;
static int taken[256];
static size_t taken_count;

static int set_up(void **state) {
  (void)state;
  struct rlimit few;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  few = before;
  few.rlim_cur = ROOM + 8;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  taken_count = 0;
  return 0;
}

static void take_all(void) {
  int fd;
  while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0) taken[taken_count++] = fd;
  check_int(errno, EMFILE);
}

static void give(size_t count) {
  while (count-- && taken_count) (void)close(taken[--taken_count]);
}

static int tear_down(void **state) {
  (void)state;
  give(taken_count);
  return setrlimit(RLIMIT_NOFILE, &before);
}

static int listen_somewhere(struct sockaddr_in *at) {
  socklen_t len = sizeof *at;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  assert_int_equal(bind(fd, (const struct sockaddr *)at, sizeof *at), 0);
  assert_int_equal(listen(fd, 16), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)at, &len), 0);
  return fd;
}

static int connect_to(const struct sockaddr_in *at) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (const struct sockaddr *)at, sizeof *at), 0);
  return fd;
}

static bool is_readable(int fd) {
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
  return poll(&poll_fd, 1, 0) == 1;
}

static void with_room_there_is_nothing_to_refuse(void **state) {
  (void)state;
  tg_spare_t spare = {.fd = -1};
  struct sockaddr_in at;
  int listener = listen_somewhere(&at), client = connect_to(&at);
  tg_spare_init(&spare);
  check_true(spare.fd >= 0);
  check_false(tg_spare_is_last(&spare));
  check_true(tg_spare_refuse(&spare, listener));
  check_true(is_readable(listener)); /* it still waits */
  tg_spare_fini(&spare);
  tg_spare_fini(&spare);
  check_int(spare.fd, -1);
  (void)close(client);
  (void)close(listener);
}

static void without_room_all_that_wait_are_told(void **state) {
  (void)state;
  tg_spare_t spare = {.fd = -1};
  struct sockaddr_in at;
  int listener = listen_somewhere(&at), clients[CLIENTS];
  for (size_t i = 0; i < CLIENTS; i++) clients[i] = connect_to(&at);
  tg_spare_init(&spare);
  take_all();
  check_true(tg_spare_is_last(&spare));
  check_int(accept4(listener, NULL, NULL, SOCK_CLOEXEC), -1);
  check_int(errno, EMFILE);
  check_true(is_readable(listener)); /* as it would be for ever */
  check_true(tg_spare_refuse(&spare, listener));
  check_false(is_readable(listener));
  check_true(spare.fd >= 0);
  for (size_t i = 0; i < CLIENTS; i++) {
    char byte;
    assert_true(recv(clients[i], &byte, 1, 0) <= 0); /* closed, not left waiting */
    (void)close(clients[i]);
  }
  give(2);
  check_false(tg_spare_is_last(&spare));
  tg_spare_fini(&spare);
  (void)close(listener);
}

static void where_the_spare_one_is_gone_the_caller_has_to_wait(void **state) {
  (void)state;
  tg_spare_t spare = {.fd = -1};
  struct sockaddr_in at;
  int listener = listen_somewhere(&at), client = connect_to(&at);
  take_all();
  tg_spare_init(&spare);
  check_int(spare.fd, -1);
  check_true(tg_spare_is_last(&spare));
  check_false(tg_spare_refuse(&spare, listener));
  give(3);
  check_false(tg_spare_is_last(&spare));
  check_true(tg_spare_refuse(&spare, listener));
  check_true(spare.fd >= 0); /* held back again */
  take_all();
  check_true(tg_spare_refuse(&spare, listener));
  check_false(is_readable(listener));
  tg_spare_fini(&spare);
  (void)close(client);
  (void)close(listener);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(with_room_there_is_nothing_to_refuse, set_up, tear_down),
      cmocka_unit_test_setup_teardown(without_room_all_that_wait_are_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(where_the_spare_one_is_gone_the_caller_has_to_wait, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
