/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/cbor_scalar_test.c: mirrors core/codec/cbor_scalar.c. */

#include "core/codec/cbor_scalar.h"

#include <math.h>

#include "tests/unit/codec/payload.h"

/* Takes the value that @p hex spells; describes it, and tells how many bytes are left behind it. */
static tg_rc_t take(const char *hex, tg_buf_t *out, size_t *left) {
  tg_buf_t scratch;
  uint8_t memory[64];
  size_t len;
  uint8_t *bytes = payload_bytes(hex, &len);
  tg_buf_init(&scratch, memory, sizeof memory);
  tg_codec_input_t input = {.payload = tg_slice(bytes, len), .scratch = &scratch};
  tg_codec_in_t in;
  tg_codec_in_init(&in, &input);
  tg_slice_t rest = input.payload;
  tg_cbor_item_t item;
  tg_value_t value;
  tg_rc_t rc = tg_cbor_wire_next(&rest, &item);
  if (rc == TG_OK) rc = tg_cbor_scalar_take(&in, &rest, &item, &value);
  if (rc == TG_OK) {
    tg_buf_put_fmt(out, "%s:", tg_value_type_name(value.type));
    tg_value_put_text(out, &value);
  }
  *left = rest.len;
  test_free(bytes);
  return rc;
}

static void takes_one_item_and_no_more(void **state) {
  (void)state;
  static const struct {
    const char *hex;
    const char *want;
    tg_rc_t rc;
  } rows[] = {
      {"00 AA", "integer:0", TG_OK},
      {"38 FF AA", "integer:-256", TG_OK},
      {"1B FFFFFFFFFFFFFFFF AA", "unsigned:18446744073709551615", TG_OK},
      {"F9 4D A0 AA", "float:22.5", TG_OK},
      {"FB 3FB999999999999A AA", "float:0.1", TG_OK},
      {"F4 AA", "boolean:false", TG_OK},
      {"62 C3 BC AA", "string:\xC3\xBC", TG_OK},
      {"7F 61 61 61 62 FF AA", "string:ab", TG_OK},
      {"5F 41 01 40 41 02 FF AA", "opaque:0102", TG_OK},
      {"42 00 FF AA", "opaque:00ff", TG_OK},
      {"C1 1A 65 53 F1 00 AA", "integer:1700000000", TG_OK},
      {"C0 61 78 AA", "string:x", TG_OK},
      {"F6 AA", "none:", TG_OK},
      {"C1", NULL, TG_E_TRUNCATED},
      {"C2 41 01", NULL, TG_E_SYNTAX}, /* a bignum */
      {"C1 C1 00", NULL, TG_E_SYNTAX},
      {"80", NULL, TG_E_SYNTAX},
      {"A0", NULL, TG_E_SYNTAX},
      {"FF", NULL, TG_E_SYNTAX},
      {"F7", NULL, TG_E_SYNTAX},
      {"7F 41 01 FF", NULL, TG_E_SYNTAX},
      {"7F 61 61", NULL, TG_E_TRUNCATED},
      {"F9 7C 00", NULL, TG_E_RANGE}, /* infinity */
      {"3B FFFFFFFFFFFFFFFF", NULL, TG_E_RANGE},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char text[64];
    tg_buf_t out;
    size_t left;
    tg_buf_init(&out, text, sizeof text);
    check_rc(take(rows[i].hex, &out, &left), rows[i].rc);
    if (!rows[i].want) continue;
    check_slice(tg_buf_slice(&out), rows[i].want);
    check_int(left, 1);
  }
}

static void puts_every_type(void **state) {
  (void)state;
  static const struct {
    tg_value_t value;
    const char *want;
  } rows[] = {
      {{.type = TG_TYPE_STRING, .s = {(const uint8_t *)"ab", 2}}, "626162"},
      {{.type = TG_TYPE_CORELNK, .s = {(const uint8_t *)"", 0}}, "60"},
      {{.type = TG_TYPE_INTEGER, .i = INT64_MIN}, "3b7fffffffffffffff"},
      {{.type = TG_TYPE_UNSIGNED, .u = UINT64_MAX}, "1bffffffffffffffff"},
      {{.type = TG_TYPE_TIME, .i = 1700000000}, "1a6553f100"},
      {{.type = TG_TYPE_FLOAT, .f = 22.5}, "fa41b40000"},
      {{.type = TG_TYPE_BOOLEAN, .b = true}, "f5"},
      {{.type = TG_TYPE_OPAQUE, .s = {(const uint8_t *)"\0\xFF", 2}}, "4200ff"},
      {{.type = TG_TYPE_OBJLNK, .link = {65535, 65535}}, "6b36353533353a3635353335"},
      {{.type = TG_TYPE_NONE}, "f6"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint8_t memory[32];
    char hex[64];
    tg_buf_t out, spelled;
    tg_buf_init(&out, memory, sizeof memory);
    tg_buf_init(&spelled, hex, sizeof hex);
    check_rc(tg_cbor_scalar_put(&out, &rows[i].value), TG_OK);
    tg_hex_put(&spelled, tg_buf_slice(&out));
    check_slice(tg_buf_slice(&spelled), rows[i].want);
  }
}

/* Only what comes in pieces has to be put together somewhere. */
static void needs_a_scratch_buffer_for_pieces_only(void **state) {
  (void)state;
  static const struct {
    const char *hex;
    tg_rc_t rc;
  } rows[] = {{"61 61", TG_OK}, {"41 01", TG_OK}, {"7F 61 61 FF", TG_E_ARG}, {"5F 41 01 FF", TG_E_ARG}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    size_t len;
    uint8_t *bytes = payload_bytes(rows[i].hex, &len);
    tg_codec_input_t input = {.payload = tg_slice(bytes, len)};
    tg_codec_in_t in;
    tg_codec_in_init(&in, &input);
    tg_slice_t rest = input.payload;
    tg_cbor_item_t item;
    tg_value_t value;
    check_rc(tg_cbor_wire_next(&rest, &item), TG_OK);
    check_rc(tg_cbor_scalar_take(&in, &rest, &item, &value), rows[i].rc);
    test_free(bytes);
  }
}

static void puts_no_value_of_a_type_that_there_is_not(void **state) {
  (void)state;
  uint8_t memory[16];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  check_rc(tg_cbor_scalar_put(&out, &(tg_value_t){.type = TG_TYPE_COUNT}), TG_E_TYPE);
  check_int(out.len, 0);
}

static void puts_no_float_without_a_number(void **state) {
  (void)state;
  static const double values[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
  for (size_t i = 0; i < TG_COUNT(values); i++) {
    uint8_t memory[16];
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    check_rc(tg_cbor_scalar_put(&out, &(tg_value_t){.type = TG_TYPE_FLOAT, .f = values[i]}), TG_E_RANGE);
    check_int(out.len, 0);
  }
}

CHECK_SUITE(takes_one_item_and_no_more, needs_a_scratch_buffer_for_pieces_only, puts_every_type,
            puts_no_value_of_a_type_that_there_is_not, puts_no_float_without_a_number)
