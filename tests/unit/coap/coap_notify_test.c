/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_notify_test.c: mirrors core/coap/coap_notify.c and coap_observe.c. */

#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

/* Observes /a of peer `a`; afterwards wire->token is the observation's. */
static wire_t *open_observing(const wire_options_t *options) {
  wire_t *wire = wire_open(options);
  tg_coap_call_t call = wire_call(wire);
  call.observe = 0;
  call.cookie = 77;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_memory_equal(wire_out(wire) + 24, "605161", 6);
  wire_in(wire, "6845%04x%s 6105 ff 31", wire->mid, wire->token);
  check_int(wire->dones, 1);
  check_true(wire->result.observing);
  check_true(wire->result.observation != TG_ID_NONE);
  return wire;
}

static void a_confirmable_notification_is_handed_over_and_acknowledged(void **state) {
  (void)state;
  wire_t *wire = open_observing(NULL);
  tg_id_t id = wire->result.observation;
  wire_in(wire, "48450001%s 6106 6112 ff 32", wire->token);
  assert_string_equal(wire_out(wire), "60000001");
  check_int(wire->notifications, 1);
  check_int(wire->cookie, 77);
  check_true(wire->result.observation == id);
  check_true(wire->result.observing && wire->result.confirmable);
  check_int(wire->result.content_format, 0x12);
  check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("2"));
  wire_in(wire, "48450001%s 6106 ff 32", wire->token);
  assert_string_equal(wire_out(wire), "60000001");
  wire_in(wire, "58450002%s 6107 ff 33", wire->token);
  assert_string_equal(wire_out(wire), "");
  check_int(wire->notifications, 2);
  check_int(wire_stats(wire).notifications, 2);
  wire_close(wire);
}

/* Sequence numbers after 5, milliseconds between, whether each is news (RFC 7641 §3.4). */
static void only_fresh_notifications_are_handed_over(void **state) {
  (void)state;
  static const struct {
    unsigned seq;
    unsigned wait;
    unsigned fresh;
  } rows[] = {{6, 0, 1},        {6, 0, 0},        {4, 0, 0}, {7, 0, 1}, {0xffffff, 0, 0}, {9, 0, 1},      {8, 0, 0},
              {0x7fffff, 0, 1}, {0xfffffe, 0, 1}, {3, 0, 1}, {2, 0, 0}, {2, 128001, 1},   {1, 127000, 0}, {1, 2000, 1}};
  wire_t *wire = open_observing(NULL);
  unsigned news = 0, stale = 0;
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_wait(wire, rows[i].wait);
    wire_in(wire, "4845%04x%s 63%06x ff 32", (unsigned)(100 + i), wire->token, rows[i].seq);
    news += rows[i].fresh;
    stale += !rows[i].fresh;
    if (wire->notifications != news) print_error("row %zu\n", i);
    check_int(wire->notifications, news);
    assert_memory_equal(wire_out(wire), "6000", 4); /* a stale one is acknowledged all the same */
  }
  check_int(wire_stats(wire).rx_stale, stale);
  wire_close(wire);
}

static void notifications_shuffled_by_the_network_rise_for_the_caller(void **state) {
  (void)state;
  wire_t *wire = open_observing(NULL);
  tg_random_seeded_t random = {3};
  unsigned order[64], last = 0;
  for (unsigned i = 0; i < TG_COUNT(order); i++) order[i] = i + 6;
  for (unsigned i = 0; i < TG_COUNT(order); i++) {
    uint8_t draw;
    tg_random_fill_seeded(&random, &draw, 1);
    unsigned other = (i + draw % 5) % TG_COUNT(order), kept = order[i];
    order[i] = order[other];
    order[other] = kept;
  }
  for (unsigned i = 0; i < TG_COUNT(order); i++) {
    unsigned before = wire->notifications;
    wire_in(wire, "5845%04x%s 61%02x ff %02x", 300 + order[i], wire->token, order[i], order[i]);
    if (wire->notifications == before) continue;
    check_true(wire->body[0] > last);
    last = wire->body[0];
  }
  check_int(last, 69); /* the newest got through */
  wire_close(wire);
}

static void a_held_ack_waits_for_its_ticket(void **state) {
  (void)state;
  wire_t *wire = open_observing(NULL);
  wire->hold = true;
  wire->ticket = 4;
  wire_in(wire, "48450001%s 6106 ff 32", wire->token);
  wire_in(wire, "48450001%s 6106 ff 32", wire->token);
  wire_wait(wire, 2000);
  assert_string_equal(wire_out(wire), "");
  tg_coap_release(wire->coap, 4, TG_OK);
  assert_string_equal(wire_out(wire), "60000001");
  wire_in(wire, "48450001%s 6106 ff 32", wire->token);
  assert_string_equal(wire_out(wire), "60000001");
  check_int(wire->notifications, 1);
  wire_close(wire);
}

/* A confirmable notification that comes before the answer to the request founds the observation. Its ACK says that the value is safe. */
static wire_t *open_overtaken(void) {
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  call.observe = 0;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_memory_equal(wire_out(wire) + 24, "605161", 6);
  wire->hold = true;
  wire->ticket = 4;
  wire_in(wire, "48450001%s 6106 ff 32", wire->token);
  check_int(wire->dones, 1);
  check_true(wire->result.observing);
  assert_string_equal(wire_out(wire), "");
  return wire;
}

static void a_notification_that_overtakes_the_answer_waits_for_its_ticket(void **state) {
  (void)state;
  wire_t *wire = open_overtaken();
  wire_in(wire, "48450001%s 6106 ff 32", wire->token);
  wire_in(wire, "6845%04x%s 6105 ff 31", wire->mid, wire->token); /* the answer, too late */
  assert_string_equal(wire_out(wire), "");
  tg_coap_release(wire->coap, 4, TG_OK);
  assert_string_equal(wire_out(wire), "60000001");
  wire->hold = false;
  wire_in(wire, "48450002%s 6107 ff 33", wire->token);
  assert_string_equal(wire_out(wire), "60000002");
  check_int(wire->notifications, 1);
  check_int(wire->dones, 1);
  wire_close(wire);
}

static void and_comes_again_as_one_where_it_could_not_be_kept(void **state) {
  (void)state;
  wire_t *wire = open_overtaken();
  tg_coap_release(wire->coap, 4, TG_E_STORE);
  assert_string_equal(wire_out(wire), "");
  wire->hold = false;
  wire_in(wire, "48450001%s 6106 ff 32", wire->token);
  assert_string_equal(wire_out(wire), "60000001");
  check_int(wire->notifications, 1);
  wire_close(wire);
}

/* Asked for again under its token: who had dropped it counts from the beginning, who had not may be repeating an older message. */
static void after_a_renewal_nothing_is_taken_for_old(void **state) {
  (void)state;
  static const char *const answers[] = {"6206fa", "6101"}, *const next[] = {"6206f9", "6102"};
  for (size_t i = 0; i < TG_COUNT(answers); i++) {
    wire_t *wire = open_observing(NULL);
    tg_coap_observation_t kept;
    check_true(tg_coap_observation_get(wire->coap, wire->result.observation, &kept));
    tg_coap_call_t call = wire_call(wire);
    call.observe = 0;
    call.token_len = sizeof kept.token;
    memcpy(call.token, kept.token, sizeof kept.token);
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
    (void)wire_out(wire);
    wire_in(wire, "6845%04x%s %s ff 31", wire->mid, wire->token, answers[i]);
    check_true(wire->result.observing);
    check_int(wire_stats(wire).observations, 1);
    wire_in(wire, "48450009%s %s ff 32", wire->token, next[i]);
    check_int(wire->notifications, 1);
    check_int(wire_stats(wire).rx_stale, 0);
    wire_close(wire);
  }
}

static void a_dropped_ack_lets_the_notification_come_again(void **state) {
  (void)state;
  wire_options_t full = {.limits = {.held = 1}};
  wire_t *wire = open_observing(&full);
  wire->hold = true;
  wire->ticket = 4;
  wire_in(wire, "48450001%s 6106 ff 32", wire->token);
  tg_coap_release(wire->coap, 4, TG_E_STORE);
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "48450001%s 6106 ff 32", wire->token);
  check_int(wire->notifications, 2);
  wire_in(wire, "48450002%s 6107 ff 32", wire->token); /* the table of held ones is full */
  check_int(wire->notifications, 3);
  assert_string_equal(wire_out(wire), "");
  tg_coap_release(wire->coap, 4, TG_OK);
  assert_string_equal(wire_out(wire), "60000001");
  wire_in(wire, "48450002%s 6107 ff 32", wire->token);
  check_int(wire->notifications, 4);
  check_int(wire_stats(wire).shed, 1);
  wire_close(wire);
}

/* An error or an answer without Observe ends it: handed over once, then reset. */
static void an_observation_ends_with_an_error_or_without_observe(void **state) {
  (void)state;
  static const struct {
    const char *head, *tail;
    uint8_t code;
  } rows[] = {{"4884", "", TG_COAP_404}, {"4884", "6107", TG_COAP_404}, {"4845", "ff31", TG_COAP_205}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = open_observing(NULL);
    wire_in(wire, "%s0001%s%s", rows[i].head, wire->token, rows[i].tail);
    assert_string_equal(wire_out(wire), "60000001");
    check_int(wire->notifications, 1);
    check_int(wire->result.code, rows[i].code);
    check_false(wire->result.observing);
    check_int(wire_stats(wire).observations, 0);
    wire_in(wire, "48450002%s 6108 ff 31", wire->token);
    assert_string_equal(wire_out(wire), "70000002");
    wire_close(wire);
  }
}

static void an_unknown_critical_option_is_reset_and_ends_it(void **state) {
  (void)state;
  wire_t *wire = open_observing(NULL);
  wire_in(wire, "48450001%s 6106 d1ee00 ff 31", wire->token); /* 6 + 13 + 238 = 257 */
  assert_string_equal(wire_out(wire), "70000001");
  check_rc(wire->result.rc, TG_E_OPTION);
  check_false(wire->result.observing);
  check_int(wire_stats(wire).observations, 0);
  wire_close(wire);
}

/* Policy, who sends, whether it is accepted: `n` is a second port of host `a`. */
static void a_new_address_is_accepted_by_policy(void **state) {
  (void)state;
  static const struct {
    tg_coap_rebind_t rebind;
    char from;
    bool works;
  } rows[] = {
      {TG_COAP_REBIND_NEVER, 'n', false}, {TG_COAP_REBIND_SAME_HOST, 'n', true}, {TG_COAP_REBIND_SAME_HOST, 'b', false},
      {TG_COAP_REBIND_ANY, 'b', true},    {TG_COAP_REBIND_ANY, 'B', false}, /* the bearer vouches for somebody else */
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_options_t options = {.rebind = rows[i].rebind};
    wire_t *wire = open_observing(&options);
    wire_in_from(wire, rows[i].from, "48450001%s 6106 ff 32", wire->token);
    assert_string_equal(wire_out(wire), rows[i].works ? "60000001" : "70000001");
    check_int(wire->notifications, rows[i].works);
    check_int(wire_stats(wire).rebound, rows[i].works);
    if (rows[i].works) check_true(wire->result.peer == wire_peer(wire, rows[i].from));
    wire_in(wire, "48450002%s 6107 ff 32", wire->token); /* back again: by the same policy */
    assert_string_equal(wire_out(wire), "60000002");
    wire_close(wire);
  }
}

static void a_restored_observation_is_understood(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.observations = 1}};
  wire_t *wire = wire_open(&options);
  tg_coap_observation_t obs = {.peer = wire_peer(wire, 'a'), .token = {1, 2, 3, 4, 5, 6, 7, 8}, .cookie = 9}, got;
  tg_id_t id;
  check_rc(tg_coap_observation_add(wire->coap, &obs, &id), TG_OK);
  check_rc(tg_coap_observation_add(wire->coap, &obs, &id), TG_E_EXISTS);
  tg_coap_observation_t second = obs;
  second.token[0] = 9;
  check_rc(tg_coap_observation_add(wire->coap, &second, &id), TG_E_FULL);
  wire_in(wire, "48450001 0102030405060708 6106 ff 32");
  assert_string_equal(wire_out(wire), "60000001");
  check_int(wire->cookie, 9);
  id = wire->result.observation;
  check_true(tg_coap_observation_get(wire->coap, id, &got));
  check_int(got.cookie, 9);
  assert_memory_equal(got.token, obs.token, 8);
  tg_coap_observation_move(wire->coap, id, wire_peer(wire, 'b'));
  wire_in_from(wire, 'b', "48450001 0102030405060708 6107 ff 32");
  assert_string_equal(wire_out(wire), "60000001");
  tg_coap_observation_del(wire->coap, id);
  check_false(tg_coap_observation_get(wire->coap, id, &got));
  wire_in_from(wire, 'b', "48450002 0102030405060708 6108 ff 32");
  assert_string_equal(wire_out(wire), "70000002");
  obs.peer = TG_ID_NONE;
  check_rc(tg_coap_observation_add(wire->coap, &obs, &id), TG_E_GONE);
  wire_close(wire);
}

static void cancelling_by_token_ends_the_observation(void **state) {
  (void)state;
  wire_t *wire = open_observing(NULL);
  tg_coap_observation_t obs;
  check_true(tg_coap_observation_get(wire->coap, wire->result.observation, &obs));
  tg_coap_call_t call = wire_call(wire);
  call.observe = 1;
  call.token_len = 8;
  memcpy(call.token, obs.token, 8);
  char token[17];
  strcpy(token, wire->token);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_memory_equal(wire_out(wire) + 24, "6101", 4);
  assert_string_equal(wire->token, token);
  wire_in(wire, "58450003%s 6109 ff 32", token); /* crosses the cancellation */
  check_int(wire->notifications, 1);
  check_int(wire->dones, 1);
  wire_in(wire, "6845%04x%s ff 31", wire->mid, token);
  check_int(wire->dones, 2);
  check_int(wire_stats(wire).observations, 0);
  wire_close(wire);
}

CHECK_SUITE(a_confirmable_notification_is_handed_over_and_acknowledged, only_fresh_notifications_are_handed_over,
            notifications_shuffled_by_the_network_rise_for_the_caller, a_held_ack_waits_for_its_ticket,
            a_notification_that_overtakes_the_answer_waits_for_its_ticket,
            and_comes_again_as_one_where_it_could_not_be_kept, after_a_renewal_nothing_is_taken_for_old,
            a_dropped_ack_lets_the_notification_come_again, an_observation_ends_with_an_error_or_without_observe,
            an_unknown_critical_option_is_reset_and_ends_it, a_new_address_is_accepted_by_policy,
            a_restored_observation_is_understood, cancelling_by_token_ends_the_observation)
