/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_CBOR_WIRE_H
#define TG_CORE_CODEC_CBOR_WIRE_H

/**
 * CBOR items (RFC 8949), one at a time: the only place that touches libcbor, and only its streaming half. Counts are told, never
 * allocated; nesting and the ends of indefinite things are the caller's to follow. Nothing is copied but indefinite strings.
 */

#include <math.h>

#include "core/base/buf.h"
#include "core/registry/value.h"

/** The first ones are the major types (RFC 8949 §3.1), in their order. */
typedef enum tg_cbor_kind {
  TG_CBOR_UINT,       /* n */
  TG_CBOR_NEGINT,     /* -1 - n */
  TG_CBOR_BYTES,      /* s */
  TG_CBOR_TEXT,       /* s, not checked for UTF-8 */
  TG_CBOR_ARRAY,      /* n items */
  TG_CBOR_MAP,        /* n pairs */
  TG_CBOR_TAG,        /* n; its item follows */
  TG_CBOR_BYTES_OPEN, /* indefinite: chunks, then BREAK */
  TG_CBOR_TEXT_OPEN,
  TG_CBOR_ARRAY_OPEN,
  TG_CBOR_MAP_OPEN,
  TG_CBOR_FLOAT, /* f; half, single or double */
  TG_CBOR_BOOL,  /* n: 0 or 1 */
  TG_CBOR_NULL,
  TG_CBOR_UNDEFINED,
  TG_CBOR_BREAK
} tg_cbor_kind_t;

/** One item's head, strings with their bytes (borrowed from the input). */
typedef struct tg_cbor_item {
  tg_cbor_kind_t kind;
  uint64_t n;
  double f;
  tg_slice_t s;
} tg_cbor_item_t;

/** tg_cbor_wire_next() of an item whose head is not all in one byte; @p rest is not empty. */
TG_MUST_CHECK tg_rc_t tg_cbor_wire_next_wide(tg_slice_t *rest, tg_cbor_item_t *item);

/**
 * Takes the next item off the front of @p rest. TG_END when nothing is left; TG_E_TRUNCATED; TG_E_SYNTAX for heads that RFC 8949 reserves.
 *
 * Most of what devices send are heads of one byte: small numbers, short strings, counts. They are read here: libcbor calls a function for
 * each item, which costs more than everything else that is done with a record. Tags stay with it, since its releases differ in what they refuse.
 */
TG_MUST_CHECK static inline tg_rc_t tg_cbor_wire_next(tg_slice_t *rest, tg_cbor_item_t *item) {
  enum { WIDE_FROM = 24, HEAD_BYTES = 0x40, HEAD_ARRAY = 0x80, HEAD_TAG = 0xC0 };
  const tg_slice_t in = *rest;
  if (in.len == 0) return TG_END;
  unsigned head = in.p[0], n = head & 0x1F; /* RFC 8949 §3: the number, or where it is; above it the type */
  if (n >= WIDE_FROM || head >= HEAD_TAG) return tg_cbor_wire_next_wide(rest, item);
  size_t len = head >= HEAD_BYTES && head < HEAD_ARRAY ? n : 0;
  if (len >= in.len) return TG_E_TRUNCATED;
  *rest = tg_slice(in.p + 1 + len, in.len - 1 - len);
  item->kind = (tg_cbor_kind_t)(head >> 5);
  item->n = n;
  item->s = tg_slice(in.p + 1, len);
  return TG_OK;
}

/** Takes a break off the front of @p rest, if one is there. */
static inline bool tg_cbor_wire_take_break(tg_slice_t *rest) {
  if (rest->len == 0 || rest->p[0] != 0xFF) return false;
  *rest = tg_slice_from(*rest, 1);
  return true;
}

/** Makes a BYTES or TEXT of an indefinite string whose head is in @p item: its chunks are joined in @p scratch (lent from there). TG_E_TRUNCATED, TG_E_SYNTAX, the buffer's error. */
TG_MUST_CHECK tg_rc_t tg_cbor_wire_join(tg_slice_t *rest, tg_buf_t *scratch, tg_cbor_item_t *item);

/** The value that a scalar item is on its own: INTEGER (UNSIGNED above INT64_MAX), FLOAT, BOOLEAN, STRING, OPAQUE, NONE for null. TG_E_RANGE for what no integer type holds and for floats that are not finite; TG_E_SYNTAX for anything else. */
TG_MUST_CHECK static inline tg_rc_t tg_cbor_wire_value(const tg_cbor_item_t *item, tg_value_t *value) {
  switch (item->kind) {
  case TG_CBOR_UINT:
    if (item->n > INT64_MAX) *value = (tg_value_t){.type = TG_TYPE_UNSIGNED, .u = item->n};
    else *value = (tg_value_t){.type = TG_TYPE_INTEGER, .i = (int64_t)item->n};
    return TG_OK;
  case TG_CBOR_NEGINT:
    if (item->n > INT64_MAX) return TG_E_RANGE;
    *value = (tg_value_t){.type = TG_TYPE_INTEGER, .i = -(int64_t)item->n - 1};
    return TG_OK;
  case TG_CBOR_FLOAT:
    *value = (tg_value_t){.type = TG_TYPE_FLOAT, .f = item->f};
    return isfinite(item->f) ? TG_OK : TG_E_RANGE;
  case TG_CBOR_BOOL: *value = (tg_value_t){.type = TG_TYPE_BOOLEAN, .b = item->n != 0}; return TG_OK;
  case TG_CBOR_TEXT: *value = (tg_value_t){.type = TG_TYPE_STRING, .s = item->s}; return TG_OK;
  case TG_CBOR_BYTES: *value = (tg_value_t){.type = TG_TYPE_OPAQUE, .s = item->s}; return TG_OK;
  case TG_CBOR_NULL: *value = (tg_value_t){.type = TG_TYPE_NONE}; return TG_OK;
  case TG_CBOR_BYTES_OPEN:
  case TG_CBOR_TEXT_OPEN:
  case TG_CBOR_ARRAY:
  case TG_CBOR_ARRAY_OPEN:
  case TG_CBOR_MAP:
  case TG_CBOR_MAP_OPEN:
  case TG_CBOR_TAG:
  case TG_CBOR_UNDEFINED:
  case TG_CBOR_BREAK: break;
  }
  return TG_E_SYNTAX;
}

/** Skips what belongs to the item whose head is @p item; containers at most 16 deep. TG_E_TRUNCATED, TG_E_SYNTAX, TG_E_TOO_LONG when nested deeper. */
TG_MUST_CHECK tg_rc_t tg_cbor_wire_skip(tg_slice_t *rest, const tg_cbor_item_t *item);

/** Appends an integer in the shortest form. */
void tg_cbor_wire_put_int(tg_buf_t *out, int64_t value);

/** Appends an unsigned integer in the shortest form. */
void tg_cbor_wire_put_uint(tg_buf_t *out, uint64_t value);

/** Appends a float: single where nothing is lost, else double; never half, which some peers can't read. */
void tg_cbor_wire_put_float(tg_buf_t *out, double value);

/** Appends a text string. */
void tg_cbor_wire_put_text(tg_buf_t *out, tg_slice_t text);

/** Appends a byte string. */
void tg_cbor_wire_put_bytes(tg_buf_t *out, tg_slice_t bytes);

/** Appends null. */
void tg_cbor_wire_put_null(tg_buf_t *out);

/** Appends true or false. */
void tg_cbor_wire_put_bool(tg_buf_t *out, bool value);

/** Appends the head of an array of @p count items. */
void tg_cbor_wire_put_array(tg_buf_t *out, size_t count);

/** Appends the head of a map of @p count pairs. */
void tg_cbor_wire_put_map(tg_buf_t *out, size_t count);

/** Appends the head of tag @p tag; its item must follow. */
void tg_cbor_wire_put_tag(tg_buf_t *out, uint64_t tag);

#endif
