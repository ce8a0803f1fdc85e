/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/codec: what the decoders share. See codec_in.h. */

#include "core/codec/codec_in.h"

#include "core/base/utf8.h"

enum { NO_OBJECT = UINT16_MAX + 1 };

void tg_codec_in_init(tg_codec_in_t *in, const tg_codec_input_t *input) {
  *in = (tg_codec_in_t){.input = input, .oid = NO_OBJECT};
}

const tg_resdef_t *tg_codec_in_resource(tg_codec_in_t *in, const tg_path_t *path) {
  if (path->len < TG_PATH_RESOURCE) return NULL;
  if (in->oid != path->id[0]) {
    in->oid = path->id[0];
    in->def = tg_model_object(in->input->model, path->id[0]);
    in->next = 0;
  }
  if (!in->def) return NULL;
  bool is_next = in->next < in->def->resource_count && in->def->resources[in->next].id == path->id[2];
  const tg_resdef_t *res = is_next ? in->def->resources + in->next : tg_objdef_find(in->def, path->id[2]);
  if (res) in->next = (size_t)(res - in->def->resources) + 1;
  return res;
}

tg_type_t tg_codec_in_type(tg_codec_in_t *in, const tg_path_t *path) {
  const tg_resdef_t *res = tg_codec_in_resource(in, path);
  return res ? (tg_type_t)res->type : TG_TYPE_NONE;
}

tg_rc_t tg_codec_in_place(tg_codec_in_t *in, tg_record_t *record) {
  if (++in->count > TG_CODEC_IN_RECORDS_MAX) return TG_E_TOO_LONG;
  if (!tg_path_covers(&in->input->base, &record->path)) return TG_E_DENIED;
  tg_value_t *value = &record->value;
  if (value->type == TG_TYPE_NONE) return TG_OK;
  if (record->path.len < TG_PATH_RESOURCE) return TG_E_SYNTAX;
  tg_type_t type = tg_codec_in_type(in, &record->path);
  if (type != TG_TYPE_NONE && type != value->type) {
    tg_rc_t rc = tg_value_convert(value, type, value);
    if (rc != TG_OK) return rc;
  }
  bool is_text = value->type == TG_TYPE_STRING || value->type == TG_TYPE_CORELNK;
  return !is_text || tg_utf8_valid(value->s) ? TG_OK : TG_E_ENCODING;
}

tg_rc_t tg_codec_in_place_single(tg_codec_in_t *in, const tg_value_t *value, tg_record_t *record) {
  const tg_codec_input_t *input = in->input;
  *record = (tg_record_t){.path = input->base, .value = *value, .time_ms = input->now_ms};
  return tg_codec_in_place(in, record);
}

/*
 * Values are lent from the scratch buffer, so it must not move once something is in it. What is decoded is never longer than its
 * encoded form, but LwM2M 1.0's JSON has Base64 in texts: with escapes (`\/`) a text without them comes first, and then its bytes. So twice as many
 * bytes as the payload has (or as the buffer may hold) are enough for all of it.
 */
tg_rc_t tg_codec_in_scratch(const tg_codec_in_t *in, tg_buf_t **scratch) {
  tg_buf_t *buf = in->input->scratch;
  if (!buf) return TG_E_ARG;
  if (buf->max && buf->len == 0) {
    size_t need = in->input->payload.len * 2;
    if (tg_buf_reserve(buf, need < buf->max ? need : buf->max)) tg_buf_clear(buf);
  }
  *scratch = buf;
  return buf->rc;
}
