/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LwM2M CBOR, records to bytes (content format 11544, LwM2M Core 1.2 §7.4.7). Maps nest where paths part: what records of a group
 * have in common is their key, one id or an array of them, so a lone record is one pair. Called through the table in codec.c.
 */

#include "core/codec/cbor_scalar.h"
#include "core/codec/codec_format.h"
#include "core/codec/codec_out.h"

/* A map that is being written: the records from..to, which have the first `depth` ids in common. */
typedef struct level {
  size_t from;
  size_t to;
  uint16_t depth;
} level_t;

/* Each map's records share one id more than those of the map around it. */
enum { LEVELS = TG_PATH_RESOURCE_INSTANCE };

/* How many ids two paths share from the first on. */
static uint16_t shared_ids(const tg_path_t *a, const tg_path_t *b) {
  uint16_t n = 0;
  while (n < a->len && n < b->len && a->id[n] == b->id[n]) n++;
  return n;
}

/* The end of the records that share one id more than the level has with the one at @p from. */
static size_t group_end(const tg_record_t *records, const level_t *level, size_t from) {
  size_t end = from + 1;
  while (end < level->to && shared_ids(&records[from].path, &records[end].path) > level->depth) end++;
  return end;
}

static void put_map(tg_buf_t *out, const tg_record_t *records, const level_t *level) {
  size_t pairs = 0;
  for (size_t i = level->from; i < level->to; i = group_end(records, level, i)) pairs++;
  tg_cbor_wire_put_map(out, pairs);
}

static void put_key(tg_buf_t *out, const tg_path_t *path, uint16_t from, uint16_t to) {
  if (to - from > 1) tg_cbor_wire_put_array(out, (size_t)(to - from));
  for (uint16_t i = from; i < to; i++) tg_cbor_wire_put_uint(out, path->id[i]);
}

/* Nothing is null where it deletes, else an instance or an array without anything in it. */
static tg_rc_t put_value(tg_buf_t *out, const tg_codec_output_t *output, const tg_record_t *record) {
  tg_value_t value;
  tg_rc_t rc = tg_codec_out_value(output, record, &value);
  if (rc != TG_OK) return rc;
  if (value.type != TG_TYPE_NONE || output->use == TG_CODEC_USE_PATCH) return tg_cbor_scalar_put(out, &value);
  if (record->path.len == TG_PATH_RESOURCE_INSTANCE) return TG_E_TYPE;
  tg_cbor_wire_put_map(out, 0);
  return TG_OK;
}

static tg_rc_t put_all(tg_buf_t *out, const tg_codec_output_t *output, const level_t *all) {
  const tg_record_t *records = output->records;
  level_t levels[LEVELS + 1] = {*all};
  size_t depth = 1;
  put_map(out, records, all);
  while (depth) {
    level_t *level = levels + depth - 1;
    if (level->from == level->to) {
      depth--;
      continue;
    }
    const tg_record_t *first = records + level->from;
    level_t group = {level->from, group_end(records, level, level->from), 0};
    level->from = group.to;
    bool is_alone = group.to - group.from == 1;
    group.depth = is_alone ? first->path.len : shared_ids(&first->path, &records[group.to - 1].path);
    if (!is_alone && group.depth == first->path.len) return TG_E_ARG; /* a record that others lie below */
    put_key(out, &first->path, level->depth, group.depth);
    if (is_alone) {
      tg_rc_t rc = put_value(out, output, first);
      if (rc != TG_OK) return rc;
    } else {
      put_map(out, records, &group);
      levels[depth++] = group;
    }
  }
  return TG_OK;
}

tg_rc_t tg_lwm2m_cbor_enc_encode(const tg_codec_output_t *output, tg_buf_t *out) {
  tg_rc_t rc = tg_codec_out_check(output, true);
  if (rc != TG_OK) return rc;
  const level_t all = {0, output->count, output->use == TG_CODEC_USE_WRITE ? output->base.len : 0};
  if (output->count && output->records->path.len == all.depth) { /* at base itself: the value alone */
    if (output->count > 1 || all.depth < TG_PATH_RESOURCE) return TG_E_ARG;
    rc = put_value(out, output, output->records);
  } else {
    rc = put_all(out, output, &all);
  }
  return rc == TG_OK ? out->rc : rc;
}
