/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_serve_test.c: mirrors core/coap/coap_serve.c. */

#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

static void a_confirmable_request_is_answered_in_its_ack(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "42021234 4a01 b27264 01 61 ff 6869");
  assert_string_equal(wire_out(wire), "624512344a01ff6f6b");
  assert_string_equal(wire->path, "/rd/a");
  check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("hi"));
  check_true(wire->request.confirmable);
  check_int(wire->request.content_format, TG_CF_NONE);
  check_true(wire->request.peer == wire_peer(wire, 'a'));
  wire_close(wire);
}

static void a_non_confirmable_request_is_answered_with_a_message_of_its_own(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "52021234 4a01 b161");
  const char *out = wire_out(wire);
  assert_memory_equal(out, "5245", 4);
  assert_string_equal(out + 8, "4a01ff6f6b");
  check_true(wire->mid != 0x1234);
  check_false(wire->request.confirmable);
  wire_close(wire);
}

static void a_duplicate_gets_the_same_answer_and_does_not_run_again(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "41021234 4a b161");
  assert_string_equal(wire_out(wire), "614512344aff6f6b");
  wire->reply.code = TG_COAP_500;
  wire_in(wire, "41021234 4a b161");
  assert_string_equal(wire_out(wire), "614512344aff6f6b");
  check_int(wire->requests, 1);
  check_int(wire_stats(wire).rx_duplicate, 1);
  wire_close(wire);
}

static void a_non_confirmable_duplicate_gets_silence(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "51021234 4a b161");
  assert_memory_equal(wire_out(wire), "5145", 4);
  wire_in(wire, "51021234 4a b161");
  assert_string_equal(wire_out(wire), "");
  check_int(wire->requests, 1);
  wire_close(wire);
}

static void the_same_message_id_from_another_peer_is_another_message(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "41021234 4a b161");
  wire_in_from(wire, 'b', "41021234 4a b161");
  check_int(wire->requests, 2);
  wire_close(wire);
}

static void a_message_id_is_new_again_after_the_exchange_lifetime(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "41021234 4a b161");
  wire_wait(wire, 246000);
  wire_in(wire, "41021234 4a b161");
  check_int(wire->requests, 1);
  wire_wait(wire, 2000);
  wire_in(wire, "41021234 4a b161");
  check_int(wire->requests, 2);
  wire_close(wire);
}

static void a_long_answer_is_remembered_too(void **state) {
  (void)state;
  char payload[700], first[WIRE_TEXT];
  memset(payload, 'x', sizeof payload);
  wire_t *wire = wire_open(NULL);
  wire->reply.payload = tg_slice(payload, sizeof payload);
  wire_in(wire, "41021234 4a b161");
  strcpy(first, wire_out(wire));
  check_int(strlen(first), 2 * (5 + 1 + 700));
  wire_in(wire, "41021234 4a b161");
  assert_string_equal(wire_out(wire), first);
  check_int(wire->requests, 1);
  wire_close(wire);
}

static void no_code_is_an_empty_ack_or_nothing(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire->reply = (tg_coap_reply_t){.content_format = TG_CF_NONE};
  wire_in(wire, "41021234 4a b161");
  assert_string_equal(wire_out(wire), "60001234");
  wire_in(wire, "51021235 4a b161");
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "41021234 4a b161");
  assert_string_equal(wire_out(wire), "60001234");
  check_int(wire->requests, 2);
  wire_close(wire);
}

static void the_answer_carries_format_location_and_max_age(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire->reply = (tg_coap_reply_t){
      .code = TG_COAP_201, .content_format = TG_CF_NONE, .location = {tg_slice_str("rd"), tg_slice_str("5a3f")}};
  wire_in(wire, "40020001 b161");
  assert_string_equal(wire_out(wire), "604100018272640435613366");
  wire->reply =
      (tg_coap_reply_t){.code = TG_COAP_205, .content_format = 110, .payload = tg_slice_str("[]"), .max_age = 5};
  wire_in(wire, "40020002 b161");
  assert_string_equal(wire_out(wire), "60450002c16eff5b5d"); /* Max-Age belongs to 5.03 and 4.29 */
  wire->reply = (tg_coap_reply_t){.code = TG_COAP_503, .content_format = TG_CF_NONE, .max_age = 60};
  wire_in(wire, "40020003 b161");
  assert_string_equal(wire_out(wire), "60a30003d1013c");
  wire_close(wire);
}

static void content_format_and_accept_reach_the_handler(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "40020001 b161 11 28 52 2d16");
  check_int(wire->request.content_format, 40);
  check_int(wire->request.accept, 11542);
  wire_close(wire);
}

/* What comes in, the answer; "" is silence. Options: see RFC 7252 §5.4 and table 4. */
static void bad_options_are_refused_or_ignored(void **state) {
  (void)state;
  static const struct {
    const char *in, *out;
    unsigned runs;
  } rows[] = {
      {"40010001 b161 e006e9", "60820001", 0},               /* unknown critical (2039) */
      {"50010001 b161 e006e9", "", 0},                       /* in a NON: silence */
      {"40010001 b161 e106ea00", "60450001ff6f6b", 1},       /* unknown elective (2040) */
      {"40010001 73001633 4161", "60820001", 0},             /* Uri-Port of 3 bytes */
      {"40010001 b161 63000028", "60820001", 0},             /* Accept of 3 bytes */
      {"40010001 3161 0162 8161", "60820001", 0},            /* Uri-Host twice */
      {"40010001 30 8161", "60820001", 0},                   /* Uri-Host empty */
      {"40010001 90 2161", "60820001", 0},                   /* OSCORE is not known here */
      {"40010001 b161 d80b636f61703a2f2f78", "60a50001", 0}, /* Proxy-Uri (11 + 13 + 11 = 35) */
      {"40010001 b161 d40f636f6170", "60a50001", 0},         /* Proxy-Scheme (39) */
      {"40010001 64000000 00 5161", "60450001ff6f6b", 1},    /* Observe of 4 bytes: ignored */
      {"40010001 6101 0100 5161", "60450001ff6f6b", 1},      /* Observe twice: the second is ignored */
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = wire_open(NULL);
    wire_in(wire, "%s", rows[i].in);
    const char *out = wire_out(wire);
    if (strcmp(out, rows[i].out) != 0) print_error("row %zu: %s\n", i, rows[i].in);
    assert_string_equal(out, rows[i].out);
    check_int(wire->requests, rows[i].runs);
    wire_close(wire);
  }
}

static void a_refusal_is_remembered_like_an_answer(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "40010001 b161 e006e9");
  assert_string_equal(wire_out(wire), "60820001");
  wire_in(wire, "40010001 b161 e006e9");
  assert_string_equal(wire_out(wire), "60820001");
  check_int(wire->requests, 0);
  check_int(wire_stats(wire).rx_duplicate, 1);
  wire_close(wire);
}

static void without_room_for_a_peer_the_answer_is_5_03(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.peers = 1}};
  wire_t *wire = wire_open(&options);
  tg_coap_pin(wire->coap, wire_peer(wire, 'a'));
  wire_in_from(wire, 'b', "41020001 4a b161");
  assert_string_equal(wire_out(wire), "61a300014ad1011e");
  wire_in_from(wire, 'b', "51020001 4a b161");
  assert_string_equal(wire_out(wire), "");
  wire_in(wire, "41020001 4a b161");
  assert_memory_equal(wire_out(wire), "6145", 4);
  check_int(wire_stats(wire).shed, 2);
  wire_close(wire);
}

static void call_back_in(wire_t *wire, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  (void)reply;
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  tg_coap_peer_forget(wire->coap, request->peer);
  (void)wire_peer(wire, 'z'); /* would recycle the asking peer, were it not kept for the call */
}

static void the_handler_may_do_what_it_likes_to_its_peer(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.peers = 2}};
  wire_t *wire = wire_open(&options);
  (void)wire_peer(wire, 'b');
  wire->on_request = call_back_in;
  wire_in(wire, "41020001 4a b161");
  assert_memory_equal(wire_out(wire), "4801", 4); /* the call, cancelled at once */
  assert_string_equal(wire_out(wire), "614500014aff6f6b");
  check_rc(wire->result.rc, TG_E_CANCELLED);
  wire_close(wire);
}

static void an_answer_that_fits_no_datagram_is_5_00(void **state) {
  (void)state;
  static char location[2000];
  memset(location, 'l', sizeof location);
  wire_t *wire = wire_open(NULL);
  wire->reply = (tg_coap_reply_t){.code = TG_COAP_201, .content_format = TG_CF_NONE};
  wire->reply.location[0] = wire->reply.location[1] = tg_slice(location, sizeof location);
  wire_in(wire, "41020001 4a b161");
  assert_string_equal(wire_out(wire), "61a000014a");
  wire_close(wire);
}

CHECK_SUITE(a_confirmable_request_is_answered_in_its_ack,
            a_non_confirmable_request_is_answered_with_a_message_of_its_own,
            a_duplicate_gets_the_same_answer_and_does_not_run_again, a_non_confirmable_duplicate_gets_silence,
            the_same_message_id_from_another_peer_is_another_message,
            a_message_id_is_new_again_after_the_exchange_lifetime, a_long_answer_is_remembered_too,
            no_code_is_an_empty_ack_or_nothing, the_answer_carries_format_location_and_max_age,
            content_format_and_accept_reach_the_handler, bad_options_are_refused_or_ignored,
            a_refusal_is_remembered_like_an_answer, without_room_for_a_peer_the_answer_is_5_03,
            the_handler_may_do_what_it_likes_to_its_peer, an_answer_that_fits_no_datagram_is_5_00)
