/* SPDX-License-Identifier: Apache-2.0 */
/* Plain text, bytes to one value (LwM2M Core 1.1 §7.4.1, Appendix C). Called through the table in codec.c. */

#include "core/base/base64.h"
#include "core/base/num.h"
#include "core/codec/codec_format.h"
#include "core/codec/codec_in.h"

typedef struct text_state {
  tg_codec_in_t in;
  bool ended;
} text_state_t;

_Static_assert(sizeof(text_state_t) <= sizeof(((tg_codec_dec_t *)0)->state), "fits the decoder");

static tg_rc_t init(void *state, const tg_codec_input_t *input) {
  text_state_t *text = state;
  tg_codec_in_init(&text->in, input);
  text->ended = false;
  return input->base.len < TG_PATH_RESOURCE ? TG_E_FORMAT : TG_OK;
}

static tg_rc_t read_boolean(tg_slice_t text, bool *b) {
  if (text.len != 1 || (text.p[0] != '0' && text.p[0] != '1')) return TG_E_SYNTAX;
  *b = text.p[0] == '1';
  return TG_OK;
}

/* Opaque values travel in Base64, since text can't hold them. */
static tg_rc_t read_opaque(const tg_codec_in_t *in, tg_slice_t text, tg_slice_t *bytes) {
  tg_buf_t *scratch;
  tg_rc_t rc = tg_codec_in_scratch(in, &scratch);
  if (rc != TG_OK) return rc;
  size_t start = scratch->len;
  rc = tg_base64_get(text, scratch);
  *bytes = tg_slice_from(tg_buf_slice(scratch), start);
  return rc;
}

static tg_rc_t read_value(const tg_codec_in_t *in, tg_type_t type, tg_value_t *value) {
  tg_slice_t text = in->input->payload;
  value->type = type;
  switch (type) {
  case TG_TYPE_INTEGER:
  case TG_TYPE_TIME: return tg_num_parse_i64(text, &value->i);
  case TG_TYPE_UNSIGNED: return tg_num_parse_u64(text, UINT64_MAX, &value->u);
  case TG_TYPE_FLOAT: return tg_num_parse_double(text, &value->f);
  case TG_TYPE_BOOLEAN: return read_boolean(text, &value->b);
  case TG_TYPE_OPAQUE: return read_opaque(in, text, &value->s);
  case TG_TYPE_OBJLNK: return tg_value_parse_objlnk(text, &value->link);
  case TG_TYPE_STRING:
  case TG_TYPE_CORELNK: value->s = text; return TG_OK;
  case TG_TYPE_NONE:
  case TG_TYPE_COUNT:
  default: *value = (tg_value_t){.type = TG_TYPE_STRING, .s = text}; return TG_OK; /* unknown: what came is text */
  }
}

static tg_rc_t next(void *state, tg_record_t *record) {
  text_state_t *text = state;
  if (text->ended) return TG_END;
  text->ended = true;
  tg_value_t value;
  tg_rc_t rc = read_value(&text->in, tg_codec_in_type(&text->in, &text->in.input->base), &value);
  return rc == TG_OK ? tg_codec_in_place_single(&text->in, &value, record) : rc;
}

const tg_codec_reader_t tg_text_dec_reader = {sizeof(text_state_t), init, next};
