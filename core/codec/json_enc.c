/* SPDX-License-Identifier: Apache-2.0 */
/* LwM2M 1.0's own JSON, records to bytes (content format 11543, LwM2M 1.0 §6.4.4). Called through the table in codec.c. */

#include "core/base/base64.h"
#include "core/codec/codec_format.h"
#include "core/codec/json_value.h"
#include "core/codec/senml.h"

/* There is no label for bytes: they go as Base64 in a string. */
static const tg_json_labels_t labels = {"sv", "bv", "ov", "sv", tg_base64_put};

static tg_rc_t put_record(tg_json_out_t *json, const tg_senml_plan_t *plan, const tg_codec_output_t *output, size_t i) {
  const tg_record_t *record = output->records + i;
  char text[TG_PATH_TEXT_MAX];
  tg_slice_t name = tg_senml_plan_name(plan, &record->path, text);
  tg_value_t value;
  int64_t t_ms;
  tg_rc_t rc = tg_codec_out_value(output, record, &value);
  if (rc != TG_OK) return rc;
  tg_json_write_open(json, '{');
  if (name.len) {
    tg_json_write_key(json, "n");
    tg_json_write_str(json, name);
  }
  if (tg_senml_plan_time(plan, record, &t_ms)) tg_json_write_seconds(json, "t", t_ms);
  rc = tg_json_value_put(json, &labels, &value);
  tg_json_write_close(json, '}');
  return rc;
}

tg_rc_t tg_json_enc_encode(const tg_codec_output_t *output, tg_buf_t *out) {
  tg_senml_plan_t plan;
  tg_rc_t rc = tg_senml_plan(output, &plan);
  if (rc != TG_OK) return rc;
  tg_json_out_t json;
  tg_json_write_begin(&json, out);
  tg_json_write_open(&json, '{');
  if (plan.bn[0]) {
    tg_json_write_key(&json, "bn");
    tg_json_write_str(&json, tg_slice_str(plan.bn));
  }
  if (plan.has_bt) tg_json_write_seconds(&json, "bt", plan.bt_ms);
  tg_json_write_key(&json, "e");
  tg_json_write_open(&json, '[');
  for (size_t i = 0; i < output->count; i++) {
    rc = put_record(&json, &plan, output, i);
    if (rc != TG_OK) return rc;
  }
  tg_json_write_close(&json, ']');
  tg_json_write_close(&json, '}');
  return out->rc;
}
