/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_peer_test.c: mirrors core/coap/coap_peer.c. */

#include "core/coap/coap_peer.h"

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

static void the_same_address_is_the_same_peer(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_id_t a = wire_peer(wire, 'a');
  check_true(a == wire_peer(wire, 'a'));
  check_true(a != wire_peer(wire, 'b'));
  tg_link_t *link = NULL;
  const tg_addr_t *addr = NULL;
  check_true(tg_coap_peer_addr(wire->coap, a, &link, &addr));
  check_true(link == &wire->link);
  check_bytes(tg_slice(addr->b, addr->len), tg_slice_str("a"));
  check_false(tg_coap_peer_addr(wire->coap, TG_ID_NONE, &link, &addr));
  check_int(wire_stats(wire).peers, 2);
  wire_close(wire);
}

static void addresses_of_every_length_are_told_apart(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_id_t ids[TG_ADDR_MAX + 1];
  for (unsigned round = 0; round < 2; round++) {
    for (unsigned len = 0; len <= TG_ADDR_MAX; len++) {
      tg_addr_t addr = {.len = (uint8_t)len};
      tg_id_t id = TG_ID_NONE;
      memset(addr.b, 'x', len);
      check_rc(tg_coap_peer(wire->coap, &wire->link, &addr, &id), TG_OK);
      if (round) check_true(id == ids[len]);
      ids[len] = id;
    }
  }
  check_int(wire_stats(wire).peers, TG_ADDR_MAX + 1);
  tg_addr_t too_long = {.len = TG_ADDR_MAX + 1};
  tg_id_t id;
  check_rc(tg_coap_peer(wire->coap, &wire->link, &too_long, &id), TG_E_ARG);
  wire_close(wire);
}

static void the_least_recently_heard_peer_makes_room(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.peers = 3}};
  wire_t *wire = wire_open(&options);
  tg_link_t *link;
  const tg_addr_t *addr;
  tg_id_t a = wire_peer(wire, 'a'), b = wire_peer(wire, 'b'), c = wire_peer(wire, 'c');
  wire_wait(wire, 2000);
  wire_in(wire, "40010001 b161"); /* `a` is heard again */
  tg_id_t d = wire_peer(wire, 'd');
  check_false(tg_coap_peer_addr(wire->coap, b, &link, &addr));
  check_true(tg_coap_peer_addr(wire->coap, a, &link, &addr));
  check_true(tg_coap_peer_addr(wire->coap, c, &link, &addr));
  check_true(tg_coap_peer_addr(wire->coap, d, &link, &addr));
  check_true(b != wire_peer(wire, 'b')); /* `c` goes; the old id stays stale */
  check_false(tg_coap_peer_addr(wire->coap, c, &link, &addr));
  check_int(wire_stats(wire).peers, 3);
  wire_close(wire);
}

static void a_pinned_peer_stays(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.peers = 1}};
  wire_t *wire = wire_open(&options);
  tg_id_t a = wire_peer(wire, 'a'), other;
  tg_addr_t b = wire_addr('b');
  tg_coap_pin(wire->coap, a);
  tg_coap_pin(wire->coap, a);
  check_rc(tg_coap_peer(wire->coap, &wire->link, &b, &other), TG_E_FULL);
  tg_coap_unpin(wire->coap, a);
  check_rc(tg_coap_peer(wire->coap, &wire->link, &b, &other), TG_E_FULL);
  tg_coap_unpin(wire->coap, a);
  check_rc(tg_coap_peer(wire->coap, &wire->link, &b, &other), TG_OK);
  tg_coap_pin(wire->coap, a); /* stale: ignored */
  tg_coap_unpin(wire->coap, a);
  wire_close(wire);
}

static void a_peer_that_is_waited_for_stays(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.peers = 1}};
  wire_t *wire = wire_open(&options);
  tg_coap_call_t call = wire_call(wire);
  tg_addr_t b = wire_addr('b');
  tg_id_t other;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  check_rc(tg_coap_peer(wire->coap, &wire->link, &b, &other), TG_E_FULL);
  (void)wire_out(wire);
  wire_in(wire, "7000%04x", wire->mid);
  check_rc(tg_coap_peer(wire->coap, &wire->link, &b, &other), TG_OK);
  wire_close(wire);
}

static void a_recycled_slot_has_forgotten_its_messages(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.peers = 1}};
  wire_t *wire = wire_open(&options);
  wire_in_from(wire, 'a', "40010001 b161");
  wire_in_from(wire, 'b', "40010001 b161");
  wire_in_from(wire, 'a', "40010001 b161");
  check_int(wire->requests, 3);
  wire_close(wire);
}

static void a_link_that_is_not_attached_has_no_peers(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_link_t other = wire->link;
  tg_addr_t addr = wire_addr('a');
  tg_id_t id;
  check_rc(tg_coap_peer(wire->coap, &other, &addr, &id), TG_E_ARG);
  wire_close(wire);
}

static void the_same_address_on_two_links_is_two_peers(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  tg_link_t other = wire->link;
  tg_coap_params_t params;
  tg_addr_t addr = wire_addr('a');
  tg_id_t id = TG_ID_NONE;
  tg_coap_params_default(&other, &params);
  check_rc(tg_coap_add_link(wire->coap, &other, &params), TG_OK);
  check_rc(tg_coap_peer(wire->coap, &other, &addr, &id), TG_OK);
  check_true(id != wire_peer(wire, 'a'));
  wire_close(wire);
}

static void many_peers_cost_at_most_256_bytes_each(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  for (uint32_t i = 0; i < 5000; i++) {
    tg_addr_t addr = {.len = 6, .b = {(uint8_t)(i >> 8), (uint8_t)i}};
    tg_id_t id;
    check_rc(tg_coap_peer(wire->coap, &wire->link, &addr, &id), TG_OK);
  }
  check_int(wire_stats(wire).peers, 5000);
  check_true(wire->coap->peers.pool.item_size <= 256);
  wire_close(wire);
}

CHECK_SUITE(the_same_address_is_the_same_peer, addresses_of_every_length_are_told_apart,
            the_least_recently_heard_peer_makes_room, a_pinned_peer_stays, a_peer_that_is_waited_for_stays,
            a_recycled_slot_has_forgotten_its_messages, a_link_that_is_not_attached_has_no_peers,
            the_same_address_on_two_links_is_two_peers, many_peers_cost_at_most_256_bytes_each)
