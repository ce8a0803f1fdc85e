/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_block_client_test.c: mirrors core/coap/coap_block1_in.c, _block2_out.c, _block1_out.c, _block2_in.c. */

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

#define X16 "78787878787878787878787878787878"
#define Y16 "79797979797979797979797979797979"

/* Client, Block1: PUT of 40 bytes over a bearer of blocks of 16. */

/* The tag follows the last option: after Block1 (27) `d4fc`, after Size1 (60) `d4db`, then four bytes. They are cut out, not lost. */
static const char *untagged(wire_t *wire, char tag[9]) {
  static char text[WIRE_TEXT];
  snprintf(text, sizeof text, "%s", wire_out(wire));
  char *at = strstr(text, "d4fc");
  if (!at) at = strstr(text, "d4db");
  assert_non_null(at);
  snprintf(tag, 9, "%.8s", at + 4);
  memmove(at, at + 12, strlen(at + 12) + 1);
  return text;
}

static void put_long(wire_t *wire) {
  tg_coap_call_t call = wire_call(wire);
  call.method = TG_COAP_PUT;
  call.path = NULL;
  call.payload = tg_slice_str("0123456789abcdef0123456789ABCDEF01234567");
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
}

static wire_t *open_small(void) {
  wire_options_t options = {.mtu = 90};
  return wire_open(&options);
}

static void a_long_request_goes_out_in_blocks(void **state) {
  (void)state;
  wire_t *wire = open_small();
  char token[17], tag[3][9];
  put_long(wire);
  assert_string_equal(untagged(wire, tag[0]) + 24, "d10e08"
                                                   "d11428"
                                                   "ff"
                                                   "30313233343536373839616263646566");
  strcpy(token, wire->token);
  wire_in(wire, "685f%04x%s d10e08", wire->mid, wire->token);
  assert_string_equal(untagged(wire, tag[1]) + 24, "d10e18"
                                                   "ff"
                                                   "30313233343536373839414243444546");
  assert_string_not_equal(wire->token, token);
  wire_in(wire, "685f%04x%s d10e18", wire->mid, wire->token);
  assert_string_equal(untagged(wire, tag[2]) + 24, "d10e20"
                                                   "ff"
                                                   "3031323334353637");
  wire_in(wire, "6844%04x%s d10e20", wire->mid, wire->token);
  assert_string_equal(tag[0], tag[1]);
  assert_string_equal(tag[0], tag[2]);
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_OK);
  check_int(wire->result.code, TG_COAP_204);
  wire_close(wire);
}

/* RFC 9175 §3.3: also for the same body begun anew. */
static void each_operation_in_blocks_has_a_tag_of_its_own(void **state) {
  (void)state;
  wire_t *wire = open_small();
  char tag[4][9];
  put_long(wire);
  (void)untagged(wire, tag[0]);
  wire_in(wire, "685f%04x%s d10e08", wire->mid, wire->token);
  (void)untagged(wire, tag[1]);
  wire_in(wire, "6888%04x%s", wire->mid, wire->token); /* lost: from the beginning */
  (void)untagged(wire, tag[2]);
  wire_in(wire, "6880%04x%s", wire->mid, wire->token);
  check_int(wire->dones, 1);
  put_long(wire);
  (void)untagged(wire, tag[3]);
  assert_string_equal(tag[0], tag[1]);
  assert_string_not_equal(tag[1], tag[2]);
  assert_string_not_equal(tag[2], tag[3]);
  assert_string_not_equal(tag[0], tag[3]);
  wire_close(wire);
}

/* The answer to block 0: its code and options, what becomes of the call: rc, code; -1: it goes on. */
static void answers_to_a_block(void **state) {
  (void)state;
  static const struct {
    const char *code, *options;
    int rc;
    uint8_t last;
  } rows[] = {
      {"5f", "d10e18", TG_E_SYNTAX, 0}, /* of another block */
      {"5f", "d10e0f", TG_E_SYNTAX, 0}, /* SZX 7 */
      {"5f", "", TG_E_SYNTAX, 0},       /* Continue without Block1 */
      {"44", "", TG_E_SYNTAX, 0},       /* Changed, of what? */
      {"44", "d10e00", -1, 0},          /* each block by itself: go on */
      {"8d", "", TG_OK, TG_COAP_413},   {"84", "", TG_OK, TG_COAP_404}, {"88", "", TG_OK, TG_COAP_408},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = open_small();
    char tag[9];
    put_long(wire);
    (void)wire_out(wire);
    wire_in(wire, "68%s%04x%s%s", rows[i].code, wire->mid, wire->token, rows[i].options);
    check_int(wire->dones, rows[i].rc >= 0);
    if (rows[i].rc >= 0) {
      if ((int)wire->result.rc != rows[i].rc) print_error("row %zu\n", i);
      check_int(wire->result.rc, rows[i].rc);
      check_int(wire->result.code, rows[i].last);
    } else {
      assert_string_equal(untagged(wire, tag) + 24, "d10e18"
                                                    "ff"
                                                    "30313233343536373839414243444546");
    }
    wire_close(wire);
  }
}

static void a_peer_that_lost_the_blocks_gets_them_again_but_not_for_ever(void **state) {
  (void)state;
  wire_t *wire = open_small();
  put_long(wire);
  for (int i = 0; i < 3; i++) {
    assert_memory_equal(wire_out(wire) + 24, "d10e08", 6);
    wire_in(wire, "685f%04x%s d10e08", wire->mid, wire->token);
    assert_memory_equal(wire_out(wire) + 24, "d10e18", 6);
    wire_in(wire, "6888%04x%s", wire->mid, wire->token);
    check_int(wire->dones, i == 2);
  }
  check_int(wire->result.code, TG_COAP_408);
  wire_close(wire);
}

static void a_peer_may_ask_for_smaller_blocks_of_a_request(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 100}; /* 32 */
  char tag[9];
  wire_t *wire = wire_open(&options);
  put_long(wire);
  assert_memory_equal(wire_out(wire) + 24, "d10e09", 6);
  wire_in(wire, "685f%04x%s d10e08", wire->mid, wire->token); /* from now on 16: block 2 is next */
  assert_string_equal(untagged(wire, tag) + 24, "d10e20"
                                                "ff"
                                                "3031323334353637");
  wire_close(wire);
  wire = wire_open(NULL); /* one message of 40 bytes is too much for this one */
  put_long(wire);
  assert_memory_equal(wire_out(wire) + 24, "ff", 2);
  wire_in(wire, "688d%04x%s d10e08", wire->mid, wire->token);
  assert_memory_equal(untagged(wire, tag) + 24, "d10e08d11428ff", 14);
  wire_close(wire);
}

/* Client, Block2. */

static wire_t *open_getting(const wire_options_t *options) {
  wire_t *wire = wire_open(options);
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  (void)wire_out(wire);
  return wire;
}

static void a_long_answer_is_fetched_block_by_block(void **state) {
  (void)state;
  wire_t *wire = open_getting(NULL);
  wire_in(wire, "6845%04x%s 4101 81 28 b108 ff" X16, wire->mid, wire->token);
  assert_string_equal(wire_out(wire) + 24, "b161c110");
  wire_in(wire, "6845%04x%s 4101 81 28 b118 ff" Y16, wire->mid, wire->token);
  assert_string_equal(wire_out(wire) + 24, "b161c120");
  wire_in(wire, "6000%04x", wire->mid); /* the last one comes separately */
  wire_in(wire, "48450099%s 4101 81 28 b120 ff 7a", wire->token);
  assert_string_equal(wire_out(wire), "60000099");
  check_int(wire->dones, 1);
  check_int(wire->result.content_format, 40);
  check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("xxxxxxxxxxxxxxxxyyyyyyyyyyyyyyyyz"));
  check_int(wire->coap->bodies.bytes, 0);
  wire_close(wire);
}

/* Options and payload of the first answer, then of the second; the end. */
static void misplaced_blocks_end_the_call(void **state) {
  (void)state;
  static const struct {
    const char *first, *second;
    tg_rc_t rc;
  } rows[] = {
      {"d10a0f ff" X16, NULL, TG_E_SYNTAX},            /* SZX 7 */
      {"d10a18 ff" X16, NULL, TG_E_SYNTAX},            /* begins with block 1 */
      {"d10a08 ff 78", NULL, TG_E_SYNTAX},             /* shorter than it says */
      {"d10a00 ff" X16 "78", NULL, TG_E_SYNTAX},       /* longer than it says */
      {"d10a08 ff" X16, "d10a56 ff" X16, TG_E_SYNTAX}, /* block 5 of 1,024 for block 1 of 16 */
      {"d10a08 ff" X16, "d10a28 ff" X16, TG_E_SYNTAX}, /* a gap */
      {"d10a08 ff" X16, "d10a08 ff" X16, TG_E_SYNTAX}, /* the same again */
      {"d10a08 ff" X16, "ff" X16, TG_E_SYNTAX},        /* no Block2 */
      {"d30afffff8 ff" X16, NULL, TG_E_SYNTAX},        /* the largest number there is */
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = open_getting(NULL);
    wire_in(wire, "6845%04x%s %s", wire->mid, wire->token, rows[i].first);
    if (rows[i].second) {
      (void)wire_out(wire);
      wire_in(wire, "6845%04x%s %s", wire->mid, wire->token, rows[i].second);
    }
    if (!wire->dones) print_error("row %zu\n", i);
    check_int(wire->dones, 1);
    check_rc(wire->result.rc, rows[i].rc);
    check_int(wire->coap->bodies.bytes, 0);
    wire_close(wire);
  }
}

static void a_body_that_changes_is_fetched_anew_but_not_for_ever(void **state) {
  (void)state;
  wire_t *wire = open_getting(NULL);
  for (unsigned i = 0; i < 3; i++) {
    wire_in(wire, "6845%04x%s 41%02x d10608 ff" X16, wire->mid, wire->token, i);
    assert_string_equal(wire_out(wire) + 24, "b161c110");
    wire_in(wire, "6845%04x%s 41%02x d10618 ff" X16, wire->mid, wire->token, i + 1);
    if (i < 2) assert_string_equal(wire_out(wire) + 24, "b161c0"); /* in blocks of the size known by now */
  }
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_E_SYNTAX);
  wire_close(wire);
}

static void a_body_without_end_stops_at_the_cap(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.response_body = 1000}};
  wire_t *wire = open_getting(&options);
  unsigned num = 0;
  while (!wire->dones && num < 100) {
    wire_in(wire, "6845%04x%s d20a%04x ff" X16, wire->mid, wire->token, num << 4 | 8);
    (void)wire_out(wire);
    num++;
  }
  check_int(num, 63);
  check_rc(wire->result.rc, TG_E_TOO_LONG);
  check_int(wire->coap->bodies.bytes, 0);
  wire_close(wire);
}

static void an_error_in_the_middle_is_the_answer(void **state) {
  (void)state;
  wire_t *wire = open_getting(NULL);
  wire_in(wire, "6845%04x%s d10a08 ff" X16, wire->mid, wire->token);
  (void)wire_out(wire);
  wire_in(wire, "6884%04x%s ff 6e6f", wire->mid, wire->token);
  check_rc(wire->result.rc, TG_OK);
  check_int(wire->result.code, TG_COAP_404);
  check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("no"));
  wire_close(wire);
}

static void a_small_bearer_asks_for_small_blocks_from_the_start(void **state) {
  (void)state;
  wire_t *wire = open_small();
  tg_coap_call_t call = wire_call(wire);
  check_rc(tg_coap_send(wire->coap, &call, NULL), TG_OK);
  assert_string_equal(wire_out(wire) + 24, "b161c0");
  wire_close(wire);
}

CHECK_SUITE(a_long_request_goes_out_in_blocks, each_operation_in_blocks_has_a_tag_of_its_own, answers_to_a_block,
            a_peer_that_lost_the_blocks_gets_them_again_but_not_for_ever,
            a_peer_may_ask_for_smaller_blocks_of_a_request, a_long_answer_is_fetched_block_by_block,
            misplaced_blocks_end_the_call, a_body_that_changes_is_fetched_anew_but_not_for_ever,
            a_body_without_end_stops_at_the_cap, an_error_in_the_middle_is_the_answer,
            a_small_bearer_asks_for_small_blocks_from_the_start)
