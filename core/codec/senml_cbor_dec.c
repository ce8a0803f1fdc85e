/* SPDX-License-Identifier: Apache-2.0 */
/* SenML CBOR, bytes to records (RFC 8428 §6); counts are believed only as far as bytes follow. Called through the table in codec.c. */

#include "core/codec/cbor_wire.h"
#include "core/codec/codec_format.h"
#include "core/codec/senml.h"

/* RFC 8428 §6, table 4, by the one byte that each label is: from 0 on upwards, from -1 on downwards. All others are ignored. */
enum { NEGATIVE = TG_CBOR_NEGINT << 5, LABELS_EACH = 9 };
static const uint8_t labels[] = {[0] = TG_SENML_N,
                                 [2] = TG_SENML_V,
                                 [3] = TG_SENML_VS,
                                 [4] = TG_SENML_VB,
                                 [6] = TG_SENML_T,
                                 [8] = TG_SENML_VD,
                                 [NEGATIVE] = TG_SENML_BVER,
                                 [NEGATIVE + 1] = TG_SENML_BN,
                                 [NEGATIVE + 2] = TG_SENML_BT,
                                 [NEGATIVE + 4] = TG_SENML_BV,
                                 [NEGATIVE + 8] = TG_SENML_IGNORED};

typedef struct senml_cbor_state {
  tg_slice_t rest;
  tg_senml_t pack;
  uint64_t left; /* records; without end where the array is open */
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
  senml->left = item.kind == TG_CBOR_ARRAY ? item.n : UINT64_MAX;
  return senml->is_open || item.kind == TG_CBOR_ARRAY ? TG_OK : TG_E_SYNTAX;
}

/* Makes one piece of an indefinite string. */
static tg_rc_t join(senml_cbor_state_t *senml, tg_cbor_item_t *item) {
  if (item->kind != TG_CBOR_TEXT_OPEN && item->kind != TG_CBOR_BYTES_OPEN) return TG_OK;
  tg_buf_t *scratch;
  tg_rc_t rc = tg_codec_in_scratch(&senml->pack.in, &scratch);
  return rc == TG_OK ? tg_cbor_wire_join(&senml->rest, scratch, item) : rc;
}

/* A label that is spelled otherwise, or none that LwM2M uses. */
static TG_NOINLINE tg_rc_t take_other_label(senml_cbor_state_t *senml, tg_senml_label_t *label) {
  tg_cbor_item_t key;
  *label = TG_SENML_IGNORED;
  tg_rc_t rc = next_item(senml, &key);
  if (rc == TG_OK) rc = join(senml, &key);
  if (rc != TG_OK) return rc;
  if (key.kind == TG_CBOR_UINT || key.kind == TG_CBOR_NEGINT) {
    if (key.n < LABELS_EACH) *label = (tg_senml_label_t)labels[(unsigned)key.kind << 5 | key.n];
    return TG_OK;
  }
  if (key.kind != TG_CBOR_TEXT) return TG_E_SYNTAX;
  rc = tg_senml_label_of(key.s, label);
  return rc == TG_E_NOT_FOUND ? TG_OK : rc;
}

static tg_rc_t take_label(senml_cbor_state_t *senml, tg_senml_label_t *label) {
  tg_slice_t rest = senml->rest;
  if (rest.len == 0) return TG_E_TRUNCATED;
  *label = rest.p[0] < TG_COUNT(labels) ? (tg_senml_label_t)labels[rest.p[0]] : TG_SENML_IGNORED;
  if (*label == TG_SENML_IGNORED) return take_other_label(senml, label);
  senml->rest = tg_slice(rest.p + 1, rest.len - 1);
  return TG_OK;
}

/* A label and its value. */
static tg_rc_t take_pair(senml_cbor_state_t *senml, tg_senml_fields_t *fields) {
  tg_senml_label_t label;
  tg_cbor_item_t item;
  tg_value_t value;
  tg_rc_t rc = take_label(senml, &label);
  if (rc == TG_OK) rc = next_item(senml, &item);
  if (rc != TG_OK) return rc;
  if (label == TG_SENML_IGNORED) return tg_cbor_wire_skip(&senml->rest, &item);
  rc = join(senml, &item);
  if (rc == TG_OK) rc = tg_cbor_wire_value(&item, &value);
  return rc == TG_OK ? tg_senml_put(&senml->pack, fields, label, &value) : rc;
}

static tg_rc_t take_map(senml_cbor_state_t *senml, const tg_cbor_item_t *map, tg_senml_fields_t *fields) {
  bool is_open = map->kind == TG_CBOR_MAP_OPEN;
  if (!is_open && map->kind != TG_CBOR_MAP) return TG_E_SYNTAX;
  for (uint64_t left = is_open ? UINT64_MAX : map->n; left; left--) {
    if (is_open && tg_cbor_wire_take_break(&senml->rest)) return TG_OK;
    tg_rc_t rc = take_pair(senml, fields);
    if (rc != TG_OK) return rc;
  }
  return TG_OK;
}

static tg_rc_t take_record(senml_cbor_state_t *senml, tg_record_t *record) {
  tg_cbor_item_t item;
  tg_senml_fields_t fields;
  bool is_end = senml->left-- == 0 || (senml->is_open && tg_cbor_wire_take_break(&senml->rest));
  if (is_end) return senml->rest.len ? TG_E_SYNTAX : TG_END;
  tg_rc_t rc = next_item(senml, &item);
  if (rc != TG_OK) return rc;
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
