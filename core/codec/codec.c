/* SPDX-License-Identifier: Apache-2.0 */
/* The table of payload formats. Path: server/report.c -> codec.c -> one decoder; server/command.c -> codec.c -> one encoder. See codec.h. */

#include "core/codec/codec.h"

#include "core/base/num.h"
#include "core/base/require.h"
#include "core/codec/codec_format.h"

enum {
  PLAIN = TG_CODEC_FOR(TG_CODEC_USE_REPORT) | TG_CODEC_FOR(TG_CODEC_USE_WRITE),
  PATCHES = PLAIN | TG_CODEC_FOR(TG_CODEC_USE_PATCH),
  ALL = PATCHES | TG_CODEC_FOR(TG_CODEC_USE_FETCH)
};

/* The numbers from 1541 on are those of drafts before LwM2M 1.0; devices of that time still send them. */
static const tg_codec_format_t formats[] = {
    {TG_CF_TEXT, "text", &tg_text_dec_reader, tg_text_enc_encode, PLAIN},
    {TG_CF_LINK, "link", NULL, NULL, 0},
    {TG_CF_OPAQUE, "opaque", &tg_opaque_dec_reader, tg_opaque_enc_encode, PLAIN},
    {TG_CF_CBOR, "cbor", &tg_cbor_value_dec_reader, tg_cbor_value_enc_encode, PLAIN},
    {TG_CF_SENML_JSON, "senml-json", &tg_senml_json_dec_reader, tg_senml_json_enc_encode, ALL},
    {TG_CF_SENML_CBOR, "senml-cbor", &tg_senml_cbor_dec_reader, tg_senml_cbor_enc_encode, ALL},
    {TG_CF_ETCH_JSON, "senml-etch-json", &tg_senml_json_dec_reader, tg_senml_json_enc_encode, ALL},
    {TG_CF_ETCH_CBOR, "senml-etch-cbor", &tg_senml_cbor_dec_reader, tg_senml_cbor_enc_encode, ALL},
    {TG_CF_TLV, "tlv", &tg_tlv_dec_reader, tg_tlv_enc_encode, PLAIN},
    {TG_CF_JSON, "json", &tg_json_dec_reader, tg_json_enc_encode, PLAIN},
    {TG_CF_LWM2M_CBOR, "lwm2m-cbor", &tg_lwm2m_cbor_dec_reader, tg_lwm2m_cbor_enc_encode, PATCHES},
    {1541, "text", &tg_text_dec_reader, NULL, PLAIN},
    {1542, "tlv", &tg_tlv_dec_reader, NULL, PLAIN},
    {1543, "json", &tg_json_dec_reader, NULL, PLAIN},
    {1544, "opaque", &tg_opaque_dec_reader, NULL, PLAIN},
};

static const tg_codec_format_t *find_format(int content_format) {
  for (size_t i = 0; i < TG_COUNT(formats); i++) {
    if (formats[i].content_format == content_format) return formats + i;
  }
  return NULL;
}

static bool is_for(const tg_codec_format_t *format, tg_codec_use_t use) {
  return (format->uses & TG_CODEC_FOR(use)) != 0;
}

tg_rc_t tg_codec_dec_init(tg_codec_dec_t *dec, const tg_codec_input_t *input) {
  dec->format = find_format(input->content_format);
  dec->input = input;
  if (!dec->format || !dec->format->reader || !is_for(dec->format, input->use)) return TG_E_FORMAT;
  TG_DEBUG_ASSERT(dec->format->reader->state_size <= sizeof dec->state);
  if (input->scratch) tg_buf_clear(input->scratch);
  return dec->format->reader->init(dec->state, input);
}

tg_rc_t tg_codec_dec_next(tg_codec_dec_t *dec, tg_record_t *record) {
  return dec->format->reader->next(dec->state, record);
}

tg_rc_t tg_codec_encode(const tg_codec_output_t *output, tg_buf_t *out) {
  const tg_codec_format_t *format = find_format(output->content_format);
  if (!format || !format->encode || !is_for(format, output->use)) return TG_E_FORMAT;
  tg_rc_t rc = format->encode(output, out);
  return rc != TG_OK ? rc : out->rc;
}

const char *tg_codec_name(int content_format) {
  const tg_codec_format_t *format = find_format(content_format);
  return format ? format->name : NULL;
}

tg_rc_t tg_codec_by_name(tg_slice_t name, int *content_format) {
  uint64_t number;
  bool is_number = tg_num_parse_u64(name, UINT16_MAX, &number) == TG_OK;
  for (size_t i = 0; i < TG_COUNT(formats); i++) {
    if (is_number ? formats[i].content_format != (int)number : !tg_slice_is(name, formats[i].name)) continue;
    *content_format = formats[i].content_format;
    return TG_OK;
  }
  return TG_E_NOT_FOUND;
}
