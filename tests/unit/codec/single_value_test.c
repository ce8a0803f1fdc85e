/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/single_value_test.c: the formats that carry one value: text_dec.c, text_enc.c, opaque_dec.c, opaque_enc.c, cbor_value_dec.c, cbor_value_enc.c. */

#include <math.h>

#include "tests/unit/codec/payload.h"

static const payload_row_t texts[] = {
    {"/30000/0/0", "", "/30000/0/0=string:", TG_OK},
    {"/30000/0/0", " gr\xC3\xBC\xC3\x9F ", "/30000/0/0=string: gr\xC3\xBC\xC3\x9F ", TG_OK},
    {"/30000/0/0", "\xFF", NULL, TG_E_ENCODING},
    {"/30000/0/1", "-9223372036854775808", "/30000/0/1=integer:-9223372036854775808", TG_OK},
    {"/30000/0/1", "9223372036854775807", "/30000/0/1=integer:9223372036854775807", TG_OK},
    {"/30000/0/1", "9223372036854775808", NULL, TG_E_RANGE},
    {"/30000/0/1", "007", "/30000/0/1=integer:7", TG_OK},
    {"/30000/0/1", "", NULL, TG_E_SYNTAX},
    {"/30000/0/1", "+1", NULL, TG_E_SYNTAX},
    {"/30000/0/1", " 1", NULL, TG_E_SYNTAX},
    {"/30000/0/1", "1\n", NULL, TG_E_SYNTAX},
    {"/30000/0/1", "1.0", NULL, TG_E_SYNTAX},
    {"/30000/0/1", "0x10", NULL, TG_E_SYNTAX},
    {"/30000/0/11/5", "7", "/30000/0/11/5=integer:7", TG_OK},
    {"/30000/0/2", "18446744073709551615", "/30000/0/2=unsigned:18446744073709551615", TG_OK},
    {"/30000/0/2", "18446744073709551616", NULL, TG_E_RANGE},
    {"/30000/0/2", "-1", NULL, TG_E_SYNTAX},
    {"/30000/0/3", "22.5", "/30000/0/3=float:22.5", TG_OK},
    {"/30000/0/3", "6.667E-11", "/30000/0/3=float:6.667e-11", TG_OK},
    {"/30000/0/3", "5", "/30000/0/3=float:5", TG_OK},
    {"/30000/0/3", "nan", NULL, TG_E_SYNTAX},
    {"/30000/0/3", "1e999", NULL, TG_E_RANGE},
    {"/30000/0/3", "22,5", NULL, TG_E_SYNTAX},
    {"/30000/0/4", "0", "/30000/0/4=boolean:false", TG_OK},
    {"/30000/0/4", "1", "/30000/0/4=boolean:true", TG_OK},
    {"/30000/0/4", "true", NULL, TG_E_SYNTAX},
    {"/30000/0/4", "2", NULL, TG_E_SYNTAX},
    {"/30000/0/5", "AAEC", "/30000/0/5=opaque:000102", TG_OK},
    {"/30000/0/5", "/+8=", "/30000/0/5=opaque:ffef", TG_OK},
    {"/30000/0/5", "", "/30000/0/5=opaque:", TG_OK},
    {"/30000/0/5", "_-8=", NULL, TG_E_SYNTAX},
    {"/30000/0/5", "AAE", NULL, TG_E_SYNTAX},
    {"/30000/0/5", "A*==", NULL, TG_E_SYNTAX},
    {"/30000/0/6", "1700000000", "/30000/0/6=time:1700000000", TG_OK},
    {"/30000/0/7", "21:0", "/30000/0/7=objlnk:21:0", TG_OK},
    {"/30000/0/7", "21", NULL, TG_E_SYNTAX},
    {"/30000/0/8", "</1/0>", "/30000/0/8=corelnk:</1/0>", TG_OK},
    {"/9/0/0", "42", "/9/0/0=string:42", TG_OK}, /* unknown: what came is text */
    {"/30000/0", "1", NULL, TG_E_FORMAT},
    {"/", "1", NULL, TG_E_FORMAT},
};

static void reads_text(void **state) {
  (void)state;
  payload_check_rows(TG_CF_TEXT, false, texts, TG_COUNT(texts));
  payload_check_rows(1541, false, texts, TG_COUNT(texts));
  payload_check_prefixes(TG_CF_TEXT, false, texts, TG_COUNT(texts));
}

static const payload_row_t items[] = {
    {"/30000/0/1", "00", "/30000/0/1=integer:0", TG_OK},
    {"/30000/0/1", "20", "/30000/0/1=integer:-1", TG_OK},
    {"/30000/0/1", "18 FF", "/30000/0/1=integer:255", TG_OK},
    {"/30000/0/1", "1A 00 01 51 80", "/30000/0/1=integer:86400", TG_OK},
    {"/30000/0/1", "19 00 05", "/30000/0/1=integer:5", TG_OK}, /* not the shortest form */
    {"/30000/0/1", "3B 7F FF FF FF FF FF FF FF", "/30000/0/1=integer:-9223372036854775808", TG_OK},
    {"/30000/0/1", "3B 80 00 00 00 00 00 00 00", NULL, TG_E_RANGE},
    {"/30000/0/1", "1B 80 00 00 00 00 00 00 00", NULL, TG_E_RANGE},
    {"/30000/0/1", "F9 45 00", "/30000/0/1=integer:5", TG_OK},
    {"/30000/0/1", "F9 45 01", NULL, TG_E_TYPE},
    {"/30000/0/2", "1B FF FF FF FF FF FF FF FF", "/30000/0/2=unsigned:18446744073709551615", TG_OK},
    {"/30000/0/2", "20", NULL, TG_E_RANGE},
    {"/30000/0/3", "F9 4D A0", "/30000/0/3=float:22.5", TG_OK},
    {"/30000/0/3", "FB 3F B9 99 99 99 99 99 9A", "/30000/0/3=float:0.1", TG_OK},
    {"/30000/0/3", "16", "/30000/0/3=float:22", TG_OK},
    {"/30000/0/3", "F9 7E 00", NULL, TG_E_RANGE},
    {"/30000/0/3", "FB 7F F0 00 00 00 00 00 00", NULL, TG_E_RANGE},
    {"/30000/0/4", "F5", "/30000/0/4=boolean:true", TG_OK},
    {"/30000/0/4", "F4", "/30000/0/4=boolean:false", TG_OK},
    {"/30000/0/4", "01", "/30000/0/4=boolean:true", TG_OK},
    {"/30000/0/4", "02", NULL, TG_E_RANGE},
    {"/30000/0/0", "61 55", "/30000/0/0=string:U", TG_OK},
    {"/30000/0/0", "7F 61 61 61 62 FF", "/30000/0/0=string:ab", TG_OK},
    {"/30000/0/0", "61 FF", NULL, TG_E_ENCODING},
    {"/30000/0/0", "41 55", NULL, TG_E_TYPE},
    {"/30000/0/5", "43 00 01 02", "/30000/0/5=opaque:000102", TG_OK},
    {"/30000/0/5", "5F 41 00 42 01 02 FF", "/30000/0/5=opaque:000102", TG_OK},
    {"/30000/0/5", "63 61 62 63", NULL, TG_E_TYPE},
    {"/30000/0/6", "C1 1A 65 53 F1 00", "/30000/0/6=time:1700000000", TG_OK},
    {"/30000/0/6", "1A 65 53 F1 00", "/30000/0/6=time:1700000000", TG_OK},
    {"/30000/0/6", "C0 1A 65 53 F1 00", "/30000/0/6=time:1700000000", TG_OK},
    {"/30000/0/7", "64 32 31 3A 30", "/30000/0/7=objlnk:21:0", TG_OK},
    {"/30000/0/8", "64 3C 2F 31 3E", "/30000/0/8=corelnk:</1>", TG_OK},
    {"/9/0/0", "F9 4D A0", "/9/0/0=float:22.5", TG_OK},
    {"/9/0/0", "41 01", "/9/0/0=opaque:01", TG_OK},
    {"/30000/0/1", "", NULL, TG_E_TRUNCATED},
    {"/30000/0/1", "00 00", NULL, TG_E_SYNTAX}, /* two items */
    {"/30000/0/1", "80", NULL, TG_E_SYNTAX},
    {"/30000/0/1", "A0", NULL, TG_E_SYNTAX},
    {"/30000/0/1", "F6", NULL, TG_E_TYPE},
    {"/30000/0/1", "F7", NULL, TG_E_SYNTAX},
    {"/30000/0/1", "FF", NULL, TG_E_SYNTAX},
    {"/30000/0/1", "C2 41 01", NULL, TG_E_SYNTAX}, /* bignum */
    {"/30000/0/1", "C1", NULL, TG_E_TRUNCATED},
    {"/30000/0/1", "C1 C1 00", NULL, TG_E_SYNTAX},
    {"/30000/0/5", "5B FF FF FF FF FF FF FF FF 00", NULL, TG_E_TRUNCATED},
    {"/30000/0", "00", NULL, TG_E_FORMAT},
};

static void reads_one_cbor_item(void **state) {
  (void)state;
  payload_check_rows(TG_CF_CBOR, true, items, TG_COUNT(items));
  payload_check_prefixes(TG_CF_CBOR, true, items, TG_COUNT(items));
}

static void reads_opaque_bytes(void **state) {
  (void)state;
  static const payload_row_t rows[] = {{"/30000/0/5", "00 FF", "/30000/0/5=opaque:00ff", TG_OK},
                                       {"/30000/0/15/3", "", "/30000/0/15/3=opaque:", TG_OK},
                                       {"/9/0/0", "01", "/9/0/0=opaque:01", TG_OK},
                                       {"/30000/0/0", "61", NULL, TG_E_TYPE},
                                       {"/30000/0/1", "01", NULL, TG_E_TYPE},
                                       {"/30000/0", "01", NULL, TG_E_FORMAT}};
  payload_check_rows(TG_CF_OPAQUE, true, rows, TG_COUNT(rows));
}

static void text_of_bytes_needs_a_scratch_buffer(void **state) {
  (void)state;
  static const struct {
    const char *base;
    tg_rc_t rc;
  } rows[] = {{"/30000/0/0", TG_OK}, {"/30000/0/5", TG_E_ARG}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_codec_input_t input = {.content_format = TG_CF_TEXT,
                              .base = payload_path(rows[i].base),
                              .model = payload_model(),
                              .payload = tg_slice_str("AAEC")};
    tg_codec_dec_t dec;
    tg_record_t record;
    check_rc(tg_codec_dec_init(&dec, &input), TG_OK);
    check_rc(tg_codec_dec_next(&dec, &record), rows[i].rc);
    check_rc(tg_codec_dec_next(&dec, &record), TG_END);
  }
}

static void writes_each_type_as_text_and_as_cbor(void **state) {
  (void)state;
  static const struct {
    tg_record_t record;
    const char *text;
    const char *cbor;
  } rows[] = {
      {PAYLOAD_STR(PATH3(30000, 0, 0), "U"), "55", "61 55"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), 0), "30", "00"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), -1), "2D31", "20"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), 255), "323535", "18 FF"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), 86400), "3836343030", "1A 00 01 51 80"},
      {PAYLOAD_INT(PATH4(30000, 0, 11, 2), 5), "35", "05"},
      {PAYLOAD_UINT(PATH3(30000, 0, 2), UINT64_MAX), "3138343436373434303733373039353531363135",
       "1B FF FF FF FF FF FF FF FF"},
      {PAYLOAD_FLOAT(PATH3(30000, 0, 3), 22.5), "32322E35", "FA 41 B4 00 00"},
      {PAYLOAD_FLOAT(PATH3(30000, 0, 3), 0.1), "302E31", "FB 3F B9 99 99 99 99 99 9A"},
      {PAYLOAD_FLOAT(PATH3(30000, 0, 3), 1e-7), "302E30303030303031", "FB 3E 7A D7 F2 9A BC AF 48"}, /* no exponent */
      {PAYLOAD_BOOL(PATH3(30000, 0, 4), true), "31", "F5"},
      {PAYLOAD_OPAQUE(PATH3(30000, 0, 5), "\x00\x01\x02"), "41414543", "43 00 01 02"},
      {PAYLOAD_INT(PATH3(30000, 0, 6), 1700000000), "31373030303030303030", "C1 1A 65 53 F1 00"},
      {PAYLOAD_LINK(PATH3(30000, 0, 7), 21, 0), "32313A30", "64 32 31 3A 30"},
      {PAYLOAD_STR(PATH3(30000, 0, 8), "</1>"), "3C2F313E", "64 3C 2F 31 3E"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char base[TG_PATH_TEXT_MAX];
    (void)tg_path_text(&rows[i].record.path, base);
    payload_check_encoded(TG_CF_TEXT, base, &rows[i].record, 1, rows[i].text);
    payload_check_encoded(TG_CF_CBOR, base, &rows[i].record, 1, rows[i].cbor);
  }
}

static void writes_opaque_bytes_and_nothing_else(void **state) {
  (void)state;
  static const tg_record_t bytes = PAYLOAD_OPAQUE(PATH3(30000, 0, 5), "\x00\xFF"),
                           text = PAYLOAD_STR(PATH3(30000, 0, 0), "a");
  payload_check_encoded(TG_CF_OPAQUE, "/30000/0/5", &bytes, 1, "00 FF");
  uint8_t memory[8];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  check_rc(payload_encode(TG_CF_OPAQUE, "/30000/0/0", &text, 1, &out), TG_E_TYPE);
}

static void refuses_what_one_value_cannot_say(void **state) {
  (void)state;
  static const tg_record_t two[] = {PAYLOAD_INT(PATH3(30000, 0, 1), 1), PAYLOAD_INT(PATH3(30000, 0, 2), 1)};
  static const tg_record_t multiple = PAYLOAD_INT(PATH3(30000, 0, 11), 1), none = PAYLOAD_NAME(PATH3(30000, 0, 1));
  static const tg_record_t instance = PAYLOAD_NAME(PATH2(30000, 0)), bad = PAYLOAD_STR(PATH3(30000, 0, 0), "\xFF");
  static const tg_record_t nan_ = PAYLOAD_FLOAT(PATH3(30000, 0, 3), (double)NAN);
  static const struct {
    const tg_record_t *records;
    size_t count;
    tg_rc_t rc;
  } rows[] = {{two, 2, TG_E_FORMAT},       {two, 0, TG_E_FORMAT},    {&multiple, 1, TG_E_TYPE}, {&none, 1, TG_E_TYPE},
              {&instance, 1, TG_E_FORMAT}, {&bad, 1, TG_E_ENCODING}, {&nan_, 1, TG_E_RANGE}};
  static const int formats[] = {TG_CF_TEXT, TG_CF_CBOR};
  for (size_t i = 0; i < TG_COUNT(rows) * 2; i++) {
    uint8_t memory[64];
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    check_rc(payload_encode(formats[i % 2], "/30000", rows[i / 2].records, rows[i / 2].count, &out), rows[i / 2].rc);
  }
}

CHECK_SUITE(reads_text, reads_one_cbor_item, reads_opaque_bytes, text_of_bytes_needs_a_scratch_buffer,
            writes_each_type_as_text_and_as_cbor, writes_opaque_bytes_and_nothing_else,
            refuses_what_one_value_cannot_say)
