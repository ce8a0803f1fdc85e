/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_block_test.c: mirrors core/coap/coap_block1_in.c and coap_block2_out.c. */

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

#define X16 "78787878787878787878787878787878"
#define Y16 "79797979797979797979797979797979"

/* Server, Block1. PUT /a with Block1: b161 is the path, then d1 03 vv is option 27 (11 + 13 + 3) with one byte. */

static void a_request_body_is_put_together(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "40030001 b161 d10308 ff" X16);
  assert_string_equal(wire_out(wire), "605f0001d10e08");
  wire_in(wire, "40030002 b161 d10318 ff" Y16);
  assert_string_equal(wire_out(wire), "605f0002d10e18");
  check_int(wire->requests, 0);
  wire_in(wire, "40030003 b161 d10320 ff 7a");
  assert_string_equal(wire_out(wire), "60450003d10e20ff6f6b");
  check_int(wire->requests, 1);
  check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("xxxxxxxxxxxxxxxxyyyyyyyyyyyyyyyyz"));
  check_int(wire_stats(wire).blocks, 3);
  check_int(wire->coap->bodies.bytes, 0);
  wire_close(wire);
}

/* RFC 9175 §3.3: two bodies for one resource at once, told apart by Request-Tag `A` and `B`, and none. */
static void bodies_are_kept_apart_by_their_tag(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "40020001 b161 d10308 d1fc41 ff" X16);
  wire_in(wire, "40020002 b161 d10308 d1fc42 ff" Y16);
  wire_in(wire, "40020003 b161 d10308 ff" X16);
  for (int i = 0; i < 3; i++) assert_memory_equal(wire_out(wire), "605f", 4);
  wire_in(wire, "40020005 b161 d10310 d1fc42 ff 32");
  check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("yyyyyyyyyyyyyyyy2"));
  (void)wire_out(wire);
  wire_in(wire, "40020006 b161 d10310 d1fc41 ff 31");
  check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("xxxxxxxxxxxxxxxx1"));
  (void)wire_out(wire);
  wire_in(wire, "40020007 b161 d10310 d1fc41 ff 31"); /* it is over */
  assert_memory_equal(wire_out(wire), "6088", 4);
  wire_close(wire);
}

static void one_block_may_be_all_of_it(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "40030001 b161 d10300 ff 7a");
  assert_string_equal(wire_out(wire), "60450001d00eff6f6b");
  check_int(wire->body_len, 1);
  wire_close(wire);
}

static void blocks_may_come_twice(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "40030001 b161 d10308 ff" X16);
  wire_in(wire, "40030002 b161 d10318 ff" Y16);
  wire_in(wire, "40030001 b161 d10308 ff" X16); /* held back by the network: not a new beginning */
  wire_in(wire, "40030004 b161 d10318 ff" Y16); /* sent again under a new message id */
  for (int i = 0; i < 4; i++) assert_memory_equal(wire_out(wire), "605f", 4);
  wire_in(wire, "40030005 b161 d10320 ff 7a");
  assert_memory_equal(wire_out(wire), "6045", 4);
  wire_in(wire, "40030005 b161 d10320 ff 7a");
  assert_memory_equal(wire_out(wire), "6045", 4);
  check_int(wire->requests, 1);
  check_int(wire->body_len, 33);
  wire_close(wire);
}

static void a_new_first_block_begins_anew(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "40030001 b161 d10308 ff" X16);
  wire_in(wire, "40030002 b161 d10308 ff" Y16);
  wire_in(wire, "40030003 b161 d10310 ff 7a");
  check_bytes(tg_slice(wire->body, wire->body_len), tg_slice_str("yyyyyyyyyyyyyyyyz"));
  wire_close(wire);
}

/* What comes (after block 0 of 16 bytes where `begun`), the answer's code. */
static void blocks_that_do_not_fit_are_refused(void **state) {
  (void)state;
  static const struct {
    bool begun;
    const char *in;
    const char *code;
  } rows[] = {
      {false, "b161 d1030f ff" X16, "80"},       /* SZX 7 */
      {false, "b161 d10318 ff" X16, "88"},       /* a body that was never begun */
      {false, "b161 d10308 ff 78", "80"},        /* a block shorter than it says */
      {false, "b161 d10308", "80"},              /* an empty one */
      {false, "b161 d10300 ff" X16 "78", "80"},  /* a last block that is longer */
      {true, "b161 d10328 ff" X16, "88"},        /* a gap */
      {true, "b161 d10319 ff" X16 X16, "88"},    /* a larger block: bytes 16 to 31 are missing */
      {false, "b161 d40300000008 ff" X16, "82"}, /* four bytes of Block1 */
      {false, "b161 d10308 0108 ff" X16, "82"},  /* Block1 twice */
      {true, "b162 d10318 ff" X16, "88"},        /* another path */
      {true, "b161 d10318 d1fc01 ff" X16, "88"}, /* a Request-Tag (27 + 13 + 252 = 292) */
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t *wire = wire_open(NULL);
    if (rows[i].begun) {
      wire_in(wire, "40030001 b161 d10308 ff" X16);
      (void)wire_out(wire);
    }
    wire_in(wire, "40030002 %s", rows[i].in);
    const char *out = wire_out(wire);
    if (memcmp(out + 2, rows[i].code, 2) != 0) print_error("row %zu\n", i);
    assert_memory_equal(out, "60", 2);
    assert_memory_equal(out + 2, rows[i].code, 2);
    check_int(wire->requests, 0);
    wire_close(wire);
  }
}

static void another_format_in_the_middle_is_refused(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "40030001 b161 1128 d10208 ff" X16);
  assert_memory_equal(wire_out(wire), "605f", 4);
  wire_in(wire, "40030002 b161 1132 d10210 ff 78");
  assert_string_equal(wire_out(wire), "60880002");
  check_int(wire->coap->bodies.bytes, 0);
  wire_close(wire);
}

static void bodies_over_the_cap_get_4_13_with_the_cap(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.request_body = 40}};
  wire_t *wire = wire_open(&options);
  wire_in(wire, "40030001 b161 d10308 d114ffffffff ff" X16); /* cut: not what this test is about */
  (void)wire_out(wire);
  wire_in(wire, "40030002 b161 d10308 d41400ffffff ff" X16); /* Size1 16 MiB: refused before a byte is kept */
  assert_string_equal(wire_out(wire), "608d0002d12f28");
  check_int(wire->coap->bodies.bytes, 0);
  wire_in(wire, "40030003 b161 d10308 ff" X16);
  wire_in(wire, "40030004 b161 d10318 ff" X16);
  (void)wire_out(wire);
  (void)wire_out(wire);
  wire_in(wire, "40030005 b161 d10328 ff" X16);
  assert_string_equal(wire_out(wire), "608d0005d12f28");
  check_int(wire->coap->bodies.bytes, 0);
  wire_close(wire);
}

static void too_many_transfers_are_refused_with_5_03(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.transfers = 20, .transfer_bytes = 17 * 1024}};
  wire_t *wire = wire_open(&options);
  for (unsigned i = 0; i < 17; i++) {
    wire_in(wire, "4003%04x b1%02x d10308 ff" X16, i, 0x41 + i);
    assert_memory_equal(wire_out(wire) + 2, i < 16 ? "5f" : "a3", 2); /* per peer */
  }
  for (unsigned i = 0; i < 3; i++) {
    wire_in_from(wire, (char)('b' + i), "40030001 b161 d10308 ff" X16);
    assert_memory_equal(wire_out(wire) + 2, i < 1 ? "5f" : "a3", 2); /* bytes of all */
  }
  check_int(wire_stats(wire).shed, 3);
  wire_wait(wire, 248000);
  wire_in(wire, "40039999 b161 d10308 ff" X16);
  assert_memory_equal(wire_out(wire) + 2, "5f", 2); /* idle ones are gone */
  check_int(wire->coap->bodies.pool.count, 1);
  wire_close(wire);
}

static void a_small_bearer_asks_for_smaller_blocks(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 100};
  wire_t *wire = wire_open(&options);
  wire_in(wire, "40030001 b161 d10309 ff" X16 X16);
  assert_string_equal(wire_out(wire), "605f0001d10e09"); /* 32 fits */
  wire_in(wire, "40030002 b162 d1030a ff" X16 X16 X16 X16);
  assert_string_equal(wire_out(wire), "605f0002d10e09");
  wire_in(wire, "40030003 b162 d10321 ff 7a"); /* going on at byte 64 with blocks of 32 */
  assert_memory_equal(wire_out(wire), "6045", 4);
  check_int(wire->body_len, 65);
  wire_close(wire);
}

/* Server, Block2: option 23 behind the path is c1 vv, behind Content-Format b1. */

static char long_payload[100];

static wire_t *open_serving(void) {
  wire_options_t options = {.mtu = 100};
  wire_t *wire = wire_open(&options);
  for (size_t i = 0; i < sizeof long_payload; i++) long_payload[i] = (char)('A' + i % 26);
  wire->reply.payload = tg_slice(long_payload, sizeof long_payload);
  return wire;
}

static void check_block(wire_t *wire, const char *code, uint32_t value, size_t from) {
  const wire_datagram_t *sent = wire_out_bytes(wire);
  tg_coap_msg_t msg;
  uint32_t got = 0;
  assert_non_null(sent);
  check_rc(tg_coap_msg_decode(&msg, tg_slice(sent->bytes, sent->len)), TG_OK);
  char text[3];
  snprintf(text, sizeof text, "%02x", msg.code);
  assert_string_equal(text, code);
  const tg_coap_opt_t *block = tg_coap_msg_find(&msg, TG_OPT_BLOCK2);
  assert_non_null(block);
  check_rc(tg_coap_msg_uint(block, &got), TG_OK);
  check_int(got, value);
  check_true(msg.payload.len > 0 && from + msg.payload.len <= sizeof long_payload);
  assert_memory_equal(msg.payload.p, long_payload + from, msg.payload.len);
}

static void a_long_answer_is_served_in_blocks_of_one_state(void **state) {
  (void)state;
  wire_t *wire = open_serving();
  wire_in(wire, "40010001 b161");
  check_block(wire, "45", 0x09, 0);
  wire->reply.payload = tg_slice_str("changed meanwhile");
  wire_in(wire, "40010002 b161 c111");
  check_block(wire, "45", 0x19, 32);
  wire_in(wire, "40010003 b161 c121");
  check_block(wire, "45", 0x29, 64);
  wire_in(wire, "40010004 b161 c131");
  check_block(wire, "45", 0x31, 96);
  check_int(wire->requests, 1);
  wire_close(wire);
}

static void the_client_may_ask_for_smaller_blocks(void **state) {
  (void)state;
  wire_t *wire = open_serving();
  wire_in(wire, "40010001 b161 c0"); /* 0/0/16 */
  check_block(wire, "45", 0x08, 0);
  wire_in(wire, "40010002 b161 c110");
  check_block(wire, "45", 0x18, 16);
  wire_in(wire, "40010003 b161 c112"); /* a block of 64 at byte 64: ours are 32 */
  check_block(wire, "45", 0x29, 64);
  check_int(wire->requests, 1);
  wire_close(wire);
}

static void later_blocks_of_what_is_not_kept(void **state) {
  (void)state;
  wire_t *wire = open_serving();
  wire_in(wire, "40010001 b161 c111"); /* GET: asked again */
  check_block(wire, "45", 0x19, 32);
  check_int(wire->requests, 1);
  wire_in(wire, "40020002 b161 c111"); /* POST: not run for a block */
  assert_string_equal(wire_out(wire), "60880002");
  wire_in(wire, "40010003 b161 c141"); /* beyond the end */
  assert_string_equal(wire_out(wire), "60800003");
  wire_in(wire, "40010004 b161 c117"); /* SZX 7 */
  assert_string_equal(wire_out(wire), "60800004");
  wire->reply.payload = tg_slice_str("short");
  wire_in(wire, "40010005 b162 c111");
  assert_string_equal(wire_out(wire), "60800005");
  check_int(wire->requests, 2);
  wire_close(wire);
}

static void a_short_answer_names_its_block_when_asked(void **state) {
  (void)state;
  wire_t *wire = wire_open(NULL);
  wire_in(wire, "40010001 b161 c102");
  assert_string_equal(wire_out(wire), "60450001d10a02ff6f6b");
  wire->reply.code = TG_COAP_404;
  wire_in(wire, "40010002 b161 c102");
  assert_string_equal(wire_out(wire), "60840002ff6f6b"); /* an error is no representation */
  wire_close(wire);
}

static void a_posts_long_answer_follows_its_blocks(void **state) {
  (void)state;
  wire_t *wire = open_serving();
  wire_in(wire, "40020001 b161 d10308 ff" X16);
  assert_memory_equal(wire_out(wire), "605f", 4);
  wire_in(wire, "40020002 b161 d10310 ff 78");
  check_block(wire, "45", 0x09, 0);
  wire_in(wire, "40020003 b161 c111");
  check_block(wire, "45", 0x19, 32);
  check_int(wire->requests, 1);
  wire_close(wire);
}

CHECK_SUITE(a_request_body_is_put_together, bodies_are_kept_apart_by_their_tag, one_block_may_be_all_of_it,
            blocks_may_come_twice, a_new_first_block_begins_anew, blocks_that_do_not_fit_are_refused,
            another_format_in_the_middle_is_refused, bodies_over_the_cap_get_4_13_with_the_cap,
            too_many_transfers_are_refused_with_5_03, a_small_bearer_asks_for_smaller_blocks,
            a_long_answer_is_served_in_blocks_of_one_state, the_client_may_ask_for_smaller_blocks,
            later_blocks_of_what_is_not_kept, a_short_answer_names_its_block_when_asked,
            a_posts_long_answer_follows_its_blocks)
