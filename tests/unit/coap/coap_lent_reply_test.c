/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/coap/coap_lent_reply_test.c: answers that are lent (coap.h, tg_coap_reply_t): the handler is asked for each block, nothing is kept.
 * Mirrors core/coap/coap_serve.c, coap_block2_out.c, coap_observer.c.
 */

#include "core/base/alloc.h"
#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

enum { SIZE = 3 * 1024 * 1024 + 7, CHALLENGE = 0x81, GET = 1, POST = 2, FETCH = 5 };

static uint8_t image[SIZE];

/* An answer, taken apart. Values are UINT32_MAX where there is none. */
typedef struct got {
  uint8_t code;
  uint32_t block2, size2, observe;
  char etag[17];
  uint8_t echo[12];
  size_t echo_len;
  size_t len;
  const uint8_t *p; /* lent until the next */
} got_t;

static uint32_t number(const tg_coap_msg_t *msg, uint16_t option) {
  const tg_coap_opt_t *opt = tg_coap_msg_find(msg, option);
  uint32_t value = 0;
  for (size_t i = 0; opt && i < opt->len; i++) value = value << 8 | opt->p[i];
  return opt ? value : UINT32_MAX;
}

static got_t next(wire_t *wire) {
  static tg_coap_msg_t msg;
  const wire_datagram_t *sent = wire_out_bytes(wire);
  assert_non_null(sent);
  check_rc(tg_coap_msg_decode(&msg, tg_slice(sent->bytes, sent->len)), TG_OK);
  got_t got = {.code = msg.code, .len = msg.payload.len, .p = msg.payload.p};
  got.block2 = number(&msg, TG_OPT_BLOCK2);
  got.size2 = number(&msg, TG_OPT_SIZE2);
  got.observe = number(&msg, TG_OPT_OBSERVE);
  const tg_coap_opt_t *etag = tg_coap_msg_find(&msg, TG_OPT_ETAG), *echo = tg_coap_msg_find(&msg, TG_OPT_ECHO);
  if (etag) snprintf(got.etag, sizeof got.etag, "%.*s", (int)etag->len, (const char *)etag->p);
  if (echo) {
    got.echo_len = echo->len;
    memcpy(got.echo, echo->p, echo->len);
  }
  return got;
}

static uint16_t next_mid;

/* A request for that block (UINT32_MAX: without a Block2), with an Echo of @p echo if there is one. */
static got_t ask_as(wire_t *wire, uint8_t method, uint32_t block, const got_t *echo) {
  char text[128], *p = text;
  p += sprintf(p, "40%02x%04x b2 6677", method, ++next_mid);
  if (block != UINT32_MAX) p += sprintf(p, "c3%06x", block);
  if (echo) {
    p += sprintf(p, block == UINT32_MAX ? "dce4" : "dcd8");
    for (size_t i = 0; i < echo->echo_len; i++) p += sprintf(p, "%02x", echo->echo[i]);
  }
  if (method == FETCH) sprintf(p, "ff31");
  wire_in(wire, "%s", text);
  return next(wire);
}

static got_t ask(wire_t *wire, uint32_t block) {
  return ask_as(wire, GET, block, NULL);
}

static wire_t *open_with(const wire_options_t *options, size_t len) {
  wire_t *wire = wire_open(options);
  next_mid = 0;
  wire->reply.payload = tg_slice(image, len);
  wire->reply.content_format = TG_CF_OPAQUE;
  wire->reply.lent = true;
  wire->reply.etag = tg_slice_str("one");
  return wire;
}

static uint32_t block(uint32_t num, bool more, uint8_t szx) {
  return tg_coap_opts_block_value(num, more, szx);
}

static void check_got(const got_t *got, uint32_t num, bool more, uint8_t szx) {
  size_t size = (size_t)16 << szx, at = num * size;
  check_int(got->code, TG_COAP_205);
  check_int(got->block2, block(num, more, szx));
  check_int(got->size2, num == 0 ? SIZE : UINT32_MAX);
  assert_string_equal(got->etag, "one");
  check_int(got->len, more ? size : SIZE - at);
  assert_memory_equal(got->p, image + at, got->len);
}

static void each_block_is_cut_when_it_is_asked_for(void **state) {
  (void)state;
  static const struct {
    uint32_t num;
    uint8_t szx;
    bool more;
  } rows[] = {{0, 6, true},    {1, 6, true},      {63, 6, true},      {64, 6, true},    {1023, 6, true},
              {1024, 6, true}, {2500, 6, true},   {3071, 6, true},    {3072, 6, false}, {0, 0, true},
              {4096, 0, true}, {196607, 0, true}, {196608, 0, false}, {7, 3, true},     {24576, 3, false}};
  wire_t *wire = open_with(NULL, SIZE);
  for (unsigned i = 0; i < TG_COUNT(rows); i++) {
    got_t got = ask(wire, block(rows[i].num, false, rows[i].szx));
    check_got(&got, rows[i].num, rows[i].more, rows[i].szx);
    check_int(wire->requests, i + 1);
    check_int(wire->coap->bodies.pool.count, 0);
  }
  got_t got = ask(wire, UINT32_MAX);
  check_got(&got, 0, true, 6);
  check_int(wire->coap->bodies.bytes, 0);
  wire_close(wire);
}

static void beyond_the_end_there_is_nothing(void **state) {
  (void)state;
  wire_t *wire = open_with(NULL, SIZE);
  static const uint32_t blocks[] = {3073, 4096, 0xfffff};
  for (unsigned i = 0; i < TG_COUNT(blocks); i++) check_int(ask(wire, block(blocks[i], false, 6)).code, TG_COAP_400);
  check_int(ask(wire, block(0, false, 7)).code, TG_COAP_400);
  wire->reply.payload.len = 1024; /* exactly one block: there is no second */
  check_int(ask(wire, block(1, false, 6)).code, TG_COAP_400);
  check_int(ask(wire, block(0, false, 6)).code, TG_COAP_205);
  wire_close(wire);
}

/* A client that asks for more than we give gets ours at the same place. */
static void the_peer_s_datagrams_set_the_size(void **state) {
  (void)state;
  wire_options_t options = {.mtu = 64 + 64};
  wire_t *wire = open_with(&options, SIZE);
  got_t got = ask(wire, block(3, false, 6));
  check_int(got.block2, block(3 * 16, true, 2));
  assert_memory_equal(got.p, image + 3 * 1024, 64);
  got = ask(wire, UINT32_MAX);
  check_got(&got, 0, true, 2);
  wire_close(wire);
}

static void what_fits_goes_in_one_message(void **state) {
  (void)state;
  for (size_t len = 0; len <= 1024; len += 512) {
    wire_t *wire = open_with(NULL, len);
    got_t got = ask(wire, UINT32_MAX);
    check_int(got.code, TG_COAP_205);
    check_int(got.block2, UINT32_MAX);
    check_int(got.len, len);
    assert_string_equal(got.etag, "one");
    got = ask(wire, block(0, false, 6));
    check_int(got.code, TG_COAP_205);
    check_int(got.block2, block(0, false, 6));
    check_int(got.len, len);
    wire_close(wire);
  }
}

static void more_than_can_be_counted_is_refused(void **state) {
  (void)state;
  enum { LONGEST = 16 << 20 };
  uint8_t *body = tg_alloc_array(1, LONGEST + 1);
  assert_non_null(body);
  wire_options_t options = {.mtu = 90};
  wire_t *wire = open_with(&options, 1);
  wire->reply.payload = tg_slice(body, LONGEST);
  check_int(ask(wire, block(0xfffff, false, 0)).block2, block(0xfffff, false, 0));
  wire->reply.payload.len++;
  check_int(ask(wire, UINT32_MAX).code, TG_COAP_400);
  check_int(ask(wire, block(0xfffff, false, 0)).code, TG_COAP_400);
  wire_close(wire);
  tg_alloc_free(body);
}

static void a_duplicate_of_the_first_is_not_asked_again(void **state) {
  (void)state;
  wire_t *wire = open_with(NULL, SIZE);
  got_t got = ask(wire, UINT32_MAX);
  next_mid--;
  got = ask(wire, UINT32_MAX);
  check_got(&got, 0, true, 6);
  check_int(wire->requests, 1);
  got = ask(wire, block(5, false, 6));
  next_mid--;
  got = ask(wire, block(5, false, 6)); /* it can be made again: it takes no place in memory */
  check_got(&got, 5, true, 6);
  check_int(wire->requests, 3);
  wire_close(wire);
}

/* What a handler does for a POST it does once: what is lent with it is kept like any other answer. */
static void only_reads_are_asked_again(void **state) {
  (void)state;
  wire_t *wire = open_with(NULL, 3000);
  got_t got = ask_as(wire, POST, UINT32_MAX, NULL);
  check_int(got.block2, block(0, true, 6));
  check_int(wire->coap->bodies.pool.count, 1);
  got = ask_as(wire, POST, block(2, false, 6), NULL);
  check_int(got.block2, block(2, false, 6));
  check_int(got.len, 3000 - 2048);
  check_int(wire->requests, 1);
  wire->reply.payload.len = SIZE;
  check_int(ask_as(wire, POST, UINT32_MAX, NULL).code, TG_COAP_503);
  got = ask_as(wire, FETCH, block(3000, false, 6), NULL);
  check_got(&got, 3000, true, 6);
  wire_close(wire);
}

/* Where an answer was kept under the same name, its blocks are not mixed with those of what is lent now. */
static void what_was_kept_before_is_forgotten(void **state) {
  (void)state;
  wire_t *wire = open_with(NULL, 5000);
  wire->reply.lent = false;
  (void)ask(wire, UINT32_MAX);
  check_int(wire->coap->bodies.pool.count, 1);
  wire->reply.lent = true;
  wire->reply.payload.len = SIZE;
  got_t got = ask(wire, UINT32_MAX);
  check_got(&got, 0, true, 6);
  check_int(wire->coap->bodies.pool.count, 0);
  got = ask(wire, block(1, false, 6));
  check_got(&got, 1, true, 6);
  wire_close(wire);
}

static void an_etag_that_is_none_is_left_out(void **state) {
  (void)state;
  wire_t *wire = open_with(NULL, SIZE);
  wire->reply.etag = tg_slice_str("123456789");
  assert_string_equal(ask(wire, UINT32_MAX).etag, "");
  wire->reply.etag = tg_slice_str("12345678");
  assert_string_equal(ask(wire, UINT32_MAX).etag, "12345678");
  wire->reply.etag = tg_slice(NULL, 0);
  assert_string_equal(ask(wire, UINT32_MAX).etag, "");
  wire_close(wire);
}

/* security.md 2.1: who has not proved its address gets three times what it sent, or 136 bytes: as a block, not as a whole body. */
static void an_unproved_address_gets_small_blocks_only(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.amplification = 3}};
  wire_t *wire = open_with(&options, SIZE);
  got_t small = ask(wire, block(4, false, 2)); /* 64 bytes */
  check_got(&small, 4, true, 2);
  got_t challenge = ask(wire, UINT32_MAX);
  check_int(challenge.code, CHALLENGE);
  check_int(challenge.len, 0);
  assert_string_equal(challenge.etag, "");
  check_int(challenge.echo_len, 12);
  check_int(ask(wire, block(4, false, 6)).code, CHALLENGE);
  got_t got = ask_as(wire, GET, UINT32_MAX, &challenge);
  check_got(&got, 0, true, 6);
  got = ask(wire, block(4, false, 6)); /* proved from now on */
  check_got(&got, 4, true, 6);
  check_int(wire->coap->bodies.pool.count, 0);
  wire_close(wire);
}

static void a_block_that_is_kept_back_counts_too(void **state) {
  (void)state;
  wire_options_t options = {.limits = {.amplification = 3}};
  wire_t *wire = open_with(&options, SIZE);
  wire->reply.hold = true;
  wire->reply.ticket = 1;
  wire_in(wire, "40010001 b26677");
  tg_coap_release(wire->coap, 1, TG_OK);
  check_int(next(wire).code, CHALLENGE);
  wire_close(wire);
}

static void a_notification_may_be_lent_as_well(void **state) {
  (void)state;
  wire_t *wire = open_with(NULL, SIZE);
  wire->reply.observed = 7;
  wire_in(wire, "41010001 4a 6052 6677"); /* observe */
  check_int(next(wire).code, TG_COAP_205);
  wire->reply.etag = tg_slice_str("two");
  check_int(tg_coap_observer_notify(wire->coap, 7, &wire->reply, false), 1);
  got_t got = next(wire);
  check_true(got.observe != UINT32_MAX);
  check_int(got.block2, block(0, true, 6));
  check_int(got.size2, SIZE);
  check_int(got.len, 1024);
  assert_string_equal(got.etag, "two");
  check_int(wire->coap->bodies.pool.count, 0);
  wire->reply.observed = 0;
  got = ask(wire, block(2, false, 6));
  assert_string_equal(got.etag, "two");
  assert_memory_equal(got.p, image + 2048, 1024);
  wire_close(wire);
}

static int make_image(void **state) {
  (void)state;
  tg_random_seeded_t random = {5};
  tg_random_fill_seeded(&random, image, sizeof image);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_block_is_cut_when_it_is_asked_for),
      cmocka_unit_test(beyond_the_end_there_is_nothing),
      cmocka_unit_test(the_peer_s_datagrams_set_the_size),
      cmocka_unit_test(what_fits_goes_in_one_message),
      cmocka_unit_test(more_than_can_be_counted_is_refused),
      cmocka_unit_test(a_duplicate_of_the_first_is_not_asked_again),
      cmocka_unit_test(only_reads_are_asked_again),
      cmocka_unit_test(what_was_kept_before_is_forgotten),
      cmocka_unit_test(an_etag_that_is_none_is_left_out),
      cmocka_unit_test(an_unproved_address_gets_small_blocks_only),
      cmocka_unit_test(a_block_that_is_kept_back_counts_too),
      cmocka_unit_test(a_notification_may_be_lent_as_well),
  };
  return cmocka_run_group_tests(tests, make_image, NULL);
}
