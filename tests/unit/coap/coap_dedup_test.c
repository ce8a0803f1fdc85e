/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_dedup_test.c: mirrors core/coap/coap_dedup.c. */

#include "core/coap/coap_dedup.h"

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

static void sixteen_messages_of_a_peer_are_known(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  for (unsigned i = 0; i < 17; i++) wire_in(wire, "4002%04x b161", i);
  for (unsigned i = 1; i < 17; i++) wire_in(wire, "4002%04x b161", i);
  check_int(wire->requests, 17);
  check_int(wire_stats(wire).rx_duplicate, 16);
  wire_in(wire, "40020000 b161"); /* the oldest is out */
  check_int(wire->requests, 18);
  wire_close(wire);
}

static void a_talkative_peer_pushes_out_nobody_else(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.dedup = 32}};
  wire_t *wire = wire_open(&options);
  wire_in_from(wire, 'b', "40020001 b161");
  for (unsigned i = 0; i < 200; i++) wire_in(wire, "4002%04x b161", i);
  unsigned before = wire->requests;
  wire_in_from(wire, 'b', "40020001 b161");
  check_int(wire->requests, before);
  check_int(wire->coap->dedup.used, 17);
  while (wire_out_bytes(wire)) continue;
  wire_close(wire);
}

static void when_the_table_is_full_the_oldest_message_of_all_goes(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.dedup = 3}};
  wire_t *wire = wire_open(&options);
  static const char order[] = "abcdbcad";
  static const unsigned runs[] = {1, 2, 3, 4, 4, 4, 5, 5};
  for (size_t i = 0; order[i]; i++) {
    wire_in_from(wire, order[i], "40020001 b161");
    check_int(wire->requests, runs[i]);
  }
  wire_close(wire);
}

static void long_replies_are_kept_and_freed(void **state) {
  (void)state;
  static uint8_t reply[1200];
  wire_options_t options = {.limits = {.dedup = 2}};
  wire_t *wire = wire_open(&options);
  (void)wire_peer(wire, 'a');
  tg_addr_t addr = wire_addr('a');
  tg_coap_peer_t *peer = tg_coap_peer_lookup(wire->coap, 0, &addr);
  memset(reply, 'r', sizeof reply);
  for (uint16_t mid = 0; mid < 5; mid++) {
    tg_coap_mark_t mark = {.mid = mid, .print = 7};
    tg_coap_seen_t *seen = tg_coap_dedup_add(wire->coap, peer, mark);
    tg_coap_dedup_keep(wire->coap, seen, tg_slice(reply, sizeof reply - mid));
    check_true(seen == tg_coap_dedup_find(wire->coap, peer, mark));
    check_bytes(tg_coap_dedup_reply(seen), tg_slice(reply, sizeof reply - mid));
  }
  check_int(wire->coap->dedup.heap_bytes, 2 * sizeof reply - 3 - 4);
  tg_coap_seen_t *last = tg_coap_dedup_find(wire->coap, peer, (tg_coap_mark_t){.mid = 4, .print = 7});
  tg_coap_dedup_keep(wire->coap, last, tg_slice(reply, 4)); /* replaced by a short one */
  check_bytes(tg_coap_dedup_reply(last), tg_slice(reply, 4));
  check_int(wire->coap->dedup.heap_bytes, sizeof reply - 3);
  wire_close(wire);
}

static void what_could_not_be_kept_is_made_again_only_if_that_is_safe(void **state) {
  (void)state;
  static char payload[800];
  memset(payload, 'p', sizeof payload);
  wire_t *wire = wire_open(NULL);
  wire->reply.payload = tg_slice(payload, sizeof payload);
  wire->coap->dedup.heap_bytes = 4 << 20; /* no room for long replies */
  wire_in(wire, "40010001 b161");
  wire_in(wire, "40010001 b161");
  check_int(wire->requests, 2); /* GET: again */
  wire_in(wire, "40020002 b161");
  while (wire_out_bytes(wire)) continue;
  wire_in(wire, "40020002 b161");
  check_int(wire->requests, 3); /* POST: never */
  check_true(wire_out_bytes(wire) == NULL);
  wire->coap->dedup.heap_bytes = 0;
  wire_close(wire);
}

static void a_forgotten_message_is_new(void **state) {
  (void)state;
  static const uint8_t bytes[] = {0x40, 0x02, 0x00, 0x01, 0xb1, 0x61};
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "40020001 b161");
  wire_in(wire, "41020001 4a b162");
  tg_addr_t addr = wire_addr('a');
  tg_coap_peer_t *peer = tg_coap_peer_lookup(wire->coap, 0, &addr);
  tg_coap_dedup_forget(wire->coap, peer, tg_coap_dedup_mark(1, tg_slice(bytes, sizeof bytes)));
  wire_in(wire, "41020001 4a b162"); /* the other one with its id is still known */
  check_int(wire->requests, 2);
  wire_in(wire, "40020001 b161");
  check_int(wire->requests, 3);
  wire_close(wire);
}

/* Type, code and every bit of the token count; what follows does not: of one id and token a second message is a duplicate. */
static void a_mark_is_of_the_head(void **state) {
  (void)state;
  uint8_t bytes[40] = {0x48, 0x02, 0, 1};
  uint32_t whole = tg_coap_dedup_mark(1, tg_slice(bytes, sizeof bytes)).print;
  check_int(tg_coap_dedup_mark(2, tg_slice(bytes, sizeof bytes)).print, whole);
  check_int(tg_coap_dedup_mark(2, tg_slice(bytes, sizeof bytes)).mid, 2);
  for (size_t i = 0; i < 8 * sizeof bytes; i++) {
    bytes[i / 8] ^= (uint8_t)(1 << i % 8);
    check_int(tg_coap_dedup_mark(1, tg_slice(bytes, sizeof bytes)).print != whole, i / 8 < 12);
    bytes[i / 8] ^= (uint8_t)(1 << i % 8);
  }
  check_int(tg_coap_dedup_mark(1, tg_slice(bytes, 12)).print, whole);
}

/* A device that has restarted may begin with the ids that it had before. */
static void another_message_of_the_same_id_is_new(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "41020001 4a b161");
  assert_string_equal(wire_out(wire), "614500014aff6f6b");
  wire->reply.payload = tg_slice_str("new");
  static const char *const others[] = {"41020001 4b b161", "42020001 4a4a b161", "41030001 4a b161",
                                       "51020001 4a b161"}; /* token, its length, code, type */
  for (unsigned i = 0; i < TG_COUNT(others); i++) {
    wire_in(wire, "%s", others[i]);
    check_int(wire->requests, 2 + i);
    (void)wire_out(wire);
  }
  wire_in(wire, "41020001 4a b161"); /* and each is answered with what is its own */
  assert_string_equal(wire_out(wire), "614500014aff6f6b");
  wire_in(wire, "%s", others[0]);
  assert_string_equal(wire_out(wire), "614500014bff6e6577");
  check_int(wire->requests, 5);
  check_int(wire_stats(wire).rx_duplicate, 2);
  wire_close(wire);
}

/* RFC 7252 §4.5: what has id and token of an earlier one is a duplicate, whatever it says. */
static void other_content_does_not_make_another_message(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "41020001 4a b161");
  assert_string_equal(wire_out(wire), "614500014aff6f6b");
  wire->reply.payload = tg_slice_str("new");
  static const char *const others[] = {"41020001 4a b162", "41020001 4a b161 ff 31", "41020001 4a"};
  for (unsigned i = 0; i < TG_COUNT(others); i++) {
    wire_in(wire, "%s", others[i]);
    assert_string_equal(wire_out(wire), "614500014aff6f6b");
  }
  check_int(wire->requests, 1);
  wire_close(wire);
}

/* Kept back, each gets its own answer, and duplicates get that of the message that they are. */
static void what_is_kept_back_is_remembered_by_id_and_token(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire->reply.hold = true;
  wire->reply.ticket = 1;
  wire_in(wire, "41020001 4a b161");
  wire->reply.payload = tg_slice_str("new");
  wire_in(wire, "41020001 4b b161");
  check_int(wire->requests, 2);
  tg_coap_release(wire->coap, 1, TG_OK);
  assert_string_equal(wire_out(wire), "614500014aff6f6b");
  assert_string_equal(wire_out(wire), "614500014bff6e6577");
  wire_in(wire, "41020001 4a b161");
  assert_string_equal(wire_out(wire), "614500014aff6f6b");
  wire_in(wire, "41020001 4b b161");
  assert_string_equal(wire_out(wire), "614500014bff6e6577");
  check_int(wire->requests, 2);
  wire_close(wire);
}

CHECK_SUITE(sixteen_messages_of_a_peer_are_known, a_talkative_peer_pushes_out_nobody_else,
            when_the_table_is_full_the_oldest_message_of_all_goes, long_replies_are_kept_and_freed,
            what_could_not_be_kept_is_made_again_only_if_that_is_safe, a_forgotten_message_is_new,
            a_mark_is_of_the_head, another_message_of_the_same_id_is_new, other_content_does_not_make_another_message,
            what_is_kept_back_is_remembered_by_id_and_token)
