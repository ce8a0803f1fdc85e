/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/codec: what the encoders share. See codec_out.h. */

#include "core/codec/codec_out.h"

#include "core/base/utf8.h"

tg_rc_t tg_codec_out_check(const tg_codec_output_t *output, bool ascending) {
  for (size_t i = 0; i < output->count; i++) {
    const tg_record_t *record = output->records + i;
    if (!tg_path_covers(&output->base, &record->path)) return TG_E_ARG;
    if (record->value.type != TG_TYPE_NONE && record->path.len < TG_PATH_RESOURCE) return TG_E_ARG;
    if (ascending && i && tg_path_cmp(&record[-1].path, &record->path) >= 0) return TG_E_ARG;
  }
  return TG_OK;
}

tg_rc_t tg_codec_out_value(const tg_codec_output_t *output, const tg_record_t *record, tg_value_t *value) {
  *value = record->value;
  if (value->type == TG_TYPE_NONE) return TG_OK;
  const tg_resdef_t *res = tg_model_resource(output->model, &record->path);
  if (res && res->multiple && record->path.len == TG_PATH_RESOURCE) return TG_E_TYPE;
  if (res && res->type != TG_TYPE_NONE) {
    tg_rc_t rc = tg_value_convert(&record->value, (tg_type_t)res->type, value);
    if (rc != TG_OK) return rc;
  }
  bool is_text = value->type == TG_TYPE_STRING || value->type == TG_TYPE_CORELNK;
  return !is_text || tg_utf8_valid(value->s) ? TG_OK : TG_E_ENCODING;
}

tg_rc_t tg_codec_out_single(const tg_codec_output_t *output, tg_value_t *value) {
  if (output->count != 1 || output->records->path.len < TG_PATH_RESOURCE) return TG_E_FORMAT;
  tg_rc_t rc = tg_codec_out_check(output, false);
  if (rc == TG_OK) rc = tg_codec_out_value(output, output->records, value);
  if (rc != TG_OK) return rc;
  return value->type == TG_TYPE_NONE ? TG_E_TYPE : TG_OK;
}
