/* SPDX-License-Identifier: Apache-2.0 */
/* SenML JSON, records to bytes (RFC 8428 §5, RFC 8790 §3). Called through the table in codec.c. */

#include "core/base/base64.h"
#include "core/codec/codec_format.h"
#include "core/codec/json_value.h"
#include "core/codec/senml.h"

static const tg_json_labels_t labels = {"vs", "vb", "vlo", "vd", tg_base64_put_url};

static tg_rc_t put_value(tg_json_out_t *json, const tg_value_t *value, bool has_null) {
  if (value->type != TG_TYPE_NONE) return tg_json_value_put(json, &labels, value);
  if (!has_null) return TG_OK; /* a name alone: composite */
  tg_json_write_key(json, "v");
  tg_json_write_value(json, value);
  return TG_OK;
}

static void put_text(tg_json_out_t *json, const char *key, tg_slice_t text) {
  tg_json_write_key(json, key);
  tg_json_write_str(json, text);
}

tg_rc_t tg_senml_json_enc_encode(const tg_codec_output_t *output, tg_buf_t *out) {
  tg_senml_plan_t plan;
  tg_rc_t rc = tg_senml_plan(output, &plan);
  if (rc != TG_OK) return rc;
  tg_json_out_t json;
  tg_json_write_begin(&json, out);
  tg_json_write_open(&json, '[');
  for (size_t i = 0; i < output->count; i++) {
    const tg_record_t *record = output->records + i;
    char text[TG_PATH_TEXT_MAX];
    tg_slice_t name = tg_senml_plan_name(&plan, &record->path, text);
    tg_value_t value;
    int64_t t_ms;
    rc = tg_codec_out_value(output, record, &value);
    if (rc != TG_OK) return rc;
    tg_json_write_open(&json, '{');
    if (i == 0 && plan.bn[0]) put_text(&json, "bn", tg_slice_str(plan.bn));
    if (i == 0 && plan.has_bt) tg_json_write_seconds(&json, "bt", plan.bt_ms);
    if (name.len) put_text(&json, "n", name);
    if (tg_senml_plan_time(&plan, record, &t_ms)) tg_json_write_seconds(&json, "t", t_ms);
    rc = put_value(&json, &value, plan.has_null);
    if (rc != TG_OK) return rc;
    tg_json_write_close(&json, '}');
  }
  tg_json_write_close(&json, ']');
  return out->rc;
}
