/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/fw_http.c and the files of core/http: devices fetch images over loopback, whole, in parts and badly. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/unit/firmware/fw_harness.h"

enum { SIZE = 250000, GIVE_UP_MS = 10000, ANSWER_MAX = SIZE + 2048 };

static fw_bench_t bench;
static tg_loop_t *loop;
static uint64_t id;
static char path[300];
static uint8_t answer[ANSWER_MAX + 1];
static size_t answer_len;

static int set_up(void **state) {
  (void)state;
  fw_bench_open(&bench, SIZE);
  loop = tg_loop_new();
  assert_non_null(loop);
  bench.config.loop = loop;
  bench.config.http_host = "127.0.0.1";
  fw_bench_kill(&bench, false); /* the next process listens */
  bench.devices[0].delivery = 0;
  bench.devices[0].protocols = 4;
  bench.devices[0].chunk = 1; /* what it fetches by itself is of no account */
  id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  fw_bench_pass(&bench, 2000);
  const char *at = strstr(bench.devices[0].uri, "/fw/");
  assert_non_null(at);
  snprintf(path, sizeof path, "%s", at);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  tg_firmware_close(bench.firmware); /* before its loop */
  bench.firmware = NULL;
  tg_loop_free(loop);
  fw_bench_close(&bench);
  return 0;
}

static int connect_to(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(tg_firmware_http_port(bench.firmware))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int rc = connect(fd, (const struct sockaddr *)&to, sizeof to);
  assert_true(fd >= 0 && (rc == 0 || errno == EINPROGRESS));
  return fd;
}

/* Sends @p request with a line that ends the connection, and collects the answer. @return its status */
static int ask(const char *request, const char *more) {
  char text[1024];
  int len = snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", request, more);
  int fd = connect_to();
  int sent = 0;
  answer_len = 0;
  for (uint64_t give_up = tg_clock_mono_ms() + GIVE_UP_MS; tg_clock_mono_ms() < give_up;) {
    tg_loop_turn(loop, 1);
    if (sent < len) {
      ssize_t put = send(fd, text + sent, (size_t)(len - sent), MSG_NOSIGNAL);
      if (put > 0) sent += (int)put;
      continue;
    }
    ssize_t got = recv(fd, answer + answer_len, ANSWER_MAX - answer_len, 0);
    if (got > 0) answer_len += (size_t)got;
    if (got == 0) break;
  }
  check_int(close(fd), 0);
  answer[answer_len] = '\0';
  check_true(answer_len > 12 && memcmp(answer, "HTTP/1.1 ", 9) == 0);
  return (int)strtol((const char *)answer + 9, NULL, 10);
}

static tg_slice_t body(void) {
  const char *at = strstr((const char *)answer, "\r\n\r\n");
  assert_non_null(at);
  return tg_slice_from(tg_slice(answer, answer_len), (size_t)(at + 4 - (const char *)answer));
}

static bool has_header(const char *line) {
  return strstr((const char *)answer, line) != NULL;
}

static int get(const char *more) {
  char request[320];
  snprintf(request, sizeof request, "GET %s", path);
  return ask(request, more);
}

static void an_image_comes_whole_and_moves_the_progress(void **state) {
  (void)state;
  assert_true(strncmp(bench.devices[0].uri, "http://127.0.0.1:", 17) == 0);
  check_int(fw_bench_get(&bench, id).method, TG_FW_PULL_HTTP);
  check_int(get(""), 200);
  check_bytes(body(), tg_slice(bench.bytes, SIZE));
  check_true(has_header("Content-Length: 250000\r\n") && has_header("Accept-Ranges: bytes\r\n"));
  check_true(has_header("Content-Type: application/octet-stream\r\n") && has_header("ETag: \""));
  check_int(fw_bench_get(&bench, id).sent, SIZE);
}

static void a_part_comes_where_a_part_is_asked_for(void **state) {
  (void)state;
  check_int(get("Range: bytes=1000-1999\r\n"), 206);
  check_bytes(body(), tg_slice(bench.bytes + 1000, 1000));
  check_true(has_header("Content-Range: bytes 1000-1999/250000\r\n"));
  check_int(fw_bench_get(&bench, id).sent, 2000);
  check_int(get("Range: bytes=249000-\r\n"), 206);
  check_bytes(body(), tg_slice(bench.bytes + 249000, 1000));
  check_int(get("Range: bytes=250000-\r\n"), 416);
  check_true(has_header("Content-Range: bytes */250000\r\n"));
  check_int(body().len, 0);
  check_int(get("Range: bytes=1-2,5-6\r\n"), 200); /* several: all of it */
  check_int(body().len, SIZE);
}

static void a_part_of_another_state_is_none(void **state) {
  (void)state;
  char line[128], etag[80];
  check_int(get("Range: bytes=0-9\r\n"), 206);
  const char *at = strstr((const char *)answer, "ETag: ");
  assert_non_null(at);
  snprintf(etag, sizeof etag, "%.66s", at + 6);
  snprintf(line, sizeof line, "Range: bytes=0-9\r\nIf-Range: %s\r\n", etag);
  check_int(get(line), 206);
  check_int(get("Range: bytes=0-9\r\nIf-Range: \"other\"\r\n"), 200);
  check_int(body().len, SIZE);
}

static void the_head_alone_says_how_long_it_is(void **state) {
  (void)state;
  char request[320];
  snprintf(request, sizeof request, "HEAD %s", path);
  check_int(ask(request, ""), 200);
  check_true(has_header("Content-Length: 250000\r\n"));
  check_int(body().len, 0);
  check_true(fw_bench_get(&bench, id).sent < 1000); /* nothing was fetched */
}

static void what_is_not_there_is_not_found(void **state) {
  (void)state;
  char request[320];
  check_int(ask("GET /", ""), 404);
  check_int(ask("GET /fw/1.00", ""), 404);
  check_int(ask("GET /fw/../../etc/passwd", ""), 404);
  snprintf(request, sizeof request, "DELETE %s", path);
  check_int(ask(request, ""), 405);
  check_true(has_header("Allow: GET, HEAD\r\n"));
  check_rc(tg_firmware_cancel(bench.firmware, id), TG_OK);
  check_int(get(""), 404); /* it is over */
}

static void a_client_that_goes_in_the_middle_harms_nobody(void **state) {
  (void)state;
  char text[400];
  int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
  for (int i = 0; i < 20; i++) {
    int fd = connect_to();
    for (int turn = 0; turn < 5; turn++) tg_loop_turn(loop, 1);
    check_int(send(fd, text, (size_t)len, MSG_NOSIGNAL), len);
    for (int turn = 0; turn < 3; turn++) tg_loop_turn(loop, 1);
    uint8_t some[100];
    (void)!recv(fd, some, sizeof some, 0);
    check_int(close(fd), 0);
  }
  for (int turn = 0; turn < 20; turn++) tg_loop_turn(loop, 1);
  check_int(get(""), 200);
  check_bytes(body(), tg_slice(bench.bytes, SIZE));
}

int main(void) {
  static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
      T(an_image_comes_whole_and_moves_the_progress),
      T(a_part_comes_where_a_part_is_asked_for),
      T(a_part_of_another_state_is_none),
      T(the_head_alone_says_how_long_it_is),
      T(what_is_not_there_is_not_found),
      T(a_client_that_goes_in_the_middle_harms_nobody),
  };
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
