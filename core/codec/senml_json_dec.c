/* SPDX-License-Identifier: Apache-2.0 */
/* SenML JSON, bytes to records (RFC 8428 §5); integers of 64 bits stay exact. Called through the table in codec.c. */

#include "core/codec/codec_format.h"
#include "core/codec/json_record.h"

typedef struct senml_json_state {
  tg_json_record_t json;
  bool began;
  bool ended;
} senml_json_state_t;

_Static_assert(sizeof(senml_json_state_t) <= sizeof(((tg_codec_dec_t *)0)->state), "fits the decoder");

static tg_rc_t init(void *state, const tg_codec_input_t *input) {
  senml_json_state_t *senml = state;
  tg_json_lex_init(&senml->json.lex, input->payload);
  tg_senml_init(&senml->json.pack, input);
  senml->json.label_of = tg_senml_label_of;
  senml->began = false;
  senml->ended = false;
  return tg_json_record_expect(&senml->json, TG_JSON_LEX_ARRAY);
}

static tg_rc_t next(void *state, tg_record_t *record) {
  senml_json_state_t *senml = state;
  if (senml->ended) return TG_END;
  tg_rc_t rc = tg_json_record_next(&senml->json, !senml->began, record);
  senml->began = true;
  senml->ended = rc != TG_OK;
  if (rc != TG_END) return rc;
  rc = tg_json_record_expect(&senml->json, TG_JSON_LEX_END);
  return rc == TG_OK ? TG_END : rc;
}

const tg_codec_reader_t tg_senml_json_dec_reader = {sizeof(senml_json_state_t), init, next};
