/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LwM2M CBOR, bytes to records (content format 11544, LwM2M Core 1.2 §7.4.7): maps in maps, whose keys are ids or arrays of ids. Every
 * key has at least one id and a path at most four, so nesting is bounded. Called through the table in codec.c.
 */

#include "core/base/require.h"
#include "core/codec/cbor_scalar.h"
#include "core/codec/codec_format.h"

enum { IDS_MAX = TG_PATH_RESOURCE_INSTANCE, LEVELS = IDS_MAX + 1 };

/* A map that is being read: its pairs lie behind the first `depth` ids. */
typedef struct level {
  uint64_t left; /* pairs, unless the map is open */
  uint16_t depth;
  bool is_open;
  bool has_pairs;
} level_t;

typedef struct lwm2m_cbor_state {
  tg_codec_in_t in;
  tg_slice_t rest;
  tg_path_t ids; /* of the last key, with those of the maps around it */
  level_t levels[LEVELS];
  size_t level_count;
  bool began;
  bool ended;
} lwm2m_cbor_state_t;

_Static_assert(sizeof(lwm2m_cbor_state_t) <= sizeof(((tg_codec_dec_t *)0)->state), "fits the decoder");

static tg_rc_t next_item(lwm2m_cbor_state_t *cbor, tg_cbor_item_t *item) {
  tg_rc_t rc = tg_cbor_wire_next(&cbor->rest, item);
  return rc == TG_END ? TG_E_TRUNCATED : rc;
}

static bool is_map(const tg_cbor_item_t *item) {
  return item->kind == TG_CBOR_MAP || item->kind == TG_CBOR_MAP_OPEN;
}

static tg_rc_t init(void *state, const tg_codec_input_t *input) {
  lwm2m_cbor_state_t *cbor = state;
  *cbor = (lwm2m_cbor_state_t){.rest = input->payload};
  tg_codec_in_init(&cbor->in, input);
  return input->payload.len ? TG_OK : TG_E_TRUNCATED;
}

/* There is a level for the map around all and one behind each id that a path can have; keys without ids are refused. */
static void push_map(lwm2m_cbor_state_t *cbor, const tg_cbor_item_t *map) {
  TG_REQUIRE(cbor->level_count < LEVELS);
  level_t level = {.left = map->n, .depth = cbor->ids.len, .is_open = map->kind == TG_CBOR_MAP_OPEN};
  cbor->levels[cbor->level_count++] = level;
}

static tg_path_t first_ids(const tg_path_t *ids, uint16_t count) {
  tg_path_t first = {.len = count};
  memcpy(first.id, ids->id, count * sizeof first.id[0]);
  return first;
}

static tg_rc_t add_id(tg_path_t *ids, const tg_cbor_item_t *item) {
  if (item->kind != TG_CBOR_UINT || ids->len == IDS_MAX) return TG_E_SYNTAX;
  if (item->n >= UINT16_MAX) return TG_E_RANGE;
  ids->id[ids->len++] = (uint16_t)item->n;
  return TG_OK;
}

/* The ids of a key, whose first item is @p item: one, or an array of them. */
static tg_rc_t take_key(lwm2m_cbor_state_t *cbor, const tg_cbor_item_t *item) {
  bool is_open = item->kind == TG_CBOR_ARRAY_OPEN;
  if (!is_open && item->kind != TG_CBOR_ARRAY) return add_id(&cbor->ids, item);
  uint16_t before = cbor->ids.len;
  for (uint64_t left = item->n; is_open || left; left--) {
    tg_cbor_item_t id;
    tg_rc_t rc = next_item(cbor, &id);
    if (rc != TG_OK) return rc;
    if (is_open && id.kind == TG_CBOR_BREAK) break;
    rc = add_id(&cbor->ids, &id);
    if (rc != TG_OK) return rc;
  }
  return cbor->ids.len > before ? TG_OK : TG_E_SYNTAX; /* a key without ids would nest without end */
}

/* A Write's ids begin behind its path; ones that would then be too many are those of a peer that begins at the root all the same. */
static tg_path_t resolve(const lwm2m_cbor_state_t *cbor) {
  const tg_codec_input_t *input = cbor->in.input;
  tg_path_t path = cbor->ids;
  if (input->use != TG_CODEC_USE_WRITE || input->base.len + path.len > IDS_MAX) return path;
  path = input->base;
  for (uint16_t i = 0; i < cbor->ids.len; i++) path = tg_path_child(&path, cbor->ids.id[i]);
  return path;
}

static tg_rc_t place(lwm2m_cbor_state_t *cbor, const tg_value_t *value, tg_record_t *record) {
  *record = (tg_record_t){.path = resolve(cbor), .value = *value, .time_ms = cbor->in.input->now_ms};
  return tg_codec_in_place(&cbor->in, record);
}

static tg_rc_t take_scalar(lwm2m_cbor_state_t *cbor, tg_cbor_item_t *item, tg_record_t *record) {
  tg_value_t value;
  tg_rc_t rc = tg_cbor_scalar_take(&cbor->in, &cbor->rest, item, &value);
  if (rc != TG_OK) return rc;
  bool is_null = value.type == TG_TYPE_NONE;
  if (is_null && cbor->in.input->use != TG_CODEC_USE_PATCH) return TG_E_SYNTAX;
  return place(cbor, &value, record);
}

/* The map around all; for a Write also a value alone, which is that of the resource asked for. */
static tg_rc_t take_top(lwm2m_cbor_state_t *cbor, tg_record_t *record) {
  const tg_codec_input_t *input = cbor->in.input;
  tg_cbor_item_t item;
  tg_rc_t rc = next_item(cbor, &item);
  if (rc != TG_OK) return rc;
  if (is_map(&item)) {
    push_map(cbor, &item);
    return TG_END;
  }
  if (input->use != TG_CODEC_USE_WRITE || input->base.len < TG_PATH_RESOURCE) return TG_E_SYNTAX;
  return take_scalar(cbor, &item, record);
}

/* Whether the map that just ended says that its path has nothing in it; the outermost one says so of an array that is written. */
static bool is_telling(const lwm2m_cbor_state_t *cbor, const level_t *level) {
  const tg_codec_input_t *input = cbor->in.input;
  if (level->has_pairs) return false;
  return cbor->level_count || (input->use == TG_CODEC_USE_WRITE && input->base.len == TG_PATH_RESOURCE);
}

/* The innermost map has ended: TG_OK with a record where nothing was in it (an empty instance or array), else TG_END. */
static tg_rc_t pop_map(lwm2m_cbor_state_t *cbor, tg_record_t *record) {
  const level_t *level = cbor->levels + --cbor->level_count;
  cbor->ids = first_ids(&cbor->ids, level->depth);
  if (!is_telling(cbor, level)) return TG_END;
  if (cbor->in.input->use == TG_CODEC_USE_PATCH || level->depth == IDS_MAX) return TG_E_SYNTAX;
  return place(cbor, &(tg_value_t){.type = TG_TYPE_NONE}, record);
}

/* One pair of the innermost map: TG_OK with a record, TG_END where it only opened or ended a map. */
static tg_rc_t take_pair(lwm2m_cbor_state_t *cbor, tg_record_t *record) {
  level_t *level = cbor->levels + cbor->level_count - 1;
  tg_cbor_item_t item;
  if (!level->is_open && level->left-- == 0) return pop_map(cbor, record);
  tg_rc_t rc = next_item(cbor, &item);
  if (rc != TG_OK) return rc;
  if (level->is_open && item.kind == TG_CBOR_BREAK) return pop_map(cbor, record);
  level->has_pairs = true;
  cbor->ids = first_ids(&cbor->ids, level->depth);
  rc = take_key(cbor, &item);
  if (rc == TG_OK) rc = next_item(cbor, &item);
  if (rc != TG_OK) return rc;
  if (!is_map(&item)) return take_scalar(cbor, &item, record);
  push_map(cbor, &item);
  return TG_END;
}

static tg_rc_t take_record(lwm2m_cbor_state_t *cbor, tg_record_t *record) {
  tg_rc_t rc = TG_END;
  if (!cbor->began) rc = take_top(cbor, record);
  cbor->began = true;
  while (rc == TG_END && cbor->level_count) rc = take_pair(cbor, record);
  return rc == TG_END && cbor->rest.len ? TG_E_SYNTAX : rc;
}

static tg_rc_t next(void *state, tg_record_t *record) {
  lwm2m_cbor_state_t *cbor = state;
  if (cbor->ended) return TG_END;
  tg_rc_t rc = take_record(cbor, record);
  cbor->ended = rc != TG_OK;
  return rc;
}

const tg_codec_reader_t tg_lwm2m_cbor_dec_reader = {sizeof(lwm2m_cbor_state_t), init, next};
