/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/coap/coap_patience_test.c: messages that got no answer and go out once more, and the peer that meets them (coap.h, patience_ms). Mirrors
 * core/coap/coap_exchange.c, coap_response.c, coap_block1_in.c; whole transfers are in coap_bulk_cut_sim_test.c.
 */

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/push_harness.h"

static void a_block_without_an_answer_is_sent_anew(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, 0);
  push_check_block(wire, 0);
  push_take(wire);
  push_check_block(wire, PUSH_BLOCK);
  uint16_t mid = push_last.mid;
  uint32_t tag = push_last.tag;
  char token[17];
  strcpy(token, push_last.token);
  check_int(push_wait_for_other(wire, mid), 4); /* retransmissions of the first message */
  check_true(push_last.is_there);
  check_int(push_last.payload_at, PUSH_BLOCK);
  assert_string_not_equal(push_last.token, token);
  check_true(push_last.tag == tag);
  uint16_t other = push_last.mid;
  char other_token[17];
  strcpy(other_token, push_last.token);
  wire_in(wire, "685f%04x%s d10e18", mid, token); /* too late */
  push_check_silence(wire);
  wire_in(wire, "685f%04x%s d10e18", other, other_token);
  push_check_block(wire, 2 * PUSH_BLOCK);
  check_int(push_told[push_tellings - 1], 2 * PUSH_BLOCK);
  wire_close(wire);
}

/* Each block may take its time, all of them together as much as they need. */
static void patience_counts_from_the_last_block(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, 0);
  for (size_t at = 0; at < PUSH_SIZE - PUSH_BLOCK; at += PUSH_BLOCK) {
    push_check_block(wire, at);
    uint64_t from = tg_wheel_now(wire->wheel);
    while (tg_wheel_now(wire->wheel) - from < PUSH_PATIENCE_MS / 2) (void)push_wait_for_other(wire, push_last.mid);
    push_take(wire);
  }
  check_int(wire->dones, 0);
  push_check_block(wire, PUSH_SIZE / PUSH_BLOCK * PUSH_BLOCK);
  uint64_t from = tg_wheel_now(wire->wheel);
  while (!wire->dones) (void)push_wait_for_other(wire, push_last.mid);
  push_check_end(wire, TG_E_TIMEOUT, 0);
  assert_in_range(tg_wheel_now(wire->wheel) - from, PUSH_PATIENCE_MS, PUSH_PATIENCE_MS + PUSH_SPAN_MS + 1000);
  wire_close(wire);
}

static void without_patience_the_first_message_is_the_last(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  tg_coap_call_t call = push_call(wire);
  call.patience_ms = 0;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  push_check_block(wire, 0);
  check_int(push_wait_for_other(wire, push_last.mid), 4);
  push_check_end(wire, TG_E_TIMEOUT, 0);
  wire_close(wire);
}

/* The end of a body is answered once for all; who asks for it by another id would find nothing. */
static void the_last_block_goes_as_itself_while_it_is_remembered(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, 5 * PUSH_BLOCK);
  push_check_block(wire, 5 * PUSH_BLOCK);
  uint16_t mid = push_last.mid;
  char token[17];
  strcpy(token, push_last.token);
  uint64_t from = tg_wheel_now(wire->wheel);
  check_true(push_wait_for_other(wire, mid) >= 9);
  check_true(tg_wheel_now(wire->wheel) - from >= 247000);
  check_int(push_last.payload_at, 5 * PUSH_BLOCK);
  assert_string_not_equal(push_last.token, token);
  push_answer(wire, TG_COAP_408); /* whether it has had the whole is not known: that is told, nothing begun anew */
  push_check_end(wire, TG_OK, TG_COAP_408);
  push_check_silence(wire);
  wire_close(wire);
}

/* The peer's memory may be shorter than we think. */
static void the_end_sent_once_more_may_be_unknown_already(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, 5 * PUSH_BLOCK);
  push_check_block(wire, 5 * PUSH_BLOCK);
  push_out_t first = push_last;
  wire_wait(wire, 150000);
  while (push_read(wire)) check_int(push_last.mid, first.mid);
  push_last = first;
  push_answer(wire, TG_COAP_408);
  push_check_end(wire, TG_OK, TG_COAP_408);
  push_check_silence(wire);
  wire_close(wire);
}

static void a_late_answer_to_the_last_block_is_heard(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, 5 * PUSH_BLOCK);
  push_check_block(wire, 5 * PUSH_BLOCK);
  uint16_t mid = push_last.mid;
  wire_wait(wire, 150000);
  char token[17];
  strcpy(token, push_last.token);
  while (push_read(wire)) check_int(push_last.mid, mid);
  check_int(wire->dones, 0);
  wire_in(wire, "6844%04x%s d10e50", mid, token);
  push_check_end(wire, TG_OK, TG_COAP_204);
  check_int(push_told[0], PUSH_SIZE);
  wire_close(wire);
}

/* An empty ACK, and then nothing: the peer has lost what it meant to answer. */
static void a_separate_answer_that_never_comes_is_asked_for_again(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, 0);
  push_check_block(wire, 0);
  wire_in(wire, "6000%04x", push_last.mid);
  wire_wait(wire, 92000);
  push_check_silence(wire);
  wire_wait(wire, 2000);
  push_check_block(wire, 0);
  wire_in(wire, "6000%04x", push_last.mid);
  wire_in(wire, "425f7777%s d10e08", push_last.token);
  assert_string_not_equal(wire_out(wire), ""); /* its ACK */
  wire_close(wire);
}

static void blocks_of_an_answer_are_asked_for_again_too(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  tg_coap_call_t call = wire_call(wire);
  call.patience_ms = PUSH_PATIENCE_MS;
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_true(push_read(wire));
  check_int(push_wait_for_other(wire, push_last.mid), 4);
  check_int(push_last.block2, 0);
  wire_in(wire, "6845%04x%s 4101 d10608 ff 30303030303030303030303030303030", push_last.mid, push_last.token);
  assert_true(push_read(wire));
  check_int(push_last.block2, 1 << 4);
  check_int(push_wait_for_other(wire, push_last.mid), 4);
  check_int(push_last.block2, 1 << 4);
  wire_in(wire, "6845%04x%s 4101 d10610 ff 31", push_last.mid, push_last.token);
  push_check_end(wire, TG_OK, TG_COAP_205);
  check_int(wire->body_len, PUSH_BLOCK + 1);
  wire_close(wire);
}

/* The bearer refuses at once: it is asked again after a pause, and others may go meanwhile. */
static void a_bearer_that_refuses_is_asked_again_after_a_pause(void **state) {
  (void)state;
  wire_t *wire = push_open(90, true);
  wire->send_rc = TG_E_LINK;
  push_start(wire, 0);
  wire_wait(wire, 1);
  check_int(wire->refused, 1);
  wire_wait(wire, 20000);
  check_int(wire->refused, 1);
  wire->send_rc = TG_OK;
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_true(push_read(wire));
  check_int(push_last.code, TG_COAP_GET);
  wire_in(wire, "6845%04x%s", push_last.mid, push_last.token);
  check_int(wire->dones, 1);
  wire_wait(wire, 11000);
  push_check_block(wire, 0);
  push_take(wire);
  push_check_block(wire, PUSH_BLOCK);
  wire->send_rc = TG_E_LINK; /* for good */
  push_take(wire);
  wire_wait(wire, PUSH_PATIENCE_MS + 60000);
  check_int(wire->dones, 2);
  check_rc(wire->result.rc, TG_E_TIMEOUT);
  assert_in_range(wire->refused, 15, 25);
  wire_close(wire);
}

static void pings_and_requests_of_the_peer_pass_between_blocks(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, 0);
  for (size_t at = 0; at < PUSH_SIZE; at += PUSH_BLOCK) {
    push_check_block(wire, at);
    uint16_t mid = push_last.mid;
    wire_in(wire, "40004444");
    assert_string_equal(wire_out(wire), "70004444");
    wire_in(wire, "4101%04zx 4a b161", 0x100 + at);
    char want[32];
    snprintf(want, sizeof want, "6145%04zx4aff6f6b", 0x100 + at);
    assert_string_equal(wire_out(wire), want);
    wire_in(wire, "7000%04x", mid - 1); /* a reset of something else */
    push_take(wire);
  }
  push_check_end(wire, TG_OK, TG_COAP_204);
  wire_close(wire);
}

static void who_has_patience_shows_itself_a_few_times_for_each_block(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  push_start(wire, 0);
  for (size_t at = 0; at < 2 * PUSH_BLOCK; at += PUSH_BLOCK) {
    push_check_block(wire, at);
    uint32_t tag = push_last.tag;
    for (unsigned i = 0; i < 4; i++) {
      wire_in(wire, "6881%04x%s d4ef1122330%u", push_last.mid, push_last.token, i);
      push_check_block(wire, at);
      check_true(push_last.has_echo);
      check_true(push_last.tag == tag); /* the same operation */
    }
    push_take(wire);
  }
  for (unsigned i = 0; i < 5; i++) {
    push_check_block(wire, 2 * PUSH_BLOCK);
    wire_in(wire, "6881%04x%s d4ef1122330%u", push_last.mid, push_last.token, i);
  }
  push_check_end(wire, TG_OK, TG_COAP_401);
  wire_close(wire);
}

static void patience_is_for_what_may_be_repeated(void **state) {
  (void)state;
  static const struct {
    uint8_t method;
    size_t len;
    bool goes_on;
  } rows[] = {{TG_COAP_GET, 0, true},          {TG_COAP_FETCH, 4, true}, {TG_COAP_PUT, PUSH_SIZE, true},
              {TG_COAP_POST, PUSH_SIZE, true}, /* a block is not the whole */
              {TG_COAP_PUT, 4, false},         {TG_COAP_POST, 4, false}, {TG_COAP_DELETE, 0, false}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = push_open(90, false);
    tg_coap_call_t call = push_call(wire);
    call.method = rows[i].method;
    call.payload.len = rows[i].len;
    check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
    wire_wait(wire, PUSH_SPAN_MS + 1000);
    if ((wire->dones == 0) != rows[i].goes_on) print_error("row %zu\n", i);
    check_int(wire->dones, rows[i].goes_on ? 0 : 1);
    wire_wait(wire, PUSH_PATIENCE_MS + PUSH_SPAN_MS);
    push_check_end(wire, TG_E_TIMEOUT, 0);
    wire_close(wire);
  }
}

/* The server's side. */

#define X16 "78787878787878787878787878787878"

/* A block that comes again shows that its sender is there. */
static void a_body_lives_as_long_as_its_blocks_are_repeated(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  wire_in(wire, "40030001 b161 d10308 ff " X16);
  assert_memory_equal(wire_out(wire), "605f", 4);
  for (unsigned i = 0; i < 4; i++) {
    wire_wait(wire, 200000);
    wire_in(wire, "40030001 b161 d10308 ff " X16);
    assert_memory_equal(wire_out(wire), "605f", 4);
  }
  wire_in(wire, "40030002 b161 d10318 ff " X16);
  assert_memory_equal(wire_out(wire), "605f", 4);
  wire_wait(wire, 200000);
  wire_in(wire, "40030003 b161 d10318 ff " X16);
  assert_memory_equal(wire_out(wire), "605f", 4);
  wire_wait(wire, 200000);
  wire_in(wire, "40030004 b161 d10320 ff 79");
  assert_memory_equal(wire_out(wire), "6045", 4);
  check_int(wire->body_len, 2 * PUSH_BLOCK + 1);
  wire_in(wire, "40030005 b161 d10308 ff " X16);
  wire_wait(wire, 248000);
  wire_in(wire, "40030006 b161 d10310 ff 79");
  while (strncmp(wire_out(wire), "6088", 4) != 0) assert_true(wire->read_count > 0);
  wire_close(wire);
}

/* With a Request-Tag the first block names its operation: another message of it takes nothing away. Without one it does. */
static void a_first_block_again_is_the_same_operation_if_its_tag_is(void **state) {
  (void)state;
  static const struct {
    const char *tag;
    const char *code;
  } rows[] = {{"d2fc1122", "605f"}, {"", "6088"}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = push_open(90, false);
    const char *tag = rows[i].tag;
    wire_in(wire, "40030001 b161 d10308 %s ff " X16, tag);
    wire_in(wire, "40030002 b161 d10318 %s ff " X16, tag);
    wire_in(wire, "40030003 b161 d10308 %s ff " X16, tag);
    for (unsigned k = 0; k < 3; k++) assert_memory_equal(wire_out(wire), "605f", 4);
    wire_in(wire, "40030004 b161 d10328 %s ff " X16, tag);
    assert_memory_equal(wire_out(wire), rows[i].code, 4);
    wire_close(wire);
  }
}

/* Another body under the same tag: what there was goes, and the next try is a fresh one. */
static void another_body_under_the_same_tag_is_not_mixed_up(void **state) {
  (void)state;
  wire_t *wire = push_open(90, false);
  wire_in(wire, "40030001 b161 d10308 d2fc1122 ff " X16);
  wire_in(wire, "40030002 b161 d10318 d2fc1122 ff " X16);
  wire_in(wire, "40030003 b161 d10308 d2fc1122 ff 79797979797979797979797979797979");
  for (unsigned k = 0; k < 3; k++) assert_memory_equal(wire_out(wire), "605f", 4);
  wire_in(wire, "40030004 b161 d10310 d2fc1122 ff 79");
  assert_memory_equal(wire_out(wire), "6045", 4);
  check_int(wire->body_len, PUSH_BLOCK + 1);
  check_int(wire->body[0], 0x79);
  wire_close(wire);
}

CHECK_SUITE(a_block_without_an_answer_is_sent_anew, patience_counts_from_the_last_block,
            without_patience_the_first_message_is_the_last, the_last_block_goes_as_itself_while_it_is_remembered,
            the_end_sent_once_more_may_be_unknown_already, a_late_answer_to_the_last_block_is_heard,
            a_separate_answer_that_never_comes_is_asked_for_again, blocks_of_an_answer_are_asked_for_again_too,
            a_bearer_that_refuses_is_asked_again_after_a_pause, pings_and_requests_of_the_peer_pass_between_blocks,
            who_has_patience_shows_itself_a_few_times_for_each_block, patience_is_for_what_may_be_repeated,
            a_body_lives_as_long_as_its_blocks_are_repeated, a_first_block_again_is_the_same_operation_if_its_tag_is,
            another_body_under_the_same_tag_is_not_mixed_up)
