/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_test.c: mirrors core/coap/coap.c and coap_response.c. */

#include "core/coap/coap.h"

#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

static void defaults_are_those_of_rfc_7252_and_of_the_bearer(void **state) {
  (void)state;
  tg_link_t link = {.mtu = 1280};
  tg_coap_params_t params;
  tg_coap_params_default(&link, &params);
  check_int(params.ack_timeout_ms, 2000);
  check_int(params.ack_random_percent, 150);
  check_int(params.max_retransmit, 4);
  check_int(params.nstart, 1);
  check_int(params.block_szx, 6);
  check_int(params.response_timeout_ms, 93000);
  link.reports_tx = true;
  tg_coap_params_default(&link, &params);
  check_int(params.ack_timeout_ms, 30000);
  check_int(params.max_retransmit, 2);
}

static void a_seventeenth_link_is_refused(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  static tg_link_t links[16];
  tg_coap_params_t params;
  tg_coap_params_default(&wire->link, &params);
  for (size_t i = 0; i < TG_COUNT(links); i++) {
    links[i] = wire->link;
    check_rc(tg_coap_add_link(wire->coap, links + i, &params), i < 15 ? TG_OK : TG_E_FULL);
  }
  wire_close(wire);
}

static void freeing_the_engine_ends_everything(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  wire->reply.hold = true;
  wire_in(wire, "40020001 b161");
  wire_in(wire, "40020002 b161 d10308 ff 30313233343536373839616263646566");
  tg_coap_free(wire->coap);
  wire->coap = NULL;
  check_int(wire->dones, 2);
  check_rc(wire->result.rc, TG_E_CANCELLED);
  check_true(wire->link.events == NULL);
  check_true(tg_wheel_next(wire->wheel) == UINT64_MAX); /* no timer is left */
  wire_close(wire);
}

/* security.md 2.4: from another address, with another token, with another message id. */
static void only_the_right_peer_token_and_id_answer_a_request(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  (void)wire_peer(wire, 'b');
  wire_in_from(wire, 'b', "6845%04x%s ff 31", wire->mid, wire->token);
  wire_in_from(wire, 'b', "48450009%s ff 31", wire->token);
  assert_string_equal(wire_out(wire), "70000009");
  wire_in_from(wire, 'b', "5845000a%s ff 31", wire->token);
  wire_in(wire, "6445%04x deadbeef ff 31", wire->mid);
  wire_in(wire, "6845%04x 0000000000000000 ff 31", wire->mid);
  check_int(wire->dones, 0);
  check_int(wire_stats(wire).rx_unmatched, 5);
  wire_close(wire);
  wire = wire_open(NULL);
  call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "6845%04x%s ff 31", wire->mid + 1u, wire->token); /* an ACK for another message */
  check_int(wire->dones, 0);
  wire_in(wire, "58450009%s ff 31", wire->token); /* the token alone is enough outside an ACK */
  check_int(wire->dones, 1);
  wire_close(wire);
}

/* rsp-03: unknown critical option 257. */
static void a_response_with_an_unknown_critical_option_fails_the_request(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "48450009%s d1f400 ff 31", wire->token);
  assert_string_equal(wire_out(wire), "70000009");
  check_rc(wire->result.rc, TG_E_OPTION);
  wire_in(wire, "48450009%s d1f400 ff 31", wire->token);
  assert_string_equal(wire_out(wire), "70000009");
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "6845%04x%s d1f400 ff 31", wire->mid, wire->token);
  assert_string_equal(wire_out(wire), "");
  check_int(wire->dones, 2);
  check_rc(wire->result.rc, TG_E_OPTION);
  wire_close(wire);
}

static void a_created_answer_names_its_location(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "6841%04x%s 827264 0161", wire->mid, wire->token);
  check_int(wire->result.code, TG_COAP_201);
  check_int(wire->result.location[0].len, 2);
  check_int(wire->result.location[1].len, 1);
  wire_close(wire);
}

static void an_answer_without_observe_makes_no_observation(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    wire_t *wire = wire_open(NULL);
    tg_coap_call_t call = wire_call(wire);
    call.observe = 0;
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
    (void)wire_out(wire);
    wire_in(wire, i ? "6884%04x%s 6105" : "6845%04x%s ff 31", wire->mid, wire->token);
    check_int(wire->dones, 1);
    check_false(wire->result.observing);
    check_int(wire_stats(wire).observations, 0);
    wire_close(wire);
  }
}

static void the_first_answer_of_an_observation_may_be_long(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_call_t call = wire_call(wire);
  char token[17];
  call.observe = 0;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  strcpy(token, wire->token);
  wire_in(wire, "6845%04x%s 6105 d10408 ff 30313233343536373839616263646566", wire->mid, wire->token);
  assert_string_equal(wire_out(wire) + 24, "b161c110"); /* no Observe here */
  wire_in(wire, "6845%04x%s d10a10 ff 58", wire->mid, wire->token);
  check_int(wire->dones, 1);
  check_true(wire->result.observing);
  check_int(wire->body_len, 17);
  wire_in(wire, "48450001%s 6106 ff 32", token);
  assert_string_equal(wire_out(wire), "60000001");
  check_int(wire->notifications, 1);
  wire_close(wire);
}

static void an_observation_over_the_cap_does_not_stand(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.observations = 1}};
  wire_t *wire = wire_open(&options);
  for (int i = 0; i < 2; i++) {
    tg_coap_call_t call = wire_call(wire);
    call.observe = 0;
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
    (void)wire_out(wire);
    wire_in(wire, "6845%04x%s 6105 ff 31", wire->mid, wire->token);
    check_int(wire->result.observing, i == 0);
  }
  wire_in(wire, "48450001%s 6106 ff 32", wire->token);
  assert_string_equal(wire_out(wire), "70000001"); /* so the device forgets it too */
  wire_close(wire);
}

CHECK_SUITE(defaults_are_those_of_rfc_7252_and_of_the_bearer, a_seventeenth_link_is_refused,
            freeing_the_engine_ends_everything, only_the_right_peer_token_and_id_answer_a_request,
            a_response_with_an_unknown_critical_option_fails_the_request, a_created_answer_names_its_location,
            an_answer_without_observe_makes_no_observation, the_first_answer_of_an_observation_may_be_long,
            an_observation_over_the_cap_does_not_stand)
