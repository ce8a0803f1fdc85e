/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_no_response_test.c: No-Response (RFC 7967) in both roles; mirrors coap_serve.c, coap_held.c, coap_exchange.c. */

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

/* POST /a, then option 258 (11 + 247 = 13 + 234): d1 ea vv. */

/* The type of the request, its option, the handler's code, the answer; mid and token are cut out of a NON's. */
static void the_classes_asked_for_are_suppressed_never_the_ack(void **state) {
  (void)state;
  static const struct {
    const char *head, *option;
    uint8_t code;
    const char *out;
  } rows[] = {
      {"4102", "d1ea02", TG_COAP_204, "60000001"},     /* 2.xx: an empty ACK */
      {"4102", "d1ea02", TG_COAP_404, "618400014a"},   /* another class is wanted */
      {"4102", "d1ea08", TG_COAP_404, "60000001"},     /* 4.xx */
      {"4102", "d1ea10", TG_COAP_500, "60000001"},     /* 5.xx */
      {"4102", "d1ea1a", TG_COAP_503, "60000001"},     /* all */
      {"4102", "d0ea", TG_COAP_204, "614400014a"},     /* 0: everything is wanted */
      {"4102", "d1ea05", TG_COAP_204, "614400014a"},   /* bits without a meaning */
      {"4102", "d2ea0002", TG_COAP_204, "614400014a"}, /* too long: elective, as absent */
      {"5102", "d1ea02", TG_COAP_204, ""},
      {"5102", "d1ea1a", TG_COAP_404, ""},
      {"5102", "d1ea02", TG_COAP_404, "5184"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = wire_open(NULL);
    wire->reply = (tg_coap_reply_t){.code = rows[i].code, .content_format = TG_CF_NONE};
    wire_in(wire, "%s0001 4a b161 %s", rows[i].head, rows[i].option);
    check_int(wire->requests, 1);
    const char *out = wire_out(wire);
    size_t len = rows[i].head[0] == '5' ? strlen(rows[i].out) : WIRE_TEXT;
    if (strncmp(out, rows[i].out, len ? len : 1) != 0) print_error("row %zu\n", i);
    check_int(strncmp(out, rows[i].out, len ? len : 1), 0);
    wire_close(wire);
  }
}

static void a_long_answer_that_is_not_wanted_is_not_kept(void **state) {
  (void)state;
  static char payload[3000];
  wire_t *wire = wire_open(NULL);
  wire->reply.payload = tg_slice(payload, sizeof payload);
  wire_in(wire, "41020001 4a b161 d1ea02");
  assert_string_equal(wire_out(wire), "60000001");
  check_int(wire->coap->bodies.pool.count, 0);
  wire_close(wire);
}

static void a_suppressed_answer_is_remembered_as_what_was_sent(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  for (int i = 0; i < 2; i++) {
    wire_in(wire, "41020001 4a b161 d1ea02");
    assert_string_equal(wire_out(wire), "60000001");
  }
  check_int(wire->requests, 1);
  wire_close(wire);
}

/* What steers a transfer is no answer; the last one is. */
static void blocks_are_confirmed_though_their_answer_is_not_wanted(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "40020001 b161 d10308 d1da1a ff 78787878787878787878787878787878"); /* 27 + 13 + 218 */
  assert_memory_equal(wire_out(wire), "605f", 4);
  wire_in(wire, "40020002 b161 d10310 d1da1a ff 78");
  assert_string_equal(wire_out(wire), "60000002");
  check_int(wire->body_len, 17);
  wire_in(wire, "40020003 b161 d10310 d1da1a ff 78"); /* of a body that never began: begin anew */
  assert_string_equal(wire_out(wire), "60880003");
  wire_close(wire);
}

static void a_held_answer_that_is_not_wanted_is_an_ack_at_its_time(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire->reply = (tg_coap_reply_t){.code = TG_COAP_204, .content_format = TG_CF_NONE, .hold = true, .ticket = 1};
  wire_in(wire, "41020001 4a b161 d1ea02");
  assert_string_equal(wire_out(wire), "");
  tg_coap_release(wire->coap, 1, TG_OK);
  assert_string_equal(wire_out(wire), "60000001");
  wire->reply.ticket = 2;
  wire_in(wire, "41020002 4a b161 d1ea02");
  wire_wait(wire, 1500);
  assert_string_equal(wire_out(wire), "60000002");
  tg_coap_release(wire->coap, 2, TG_OK); /* the ACK has gone out: there is nothing to say */
  assert_string_equal(wire_out(wire), "");
  wire->reply.ticket = 3;
  wire_in(wire, "51020003 4a b161 d1ea02");
  tg_coap_release(wire->coap, 3, TG_OK);
  assert_string_equal(wire_out(wire), "");
  wire->reply.ticket = 4;
  wire_in(wire, "41020004 4a b161 d1ea02");
  tg_coap_release(wire->coap, 4, TG_E_FULL); /* a failure is of a class that is wanted */
  assert_memory_equal(wire_out(wire), "61a30004", 8);
  check_true(tg_wheel_next(wire->wheel) == UINT64_MAX);
  wire_close(wire);
}

/* Client. */

static void the_option_is_written_between_echo_and_tag(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  call.no_response = TG_COAP_NO_2XX | TG_COAP_NO_5XX;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_string_equal(wire_out(wire) + 24, "b161d1ea12");
  wire_close(wire);
}

static void silence_ends_well_when_nothing_is_wanted(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  call.no_response = TG_COAP_NO_2XX | TG_COAP_NO_4XX | TG_COAP_NO_5XX;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "6000%04x", wire->mid);
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_OK);
  check_int(wire->result.code, 0);
  call.non_confirmable = true;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  check_int(wire->dones, 1); /* never from inside the call */
  wire_wait(wire, 2);
  check_int(wire->dones, 2);
  check_rc(wire->result.rc, TG_OK);
  check_int(wire_stats(wire).timeouts, 0);
  wire_close(wire);
}

static void without_an_ack_it_is_a_timeout(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  call.no_response = TG_COAP_NO_2XX | TG_COAP_NO_4XX | TG_COAP_NO_5XX;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  wire_wait(wire, 200000);
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_E_TIMEOUT);
  check_int(wire_stats(wire).timeouts, 1);
  wire_close(wire);
}

static void an_error_that_is_wanted_may_still_come(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  call.no_response = TG_COAP_NO_2XX;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "6000%04x", wire->mid);
  check_int(wire->dones, 0);
  wire_in(wire, "48840001%s", wire->token);
  check_int(wire->dones, 1);
  check_int(wire->result.code, TG_COAP_404);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  while (*wire_out(wire)) continue;
  wire_in(wire, "6000%04x", wire->mid);
  wire_wait(wire, 94000); /* none came: it went well */
  check_int(wire->dones, 2);
  check_rc(wire->result.rc, TG_OK);
  check_int(wire->result.code, 0);
  wire_close(wire);
}

/* The empty ACK of a block in the middle promises the 2.31, and without it the transfer has failed. */
static void every_block_but_the_last_has_an_answer(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 90};
  wire_t *wire = wire_open(&options);
  tg_coap_call_t call = wire_call(wire);
  call.method = TG_COAP_PUT;
  call.payload = tg_slice_str("0123456789abcdef01");
  call.no_response = TG_COAP_NO_2XX | TG_COAP_NO_4XX | TG_COAP_NO_5XX;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "6000%04x", wire->mid);
  check_int(wire->dones, 0);
  wire_in(wire, "485f0001%s d10e08", wire->token);
  assert_string_equal(wire_out(wire), "60000001");
  (void)wire_out(wire);
  wire_in(wire, "6000%04x", wire->mid);
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_OK);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "6000%04x", wire->mid);
  wire_wait(wire, 94000);
  check_int(wire->dones, 2);
  check_rc(wire->result.rc, TG_E_TIMEOUT);
  wire_close(wire);
}

CHECK_SUITE(every_block_but_the_last_has_an_answer, the_classes_asked_for_are_suppressed_never_the_ack,
            a_long_answer_that_is_not_wanted_is_not_kept, a_suppressed_answer_is_remembered_as_what_was_sent,
            blocks_are_confirmed_though_their_answer_is_not_wanted,
            a_held_answer_that_is_not_wanted_is_an_ack_at_its_time, the_option_is_written_between_echo_and_tag,
            silence_ends_well_when_nothing_is_wanted, without_an_ack_it_is_a_timeout,
            an_error_that_is_wanted_may_still_come)
