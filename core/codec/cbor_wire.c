/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of core/codec: CBOR items, heads of one byte read here, others by libcbor's streaming decoder; written by its encoder. Called by the
 * SenML CBOR and CBOR value codecs. See cbor_wire.h.
 */

#include "core/codec/cbor_wire.h"

#include <cbor.h>
#include <endian.h>
#include <math.h>

#include "core/codec/codec_in.h"

enum { DEPTH_MAX = TG_CODEC_IN_NESTING_MAX, HEAD_MAX = 9, HEAD_SINGLE = 0xFA, HEAD_DOUBLE = 0xFB };

/* Lengths and counts in callbacks were size_t up to libcbor 0.8. */
#if CBOR_MAJOR_VERSION == 0 && CBOR_MINOR_VERSION < 9
typedef size_t cbor_count_t;
#else
typedef uint64_t cbor_count_t;
#endif

static void set(void *ud, tg_cbor_kind_t kind, uint64_t n) {
  tg_cbor_item_t *item = ud;
  item->kind = kind;
  item->n = n;
}

static void set_string(void *ud, tg_cbor_kind_t kind, cbor_data p, cbor_count_t len) {
  tg_cbor_item_t *item = ud;
  item->kind = kind;
  item->s = tg_slice(p, (size_t)len);
}

static void set_float(void *ud, double value) {
  tg_cbor_item_t *item = ud;
  item->kind = TG_CBOR_FLOAT;
  item->f = value;
}

static void on_uint8(void *ud, uint8_t n) {
  set(ud, TG_CBOR_UINT, n);
}

static void on_uint16(void *ud, uint16_t n) {
  set(ud, TG_CBOR_UINT, n);
}

static void on_uint32(void *ud, uint32_t n) {
  set(ud, TG_CBOR_UINT, n);
}

static void on_uint64(void *ud, uint64_t n) {
  set(ud, TG_CBOR_UINT, n);
}

static void on_negint8(void *ud, uint8_t n) {
  set(ud, TG_CBOR_NEGINT, n);
}

static void on_negint16(void *ud, uint16_t n) {
  set(ud, TG_CBOR_NEGINT, n);
}

static void on_negint32(void *ud, uint32_t n) {
  set(ud, TG_CBOR_NEGINT, n);
}

static void on_negint64(void *ud, uint64_t n) {
  set(ud, TG_CBOR_NEGINT, n);
}

static void on_bytes_open(void *ud) {
  set(ud, TG_CBOR_BYTES_OPEN, 0);
}

static void on_bytes(void *ud, cbor_data p, cbor_count_t len) {
  set_string(ud, TG_CBOR_BYTES, p, len);
}

static void on_text(void *ud, cbor_data p, cbor_count_t len) {
  set_string(ud, TG_CBOR_TEXT, p, len);
}

static void on_text_open(void *ud) {
  set(ud, TG_CBOR_TEXT_OPEN, 0);
}

static void on_array_open(void *ud) {
  set(ud, TG_CBOR_ARRAY_OPEN, 0);
}

static void on_array(void *ud, cbor_count_t count) {
  set(ud, TG_CBOR_ARRAY, count);
}

static void on_map_open(void *ud) {
  set(ud, TG_CBOR_MAP_OPEN, 0);
}

static void on_map(void *ud, cbor_count_t count) {
  set(ud, TG_CBOR_MAP, count);
}

static void on_tag(void *ud, uint64_t tag) {
  set(ud, TG_CBOR_TAG, tag);
}

static void on_float(void *ud, float value) {
  set_float(ud, (double)value);
}

static void on_double(void *ud, double value) {
  set_float(ud, value);
}

static void on_undefined(void *ud) {
  set(ud, TG_CBOR_UNDEFINED, 0);
}

static void on_null(void *ud) {
  set(ud, TG_CBOR_NULL, 0);
}

static void on_bool(void *ud, bool value) {
  set(ud, TG_CBOR_BOOL, value);
}

static void on_break(void *ud) {
  set(ud, TG_CBOR_BREAK, 0);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint64 = on_negint64,
    .negint32 = on_negint32,
    .negint16 = on_negint16,
    .negint8 = on_negint8,
    .byte_string_start = on_bytes_open,
    .byte_string = on_bytes,
    .string = on_text,
    .string_start = on_text_open,
    .indef_array_start = on_array_open,
    .array_start = on_array,
    .indef_map_start = on_map_open,
    .map_start = on_map,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_undefined,
    .null = on_null,
    .boolean = on_bool,
    .indef_break = on_break,
};

static bool is_inside(tg_slice_t part, tg_slice_t whole) {
  return part.p >= whole.p && part.len <= whole.len && (size_t)(part.p - whole.p) <= whole.len - part.len;
}

/* Any item, as libcbor reads it. */
static TG_NOINLINE tg_rc_t take_any(tg_slice_t *rest, tg_cbor_item_t *item) {
  struct cbor_decoder_result result = cbor_stream_decode(rest->p, rest->len, &callbacks, item);
  if (result.status == CBOR_DECODER_NEDATA) return TG_E_TRUNCATED;
  if (result.status != CBOR_DECODER_FINISHED || result.read == 0 || result.read > rest->len) return TG_E_SYNTAX;
  /* What the library says of a string is not believed: a length from outside is in it. */
  bool is_string = item->kind == TG_CBOR_BYTES || item->kind == TG_CBOR_TEXT;
  if (is_string && item->s.len && !is_inside(item->s, *rest)) return TG_E_TRUNCATED;
  *rest = tg_slice_from(*rest, result.read);
  return TG_OK;
}

/* Measured values are singles and doubles mostly. */
static tg_rc_t take_single(tg_slice_t *rest, tg_cbor_item_t *item) {
  uint32_t bits;
  float value;
  if (rest->len <= sizeof bits) return TG_E_TRUNCATED;
  memcpy(&bits, rest->p + 1, sizeof bits);
  bits = be32toh(bits);
  memcpy(&value, &bits, sizeof bits);
  set_float(item, (double)value);
  *rest = tg_slice_from(*rest, 1 + sizeof bits);
  return TG_OK;
}

static tg_rc_t take_double(tg_slice_t *rest, tg_cbor_item_t *item) {
  uint64_t bits;
  double value;
  if (rest->len <= sizeof bits) return TG_E_TRUNCATED;
  memcpy(&bits, rest->p + 1, sizeof bits);
  bits = be64toh(bits);
  memcpy(&value, &bits, sizeof bits);
  set_float(item, value);
  *rest = tg_slice_from(*rest, 1 + sizeof bits);
  return TG_OK;
}

tg_rc_t tg_cbor_wire_next_wide(tg_slice_t *rest, tg_cbor_item_t *item) {
  if (rest->p[0] == HEAD_SINGLE) return take_single(rest, item);
  return rest->p[0] == HEAD_DOUBLE ? take_double(rest, item) : take_any(rest, item);
}

/* The next item inside something that has begun: the end of input is a truncation there. */
static tg_rc_t next_inside(tg_slice_t *rest, tg_cbor_item_t *item) {
  tg_rc_t rc = tg_cbor_wire_next(rest, item);
  return rc == TG_END ? TG_E_TRUNCATED : rc;
}

tg_rc_t tg_cbor_wire_join(tg_slice_t *rest, tg_buf_t *scratch, tg_cbor_item_t *item) {
  tg_cbor_kind_t kind = item->kind == TG_CBOR_TEXT_OPEN ? TG_CBOR_TEXT : TG_CBOR_BYTES;
  size_t start = scratch->len;
  for (;;) {
    tg_cbor_item_t chunk;
    tg_rc_t rc = next_inside(rest, &chunk);
    if (rc != TG_OK) return rc;
    if (chunk.kind == TG_CBOR_BREAK) break;
    if (chunk.kind != kind) return TG_E_SYNTAX;
    tg_buf_put(scratch, chunk.s);
  }
  item->kind = kind;
  item->s = tg_slice_from(tg_buf_slice(scratch), start);
  return scratch->rc;
}

/* What is open while skipping: how many items are left, or that a break ends it. */
typedef struct level {
  uint64_t left;
  enum { COUNTED, OPEN_ARRAY, OPEN_MAP, OPEN_BYTES, OPEN_TEXT } kind;
} level_t;

static tg_rc_t open_level(level_t *level, const tg_cbor_item_t *item) {
  switch (item->kind) {
  case TG_CBOR_ARRAY:
  case TG_CBOR_TAG: *level = (level_t){item->kind == TG_CBOR_TAG ? 1 : item->n, COUNTED}; return TG_OK;
  case TG_CBOR_MAP: *level = (level_t){item->n * 2, COUNTED}; return item->n > INT64_MAX ? TG_E_TRUNCATED : TG_OK;
  case TG_CBOR_ARRAY_OPEN: *level = (level_t){0, OPEN_ARRAY}; return TG_OK;
  case TG_CBOR_MAP_OPEN: *level = (level_t){0, OPEN_MAP}; return TG_OK;
  case TG_CBOR_BYTES_OPEN: *level = (level_t){0, OPEN_BYTES}; return TG_OK;
  case TG_CBOR_TEXT_OPEN: *level = (level_t){0, OPEN_TEXT}; return TG_OK;
  case TG_CBOR_UINT:
  case TG_CBOR_NEGINT:
  case TG_CBOR_BYTES:
  case TG_CBOR_TEXT:
  case TG_CBOR_FLOAT:
  case TG_CBOR_BOOL:
  case TG_CBOR_NULL:
  case TG_CBOR_UNDEFINED:
  case TG_CBOR_BREAK:
  default: return TG_END;
  }
}

/* Whether @p item may stand in the innermost level; a break ends only what is open, and no map between a key and its value. */
static bool is_welcome(const level_t *top, const tg_cbor_item_t *item) {
  if (item->kind == TG_CBOR_BREAK) return top->kind != COUNTED && !(top->kind == OPEN_MAP && top->left % 2);
  if (top->kind == OPEN_BYTES) return item->kind == TG_CBOR_BYTES;
  return top->kind != OPEN_TEXT || item->kind == TG_CBOR_TEXT;
}

tg_rc_t tg_cbor_wire_skip(tg_slice_t *rest, const tg_cbor_item_t *item) {
  level_t levels[DEPTH_MAX] = {0};
  size_t depth = 0;
  tg_cbor_item_t at = *item;
  if (at.kind == TG_CBOR_BREAK) return TG_E_SYNTAX;
  for (;;) {
    level_t opened;
    tg_rc_t rc = at.kind == TG_CBOR_BREAK ? TG_END : open_level(&opened, &at);
    if (rc != TG_OK && rc != TG_END) return rc;
    if (rc == TG_OK && depth == DEPTH_MAX) return TG_E_TOO_LONG;
    if (rc == TG_OK) levels[depth++] = opened;
    if (at.kind == TG_CBOR_BREAK) depth--;
    while (depth && levels[depth - 1].kind == COUNTED && levels[depth - 1].left == 0) depth--;
    if (depth == 0) return TG_OK;

    level_t *top = levels + depth - 1;
    rc = next_inside(rest, &at);
    if (rc != TG_OK) return rc;
    if (!is_welcome(top, &at)) return TG_E_SYNTAX;
    /* What is counted counts down, what is open counts up (for the parity of a map). */
    if (at.kind != TG_CBOR_BREAK) top->left += top->kind == COUNTED ? UINT64_MAX : 1;
  }
}

/* Appends a head that libcbor writes; it is never longer than nine bytes. */
static void put_head(tg_buf_t *out, const uint8_t *head, size_t len) {
  tg_buf_put(out, tg_slice(head, len));
}

void tg_cbor_wire_put_uint(tg_buf_t *out, uint64_t value) {
  uint8_t head[HEAD_MAX];
  put_head(out, head, cbor_encode_uint(value, head, sizeof head));
}

void tg_cbor_wire_put_int(tg_buf_t *out, int64_t value) {
  uint8_t head[HEAD_MAX];
  uint64_t n = value < 0 ? (uint64_t)(-(value + 1)) : (uint64_t)value;
  size_t len = value < 0 ? cbor_encode_negint(n, head, sizeof head) : cbor_encode_uint(n, head, sizeof head);
  put_head(out, head, len);
}

void tg_cbor_wire_put_float(tg_buf_t *out, double value) {
  uint8_t head[HEAD_MAX];
  bool may_narrow = !isfinite(value) || fabs(value) <= 3.4028234663852886e38;
  float narrow = may_narrow ? (float)value : 0.0F;
  bool is_exact = may_narrow && (isnan(value) || ((double)narrow >= value && (double)narrow <= value));
  put_head(out, head,
           is_exact ? cbor_encode_single(narrow, head, sizeof head) : cbor_encode_double(value, head, sizeof head));
}

void tg_cbor_wire_put_text(tg_buf_t *out, tg_slice_t text) {
  uint8_t head[HEAD_MAX];
  put_head(out, head, cbor_encode_string_start(text.len, head, sizeof head));
  tg_buf_put(out, text);
}

void tg_cbor_wire_put_bytes(tg_buf_t *out, tg_slice_t bytes) {
  uint8_t head[HEAD_MAX];
  put_head(out, head, cbor_encode_bytestring_start(bytes.len, head, sizeof head));
  tg_buf_put(out, bytes);
}

void tg_cbor_wire_put_bool(tg_buf_t *out, bool value) {
  uint8_t head[HEAD_MAX];
  put_head(out, head, cbor_encode_bool(value, head, sizeof head));
}

void tg_cbor_wire_put_null(tg_buf_t *out) {
  uint8_t head[HEAD_MAX];
  put_head(out, head, cbor_encode_null(head, sizeof head));
}

void tg_cbor_wire_put_array(tg_buf_t *out, size_t count) {
  uint8_t head[HEAD_MAX];
  put_head(out, head, cbor_encode_array_start(count, head, sizeof head));
}

void tg_cbor_wire_put_map(tg_buf_t *out, size_t count) {
  uint8_t head[HEAD_MAX];
  put_head(out, head, cbor_encode_map_start(count, head, sizeof head));
}

void tg_cbor_wire_put_tag(tg_buf_t *out, uint64_t tag) {
  uint8_t head[HEAD_MAX];
  put_head(out, head, cbor_encode_tag(tag, head, sizeof head));
}
