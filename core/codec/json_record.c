/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/codec: one JSON object to SenML's fields. Called by senml_json_dec.c and json_dec.c. See json_record.h. */

#include "core/codec/json_record.h"

#include "core/base/base64.h"
#include "core/base/num.h"

enum { SKIP_DEPTH = TG_CODEC_IN_NESTING_MAX };

/* Exact where 64 bits can hold it; a longer integer is as good as a float. A negative zero keeps its sign. */
static tg_rc_t integer_of(tg_slice_t text, tg_value_t *value) {
  *value = (tg_value_t){.type = TG_TYPE_INTEGER};
  bool is_negative_zero = text.len == 2 && text.p[0] == '-' && text.p[1] == '0';
  if (!is_negative_zero && tg_num_parse_i64(text, &value->i) == TG_OK) return TG_OK;
  *value = (tg_value_t){.type = TG_TYPE_UNSIGNED};
  if (tg_num_parse_u64(text, UINT64_MAX, &value->u) == TG_OK) return TG_OK;
  *value = (tg_value_t){.type = TG_TYPE_FLOAT};
  return tg_num_parse_double(text, &value->f);
}

static tg_rc_t string_of(const tg_json_record_t *json, const tg_json_lex_token_t *token, tg_value_t *value) {
  *value = (tg_value_t){.type = TG_TYPE_STRING, .s = token->text};
  if (!token->is_escaped) return TG_OK;
  tg_buf_t *scratch;
  tg_rc_t rc = tg_codec_in_scratch(&json->pack.in, &scratch);
  if (rc != TG_OK) return rc;
  size_t start = scratch->len;
  tg_json_lex_put_unescaped(scratch, token->text);
  value->s = tg_slice_from(tg_buf_slice(scratch), start);
  return scratch->rc;
}

static tg_rc_t bytes_of(const tg_json_record_t *json, const tg_json_lex_token_t *token, tg_value_t *value) {
  if (token->is_escaped) return TG_E_SYNTAX;
  tg_buf_t *scratch;
  tg_rc_t rc = tg_codec_in_scratch(&json->pack.in, &scratch);
  if (rc != TG_OK) return rc;
  size_t start = scratch->len;
  rc = tg_base64_get_any(token->text, scratch);
  *value = (tg_value_t){.type = TG_TYPE_OPAQUE, .s = tg_slice_from(tg_buf_slice(scratch), start)};
  return rc;
}

/* The value that a scalar token is on its own. */
static tg_rc_t value_of(const tg_json_record_t *json, const tg_json_lex_token_t *token, tg_value_t *value) {
  switch (token->kind) {
  case TG_JSON_LEX_STRING: return string_of(json, token, value);
  case TG_JSON_LEX_INTEGER: return integer_of(token->text, value);
  case TG_JSON_LEX_NUMBER:
    *value = (tg_value_t){.type = TG_TYPE_FLOAT};
    return tg_num_parse_double(token->text, &value->f);
  case TG_JSON_LEX_TRUE:
  case TG_JSON_LEX_FALSE:
    *value = (tg_value_t){.type = TG_TYPE_BOOLEAN, .b = token->kind == TG_JSON_LEX_TRUE};
    return TG_OK;
  case TG_JSON_LEX_NULL: *value = (tg_value_t){.type = TG_TYPE_NONE}; return TG_OK;
  case TG_JSON_LEX_END:
  case TG_JSON_LEX_OBJECT:
  case TG_JSON_LEX_OBJECT_END:
  case TG_JSON_LEX_ARRAY:
  case TG_JSON_LEX_ARRAY_END:
  case TG_JSON_LEX_COMMA:
  case TG_JSON_LEX_COLON:
  default: return TG_E_SYNTAX;
  }
}

tg_rc_t tg_json_record_expect(tg_json_record_t *json, tg_json_lex_kind_t kind) {
  tg_json_lex_token_t token;
  tg_rc_t rc = tg_json_lex_next(&json->lex, &token);
  if (rc != TG_OK) return rc;
  return token.kind == kind ? TG_OK : TG_E_SYNTAX;
}

tg_rc_t tg_json_record_key(tg_json_record_t *json, const tg_json_lex_token_t *token, tg_slice_t *name) {
  if (token->kind != TG_JSON_LEX_STRING) return TG_E_SYNTAX;
  *name = token->is_escaped ? tg_slice(NULL, 0) : token->text;
  return tg_json_record_expect(json, TG_JSON_LEX_COLON);
}

tg_rc_t tg_json_record_member(tg_json_record_t *json, tg_slice_t name, tg_senml_fields_t *fields) {
  tg_json_lex_token_t token;
  tg_rc_t rc = tg_json_lex_next(&json->lex, &token);
  if (rc != TG_OK) return rc;
  tg_senml_label_t label;
  rc = json->label_of(name, &label);
  if (rc == TG_E_NOT_FOUND) return tg_json_lex_skip(&json->lex, &token, SKIP_DEPTH);
  if (rc != TG_OK) return rc;
  tg_value_t value;
  bool is_base64 = label == TG_SENML_VD && token.kind == TG_JSON_LEX_STRING;
  rc = is_base64 ? bytes_of(json, &token, &value) : value_of(json, &token, &value);
  return rc == TG_OK ? tg_senml_put(&json->pack, fields, label, &value) : rc;
}

tg_rc_t tg_json_record_object(tg_json_record_t *json, tg_senml_fields_t *fields) {
  tg_json_lex_token_t token;
  tg_rc_t rc = tg_json_lex_next(&json->lex, &token);
  if (rc != TG_OK || token.kind == TG_JSON_LEX_OBJECT_END) return rc;
  for (;;) {
    tg_slice_t name;
    rc = tg_json_record_key(json, &token, &name);
    if (rc == TG_OK) rc = tg_json_record_member(json, name, fields);
    if (rc == TG_OK) rc = tg_json_lex_next(&json->lex, &token);
    if (rc != TG_OK || token.kind == TG_JSON_LEX_OBJECT_END) return rc;
    if (token.kind != TG_JSON_LEX_COMMA) return TG_E_SYNTAX;
    rc = tg_json_lex_next(&json->lex, &token);
    if (rc != TG_OK) return rc;
  }
}

tg_rc_t tg_json_record_next(tg_json_record_t *json, bool first, tg_record_t *record) {
  tg_json_lex_token_t token;
  tg_rc_t rc = tg_json_lex_next(&json->lex, &token);
  if (rc != TG_OK) return rc;
  if (token.kind == TG_JSON_LEX_ARRAY_END) return TG_END;
  if (!first) {
    if (token.kind != TG_JSON_LEX_COMMA) return TG_E_SYNTAX;
    rc = tg_json_lex_next(&json->lex, &token);
    if (rc != TG_OK) return rc;
  }
  if (token.kind != TG_JSON_LEX_OBJECT) return TG_E_SYNTAX;
  tg_senml_fields_t fields;
  tg_senml_begin(&fields);
  rc = tg_json_record_object(json, &fields);
  return rc == TG_OK ? tg_senml_finish(&json->pack, &fields, record) : rc;
}
