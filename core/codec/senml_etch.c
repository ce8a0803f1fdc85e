/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/codec: what FETCH and iPATCH allow in SenML. Called by senml.c for both spellings. See senml_etch.h. */

#include "core/codec/senml_etch.h"

#include "core/codec/coap_msg.h"

static bool has_null(int content_format) {
  return content_format == TG_CF_ETCH_JSON || content_format == TG_CF_ETCH_CBOR;
}

tg_rc_t tg_senml_etch_take(const tg_codec_input_t *input, const tg_value_t *value, bool has_value) {
  switch (input->use) {
  case TG_CODEC_USE_FETCH: return has_value ? TG_E_SYNTAX : TG_OK;
  case TG_CODEC_USE_PATCH:
    if (!has_value) return TG_E_SYNTAX;
    return value->type != TG_TYPE_NONE || has_null(input->content_format) ? TG_OK : TG_E_SYNTAX;
  case TG_CODEC_USE_REPORT:
  case TG_CODEC_USE_WRITE:
  default: return TG_OK;
  }
}

tg_rc_t tg_senml_etch_check(const tg_codec_output_t *output) {
  for (size_t i = 0; i < output->count; i++) {
    bool has_value = output->records[i].value.type != TG_TYPE_NONE;
    if (output->use == TG_CODEC_USE_FETCH && has_value) return TG_E_ARG;
    if (output->use == TG_CODEC_USE_PATCH && !has_value && !has_null(output->content_format)) return TG_E_FORMAT;
  }
  return TG_OK;
}
