/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_exchange_test.c: mirrors core/coap/coap_exchange.c and coap_request.c. */

#include "core/coap/coap_exchange.h"

#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

static void a_request_goes_out_and_its_answer_comes_back(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  tg_id_t id = TG_ID_NONE;
  call.path = "/3/0/1";
  check_rc(tg_coap_send(wire->coap, &call, &id), TG_OK);
  const char *out = wire_out(wire);
  assert_memory_equal(out, "4801", 4);
  assert_string_equal(out + 8 + 16, "b13301300131");
  check_int(wire->dones, 0);
  wire_in(wire, "6845%04x%s c0 ff 3432", wire->mid, wire->token);
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_OK);
  check_int(wire->result.code, TG_COAP_205);
  check_int(wire->result.content_format, 0);
  check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("42"));
  check_true(wire->result.peer == call.peer);
  check_false(wire->result.observing);
  check_int(wire_stats(wire).exchanges, 0);
  tg_coap_cancel(wire->coap, id); /* stale by now */
  check_int(wire->dones, 1);
  wire_close(wire);
}

/* What the call asks for, the bytes behind the token. */
static void options_are_written_in_order(void **state) {
  (void)state;
  static const struct {
    const char *path, *query;
    int accept, format, observe;
    uint8_t method;
    const char *payload, *want;
  } rows[] = {
      {NULL, NULL, -1, -1, -1, 1, "", ""},
      {"/", NULL, -1, -1, -1, 1, "", ""},
      {"3/0", NULL, -1, -1, -1, 1, "", "b1330130"},
      {"/3//0", NULL, -1, -1, -1, 1, "", "b133000130"},
      {"/a", "pmin=1&pmax=60", -1, -1, -1, 3, "",
       "b1614670"
       "6d696e3d3107706d61783d3630"},
      {"/a", "q", 11542, 0, 0, 1, "",
       "60516110"
       "3171"
       "222d16"},
      {"/a", NULL, 0, 60, -1, 2, "hi", "b161113c50ff6869"},
      {"/a", NULL, -1, -1, 1, 1, "", "61015161"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = wire_open(NULL);
    tg_coap_call_t call = wire_call(wire);
    call.path = rows[i].path;
    call.query = rows[i].query;
    call.accept = rows[i].accept;
    call.content_format = rows[i].format;
    call.observe = rows[i].observe;
    call.method = rows[i].method;
    call.payload = tg_slice_str(rows[i].payload);
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
    const char *out = wire_out(wire);
    assert_string_equal(out + 8 + 16, rows[i].want);
    check_int(out[3] - '0', rows[i].method);
    wire_close(wire);
  }
}

static void tokens_are_eight_random_bytes_and_message_ids_count(void **state) {
  (void)state;
  wire_options_t options = {.nstart = 3};
  wire_t *wire = wire_open(&options);
  char tokens[3][17];
  uint16_t mids[3];
  for (size_t i = 0; i < 3; i++) {
    tg_coap_call_t call = wire_call(wire);
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
    (void)wire_out(wire);
    strcpy(tokens[i], wire->token);
    mids[i] = wire->mid;
  }
  assert_string_not_equal(tokens[0], tokens[1]);
  assert_string_not_equal(tokens[1], tokens[2]);
  check_int(strlen(tokens[0]), 16);
  check_int((uint16_t)(mids[0] + 1), mids[1]);
  check_int((uint16_t)(mids[1] + 1), mids[2]);
  tg_coap_call_t other = wire_call(wire);
  other.peer = wire_peer(wire, 'b');
  check_rc(tg_coap_send(wire->coap, &other, NULL), TG_OK);
  (void)wire_out(wire);
  check_true((uint16_t)(mids[2] + 1) != wire->mid); /* each peer's own random start */
  wire_close(wire);
}

static void nstart_holds_back_and_priority_decides_who_is_next(void **state) {
  (void)state;
  static const struct {
    const char *path;
    uint8_t priority;
  } calls[] = {{"/a", 0}, {"/b", 0}, {"/c", 3}, {"/d", 0}, {"/e", 3}};
  static const char order[] = "acebd";
  wire_t *wire = wire_open(NULL);
  for (size_t i = 0; i < TG_COUNT(calls); i++) {
    tg_coap_call_t call = wire_call(wire);
    call.path = calls[i].path;
    call.priority = calls[i].priority;
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  }
  for (size_t i = 0; i < TG_COUNT(calls); i++) {
    const wire_datagram_t *sent = wire_out_bytes(wire);
    assert_non_null(sent);
    check_int(sent->bytes[13], order[i]);
    uint16_t mid = (uint16_t)(sent->bytes[2] << 8 | sent->bytes[3]);
    check_true(wire_out_bytes(wire) == NULL);
    uint8_t answer[12] = {0x68, 0x45, (uint8_t)(mid >> 8), (uint8_t)mid};
    memcpy(answer + 4, sent->bytes + 4, 8);
    tg_addr_t from = wire_addr('a');
    wire->link.events->rx(wire->link.events_ud, &wire->link, &from, tg_slice(answer, sizeof answer));
  }
  check_int(wire->dones, TG_COUNT(calls));
  wire_close(wire);
}

static void an_empty_ack_lets_the_next_one_start(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  uint16_t mid = wire->mid;
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "6000%04x", mid);
  assert_memory_equal(wire_out(wire), "4801", 4);
  check_int(wire->dones, 0);
  wire_close(wire);
}

static void a_separate_response_is_acknowledged_each_time(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  char token[17];
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  strcpy(token, wire->token);
  uint16_t mid = wire->mid;
  wire_in(wire, "6000%04x", mid);
  wire_in(wire, "6000%04x", mid); /* once more: nothing */
  wire_wait(wire, 60000);
  assert_string_equal(wire_out(wire), ""); /* no retransmission after the ACK */
  wire_in(wire, "48457777%s ff 31", token);
  assert_string_equal(wire_out(wire), "60007777");
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_OK);
  check_true(wire->result.confirmable);
  wire_in(wire, "48457777%s ff 31", token);
  assert_string_equal(wire_out(wire), "60007777");
  check_int(wire->dones, 1);
  wire_in(wire, "48457778%s ff 31", token); /* another message with a token that is over */
  assert_string_equal(wire_out(wire), "70007778");
  wire_close(wire);
}

static void after_the_ack_the_response_has_its_own_time(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "6000%04x", wire->mid);
  wire_wait(wire, 92000);
  check_int(wire->dones, 0);
  wire_wait(wire, 2000);
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_E_TIMEOUT);
  wire_close(wire);
}

static void a_deadline_of_ones_own_counts_from_the_call(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  call.timeout_ms = 1500;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK); /* waits behind the first one */
  wire_wait(wire, 1400);
  check_int(wire->dones, 0);
  wire_wait(wire, 200);
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_E_TIMEOUT);
  check_int(wire_stats(wire).exchanges, 1);
  wire_close(wire);
}

static void a_non_confirmable_request_is_sent_once(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  call.non_confirmable = true;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_memory_equal(wire_out(wire), "5801", 4);
  wire_wait(wire, 90000);
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "58450009%s ff 31", wire->token);
  assert_string_equal(wire_out(wire), "");
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_OK);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "7000%04x", wire->mid);
  check_rc(wire->result.rc, TG_E_RESET);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  wire_wait(wire, 94000);
  check_rc(wire->result.rc, TG_E_TIMEOUT);
  check_int(wire->dones, 3);
  wire_close(wire);
}

static void cancelling_ends_it_at_once(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  tg_id_t first, second;
  check_rc(tg_coap_send(wire->coap, &call, &first), TG_OK);
  check_rc(tg_coap_send(wire->coap, &call, &second), TG_OK);
  (void)wire_out(wire);
  uint16_t mid = wire->mid;
  tg_coap_cancel(wire->coap, first);
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_E_CANCELLED);
  assert_memory_equal(wire_out(wire), "4801", 4); /* the second one's turn */
  wire_in(wire, "7000%04x", mid);                 /* too late for the first */
  check_int(wire->dones, 1);
  wire_close(wire);
  /* freeing the engine ends the second one: seen by the sanitizer, not by the count */
}

static void done_again(void *ud, const tg_coap_result_t *result) {
  wire_t *wire = ud;
  tg_coap_call_t call = wire_call(wire);
  tg_rc_t rc = tg_coap_send(wire->coap, &call, NULL);
  check_true(rc == TG_OK || rc == TG_E_FULL);
  call.done(ud, result);
}

static void forgetting_a_peer_ends_its_calls_but_not_what_their_end_begins(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  call.done = done_again;
  for (int i = 0; i < 3; i++) check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  tg_coap_peer_forget(wire->coap, call.peer);
  check_int(wire->dones, 3);
  check_int(wire_stats(wire).exchanges, 3);
  tg_coap_peer_forget(wire->coap, TG_ID_NONE);
  wire_close(wire);
}

static void what_cannot_be_sent_is_refused(void **state) {
  (void)state;
  char longer[300];
  memset(longer, 's', sizeof longer - 1);
  longer[sizeof longer - 1] = 0;
  wire_options_t options = {.limits = {.exchanges_per_peer = 2, .exchanges = 3}};
  wire_t *wire = wire_open(&options);
  tg_coap_call_t good = wire_call(wire), call = good;
  call.done = NULL;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_E_ARG);
  call = good;
  call.method = 0;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_E_ARG);
  call = good;
  call.path = longer;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_E_ARG);
  call = good;
  call.query = longer;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_E_ARG);
  call = good;
  call.token_len = 4;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_E_ARG);
  call = good;
  call.peer = TG_ID_NONE;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_E_GONE);
  call = good;
  call.token_len = 8;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_E_EXISTS); /* the token is in use */
  check_rc(tg_coap_send(wire->coap, &good, NULL), TG_OK);
  check_rc(tg_coap_send(wire->coap, &good, NULL), TG_E_FULL); /* of the peer */
  good.peer = wire_peer(wire, 'b');
  check_rc(tg_coap_send(wire->coap, &good, NULL), TG_OK);
  check_rc(tg_coap_send(wire->coap, &good, NULL), TG_E_FULL); /* of the engine */
  check_int(wire->dones, 0);
  wire_close(wire);
}

static void a_datagram_that_the_link_refuses_fails_after_the_call(void **state) {
  (void)state;
  static const tg_rc_t rcs[] = {TG_E_TOO_LONG, TG_E_NOT_FOUND};
  for (size_t i = 0; i < TG_COUNT(rcs); i++) {
    wire_t *wire = wire_open(NULL);
    tg_coap_call_t call = wire_call(wire);
    wire->send_rc = rcs[i];
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
    check_int(wire->dones, 0);
    wire_wait(wire, 1);
    check_int(wire->dones, 1);
    check_rc(wire->result.rc, rcs[i]);
    wire_close(wire);
  }
}

CHECK_SUITE(a_request_goes_out_and_its_answer_comes_back, options_are_written_in_order,
            tokens_are_eight_random_bytes_and_message_ids_count, nstart_holds_back_and_priority_decides_who_is_next,
            an_empty_ack_lets_the_next_one_start, a_separate_response_is_acknowledged_each_time,
            after_the_ack_the_response_has_its_own_time, a_deadline_of_ones_own_counts_from_the_call,
            a_non_confirmable_request_is_sent_once, cancelling_ends_it_at_once,
            forgetting_a_peer_ends_its_calls_but_not_what_their_end_begins, what_cannot_be_sent_is_refused,
            a_datagram_that_the_link_refuses_fails_after_the_call)
