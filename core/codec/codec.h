/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_CODEC_H
#define TG_CORE_CODEC_CODEC_H

/**
 * Payloads to records and back, by Content-Format: the table that names every format. Decoders hand out one record at a time, borrow
 * from the input, allocate nothing; text that must be unescaped or Base64 goes to the scratch buffer that the caller lends.
 */

#include "core/codec/coap_msg.h"
#include "core/registry/registry.h"

/** What a payload is for. It decides what a record without a value is, and in LwM2M CBOR where paths begin. */
typedef enum tg_codec_use {
  TG_CODEC_USE_REPORT, /* answers, notifications, Send; in SenML also names, as composite requests have them */
  TG_CODEC_USE_WRITE,  /* Write and Create: LwM2M CBOR's ids begin behind base */
  TG_CODEC_USE_FETCH,  /* FETCH: a list of names; a value is an error */
  TG_CODEC_USE_PATCH   /* iPATCH: values; null deletes (ETCH and LwM2M CBOR only); a name alone is an error */
} tg_codec_use_t;

/** How a payload is to be read. Everything is borrowed until the last tg_codec_dec_next(). */
typedef struct tg_codec_input {
  int content_format;
  tg_path_t base;          /* what was asked for; the root for Send and composite */
  const tg_model_t *model; /* types of resources; NULL or unknown ones are typed from the wire */
  tg_slice_t payload;
  int64_t now_ms;    /* Unix time of reception; relative times are resolved against it */
  tg_buf_t *scratch; /* fixed or growing; cleared by init; decoded text and bytes are put there */
  bool unsigned_tlv; /* quirk: integers in TLV without a sign (users-pains 9) */
  tg_codec_use_t use;
} tg_codec_input_t;

/** A decoder of any format; private members. Caller's memory (about 600 bytes), no clean-up. */
typedef struct tg_codec_dec {
  const struct tg_codec_format *format;
  const tg_codec_input_t *input;
  uint64_t state[80];
} tg_codec_dec_t;

/** Makes @p dec ready. TG_E_FORMAT for a format that is unknown, can't carry records or not for this use; TG_E_SYNTAX … where the head is bad already. @p input is kept. */
TG_MUST_CHECK tg_rc_t tg_codec_dec_init(tg_codec_dec_t *dec, const tg_codec_input_t *input);

/**
 * The next record: full path inside base, value converted to the defined type, time resolved (time_source TG_TIME_DEVICE or UNKNOWN).
 * @return TG_OK; TG_END after the last one; TG_E_SYNTAX, TG_E_TYPE, TG_E_RANGE, TG_E_ENCODING, TG_E_DENIED for a path outside base.
 *         Values are lent until scratch is cleared; a record with value.type NONE is a name (composite) or null.
 */
TG_MUST_CHECK tg_rc_t tg_codec_dec_next(tg_codec_dec_t *dec, tg_record_t *record);

/** What is to be written. */
typedef struct tg_codec_output {
  int content_format;
  tg_path_t base; /* the request's path: records lie at or below it */
  const tg_record_t *
      records; /* ascending by path (TLV and LwM2M CBOR nest by it); times are written where time_source is DEVICE and the format can */
  size_t count;
  const tg_model_t *model; /* tells which resources are multiple; may be NULL */
  tg_codec_use_t use;
} tg_codec_output_t;

/**
 * Writes records. TG_E_FORMAT when the format can't carry them (a single-value format takes exactly one record) or not for this use,
 * TG_E_ARG, TG_E_TYPE, TG_E_RANGE, TG_E_TOO_LONG.
 */
TG_MUST_CHECK tg_rc_t tg_codec_encode(const tg_codec_output_t *output, tg_buf_t *out);

/** Short name of a format for people and topics: `text`, `link`, `opaque`, `cbor`, `senml-json`, `senml-cbor`, `senml-etch-json`, `senml-etch-cbor`, `tlv`, `json`, `lwm2m-cbor`; NULL when unknown. */
const char *tg_codec_name(int content_format);

/** The format of a short name or a decimal number; TG_E_NOT_FOUND. */
TG_MUST_CHECK tg_rc_t tg_codec_by_name(tg_slice_t name, int *content_format);

#endif
