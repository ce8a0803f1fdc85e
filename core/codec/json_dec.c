/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LwM2M 1.0's own JSON, bytes to records (content format 11543, LwM2M 1.0 §6.4.4). One object with bn, bt
 * and the array e, in any order, so the array is found first and read in a second turn. Called through the table in codec.c.
 */

#include "core/codec/codec_format.h"
#include "core/codec/json_record.h"

enum { SKIP_DEPTH = TG_CODEC_IN_NESTING_MAX };

typedef struct json_state {
  tg_json_record_t json;
  bool began;
  bool ended;
} json_state_t;

_Static_assert(sizeof(json_state_t) <= sizeof(((tg_codec_dec_t *)0)->state), "fits the decoder");

typedef struct label_row {
  const char *text;
  tg_senml_label_t label;
} label_row_t;

static tg_rc_t find_label(const label_row_t *rows, size_t count, tg_slice_t name, tg_senml_label_t *label) {
  for (size_t i = 0; i < count; i++) {
    if (!tg_slice_is(name, rows[i].text)) continue;
    *label = rows[i].label;
    return TG_OK;
  }
  return TG_E_NOT_FOUND;
}

static tg_rc_t head_label(tg_slice_t name, tg_senml_label_t *label) {
  static const label_row_t rows[] = {{"bn", TG_SENML_BN}, {"bt", TG_SENML_BT}};
  return find_label(rows, TG_COUNT(rows), name, label);
}

static tg_rc_t record_label(tg_slice_t name, tg_senml_label_t *label) {
  static const label_row_t rows[] = {{"n", TG_SENML_N},   {"v", TG_SENML_V},    {"sv", TG_SENML_VS},
                                     {"bv", TG_SENML_VB}, {"ov", TG_SENML_VLO}, {"t", TG_SENML_T}};
  return find_label(rows, TG_COUNT(rows), name, label);
}

/* Skips the array of records and remembers where it begins. */
static tg_rc_t pass_array(tg_json_record_t *json, size_t *at) {
  tg_json_lex_token_t token;
  if (*at) return TG_E_DUPLICATE;
  tg_rc_t rc = tg_json_lex_next(&json->lex, &token);
  if (rc != TG_OK) return rc;
  if (token.kind != TG_JSON_LEX_ARRAY) return TG_E_SYNTAX;
  *at = json->lex.at;
  return tg_json_lex_skip(&json->lex, &token, SKIP_DEPTH);
}

/* Reads the members of the outer object behind its `{`. */
static tg_rc_t read_head(tg_json_record_t *json, size_t *array_at) {
  tg_senml_fields_t fields;
  tg_json_lex_token_t token;
  tg_senml_begin(&fields);
  tg_rc_t rc = tg_json_lex_next(&json->lex, &token);
  while (rc == TG_OK) {
    tg_slice_t name;
    rc = tg_json_record_key(json, &token, &name);
    if (rc != TG_OK) return rc;
    rc = tg_slice_is(name, "e") ? pass_array(json, array_at) : tg_json_record_member(json, name, &fields);
    if (rc == TG_OK) rc = tg_json_lex_next(&json->lex, &token);
    if (rc != TG_OK) return rc;
    if (token.kind == TG_JSON_LEX_OBJECT_END) break;
    if (token.kind != TG_JSON_LEX_COMMA) return TG_E_SYNTAX;
    rc = tg_json_lex_next(&json->lex, &token);
  }
  if (rc == TG_OK) rc = tg_json_record_expect(json, TG_JSON_LEX_END);
  return rc == TG_OK && *array_at == 0 ? TG_E_SYNTAX : rc;
}

static tg_rc_t init(void *state, const tg_codec_input_t *input) {
  json_state_t *json = state;
  tg_json_lex_init(&json->json.lex, input->payload);
  tg_senml_init(&json->json.pack, input);
  json->json.pack.is_lwm2m_json = true;
  json->json.label_of = head_label;
  json->began = false;
  json->ended = false;
  size_t array_at = 0;
  tg_rc_t rc = tg_json_record_expect(&json->json, TG_JSON_LEX_OBJECT);
  if (rc == TG_OK) rc = read_head(&json->json, &array_at);
  json->json.lex.at = array_at;
  json->json.label_of = record_label;
  return rc;
}

static tg_rc_t next(void *state, tg_record_t *record) {
  json_state_t *json = state;
  if (json->ended) return TG_END;
  tg_rc_t rc = tg_json_record_next(&json->json, !json->began, record);
  json->began = true;
  json->ended = rc != TG_OK;
  return rc;
}

const tg_codec_reader_t tg_json_dec_reader = {sizeof(json_state_t), init, next};
