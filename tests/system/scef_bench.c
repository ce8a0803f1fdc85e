/* SPDX-License-Identifier: Apache-2.0 */
/* See scef_bench.h. */

#include "tests/system/scef_bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"

enum { GIVE_UP_MS = 10000, ARGS = 32 };

const char *const scef_bench_plain[] = {"--relay", SCEF_DEV1, "--relay", SCEF_DEV2, NULL};
const char *const scef_bench_one[] = {SCEF_DEV1, NULL};
const char *const scef_bench_two[] = {SCEF_DEV1, SCEF_DEV2, NULL};

static void read_line(const scef_bench_t *bench, char *line, size_t cap) {
  size_t len = 0;
  for (char byte = 0; byte != '\n' && len + 1 < cap;) {
    struct pollfd fd = {.fd = bench->out, .events = POLLIN};
    assert_int_equal(poll(&fd, 1, GIVE_UP_MS), 1);
    assert_int_equal(read(bench->out, &byte, 1), 1);
    line[len++] = byte;
  }
  line[len] = 0;
}

static void start_scef(scef_bench_t *bench, const char *const options[]) {
  char *args[ARGS] = {(char *)(uintptr_t) "tg-fake-scef"};
  size_t relays = 0;
  for (size_t i = 0; options[i]; i++) {
    args[i + 1] = (char *)(uintptr_t)options[i];
    if (strcmp(options[i], "--relay") == 0) relays++;
  }
  const char *log = getenv("TG_SCEF_LOG"); /* for tests/interop/t8/validate.mjs */
  size_t used = 1;
  while (args[used]) used++;
  if (log) {
    args[used++] = (char *)(uintptr_t) "--log";
    args[used] = (char *)(uintptr_t)log;
  }
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  bench->pid = fork();
  assert_true(bench->pid >= 0);
  if (bench->pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nothing behind */
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    execv(TG_FAKE_SCEF, args);
    _exit(127);
  }
  close(ends[1]);
  bench->out = ends[0];
  char line[256];
  read_line(bench, line, sizeof line);
  unsigned port;
  assert_int_equal(sscanf(line, "listening http=%u", &port), 1);
  bench->http_port = (uint16_t)port;
  for (size_t i = 0; i < relays; i++) {
    read_line(bench, line, sizeof line);
    assert_int_equal(sscanf(line, "relay externalId=%*s port=%u", &port), 1);
    bench->relay_port[i] = (uint16_t)port;
  }
}

void scef_bench_open(scef_bench_t *bench, const char *const options[]) {
  *bench = (scef_bench_t){.pid = -1};
  for (size_t i = 0; i < SCEF_DEVICES; i++) bench->udp[i] = -1;
  start_scef(bench, options);
  bench->loop = tg_loop_new();
  bench->http = tg_http_client_new(bench->loop, &(tg_http_client_config_t){.timeout_ms = 5000});
  assert_non_null(bench->http);
  snprintf(bench->api_root, sizeof bench->api_root, "http://127.0.0.1:%u", (unsigned)bench->http_port);
  snprintf(bench->token_url, sizeof bench->token_url, "%s/oauth2/token", bench->api_root);
}

/* ---- the link ---- */

static void on_rx(void *ud, tg_link_t *link, const tg_addr_t *peer, tg_slice_t datagram) {
  scef_bench_t *bench = ud;
  scef_rx_t *rx = &bench->rx[bench->rx_count++ % SCEF_NEWS];
  snprintf(rx->from, sizeof rx->from, "%.*s", (int)peer->len, (const char *)peer->b);
  rx->len = datagram.len < sizeof rx->data ? datagram.len : sizeof rx->data;
  if (rx->len) memcpy(rx->data, datagram.p, rx->len);
  if (bench->hold) bench->ticket = tg_link_nidd_hold(link);
}

static void on_tx(void *ud, tg_link_t *link, uint64_t handle, tg_link_tx_t tx, uint64_t retry_at_ms) {
  (void)link;
  scef_bench_t *bench = ud;
  bench->tx[bench->tx_count++ % SCEF_NEWS] = (scef_tx_t){handle, tx, retry_at_ms};
}

static void on_reach(void *ud, tg_link_t *link, const tg_addr_t *peer, tg_link_reach_t reach, uint64_t until_ms) {
  (void)link;
  (void)peer;
  scef_bench_t *bench = ud;
  if (reach == TG_LINK_UP) bench->up++;
  if (reach == TG_LINK_DOWN) bench->down++;
  if (reach == TG_LINK_HELD) bench->held++;
  bench->reach = reach;
  bench->reach_until_ms = until_ms;
  bench->tx_at_reach = bench->tx_count;
}

static void on_limits(void *ud, tg_link_t *link, const tg_addr_t *peer, size_t mtu) {
  (void)link;
  (void)peer;
  scef_bench_t *bench = ud;
  bench->limits++;
  bench->mtu = mtu;
}

static const tg_link_events_t events = {.rx = on_rx, .tx = on_tx, .reach = on_reach, .limits = on_limits};

static scef_kept_t *find_kept(scef_bench_t *bench, tg_slice_t key) {
  for (size_t i = 0; i < SCEF_KEPT; i++) {
    if (tg_slice_is(key, bench->kept[i].key)) return &bench->kept[i];
  }
  return NULL;
}

static tg_rc_t on_load(void *ud, tg_slice_t key, tg_buf_t *value) {
  const scef_kept_t *kept = find_kept(ud, key);
  if (!kept) return TG_E_NOT_FOUND;
  tg_buf_put_str(value, kept->value);
  return TG_OK;
}

static void on_save(void *ud, tg_slice_t key, tg_slice_t value) {
  scef_kept_t *kept = find_kept(ud, key);
  if (!kept) kept = find_kept(ud, tg_slice_str("")); /* a free one */
  assert_non_null(kept);
  snprintf(kept->key, sizeof kept->key, "%.*s", value.len ? (int)key.len : 0, (const char *)key.p);
  snprintf(kept->value, sizeof kept->value, "%.*s", (int)value.len, (const char *)value.p);
}

void scef_bench_open_link(scef_bench_t *bench, const char *const devices[]) {
  tg_link_nidd_config_t *config = &bench->config;
  config->name = "nb";
  config->api_root = bench->api_root;
  config->scs_as_id = "tide gate"; /* a segment that must be percent-encoded */
  config->memory = (tg_link_nidd_memory_t){.load = on_load, .save = on_save, .ud = bench};
  config->devices = devices;
  config->device_count = 0;
  while (devices[config->device_count]) config->device_count++;
  if (!config->backoff_ms) config->backoff_ms = 20;
  if (!config->backoff_max_ms) config->backoff_max_ms = 100;
  tg_diag_t diag = {0};
  check_rc(tg_link_nidd_new(bench->loop, config, &diag, &bench->link), TG_OK);
  tg_link_attach(bench->link, &events, bench);
}

void scef_bench_open_ready(scef_bench_t *bench) {
  scef_bench_open(bench, scef_bench_plain);
  scef_bench_open_link(bench, scef_bench_one);
  scef_bench_until_ready(bench, 1);
  scef_bench_uplink(bench, 0, "hello");
  scef_bench_until(bench, &bench->rx_count, 1);
}

void scef_bench_close_link(scef_bench_t *bench) {
  if (bench->link) bench->link->ops->close(bench->link);
  bench->link = NULL;
  bench->rx_count = bench->tx_count = bench->up = bench->down = bench->limits = 0;
}

void scef_bench_close(scef_bench_t *bench) {
  scef_bench_close_link(bench);
  tg_http_client_free(bench->http);
  tg_loop_free(bench->loop);
  for (size_t i = 0; i < SCEF_DEVICES; i++) {
    if (bench->udp[i] >= 0) close(bench->udp[i]);
  }
  int status = 0;
  kill(bench->pid, SIGTERM);
  assert_int_equal(waitpid(bench->pid, &status, 0), bench->pid);
  close(bench->out);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- turning ---- */

static void turn(scef_bench_t *bench, uint64_t end, const char *waiting_for) {
  if (tg_clock_mono_ms() >= end) fail_msg("nothing came: %s", waiting_for);
  tg_loop_turn(bench->loop, 20);
}

void scef_bench_until(scef_bench_t *bench, const unsigned *count, unsigned want) {
  uint64_t end = tg_clock_mono_ms() + GIVE_UP_MS;
  while (*count < want) turn(bench, end, "count");
}

tg_link_nidd_stats_t scef_bench_stats(const scef_bench_t *bench) {
  tg_link_nidd_stats_t stats;
  tg_link_nidd_stats(bench->link, &stats);
  return stats;
}

void scef_bench_until_ready(scef_bench_t *bench, uint32_t want) {
  uint64_t end = tg_clock_mono_ms() + GIVE_UP_MS;
  while (scef_bench_stats(bench).ready != want) turn(bench, end, "ready");
}

void scef_bench_check_tx(const scef_bench_t *bench, unsigned before, uint64_t handle, tg_link_tx_t tx) {
  assert_true(bench->tx_count > before);
  check_int(bench->tx[before].handle, handle);
  check_int(bench->tx[before].tx, tx);
}

void scef_bench_until_tx(scef_bench_t *bench, unsigned before, uint64_t handle, tg_link_tx_t tx) {
  scef_bench_until(bench, &bench->tx_count, before + 1);
  scef_bench_check_tx(bench, before, handle, tx);
}

/* ---- the SCEF and its devices ---- */

static void on_answer(void *ud, const tg_http_result_t *result) {
  scef_bench_t *bench = ud;
  bench->answered++;
  bench->status = result->rc == TG_OK ? result->status : -(int)result->rc;
  snprintf(bench->answer, sizeof bench->answer, "%.*s", (int)result->body.len, (const char *)result->body.p);
}

int scef_bench_request(scef_bench_t *bench, const char *method, const char *url, const char *type, const char *body) {
  char absolute[512];
  snprintf(absolute, sizeof absolute, "%s%s", strstr(url, "://") ? "" : bench->api_root, url);
  tg_http_request_t request = {.method = method,
                               .url = absolute,
                               .content_type = type,
                               .body = tg_slice_str(body),
                               .done = on_answer,
                               .ud = bench};
  unsigned before = bench->answered;
  check_rc(tg_http_client_send(bench->http, &request, NULL), TG_OK);
  scef_bench_until(bench, &bench->answered, before + 1);
  return bench->status;
}

void scef_bench_control(scef_bench_t *bench, const char *json) {
  int status = scef_bench_request(bench, "POST", "/control", "application/json", json);
  if (status != 200) fail_msg("control %s: %d %s", json, status, bench->answer);
}

void scef_bench_set(scef_bench_t *bench, const char *behaviour) {
  char control[256];
  snprintf(control, sizeof control, "{\"op\":\"set\",\"behaviour\":%s}", behaviour);
  scef_bench_control(bench, control);
}

unsigned scef_bench_configurations(scef_bench_t *bench) {
  static const char member[] = "\"notificationDestination\"";
  check_int(scef_bench_request(bench, "GET", "/3gpp-nidd/v1/tide%20gate/configurations", NULL, NULL), 200);
  unsigned count = 0;
  for (const char *at = bench->answer; (at = strstr(at, member)); at += strlen(member)) count++;
  return count;
}

void scef_bench_member(const scef_bench_t *bench, const char *name, char *out, size_t cap) {
  char key[64];
  snprintf(key, sizeof key, "\"%s\":\"", name);
  const char *at = strstr(bench->answer, key);
  assert_non_null(at);
  at += strlen(key);
  snprintf(out, cap, "%.*s", (int)strcspn(at, "\""), at);
}

static int socket_of(scef_bench_t *bench, unsigned device) {
  if (bench->udp[device] >= 0) return bench->udp[device];
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  assert_true(fd >= 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(bench->relay_port[device])};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  bench->udp[device] = fd;
  return fd;
}

void scef_bench_uplink(scef_bench_t *bench, unsigned device, const char *data) {
  size_t len = strlen(data);
  assert_int_equal(send(socket_of(bench, device), data, len, 0), len);
}

void scef_bench_downlink(scef_bench_t *bench, unsigned device, char *out, size_t cap) {
  uint64_t end = tg_clock_mono_ms() + GIVE_UP_MS;
  for (;;) {
    ssize_t got = recv(socket_of(bench, device), out, cap - 1, 0);
    if (got >= 0) {
      out[got] = 0;
      return;
    }
    assert_int_equal(errno, EAGAIN);
    turn(bench, end, "downlink");
  }
}

void scef_bench_check_downlink(scef_bench_t *bench, unsigned device, const char *want) {
  char got[256];
  scef_bench_downlink(bench, device, got, sizeof got);
  assert_string_equal(got, want);
}

uint64_t scef_bench_send(scef_bench_t *bench, const char *to, const char *data, uint32_t latency_s,
                         bool expects_reply) {
  tg_addr_t peer = {.len = (uint8_t)strlen(to)};
  memcpy(peer.b, to, peer.len);
  tg_link_send_t send = {
      .peer = &peer, .datagram = tg_slice_str(data), .max_latency_s = latency_s, .expects_reply = expects_reply};
  uint64_t handle = 0;
  check_rc(bench->link->ops->send(bench->link, &send, &handle), TG_OK);
  assert_true(handle != 0);
  return handle;
}
