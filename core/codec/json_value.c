/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/codec: see json_value.h. Called by json_enc.c, senml_json_enc.c. */

#include "core/codec/json_value.h"

#include <math.h>

static void put_bytes(tg_json_out_t *json, const tg_json_labels_t *labels, tg_slice_t bytes) {
  tg_json_write_key(json, labels->bytes);
  tg_buf_put_u8(json->out, '"');
  labels->put_base64(json->out, bytes);
  tg_buf_put_u8(json->out, '"');
  json->comma = true;
}

tg_rc_t tg_json_value_put(tg_json_out_t *json, const tg_json_labels_t *labels, const tg_value_t *value) {
  switch (value->type) {
  case TG_TYPE_STRING:
  case TG_TYPE_CORELNK: tg_json_write_key(json, labels->text); break;
  case TG_TYPE_FLOAT:
    if (!isfinite(value->f)) return TG_E_RANGE;
    tg_json_write_key(json, "v");
    break;
  case TG_TYPE_INTEGER:
  case TG_TYPE_UNSIGNED:
  case TG_TYPE_TIME: tg_json_write_key(json, "v"); break;
  case TG_TYPE_BOOLEAN: tg_json_write_key(json, labels->boolean); break;
  case TG_TYPE_OBJLNK: tg_json_write_key(json, labels->link); break;
  case TG_TYPE_OPAQUE: put_bytes(json, labels, value->s); return TG_OK;
  case TG_TYPE_NONE:
  case TG_TYPE_COUNT: return TG_E_TYPE;
  }
  tg_json_write_value(json, value);
  return TG_OK;
}
