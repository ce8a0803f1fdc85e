/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_observer_confirm_test.c: which notifications are confirmed, and for what a confirmable one waits (RFC 7641 §4.5); mirrors core/coap/coap_observer.c, coap_turn.c. */

#include "tests/unit/coap/observer_bench.h"

enum { DAY_MS = 24 * 3600 * 1000 };

/* RFC 7641 §4.5: the state that matters is the newest; one confirmable notification at a time. */
static void while_one_is_confirmed_only_the_newest_waits(void **state) {
  (void)state;
  wire_t *wire = open_observable(NULL);
  observe(wire, 'a');
  notify(wire, "1", true);
  char first[64];
  strcpy(first, wire_out(wire));
  uint16_t mid = wire->mid;
  notify(wire, "2", true);
  notify(wire, "3", false);
  assert_string_equal(wire_out(wire), "");
  wire_wait(wire, 3100);
  assert_string_equal(wire_out(wire), first); /* the same bytes again */
  wire_in(wire, "6000%04x", mid);
  const char *out = wire_out(wire);
  assert_memory_equal(out, "4145", 4); /* one of what waits was to be confirmed */
  assert_string_equal(out + 8, "4a6104ff33");
  wire_in(wire, "6000%04x", wire->mid);
  assert_string_equal(wire_out(wire), "");
  wire_close(wire);
}

static void a_peer_confirms_one_observation_at_a_time_and_requests_wait(void **state) {
  (void)state;
  wire_t *wire = open_observable(NULL);
  tg_coap_call_t call = wire_call(wire);
  observe(wire, 'a');
  wire_in(wire, "41010010 4b 60 5161");
  (void)wire_out(wire);
  check_int(notify(wire, "1", true), 2);
  (void)wire_out(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "6000%04x", wire->mid);
  assert_memory_equal(wire_out(wire), "4145", 4); /* the other observation */
  uint16_t mid = wire->mid;
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "6000%04x", mid);
  assert_memory_equal(wire_out(wire), "4801", 4); /* the request */
  wire_close(wire);
}

/* NSTART counts what is confirmable and ours, whatever it is. */
static void a_confirmable_one_waits_for_a_request_of_ours(void **state) {
  (void)state;
  wire_t *wire = open_observable(NULL);
  tg_coap_call_t call = wire_call(wire);
  observe(wire, 'a');
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_memory_equal(wire_out(wire), "4801", 4);
  uint16_t mid = wire->mid;
  char token[17];
  strcpy(token, wire->token);
  check_int(notify(wire, "1", true), 1);
  check_int(notify(wire, "2", false), 1); /* the newest is what waits, confirmable as the one before */
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "6845%04x%s", mid, token);
  const char *out = wire_out(wire);
  assert_memory_equal(out, "4145", 4); /* before the second request */
  assert_string_equal(out + strlen(out) - 4, "ff32");
  mid = wire->mid;
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "6000%04x", mid);
  assert_memory_equal(wire_out(wire), "4801", 4);
  assert_string_equal(wire_out(wire), "");
  wire_close(wire);
}

static void one_that_is_not_confirmable_waits_for_nothing(void **state) {
  (void)state;
  wire_t *wire = open_observable(NULL);
  tg_coap_call_t call = wire_call(wire);
  observe(wire, 'a');
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_memory_equal(wire_out(wire), "4801", 4);
  check_int(notify(wire, "1", false), 1);
  assert_memory_equal(wire_out(wire), "5145", 4);
  wire_close(wire);
}

static void it_passes_between_two_blocks_of_a_request(void **state) {
  (void)state;
  wire_t *wire = open_observable(NULL);
  tg_coap_call_t call = wire_call(wire);
  observe(wire, 'a');
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "6845%04x%s d10a08 ff 78787878787878787878787878787878", wire->mid, wire->token);
  (void)wire_out(wire);
  uint16_t mid = wire->mid;
  char token[17];
  strcpy(token, wire->token);
  check_int(notify(wire, "1", true), 1);
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "6845%04x%s d10a18 ff 78787878787878787878787878787878", mid, token);
  assert_memory_equal(wire_out(wire), "4145", 4);
  mid = wire->mid;
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "7000%04x", mid); /* it does not want to know: the observation is over, the transfer is not */
  assert_memory_equal(wire_out(wire), "4801", 4);
  wire_in(wire, "6845%04x%s d10a20 ff 78", wire->mid, wire->token);
  check_int(wire->dones, 1);
  check_int(wire->body_len, 33);
  wire_close(wire);
}

/* Requests end in other ways, too. */
static void a_request_that_ends_without_an_answer_lets_it_go(void **state) {
  (void)state;
  for (unsigned i = 0; i < 3; i++) {
    wire_t *wire = open_observable(NULL);
    tg_coap_call_t call = wire_call(wire);
    tg_id_t id;
    observe(wire, 'a');
    check_rc(tg_coap_send(wire->coap, &call, &id), TG_OK);
    (void)wire_out(wire);
    uint16_t mid = wire->mid;
    check_int(notify(wire, "1", true), 1);
    if (i == 0) wire_in(wire, "6000%04x", mid); /* its answer will be separate */
    if (i == 1) wire_in(wire, "7000%04x", mid);
    if (i == 2) tg_coap_cancel(wire->coap, id);
    assert_memory_equal(wire_out(wire), "4145", 4);
    check_int(wire->dones, i > 0);
    wire_close(wire);
  }
}

static void every_tenth_and_one_a_day_is_confirmable(void **state) {
  (void)state;
  wire_t *wire = open_observable(NULL);
  observe(wire, 'a');
  for (int i = 1; i <= 20; i++) {
    notify(wire, "x", false);
    assert_memory_equal(wire_out(wire), i % 10 ? "5145" : "4145", 4);
    if (i % 10 == 0) wire_in(wire, "6000%04x", wire->mid);
  }
  wire_wait(wire, DAY_MS);
  notify(wire, "x", false);
  assert_memory_equal(wire_out(wire), "4145", 4);
  wire_in(wire, "6000%04x", wire->mid);
  notify(wire, "x", false);
  assert_memory_equal(wire_out(wire), "5145", 4);
  wire_close(wire);
}

static void who_does_not_answer_is_forgotten(void **state) {
  (void)state;
  wire_t *wire = open_observable(NULL);
  observe(wire, 'a');
  notify(wire, "x", true);
  wire_wait(wire, 100000);
  check_int(wire_stats(wire).observers, 0);
  check_int(wire_stats(wire).timeouts, 1);
  check_true(tg_wheel_next(wire->wheel) == UINT64_MAX);
  wire_close(wire);
}

static void a_bearer_that_reports_delivery_is_understood(void **state) {
  (void)state;
  wire_options_t options = {.reports_tx = true};
  wire_t *wire = open_observable(&options);
  observe(wire, 'a');
  notify(wire, "x", true);
  const wire_datagram_t *sent = wire_out_bytes(wire);
  check_true(sent->handle != 0);
  wire->link.events->tx(wire->link.events_ud, &wire->link, sent->handle, TG_LINK_TX_FAILED, 0);
  wire_wait(wire, 10);
  check_int(wire_stats(wire).observers, 0);
  wire_close(wire);
}

CHECK_SUITE(a_confirmable_one_waits_for_a_request_of_ours, one_that_is_not_confirmable_waits_for_nothing,
            it_passes_between_two_blocks_of_a_request, a_request_that_ends_without_an_answer_lets_it_go,
            while_one_is_confirmed_only_the_newest_waits, a_peer_confirms_one_observation_at_a_time_and_requests_wait,
            every_tenth_and_one_a_day_is_confirmable, who_does_not_answer_is_forgotten,
            a_bearer_that_reports_delivery_is_understood)
