/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_JSON_LEX_H
#define TG_CORE_CODEC_JSON_LEX_H

/**
 * JSON text to tokens (RFC 8259), strictly: UTF-8, no control characters in strings, surrogates in pairs, numbers as the grammar has
 * them. Allocates nothing; tokens borrow from the text. The SenML JSON decoder reads its exact 64-bit integers this way, and
 * json_read.c checks with it what json-c lets pass.
 */

#include "core/base/buf.h"

typedef enum tg_json_lex_kind {
  TG_JSON_LEX_END,
  TG_JSON_LEX_OBJECT,     /* { */
  TG_JSON_LEX_OBJECT_END, /* } */
  TG_JSON_LEX_ARRAY,      /* [ */
  TG_JSON_LEX_ARRAY_END,  /* ] */
  TG_JSON_LEX_COMMA,
  TG_JSON_LEX_COLON,
  TG_JSON_LEX_STRING,
  TG_JSON_LEX_INTEGER, /* a number without fraction and exponent */
  TG_JSON_LEX_NUMBER,  /* any other number */
  TG_JSON_LEX_TRUE,
  TG_JSON_LEX_FALSE,
  TG_JSON_LEX_NULL
} tg_json_lex_kind_t;

/** One token, borrowed from the text. */
typedef struct tg_json_lex_token {
  tg_json_lex_kind_t kind;
  bool is_escaped; /* a STRING with backslashes: tg_json_lex_put_unescaped() gives its characters */
  tg_slice_t text; /* a string without its quotes, a number's characters */
} tg_json_lex_token_t;

/** Caller's memory. */
typedef struct tg_json_lex {
  tg_slice_t text;
  size_t at; /* offset of the next byte: where an error is */
} tg_json_lex_t;

/** Begins to read @p text (borrowed until the last call). */
void tg_json_lex_init(tg_json_lex_t *lex, tg_slice_t text);

/** The next token; kind END at the end of the text and with every error. TG_OK, TG_E_SYNTAX, TG_E_ENCODING for a string that is not UTF-8 or has half a surrogate pair. */
TG_MUST_CHECK tg_rc_t tg_json_lex_next(tg_json_lex_t *lex, tg_json_lex_token_t *token);

/** Skips a whole value whose first token @p first has been read; containers at most @p depth and never more than 32 deep. TG_E_SYNTAX, TG_E_ENCODING, TG_E_TOO_LONG when nested deeper. */
TG_MUST_CHECK tg_rc_t tg_json_lex_skip(tg_json_lex_t *lex, const tg_json_lex_token_t *first, size_t depth);

/** Appends the characters of a STRING token with its escapes resolved: never more bytes than the token has. */
void tg_json_lex_put_unescaped(tg_buf_t *out, tg_slice_t text);

#endif
