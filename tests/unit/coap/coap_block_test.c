/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_block_test.c: mirrors core/coap/coap_block1_in.c, _block2_out.c, _block1_out.c, _block2_in.c. */

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

/* Client, Block1: PUT of 40 bytes over a bearer of blocks of 16. */

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
  char token[17];
  put_long(wire);
  assert_string_equal(wire_out(wire) + 24, "d10e08"
                                           "d11428"
                                           "ff"
                                           "30313233343536373839616263646566");
  strcpy(token, wire->token);
  wire_in(wire, "685f%04x%s d10e08", wire->mid, wire->token);
  assert_string_equal(wire_out(wire) + 24, "d10e18"
                                           "ff"
                                           "30313233343536373839414243444546");
  assert_string_not_equal(wire->token, token);
  wire_in(wire, "685f%04x%s d10e18", wire->mid, wire->token);
  assert_string_equal(wire_out(wire) + 24, "d10e20"
                                           "ff"
                                           "3031323334353637");
  wire_in(wire, "6844%04x%s d10e20", wire->mid, wire->token);
  check_int(wire->dones, 1);
  check_rc(wire->result.rc, TG_OK);
  check_int(wire->result.code, TG_COAP_204);
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
    put_long(wire);
    (void)wire_out(wire);
    wire_in(wire, "68%s%04x%s%s", rows[i].code, wire->mid, wire->token, rows[i].options);
    check_int(wire->dones, rows[i].rc >= 0);
    if (rows[i].rc >= 0) {
      if ((int)wire->result.rc != rows[i].rc) print_error("row %zu\n", i);
      check_int(wire->result.rc, rows[i].rc);
      check_int(wire->result.code, rows[i].last);
    } else {
      assert_string_equal(wire_out(wire) + 24, "d10e18"
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
  wire_t *wire = wire_open(&options);
  put_long(wire);
  assert_memory_equal(wire_out(wire) + 24, "d10e09", 6);
  wire_in(wire, "685f%04x%s d10e08", wire->mid, wire->token); /* from now on 16: block 2 is next */
  assert_string_equal(wire_out(wire) + 24, "d10e20"
                                           "ff"
                                           "3031323334353637");
  wire_close(wire);
  wire = wire_open(NULL); /* one message of 40 bytes is too much for this one */
  put_long(wire);
  assert_memory_equal(wire_out(wire) + 24, "ff", 2);
  wire_in(wire, "688d%04x%s d10e08", wire->mid, wire->token);
  assert_memory_equal(wire_out(wire) + 24, "d10e08d11428ff", 14);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_request_body_is_put_together),
      cmocka_unit_test(one_block_may_be_all_of_it),
      cmocka_unit_test(blocks_may_come_twice),
      cmocka_unit_test(a_new_first_block_begins_anew),
      cmocka_unit_test(blocks_that_do_not_fit_are_refused),
      cmocka_unit_test(another_format_in_the_middle_is_refused),
      cmocka_unit_test(bodies_over_the_cap_get_4_13_with_the_cap),
      cmocka_unit_test(too_many_transfers_are_refused_with_5_03),
      cmocka_unit_test(a_small_bearer_asks_for_smaller_blocks),
      cmocka_unit_test(a_long_answer_is_served_in_blocks_of_one_state),
      cmocka_unit_test(the_client_may_ask_for_smaller_blocks),
      cmocka_unit_test(later_blocks_of_what_is_not_kept),
      cmocka_unit_test(a_short_answer_names_its_block_when_asked),
      cmocka_unit_test(a_posts_long_answer_follows_its_blocks),
      cmocka_unit_test(a_long_request_goes_out_in_blocks),
      cmocka_unit_test(answers_to_a_block),
      cmocka_unit_test(a_peer_that_lost_the_blocks_gets_them_again_but_not_for_ever),
      cmocka_unit_test(a_peer_may_ask_for_smaller_blocks_of_a_request),
      cmocka_unit_test(a_long_answer_is_fetched_block_by_block),
      cmocka_unit_test(misplaced_blocks_end_the_call),
      cmocka_unit_test(a_body_that_changes_is_fetched_anew_but_not_for_ever),
      cmocka_unit_test(a_body_without_end_stops_at_the_cap),
      cmocka_unit_test(an_error_in_the_middle_is_the_answer),
      cmocka_unit_test(a_small_bearer_asks_for_small_blocks_from_the_start),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
