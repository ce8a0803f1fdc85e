/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_fetch_test.c: FETCH, PATCH and iPATCH (RFC 8132) in both roles; mirrors coap_request.c and coap_block2_out.c. */

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

#define X16 "78787878787878787878787878787878"
#define Y16 "79797979797979797979797979797979"

static tg_coap_call_t fetch_call(wire_t *wire, const char *payload) {
  tg_coap_call_t call = wire_call(wire);
  call.method = TG_COAP_FETCH;
  call.content_format = 60;
  call.payload = tg_slice_str(payload);
  return call;
}

/* Server. */

static void the_methods_of_rfc_8132_reach_the_handler(void **state) {
  (void)state;
  static const uint8_t methods[] = {TG_COAP_FETCH, TG_COAP_PATCH, TG_COAP_IPATCH};
  wire_t *wire = wire_open(NULL);
  for (unsigned i = 0; i < sizeof methods; i++) {
    wire_in(wire, "41%02x%04x 4a b161 113c ff 7b7d", methods[i], i + 1);
    check_int(wire->requests, i + 1);
    check_int(wire->request.content_format, 60);
    check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("{}"));
    assert_memory_equal(wire_out(wire), "6145", 4);
    wire_in(wire, "41%02x%04x 4a b161 113c ff 7b7d", methods[i], i + 1); /* again: from memory */
    check_int(wire->requests, i + 1);
    assert_memory_equal(wire_out(wire), "6145", 4);
  }
  wire_close(wire);
}

/* Repeats the body, so that two requests get different answers. */
static void echo_twice(wire_t *wire, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  (void)wire;
  for (int i = 0; i < 20; i++) tg_buf_put(reply->body, request->body);
  reply->code = TG_COAP_205;
  reply->payload = tg_buf_slice(reply->body);
}

static wire_t *open_echoing(void) {
  wire_options_t options = {.mtu = 90};
  wire_t *wire = wire_open(&options);
  wire->on_request = echo_twice;
  return wire;
}

/* RFC 8132 §2.1: the payload is part of what is asked for. */
static void two_fetches_of_one_path_do_not_mix_their_blocks(void **state) {
  (void)state;
  wire_t *wire = open_echoing();
  wire_in(wire, "40050001 b161 ff 4141");
  assert_non_null(strstr(wire_out(wire), "ff41414141414141414141414141414141"));
  wire_in(wire, "40050002 b161 ff 4242");
  assert_non_null(strstr(wire_out(wire), "ff42424242424242424242424242424242"));
  wire_in(wire, "40050003 b161 c110 ff 4141");
  assert_non_null(strstr(wire_out(wire), "ff41414141414141414141414141414141"));
  wire_in(wire, "40050004 b161 c110 ff 4242");
  assert_non_null(strstr(wire_out(wire), "ff42424242424242424242424242424242"));
  check_int(wire->requests, 2);
  wire_in(wire, "40050005 b161 c110"); /* without a payload: the youngest */
  assert_non_null(strstr(wire_out(wire), "ff42424242424242424242424242424242"));
  check_int(wire->requests, 2);
  wire_close(wire);
}

static void a_fetch_in_blocks_is_answered_in_blocks(void **state) {
  (void)state;
  wire_t *wire = open_echoing();
  wire_in(wire, "40050001 b161 d10308 d1fc07 ff" X16);
  assert_memory_equal(wire_out(wire), "605f", 4);
  wire_in(wire, "40050002 b161 d10308 d1fc08 ff" Y16);
  assert_memory_equal(wire_out(wire), "605f", 4);
  wire_in(wire, "40050003 b161 d10310 d1fc07 ff 78");
  assert_non_null(strstr(wire_out(wire), "ff" X16));
  wire_in(wire, "40050004 b161 d10310 d1fc08 ff 79");
  assert_non_null(strstr(wire_out(wire), "ff" Y16));
  wire_in(wire, "40050005 b161 c110 e1000007"); /* Block2, then Request-Tag 7 (23 + 269) */
  assert_non_null(strstr(wire_out(wire), "ff" X16));
  check_int(wire->requests, 2);
  wire_close(wire);
}

static void a_later_block_of_a_fetch_that_is_not_kept(void **state) {
  (void)state;
  wire_t *wire = open_echoing();
  wire_in(wire, "40050001 b161 c110"); /* what was asked for is not known any more */
  assert_string_equal(wire_out(wire), "60880001");
  check_int(wire->requests, 0);
  wire_in(wire, "40050002 b161 c110 ff 4141"); /* it is here */
  assert_non_null(strstr(wire_out(wire), "ff41414141414141414141414141414141"));
  check_int(wire->requests, 1);
  wire_close(wire);
}

/* Client. */

static void a_short_fetch_says_again_what_it_asks_for(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = fetch_call(wire, "[1]");
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_memory_equal(wire_out(wire), "4805", 4);
  wire_in(wire, "6845%04x%s 4101 d10608 ff" X16, wire->mid, wire->token);
  const char *out = wire_out(wire);
  assert_memory_equal(out, "4805", 4);
  assert_string_equal(out + 24, "b161113cb110ff5b315d");
  wire_in(wire, "6845%04x%s 4101 d10610 ff 7a", wire->mid, wire->token);
  check_int(wire->dones, 1);
  check_int(wire->body_len, 17);
  wire_close(wire);
}

static void a_long_fetch_goes_out_in_blocks_and_comes_back_in_blocks(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 90};
  wire_t *wire = wire_open(&options);
  tg_coap_call_t call = fetch_call(wire, "0123456789abcdef0123");
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_memory_equal(wire_out(wire) + 24, "b161113cb04108d11414d4db", 24);
  wire_in(wire, "685f%04x%s d10e08", wire->mid, wire->token);
  assert_memory_equal(wire_out(wire) + 24, "b161113cb04110d4fc", 18);
  wire_in(wire, "6845%04x%s 4101 d10608 4110 ff" X16, wire->mid, wire->token);
  const char *out = wire_out(wire);
  assert_memory_equal(out + 24, "b161c110e40000", 14); /* the tag and no payload */
  check_int(strlen(out), 24 + 8 + 6 + 8);
  wire_in(wire, "6845%04x%s 4101 d10610 ff 7a", wire->mid, wire->token);
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_OK);
  check_int(wire->body_len, 17);
  wire_close(wire);
}

static void a_long_ipatch_goes_out_in_blocks(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 90};
  wire_t *wire = wire_open(&options);
  tg_coap_call_t call = fetch_call(wire, "0123456789abcdef0123");
  call.method = TG_COAP_IPATCH;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_memory_equal(wire_out(wire), "4807", 4);
  wire_in(wire, "685f%04x%s d10e08", wire->mid, wire->token);
  assert_memory_equal(wire_out(wire), "4807", 4);
  wire_in(wire, "6844%04x%s d10e10", wire->mid, wire->token);
  check_int(wire->result.code, TG_COAP_204);
  wire_close(wire);
}

static void the_rest_of_an_observed_fetch_is_fetched_with_its_payload(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  char token[17];
  tg_coap_call_t call = fetch_call(wire, "[1]");
  call.observe = 0;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_string_equal(wire_out(wire) + 24, "605161113cff5b315d");
  strcpy(token, wire->token);
  wire_in(wire, "6845%04x%s 6105 ff 31", wire->mid, wire->token);
  check_true(wire->result.observing);
  wire_in(wire, "48450001%s 6106 d10408 ff" X16, token);
  const char *out = wire_out(wire);
  assert_memory_equal(out, "4805", 4);
  assert_string_equal(out + 24, "b161113cb110ff5b315d");
  wire_in(wire, "6845%04x%s d10a10 ff 7a", wire->mid, wire->token);
  assert_string_equal(wire_out(wire), "60000001");
  check_int(wire->notifications, 1);
  check_rc(wire->result.rc, TG_OK);
  check_int(wire->body_len, 17);
  wire_close(wire);
}

/* The observation's token is that of the last block; all blocks of the cancelling request have it. */
static void an_observed_fetch_is_cancelled_with_its_token_and_payload(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 90};
  wire_t *wire = wire_open(&options);
  tg_coap_call_t call = fetch_call(wire, "0123456789abcdef0123");
  tg_coap_observation_t obs;
  char token[17];
  call.observe = 0;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "685f%04x%s d10e08", wire->mid, wire->token);
  assert_memory_equal(wire_out(wire) + 24, "60", 2);
  strcpy(token, wire->token);
  wire_in(wire, "6845%04x%s 6105 d10810 ff 31", wire->mid, wire->token);
  check_true(wire->result.observing);
  check_true(tg_coap_observation_get(wire->coap, wire->result.observation, &obs));
  check_int(obs.method, TG_COAP_FETCH);
  call.observe = 1;
  call.token_len = 8;
  memcpy(call.token, obs.token, 8);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_memory_equal(wire_out(wire) + 24, "6101", 4);
  assert_string_equal(wire->token, token);
  wire_in(wire, "685f%04x%s d10e08", wire->mid, wire->token);
  assert_memory_equal(wire_out(wire) + 24, "6101", 4);
  assert_string_equal(wire->token, token);
  wire_in(wire, "6845%04x%s d10e10 ff 31", wire->mid, wire->token);
  check_int(wire->dones, 2);
  check_int(wire_stats(wire).observations, 0);
  wire_close(wire);
}

CHECK_SUITE(the_methods_of_rfc_8132_reach_the_handler, two_fetches_of_one_path_do_not_mix_their_blocks,
            a_fetch_in_blocks_is_answered_in_blocks, a_later_block_of_a_fetch_that_is_not_kept,
            a_short_fetch_says_again_what_it_asks_for, a_long_fetch_goes_out_in_blocks_and_comes_back_in_blocks,
            a_long_ipatch_goes_out_in_blocks, the_rest_of_an_observed_fetch_is_fetched_with_its_payload,
            an_observed_fetch_is_cancelled_with_its_token_and_payload)
