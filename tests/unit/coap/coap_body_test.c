/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_body_test.c: mirrors core/coap/coap_body.c. */

#include "core/coap/coap_body.h"

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

static tg_coap_peer_t *peer_of(wire_t *wire, char letter) {
  return tg_coap_peer_of(wire->coap, wire_peer(wire, letter));
}

static void bodies_are_found_by_peer_kind_and_key(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_peer_t *a = peer_of(wire, 'a'), *b = peer_of(wire, 'b');
  tg_coap_body_t *one = tg_coap_body_new(wire->coap, a, TG_COAP_BODY_REQUEST_IN, 1);
  tg_coap_body_t *two = tg_coap_body_new(wire->coap, a, TG_COAP_BODY_REPLY_OUT, 1);
  check_true(tg_coap_body_find(wire->coap, a, TG_COAP_BODY_REQUEST_IN, 1) == one);
  check_true(tg_coap_body_find(wire->coap, a, TG_COAP_BODY_REPLY_OUT, 1) == two);
  check_true(tg_coap_body_find(wire->coap, a, TG_COAP_BODY_REQUEST_IN, 2) == NULL);
  check_true(tg_coap_body_find(wire->coap, b, TG_COAP_BODY_REQUEST_IN, 1) == NULL);
  tg_coap_body_free(wire->coap, one);
  check_true(tg_coap_body_find(wire->coap, a, TG_COAP_BODY_REQUEST_IN, 1) == NULL);
  check_true(tg_coap_body_find(wire->coap, a, TG_COAP_BODY_REPLY_OUT, 1) == two);
  tg_coap_body_free(wire->coap, NULL);
  wire_close(wire);
}

static void a_body_grows_with_what_came_up_to_its_cap(void **state) {
  (void)state;
  static const uint8_t part[1000];
  wire_t *wire = wire_open(NULL);
  tg_coap_body_t *body = tg_coap_body_new(wire->coap, peer_of(wire, 'a'), TG_COAP_BODY_REQUEST_IN, 1);
  for (int i = 0; i < 5; i++) check_rc(tg_coap_body_append(wire->coap, body, tg_slice(part, sizeof part), 5500), TG_OK);
  check_rc(tg_coap_body_append(wire->coap, body, tg_slice(part, sizeof part), 5500), TG_E_TOO_LONG);
  check_rc(tg_coap_body_append(wire->coap, body, tg_slice(part, 500), 5500), TG_OK);
  check_rc(tg_coap_body_append(wire->coap, body, tg_slice(NULL, 0), 5500), TG_OK);
  check_int(body->len, 5500);
  check_true(wire->coap->bodies.bytes < 3 * 5500);
  tg_coap_body_free(wire->coap, body);
  check_int(wire->coap->bodies.bytes, 0);
  wire_close(wire);
}

static void an_idle_body_goes_and_lets_its_peer_go(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_peer_t *peer = peer_of(wire, 'a');
  tg_coap_body_t *body = tg_coap_body_new(wire->coap, peer, TG_COAP_BODY_REQUEST_IN, 1);
  (void)tg_coap_body_new(wire->coap, peer, TG_COAP_BODY_REPLY_OUT, 2);
  check_int(peer->pins, 2);
  wire_wait(wire, 200000);
  tg_coap_body_touch(wire->coap, body);
  wire_wait(wire, 100000);
  check_int(peer->pins, 1);
  check_true(tg_coap_body_find(wire->coap, peer, TG_COAP_BODY_REQUEST_IN, 1) == body);
  wire_wait(wire, 200000);
  check_int(peer->pins, 0);
  check_int(peer->body_count, 0);
  wire_close(wire);
}

static void an_exchanges_body_has_no_time_of_its_own(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_coap_peer_t *peer = peer_of(wire, 'a');
  tg_coap_body_t *body = tg_coap_body_new(wire->coap, peer, TG_COAP_BODY_ANSWER_IN, 1);
  wire_wait(wire, 1000000);
  tg_coap_body_free_all(wire->coap, peer);
  check_int(peer->body_count, 1);
  tg_coap_body_free(wire->coap, body);
  wire_close(wire);
}

CHECK_SUITE(bodies_are_found_by_peer_kind_and_key, a_body_grows_with_what_came_up_to_its_cap,
            an_idle_body_goes_and_lets_its_peer_go, an_exchanges_body_has_no_time_of_its_own)
