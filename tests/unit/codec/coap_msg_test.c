/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/coap_msg_test.c: mirrors core/codec/coap_msg.c. */

#include "core/codec/coap_msg.h"

#include "core/base/hex.h"
#include "tests/unit/check.h"

/* Decodes the datagram that @p hex spells, from memory that ends where the datagram does. */
static tg_rc_t decode_hex(tg_coap_msg_t *msg, const char *hex, uint8_t memory[2048]) {
  tg_buf_t buf;
  tg_buf_init(&buf, memory, 2048);
  check_rc(tg_hex_get(tg_slice_str(hex), &buf), TG_OK);
  return tg_coap_msg_decode(msg, tg_buf_slice(&buf));
}

static void reads_a_registration_update(void **state) {
  (void)state;
  uint8_t memory[2048];
  tg_coap_msg_t msg;
  /* CON POST rd/5a3f?lt=60, token 4a01, payload "</1/0>" */
  check_rc(decode_hex(&msg,
                      "420212344a01b27264043561336611"
                      "28356c743d3630ff3c2f312f303e",
                      memory),
           TG_OK);
  check_int(msg.type, TG_COAP_CON);
  check_int(msg.code, TG_COAP_POST);
  check_int(msg.mid, 0x1234);
  check_bytes(tg_slice(msg.token, msg.token_len), tg_slice_str("J\x01"));
  check_int(msg.option_count, 4);
  const tg_coap_opt_t *path = tg_coap_msg_find(&msg, TG_OPT_URI_PATH);
  check_slice(tg_coap_msg_value(path), "rd");
  check_slice(tg_coap_msg_value(path + 1), "5a3f");
  uint32_t format;
  check_rc(tg_coap_msg_uint(tg_coap_msg_find(&msg, TG_OPT_CONTENT_FORMAT), &format), TG_OK);
  check_int(format, TG_CF_LINK);
  check_slice(tg_coap_msg_value(tg_coap_msg_find(&msg, TG_OPT_URI_QUERY)), "lt=60");
  assert_null(tg_coap_msg_find(&msg, TG_OPT_OBSERVE));
  assert_null(tg_coap_msg_find(&msg, TG_OPT_REQUEST_TAG));
  check_slice(msg.payload, "</1/0>");
}

/* Verdicts of the decoder on hostile datagrams: silence, reset, or a message that upper layers must judge. */
static void names_what_is_wrong_with_a_datagram(void **state) {
  (void)state;
  static const struct {
    const char *hex;
    tg_rc_t rc;
  } rows[] = {
      {"", TG_E_TRUNCATED},
      {"40017d", TG_E_TRUNCATED},                /* message id incomplete */
      {"80017d02", TG_E_TRUNCATED},              /* version 2 */
      {"00017d02", TG_E_TRUNCATED},              /* version 0 */
      {"49017d040102030405060708", TG_E_SYNTAX}, /* token length 9 */
      {"49017d04010203040506070809bb2e77656c6c2d6b6e6f776e04636f7265", TG_E_SYNTAX},
      {"48017d06010203", TG_E_SYNTAX}, /* token longer than the datagram */
      {"4d017d08ff", TG_E_SYNTAX},     /* RFC 8974 extended token */
      {"4f017d08", TG_E_SYNTAX},
      {"41007d0aaa", TG_E_SYNTAX},   /* Empty with a token */
      {"40007d0cff31", TG_E_SYNTAX}, /* Empty with a payload */
      {"40007d0c60", TG_E_SYNTAX},   /* Empty with an option */
      {"40007d0c", TG_OK},           /* ping */
      {"60007d0e", TG_OK},           /* empty ACK */
      {"70007d0e", TG_OK},           /* reset */
      {"42207d124a01", TG_E_SYNTAX}, /* class 1 */
      {"42c17d124a01", TG_E_SYNTAX}, /* class 6 */
      {"42e17d144a01", TG_E_SYNTAX}, /* class 7 */
      {"421f7d184a01b27264", TG_OK}, /* unassigned method: not ours to judge */
      {"40017d1fd0", TG_E_SYNTAX},   /* delta extension missing */
      {"40017d1fe000", TG_E_SYNTAX}, /* half of it missing */
      {"40017d211d", TG_E_SYNTAX},   /* length extension missing */
      {"40017d211e00", TG_E_SYNTAX},
      {"40017d23b272", TG_E_SYNTAX},     /* value cut */
      {"40017d251f", TG_E_SYNTAX},       /* length nibble 15 */
      {"40017d25f0", TG_E_SYNTAX},       /* delta nibble 15 without being a marker */
      {"50017d27b27264ff", TG_E_SYNTAX}, /* marker without payload */
      {"40017d27ff", TG_E_SYNTAX},
      {"40017d29beffff41414141", TG_E_SYNTAX}, /* 65,804 bytes announced */
      {"40017d29e0fef2", TG_OK},               /* option 65,535 in one step */
      {"40017d29e0fef3", TG_E_SYNTAX},         /* option 65,536: libcoap would take it for 0 */
      {"40017d29e0ffff", TG_E_SYNTAX},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint8_t memory[2048];
    tg_coap_msg_t msg;
    tg_rc_t rc = decode_hex(&msg, rows[i].hex, memory);
    if (rc != rows[i].rc) print_error("row %zu: %s\n", i, rows[i].hex);
    check_rc(rc, rows[i].rc);
  }
}

static void refuses_option_numbers_that_add_up_beyond_65535(void **state) {
  (void)state;
  uint8_t memory[2048];
  tg_coap_msg_t msg;
  /* 40,269 and 25,266 make 65,535; one more is too many. */
  check_rc(decode_hex(&msg, "40010001e09c40e061a5", memory), TG_OK);
  check_int(msg.options[1].number, 65535);
  check_rc(decode_hex(&msg, "40010001e09c40e061a6", memory), TG_E_SYNTAX);
  check_rc(decode_hex(&msg, "40010001e09c40e061a510", memory), TG_E_SYNTAX);
}

/* 269 and 65,535: what the option's own head can say. A datagram has no room for it, a frame over TCP has. */
static void refuses_an_option_longer_than_any(void **state) {
  (void)state;
  static uint8_t message[7 + 269 + UINT16_MAX] = {0x40, TG_COAP_GET, 0, 1, 0x0E};
  static const struct {
    uint32_t len;
    tg_rc_t rc;
  } rows[] = {{UINT16_MAX, TG_OK}, {UINT16_MAX + 1, TG_E_SYNTAX}, {269 + UINT16_MAX, TG_E_SYNTAX}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_coap_msg_t msg;
    message[5] = (uint8_t)((rows[i].len - 269) >> 8);
    message[6] = (uint8_t)(rows[i].len - 269);
    check_rc(tg_coap_msg_decode(&msg, tg_slice(message, 7 + rows[i].len)), rows[i].rc);
    if (rows[i].rc == TG_OK) check_int(tg_coap_msg_value(&msg.options[0]).len, UINT16_MAX);
  }
}

static void tells_type_and_message_id_of_a_malformed_message(void **state) {
  (void)state;
  uint8_t memory[2048];
  tg_coap_msg_t msg;
  check_rc(decode_hex(&msg, "5001beef1f", memory), TG_E_SYNTAX);
  check_int(msg.type, TG_COAP_NON);
  check_int(msg.mid, 0xBEEF);
}

static void stops_at_its_greatest_number_of_options(void **state) {
  (void)state;
  uint8_t datagram[6 + TG_COAP_OPTIONS_MAX + 1] = {0x42, TG_COAP_GET, 0, 1, 0xAB, 0xCD, 0xB0};
  tg_coap_msg_t msg;
  check_rc(tg_coap_msg_decode(&msg, tg_slice(datagram, sizeof datagram - 1)), TG_OK);
  check_int(msg.option_count, TG_COAP_OPTIONS_MAX);
  check_rc(tg_coap_msg_decode(&msg, tg_slice(datagram, sizeof datagram)), TG_E_OPTION);
  check_int(msg.code, TG_COAP_GET);
  check_int(msg.mid, 1);
  check_bytes(tg_slice(msg.token, msg.token_len), tg_slice_str("\xAB\xCD"));
}

static void reads_numbers_of_up_to_four_bytes(void **state) {
  (void)state;
  static const uint8_t bytes[5] = {0x01, 0x02, 0x03, 0x04, 0x05};
  static const uint32_t want[] = {0, 0x01, 0x0102, 0x010203, 0x01020304};
  uint32_t value;
  for (uint16_t len = 0; len < TG_COUNT(want); len++) {
    check_rc(tg_coap_msg_uint(&(tg_coap_opt_t){1, len, bytes}, &value), TG_OK);
    check_int(value, want[len]);
  }
  check_rc(tg_coap_msg_uint(&(tg_coap_opt_t){1, 5, bytes}, &value), TG_E_RANGE);
}

/* Every prefix of a message is either shorter and whole, or an error; never an over-read (seen by AddressSanitizer). */
static void survives_every_prefix_of_a_message(void **state) {
  (void)state;
  static const uint8_t whole[] = {0x42, 0x02, 0x12, 0x34, 0x4a, 0x01, 0xb2, 'r',  'd',  0x11, 0x28,
                                  0x3d, 0x00, 'e',  'p',  '=',  'a',  'b',  'c',  'd',  'e',  'f',
                                  'g',  'h',  'i',  'j',  0xe1, 0x01, 0x00, 0x77, 0xff, 'x'};
  for (size_t len = 0; len <= sizeof whole; len++) {
    uint8_t *copy = test_malloc(len ? len : 1);
    memcpy(copy, whole, len);
    tg_coap_msg_t msg;
    tg_rc_t rc = tg_coap_msg_decode(&msg, tg_slice(copy, len));
    bool clean = len == 6 || len == 9 || len == 11 || len == 26 || len == 30 || len == sizeof whole;
    check_int(rc == TG_OK, clean);
    test_free(copy);
  }
}

CHECK_SUITE(reads_a_registration_update, names_what_is_wrong_with_a_datagram,
            refuses_option_numbers_that_add_up_beyond_65535, refuses_an_option_longer_than_any,
            tells_type_and_message_id_of_a_malformed_message, stops_at_its_greatest_number_of_options,
            reads_numbers_of_up_to_four_bytes, survives_every_prefix_of_a_message)
