/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/coap/coap_rest_test.c: mirrors core/coap/coap_rest.c: the rest of a notification that came with its first block only, and its
 * ACK, which waits until that is there and kept (docs/adr/0020).
 */

#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

#define FIRST "d10408 ff 30313233343536373839616263646566" /* Block2 0/1/16 behind Observe */

/* Observes /a of peer `a`; afterwards wire->token is the observation's. */
static wire_t *open_observing(const wire_options_t *options, char token[17]) {
  wire_t *wire = wire_open(options);
  tg_coap_call_t call = wire_call(wire);
  call.observe = 0;
  call.cookie = 77;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  check_true(*wire_out(wire));
  wire_in(wire, "6845%04x%s 6105 ff 31", wire->mid, wire->token);
  check_true(wire->result.observing);
  strcpy(token, wire->token);
  return wire;
}

static struct {
  unsigned mid;
  char token[17];
} asked;

/* The next message asks for the second block. */
static void check_asks(wire_t *wire) {
  assert_string_equal(wire_out(wire) + 24, "b161c110");
  asked.mid = wire->mid;
  strcpy(asked.token, wire->token);
}

/* A long notification has come, confirmable, its rest is asked for. */
static wire_t *open_waiting(const wire_options_t *options, char token[17]) {
  wire_t *wire = open_observing(options, token);
  wire_in(wire, "48450001%s 6106 " FIRST, token);
  check_asks(wire);
  assert_string_not_equal(asked.token, token);
  assert_string_equal(wire_out(wire), ""); /* no ACK */
  check_int(wire->notifications, 0);
  return wire;
}

static void answer_rest(wire_t *wire) {
  wire_in(wire, "6845%04x%s d10a10 ff 58", asked.mid, asked.token);
}

static void check_whole(wire_t *wire, unsigned notifications) {
  check_int(wire->notifications, notifications);
  check_rc(wire->result.rc, TG_OK);
  check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("0123456789abcdefX"));
}

static void it_is_acknowledged_when_the_rest_is_there(void **state) {
  (void)state;
  char token[17];
  wire_t *wire = open_waiting(NULL, token);
  answer_rest(wire);
  check_whole(wire, 1);
  check_int(wire->cookie, 77);
  check_true(wire->result.observing && wire->result.confirmable);
  assert_string_equal(wire_out(wire), "60000001");
  wire_in(wire, "48450001%s 6106 " FIRST, token); /* the ACK was lost: it comes again, and nothing else happens */
  assert_string_equal(wire_out(wire), "60000001");
  assert_string_equal(wire_out(wire), "");
  check_int(wire->notifications, 1);
  check_int(wire_stats(wire).acked_early, 0);
  wire_close(wire);
}

static void and_when_its_ticket_is_released(void **state) {
  (void)state;
  char token[17];
  wire_t *wire = open_waiting(NULL, token);
  wire->hold = true;
  wire->ticket = 4;
  answer_rest(wire);
  check_whole(wire, 1);
  for (int i = 0; i < 4; i++) wire_in(wire, "48450001%s 6106 " FIRST, token);
  assert_string_equal(wire_out(wire), "");
  check_int(wire->notifications, 1);
  tg_coap_release(wire->coap, 4, TG_OK);
  assert_string_equal(wire_out(wire), "60000001");
  wire_close(wire);
}

static void what_the_disk_refuses_comes_again_and_is_fetched_again(void **state) {
  (void)state;
  char token[17];
  wire_t *wire = open_waiting(NULL, token);
  wire->hold = true;
  wire->ticket = 4;
  answer_rest(wire);
  tg_coap_release(wire->coap, 4, TG_E_STORE);
  assert_string_equal(wire_out(wire), "");
  wire->hold = false;
  wire_in(wire, "48450001%s 6106 " FIRST, token);
  check_asks(wire);
  answer_rest(wire);
  check_whole(wire, 2);
  assert_string_equal(wire_out(wire), "60000001");
  wire_close(wire);
}

static void a_non_confirmable_one_has_no_ack(void **state) {
  (void)state;
  char token[17];
  wire_t *wire = open_observing(NULL, token);
  wire_in(wire, "58450001%s 6106 " FIRST, token);
  check_asks(wire);
  for (int i = 0; i < 4; i++) wire_in(wire, "58450001%s 6106 " FIRST, token); /* duplicates of the network */
  answer_rest(wire);
  check_whole(wire, 1);
  check_false(wire->result.confirmable);
  assert_string_equal(wire_out(wire), "");
  wire_close(wire);
}

/* Its sender comes for the third time: it has its ACK, and the caller, which was told, has still the rest to expect. */
static void an_impatient_sender_has_its_ack_early(void **state) {
  (void)state;
  for (int held = 0; held < 2; held++) {
    char token[17];
    wire_t *wire = open_waiting(NULL, token);
    wire->hold = held;
    wire->ticket = 4;
    wire_in(wire, "48450001%s 6106 " FIRST, token);
    assert_string_equal(wire_out(wire), "");
    check_int(wire->notifications, 0);
    wire_in(wire, "48450001%s 6106 " FIRST, token);
    check_int(wire->notifications, 1);
    check_rc(wire->result.rc, TG_E_AGAIN);
    check_int(wire->body_len, 0);
    check_int(wire->cookie, 77);
    check_true(wire->result.confirmable && wire->result.observing);
    if (held) assert_string_equal(wire_out(wire), ""); /* until that is kept */
    if (held) tg_coap_release(wire->coap, 4, TG_OK);
    assert_string_equal(wire_out(wire), "60000001");
    wire_in(wire, "48450001%s 6106 " FIRST, token);
    assert_string_equal(wire_out(wire), "60000001");
    check_int(wire->notifications, 1);
    answer_rest(wire);
    check_whole(wire, 2);
    check_false(wire->result.confirmable);
    assert_string_equal(wire_out(wire), "");
    check_int(wire_stats(wire).acked_early, 1);
    wire_close(wire);
  }
}

/* So many other messages have come that the first is no longer remembered as one that came. */
static void a_duplicate_is_known_however_many_messages_came_between(void **state) {
  (void)state;
  char token[17];
  wire_t *wire = open_waiting(NULL, token);
  for (unsigned i = 0; i < 20; i++) wire_in(wire, "4001%04x b161", 500 + i);
  while (*wire_out(wire)) continue;
  wire_in(wire, "48450001%s 6106 " FIRST, token);
  assert_string_equal(wire_out(wire), ""); /* neither acknowledged as an old one nor fetched a second time */
  answer_rest(wire);
  check_whole(wire, 1);
  assert_string_equal(wire_out(wire), "60000001");
  wire_close(wire);
}

static void a_newer_one_takes_its_place(void **state) {
  (void)state;
  char token[17];
  wire_t *wire = open_waiting(NULL, token);
  wire_in(wire, "48450002%s 6107 d1 04 08 ff 41414141414141414141414141414141", token);
  assert_memory_equal(wire_out(wire), "4801", 4);
  wire_in(wire, "48450001%s 6106 " FIRST, token); /* the older one again: an old one by now (RFC 7641 §3.4) */
  assert_string_equal(wire_out(wire), "60000001");
  check_int(wire_stats(wire).rx_stale, 1);
  check_int(wire->notifications, 0);
  wire_close(wire);
}

static void the_newer_one_is_read_with_a_token_of_its_own(void **state) {
  (void)state;
  char token[17];
  wire_t *wire = open_waiting(NULL, token);
  wire_in(wire, "48450002%s 6107 d1 04 08 ff 41414141414141414141414141414141", token);
  answer_rest(wire); /* of the older one, too late */
  check_int(wire->notifications, 0);
  check_asks(wire);
  answer_rest(wire);
  check_int(wire->notifications, 1);
  check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("AAAAAAAAAAAAAAAAX"));
  assert_string_equal(wire_out(wire), "60000002");
  check_int(wire_stats(wire).exchanges, 0);
  wire_close(wire);
}

static void a_newer_whole_one_ends_the_fetching_of_an_older(void **state) {
  (void)state;
  char token[17];
  wire_t *wire = open_waiting(NULL, token);
  wire_in(wire, "48450002%s 6107 ff 32", token);
  assert_string_equal(wire_out(wire), "60000002");
  check_int(wire->notifications, 1);
  check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("2"));
  check_int(wire_stats(wire).exchanges, 0);
  answer_rest(wire);
  check_int(wire->notifications, 1);
  wire_close(wire);
}

/* What ends the fetching: what the caller is told, and whether the sender has its ACK or may come again. */
static void what_cannot_be_had_is_told(void **state) {
  (void)state;
  static const struct {
    const char *answer; /* without id and token; NULL: none comes */
    tg_rc_t rc;
    uint8_t code;
    bool acked;
  } rows[] = {
      {"6884", TG_E_PEER, TG_COAP_404, true},      /* it is not there any more */
      {"68a0", TG_E_PEER, TG_COAP_500, true},      /* it can't */
      {"6845 d10a20 ff 58", TG_E_SYNTAX, 0, true}, /* another block than the one asked for */
      {"6845 d1ee00 ff 58", TG_E_OPTION, 0, true}, /* an option that must be understood */
      {"68a3", TG_E_PEER, TG_COAP_503, false},     /* not now */
      {"7000", TG_E_RESET, 0, false},
      {NULL, TG_E_TIMEOUT, 0, false},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char token[17];
    wire_t *wire = open_waiting(NULL, token);
    char answer[64] = "";
    if (rows[i].answer)
      snprintf(answer, sizeof answer, "%.4s%04x%s%s", rows[i].answer, asked.mid,
               rows[i].rc == TG_E_RESET ? "" : asked.token, rows[i].answer + 4);
    if (rows[i].answer) wire_in(wire, "%s", answer);
    else wire_wait(wire, 100000);
    if (wire->notifications != 1) print_error("row %zu\n", i);
    check_int(wire->notifications, 1);
    check_rc(wire->result.rc, rows[i].rc);
    check_int(wire->result.code, rows[i].code);
    check_true(wire->result.observing);
    const char *out = wire_out(wire);
    while (!rows[i].answer && *out) out = wire_out(wire); /* the request, again and again */
    assert_string_equal(out, rows[i].acked ? "60000001" : "");
    wire_in(wire, "48450001%s 6106 " FIRST, token);
    if (rows[i].acked) assert_string_equal(wire_out(wire), "60000001");
    else assert_string_equal(wire_out(wire) + 24, "b161c110"); /* a new one */
    wire_close(wire);
  }
}

static void what_cannot_begin_is_told(void **state) {
  (void)state;
  wire_options_t full = {.limits = {.exchanges = 1}};
  char token[17];
  wire_t *wire = open_observing(&full, token);
  tg_coap_observation_t obs = {.peer = wire_peer(wire, 'a'), .token = {1, 2, 3, 4, 5, 6, 7, 8}};
  tg_id_t id;
  check_rc(tg_coap_observation_add(wire->coap, &obs, &id), TG_OK); /* without a path: nothing can be asked for */
  wire_in(wire, "48450001 0102030405060708 6106 " FIRST);
  assert_string_equal(wire_out(wire), "60000001");
  check_rc(wire->result.rc, TG_E_STATE);
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  check_true(*wire_out(wire));
  wire_in(wire, "48450002%s 6106 " FIRST, token); /* there is no room for another request */
  check_rc(wire->result.rc, TG_E_FULL);
  assert_string_equal(wire_out(wire), "");
  wire_close(wire);
}

static void an_observation_that_ends_is_not_acknowledged_for(void **state) {
  (void)state;
  char token[17];
  wire_t *wire = open_waiting(NULL, token);
  tg_coap_observation_t obs;
  tg_id_t id = wire->result.observation;
  check_true(tg_coap_observation_get(wire->coap, id, &obs));
  tg_coap_observation_del(wire->coap, id);
  answer_rest(wire);
  check_int(wire->notifications, 0);
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "48450001%s 6106 " FIRST, token);
  assert_string_equal(wire_out(wire), "70000001"); /* reset: it is nobody's */
  wire_close(wire);
}

/* The device goes on from another address: what is missing is read there, from the beginning, and its old address has its ACK. */
static void what_is_missing_is_read_where_the_device_is(void **state) {
  (void)state;
  char token[17];
  wire_t *wire = open_waiting(NULL, token);
  tg_id_t id = wire->result.observation;
  tg_coap_observation_move(wire->coap, id, wire_peer(wire, 'a')); /* there it is already */
  assert_string_equal(wire_out(wire), "");
  tg_coap_observation_move(wire->coap, id, wire_peer(wire, 'n'));
  const wire_datagram_t *out = wire_out_bytes(wire);
  assert_non_null(out);
  check_int(out->to.b[0], 'n');
  check_int(out->len, 14); /* no Block2 */
  check_int(wire->notifications, 0);
  wire_in_from(wire, 'n', "6845%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x c0 ff 5a", out->bytes[2], out->bytes[3],
               out->bytes[4], out->bytes[5], out->bytes[6], out->bytes[7], out->bytes[8], out->bytes[9], out->bytes[10],
               out->bytes[11]);
  check_int(wire->notifications, 1);
  check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("Z"));
  check_true(wire->result.peer == wire_peer(wire, 'n'));
  assert_string_equal(wire_out(wire), "60000001");
  check_int(wire_stats(wire).exchanges, 0);
  wire_close(wire);
}

static void what_is_left_at_the_end_is_freed(void **state) {
  (void)state;
  for (int forgets = 0; forgets < 2; forgets++) {
    char token[17];
    wire_t *wire = open_waiting(NULL, token);
    if (forgets) tg_coap_peer_forget(wire->coap, wire_peer(wire, 'a'));
    check_int(wire->notifications, 0);
    wire_close(wire);
  }
}

CHECK_SUITE(it_is_acknowledged_when_the_rest_is_there, and_when_its_ticket_is_released,
            what_the_disk_refuses_comes_again_and_is_fetched_again, a_non_confirmable_one_has_no_ack,
            an_impatient_sender_has_its_ack_early, a_duplicate_is_known_however_many_messages_came_between,
            a_newer_one_takes_its_place, the_newer_one_is_read_with_a_token_of_its_own,
            a_newer_whole_one_ends_the_fetching_of_an_older, what_cannot_be_had_is_told, what_cannot_begin_is_told,
            an_observation_that_ends_is_not_acknowledged_for, what_is_missing_is_read_where_the_device_is,
            what_is_left_at_the_end_is_freed)
