/* SPDX-License-Identifier: Apache-2.0 */
/* SenML CBOR, records to bytes (RFC 8428 §6, RFC 8790 §3), always of definite length. Called through the table in codec.c. */

#include <math.h>

#include "core/codec/cbor_wire.h"
#include "core/codec/codec_format.h"
#include "core/codec/senml.h"

enum { LABEL_BT = -3, LABEL_BN = -2, LABEL_N = 0, LABEL_V = 2, LABEL_VS = 3, LABEL_VB = 4, LABEL_T = 6, LABEL_VD = 8 };
enum { OBJLNK_TEXT_MAX = 16 };

static void put_time(tg_buf_t *out, int label, int64_t ms) {
  tg_cbor_wire_put_int(out, label);
  if (ms % 1000 == 0) tg_cbor_wire_put_int(out, ms / 1000);
  else tg_cbor_wire_put_float(out, (double)ms / 1000.0);
}

static void put_text(tg_buf_t *out, int label, tg_slice_t text) {
  tg_cbor_wire_put_int(out, label);
  tg_cbor_wire_put_text(out, text);
}

static void put_objlnk(tg_buf_t *out, const tg_value_t *value) {
  char text[OBJLNK_TEXT_MAX];
  tg_buf_t buf;
  tg_buf_init(&buf, text, sizeof text);
  tg_value_put_text(&buf, value);
  tg_cbor_wire_put_text(out, tg_slice_str("vlo"));
  tg_cbor_wire_put_text(out, tg_buf_slice(&buf));
}

static tg_rc_t put_value(tg_buf_t *out, const tg_value_t *value, bool has_null) {
  switch (value->type) {
  case TG_TYPE_STRING:
  case TG_TYPE_CORELNK: put_text(out, LABEL_VS, value->s); break;
  case TG_TYPE_INTEGER:
  case TG_TYPE_TIME:
    tg_cbor_wire_put_int(out, LABEL_V);
    tg_cbor_wire_put_int(out, value->i);
    break;
  case TG_TYPE_UNSIGNED:
    tg_cbor_wire_put_int(out, LABEL_V);
    tg_cbor_wire_put_uint(out, value->u);
    break;
  case TG_TYPE_FLOAT:
    if (!isfinite(value->f)) return TG_E_RANGE;
    tg_cbor_wire_put_int(out, LABEL_V);
    tg_cbor_wire_put_float(out, value->f);
    break;
  case TG_TYPE_BOOLEAN:
    tg_cbor_wire_put_int(out, LABEL_VB);
    tg_cbor_wire_put_bool(out, value->b);
    break;
  case TG_TYPE_OPAQUE:
    tg_cbor_wire_put_int(out, LABEL_VD);
    tg_cbor_wire_put_bytes(out, value->s);
    break;
  case TG_TYPE_OBJLNK: put_objlnk(out, value); break;
  case TG_TYPE_NONE:
    if (!has_null) break; /* a name alone: composite */
    tg_cbor_wire_put_int(out, LABEL_V);
    tg_cbor_wire_put_null(out);
    break;
  case TG_TYPE_COUNT: return TG_E_TYPE;
  }
  return TG_OK;
}

/* A map counts its pairs before they come. */
static size_t count_pairs(bool has_bn, bool has_bt, bool has_n, bool has_t) {
  return (size_t)has_bn + (size_t)has_bt + (size_t)has_n + (size_t)has_t;
}

tg_rc_t tg_senml_cbor_enc_encode(const tg_codec_output_t *output, tg_buf_t *out) {
  tg_senml_plan_t plan;
  tg_rc_t rc = tg_senml_plan(output, &plan);
  if (rc != TG_OK) return rc;
  tg_cbor_wire_put_array(out, output->count);
  for (size_t i = 0; i < output->count; i++) {
    const tg_record_t *record = output->records + i;
    char text[TG_PATH_TEXT_MAX];
    tg_slice_t name = tg_senml_plan_name(&plan, &record->path, text);
    tg_value_t value;
    rc = tg_codec_out_value(output, record, &value);
    if (rc != TG_OK) return rc;
    int64_t t_ms = 0;
    bool has_bn = i == 0 && plan.bn[0], has_bt = i == 0 && plan.has_bt,
         has_t = tg_senml_plan_time(&plan, record, &t_ms);
    size_t pairs = count_pairs(has_bn, has_bt, name.len > 0, has_t) + (value.type != TG_TYPE_NONE || plan.has_null);
    tg_cbor_wire_put_map(out, pairs);
    if (has_bn) put_text(out, LABEL_BN, tg_slice_str(plan.bn));
    if (has_bt) put_time(out, LABEL_BT, plan.bt_ms);
    if (name.len) put_text(out, LABEL_N, name);
    if (has_t) put_time(out, LABEL_T, t_ms);
    rc = put_value(out, &value, plan.has_null);
    if (rc != TG_OK) return rc;
  }
  return out->rc;
}
