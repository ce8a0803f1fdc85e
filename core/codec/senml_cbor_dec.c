/* SPDX-License-Identifier: Apache-2.0 */
/* SenML CBOR, bytes to records (RFC 8428 §6); counts are believed only as far as bytes follow. Called through the table in codec.c. */

#include "core/codec/cbor_wire.h"
#include "core/codec/codec_format.h"
#include "core/codec/senml.h"

typedef struct senml_cbor_state {
  tg_slice_t rest;
  tg_senml_t pack;
  uint64_t left; /* records, unless the array is open */
  bool is_open;
  bool ended;
} senml_cbor_state_t;

_Static_assert(sizeof(senml_cbor_state_t) <= sizeof(((tg_codec_dec_t *)0)->state), "fits the decoder");

static tg_rc_t next_item(senml_cbor_state_t *senml, tg_cbor_item_t *item) {
  tg_rc_t rc = tg_cbor_wire_next(&senml->rest, item);
  return rc == TG_END ? TG_E_TRUNCATED : rc;
}

static tg_rc_t init(void *state, const tg_codec_input_t *input) {
  senml_cbor_state_t *senml = state;
  senml->rest = input->payload;
  tg_senml_init(&senml->pack, input);
  senml->ended = false;
  tg_cbor_item_t item;
  tg_rc_t rc = next_item(senml, &item);
  if (rc != TG_OK) return rc;
  senml->is_open = item.kind == TG_CBOR_ARRAY_OPEN;
  senml->left = item.kind == TG_CBOR_ARRAY ? item.n : 0;
  return senml->is_open || item.kind == TG_CBOR_ARRAY ? TG_OK : TG_E_SYNTAX;
}

/* Makes one piece of an indefinite string. */
static tg_rc_t join(senml_cbor_state_t *senml, tg_cbor_item_t *item) {
  if (item->kind != TG_CBOR_TEXT_OPEN && item->kind != TG_CBOR_BYTES_OPEN) return TG_OK;
  tg_buf_t *scratch;
  tg_rc_t rc = tg_codec_in_scratch(&senml->pack.in, &scratch);
  return rc == TG_OK ? tg_cbor_wire_join(&senml->rest, scratch, item) : rc;
}

/* RFC 8428 §6, table 4. */
static tg_rc_t label_of(const tg_cbor_item_t *item, tg_senml_label_t *label) {
  static const uint8_t positive[] = {TG_SENML_N,       TG_SENML_IGNORED, TG_SENML_V,       TG_SENML_VS, TG_SENML_VB,
                                     TG_SENML_IGNORED, TG_SENML_T,       TG_SENML_IGNORED, TG_SENML_VD};
  static const uint8_t negative[] = {TG_SENML_BVER,    TG_SENML_BN, TG_SENML_BT,
                                     TG_SENML_IGNORED, TG_SENML_BV, TG_SENML_IGNORED};
  if (item->kind == TG_CBOR_TEXT) return tg_senml_label_of(item->s, label);
  bool is_negative = item->kind == TG_CBOR_NEGINT;
  if (!is_negative && item->kind != TG_CBOR_UINT) return TG_E_SYNTAX;
  if (item->n >= (is_negative ? sizeof negative : sizeof positive)) return TG_E_NOT_FOUND;
  *label = (tg_senml_label_t)(is_negative ? negative : positive)[item->n];
  return TG_OK;
}

/* The value of the label whose item is @p key. */
static tg_rc_t take_pair(senml_cbor_state_t *senml, tg_cbor_item_t *key, tg_senml_fields_t *fields) {
  tg_senml_label_t label;
  tg_cbor_item_t item;
  tg_rc_t rc = join(senml, key);
  if (rc != TG_OK) return rc;
  tg_rc_t known = label_of(key, &label);
  if (known != TG_OK && known != TG_E_NOT_FOUND) return known;
  rc = next_item(senml, &item);
  if (rc != TG_OK) return rc;
  if (known == TG_E_NOT_FOUND || label == TG_SENML_IGNORED) return tg_cbor_wire_skip(&senml->rest, &item);
  rc = join(senml, &item);
  if (rc != TG_OK) return rc;
  tg_value_t value;
  rc = tg_cbor_wire_value(&item, &value);
  return rc == TG_OK ? tg_senml_put(&senml->pack, fields, label, &value) : rc;
}

static tg_rc_t take_map(senml_cbor_state_t *senml, const tg_cbor_item_t *map, tg_senml_fields_t *fields) {
  bool is_open = map->kind == TG_CBOR_MAP_OPEN;
  if (!is_open && map->kind != TG_CBOR_MAP) return TG_E_SYNTAX;
  for (uint64_t pairs = map->n; is_open || pairs; pairs--) {
    tg_cbor_item_t key;
    tg_rc_t rc = next_item(senml, &key);
    if (rc != TG_OK) return rc;
    if (is_open && key.kind == TG_CBOR_BREAK) return TG_OK;
    rc = take_pair(senml, &key, fields);
    if (rc != TG_OK) return rc;
  }
  return TG_OK;
}

static tg_rc_t take_record(senml_cbor_state_t *senml, tg_record_t *record) {
  tg_cbor_item_t item;
  tg_senml_fields_t fields;
  if (!senml->is_open && senml->left-- == 0) return senml->rest.len ? TG_E_SYNTAX : TG_END;
  tg_rc_t rc = next_item(senml, &item);
  if (rc != TG_OK) return rc;
  if (senml->is_open && item.kind == TG_CBOR_BREAK) return senml->rest.len ? TG_E_SYNTAX : TG_END;
  tg_senml_begin(&fields);
  rc = take_map(senml, &item, &fields);
  return rc == TG_OK ? tg_senml_finish(&senml->pack, &fields, record) : rc;
}

static tg_rc_t next(void *state, tg_record_t *record) {
  senml_cbor_state_t *senml = state;
  if (senml->ended) return TG_END;
  tg_rc_t rc = take_record(senml, record);
  senml->ended = rc != TG_OK;
  return rc;
}

const tg_codec_reader_t tg_senml_cbor_dec_reader = {sizeof(senml_cbor_state_t), init, next};
