/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_CBOR_WIRE_H
#define TG_CORE_CODEC_CBOR_WIRE_H

/**
 * CBOR items (RFC 8949), one at a time: the only place that touches libcbor, and only its streaming half. Counts are told, never
 * allocated; nesting and the ends of indefinite things are the caller's to follow. Nothing is copied but indefinite strings.
 */

#include "core/base/buf.h"
#include "core/registry/value.h"

typedef enum tg_cbor_kind {
  TG_CBOR_UINT,       /* n */
  TG_CBOR_NEGINT,     /* -1 - n */
  TG_CBOR_BYTES,      /* s */
  TG_CBOR_TEXT,       /* s, not checked for UTF-8 */
  TG_CBOR_BYTES_OPEN, /* indefinite: chunks, then BREAK */
  TG_CBOR_TEXT_OPEN,
  TG_CBOR_ARRAY, /* n items */
  TG_CBOR_ARRAY_OPEN,
  TG_CBOR_MAP, /* n pairs */
  TG_CBOR_MAP_OPEN,
  TG_CBOR_TAG,   /* n; its item follows */
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

/** Takes the next item off the front of @p rest. TG_END when nothing is left; TG_E_TRUNCATED; TG_E_SYNTAX for heads that RFC 8949 reserves. */
TG_MUST_CHECK tg_rc_t tg_cbor_wire_next(tg_slice_t *rest, tg_cbor_item_t *item);

/** Makes a BYTES or TEXT of an indefinite string whose head is in @p item: its chunks are joined in @p scratch (lent from there). TG_E_TRUNCATED, TG_E_SYNTAX, the buffer's error. */
TG_MUST_CHECK tg_rc_t tg_cbor_wire_join(tg_slice_t *rest, tg_buf_t *scratch, tg_cbor_item_t *item);

/** The value that a scalar item is on its own: INTEGER (UNSIGNED above INT64_MAX), FLOAT, BOOLEAN, STRING, OPAQUE, NONE for null. TG_E_RANGE for what no integer type holds and for floats that are not finite; TG_E_SYNTAX for anything else. */
TG_MUST_CHECK tg_rc_t tg_cbor_wire_value(const tg_cbor_item_t *item, tg_value_t *value);

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
