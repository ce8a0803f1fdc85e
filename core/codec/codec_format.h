/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_CODEC_FORMAT_H
#define TG_CORE_CODEC_CODEC_FORMAT_H

/**
 * What a format gives to the table in codec.c: a decoder (two functions over a state of its own) and an encoder. A new codec is
 * two files, `x_dec.c` and `x_enc.c`, their declarations here and one row there. Nobody outside core/codec includes this.
 */

#include "core/codec/codec.h"

/** The decoder of one format. The state lives in tg_codec_dec_t and starts out undefined. */
typedef struct tg_codec_reader {
  size_t state_size; /* at most sizeof(tg_codec_dec_t.state) */
  tg_rc_t (*init)(void *state, const tg_codec_input_t *input);
  tg_rc_t (*next)(void *state, tg_record_t *record);
} tg_codec_reader_t;

/** A use as a bit. */
#define TG_CODEC_FOR(use) (1U << (use))

/** One row of the table; NULL where the format can't. */
typedef struct tg_codec_format {
  int content_format;
  const char *name;
  const tg_codec_reader_t *reader;
  tg_rc_t (*encode)(const tg_codec_output_t *output, tg_buf_t *out);
  uint8_t uses; /* TG_CODEC_FOR(use) of each that it can be for */
} tg_codec_format_t;

/** Plain text, content format 0 (LwM2M Core 1.1 §7.4.1). */
extern const tg_codec_reader_t tg_text_dec_reader;
/** Writes one value as plain text. TG_E_FORMAT, TG_E_TYPE, TG_E_RANGE. */
TG_MUST_CHECK tg_rc_t tg_text_enc_encode(const tg_codec_output_t *output, tg_buf_t *out);

/** Opaque, content format 42 (§7.4.2). */
extern const tg_codec_reader_t tg_opaque_dec_reader;
/** Writes one value's bytes. TG_E_FORMAT, TG_E_TYPE. */
TG_MUST_CHECK tg_rc_t tg_opaque_enc_encode(const tg_codec_output_t *output, tg_buf_t *out);

/** One CBOR item, content format 60 (§7.4.3). */
extern const tg_codec_reader_t tg_cbor_value_dec_reader;
/** Writes one value as one CBOR item. TG_E_FORMAT, TG_E_TYPE. */
TG_MUST_CHECK tg_rc_t tg_cbor_value_enc_encode(const tg_codec_output_t *output, tg_buf_t *out);

/** TLV, content format 11542 (§7.4.4). */
extern const tg_codec_reader_t tg_tlv_dec_reader;
/** Writes records as TLV; they must ascend by path. TG_E_FORMAT for the root, TG_E_ARG, TG_E_TYPE. */
TG_MUST_CHECK tg_rc_t tg_tlv_enc_encode(const tg_codec_output_t *output, tg_buf_t *out);

/** SenML JSON, content formats 110 (RFC 8428 §5) and 320, which has null (RFC 8790 §3). */
extern const tg_codec_reader_t tg_senml_json_dec_reader;
/** Writes records as a SenML JSON pack. TG_E_FORMAT for null in 110, TG_E_ARG, TG_E_TYPE, TG_E_RANGE. */
TG_MUST_CHECK tg_rc_t tg_senml_json_enc_encode(const tg_codec_output_t *output, tg_buf_t *out);

/** SenML CBOR, content formats 112 (RFC 8428 §6) and 322, which has null (RFC 8790 §3). */
extern const tg_codec_reader_t tg_senml_cbor_dec_reader;
/** Writes records as a SenML CBOR pack. TG_E_FORMAT for null in 112, TG_E_ARG, TG_E_TYPE, TG_E_RANGE. */
TG_MUST_CHECK tg_rc_t tg_senml_cbor_enc_encode(const tg_codec_output_t *output, tg_buf_t *out);

/** LwM2M 1.0's own JSON, content format 11543 (LwM2M 1.0 §6.4.4). */
extern const tg_codec_reader_t tg_json_dec_reader;
/** Writes records as LwM2M 1.0's JSON. TG_E_ARG, TG_E_TYPE (also for a record without a value), TG_E_RANGE. */
TG_MUST_CHECK tg_rc_t tg_json_enc_encode(const tg_codec_output_t *output, tg_buf_t *out);

/** LwM2M CBOR, content format 11544 (LwM2M Core 1.2 §7.4.7). */
extern const tg_codec_reader_t tg_lwm2m_cbor_dec_reader;
/** Writes records as LwM2M CBOR; they must ascend by path, and no time is written. TG_E_ARG, TG_E_TYPE, TG_E_RANGE. */
TG_MUST_CHECK tg_rc_t tg_lwm2m_cbor_enc_encode(const tg_codec_output_t *output, tg_buf_t *out);

#endif
