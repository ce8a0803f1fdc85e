/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/cbor_wire_test.c: mirrors core/codec/cbor_wire.c. */

#include "core/codec/cbor_wire.h"

#include <cbor.h>
#include <float.h>
#include <math.h>

#include "tests/unit/codec/payload.h"

/* Bytes, and what is read of them. */
typedef struct wire {
  uint8_t *bytes; /* to be freed */
  tg_slice_t rest;
  tg_cbor_item_t item;
} wire_t;

static wire_t wire_of(const char *hex) {
  size_t len;
  wire_t wire = {.bytes = payload_bytes(hex, &len)};
  wire.rest = tg_slice(wire.bytes, len);
  return wire;
}

static tg_rc_t next(wire_t *wire) {
  return tg_cbor_wire_next(&wire->rest, &wire->item);
}

static const struct {
  const char *hex;
  tg_cbor_kind_t kind;
  uint64_t n;
} items[] = {
    {"17", TG_CBOR_UINT, 23},
    {"18 18", TG_CBOR_UINT, 24},
    {"19 01 00", TG_CBOR_UINT, 256},
    {"1A 00 01 00 00", TG_CBOR_UINT, 65536},
    {"1B FF FF FF FF FF FF FF FF", TG_CBOR_UINT, UINT64_MAX},
    {"20", TG_CBOR_NEGINT, 0},
    {"38 FF", TG_CBOR_NEGINT, 255},
    {"39 FF FF", TG_CBOR_NEGINT, 65535},
    {"3A 00 01 00 00", TG_CBOR_NEGINT, 65536},
    {"3B FF FF FF FF FF FF FF FF", TG_CBOR_NEGINT, UINT64_MAX},
    {"5F", TG_CBOR_BYTES_OPEN, 0},
    {"7F", TG_CBOR_TEXT_OPEN, 0},
    {"82", TG_CBOR_ARRAY, 2},
    {"9F", TG_CBOR_ARRAY_OPEN, 0},
    {"A2", TG_CBOR_MAP, 2},
    {"BF", TG_CBOR_MAP_OPEN, 0},
    {"BB FF FF FF FF FF FF FF FF", TG_CBOR_MAP, UINT64_MAX},
    {"C1", TG_CBOR_TAG, 1},
    {"D8 20", TG_CBOR_TAG, 32},
    {"F4", TG_CBOR_BOOL, 0},
    {"F5", TG_CBOR_BOOL, 1},
    {"F6", TG_CBOR_NULL, 0},
    {"F7", TG_CBOR_UNDEFINED, 0},
    {"FF", TG_CBOR_BREAK, 0},
};

static void hands_out_every_kind_of_item(void **state) {
  (void)state;
  for (size_t i = 0; i < TG_COUNT(items); i++) {
    wire_t wire = wire_of(items[i].hex);
    check_rc(next(&wire), TG_OK);
    check_int(wire.item.kind, items[i].kind);
    check_true(wire.item.n == items[i].n);
    check_rc(next(&wire), TG_END);
    test_free(wire.bytes);
  }
}

/* Lengths and counts in callbacks were size_t up to libcbor 0.8. */
#if CBOR_MAJOR_VERSION == 0 && CBOR_MINOR_VERSION < 9
typedef size_t cbor_count_t;
#else
typedef uint64_t cbor_count_t;
#endif

static void on_uint(void *ud, uint8_t n) {
  *(tg_cbor_item_t *)ud = (tg_cbor_item_t){.kind = TG_CBOR_UINT, .n = n};
}

static void on_negint(void *ud, uint8_t n) {
  *(tg_cbor_item_t *)ud = (tg_cbor_item_t){.kind = TG_CBOR_NEGINT, .n = n};
}

static void on_bytes(void *ud, cbor_data p, cbor_count_t len) {
  *(tg_cbor_item_t *)ud = (tg_cbor_item_t){.kind = TG_CBOR_BYTES, .n = len, .s = tg_slice(p, (size_t)len)};
}

static void on_text(void *ud, cbor_data p, cbor_count_t len) {
  *(tg_cbor_item_t *)ud = (tg_cbor_item_t){.kind = TG_CBOR_TEXT, .n = len, .s = tg_slice(p, (size_t)len)};
}

static void on_array(void *ud, cbor_count_t n) {
  *(tg_cbor_item_t *)ud = (tg_cbor_item_t){.kind = TG_CBOR_ARRAY, .n = n};
}

static void on_map(void *ud, cbor_count_t n) {
  *(tg_cbor_item_t *)ud = (tg_cbor_item_t){.kind = TG_CBOR_MAP, .n = n};
}

/* What libcbor makes of the front of @p bytes; TG_E_SYNTAX stands for every head that is no one-byte one of these. */
static tg_rc_t libcbor_next(tg_slice_t *rest, tg_cbor_item_t *item) {
  struct cbor_callbacks callbacks = cbor_empty_callbacks;
  callbacks.uint8 = on_uint;
  callbacks.negint8 = on_negint;
  callbacks.byte_string = on_bytes;
  callbacks.string = on_text;
  callbacks.array_start = on_array;
  callbacks.map_start = on_map;
  struct cbor_decoder_result result = cbor_stream_decode(rest->p, rest->len, &callbacks, item);
  if (result.status == CBOR_DECODER_NEDATA) return TG_E_TRUNCATED;
  if (result.status != CBOR_DECODER_FINISHED) return TG_E_SYNTAX;
  *rest = tg_slice_from(*rest, result.read);
  return TG_OK;
}

/* They are read without libcbor: each type, each number, with fewer and more bytes behind it than it needs. */
static void heads_of_one_byte_are_what_libcbor_reads(void **state) {
  (void)state;
  enum { TYPES = 6, NUMBERS = 24, BEHIND_MAX = 26 };
  for (unsigned head = 0; head < TYPES << 5; head++) {
    if ((head & 0x1F) >= NUMBERS) continue;
    for (size_t behind = 0; behind <= BEHIND_MAX; behind++) {
      uint8_t *bytes = test_malloc(1 + behind); /* ends where the bytes do: a sanitizer sees reads beyond */
      bytes[0] = (uint8_t)head;
      memset(bytes + 1, 'x', behind);
      tg_slice_t ours = tg_slice(bytes, 1 + behind), theirs = ours;
      tg_cbor_item_t got = {0}, want = {0};
      tg_rc_t rc = libcbor_next(&theirs, &want);
      check_rc(tg_cbor_wire_next(&ours, &got), rc);
      check_true(ours.p == theirs.p && ours.len == theirs.len); /* nothing is taken where it fails */
      if (rc == TG_OK) {
        check_int(got.kind, want.kind);
        check_true(got.n == want.n);
        if (want.kind == TG_CBOR_BYTES || want.kind == TG_CBOR_TEXT) check_bytes(got.s, want.s);
      }
      test_free(bytes);
    }
  }
}

static void refuses_reserved_heads_and_cut_items(void **state) {
  (void)state;
  static const struct {
    const char *hex;
    tg_rc_t rc;
  } rows[] = {
      {"1C", TG_E_SYNTAX},
      {"1F", TG_E_SYNTAX},
      {"3E", TG_E_SYNTAX},
      {"5D", TG_E_SYNTAX},
      {"DF", TG_E_SYNTAX},
      {"FC", TG_E_SYNTAX},
      {"18", TG_E_TRUNCATED},
      {"19 01", TG_E_TRUNCATED},
      {"1B 00 00", TG_E_TRUNCATED},
      {"42 01", TG_E_TRUNCATED},
      {"62 61", TG_E_TRUNCATED},
      {"F9 00", TG_E_TRUNCATED},
      {"FB 00", TG_E_TRUNCATED},
      {"5A FF FF FF FF 00", TG_E_TRUNCATED},
      {"5B FF FF FF FF FF FF FF FF 00", TG_E_TRUNCATED},
      {"7B FF FF FF FF FF FF FF F8 00 00 00", TG_E_TRUNCATED},
      {"5B FF FF FF FF FF FF FF F7 00", TG_E_TRUNCATED},
      {"5B 80 00 00 00 00 00 00 00", TG_E_TRUNCATED},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    wire_t wire = wire_of(rows[i].hex);
    tg_rc_t rc = next(&wire);
    if (rc != rows[i].rc) print_error("%s\n", rows[i].hex);
    check_rc(rc, rows[i].rc);
    test_free(wire.bytes);
  }
}

static const struct {
  const char *hex; /* a value, then 05 */
  tg_rc_t rc;
} values[] = {
    {"00 05", TG_OK},
    {"82 01 82 02 03 05", TG_OK},
    {"A2 01 02 03 A1 04 04 05", TG_OK},
    {"80 05", TG_OK},
    {"A0 05", TG_OK},
    {"9F 01 9F FF FF 05", TG_OK},
    {"BF 01 02 FF 05", TG_OK},
    {"5F 41 00 41 01 FF 05", TG_OK},
    {"7F FF 05", TG_OK},
    {"C1 C1 00 05", TG_OK},
    {"C1 82 01 C1 80 05", TG_OK},
    {"FB 00 00 00 00 00 00 00 00 05", TG_OK},
    {"BF 01 FF 05", TG_E_SYNTAX},
    {"82 01 FF 05", TG_E_SYNTAX},
    {"FF 05", TG_E_SYNTAX},
    {"5F 61 61 FF 05", TG_E_SYNTAX},
    {"7F 41 00 FF 05", TG_E_SYNTAX},
    {"5F 5F FF FF 05", TG_E_SYNTAX},
    {"82 01", TG_E_TRUNCATED},
    {"9F 01", TG_E_TRUNCATED},
    {"C1", TG_E_TRUNCATED},
    {"9B FF FF FF FF FF FF FF FF 05", TG_E_TRUNCATED},
    {"BB FF FF FF FF FF FF FF FF 05", TG_E_TRUNCATED},
    {"81818181818181818181818181818181 00 05", TG_OK},
    {"8181818181818181818181818181818181 00 05", TG_E_TOO_LONG},
};

static void skips_what_belongs_to_an_item(void **state) {
  (void)state;
  for (size_t i = 0; i < TG_COUNT(values); i++) {
    wire_t wire = wire_of(values[i].hex);
    check_rc(next(&wire), TG_OK);
    tg_rc_t rc = tg_cbor_wire_skip(&wire.rest, &wire.item);
    if (rc != values[i].rc) print_error("%s\n", values[i].hex);
    check_rc(rc, values[i].rc);
    if (rc == TG_OK) check_bytes(wire.rest, tg_slice("\x05", 1));
    test_free(wire.bytes);
  }
}

static void joins_the_pieces_of_a_string(void **state) {
  (void)state;
  wire_t wire = wire_of("7F 62 6162 60 61 63 FF 05");
  uint8_t memory[8];
  tg_buf_t scratch;
  tg_buf_init(&scratch, memory, sizeof memory);
  tg_buf_put_str(&scratch, "x");
  check_rc(next(&wire), TG_OK);
  check_rc(tg_cbor_wire_join(&wire.rest, &scratch, &wire.item), TG_OK);
  check_int(wire.item.kind, TG_CBOR_TEXT);
  check_slice(wire.item.s, "abc");
  check_int(wire.rest.len, 1);
  test_free(wire.bytes);
}

static void a_float_is_single_where_nothing_is_lost(void **state) {
  (void)state;
  static const struct {
    double value;
    const char *want;
  } rows[] = {{0.0, "FA 00000000"},
              {-0.0, "FA 80000000"},
              {22.5, "FA 41B40000"},
              {(double)FLT_MAX, "FA 7F7FFFFF"},
              {0x1p128, "FB 47F0000000000000"},
              {0.1, "FB 3FB999999999999A"},
              {DBL_MAX, "FB 7FEFFFFFFFFFFFFF"},
              {1e-45, "FB 3696D601AD376AB9"},
              {5e-324, "FB 0000000000000001"},
              {(double)INFINITY, "FA 7F800000"},
              {-(double)INFINITY, "FA FF800000"}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint8_t memory[16];
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    tg_cbor_wire_put_float(&out, rows[i].value);
    tg_slice_t rest = tg_buf_slice(&out);
    tg_cbor_item_t item;
    check_rc(tg_cbor_wire_next(&rest, &item), TG_OK);
    check_true(item.f >= rows[i].value && item.f <= rows[i].value);
    size_t len;
    uint8_t *want = payload_bytes(rows[i].want, &len);
    check_bytes(tg_buf_slice(&out), tg_slice(want, len));
    check_int(out.len, len);
    test_free(want);
  }
}

/* Which payload of its many is written does not matter: it reads back as none. */
static void a_float_that_is_no_number_is_single(void **state) {
  (void)state;
  uint8_t memory[16];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  tg_cbor_wire_put_float(&out, (double)NAN);
  check_int(out.len, 5);
  tg_slice_t rest = tg_buf_slice(&out);
  tg_cbor_item_t item;
  check_rc(tg_cbor_wire_next(&rest, &item), TG_OK);
  check_int(item.kind, TG_CBOR_FLOAT);
  check_true(isnan(item.f));
}

CHECK_SUITE(hands_out_every_kind_of_item, heads_of_one_byte_are_what_libcbor_reads,
            refuses_reserved_heads_and_cut_items, skips_what_belongs_to_an_item, joins_the_pieces_of_a_string,
            a_float_is_single_where_nothing_is_lost, a_float_that_is_no_number_is_single)
