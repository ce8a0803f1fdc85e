/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_rate_test.c: mirrors core/coap/coap_rate.c. Twenty requests a second are allowed, in bursts of forty. */

#include "core/coap/coap_rate.h"

#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

enum { BURST = 40, KEPT = 11, WRAP_MS = 0x10000000 /* the bucket's time begins anew */ };

#define X16 "78787878787878787878787878787878"

static wire_t *open_with(uint32_t per_second) {
  wire_options_t options = {.limits = {.requests_per_peer = per_second}, .urgent = "rd"};
  return wire_open(&options);
}

/* Requests of peer `a`, each with another message id. @return how many the handler saw */
static unsigned send_many(wire_t *wire, unsigned count, const char *options) {
  static unsigned mid;
  unsigned before = wire->requests;
  for (unsigned i = 0; i < count; i++) {
    wire_in(wire, "4002%04x %s", ++mid & 0xFFFF, options);
    while (wire_out_bytes(wire)) continue;
  }
  return wire->requests - before;
}

static void a_burst_is_served_and_what_is_over_gets_no_answer(void **state) {
  (void)state;
  wire_t *wire = open_with(20);
  check_int(send_many(wire, BURST, "b161"), BURST);
  wire_in(wire, "40029001 b161");
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "50029002 b161");
  assert_string_equal(wire_out(wire), "");
  check_int(wire->requests, BURST);
  check_int(wire_stats(wire).over_requests, 2);
  check_int(wire_stats(wire).requests, BURST);
  wire_close(wire);
}

static void afterwards_there_is_one_each_fiftieth_of_a_second(void **state) {
  (void)state;
  wire_t *wire = open_with(20);
  (void)send_many(wire, BURST, "b161");
  wire_wait(wire, 49);
  check_int(send_many(wire, 3, "b161"), 0);
  wire_wait(wire, 1);
  check_int(send_many(wire, 3, "b161"), 1);
  wire_wait(wire, 1000);
  check_int(send_many(wire, 100, "b161"), 20);
  wire_wait(wire, 60000);
  check_int(send_many(wire, 100, "b161"), BURST); /* no more than a burst is saved up */
  wire_close(wire);
}

/* RFC 7252 §4.2: after ACK_TIMEOUT or more. */
static void a_confirmable_request_that_was_dropped_is_served_when_it_comes_again(void **state) {
  (void)state;
  wire_t *wire = open_with(20);
  (void)send_many(wire, BURST, "b161");
  wire_in(wire, "41029001 4a b161");
  assert_string_equal(wire_out(wire), "");
  wire_wait(wire, 2000);
  wire_in(wire, "41029001 4a b161");
  assert_string_equal(wire_out(wire), "614590014aff6f6b");
  check_int(wire_stats(wire).rx_duplicate, 0);
  check_int(send_many(wire, 100, "b161"), BURST - 1); /* who waited has all of its bucket */
  wire_close(wire);
}

static void duplicates_are_answered_and_not_counted(void **state) {
  (void)state;
  wire_t *wire = open_with(20);
  (void)send_many(wire, BURST - 1, "b161");
  for (int i = 0; i < 50; i++) {
    wire_in(wire, "41029001 4a b161");
    assert_string_equal(wire_out(wire), "614590014aff6f6b");
  }
  check_int(wire->requests, BURST);
  check_int(wire_stats(wire).over_requests, 0);
  check_int(send_many(wire, 1, "b161"), 0);
  wire_close(wire);
}

static void a_registration_goes_when_others_are_dropped(void **state) {
  (void)state;
  wire_t *wire = open_with(20);
  check_int(send_many(wire, 1000, "b26470"), BURST); /* /dp */
  check_int(send_many(wire, 1, "b27264"), 1);        /* /rd */
  check_int(send_many(wire, 1000, "b26470"), 0);
  check_int(send_many(wire, 1, "b27264 0361 6263"), 1); /* /rd/abc */
  check_int(send_many(wire, 100, "b27264"), KEPT - 2);  /* not without end */
  wire_wait(wire, 50);
  check_int(send_many(wire, 100, "b26470"), 0); /* first what was lent is paid back */
  check_int(send_many(wire, 100, "b27264"), 1);
  wire_close(wire);
}

/* A device that reports a thousand times a second, and keeps its registration alive all the same. */
static void a_storm_of_reports_does_not_starve_registrations(void **state) {
  (void)state;
  wire_t *wire = open_with(20);
  unsigned reports = 0, updates = 0;
  for (int second = 0; second < 60; second++) {
    for (int i = 0; i < 1000; i++) {
      reports += send_many(wire, 1, "b26470");
      if (i == 500) updates += send_many(wire, 1, "b27264 0361 6263");
      wire_wait(wire, 1);
    }
  }
  check_int(updates, 60);
  check_true(reports >= 60 * 19 && reports <= 60 * 20 + BURST);
  wire_close(wire);
}

static void peers_have_buckets_of_their_own(void **state) {
  (void)state;
  wire_t *wire = open_with(20);
  (void)send_many(wire, 1000, "b161");
  wire_in_from(wire, 'b', "40020001 b161");
  assert_string_equal(wire_out(wire), "60450001ff6f6b");
  wire_close(wire);
}

static void any_number_is_served_where_there_is_no_limit(void **state) {
  (void)state;
  wire_t *wire = open_with(0);
  check_int(send_many(wire, 1000, "b161"), 1000);
  wire_close(wire);
  wire_options_t options = {.limits = {.requests_per_peer = 20}, .reports_tx = true};
  wire = wire_open(&options); /* the bearer has a limit of its own */
  check_int(send_many(wire, 1000, "b161"), 1000);
  wire_close(wire);
}

static void the_rate_is_as_configured(void **state) {
  (void)state;
  static const uint32_t rates[] = {1, 7, 1000, 16000};
  for (size_t i = 0; i < TG_COUNT(rates); i++) {
    wire_t *wire = open_with(rates[i]);
    unsigned served = send_many(wire, 40000, "b161");
    check_true(served >= 2 * rates[i] && served <= 2 * rates[i] + 1);
    wire_wait(wire, 1000);
    served = send_many(wire, 40000, "b161");
    check_true(served >= rates[i] && served <= rates[i] + 1);
    wire_close(wire);
  }
}

static void later_blocks_of_a_body_that_is_kept_do_not_count(void **state) {
  (void)state;
  wire_t *wire = open_with(20);
  wire_in(wire, "40030000 b161 d10308 ff" X16); /* block 0 of 16 bytes, more */
  assert_memory_equal(wire_out(wire) + 2, "5f", 2);
  for (unsigned i = 1; i < 200; i++) {
    wire_in(wire, "4003%04x b161 d203%04x ff" X16, i, i << 4 | 8);
    assert_memory_equal(wire_out(wire) + 2, "5f", 2);
    check_true(wire_out_bytes(wire) == NULL);
  }
  check_int(send_many(wire, 100, "b161"), BURST - 1);
  wire_close(wire);
}

static void later_blocks_of_a_stranger_do(void **state) {
  (void)state;
  wire_t *wire = open_with(20);
  for (unsigned i = 0; i < 100; i++) {
    wire_in(wire, "4003%04x b161 d10318 ff" X16, i); /* block 1 of nothing: 4.08 */
    const wire_datagram_t *sent = wire_out_bytes(wire);
    check_true(i < BURST ? sent && sent->bytes[1] == TG_COAP_408 : !sent);
  }
  wire_close(wire);
}

static void a_known_device_reads_a_long_answer_as_fast_as_it_can(void **state) {
  (void)state;
  static char payload[8000];
  wire_t *wire = open_with(20);
  tg_coap_pin(wire->coap, wire_peer(wire, 'a')); /* as the server does for a registration */
  memset(payload, 'x', sizeof payload);
  wire->reply.payload = tg_slice(payload, sizeof payload);
  wire->reply.lent = true;
  for (unsigned i = 0; i < 500; i++) {
    wire_in(wire, "4001%04x b161 c2%04x", i, i << 4);
    const wire_datagram_t *sent = wire_out_bytes(wire);
    assert_non_null(sent);
    check_int(sent->bytes[1], TG_COAP_205);
    check_true(wire_out_bytes(wire) == NULL);
  }
  check_int(wire_stats(wire).over_requests, 0);
  wire_close(wire);
}

/* Firmware that is fetched from another port than the one that has registered: whoever knows its path was told. */
static void blocks_of_what_is_lent_do_not_count(void **state) {
  (void)state;
  static char payload[8000];
  wire_t *wire = open_with(20);
  memset(payload, 'x', sizeof payload);
  wire->reply.payload = tg_slice(payload, sizeof payload);
  wire->reply.lent = true;
  for (unsigned i = 0; i < 500; i++) {
    wire_in(wire, "4001%04x b161 c2%04x", i, i << 4);
    const wire_datagram_t *sent = wire_out_bytes(wire);
    assert_non_null(sent);
    check_int(sent->bytes[1], TG_COAP_205);
    check_true(wire_out_bytes(wire) == NULL);
  }
  wire->reply.lent = false;
  wire->reply.payload = tg_slice_str("ok");
  check_int(send_many(wire, 100, "b161"), BURST);
  wire->reply.lent = true; /* nothing is given back that was not taken */
  wire->reply.code = TG_COAP_404;
  wire_wait(wire, 2000);
  check_int(send_many(wire, 100, "b161"), BURST);
  wire_close(wire);
}

static void notifications_do_not_count(void **state) {
  (void)state;
  wire_t *wire = open_with(20);
  tg_coap_observation_t obs = {.peer = wire_peer(wire, 'a'), .token = {1, 2, 3, 4, 5, 6, 7, 8}, .accept = TG_CF_NONE};
  tg_id_t id;
  check_rc(tg_coap_observation_add(wire->coap, &obs, &id), TG_OK);
  for (unsigned i = 1; i <= 500; i++) wire_in(wire, "5845%04x 0102030405060708 62%04x ff31", i, i);
  check_int(wire->notifications, 500);
  check_int(send_many(wire, 100, "b161"), BURST);
  wire_close(wire);
}

static void a_bucket_is_full_after_any_pause(void **state) {
  (void)state;
  static const uint64_t pauses[] = {WRAP_MS / 2, WRAP_MS - 4000, WRAP_MS + 4000, 3ULL * WRAP_MS + 60000};
  wire_t *wire = open_with(20);
  for (size_t i = 0; i < TG_COUNT(pauses); i++) {
    check_int(send_many(wire, 100, "b161"), BURST);
    wire_wait(wire, pauses[i]);
  }
  wire_close(wire);
}

CHECK_SUITE(a_burst_is_served_and_what_is_over_gets_no_answer, afterwards_there_is_one_each_fiftieth_of_a_second,
            a_confirmable_request_that_was_dropped_is_served_when_it_comes_again,
            duplicates_are_answered_and_not_counted, a_registration_goes_when_others_are_dropped,
            a_storm_of_reports_does_not_starve_registrations, peers_have_buckets_of_their_own,
            any_number_is_served_where_there_is_no_limit, the_rate_is_as_configured,
            later_blocks_of_a_body_that_is_kept_do_not_count, later_blocks_of_a_stranger_do,
            a_known_device_reads_a_long_answer_as_fast_as_it_can, blocks_of_what_is_lent_do_not_count,
            notifications_do_not_count, a_bucket_is_full_after_any_pause)
