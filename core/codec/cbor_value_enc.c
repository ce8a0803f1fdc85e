/* SPDX-License-Identifier: Apache-2.0 */
/* One value as one CBOR item (content format 60, LwM2M Core 1.1 §7.4.3). Called through the table in codec.c. */

#include <math.h>

#include "core/codec/cbor_wire.h"
#include "core/codec/codec_format.h"
#include "core/codec/codec_out.h"

enum { TAG_TIME = 1, OBJLNK_TEXT_MAX = 16 };

static tg_rc_t put_objlnk(tg_buf_t *out, const tg_value_t *value) {
  char text[OBJLNK_TEXT_MAX];
  tg_buf_t buf;
  tg_buf_init(&buf, text, sizeof text);
  tg_value_put_text(&buf, value);
  tg_cbor_wire_put_text(out, tg_buf_slice(&buf));
  return out->rc;
}

tg_rc_t tg_cbor_value_enc_encode(const tg_codec_output_t *output, tg_buf_t *out) {
  tg_value_t value;
  tg_rc_t rc = tg_codec_out_single(output, &value);
  if (rc != TG_OK) return rc;
  switch (value.type) {
  case TG_TYPE_STRING:
  case TG_TYPE_CORELNK: tg_cbor_wire_put_text(out, value.s); break;
  case TG_TYPE_INTEGER: tg_cbor_wire_put_int(out, value.i); break;
  case TG_TYPE_UNSIGNED: tg_cbor_wire_put_uint(out, value.u); break;
  case TG_TYPE_FLOAT:
    if (!isfinite(value.f)) return TG_E_RANGE;
    tg_cbor_wire_put_float(out, value.f);
    break;
  case TG_TYPE_BOOLEAN: tg_cbor_wire_put_bool(out, value.b); break;
  case TG_TYPE_OPAQUE: tg_cbor_wire_put_bytes(out, value.s); break;
  case TG_TYPE_TIME:
    tg_cbor_wire_put_tag(out, TAG_TIME);
    tg_cbor_wire_put_int(out, value.i);
    break;
  case TG_TYPE_OBJLNK: return put_objlnk(out, &value);
  case TG_TYPE_NONE:
  case TG_TYPE_COUNT: return TG_E_TYPE;
  }
  return out->rc;
}
