/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/coap_enc_test.c: mirrors core/codec/coap_enc.c. */

#include "core/codec/coap_msg.h"
#include "tests/unit/check.h"

static void writes_a_response_as_the_standard_lays_it_out(void **state) {
  (void)state;
  uint8_t memory[64];
  tg_buf_t buf;
  tg_buf_init(&buf, memory, sizeof memory);
  tg_coap_enc_t enc;
  tg_coap_enc_begin(&enc, &buf, &(tg_coap_head_t){TG_COAP_ACK, TG_COAP_201, 0xBEEF, tg_slice_str("tk")});
  tg_coap_enc_opt(&enc, TG_OPT_LOCATION_PATH, tg_slice_str("rd"));
  tg_coap_enc_opt(&enc, TG_OPT_LOCATION_PATH, tg_slice_str("7"));
  tg_coap_enc_uint(&enc, TG_OPT_CONTENT_FORMAT, 0);
  tg_coap_enc_uint(&enc, TG_OPT_MAX_AGE, 256);
  tg_coap_enc_payload(&enc, tg_slice_str("hi"));
  check_rc(buf.rc, TG_OK);
  static const uint8_t want[] = {0x62, 0x41, 0xBE, 0xEF, 't',  'k',  0x82, 'r', 'd',
                                 0x01, '7',  0x40, 0x22, 0x01, 0x00, 0xFF, 'h', 'i'};
  check_bytes(tg_buf_slice(&buf), tg_slice(want, sizeof want));
}

static void writes_no_marker_for_an_empty_payload(void **state) {
  (void)state;
  uint8_t memory[8];
  tg_buf_t buf;
  tg_buf_init(&buf, memory, sizeof memory);
  tg_coap_enc_t enc;
  tg_coap_enc_begin(&enc, &buf, &(tg_coap_head_t){TG_COAP_RST, TG_COAP_EMPTY, 1, {NULL, 0}});
  tg_coap_enc_payload(&enc, tg_slice(NULL, 0));
  check_bytes(tg_buf_slice(&buf), tg_slice("\x70\x00\x00\x01", 4));
}

/* Every length and every delta at which the encoding changes its shape, read back by the decoder. */
static void options_of_every_shape_read_back(void **state) {
  (void)state;
  static const uint16_t edges[] = {0, 1, 12, 13, 14, 268, 269, 270, 524, 1024, 65000, 65535};
  static uint8_t value[65535];
  memset(value, 'v', sizeof value);
  static uint8_t memory[2 * 65535 + 64];
  for (size_t d = 0; d < TG_COUNT(edges); d++) {
    for (size_t l = 0; l < TG_COUNT(edges); l++) {
      tg_buf_t buf;
      tg_buf_init(&buf, memory, sizeof memory);
      tg_coap_enc_t enc;
      tg_coap_enc_begin(&enc, &buf, &(tg_coap_head_t){TG_COAP_NON, TG_COAP_PUT, 7, tg_slice_str("12345678")});
      tg_coap_enc_opt(&enc, edges[d], tg_slice(value, edges[l]));
      tg_coap_enc_opt(&enc, edges[d], tg_slice(value, 1));
      tg_coap_enc_payload(&enc, tg_slice_str("p"));
      check_rc(buf.rc, TG_OK);
      tg_coap_msg_t msg;
      check_rc(tg_coap_msg_decode(&msg, tg_buf_slice(&buf)), TG_OK);
      check_int(msg.option_count, 2);
      check_int(msg.options[0].number, edges[d]);
      check_bytes(tg_coap_msg_value(&msg.options[0]), tg_slice(value, edges[l]));
      check_int(msg.options[1].number, edges[d]);
      check_slice(msg.payload, "p");
    }
  }
}

static void numbers_take_as_few_bytes_as_they_can(void **state) {
  (void)state;
  static const struct {
    uint32_t value;
    uint16_t len;
  } rows[] = {{0, 0},     {1, 1},        {255, 1},       {256, 2},       {65535, 2},
              {65536, 3}, {0xFFFFFF, 3}, {0x1000000, 4}, {UINT32_MAX, 4}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint8_t memory[32];
    tg_buf_t buf;
    tg_buf_init(&buf, memory, sizeof memory);
    tg_coap_enc_t enc;
    tg_coap_enc_begin(&enc, &buf, &(tg_coap_head_t){TG_COAP_CON, TG_COAP_GET, 1, {NULL, 0}});
    tg_coap_enc_uint(&enc, TG_OPT_OBSERVE, rows[i].value);
    tg_coap_msg_t msg;
    check_rc(tg_coap_msg_decode(&msg, tg_buf_slice(&buf)), TG_OK);
    uint32_t value;
    check_rc(tg_coap_msg_uint(&msg.options[0], &value), TG_OK);
    check_int(msg.options[0].len, rows[i].len);
    check_int(value, rows[i].value);
  }
}

static void tells_when_the_buffer_is_too_small(void **state) {
  (void)state;
  for (size_t cap = 0; cap < 12; cap++) {
    uint8_t memory[12];
    tg_buf_t buf;
    tg_buf_init(&buf, memory, cap);
    tg_coap_enc_t enc;
    tg_coap_enc_begin(&enc, &buf, &(tg_coap_head_t){TG_COAP_CON, TG_COAP_GET, 1, tg_slice_str("t")});
    tg_coap_enc_opt(&enc, TG_OPT_URI_PATH, tg_slice_str("rd"));
    tg_coap_enc_payload(&enc, tg_slice_str("abc"));
    check_rc(buf.rc, TG_E_TOO_LONG);
  }
}

CHECK_SUITE(writes_a_response_as_the_standard_lays_it_out, writes_no_marker_for_an_empty_payload,
            options_of_every_shape_read_back, numbers_take_as_few_bytes_as_they_can, tells_when_the_buffer_is_too_small)
