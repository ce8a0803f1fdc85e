/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/codec_test.c: mirrors core/codec/codec.c; and what holds for every format: a value that is written reads back. */

#include <float.h>
#include <math.h>

#include "tests/unit/codec/payload.h"

static const int formats[] = {TG_CF_TEXT,      TG_CF_CBOR,      TG_CF_TLV,  TG_CF_SENML_JSON, TG_CF_SENML_CBOR,
                              TG_CF_ETCH_JSON, TG_CF_ETCH_CBOR, TG_CF_JSON, TG_CF_LWM2M_CBOR};

static void every_format_has_a_name(void **state) {
  (void)state;
  static const struct {
    int format;
    const char *name;
  } rows[] = {{0, "text"},         {40, "link"},        {42, "opaque"},           {60, "cbor"},
              {110, "senml-json"}, {112, "senml-cbor"}, {320, "senml-etch-json"}, {322, "senml-etch-cbor"},
              {11542, "tlv"},      {11543, "json"},     {11544, "lwm2m-cbor"}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    int format = -5;
    char number[8];
    assert_string_equal(tg_codec_name(rows[i].format), rows[i].name);
    check_rc(tg_codec_by_name(tg_slice_str(rows[i].name), &format), TG_OK);
    check_int(format, rows[i].format);
    snprintf(number, sizeof number, "%d", rows[i].format);
    check_rc(tg_codec_by_name(tg_slice_str(number), &format), TG_OK);
    check_int(format, rows[i].format);
  }
  int format;
  assert_null(tg_codec_name(50));
  assert_null(tg_codec_name(TG_CF_NONE));
  check_rc(tg_codec_by_name(tg_slice_str("senml"), &format), TG_E_NOT_FOUND);
  check_rc(tg_codec_by_name(tg_slice_str("50"), &format), TG_E_NOT_FOUND);
  check_rc(tg_codec_by_name(tg_slice_str("-1"), &format), TG_E_NOT_FOUND);
  check_rc(tg_codec_by_name(tg_slice_str("99999"), &format), TG_E_NOT_FOUND);
  check_rc(tg_codec_by_name(tg_slice_str(""), &format), TG_E_NOT_FOUND);
}

static void refuses_formats_that_carry_no_records(void **state) {
  (void)state;
  static const int others[] = {TG_CF_LINK, TG_CF_NONE, 50, 65535};
  for (size_t i = 0; i < TG_COUNT(others); i++) {
    tg_codec_dec_t dec;
    tg_codec_input_t input = {.content_format = others[i], .base = payload_path("/3/0/9")};
    check_rc(tg_codec_dec_init(&dec, &input), TG_E_FORMAT);
  }
}

/* Which format can be for what: only SenML has lists of names, only ETCH and LwM2M CBOR have null. */
static void refuses_uses_that_a_format_is_not_for(void **state) {
  (void)state;
  static const struct {
    int format;
    bool fetches, patches, deletes;
  } rows[] = {
      {TG_CF_TEXT, false, false, false},     {TG_CF_OPAQUE, false, false, false}, {TG_CF_CBOR, false, false, false},
      {TG_CF_TLV, false, false, false},      {TG_CF_JSON, false, false, false},   {TG_CF_SENML_JSON, true, true, false},
      {TG_CF_SENML_CBOR, true, true, false}, {TG_CF_ETCH_JSON, true, true, true}, {TG_CF_ETCH_CBOR, true, true, true},
      {TG_CF_LWM2M_CBOR, false, true, true},
  };
  static const tg_record_t name = PAYLOAD_NAME(PATH3(3, 0, 9)), value = PAYLOAD_INT(PATH3(3, 0, 9), 1);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    const struct {
      const tg_record_t *record;
      tg_codec_use_t use;
      bool works;
    } cells[] = {{&name, TG_CODEC_USE_FETCH, rows[i].fetches},
                 {&value, TG_CODEC_USE_PATCH, rows[i].patches},
                 {&name, TG_CODEC_USE_PATCH, rows[i].deletes}};
    for (size_t j = 0; j < TG_COUNT(cells); j++) {
      uint8_t memory[128], decoded[128];
      tg_buf_t out, back;
      tg_buf_init(&out, memory, sizeof memory);
      tg_buf_init(&back, decoded, sizeof decoded);
      payload_use = cells[j].use;
      check_rc(payload_encode(rows[i].format, "/", cells[j].record, 1, &out), cells[j].works ? TG_OK : TG_E_FORMAT);
      tg_rc_t rc = payload_decode(rows[i].format, "/", tg_buf_slice(&out), &back);
      if (cells[j].works) check_slice(tg_buf_slice(&back), cells[j].record == &name ? "/3/0/9" : "/3/0/9=integer:1");
      else check_true(rc != TG_OK);
      payload_use = TG_CODEC_USE_REPORT;
    }
  }
}

/* Writes @p value at a single and at a multiple resource in every format, reads it back and compares. */
static void check_round_trip(uint16_t rid, const tg_value_t *value) {
  tg_path_t paths[] = {tg_path(3, PAYLOAD_OBJECT, 7, rid), tg_path(3, PAYLOAD_OBJECT, 7, (uint16_t)(rid + 10))};
  paths[1] = tg_path_child(&paths[1], 300);
  for (size_t i = 0; i < TG_COUNT(formats) * 2 * 3; i++) {
    tg_record_t record = {.path = paths[i % 2], .value = *value}, back;
    bool is_single_format = formats[i / 6] == TG_CF_TEXT || formats[i / 6] == TG_CF_CBOR;
    tg_path_t base = record.path;
    if (!is_single_format && i / 2 % 3) {
      base.len = (uint16_t)(i / 2 % 3);
      for (size_t j = base.len; j < 4; j++) base.id[j] = 0;
    }
    uint8_t memory[512], decoded[512];
    tg_buf_t out, scratch;
    tg_buf_init(&out, memory, sizeof memory);
    tg_buf_init(&scratch, decoded, sizeof decoded);
    tg_codec_output_t output = {
        .content_format = formats[i / 6], .base = base, .records = &record, .count = 1, .model = payload_model()};
    check_rc(tg_codec_encode(&output, &out), TG_OK);
    tg_codec_input_t input = {.content_format = formats[i / 6],
                              .base = base,
                              .model = payload_model(),
                              .payload = tg_buf_slice(&out),
                              .scratch = &scratch};
    tg_codec_dec_t dec;
    check_rc(tg_codec_dec_init(&dec, &input), TG_OK);
    check_rc(tg_codec_dec_next(&dec, &back), TG_OK);
    check_true(tg_path_eq(&back.path, &record.path));
    check_true(tg_value_eq(&back.value, value));
    check_rc(tg_codec_dec_next(&dec, &back), TG_END);
    check_rc(tg_codec_dec_next(&dec, &back), TG_END);
  }
}

static void integers_read_back_at_every_edge(void **state) {
  (void)state;
  static const unsigned bits[] = {0, 7, 8, 15, 16, 23, 24, 31, 32, 52, 53, 62, 63};
  for (size_t i = 0; i < TG_COUNT(bits); i++) {
    for (int64_t delta = -2; delta <= 2; delta++) {
      uint64_t u = (UINT64_C(1) << bits[i]) + (uint64_t)delta;
      check_round_trip(2, &(tg_value_t){.type = TG_TYPE_UNSIGNED, .u = u});
      int64_t positive, negative;
      uint64_t complement = 0 - u;
      memcpy(&positive, &u, sizeof u);
      memcpy(&negative, &complement, sizeof u);
      check_round_trip(1, &(tg_value_t){.type = TG_TYPE_INTEGER, .i = positive});
      check_round_trip(1, &(tg_value_t){.type = TG_TYPE_INTEGER, .i = negative});
      check_round_trip(6, &(tg_value_t){.type = TG_TYPE_TIME, .i = positive});
      check_round_trip(6, &(tg_value_t){.type = TG_TYPE_TIME, .i = negative});
    }
  }
}

static void floats_read_back_exactly(void **state) {
  (void)state;
  static const double values[] = {0.0,
                                  -0.0,
                                  1.0,
                                  22.5,
                                  0.1,
                                  -1e-7,
                                  1e15,
                                  1e16,
                                  1e17,
                                  1e21,
                                  3.4e38,
                                  3.5e38,
                                  1e300,
                                  DBL_MAX,
                                  -DBL_MAX,
                                  DBL_MIN,
                                  5e-324,
                                  (double)FLT_MAX,
                                  (double)FLT_MIN,
                                  1e-45,
                                  1.0 / 3,
                                  2.0 / 3,
                                  123456.789,
                                  9007199254740993.0,
                                  4294967296.0,
                                  -32768.5,
                                  65504.0};
  for (size_t i = 0; i < TG_COUNT(values); i++) {
    check_round_trip(3, &(tg_value_t){.type = TG_TYPE_FLOAT, .f = values[i]});
  }
}

static void strings_and_bytes_of_every_length_read_back(void **state) {
  (void)state;
  static uint8_t bytes[256];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)i;
  for (size_t len = 0; len <= sizeof bytes; len = len < 32 ? len + 1 : len + 31) {
    check_round_trip(5, &(tg_value_t){.type = TG_TYPE_OPAQUE, .s = {bytes, len}});
    size_t ascii = len < 128 ? len : 128; /* with all control characters */
    check_round_trip(0, &(tg_value_t){.type = TG_TYPE_STRING, .s = {bytes, ascii}});
    check_round_trip(8, &(tg_value_t){.type = TG_TYPE_CORELNK, .s = {bytes, ascii}});
  }
}

static void booleans_and_links_read_back(void **state) {
  (void)state;
  static const uint16_t ids[] = {0, 1, 9, 255, 256, 65534, 65535};
  check_round_trip(4, &(tg_value_t){.type = TG_TYPE_BOOLEAN, .b = true});
  check_round_trip(4, &(tg_value_t){.type = TG_TYPE_BOOLEAN, .b = false});
  for (size_t i = 0; i < TG_COUNT(ids); i++)
    check_round_trip(7, &(tg_value_t){.type = TG_TYPE_OBJLNK, .link = {ids[i], ids[TG_COUNT(ids) - 1 - i]}});
}

/* A whole object with every type reads back from every format that nests, in the order in which it was written. */
static void whole_objects_read_back(void **state) {
  (void)state;
  static const uint8_t text[] = "a \"b\"\n";
  tg_record_t records[72];
  size_t count = 0;
  for (uint16_t iid = 0; iid < 4; iid++) {
    for (uint16_t rid = 0; rid < TG_COUNT(payload_types) * 2; rid++) {
      uint16_t type_at = rid % TG_COUNT(payload_types);
      tg_value_t value = {.type = payload_types[type_at], .i = 1};
      bool is_text = value.type == TG_TYPE_STRING || value.type == TG_TYPE_CORELNK || value.type == TG_TYPE_OPAQUE;
      if (is_text) value.s = tg_slice(text, sizeof text - 1);
      if (value.type == TG_TYPE_FLOAT) value.f = 0.5;
      tg_path_t path = tg_path(3, PAYLOAD_OBJECT, iid, rid < 9 ? rid : (uint16_t)(rid + 1));
      records[count++] = (tg_record_t){.path = rid < 9 ? path : tg_path_child(&path, iid), .value = value};
    }
  }
  for (size_t f = 2; f < TG_COUNT(formats); f++) {
    uint8_t memory[8192], decoded[8192];
    tg_buf_t out, scratch;
    tg_buf_init(&out, memory, sizeof memory);
    tg_buf_init(&scratch, decoded, sizeof decoded);
    tg_path_t base = tg_path(1, PAYLOAD_OBJECT, 0, 0);
    tg_codec_output_t output = {
        .content_format = formats[f], .base = base, .records = records, .count = count, .model = payload_model()};
    check_rc(tg_codec_encode(&output, &out), TG_OK);
    tg_codec_input_t input = {.content_format = formats[f],
                              .base = base,
                              .model = payload_model(),
                              .payload = tg_buf_slice(&out),
                              .scratch = &scratch};
    tg_codec_dec_t dec;
    check_rc(tg_codec_dec_init(&dec, &input), TG_OK);
    for (size_t i = 0; i < count; i++) {
      tg_record_t back;
      check_rc(tg_codec_dec_next(&dec, &back), TG_OK);
      check_true(tg_path_eq(&back.path, &records[i].path) && tg_value_eq(&back.value, &records[i].value));
    }
    tg_record_t back;
    check_rc(tg_codec_dec_next(&dec, &back), TG_END);
  }
}

CHECK_SUITE(every_format_has_a_name, refuses_formats_that_carry_no_records, refuses_uses_that_a_format_is_not_for,
            integers_read_back_at_every_edge, floats_read_back_exactly, strings_and_bytes_of_every_length_read_back,
            booleans_and_links_read_back, whole_objects_read_back)
