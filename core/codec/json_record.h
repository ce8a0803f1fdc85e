/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_JSON_RECORD_H
#define TG_CORE_CODEC_JSON_RECORD_H

/** One flat JSON object of labels and values, read into SenML's fields: what SenML JSON and LwM2M 1.0's JSON have in common. */

#include "core/codec/json_lex.h"
#include "core/codec/senml.h"

/** The label that a member's name spells: TG_E_NOT_FOUND is skipped, any other error ends the payload. */
typedef tg_rc_t (*tg_json_record_label_fn)(tg_slice_t name, tg_senml_label_t *label);

/** Caller's memory; part of a decoder's state. */
typedef struct tg_json_record {
  tg_json_lex_t lex;
  tg_senml_t pack;
  tg_json_record_label_fn label_of;
} tg_json_record_t;

/** Reads the name of a member behind `{` or `,`, and its colon. Sets @p name (lent from the text; the empty slice for a name with escapes, which no label needs). TG_E_SYNTAX, TG_E_ENCODING. */
TG_MUST_CHECK tg_rc_t tg_json_record_key(tg_json_record_t *json, const tg_json_lex_token_t *token, tg_slice_t *name);

/** Reads the value of member @p name into @p fields. TG_E_SYNTAX and all errors of tg_senml_put(). */
TG_MUST_CHECK tg_rc_t tg_json_record_member(tg_json_record_t *json, tg_slice_t name, tg_senml_fields_t *fields);

/** Reads a whole object whose `{` has been read. The same errors. */
TG_MUST_CHECK tg_rc_t tg_json_record_object(tg_json_record_t *json, tg_senml_fields_t *fields);

/** Reads the next token and tells whether it is of @p kind. TG_E_SYNTAX when not. */
TG_MUST_CHECK tg_rc_t tg_json_record_expect(tg_json_record_t *json, tg_json_lex_kind_t kind);

/**
 * The next record of an array whose `[` has been read; @p first for its first one.
 * TG_END behind the `]`; the same errors.
 */
TG_MUST_CHECK tg_rc_t tg_json_record_next(tg_json_record_t *json, bool first, tg_record_t *record);

#endif
