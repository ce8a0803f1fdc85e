/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_CODEC_IN_H
#define TG_CORE_CODEC_CODEC_IN_H

/** What every decoder of records shares: where a record may lie, what type its resource has, where decoded bytes go. */

#include "core/codec/codec.h"

/** More records than this in one payload are refused. */
#define TG_CODEC_IN_RECORDS_MAX 1024

/** Containers of CBOR and JSON within each other, in what is skipped; deeper ones are refused. */
#define TG_CODEC_IN_NESTING_MAX 16

/** Caller's memory; part of a decoder's state. */
typedef struct tg_codec_in {
  const tg_codec_input_t *input;
  const tg_objdef_t *def; /* of the object asked for last: payloads rarely change the object */
  uint32_t oid;
  uint32_t count;
  size_t next; /* place in def behind the resource asked for last: payloads tell them in order */
} tg_codec_in_t;

/** Begins; @p input is kept. */
void tg_codec_in_init(tg_codec_in_t *in, const tg_codec_input_t *input);

/** The definition of the resource at @p path, lent as long as the registry; NULL when unknown. */
const tg_resdef_t *tg_codec_in_resource(tg_codec_in_t *in, const tg_path_t *path);

/** Type of the resource at @p path; NONE when it is unknown or executable. */
tg_type_t tg_codec_in_type(tg_codec_in_t *in, const tg_path_t *path);

/**
 * Checks a record whose path and value have been read: inside base (TG_E_DENIED), at a resource if it has a value (TG_E_SYNTAX),
 * not one too many (TG_E_TOO_LONG); converts the value to the defined type (TG_E_TYPE, TG_E_RANGE) and text must be UTF-8
 * (TG_E_ENCODING).
 */
TG_MUST_CHECK tg_rc_t tg_codec_in_place(tg_codec_in_t *in, tg_record_t *record);

/** The only value of a payload of a single-value format, at base, which the decoder has seen to be a resource, without a time. Errors as of tg_codec_in_place(). */
TG_MUST_CHECK tg_rc_t tg_codec_in_place_single(tg_codec_in_t *in, const tg_value_t *value, tg_record_t *record);

/** The scratch buffer, with room enough that what lies in it will not move. TG_E_ARG when there is none, else its own error. */
TG_MUST_CHECK tg_rc_t tg_codec_in_scratch(const tg_codec_in_t *in, tg_buf_t **scratch);

#endif
