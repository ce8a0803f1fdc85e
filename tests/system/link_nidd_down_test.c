/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/link/link_nidd_down.c against tg-fake-scef, over loopback: what becomes of a datagram to a device. */

#include "tests/system/scef_bench.h"

static void a_downlink_that_goes_out_at_once_is_sent(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  uint64_t handle = scef_bench_send(&bench, SCEF_DEV1, "ack", 0, false);
  check_int(bench.tx_count, 0); /* never from inside send() */
  scef_bench_check_downlink(&bench, 0, "ack");
  scef_bench_until_tx(&bench, 0, handle, TG_LINK_TX_SENT);
  scef_bench_set(&bench, "{\"deliveryStatus\":\"SUCCESS_ACKNOWLEDGED\"}");
  handle = scef_bench_send(&bench, SCEF_DEV1, "again", 60, true);
  scef_bench_until_tx(&bench, 1, handle, TG_LINK_TX_ACKED);
  scef_bench_close(&bench);
}

static void a_buffered_downlink_is_told_of_twice(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_set(&bench, "{\"mode\":\"buffer\"}");
  uint64_t handle = scef_bench_send(&bench, SCEF_DEV1, "read", 3600, true);
  scef_bench_until_tx(&bench, 0, handle, TG_LINK_TX_BUFFERED);
  scef_bench_control(&bench, "{\"op\":\"release\"}");
  scef_bench_check_downlink(&bench, 0, "read");
  scef_bench_until_tx(&bench, 1, handle, TG_LINK_TX_SENT);
  scef_bench_close(&bench);
}

static void a_delivery_that_fails_later_says_when_to_try_again(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_set(&bench, "{\"mode\":\"buffer\",\"retryAfterMs\":600000}");
  uint64_t handle = scef_bench_send(&bench, SCEF_DEV1, "read", 3600, true);
  scef_bench_until(&bench, &bench.tx_count, 1);
  scef_bench_control(&bench, "{\"op\":\"release\",\"deliveryStatus\":\"FAILURE_TEMPORARILY_NOT_REACHABLE\"}");
  scef_bench_until_tx(&bench, 1, handle, TG_LINK_TX_FAILED);
  uint64_t in_ms = bench.tx[1].retry_at_ms - tg_loop_now(bench.loop);
  assert_in_range(in_ms, 590000, 601000);
  scef_bench_close(&bench);
}

static void a_status_that_overtakes_its_answer_is_not_lost(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_set(&bench, "{\"mode\":\"buffer\",\"releaseAfterMs\":0}");
  for (unsigned i = 0; i < 10; i++) {
    uint64_t handle = scef_bench_send(&bench, SCEF_DEV1, "read", 3600, true);
    unsigned before = bench.tx_count;
    scef_bench_until(&bench, &bench.tx_count, before + 1);
    while (bench.tx[bench.tx_count - 1].tx != TG_LINK_TX_SENT)
      scef_bench_until(&bench, &bench.tx_count, bench.tx_count + 1);
    scef_bench_check_tx(&bench, bench.tx_count - 1, handle, TG_LINK_TX_SENT);
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
  scef_bench_open_ready(&bench);
  for (unsigned i = 0; i < TG_COUNT(rows); i++) {
    scef_bench_set(&bench, rows[i].behaviour);
    uint64_t handle = scef_bench_send(&bench, SCEF_DEV1, "x", 60, true);
    scef_bench_until_tx(&bench, i, handle, TG_LINK_TX_FAILED);
    uint64_t retry = bench.tx[i].retry_at_ms;
    assert_in_range(retry ? retry - tg_loop_now(bench.loop) : 0, rows[i].least, rows[i].most);
  }
  scef_bench_close(&bench);
}

static void what_expects_no_reply_is_now_or_never(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open(&bench, scef_bench_plain);
  scef_bench_open_link(&bench, scef_bench_one);
  scef_bench_until_ready(&bench, 1);
  /* The device was never heard: INDICATE_ERROR is refused, WAIT_FOR_UE is buffered. */
  uint64_t reply = scef_bench_send(&bench, SCEF_DEV1, "ack", 0, false);
  scef_bench_until_tx(&bench, 0, reply, TG_LINK_TX_FAILED);
  uint64_t now = scef_bench_send(&bench, SCEF_DEV1, "now", 0, true);
  scef_bench_until_tx(&bench, 1, now, TG_LINK_TX_FAILED);
  uint64_t patient = scef_bench_send(&bench, SCEF_DEV1, "read", 3600, true);
  scef_bench_until_tx(&bench, 2, patient, TG_LINK_TX_BUFFERED);
  scef_bench_close(&bench);
}

static void a_cancelled_delivery_is_deleted_and_silent(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_set(&bench, "{\"mode\":\"buffer\"}");
  uint64_t handle = scef_bench_send(&bench, SCEF_DEV1, "stale", 3600, true);
  scef_bench_until(&bench, &bench.tx_count, 1);
  bench.link->ops->cancel(bench.link, handle); /* buffered */
  uint64_t flying = scef_bench_send(&bench, SCEF_DEV1, "flying", 3600, true);
  tg_loop_turn(bench.loop, 0); /* its POST may be under way */
  bench.link->ops->cancel(bench.link, flying);
  bench.link->ops->cancel(bench.link, flying);
  uint64_t last = scef_bench_send(&bench, SCEF_DEV1, "fresh", 3600, true);
  scef_bench_until_tx(&bench, 1, last, TG_LINK_TX_BUFFERED);
  scef_bench_set(&bench, "{\"mode\":\"deliver\"}");
  scef_bench_control(&bench, "{\"op\":\"release\"}");
  scef_bench_check_downlink(&bench, 0, "fresh");
  scef_bench_until_tx(&bench, 2, last, TG_LINK_TX_SENT);
  scef_bench_close(&bench);
}

static void datagrams_of_one_device_keep_their_order_and_their_bounds(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  for (unsigned i = 0; i < 16; i++) {
    char text[8];
    snprintf(text, sizeof text, "n%u", i);
    scef_bench_send(&bench, SCEF_DEV1, text, 60, true);
  }
  tg_addr_t peer = {.len = sizeof SCEF_DEV1 - 1, .b = SCEF_DEV1};
  tg_link_send_t send = {.peer = &peer, .datagram = tg_slice_str("17")};
  uint64_t handle;
  check_rc(bench.link->ops->send(bench.link, &send, &handle), TG_E_FULL);
  for (unsigned i = 0; i < 16; i++) {
    char text[8];
    snprintf(text, sizeof text, "n%u", i);
    scef_bench_check_downlink(&bench, 0, text);
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

static void a_smaller_packet_size_is_learnt(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_set(&bench, "{\"maximumPacketSize\":160}");
  uint64_t handle = scef_bench_send(&bench, SCEF_DEV1, "twenty-one characters", 60, true);
  scef_bench_until_tx(&bench, 0, handle, TG_LINK_TX_FAILED);
  check_int(bench.limits, 1); /* told before the failure, so that the next try fits */
  check_int(bench.mtu, 20);
  handle = scef_bench_send(&bench, SCEF_DEV1, "twenty characters ok", 60, true);
  scef_bench_until_tx(&bench, 1, handle, TG_LINK_TX_SENT);
  scef_bench_close(&bench);
}

static void a_vanished_configuration_is_made_anew_and_the_datagram_sent_again(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"drop\"}");
  uint64_t handle = scef_bench_send(&bench, SCEF_DEV1, "still", 60, true);
  scef_bench_check_downlink(&bench, 0, "still");
  scef_bench_until_tx(&bench, 0, handle, TG_LINK_TX_SENT);
  check_int(scef_bench_stats(&bench).created, 2);
  check_int(scef_bench_configurations(&bench), 1);
  scef_bench_close(&bench);
}

static void an_overloaded_scef_is_left_alone_and_then_served(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"fail\",\"status\":503,\"count\":3}");
  uint64_t handle = scef_bench_send(&bench, SCEF_DEV1, "patient", 60, true);
  scef_bench_check_downlink(&bench, 0, "patient");
  scef_bench_until_tx(&bench, 0, handle, TG_LINK_TX_SENT);
  scef_bench_control(&bench, "{\"op\":\"fail\",\"status\":429,\"count\":1,\"retryAfter\":120}");
  handle = scef_bench_send(&bench, SCEF_DEV1, "impatient", 0, false); /* thirty seconds */
  scef_bench_until_tx(&bench, 1, handle, TG_LINK_TX_FAILED);
  assert_in_range(bench.tx[1].retry_at_ms - tg_loop_now(bench.loop), 118000, 121000);
  scef_bench_close(&bench);
}

static void check_reach(const scef_bench_t *bench, tg_link_reach_t reach, unsigned before_tx) {
  check_int(bench->reach, reach);
  check_int(bench->tx_at_reach, before_tx); /* the exchange layer knows why when it hears what became of it */
}

static void a_device_whose_data_the_scef_keeps_is_held_until_it_is_delivered(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  unsigned up = bench.up;
  for (unsigned i = 0; i < 2; i++) {
    scef_bench_set(&bench, "{\"mode\":\"buffer\",\"retryAfterMs\":600000}");
    scef_bench_send(&bench, SCEF_DEV1, "read", 3600, true);
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
  scef_bench_open_ready(&bench);
  scef_bench_set(&bench, "{\"mode\":\"buffer\"}");
  scef_bench_send(&bench, SCEF_DEV1, "read", 3600, true);
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
    scef_bench_open_ready(&bench);
    scef_bench_set(&bench, rows[i].behaviour);
    scef_bench_send(&bench, SCEF_DEV1, "x", 60, true);
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
  static const char *const modes[] = {"{\"mode\":\"refuse\"}", "{\"mode\":\"buffer\"}"};
  for (unsigned i = 0; i < TG_COUNT(modes); i++) {
    scef_bench_t bench;
    scef_bench_open_ready(&bench);
    scef_bench_set(&bench, modes[i]);
    scef_bench_send(&bench, SCEF_DEV1, "ack", 0, false);
    scef_bench_until(&bench, &bench.tx_count, 1);
    check_int(bench.held, 0);
    check_int(bench.reach, TG_LINK_UP);
    scef_bench_close(&bench);
  }
}

static void when_all_that_was_held_is_taken_back_the_device_is_tried_again(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_set(&bench, "{\"mode\":\"buffer\"}");
  uint64_t first = scef_bench_send(&bench, SCEF_DEV1, "one", 3600, true);
  uint64_t second = scef_bench_send(&bench, SCEF_DEV1, "two", 3600, true);
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

CHECK_SUITE(a_downlink_that_goes_out_at_once_is_sent, a_buffered_downlink_is_told_of_twice,
            a_delivery_that_fails_later_says_when_to_try_again, a_status_that_overtakes_its_answer_is_not_lost,
            refusals_fail_with_the_time_that_was_said, what_expects_no_reply_is_now_or_never,
            a_cancelled_delivery_is_deleted_and_silent, datagrams_of_one_device_keep_their_order_and_their_bounds,
            a_smaller_packet_size_is_learnt, a_vanished_configuration_is_made_anew_and_the_datagram_sent_again,
            an_overloaded_scef_is_left_alone_and_then_served,
            a_device_whose_data_the_scef_keeps_is_held_until_it_is_delivered, a_held_device_that_says_something_is_up,
            only_failures_that_are_the_devices_say_that_it_sleeps,
            a_reply_that_does_not_reach_a_device_says_nothing_of_it,
            when_all_that_was_held_is_taken_back_the_device_is_tried_again)
