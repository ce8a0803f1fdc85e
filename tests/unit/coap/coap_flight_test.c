/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_flight_test.c: mirrors core/coap/coap_flight.c. */

#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

static void retransmissions_back_off_with_a_random_factor(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  char first[WIRE_TEXT];
  uint64_t at[6] = {0}, start = tg_wheel_now(wire->wheel);
  size_t sent = 0;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  strcpy(first, wire_out(wire));
  at[sent++] = start;
  while (!wire->dones) {
    wire_wait(wire, 10);
    const char *out = wire_out(wire);
    if (!*out) continue;
    assert_string_equal(out, first); /* the same bytes */
    assert_true(sent < TG_COUNT(at));
    at[sent++] = tg_wheel_now(wire->wheel);
  }
  check_int(sent, 5);
  check_rc(wire->result.rc, TG_E_TIMEOUT);
  uint64_t interval = at[1] - at[0];
  check_true(interval >= 2000 && interval <= 3010);
  for (size_t i = 2; i < sent; i++) {
    uint64_t next = at[i] - at[i - 1];
    check_true(next >= 2 * interval - 20 && next <= 2 * interval + 20);
    interval = next;
  }
  check_true(tg_wheel_now(wire->wheel) - start <= 93000 + 20);
  check_int(wire_stats(wire).retransmissions, 4);
  check_int(wire_stats(wire).timeouts, 1);
  wire_close(wire);
}

static void the_first_interval_differs_from_call_to_call(void **state) {
  (void)state;
  uint64_t lowest = UINT64_MAX, highest = 0;
  wire_options_t options = {.nstart = 200, .limits = {.exchanges_per_peer = 200}};
  wire_t *wire = wire_open(&options);
  for (int i = 0; i < 100; i++) {
    tg_coap_call_t call = wire_call(wire);
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  }
  while (wire_out_bytes(wire)) continue;
  for (uint64_t ms = 0; ms < 3100; ms += 10) {
    wire_wait(wire, 10);
    while (wire_out_bytes(wire)) {
      if (ms < lowest) lowest = ms;
      if (ms > highest) highest = ms;
    }
  }
  check_true(lowest >= 1980 && lowest < 2200);
  check_true(highest > 2800 && highest <= 3000);
  wire_close(wire);
}

static void a_reset_ends_the_request(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in_from(wire, 'b', "7000%04x", wire->mid); /* not its peer */
  check_int(wire->dones, 0);
  wire_in(wire, "7000%04x", wire->mid);
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_E_RESET);
  check_int(wire_stats(wire).resets, 1);
  wire_close(wire);
}

static void a_link_that_is_full_is_like_a_loss(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  wire->send_rc = TG_E_FULL;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  wire_wait(wire, 1);
  check_int(wire->dones, 0);
  wire->send_rc = TG_OK;
  wire_wait(wire, 3000);
  (void)wire_out(wire);
  wire_in(wire, "6845%04x%s", wire->mid, wire->token);
  check_rc(wire->result.rc, TG_OK);
  wire_close(wire);
}

/* A bearer with reports: what it says through the tx seam about the last datagram. */
static void report(wire_t *wire, tg_link_tx_t status, uint64_t retry_at_ms) {
  wire->link.events->tx(wire->link.events_ud, &wire->link, wire->next_handle - 1, status, retry_at_ms);
}

static wire_t *open_reporting(void) {
  static const wire_options_t options = {.reports_tx = true};
  return wire_open(&options);
}

static void a_buffering_bearer_stops_the_clock_until_it_has_sent(void **state) {
  (void)state;
  wire_t *wire = open_reporting();
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_string_not_equal(wire_out(wire), "");
  report(wire, TG_LINK_TX_QUEUED, 0);
  wire_wait(wire, 200000);
  assert_string_equal(wire_out(wire), "");
  report(wire, TG_LINK_TX_BUFFERED, 0);
  wire_wait(wire, 200000);
  assert_string_equal(wire_out(wire), "");
  report(wire, TG_LINK_TX_SENT, 0);
  wire_wait(wire, 29000);
  assert_string_equal(wire_out(wire), "");
  wire_wait(wire, 17000); /* 30 s to 45 s after it was sent */
  assert_string_not_equal(wire_out(wire), "");
  check_int(wire->dones, 0);
  wire_in(wire, "6845%04x%s", wire->mid, wire->token);
  check_rc(wire->result.rc, TG_OK);
  wire_close(wire);
}

static void what_the_bearer_never_delivers_ends_with_its_latency(void **state) {
  (void)state;
  wire_t *wire = open_reporting();
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  wire_wait(wire, 614000);
  check_int(wire->dones, 0);
  wire_wait(wire, 2000);
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_E_TIMEOUT);
  check_int(wire->cancelled, 100); /* taken back */
  wire_close(wire);
}

static void a_failure_with_a_time_is_tried_again_then(void **state) {
  (void)state;
  wire_t *wire = open_reporting();
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  report(wire, TG_LINK_TX_FAILED, tg_wheel_now(wire->wheel) + 60000);
  wire_wait(wire, 59000);
  assert_string_equal(wire_out(wire), "");
  wire_wait(wire, 1500);
  assert_string_not_equal(wire_out(wire), "");
  report(wire, TG_LINK_TX_ACKED, 0);
  wire_in(wire, "6845%04x%s", wire->mid, wire->token);
  check_rc(wire->result.rc, TG_OK);
  wire_close(wire);
}

static void a_failure_without_a_time_or_beyond_the_deadline_is_the_end(void **state) {
  (void)state;
  static const uint64_t retries[] = {0, 700000};
  for (size_t i = 0; i < TG_COUNT(retries); i++) {
    wire_t *wire = open_reporting();
    tg_coap_call_t call = wire_call(wire);
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
    report(wire, TG_LINK_TX_FAILED, retries[i] ? tg_wheel_now(wire->wheel) + retries[i] : 0);
    wire_wait(wire, 1);
    check_int(wire->dones, 1);
    check_rc(wire->result.rc, TG_E_LINK);
    report(wire, TG_LINK_TX_SENT, 0); /* news of what is over */
    wire_close(wire);
  }
}

static void a_window_releases_what_is_parked(void **state) {
  (void)state;
  static const tg_link_reach_t news[] = {TG_LINK_WINDOW, TG_LINK_UP};
  for (size_t i = 0; i < TG_COUNT(news); i++) {
    wire_t *wire = open_reporting();
    tg_coap_call_t call = wire_call(wire);
    tg_addr_t addr = wire_addr('a');
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
    (void)wire_out(wire);
    report(wire, TG_LINK_TX_FAILED, tg_wheel_now(wire->wheel) + 60000);
    wire->link.events->reach(wire->link.events_ud, &wire->link, &addr, news[i], 0);
    assert_string_not_equal(wire_out(wire), "");
    wire_close(wire);
  }
}

static void reach(wire_t *wire, tg_link_reach_t said, uint64_t until_ms) {
  tg_addr_t addr = wire_addr('a');
  wire->link.events->reach(wire->link.events_ud, &wire->link, &addr, said, until_ms);
}

static void a_held_peer_is_not_asked_again_before_its_time(void **state) {
  (void)state;
  wire_t *wire = open_reporting();
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  uint64_t at = tg_wheel_now(wire->wheel) + 60000;
  reach(wire, TG_LINK_HELD, at);
  report(wire, TG_LINK_TX_FAILED, at);
  reach(wire, TG_LINK_HELD, at); /* said again: releases nothing */
  wire_wait(wire, 59000);
  assert_string_equal(wire_out(wire), "");
  wire_wait(wire, 1500);
  assert_string_not_equal(wire_out(wire), ""); /* held is not down */
  wire_close(wire);
}

/* What has reached nobody may go again, whatever it is; what may have reached it not. */
static void a_request_that_never_reached_a_sleeping_peer_says_so(void **state) {
  (void)state;
  static const struct {
    tg_link_reach_t said;
    bool was_out;
    bool unsent;
  } rows[] = {{TG_LINK_HELD, false, true}, {TG_LINK_HELD, true, false}, {TG_LINK_UP, false, false}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = open_reporting();
    tg_coap_call_t call = wire_call(wire);
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
    if (rows[i].was_out) {
      report(wire, TG_LINK_TX_SENT, 0);
      wire_wait(wire, 46000); /* once more, which is then kept and given up */
    }
    reach(wire, TG_LINK_HELD, 0);
    report(wire, TG_LINK_TX_BUFFERED, 0);
    reach(wire, rows[i].said, 0);
    report(wire, TG_LINK_TX_FAILED, 0);
    wire_wait(wire, 1);
    check_int(wire->dones, 1);
    check_rc(wire->result.rc, TG_E_LINK);
    check_int(wire->result.unsent, rows[i].unsent);
    wire_close(wire);
  }
}

static void a_call_says_how_long_the_bearer_may_keep_it(void **state) {
  (void)state;
  wire_t *wire = open_reporting();
  tg_coap_call_t call = wire_call(wire);
  call.max_latency_s = 7200;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  report(wire, TG_LINK_TX_BUFFERED, 0);
  wire_wait(wire, UINT64_C(7200) * 1000);
  check_int(wire->dones, 0);
  wire_wait(wire, 314000);
  check_int(wire->dones, 0);
  wire_wait(wire, 2000);
  check_rc(wire->result.rc, TG_E_TIMEOUT);
  check_int(wire->result.unsent, false);
  wire_close(wire);
}

static void nothing_is_sent_to_a_peer_that_is_down(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  tg_addr_t addr = wire_addr('a');
  call.timeout_ms = 50000;
  wire->link.events->reach(wire->link.events_ud, &wire->link, &addr, TG_LINK_DOWN, 0);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  wire_wait(wire, 20000);
  assert_string_equal(wire_out(wire), "");
  wire->link.events->reach(wire->link.events_ud, &wire->link, &addr, TG_LINK_UP, 0);
  assert_string_not_equal(wire_out(wire), "");
  wire->link.events->reach(wire->link.events_ud, &wire->link, &addr, TG_LINK_DOWN, 0);
  wire_wait(wire, 31000);
  check_rc(wire->result.rc, TG_E_TIMEOUT);
  wire_close(wire);
}

static void a_bearer_that_fails_at_once_ends_the_call(void **state) {
  (void)state;
  wire_t *wire = open_reporting();
  tg_coap_call_t call = wire_call(wire);
  wire->send_rc = TG_E_LINK;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  wire_wait(wire, 1);
  check_rc(wire->result.rc, TG_E_LINK);
  wire_close(wire);
}

static void the_limit_of_a_peer_decides_the_block_size(void **state) {
  (void)state;
  static const struct {
    size_t mtu;
    const char *block1;
  } rows[] = {{1280, "0e"}, {600, "0d"}, {128, "0a"}, {80, "08"}, {70, "08"}, {1, "08"}};
  static const uint8_t payload[2000];
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = wire_open(NULL);
    tg_addr_t addr = wire_addr('a');
    tg_coap_call_t call = wire_call(wire);
    call.method = TG_COAP_PUT;
    call.path = NULL;
    call.query = NULL;
    call.content_format = 0;
    call.payload = tg_slice(payload, sizeof payload);
    wire->link.events->limits(wire->link.events_ud, &wire->link, &addr, rows[i].mtu);
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
    const char *out = wire_out(wire);
    assert_memory_equal(out + 24, "c0", 2);
    assert_memory_equal(out + 26, "d1", 2);
    assert_memory_equal(out + 30, rows[i].block1, 2);
    wire_close(wire);
  }
}

CHECK_SUITE(retransmissions_back_off_with_a_random_factor, the_first_interval_differs_from_call_to_call,
            a_reset_ends_the_request, a_link_that_is_full_is_like_a_loss,
            a_buffering_bearer_stops_the_clock_until_it_has_sent, what_the_bearer_never_delivers_ends_with_its_latency,
            a_failure_with_a_time_is_tried_again_then, a_failure_without_a_time_or_beyond_the_deadline_is_the_end,
            a_window_releases_what_is_parked, nothing_is_sent_to_a_peer_that_is_down,
            a_held_peer_is_not_asked_again_before_its_time, a_request_that_never_reached_a_sleeping_peer_says_so,
            a_call_says_how_long_the_bearer_may_keep_it, a_bearer_that_fails_at_once_ends_the_call,
            the_limit_of_a_peer_decides_the_block_size)
