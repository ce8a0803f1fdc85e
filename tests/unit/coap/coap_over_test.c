/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_over_test.c: each cap of the exchange layer (coap.h) has a counter of its own, and counts when it is met, not before. */

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

#define X16 "78787878787878787878787878787878"

/* The counters that are not 0, but for those of traffic: `over_peers=1 …`. Lent until the next call. */
static const char *over(const wire_t *wire) {
  static char text[512];
  size_t len = 0;
  tg_coap_stats_t stats = wire_stats(wire);
  text[0] = 0;
#define TG_COAP_STAT(name, what)                                                                                       \
  if (strncmp(#name, "over_", 5) == 0 && stats.name)                                                                   \
    len += (size_t)snprintf(text + len, sizeof text - len, "%s" #name "=%u", len ? " " : "", (unsigned)stats.name);
#include "core/coap/coap_stats.def"
#undef TG_COAP_STAT
  return text;
}

static void skip_answers(wire_t *wire) {
  while (wire_out_bytes(wire)) continue;
}

static void addresses_that_make_room_and_those_that_find_none(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.peers = 2}};
  wire_t *wire = wire_open(&options);
  wire_in_from(wire, 'a', "40020001 b161");
  wire_in_from(wire, 'b', "40020001 b161");
  assert_string_equal(over(wire), "");
  wire_in_from(wire, 'c', "40020001 b161"); /* `a` is forgotten */
  assert_string_equal(over(wire), "over_peers=1");
  tg_coap_pin(wire->coap, wire_peer(wire, 'b'));
  tg_coap_pin(wire->coap, wire_peer(wire, 'c'));
  wire_in_from(wire, 'd', "40020001 b161"); /* refused */
  assert_string_equal(over(wire), "over_peers=2");
  wire_close(wire);
}

static void put_options(wire_t *wire, unsigned mid, const char *first, unsigned more, const char *each) {
  char text[WIRE_TEXT];
  int len = snprintf(text, sizeof text, "4001%04x %s", mid, first);
  for (unsigned i = 0; i < more; i++) len += snprintf(text + len, sizeof text - (size_t)len, "%s", each);
  wire_in(wire, "%s", text);
}

static void options_and_segments(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  put_options(wire, 1, "d002", 63, "00"); /* Uri-Query, 64 times */
  assert_string_equal(over(wire), "");
  put_options(wire, 2, "b161", 7, "0161"); /* Uri-Path, 8 times */
  assert_string_equal(over(wire), "");
  check_int(wire->requests, 2);
  skip_answers(wire);
  put_options(wire, 3, "d002", 64, "00");
  assert_string_equal(wire_out(wire), "60820003");
  put_options(wire, 4, "b161", 8, "0161");
  assert_string_equal(wire_out(wire), "60840004");
  put_options(wire, 5, "b161", 64, "0161");
  assert_string_equal(wire_out(wire), "60840005");
  assert_string_equal(over(wire), "over_options=1 over_segments=2");
  check_int(wire->requests, 2);
  wire_close(wire);
}

static void messages_that_are_forgotten_before_their_time(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.dedup = 20}};
  wire_t *wire = wire_open(&options);
  for (unsigned i = 0; i < 16; i++) wire_in(wire, "4002%04x b161", i);
  for (unsigned i = 0; i < 4; i++) wire_in_from(wire, (char)('b' + i), "40020001 b161");
  assert_string_equal(over(wire), "");
  wire_in(wire, "40021000 b161");
  assert_string_equal(over(wire), "over_dedup_per_peer=1");
  wire_in_from(wire, 'z', "40020001 b161");
  assert_string_equal(over(wire), "over_dedup=1 over_dedup_per_peer=1");
  wire_wait(wire, 248000);
  skip_answers(wire);
  for (unsigned i = 0; i < 20; i++)
    wire_in(wire, "4002%04x b161", 0x2000 + i); /* nobody waits for the others any more */
  assert_string_equal(over(wire), "over_dedup=1 over_dedup_per_peer=5");
  wire_close(wire);
}

/* However many messages a peer sends, the sixteen others' last ones stay known (security.md §6: 16 per peer). */
static void a_peer_can_not_push_out_what_is_known_of_others(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.dedup = 64}};
  wire_t *wire = wire_open(&options);
  for (unsigned i = 0; i < 16; i++) {
    wire_in_from(wire, (char)('b' + i), "40020001 b161");
    wire_in_from(wire, (char)('b' + i), "40020002 b161");
  }
  skip_answers(wire);
  for (unsigned i = 0; i < 5000; i++) {
    wire_in(wire, "4002%04x b161", i);
    skip_answers(wire);
  }
  unsigned before = wire->requests;
  for (unsigned i = 0; i < 16; i++) {
    wire_in_from(wire, (char)('b' + i), "40020001 b161");
    wire_in_from(wire, (char)('b' + i), "40020002 b161");
  }
  check_int(wire->requests, before);
  check_int(wire_stats(wire).rx_duplicate, 32);
  assert_string_equal(over(wire), "over_dedup_per_peer=4984");
  wire_close(wire);
}

static void requests_of_ours(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.exchanges = 3, .exchanges_per_peer = 2}};
  wire_t *wire = wire_open(&options);
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_string_equal(over(wire), "");
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_E_FULL);
  assert_string_equal(over(wire), "over_exchanges_per_peer=1");
  call.peer = wire_peer(wire, 'b');
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_E_FULL);
  assert_string_equal(over(wire), "over_exchanges=1 over_exchanges_per_peer=1");
  wire_close(wire);
}

static void bodies(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.transfers = 17, .transfer_bytes = 17 * 1024}};
  wire_t *wire = wire_open(&options);
  for (unsigned i = 0; i < 16; i++) wire_in(wire, "4003%04x b1%02x d10308 ff" X16, i, 0x41 + i);
  assert_string_equal(over(wire), "");
  wire_in(wire, "40031000 b161 d10308 ff" X16);
  assert_string_equal(over(wire), "over_transfers_per_peer=1");
  wire_in_from(wire, 'b', "40030001 b161 d10308 ff" X16);
  wire_in_from(wire, 'c', "40030001 b161 d10308 ff" X16);
  assert_string_equal(over(wire), "over_transfers=1 over_transfers_per_peer=1");
  check_int(wire_stats(wire).shed, 2);
  wire_close(wire);

  options.limits = (tg_coap_limits_t){.transfer_bytes = 1024};
  wire = wire_open(&options);
  wire_in(wire, "40030001 b161 d10308 ff" X16);
  wire_in(wire, "40030002 b162 d10308 ff" X16);
  assert_string_equal(over(wire), "over_transfer_bytes=1");
  check_int(wire_stats(wire).shed, 1);
  wire_close(wire);
}

static void an_answer_that_is_too_long(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.response_body = 20}};
  wire_t *wire = wire_open(&options);
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  wire_in(wire, "6845%04x %s d10a08 ff" X16, wire->mid, wire->token); /* Block2 0, more, 16 bytes */
  (void)wire_out(wire);
  assert_string_equal(over(wire), "");
  wire_in(wire, "6845%04x %s d10a10 ff" X16, wire->mid, wire->token); /* Block2 1, the last */
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_E_TOO_LONG);
  assert_string_equal(over(wire), "over_response_body=1");
  wire_close(wire);
}

static void observations_both_ways(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.observations = 1, .observers = 65}};
  wire_t *wire = wire_open(&options);
  tg_coap_observation_t obs = {.peer = wire_peer(wire, 'a'), .token = {1}, .accept = TG_CF_NONE};
  tg_id_t id;
  check_rc(tg_coap_observation_add(wire->coap, &obs, &id), TG_OK);
  obs.token[0] = 2;
  check_rc(tg_coap_observation_add(wire->coap, &obs, &id), TG_E_FULL);
  assert_string_equal(over(wire), "over_observations=1");
  wire->reply.observed = 5;
  for (unsigned i = 0; i < 65; i++) {
    wire_in(wire, "4101%04x %02x 60 5161", i, i); /* Observe 0, each with a token of its own */
    skip_answers(wire);
  }
  assert_string_equal(over(wire), "over_dedup_per_peer=49 over_observations=1 over_observers_per_peer=1");
  wire_in_from(wire, 'b', "41010001 01 60 5161");
  wire_in_from(wire, 'c', "41010001 01 60 5161");
  assert_string_equal(over(wire),
                      "over_dedup_per_peer=49 over_observations=1 over_observers=1 over_observers_per_peer=1");
  check_int(wire_stats(wire).observers, 65);
  wire_close(wire);
}

static void answers_that_wait(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.held = 1}};
  wire_t *wire = wire_open(&options);
  wire->reply.hold = true;
  wire->reply.ticket = 5;
  wire_in(wire, "41020001 4a b161");
  assert_string_equal(over(wire), "");
  wire_in(wire, "41020002 4b b161");
  assert_string_equal(over(wire), "over_held=1");
  wire_close(wire);
}

CHECK_SUITE(addresses_that_make_room_and_those_that_find_none, options_and_segments,
            messages_that_are_forgotten_before_their_time, a_peer_can_not_push_out_what_is_known_of_others,
            requests_of_ours, bodies, an_answer_that_is_too_long, observations_both_ways, answers_that_wait)
