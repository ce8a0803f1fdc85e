/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/json_write_test.c: mirrors core/codec/json_write.c. */

#include "core/codec/json_write.h"

#include <math.h>

#include "tests/unit/check.h"

static char memory[1024];

static void begin(tg_buf_t *buf, tg_json_out_t *json) {
  tg_buf_init(buf, memory, sizeof memory);
  tg_json_write_begin(json, buf);
}

static void places_commas_by_itself(void **state) {
  (void)state;
  tg_buf_t buf;
  tg_json_out_t json;
  begin(&buf, &json);
  tg_json_write_open(&json, '{');
  tg_json_write_key(&json, "a");
  tg_json_write_open(&json, '[');
  tg_json_write_int(&json, -1);
  tg_json_write_uint(&json, UINT64_MAX);
  tg_json_write_open(&json, '{');
  tg_json_write_close(&json, '}');
  tg_json_write_null(&json);
  tg_json_write_close(&json, ']');
  tg_json_write_key(&json, "b\"");
  tg_json_write_bool(&json, true);
  tg_json_write_key(&json, "c");
  tg_json_write_bool(&json, false);
  tg_json_write_close(&json, '}');
  check_slice(tg_buf_slice(&buf), "{\"a\":[-1,18446744073709551615,{},null],\"b\\\"\":true,\"c\":false}");
}

static void escapes_what_json_wants_escaped(void **state) {
  (void)state;
  static const struct {
    tg_slice_t text;
    const char *want;
  } rows[] = {
      {{(const uint8_t *)"plain", 5}, "\"plain\""},
      {{(const uint8_t *)"\"\\/", 3}, "\"\\\"\\\\/\""},
      {{(const uint8_t *)"\b\f\n\r\t", 5}, "\"\\b\\f\\n\\r\\t\""},
      {{(const uint8_t *)"a\0b\x1f", 4}, "\"a\\u0000b\\u001f\""},
      {{(const uint8_t *)"gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80", 11}, "\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80\""},
      {{(const uint8_t *)"a\xFF"
                         "b",
        3},
       "\"a\xEF\xBF\xBD"
       "b\""},
      {{(const uint8_t *)"\xC3", 1}, "\"\xEF\xBF\xBD\""},
      {{(const uint8_t *)"\xED\xA0\x80\n", 4}, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\\n\""},
      {{NULL, 0}, "\"\""},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_buf_t buf;
    tg_json_out_t json;
    begin(&buf, &json);
    tg_json_write_str(&json, rows[i].text);
    check_slice(tg_buf_slice(&buf), rows[i].want);
  }
}

static void keeps_doubles_apart_from_integers(void **state) {
  (void)state;
  static const struct {
    double value;
    const char *want;
  } rows[] = {{1.0, "1.0"},
              {-0.0, "-0.0"},
              {22.5, "22.5"},
              {0.1, "0.1"},
              {1e20, "1e20"},
              {1e-7, "1e-7"},
              {(double)NAN, "null"},
              {(double)INFINITY, "null"},
              {-(double)INFINITY, "null"}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_buf_t buf;
    tg_json_out_t json;
    begin(&buf, &json);
    tg_json_write_double(&json, rows[i].value);
    check_slice(tg_buf_slice(&buf), rows[i].want);
  }
}

static void writes_a_value_of_every_type(void **state) {
  (void)state;
  static const struct {
    tg_value_t value;
    const char *want;
  } rows[] = {
      {{.type = TG_TYPE_NONE}, "null"},
      {{.type = TG_TYPE_STRING, .s = {(const uint8_t *)"x", 1}}, "\"x\""},
      {{.type = TG_TYPE_INTEGER, .i = INT64_MIN}, "-9223372036854775808"},
      {{.type = TG_TYPE_UNSIGNED, .u = UINT64_MAX}, "18446744073709551615"},
      {{.type = TG_TYPE_FLOAT, .f = 2.0}, "2.0"},
      {{.type = TG_TYPE_BOOLEAN, .b = true}, "true"},
      {{.type = TG_TYPE_OPAQUE, .s = {(const uint8_t *)"\x00\xFF", 2}}, "{\"base64\":\"AP8=\"}"},
      {{.type = TG_TYPE_TIME, .i = 1700000000}, "1700000000"},
      {{.type = TG_TYPE_OBJLNK, .link = {65535, 65535}}, "\"65535:65535\""},
      {{.type = TG_TYPE_CORELNK, .s = {(const uint8_t *)"</1>", 4}}, "\"</1>\""},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_buf_t buf;
    tg_json_out_t json;
    begin(&buf, &json);
    tg_json_write_value(&json, &rows[i].value);
    check_slice(tg_buf_slice(&buf), rows[i].want);
  }
}

CHECK_SUITE(places_commas_by_itself, escapes_what_json_wants_escaped, keeps_doubles_apart_from_integers,
            writes_a_value_of_every_type)
