/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/codec: one value as one CBOR item. Called by the CBOR value and LwM2M CBOR codecs. See cbor_scalar.h. */

#include "core/codec/cbor_scalar.h"

#include <math.h>

enum { TAG_TIME_TEXT = 0, TAG_TIME = 1, OBJLNK_TEXT_MAX = 16 };

tg_rc_t tg_cbor_scalar_take(const tg_codec_in_t *in, tg_slice_t *rest, tg_cbor_item_t *item, tg_value_t *value) {
  tg_rc_t rc = TG_OK;
  if (item->kind == TG_CBOR_TAG) {
    if (item->n != TAG_TIME && item->n != TAG_TIME_TEXT) return TG_E_SYNTAX;
    rc = tg_cbor_wire_next(rest, item);
    if (rc != TG_OK) return rc == TG_END ? TG_E_TRUNCATED : rc;
  }
  if (item->kind == TG_CBOR_TEXT_OPEN || item->kind == TG_CBOR_BYTES_OPEN) {
    tg_buf_t *scratch;
    rc = tg_codec_in_scratch(in, &scratch);
    if (rc == TG_OK) rc = tg_cbor_wire_join(rest, scratch, item);
  }
  return rc == TG_OK ? tg_cbor_wire_value(item, value) : rc;
}

static void put_objlnk(tg_buf_t *out, const tg_value_t *value) {
  char text[OBJLNK_TEXT_MAX];
  tg_buf_t buf;
  tg_buf_init(&buf, text, sizeof text);
  tg_value_put_text(&buf, value);
  tg_cbor_wire_put_text(out, tg_buf_slice(&buf));
}

tg_rc_t tg_cbor_scalar_put(tg_buf_t *out, const tg_value_t *value) {
  switch (value->type) {
  case TG_TYPE_STRING:
  case TG_TYPE_CORELNK: tg_cbor_wire_put_text(out, value->s); break;
  case TG_TYPE_INTEGER:
  case TG_TYPE_TIME: tg_cbor_wire_put_int(out, value->i); break;
  case TG_TYPE_UNSIGNED: tg_cbor_wire_put_uint(out, value->u); break;
  case TG_TYPE_FLOAT:
    if (!isfinite(value->f)) return TG_E_RANGE;
    tg_cbor_wire_put_float(out, value->f);
    break;
  case TG_TYPE_BOOLEAN: tg_cbor_wire_put_bool(out, value->b); break;
  case TG_TYPE_OPAQUE: tg_cbor_wire_put_bytes(out, value->s); break;
  case TG_TYPE_OBJLNK: put_objlnk(out, value); break;
  case TG_TYPE_NONE: tg_cbor_wire_put_null(out); break;
  case TG_TYPE_COUNT:
  default: return TG_E_TYPE;
  }
  return TG_OK;
}
