/* SPDX-License-Identifier: Apache-2.0 */
/* tests/system/nidd_test.c: core/link/link_nidd*.c against tg-fake-scef, over loopback. */

#include "core/base/base64.h"
#include "core/base/clock.h"
#include "tests/system/scef_bench.h"

#define DEV1 "dev1@example.com"
#define DEV2 "dev2@example.com"

static const char *const one[] = {DEV1, NULL};
static const char *const two[] = {DEV1, DEV2, NULL};
static const char *const plain[] = {"--relay", DEV1, "--relay", DEV2, NULL};

/* A bench with one ready device that has been heard, so that downlinks reach it. */
static void open_ready(scef_bench_t *bench) {
  scef_bench_open(bench, plain);
  scef_bench_open_link(bench, one);
  scef_bench_until_ready(bench, 1);
  scef_bench_uplink(bench, 0, "hello");
  scef_bench_until(bench, &bench->rx_count, 1);
}

static tg_link_nidd_stats_t stats_of(const scef_bench_t *bench) {
  tg_link_nidd_stats_t stats;
  tg_link_nidd_stats(bench->link, &stats);
  return stats;
}

static unsigned count_of(const char *text, const char *word) {
  unsigned count = 0;
  for (const char *at = text; (at = strstr(at, word)); at += strlen(word)) count++;
  return count;
}

/* How many configurations the SCEF has for us. */
static unsigned configurations(scef_bench_t *bench) {
  check_int(scef_bench_request(bench, "GET", "/3gpp-nidd/v1/tide%20gate/configurations", NULL, NULL), 200);
  return count_of(bench->answer, "\"notificationDestination\"");
}

/* The text between `"name":"` and the next quote of bench->answer. */
static void member(const scef_bench_t *bench, const char *name, char *out, size_t cap) {
  char key[64];
  snprintf(key, sizeof key, "\"%s\":\"", name);
  const char *at = strstr(bench->answer, key);
  assert_non_null(at);
  at += strlen(key);
  snprintf(out, cap, "%.*s", (int)strcspn(at, "\""), at);
}

static void check_tx(const scef_bench_t *bench, unsigned at, uint64_t handle, tg_link_tx_t tx) {
  assert_true(bench->tx_count > at);
  check_int(bench->tx[at].handle, handle);
  check_int(bench->tx[at].tx, tx);
}

static void configurations_are_created_and_devices_come_up(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open(&bench, plain);
  scef_bench_open_link(&bench, two);
  scef_bench_until_ready(&bench, 2);
  check_int(configurations(&bench), 2);
  check_int(bench.up, 2);
  check_int(stats_of(&bench).created, 2);
  check_int(bench.link->mtu, 1358);
  check_int(bench.limits, 0); /* 10864 bits are what we assumed */
  scef_bench_close(&bench);
}

static void uplinks_carry_bytes_and_identity(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open(&bench, plain);
  scef_bench_open_link(&bench, two);
  scef_bench_until_ready(&bench, 2);
  scef_bench_uplink(&bench, 1, "\x41\x02\x01\xff\xfe");
  scef_bench_until(&bench, &bench.rx_count, 1);
  assert_string_equal(bench.rx[0].from, DEV2);
  check_bytes(tg_slice(bench.rx[0].data, bench.rx[0].len), tg_slice("\x41\x02\x01\xff\xfe", 5));
  scef_bench_uplink(&bench, 0, "one");
  scef_bench_until(&bench, &bench.rx_count, 2);
  assert_string_equal(bench.rx[1].from, DEV1);
  scef_bench_close(&bench);
}

static void a_downlink_that_goes_out_at_once_is_sent(void **state) {
  (void)state;
  scef_bench_t bench;
  char got[256];
  open_ready(&bench);
  uint64_t handle = scef_bench_send(&bench, DEV1, "ack", 0, false);
  check_int(bench.tx_count, 0); /* never from inside send() */
  scef_bench_downlink(&bench, 0, got, sizeof got);
  assert_string_equal(got, "ack");
  scef_bench_until(&bench, &bench.tx_count, 1);
  check_tx(&bench, 0, handle, TG_LINK_TX_SENT);
  scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"deliveryStatus\":\"SUCCESS_ACKNOWLEDGED\"}}");
  handle = scef_bench_send(&bench, DEV1, "again", 60, true);
  scef_bench_until(&bench, &bench.tx_count, 2);
  check_tx(&bench, 1, handle, TG_LINK_TX_ACKED);
  scef_bench_close(&bench);
}

static void a_buffered_downlink_is_told_of_twice(void **state) {
  (void)state;
  scef_bench_t bench;
  char got[256];
  open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"mode\":\"buffer\"}}");
  uint64_t handle = scef_bench_send(&bench, DEV1, "read", 3600, true);
  scef_bench_until(&bench, &bench.tx_count, 1);
  check_tx(&bench, 0, handle, TG_LINK_TX_BUFFERED);
  scef_bench_control(&bench, "{\"op\":\"release\"}");
  scef_bench_downlink(&bench, 0, got, sizeof got);
  assert_string_equal(got, "read");
  scef_bench_until(&bench, &bench.tx_count, 2);
  check_tx(&bench, 1, handle, TG_LINK_TX_SENT);
  scef_bench_close(&bench);
}

static void a_delivery_that_fails_later_says_when_to_try_again(void **state) {
  (void)state;
  scef_bench_t bench;
  open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"mode\":\"buffer\",\"retryAfterMs\":600000}}");
  uint64_t handle = scef_bench_send(&bench, DEV1, "read", 3600, true);
  scef_bench_until(&bench, &bench.tx_count, 1);
  scef_bench_control(&bench, "{\"op\":\"release\",\"deliveryStatus\":\"FAILURE_TEMPORARILY_NOT_REACHABLE\"}");
  scef_bench_until(&bench, &bench.tx_count, 2);
  check_tx(&bench, 1, handle, TG_LINK_TX_FAILED);
  uint64_t in_ms = bench.tx[1].retry_at_ms - tg_loop_now(bench.loop);
  assert_in_range(in_ms, 590000, 601000);
  scef_bench_close(&bench);
}

static void a_status_that_overtakes_its_answer_is_not_lost(void **state) {
  (void)state;
  scef_bench_t bench;
  open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"mode\":\"buffer\",\"releaseAfterMs\":0}}");
  for (unsigned i = 0; i < 10; i++) {
    uint64_t handle = scef_bench_send(&bench, DEV1, "read", 3600, true);
    unsigned before = bench.tx_count;
    scef_bench_until(&bench, &bench.tx_count, before + 1);
    while (bench.tx[bench.tx_count - 1].tx != TG_LINK_TX_SENT)
      scef_bench_until(&bench, &bench.tx_count, bench.tx_count + 1);
    check_tx(&bench, bench.tx_count - 1, handle, TG_LINK_TX_SENT);
  }
  scef_bench_close(&bench);
}

/* Each row: how the SCEF refuses, and what comes of it. */
static void refusals_fail_with_the_time_that_was_said(void **state) {
  (void)state;
  static const struct {
    const char *behaviour;
    uint64_t least, most;
  } rows[] = {
      {"{\"mode\":\"refuse\",\"retryAfterMs\":600000}", 590000, 601000}, /* 500 and requestedRetransmissionTime */
      {"{\"mode\":\"refuse\",\"retryAfterMs\":-1}", 0, 0},
      {"{\"mode\":\"refuse\",\"refuseStatus\":403,\"refuseCause\":\"QUOTA_EXCEEDED\",\"retryAfterMs\":30000}", 29000,
       31000}, /* Retry-After */
      {"{\"mode\":\"refuse\",\"refuseStatus\":403,\"refuseCause\":\"RDS_PORT_UNKNOWN\",\"retryAfterMs\":-1}", 0, 0},
      {"{\"mode\":\"refuse\",\"refuseStatus\":400,\"refuseCause\":\"\\\"<&\",\"retryAfterMs\":-1}", 0, 0},
  };
  scef_bench_t bench;
  open_ready(&bench);
  for (unsigned i = 0; i < TG_COUNT(rows); i++) {
    char control[256];
    snprintf(control, sizeof control, "{\"op\":\"set\",\"behaviour\":%s}", rows[i].behaviour);
    scef_bench_control(&bench, control);
    uint64_t handle = scef_bench_send(&bench, DEV1, "x", 60, true);
    scef_bench_until(&bench, &bench.tx_count, i + 1);
    check_tx(&bench, i, handle, TG_LINK_TX_FAILED);
    uint64_t retry = bench.tx[i].retry_at_ms;
    assert_in_range(retry ? retry - tg_loop_now(bench.loop) : 0, rows[i].least, rows[i].most);
  }
  scef_bench_close(&bench);
}

static void what_expects_no_reply_is_now_or_never(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open(&bench, plain);
  scef_bench_open_link(&bench, one);
  scef_bench_until_ready(&bench, 1);
  /* The device was never heard: INDICATE_ERROR is refused, WAIT_FOR_UE is buffered. */
  uint64_t reply = scef_bench_send(&bench, DEV1, "ack", 0, false);
  scef_bench_until(&bench, &bench.tx_count, 1);
  check_tx(&bench, 0, reply, TG_LINK_TX_FAILED);
  uint64_t now = scef_bench_send(&bench, DEV1, "now", 0, true);
  scef_bench_until(&bench, &bench.tx_count, 2);
  check_tx(&bench, 1, now, TG_LINK_TX_FAILED);
  uint64_t patient = scef_bench_send(&bench, DEV1, "read", 3600, true);
  scef_bench_until(&bench, &bench.tx_count, 3);
  check_tx(&bench, 2, patient, TG_LINK_TX_BUFFERED);
  scef_bench_close(&bench);
}

static void a_cancelled_delivery_is_deleted_and_silent(void **state) {
  (void)state;
  scef_bench_t bench;
  char got[256];
  open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"mode\":\"buffer\"}}");
  uint64_t handle = scef_bench_send(&bench, DEV1, "stale", 3600, true);
  scef_bench_until(&bench, &bench.tx_count, 1);
  bench.link->ops->cancel(bench.link, handle); /* buffered */
  uint64_t flying = scef_bench_send(&bench, DEV1, "flying", 3600, true);
  tg_loop_turn(bench.loop, 0); /* its POST may be under way */
  bench.link->ops->cancel(bench.link, flying);
  bench.link->ops->cancel(bench.link, flying);
  uint64_t last = scef_bench_send(&bench, DEV1, "fresh", 3600, true);
  scef_bench_until(&bench, &bench.tx_count, 2);
  check_tx(&bench, 1, last, TG_LINK_TX_BUFFERED);
  scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"mode\":\"deliver\"}}");
  scef_bench_control(&bench, "{\"op\":\"release\"}");
  scef_bench_downlink(&bench, 0, got, sizeof got);
  assert_string_equal(got, "fresh");
  scef_bench_until(&bench, &bench.tx_count, 3);
  check_tx(&bench, 2, last, TG_LINK_TX_SENT);
  scef_bench_close(&bench);
}

static void datagrams_of_one_device_keep_their_order_and_their_bounds(void **state) {
  (void)state;
  scef_bench_t bench;
  char got[256];
  open_ready(&bench);
  for (unsigned i = 0; i < 16; i++) {
    char text[8];
    snprintf(text, sizeof text, "n%u", i);
    scef_bench_send(&bench, DEV1, text, 60, true);
  }
  tg_addr_t peer = {.len = sizeof DEV1 - 1, .b = DEV1};
  tg_link_send_t send = {.peer = &peer, .datagram = tg_slice_str("17")};
  uint64_t handle;
  check_rc(bench.link->ops->send(bench.link, &send, &handle), TG_E_FULL);
  for (unsigned i = 0; i < 16; i++) {
    char text[8];
    snprintf(text, sizeof text, "n%u", i);
    scef_bench_downlink(&bench, 0, got, sizeof got);
    assert_string_equal(got, text);
  }
  scef_bench_until(&bench, &bench.tx_count, 16);
  static uint8_t long_one[1359];
  send.datagram = tg_slice(long_one, sizeof long_one);
  check_rc(bench.link->ops->send(bench.link, &send, &handle), TG_E_TOO_LONG);
  tg_addr_t nobody = {.len = 3, .b = "a@b"};
  send.peer = &nobody;
  check_rc(bench.link->ops->send(bench.link, &send, &handle), TG_E_NOT_FOUND);
  scef_bench_close(&bench);
}

/* ---- reach ---- */

static void check_reach(const scef_bench_t *bench, tg_link_reach_t reach, unsigned before_tx) {
  check_int(bench->reach, reach);
  check_int(bench->tx_at_reach, before_tx); /* the exchange layer knows why when it hears what became of it */
}

static void a_device_whose_data_the_scef_keeps_is_held_until_it_is_delivered(void **state) {
  (void)state;
  scef_bench_t bench;
  open_ready(&bench);
  unsigned up = bench.up;
  for (unsigned i = 0; i < 2; i++) {
    scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"mode\":\"buffer\",\"retryAfterMs\":600000}}");
    scef_bench_send(&bench, DEV1, "read", 3600, true);
    scef_bench_until(&bench, &bench.tx_count, 2 * i + 1);
    check_reach(&bench, TG_LINK_HELD, 2 * i);
    assert_in_range(bench.reach_until_ms - tg_loop_now(bench.loop), 590000, 601000);
    scef_bench_control(&bench, "{\"op\":\"release\"}");
    scef_bench_until(&bench, &bench.tx_count, 2 * i + 2);
    check_reach(&bench, TG_LINK_UP, 2 * i + 1);
    check_int(bench.up, ++up);
    check_int(bench.held, i + 1);
  }
  scef_bench_close(&bench);
}

static void a_held_device_that_says_something_is_up(void **state) {
  (void)state;
  scef_bench_t bench;
  open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"mode\":\"buffer\"}}");
  scef_bench_send(&bench, DEV1, "read", 3600, true);
  scef_bench_until(&bench, &bench.held, 1);
  check_int(bench.reach_until_ms, 0);
  unsigned up = bench.up;
  scef_bench_uplink(&bench, 0, "update");
  scef_bench_until(&bench, &bench.up, up + 1);
  scef_bench_until(&bench, &bench.rx_count, 2);
  scef_bench_close(&bench);
}

/* Each row: what the SCEF does with a datagram, and whether it says that the device sleeps. */
static void only_failures_that_are_the_devices_say_that_it_sleeps(void **state) {
  (void)state;
  static const struct {
    const char *behaviour;
    const char *released_as; /* NULL: refused at once */
    unsigned held;
  } rows[] = {
      {"{\"mode\":\"refuse\"}", NULL, 1}, /* 500, TEMPORARILY_NOT_REACHABLE */
      {"{\"mode\":\"refuse\",\"refuseStatus\":403,\"refuseCause\":\"QUOTA_EXCEEDED\"}", NULL, 0},
      {"{\"mode\":\"refuse\",\"refuseStatus\":400,\"refuseCause\":\"X\"}", NULL, 0},
      {"{\"mode\":\"buffer\"}", "FAILURE_TEMPORARILY_NOT_REACHABLE", 2},
      {"{\"mode\":\"buffer\"}", "FAILURE_TIMEOUT", 2},
      {"{\"mode\":\"buffer\"}", "FAILURE_NEXT_HOP", 2},
      {"{\"mode\":\"buffer\"}", "FAILURE", 2},
      {"{\"mode\":\"buffer\"}", "FAILURE_RDS_DISABLED", 1}, /* it was held, which is over */
  };
  for (unsigned i = 0; i < TG_COUNT(rows); i++) {
    scef_bench_t bench;
    char control[256];
    open_ready(&bench);
    snprintf(control, sizeof control, "{\"op\":\"set\",\"behaviour\":%s}", rows[i].behaviour);
    scef_bench_control(&bench, control);
    scef_bench_send(&bench, DEV1, "x", 60, true);
    scef_bench_until(&bench, &bench.tx_count, 1);
    if (rows[i].released_as) {
      snprintf(control, sizeof control, "{\"op\":\"release\",\"deliveryStatus\":\"%s\"}", rows[i].released_as);
      scef_bench_control(&bench, control);
      scef_bench_until(&bench, &bench.tx_count, 2);
    }
    check_int(bench.tx[bench.tx_count - 1].tx, TG_LINK_TX_FAILED);
    if (bench.held != rows[i].held) fail_msg("row %u: held %u times, want %u", i, bench.held, rows[i].held);
    scef_bench_close(&bench);
  }
}

static void a_reply_that_does_not_reach_a_device_says_nothing_of_it(void **state) {
  (void)state;
  static const char *const modes[] = {"refuse", "buffer"};
  for (unsigned i = 0; i < TG_COUNT(modes); i++) {
    scef_bench_t bench;
    char control[96];
    open_ready(&bench);
    snprintf(control, sizeof control, "{\"op\":\"set\",\"behaviour\":{\"mode\":\"%s\"}}", modes[i]);
    scef_bench_control(&bench, control);
    scef_bench_send(&bench, DEV1, "ack", 0, false);
    scef_bench_until(&bench, &bench.tx_count, 1);
    check_int(bench.held, 0);
    check_int(bench.reach, TG_LINK_UP);
    scef_bench_close(&bench);
  }
}

static void when_all_that_was_held_is_taken_back_the_device_is_tried_again(void **state) {
  (void)state;
  scef_bench_t bench;
  open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"mode\":\"buffer\"}}");
  uint64_t first = scef_bench_send(&bench, DEV1, "one", 3600, true);
  uint64_t second = scef_bench_send(&bench, DEV1, "two", 3600, true);
  scef_bench_until(&bench, &bench.tx_count, 2);
  unsigned up = bench.up;
  bench.link->ops->cancel(bench.link, first);
  check_int(bench.up, up); /* never from inside cancel() */
  for (int i = 0; i < 10; i++) tg_loop_turn(bench.loop, 5);
  check_int(bench.up, up); /* the other one is still there */
  bench.link->ops->cancel(bench.link, second);
  check_int(bench.up, up);
  scef_bench_until(&bench, &bench.up, up + 1);
  check_int(bench.tx_count, 2);
  scef_bench_close(&bench);
}

static void a_smaller_packet_size_is_learnt(void **state) {
  (void)state;
  scef_bench_t bench;
  open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"maximumPacketSize\":160}}");
  uint64_t handle = scef_bench_send(&bench, DEV1, "twenty-one characters", 60, true);
  scef_bench_until(&bench, &bench.tx_count, 1);
  check_tx(&bench, 0, handle, TG_LINK_TX_FAILED);
  check_int(bench.limits, 1); /* told before the failure, so that the next try fits */
  check_int(bench.mtu, 20);
  handle = scef_bench_send(&bench, DEV1, "twenty characters ok", 60, true);
  scef_bench_until(&bench, &bench.tx_count, 2);
  check_tx(&bench, 1, handle, TG_LINK_TX_SENT);
  scef_bench_close(&bench);
}

static void a_vanished_configuration_is_made_anew_and_the_datagram_sent_again(void **state) {
  (void)state;
  scef_bench_t bench;
  char got[256];
  open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"drop\"}");
  uint64_t handle = scef_bench_send(&bench, DEV1, "still", 60, true);
  scef_bench_downlink(&bench, 0, got, sizeof got);
  assert_string_equal(got, "still");
  scef_bench_until(&bench, &bench.tx_count, 1);
  check_tx(&bench, 0, handle, TG_LINK_TX_SENT);
  check_int(stats_of(&bench).created, 2);
  check_int(configurations(&bench), 1);
  scef_bench_close(&bench);
}

static void a_terminated_configuration_is_made_anew(void **state) {
  (void)state;
  scef_bench_t bench;
  open_ready(&bench);
  for (unsigned i = 0; i < 3; i++) {
    scef_bench_control(&bench, "{\"op\":\"status\",\"status\":\"TERMINATED\"}");
    uint64_t end = tg_clock_mono_ms() + 10000;
    while (stats_of(&bench).created < i + 2) {
      assert_true(tg_clock_mono_ms() < end);
      tg_loop_turn(bench.loop, 20);
    }
    scef_bench_until_ready(&bench, 1);
  }
  scef_bench_uplink(&bench, 0, "again");
  scef_bench_until(&bench, &bench.rx_count, 2);
  scef_bench_close(&bench);
}

static void a_device_that_loses_its_permission_is_down(void **state) {
  (void)state;
  scef_bench_t bench;
  open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"delayMs\":50}}");
  uint64_t handle = scef_bench_send(&bench, DEV1, "in flight", 60, true);
  uint64_t queued = scef_bench_send(&bench, DEV1, "behind it", 60, true);
  scef_bench_control(&bench, "{\"op\":\"status\",\"status\":\"TERMINATED_UE_NOT_AUTHORIZED\",\"keep\":true}");
  scef_bench_until(&bench, &bench.down, 1);
  scef_bench_until(&bench, &bench.tx_count, 2);
  check_int(bench.tx[0].handle, handle);
  check_tx(&bench, 1, queued, TG_LINK_TX_FAILED);
  check_int(stats_of(&bench).ready, 0);
  tg_addr_t peer = {.len = sizeof DEV1 - 1, .b = DEV1};
  tg_link_send_t send = {.peer = &peer, .datagram = tg_slice_str("x")};
  uint64_t none;
  check_rc(bench.link->ops->send(bench.link, &send, &none), TG_E_LINK);
  scef_bench_control(&bench, "{\"op\":\"status\",\"status\":\"ACTIVE\"}");
  scef_bench_until(&bench, &bench.up, 2);
  check_int(stats_of(&bench).ready, 1);
  scef_bench_close(&bench);
}

static void test_and_unknown_notifications_are_taken_note_of(void **state) {
  (void)state;
  scef_bench_t bench;
  open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"test\"}");
  scef_bench_control(&bench, "{\"op\":\"status\",\"status\":\"RDS_PORT_UNKNOWN\"}");
  scef_bench_uplink(&bench, 0, "next"); /* notifications come in order */
  scef_bench_until(&bench, &bench.rx_count, 2);
  check_int(stats_of(&bench).refused, 0);
  check_int(stats_of(&bench).ready, 1);
  scef_bench_close(&bench);
}

static void tokens_are_fetched_cached_and_renewed_once_after_401(void **state) {
  (void)state;
  static const char *const oauth[] = {"--relay", DEV1, "--relay", DEV2, "--oauth", "me:s e/c:ret", NULL};
  for (int in_body = 0; in_body < 2; in_body++) {
    scef_bench_t bench;
    scef_bench_open(&bench, oauth);
    bench.config = (tg_link_nidd_config_t){
        .token_url = bench.token_url, .client_id = "me", .client_secret = "s e/c:ret", .secret_in_body = in_body == 1};
    scef_bench_open_link(&bench, two);
    scef_bench_until_ready(&bench, 2);
    scef_bench_uplink(&bench, 0, "hello");
    scef_bench_until(&bench, &bench.rx_count, 1);
    scef_bench_control(&bench, "{\"op\":\"revoke\"}");
    uint64_t handle = scef_bench_send(&bench, DEV1, "with a new token", 60, true);
    scef_bench_until(&bench, &bench.tx_count, 1);
    check_tx(&bench, 0, handle, TG_LINK_TX_SENT);
    scef_bench_close(&bench);
  }
}

static void wrong_credentials_make_nothing_ready_and_no_storm(void **state) {
  (void)state;
  static const char *const oauth[] = {"--relay", DEV1, "--oauth", "me:secret", NULL};
  scef_bench_t bench;
  scef_bench_open(&bench, oauth);
  bench.config = (tg_link_nidd_config_t){.token_url = bench.token_url, .client_id = "me", .client_secret = "wrong"};
  scef_bench_open_link(&bench, one);
  uint64_t end = tg_clock_mono_ms() + 300;
  while (tg_clock_mono_ms() < end) tg_loop_turn(bench.loop, 20);
  check_int(stats_of(&bench).ready, 0);
  scef_bench_close(&bench);
}

static void an_overloaded_scef_is_left_alone_and_then_served(void **state) {
  (void)state;
  scef_bench_t bench;
  char got[256];
  open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"fail\",\"status\":503,\"count\":3}");
  uint64_t handle = scef_bench_send(&bench, DEV1, "patient", 60, true);
  scef_bench_downlink(&bench, 0, got, sizeof got);
  assert_string_equal(got, "patient");
  scef_bench_until(&bench, &bench.tx_count, 1);
  check_tx(&bench, 0, handle, TG_LINK_TX_SENT);
  scef_bench_control(&bench, "{\"op\":\"fail\",\"status\":429,\"count\":1,\"retryAfter\":120}");
  handle = scef_bench_send(&bench, DEV1, "impatient", 0, false); /* thirty seconds */
  scef_bench_until(&bench, &bench.tx_count, 2);
  check_tx(&bench, 1, handle, TG_LINK_TX_FAILED);
  assert_in_range(bench.tx[1].retry_at_ms - tg_loop_now(bench.loop), 118000, 121000);
  scef_bench_close(&bench);
}

static void the_start_survives_an_scef_that_fails_at_first(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open(&bench, plain);
  scef_bench_control(&bench, "{\"op\":\"fail\",\"status\":503,\"count\":4}");
  scef_bench_open_link(&bench, two);
  scef_bench_until_ready(&bench, 2);
  check_int(configurations(&bench), 2);
  scef_bench_close(&bench);
}

static void a_short_configuration_is_renewed_before_it_ends(void **state) {
  (void)state;
  for (int no_content = 0; no_content < 2; no_content++) {
    scef_bench_t bench;
    scef_bench_open(&bench, plain);
    if (no_content) scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"noContent\":true}}");
    bench.config = (tg_link_nidd_config_t){.duration_s = 2};
    scef_bench_open_link(&bench, one);
    scef_bench_until_ready(&bench, 1);
    uint64_t end = tg_clock_mono_ms() + 10000;
    while (stats_of(&bench).renewed < 2) {
      assert_true(tg_clock_mono_ms() < end);
      tg_loop_turn(bench.loop, 20);
    }
    scef_bench_until_ready(&bench, 1);
    check_int(stats_of(&bench).created, 1);
    check_int(configurations(&bench), 1);
    scef_bench_close(&bench);
  }
}

static void a_restart_finds_the_configurations_again(void **state) {
  (void)state;
  scef_bench_t bench;
  open_ready(&bench);
  scef_bench_close_link(&bench); /* another port, so another destination: found by the remembered resource */
  scef_bench_open_link(&bench, two);
  scef_bench_until_ready(&bench, 2);
  check_int(stats_of(&bench).adopted, 1);
  check_int(stats_of(&bench).created, 1);
  check_int(configurations(&bench), 2);
  scef_bench_uplink(&bench, 0, "to the new port");
  scef_bench_until(&bench, &bench.rx_count, 1);
  scef_bench_close(&bench);
}

/* The process before died with datagrams at the SCEF: their answers find nobody, and they must not come behind what is sent now. */
static void what_an_earlier_process_left_at_the_scef_is_taken_back(void **state) {
  (void)state;
  scef_bench_t bench;
  char got[256];
  open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"mode\":\"buffer\",\"modeCount\":2}}");
  scef_bench_send(&bench, DEV1, "stale", 3600, true);
  scef_bench_send(&bench, DEV1, "staler", 3600, true);
  scef_bench_until(&bench, &bench.tx_count, 2);
  scef_bench_close_link(&bench);
  scef_bench_open_link(&bench, one);
  uint64_t handle = scef_bench_send(&bench, DEV1, "fresh", 3600, true);
  scef_bench_until(&bench, &bench.tx_count, 1);
  check_tx(&bench, 0, handle, TG_LINK_TX_SENT);
  scef_bench_control(&bench, "{\"op\":\"release\"}"); /* nothing is held any more */
  scef_bench_send(&bench, DEV1, "last", 3600, true);
  scef_bench_downlink(&bench, 0, got, sizeof got);
  assert_string_equal(got, "fresh");
  scef_bench_downlink(&bench, 0, got, sizeof got);
  assert_string_equal(got, "last");
  check_int(stats_of(&bench).adopted, 1);
  scef_bench_close(&bench);
}

/* An SCEF that can't list deliveries is none the worse for it. */
static void an_scef_that_does_not_tell_what_it_holds_is_served_all_the_same(void **state) {
  (void)state;
  scef_bench_t bench;
  char got[256];
  open_ready(&bench);
  scef_bench_close_link(&bench);
  scef_bench_open_link(&bench, one);
  scef_bench_send(&bench, DEV1, "fresh", 3600, true);
  scef_bench_control(&bench, "{\"op\":\"drop\"}"); /* 404 for everything that was there */
  scef_bench_downlink(&bench, 0, got, sizeof got);
  assert_string_equal(got, "fresh");
  scef_bench_close(&bench);
}

static void without_memory_configurations_are_found_by_their_destination(void **state) {
  (void)state;
  scef_bench_t bench;
  char url[64];
  char before[256];
  char after[256];
  open_ready(&bench);
  unsigned port = tg_link_nidd_port(bench.link);
  snprintf(url, sizeof url, "http://127.0.0.1:%u/t8/nidd", port);
  configurations(&bench);
  member(&bench, "notificationDestination", before, sizeof before);
  scef_bench_close_link(&bench);
  memset(bench.kept, 0, sizeof bench.kept);
  bench.config.notify_url = url; /* as behind a proxy: the same URL whatever port we listen on */
  bench.config.listen.port = (uint16_t)port;
  scef_bench_open_link(&bench, one);
  scef_bench_until_ready(&bench, 1);
  check_int(stats_of(&bench).adopted, 1);
  check_int(stats_of(&bench).created, 0);
  check_int(configurations(&bench), 1);
  member(&bench, "notificationDestination", after, sizeof after);
  assert_string_not_equal(before, after); /* the old path was lost, a new one is in force */
  scef_bench_uplink(&bench, 0, "to the new path");
  scef_bench_until(&bench, &bench.rx_count, 1);
  scef_bench_close(&bench);
}

static void devices_come_and_go_while_the_link_runs(void **state) {
  (void)state;
  scef_bench_t bench;
  open_ready(&bench);
  check_rc(tg_link_nidd_add_device(bench.link, tg_slice_str(DEV2)), TG_OK);
  check_rc(tg_link_nidd_add_device(bench.link, tg_slice_str(DEV2)), TG_E_EXISTS);
  check_rc(tg_link_nidd_add_device(bench.link, tg_slice_str("two@@ats")), TG_E_SYNTAX);
  scef_bench_until_ready(&bench, 2);
  scef_bench_uplink(&bench, 1, "me too");
  scef_bench_until(&bench, &bench.rx_count, 2);
  scef_bench_send(&bench, DEV1, "never told of", 60, true);
  check_rc(tg_link_nidd_del_device(bench.link, tg_slice_str(DEV1)), TG_OK);
  check_rc(tg_link_nidd_del_device(bench.link, tg_slice_str(DEV1)), TG_E_NOT_FOUND);
  uint64_t end = tg_clock_mono_ms() + 10000;
  while (configurations(&bench) != 1) assert_true(tg_clock_mono_ms() < end);
  check_int(bench.tx_count, 0);
  check_int(stats_of(&bench).devices, 1);
  scef_bench_close(&bench);
}

static void duplicates_are_handed_up_and_losses_are_not_invented(void **state) {
  (void)state;
  scef_bench_t bench;
  open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"set\",\"behaviour\":{\"duplicateUplink\":true}}");
  scef_bench_uplink(&bench, 0, "twice");
  scef_bench_until(&bench, &bench.rx_count, 3); /* the exchange layer tells duplicates */
  check_bytes(tg_slice(bench.rx[1].data, bench.rx[1].len), tg_slice_str("twice"));
  check_bytes(tg_slice(bench.rx[2].data, bench.rx[2].len), tg_slice_str("twice"));
  scef_bench_close(&bench);
}

static void a_held_notification_is_answered_when_it_is_released(void **state) {
  (void)state;
  scef_bench_t bench;
  open_ready(&bench);
  bench.hold = true;
  scef_bench_uplink(&bench, 0, "durable");
  scef_bench_until(&bench, &bench.rx_count, 2);
  uint64_t first = bench.ticket;
  scef_bench_uplink(&bench, 0, "behind"); /* comes only after the answer */
  for (int i = 0; i < 10; i++) tg_loop_turn(bench.loop, 10);
  check_int(bench.rx_count, 2);
  tg_link_nidd_release(bench.link, first, TG_E_STORE); /* not kept: the SCEF sends it again */
  scef_bench_until(&bench, &bench.rx_count, 3);
  check_bytes(tg_slice(bench.rx[2].data, bench.rx[2].len), tg_slice_str("durable"));
  bench.hold = false;
  tg_link_nidd_release(bench.link, bench.ticket, TG_OK);
  tg_link_nidd_release(bench.link, bench.ticket, TG_OK); /* stale: ignored */
  scef_bench_until(&bench, &bench.rx_count, 4);
  check_bytes(tg_slice(bench.rx[3].data, bench.rx[3].len), tg_slice_str("behind"));
  scef_bench_close(&bench);
}

/* What a stranger, or a broken SCEF, may post: status, and nothing reaches the exchange layer. CONF and PATH are put in. */
static void spoofed_and_broken_notifications_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *method, *path, *type, *body;
    int status;
  } rows[] = {
      {"POST", "PATH", "application/json", "not json", 400},
      {"POST", "PATH", "application/json", "", 400},
      {"POST", "PATH", "application/json", "[]", 400},
      {"POST", "PATH", "application/json", "{}", 400},
      {"POST", "PATH", "text/plain", "{}", 415},
      {"POST", "PATH", NULL, NULL, 415},
      {"GET", "PATH", NULL, NULL, 405},
      {"POST", "/t8/nidd/00000000000000000000000000000000", "application/json", "{}", 404},
      {"POST", "/t8/nidd/", "application/json", "{}", 404},
      {"POST", "/t8/nidd", "application/json", "{}", 404},
      {"POST", "/", "application/json", "{}", 404},
      {"POST", "PATH", "application/json",
       "{\"niddConfiguration\":\"https://scef/other\",\"externalId\":\"" DEV1 "\",\"data\":\"QAF9AQ==\"}", 404},
      {"POST", "PATH", "application/json", "{\"externalId\":\"" DEV1 "\",\"data\":\"QAF9AQ==\"}", 404},
      {"POST", "PATH", "application/json",
       "{\"niddConfiguration\":\"CONF\",\"externalId\":\"" DEV2 "\",\"data\":\"QAF9AQ==\"}", 404},
      {"POST", "PATH", "application/json",
       "{\"niddConfiguration\":\"CONF\",\"externalId\":\"" DEV1
       "\",\"msisdn\":\"4915112345678\",\"data\":\"QAF9AQ==\"}",
       400},
      {"POST", "PATH", "application/json",
       "{\"niddConfiguration\":\"CONF\",\"externalId\":\"" DEV1 "\",\"data\":\"QAF9AQ\"}", 400},
      {"POST", "PATH", "application/json", "{\"niddConfiguration\":\"CONF\",\"externalId\":\"" DEV1 "\",\"data\":7}",
       400},
      {"POST", "PATH", "application/json",
       "{\"niddConfiguration\":\"CONF\",\"externalId\":\"" DEV1 "\",\"status\":\"TERMINATED\",\"status\":\"ACTIVE\"}",
       400},
      {"POST", "PATH", "application/json; charset=utf-8",
       "{\"niddConfiguration\":\"https://proxied.example.net/CONFPATH\",\"externalId\":\"" DEV1
       "\",\"data\":\"QAF9AQ==\",\"more\":[1]}",
       204},
  };
  scef_bench_t bench;
  char self[256], destination[256], url[512], body[1024];
  open_ready(&bench);
  configurations(&bench);
  member(&bench, "self", self, sizeof self);
  member(&bench, "notificationDestination", destination, sizeof destination);
  for (unsigned i = 0; i < TG_COUNT(rows); i++) {
    if (strcmp(rows[i].path, "PATH") == 0) snprintf(url, sizeof url, "%s", destination);
    else snprintf(url, sizeof url, "http://127.0.0.1:%u%s", (unsigned)tg_link_nidd_port(bench.link), rows[i].path);
    const char *at = rows[i].body ? strstr(rows[i].body, "CONF") : NULL;
    bool path_only = at && strncmp(at, "CONFPATH", 8) == 0;
    if (at)
      snprintf(body, sizeof body, "%.*s%s%s", (int)(at - rows[i].body), rows[i].body,
               path_only ? self + strlen(bench.api_root) + 1 : self, at + (path_only ? 8 : 4));
    int status = scef_bench_request(&bench, rows[i].method, url, rows[i].type, at ? body : rows[i].body);
    if (status != rows[i].status) fail_msg("row %u: got %d, want %d", i, status, rows[i].status);
    check_int(bench.rx_count, rows[i].status == 204 ? 2 : 1);
  }
  check_int(stats_of(&bench).ready, 1);
  scef_bench_close(&bench);
}

static void a_configuration_that_makes_no_sense_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"nobody", NULL};
  static const tg_link_nidd_config_t rows[] = {
      {.api_root = "http://x", .scs_as_id = "a"},
      {.name = "n", .scs_as_id = "a"},
      {.name = "n", .api_root = "ftp://x", .scs_as_id = "a"},
      {.name = "n", .api_root = "http://x"},
      {.name = "n", .api_root = "http://x", .scs_as_id = "a", .notify_url = "gw:8443"},
      {.name = "n", .api_root = "http://x", .scs_as_id = "a", .token_url = "http://x/t"},
      {.name = "n", .api_root = "http://x", .scs_as_id = "a", .devices = bad, .device_count = 1},
      {.name = "n", .api_root = "http://x", .scs_as_id = "a", .http = {.tls = {.ca_file = "/nonexistent"}}},
  };
  tg_loop_t *loop = tg_loop_new();
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_diag_t diag = {0};
    tg_link_t *link = NULL;
    check_rc(tg_link_nidd_new(loop, &rows[i], &diag, &link), TG_E_CONFIG);
    assert_true(diag.message[0] != 0);
  }
  tg_loop_free(loop);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(configurations_are_created_and_devices_come_up),
      cmocka_unit_test(uplinks_carry_bytes_and_identity),
      cmocka_unit_test(a_downlink_that_goes_out_at_once_is_sent),
      cmocka_unit_test(a_buffered_downlink_is_told_of_twice),
      cmocka_unit_test(a_delivery_that_fails_later_says_when_to_try_again),
      cmocka_unit_test(a_status_that_overtakes_its_answer_is_not_lost),
      cmocka_unit_test(refusals_fail_with_the_time_that_was_said),
      cmocka_unit_test(what_expects_no_reply_is_now_or_never),
      cmocka_unit_test(a_cancelled_delivery_is_deleted_and_silent),
      cmocka_unit_test(datagrams_of_one_device_keep_their_order_and_their_bounds),
      cmocka_unit_test(a_device_whose_data_the_scef_keeps_is_held_until_it_is_delivered),
      cmocka_unit_test(a_held_device_that_says_something_is_up),
      cmocka_unit_test(only_failures_that_are_the_devices_say_that_it_sleeps),
      cmocka_unit_test(a_reply_that_does_not_reach_a_device_says_nothing_of_it),
      cmocka_unit_test(when_all_that_was_held_is_taken_back_the_device_is_tried_again),
      cmocka_unit_test(a_smaller_packet_size_is_learnt),
      cmocka_unit_test(a_vanished_configuration_is_made_anew_and_the_datagram_sent_again),
      cmocka_unit_test(a_terminated_configuration_is_made_anew),
      cmocka_unit_test(a_device_that_loses_its_permission_is_down),
      cmocka_unit_test(test_and_unknown_notifications_are_taken_note_of),
      cmocka_unit_test(tokens_are_fetched_cached_and_renewed_once_after_401),
      cmocka_unit_test(wrong_credentials_make_nothing_ready_and_no_storm),
      cmocka_unit_test(an_overloaded_scef_is_left_alone_and_then_served),
      cmocka_unit_test(the_start_survives_an_scef_that_fails_at_first),
      cmocka_unit_test(a_short_configuration_is_renewed_before_it_ends),
      cmocka_unit_test(a_restart_finds_the_configurations_again),
      cmocka_unit_test(what_an_earlier_process_left_at_the_scef_is_taken_back),
      cmocka_unit_test(an_scef_that_does_not_tell_what_it_holds_is_served_all_the_same),
      cmocka_unit_test(without_memory_configurations_are_found_by_their_destination),
      cmocka_unit_test(devices_come_and_go_while_the_link_runs),
      cmocka_unit_test(duplicates_are_handed_up_and_losses_are_not_invented),
      cmocka_unit_test(a_held_notification_is_answered_when_it_is_released),
      cmocka_unit_test(spoofed_and_broken_notifications_are_refused),
      cmocka_unit_test(a_configuration_that_makes_no_sense_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
