/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_held_test.c: mirrors core/coap/coap_held.c. */

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

static wire_t *open_holding(const wire_options_t *options) {
  wire_t *wire = wire_open(options);
  wire->reply.hold = true;
  wire->reply.ticket = 10;
  return wire;
}

static void a_held_answer_goes_out_with_its_ticket(void **state) {
  (void)state;
  wire_t *wire = open_holding(NULL);
  wire_in(wire, "41020001 4a b161");
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "41020001 4a b161"); /* a duplicate of a held one: nothing */
  assert_string_equal(wire_out(wire), "");
  tg_coap_release(wire->coap, 9, TG_OK);
  assert_string_equal(wire_out(wire), "");
  tg_coap_release(wire->coap, 10, TG_OK);
  assert_string_equal(wire_out(wire), "614500014aff6f6b");
  wire_in(wire, "41020001 4a b161");
  assert_string_equal(wire_out(wire), "614500014aff6f6b");
  check_int(wire->requests, 1);
  wire_wait(wire, 5000);
  assert_string_equal(wire_out(wire), "");
  wire_close(wire);
}

/* A device that has no answer to its Register yet is not ready for questions. */
static void a_request_waits_for_the_answers_that_are_held(void **state) {
  (void)state;
  wire_t *wire = open_holding(NULL);
  wire_in(wire, "41020001 4a b161");
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  wire_wait(wire, 500);
  assert_string_equal(wire_out(wire), "");
  tg_coap_release(wire->coap, 10, TG_OK);
  assert_string_equal(wire_out(wire), "614500014aff6f6b");
  assert_memory_equal(wire_out(wire), "4801", 4); /* GET */
  wire_close(wire);
}

static void a_request_waits_until_a_separate_response_has_arrived(void **state) {
  (void)state;
  wire_t *wire = open_holding(NULL);
  wire_in(wire, "41020001 4a b161");
  wire_wait(wire, 1001);
  assert_string_equal(wire_out(wire), "60000001");
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  tg_coap_release(wire->coap, 10, TG_OK);
  (void)wire_out(wire);
  uint16_t mid = wire->mid;
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "6000%04x", mid);
  assert_memory_equal(wire_out(wire), "4801", 4);
  wire_close(wire);
}

static void after_a_second_there_is_an_empty_ack_and_later_a_separate_response(void **state) {
  (void)state;
  wire_t *wire = open_holding(NULL);
  wire_in(wire, "41020001 4a b161");
  wire_wait(wire, 990);
  assert_string_equal(wire_out(wire), "");
  wire_wait(wire, 20);
  assert_string_equal(wire_out(wire), "60000001");
  wire_in(wire, "41020001 4a b161");
  assert_string_equal(wire_out(wire), "60000001");
  tg_coap_release(wire->coap, 10, TG_OK);
  const char *out = wire_out(wire);
  assert_memory_equal(out, "4145", 4);
  assert_string_equal(out + 8, "4aff6f6b");
  uint16_t mid = wire->mid;
  wire_wait(wire, 3100);
  (void)wire_out(wire);
  check_int(wire->mid, mid); /* retransmitted */
  wire_in_from(wire, 'b', "6000%04x", mid);
  wire_in(wire, "6000%04x", mid);
  wire_wait(wire, 100000);
  assert_string_equal(wire_out(wire), "");
  check_int(wire_stats(wire).retransmissions, 1);
  wire_close(wire);
}

static void a_separate_response_that_is_reset_or_never_acknowledged_is_forgotten(void **state) {
  (void)state;
  for (int is_reset = 0; is_reset < 2; is_reset++) {
    wire_options_t options = {.limits = {.held = 1}};
    wire_t *wire = open_holding(&options);
    wire_in(wire, "41020001 4a b161");
    wire_wait(wire, 1001);
    (void)wire_out(wire);
    tg_coap_release(wire->coap, 10, TG_OK);
    (void)wire_out(wire);
    if (is_reset) wire_in(wire, "7000%04x", wire->mid);
    wire_wait(wire, is_reset ? 1 : 94000);
    while (wire_out_bytes(wire)) continue;
    wire_in(wire, "41020002 4a b161"); /* its place is free again */
    assert_string_equal(wire_out(wire), "");
    check_int(wire_stats(wire).shed, 0);
    wire_close(wire);
  }
}

static void an_error_answers_with_its_code(void **state) {
  (void)state;
  wire_t *wire = open_holding(NULL);
  wire_in(wire, "41020001 4a b161");
  wire_in(wire, "41020002 4b b161");
  wire_in(wire, "51020003 4c b161");
  tg_coap_release(wire->coap, 10, TG_E_STORE);
  assert_string_equal(wire_out(wire), "61a300014ad1011e");
  assert_string_equal(wire_out(wire), "61a300024bd1011e");
  const char *out = wire_out(wire);
  assert_memory_equal(out, "51a3", 4);
  assert_string_equal(out + 8, "4cd1011e");
  wire_close(wire);
}

static void tickets_are_released_in_their_order(void **state) {
  (void)state;
  static const uint64_t tickets[] = {5, 3, 9, 3, 7};
  wire_t *wire = open_holding(NULL);
  for (size_t i = 0; i < TG_COUNT(tickets); i++) {
    wire->reply.ticket = tickets[i];
    wire_in(wire, "4002%04x b161", (unsigned)i);
  }
  tg_coap_release(wire->coap, 5, TG_OK);
  assert_string_equal(wire_out(wire), "60450001ff6f6b");
  assert_string_equal(wire_out(wire), "60450003ff6f6b");
  assert_string_equal(wire_out(wire), "60450000ff6f6b");
  assert_string_equal(wire_out(wire), "");
  tg_coap_release(wire->coap, UINT64_MAX, TG_OK);
  assert_string_equal(wire_out(wire), "60450004ff6f6b");
  assert_string_equal(wire_out(wire), "60450002ff6f6b");
  wire_close(wire);
}

static void answers_of_a_ticket_can_be_refused_while_earlier_ones_wait(void **state) {
  (void)state;
  wire_t *wire = open_holding(NULL);
  wire_in(wire, "41020001 4a b161");
  wire->reply.ticket = 11;
  wire_in(wire, "41020002 4b b161");
  tg_coap_refuse(wire->coap, 11, TG_E_FULL, true);
  assert_string_equal(wire_out(wire), "61a300024bd1011e"); /* 5.03, Max-Age 30 */
  assert_string_equal(wire_out(wire), "");
  tg_coap_release(wire->coap, 11, TG_OK);
  assert_string_equal(wire_out(wire), "614500014aff6f6b");
  assert_string_equal(wire_out(wire), "");
  wire_close(wire);
}

static void those_that_do_not_yield_may_be_left(void **state) {
  (void)state;
  wire_t *wire = open_holding(NULL);
  for (unsigned i = 1; i <= 6; i++) {
    wire->reply.yields = i % 3 != 0;
    wire->reply.ticket = i == 1 ? 10 : 11;
    wire_in(wire, "4102%04x %02x b161", i, i);
  }
  tg_coap_refuse(wire->coap, 11, TG_E_FULL, false);
  assert_string_equal(wire_out(wire), "61a3000505d1011e"); /* the youngest first; 5.03 */
  assert_string_equal(wire_out(wire), "61a3000404d1011e");
  assert_string_equal(wire_out(wire), "61a3000202d1011e");
  assert_string_equal(wire_out(wire), ""); /* 1 is of an earlier ticket */
  tg_coap_release(wire->coap, 11, TG_OK);
  assert_string_equal(wire_out(wire), "6145000101ff6f6b");
  assert_string_equal(wire_out(wire), "6145000303ff6f6b");
  assert_string_equal(wire_out(wire), "6145000606ff6f6b");
  wire_close(wire);
}

/* Requests of ours that waited for an answer to be out go when it is refused. */
static void a_refused_answer_lets_requests_go(void **state) {
  (void)state;
  wire_t *wire = open_holding(NULL);
  wire->reply.yields = true;
  for (char peer = 'a'; peer <= 'c'; peer++) {
    wire_in_from(wire, peer, "41020001 01 b161");
    tg_coap_call_t call = wire_call(wire);
    call.peer = wire_peer(wire, peer);
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  }
  tg_coap_refuse(wire->coap, 10, TG_E_FULL, false);
  check_int(wire->coap->helds.pool.count, 0);
  for (int i = 0; i < 3; i++) {
    assert_string_equal(wire_out(wire), "61a3000101d1011e");
    assert_memory_equal(wire_out(wire), "4801", 4);
  }
  wire_close(wire);
}

static void over_the_cap_the_answer_is_5_03_at_once(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.held = 1}};
  wire_t *wire = open_holding(&options);
  wire_in(wire, "41020001 4a b161");
  wire_in(wire, "41020002 4b b161");
  assert_string_equal(wire_out(wire), "61a300024bd1011e");
  check_int(wire_stats(wire).shed, 1);
  tg_coap_release(wire->coap, 10, TG_OK);
  assert_string_equal(wire_out(wire), "614500014aff6f6b");
  wire_close(wire);
}

static void a_long_answer_and_a_block_can_be_held(void **state) {
  (void)state;
  static char payload[1500];
  memset(payload, 'x', sizeof payload);
  wire_t *wire = open_holding(NULL);
  wire->reply.payload = tg_slice(payload, sizeof payload);
  wire_in(wire, "41010001 4a b161");
  assert_string_equal(wire_out(wire), "");
  tg_coap_release(wire->coap, 10, TG_OK);
  const wire_datagram_t *sent = wire_out_bytes(wire);
  assert_non_null(sent);
  check_true(sent->len > 1024 && sent->len < 1060);
  wire_close(wire);
}

static void forgetting_a_peer_drops_what_is_held_for_it(void **state) {
  (void)state;
  wire_t *wire = open_holding(NULL);
  wire_in(wire, "41020001 4a b161");
  wire_in_from(wire, 'b', "41020001 4a b161");
  tg_coap_peer_forget(wire->coap, wire_peer(wire, 'a'));
  tg_coap_release(wire->coap, 10, TG_OK);
  const wire_datagram_t *sent = wire_out_bytes(wire);
  assert_non_null(sent);
  check_int(sent->to.b[0], 'b');
  check_true(wire_out_bytes(wire) == NULL);
  wire_close(wire);
}

static void a_bearer_that_keeps_the_separate_response_has_its_time(void **state) {
  (void)state;
  wire_options_t options = {.reports_tx = true, .limits = {.held = 1}};
  wire_t *wire = open_holding(&options);
  wire_in(wire, "41020001 4a b161");
  wire_wait(wire, 1001);
  tg_coap_release(wire->coap, 10, TG_OK);
  wire->link.events->tx(wire->link.events_ud, &wire->link, wire->next_handle - 1, TG_LINK_TX_BUFFERED, 0);
  while (wire_out_bytes(wire)) continue;
  wire_wait(wire, 359000);
  assert_string_equal(wire_out(wire), "");
  wire_wait(wire, 2000);
  check_int(wire->cancelled, wire->next_handle - 1);
  wire_close(wire);
}

CHECK_SUITE(a_held_answer_goes_out_with_its_ticket, a_request_waits_for_the_answers_that_are_held,
            a_request_waits_until_a_separate_response_has_arrived,
            after_a_second_there_is_an_empty_ack_and_later_a_separate_response,
            a_separate_response_that_is_reset_or_never_acknowledged_is_forgotten, an_error_answers_with_its_code,
            tickets_are_released_in_their_order, over_the_cap_the_answer_is_5_03_at_once,
            answers_of_a_ticket_can_be_refused_while_earlier_ones_wait, a_long_answer_and_a_block_can_be_held,
            those_that_do_not_yield_may_be_left, a_refused_answer_lets_requests_go,
            forgetting_a_peer_drops_what_is_held_for_it, a_bearer_that_keeps_the_separate_response_has_its_time)
