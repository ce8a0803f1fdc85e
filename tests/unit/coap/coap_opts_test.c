/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_opts_test.c: mirrors core/coap/coap_opts.c and coap_egress.c. */

#include "core/coap/coap_opts.h"

#include "core/coap/coap_egress.h"
#include "tests/unit/check.h"

/* A message with one option of that number and length. */
static tg_coap_msg_t with_option(uint16_t number, uint16_t len) {
  static const uint8_t value[2000] = {1};
  tg_coap_msg_t msg = {.code = TG_COAP_GET, .option_count = 1};
  msg.options[0] = (tg_coap_opt_t){number, len, value};
  return msg;
}

/* RFC 7252 table 4 and the documents behind it: every length around the bounds. */
static void lengths_are_those_of_the_rfcs(void **state) {
  (void)state;
  static const struct {
    uint16_t number, min, max;
    uint8_t good, bad;
  } rows[] = {
      {TG_OPT_IF_MATCH, 0, 8, TG_COAP_402, TG_COAP_402},
      {TG_OPT_URI_HOST, 1, 255, 0, TG_COAP_402},
      {TG_OPT_ETAG, 1, 8, 0, 0},
      {TG_OPT_IF_NONE_MATCH, 0, 0, TG_COAP_402, TG_COAP_402},
      {TG_OPT_OBSERVE, 0, 3, 0, 0},
      {TG_OPT_URI_PORT, 0, 2, 0, TG_COAP_402},
      {TG_OPT_LOCATION_PATH, 0, 255, 0, 0},
      {TG_OPT_URI_PATH, 0, 255, 0, TG_COAP_402},
      {TG_OPT_CONTENT_FORMAT, 0, 2, 0, 0},
      {TG_OPT_MAX_AGE, 0, 4, 0, 0},
      {TG_OPT_URI_QUERY, 0, 255, 0, TG_COAP_402},
      {TG_OPT_ACCEPT, 0, 2, 0, TG_COAP_402},
      {TG_OPT_LOCATION_QUERY, 0, 255, 0, 0},
      {TG_OPT_BLOCK2, 0, 3, 0, TG_COAP_402},
      {TG_OPT_BLOCK1, 0, 3, 0, TG_COAP_402},
      {TG_OPT_SIZE2, 0, 4, 0, 0},
      {TG_OPT_PROXY_URI, 1, 1034, TG_COAP_505, TG_COAP_402},
      {TG_OPT_PROXY_SCHEME, 1, 255, TG_COAP_505, TG_COAP_402},
      {TG_OPT_SIZE1, 0, 4, 0, 0},
      {TG_OPT_ECHO, 1, 40, 0, 0},
      {TG_OPT_NO_RESPONSE, 0, 1, 0, 0},
      {TG_OPT_REQUEST_TAG, 0, 8, 0, 0},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_coap_opts_t opts;
    for (unsigned len = 0; len <= rows[i].max + 1u; len++) {
      tg_coap_msg_t msg = with_option(rows[i].number, (uint16_t)len);
      bool is_good = len >= rows[i].min && len <= rows[i].max;
      check_int(tg_coap_opts_request(&msg, &opts), is_good ? rows[i].good : rows[i].bad);
    }
  }
}

static void unknown_options_count_by_their_lowest_bit(void **state) {
  (void)state;
  tg_coap_opts_t opts;
  unsigned refused = 0;
  for (unsigned number = 300; number < 400; number++) {
    tg_coap_msg_t msg = with_option((uint16_t)number, 3);
    bool is_critical = number & 1;
    check_int(tg_coap_opts_request(&msg, &opts), is_critical ? TG_COAP_402 : 0);
    check_true(tg_coap_opts_response(&msg, &opts) == !is_critical);
    refused += is_critical;
  }
  check_int(refused, 50);
}

static void values_out_of_bounds_are_as_absent(void **state) {
  (void)state;
  tg_coap_opts_t opts;
  tg_coap_msg_t msg = with_option(TG_OPT_OBSERVE, 4);
  check_int(tg_coap_opts_request(&msg, &opts), 0);
  check_false(opts.has_observe);
  msg = with_option(TG_OPT_CONTENT_FORMAT, 3);
  check_int(tg_coap_opts_request(&msg, &opts), 0);
  check_int(opts.content_format, TG_CF_NONE);
  msg = with_option(TG_OPT_OBSERVE, 3);
  check_int(tg_coap_opts_request(&msg, &opts), 0);
  check_true(opts.has_observe);
  check_int(opts.observe, 0x010000);
}

static void digests_tell_bodies_apart(void **state) {
  (void)state;
  tg_hash_key_t key = {1, 2};
  tg_coap_msg_t a = with_option(TG_OPT_URI_PATH, 3), b = with_option(TG_OPT_URI_PATH, 4),
                c = with_option(TG_OPT_URI_QUERY, 3);
  tg_coap_msg_t tagged = with_option(TG_OPT_REQUEST_TAG, 2), other = with_option(TG_OPT_REQUEST_TAG, 3);
  check_true(tg_coap_opts_digest(&key, &a, true) == tg_coap_opts_digest(&key, &a, true));
  check_true(tg_coap_opts_digest(&key, &a, true) != tg_coap_opts_digest(&key, &b, true));
  check_true(tg_coap_opts_digest(&key, &a, true) != tg_coap_opts_digest(&key, &c, true));
  check_true(tg_coap_opts_digest(&key, &tagged, true) != tg_coap_opts_digest(&key, &other, true));
  check_true(tg_coap_opts_digest(&key, &tagged, false) == tg_coap_opts_digest(&key, &other, false));
  b = a;
  b.code = TG_COAP_PUT;
  check_true(tg_coap_opts_digest(&key, &a, true) != tg_coap_opts_digest(&key, &b, true));
}

static void an_answer_is_written_with_all_its_options(void **state) {
  (void)state;
  uint8_t bytes[128];
  tg_buf_t out;
  tg_coap_msg_t msg;
  tg_coap_opts_t opts;
  tg_buf_init(&out, bytes, sizeof bytes);
  tg_coap_answer_t answer = {.type = TG_COAP_ACK,
                             .code = TG_COAP_205,
                             .mid = 0x1234,
                             .token = tg_slice_str("tk"),
                             .content_format = 60,
                             .location = {tg_slice_str("a"), tg_slice_str("b")},
                             .max_age = 7,
                             .has_size1 = true,
                             .has_size2 = true,
                             .size1 = 100,
                             .size2 = 200,
                             .block1 = {.is_there = true, .num = 3, .szx = 2},
                             .block2 = {.is_there = true, .more = true, .num = 5, .szx = 1},
                             .etag = tg_slice_str("etag"),
                             .payload = tg_slice_str("p")};
  tg_coap_egress_put_answer(&out, &answer);
  check_rc(out.rc, TG_OK);
  check_rc(tg_coap_msg_decode(&msg, tg_buf_slice(&out)), TG_OK);
  check_int(msg.option_count, 9);
  check_true(tg_coap_opts_response(&msg, &opts));
  check_slice(opts.etag, "etag");
  check_slice(opts.location[0], "a");
  check_slice(opts.location[1], "b");
  check_int(opts.content_format, 60);
  check_int(opts.block1.num, 3);
  check_false(opts.block1.more);
  check_int(opts.block2.num, 5);
  check_int(opts.block2.szx, 1);
  check_true(opts.block2.more);
  check_int(opts.size1, 100);
  check_slice(msg.payload, "p");
}

CHECK_SUITE(lengths_are_those_of_the_rfcs, unknown_options_count_by_their_lowest_bit,
            values_out_of_bounds_are_as_absent, digests_tell_bodies_apart, an_answer_is_written_with_all_its_options)
