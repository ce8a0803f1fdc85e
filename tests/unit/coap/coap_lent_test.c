/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/coap/coap_lent_test.c: requests whose body is lent: its blocks, their progress, where they begin (coap.h, tg_coap_call_t). Mirrors
 * core/coap/coap_exchange.c, coap_block1_out.c; whole transfers are in coap_bulk_sim_test.c.
 */

#include "core/base/alloc.h"
#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/push_harness.h"

static void each_block_that_was_taken_is_told(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, 0);
  for (size_t at = 0; at < PUSH_SIZE; at += PUSH_BLOCK) {
    push_check_block(wire, at);
    check_int(push_last.size1, at ? UINT32_MAX : PUSH_SIZE);
    push_take(wire);
  }
  push_check_end(wire, TG_OK, TG_COAP_204);
  check_int(push_tellings, 6);
  for (unsigned i = 0; i < push_tellings; i++) check_int(push_told[i], i < 5 ? (i + 1) * PUSH_BLOCK : PUSH_SIZE);
  push_check_silence(wire);
  wire_close(wire);
}

static void what_is_lent_is_sent_as_it_is_then(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, 0);
  push_check_block(wire, 0);
  push_image[PUSH_BLOCK] ^= 0xff; /* push_read() compares with what is there now */
  push_take(wire);
  push_check_block(wire, PUSH_BLOCK);
  tg_coap_cancel(wire->coap, push_id);
  push_check_end(wire, TG_E_CANCELLED, 0);
  wire_close(wire);
}

static void a_short_one_goes_in_one_message_and_is_told(void **state) {
  (void)state;
  wire_t *wire = push_open(1280, false);
  push_start(wire, 40); /* there is nothing to resume */
  assert_true(push_read(wire));
  check_int(push_last.block1, UINT32_MAX);
  check_int(push_last.payload_len, PUSH_SIZE);
  wire_in(wire, "6844%04x%s", push_last.mid, push_last.token);
  push_check_end(wire, TG_OK, TG_COAP_204);
  check_int(push_tellings, 1);
  check_int(push_told[0], PUSH_SIZE);
  wire_close(wire);
}

static void what_is_refused_is_not_told(void **state) {
  (void)state;
  wire_t *wire = push_open(1280, false);
  push_start(wire, 0);
  assert_true(push_read(wire));
  wire_in(wire, "6884%04x%s", push_last.mid, push_last.token);
  push_check_end(wire, TG_OK, TG_COAP_404);
  check_int(push_tellings, 0);
  wire_close(wire);
}

static void who_is_told_may_end_it(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, 0);
  push_check_block(wire, 0);
  push_cancels = true;
  push_take(wire);
  push_check_end(wire, TG_E_CANCELLED, 0);
  push_check_silence(wire);
  check_int(wire_stats(wire).exchanges, 0);
  wire_close(wire);
}

static void calls_that_make_no_sense_are_refused(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  tg_coap_call_t call = push_call(wire);
  call.first_at = PUSH_SIZE + 1;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_E_ARG);
  call.first_at = PUSH_BLOCK;
  call.lent = false;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_E_ARG);
  call.first_at = 0;
  call.lent = true;
  call.payload.len = (16 << 20) + 1;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_E_ARG);
  check_int(wire_stats(wire).exchanges, 0);
  wire_close(wire);
}

/* 16 MiB in blocks of 16: the last number has all its 20 bits. */
static void the_longest_body_can_be_counted_in_the_smallest_blocks(void **state) {
  (void)state;
  enum { LONGEST = 16 << 20 };
  wire_t *wire = push_open(90, false);
  uint8_t *body = tg_alloc_array(1, LONGEST);
  assert_non_null(body);
  body[LONGEST - 1] = 0x5a;
  tg_coap_call_t call = push_call(wire);
  call.payload = tg_slice(body, LONGEST);
  call.first_at = LONGEST - PUSH_BLOCK - 1;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  const char *text = wire_out(wire);
  assert_non_null(strstr(text, "d302ffffe8")); /* Block1: 1,048,574, more */
  wire_in(wire, "685f%04x%s d30effffe8", wire->mid, wire->token);
  check_int(push_told[0], LONGEST - PUSH_BLOCK);
  text = wire_out(wire);
  assert_non_null(strstr(text, "d302fffff0"));
  assert_string_equal(text + strlen(text) - 2, "5a");
  wire_in(wire, "6844%04x%s d30efffff0", wire->mid, wire->token);
  push_check_end(wire, TG_OK, TG_COAP_204);
  check_int(push_told[1], LONGEST);
  tg_alloc_free(body);
  wire_close(wire);
}

/* The same bytes have the same tag in another process; other bytes another one. */
static void the_tag_says_what_the_body_is(void **state) {
  (void)state;
  uint32_t tags[3];
  for (unsigned i = 0; i < TG_COUNT(tags); i++) {
    wire_t *wire = push_open(90, false);
    wire->random.state = 1000 + i;
    if (i == 2) push_image[PUSH_SIZE - 1] ^= 1;
    push_start(wire, i == 1 ? 3 * PUSH_BLOCK : 0);
    assert_true(push_read(wire));
    tags[i] = push_last.tag;
    check_true(tags[i] != UINT32_MAX);
    wire_close(wire);
  }
  check_true(tags[0] == tags[1]);
  check_true(tags[0] != tags[2]);
}

static void it_goes_on_with_the_block_in_which_the_peer_ended(void **state) {
  (void)state;
  static const size_t rows[][2] = {
      {0, 0},
      {1, 0},
      {PUSH_BLOCK, PUSH_BLOCK},
      {2 * PUSH_BLOCK + 5, 2 * PUSH_BLOCK},
      {5 * PUSH_BLOCK, 5 * PUSH_BLOCK},
      {PUSH_SIZE, 5 * PUSH_BLOCK}}; /* it has all of it, and what it says of it is not known */
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = push_open(90, false);
    push_start(wire, rows[i][0]);
    for (size_t at = rows[i][1]; at < PUSH_SIZE; at += PUSH_BLOCK) {
      push_check_block(wire, at);
      check_int(push_last.size1, at ? UINT32_MAX : PUSH_SIZE);
      push_take(wire);
    }
    push_check_end(wire, TG_OK, TG_COAP_204);
    wire_close(wire);
  }
}

/* A peer that does not know what came before says so; once more from the beginning, as another operation. */
static void a_resumption_that_finds_nothing_begins_anew(void **state) {
  (void)state;
  static const uint8_t codes[] = {TG_COAP_408, TG_COAP_400};
  for (unsigned i = 0; i < TG_COUNT(codes); i++) {
    wire_t *wire = push_open(90, false);
    push_start(wire, 3 * PUSH_BLOCK);
    push_check_block(wire, 3 * PUSH_BLOCK);
    uint32_t tag = push_last.tag;
    push_answer(wire, codes[i]);
    for (size_t at = 0; at < PUSH_SIZE; at += PUSH_BLOCK) {
      push_check_block(wire, at);
      check_true(push_last.tag != tag);
      push_take(wire);
    }
    push_check_end(wire, TG_OK, TG_COAP_204);
    wire_close(wire);
  }
}

/* The peer lost the body twice on the way, besides. */
static void restarts_are_bounded(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, 3 * PUSH_BLOCK);
  push_check_block(wire, 3 * PUSH_BLOCK);
  push_answer(wire, TG_COAP_408); /* not counted: nothing had been sent */
  for (unsigned i = 0; i < 3; i++) {
    push_check_block(wire, 0);
    push_take(wire);
    push_check_block(wire, PUSH_BLOCK);
    push_answer(wire, TG_COAP_408);
  }
  push_check_end(wire, TG_OK, TG_COAP_408);
  push_check_silence(wire);
  wire_close(wire);
}

static void a_bad_request_in_the_middle_is_the_end(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, PUSH_BLOCK);
  push_check_block(wire, PUSH_BLOCK);
  push_take(wire);
  push_check_block(wire, 2 * PUSH_BLOCK);
  push_answer(wire, TG_COAP_400);
  push_check_end(wire, TG_OK, TG_COAP_400);
  wire_close(wire);
}

static void the_peer_may_want_smaller_blocks_in_the_middle(void **state) {
  (void)state;
  wire_t *wire = push_open(64 + 32, false);
  push_start(wire, 0);
  push_check_block(wire, 0);
  check_int(push_last.payload_len, 32);
  push_take(wire);
  push_check_block(wire, 32);
  wire_in(wire, "685f%04x%s d10e18", push_last.mid, push_last.token); /* number 1 of 32 bytes taken, 16 from now on */
  check_int(push_told[1], 64);
  push_check_block(wire, 64);
  check_int(push_last.block1, 4 << 4 | 8);
  check_int(push_last.payload_len, 16);
  push_take(wire);
  push_check_block(wire, 80);
  push_take(wire);
  push_check_end(wire, TG_OK, TG_COAP_204);
  wire_close(wire);
}

/* RFC 7959 §2.9.3: 4.13 with a smaller block, be it in answer to a block in the middle that nothing is known of. */
static void a_refusal_with_smaller_blocks_is_followed(void **state) {
  (void)state;
  for (unsigned i = 0; i < 2; i++) {
    wire_t *wire = push_open(64 + 32, false);
    push_start(wire, i * 32);
    push_check_block(wire, i * 32);
    wire_in(wire, "688d%04x%s d10e%x8", push_last.mid, push_last.token, i);
    push_check_block(wire, 0);
    check_int(push_last.payload_len, 16);
    wire_close(wire);
  }
}

static void a_body_that_is_too_long_is_told_with_its_limit(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, 0);
  push_check_block(wire, 0);
  wire_in(wire, "688d%04x%s d12f40", push_last.mid, push_last.token); /* Size1: 64 */
  push_check_end(wire, TG_OK, TG_COAP_413);
  push_check_silence(wire);
  wire_close(wire);
}

CHECK_SUITE(each_block_that_was_taken_is_told, what_is_lent_is_sent_as_it_is_then,
            a_short_one_goes_in_one_message_and_is_told, what_is_refused_is_not_told, who_is_told_may_end_it,
            calls_that_make_no_sense_are_refused, the_longest_body_can_be_counted_in_the_smallest_blocks,
            the_tag_says_what_the_body_is, it_goes_on_with_the_block_in_which_the_peer_ended,
            a_resumption_that_finds_nothing_begins_anew, restarts_are_bounded, a_bad_request_in_the_middle_is_the_end,
            the_peer_may_want_smaller_blocks_in_the_middle, a_refusal_with_smaller_blocks_is_followed,
            a_body_that_is_too_long_is_told_with_its_limit)
