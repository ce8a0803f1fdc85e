/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last values: one sorted array per device, 32 bytes a value, in one block that begins with room for a single one. Text longer
 * than what a state table should carry is told in events only.
 *
 * Path: core/server/report.c -> core/device/twin_values.c -> core/event/event_bus.c
 */

#include "core/base/alloc.h"
#include "core/device/twin.h"
#include "core/event/record_copy.h"

enum { TEXT_MAX = 4096, TEXT_ALL_MAX = 65536 };

/* Bytes of a string value. */
typedef struct text {
  uint32_t len;
  uint8_t bytes[];
} text_t;

typedef struct cell {
  tg_path_t path;
  uint8_t type;
  uint8_t time_source;
  uint32_t written; /* rises with every write: the smallest is the oldest */
  int64_t time_ms;
  union {
    int64_t i;
    uint64_t u;
    double f;
    bool b;
    tg_objlnk_t link;
    text_t *text;
  };
} cell_t;

struct tg_twin_values {
  uint16_t count;
  uint16_t cap;
  uint32_t clock;
  cell_t cells[];
};

static bool has_text(const cell_t *cell) {
  return tg_record_copy_has_bytes((tg_type_t)cell->type) && cell->text;
}

static void drop_text(cell_t *cell) {
  if (!has_text(cell)) return;
  tg_alloc_free(cell->text);
  cell->type = TG_TYPE_NONE;
}

/* Counted when something comes, not kept: the block of a device with one value is as small as can be. */
static size_t text_bytes(const tg_twin_values_t *values) {
  size_t sum = 0;
  if ((size_t)values->count * TEXT_MAX <= TEXT_ALL_MAX) return 0; /* not too many, whatever they are */
  for (size_t i = 0; i < values->count; i++) sum += has_text(&values->cells[i]) ? values->cells[i].text->len : 0;
  return sum;
}

void tg_twin_values_free(tg_twin_device_t *device) {
  tg_twin_values_t *values = device->values;
  if (!values) return;
  for (size_t i = 0; i < values->count; i++) drop_text(&values->cells[i]);
  tg_alloc_free(values);
  device->values = NULL;
}

/* Where @p path stands or would stand. */
static size_t position(const tg_twin_values_t *values, const tg_path_t *path) {
  size_t low = 0, high = values ? values->count : 0;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (tg_path_cmp(&values->cells[middle].path, path) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

static bool stands_at(const tg_twin_values_t *values, size_t at, const tg_path_t *path) {
  return values && at < values->count && tg_path_eq(&values->cells[at].path, path);
}

static void remove_at(tg_twin_values_t *values, size_t at) {
  drop_text(&values->cells[at]);
  values->count--;
  memmove(&values->cells[at], &values->cells[at + 1], (values->count - at) * sizeof *values->cells);
}

static void remove_oldest(tg_twin_values_t *values) {
  size_t oldest = 0;
  for (size_t i = 1; i < values->count; i++) {
    /* differences, so that the counter may wrap */
    if (values->clock - values->cells[i].written > values->clock - values->cells[oldest].written) oldest = i;
  }
  remove_at(values, oldest);
}

/* Room for one more cell; the block doubles. */
static bool make_room(tg_twin_device_t *device, size_t max) {
  tg_twin_values_t *values = device->values;
  if (values && values->count == max) remove_oldest(values);
  if (values && values->count < values->cap) return true;
  size_t cap = values ? (size_t)values->cap * 2 : 1;
  if (cap > max) cap = max;
  tg_twin_values_t *bigger = tg_alloc_resize(values, 1, sizeof *values + cap * sizeof *values->cells);
  if (!bigger) return false;
  if (!values) *bigger = (tg_twin_values_t){0};
  bigger->cap = (uint16_t)cap;
  device->values = bigger;
  return true;
}

static bool set_text(cell_t *cell, tg_slice_t bytes) {
  if (bytes.len > TEXT_MAX) return false;
  text_t *text = tg_alloc(sizeof *text + bytes.len);
  if (!text) return false;
  text->len = (uint32_t)bytes.len;
  if (bytes.len) memcpy(text->bytes, bytes.p, bytes.len);
  cell->text = text;
  return true;
}

static bool set_value(tg_twin_values_t *values, cell_t *cell, const tg_record_t *record) {
  if (tg_record_copy_has_bytes(record->value.type)) {
    if (!set_text(cell, record->value.s)) return false;
  } else {
    switch (record->value.type) {
    case TG_TYPE_FLOAT: cell->f = record->value.f; break;
    case TG_TYPE_BOOLEAN: cell->b = record->value.b; break;
    case TG_TYPE_OBJLNK: cell->link = record->value.link; break;
    case TG_TYPE_UNSIGNED: cell->u = record->value.u; break;
    case TG_TYPE_INTEGER:
    case TG_TYPE_TIME:
    case TG_TYPE_NONE:
    case TG_TYPE_STRING:
    case TG_TYPE_OPAQUE:
    case TG_TYPE_CORELNK:
    case TG_TYPE_COUNT: cell->i = record->value.i; break;
    }
  }
  cell->type = (uint8_t)record->value.type;
  cell->time_source = (uint8_t)record->time_source;
  cell->time_ms = record->time_ms;
  cell->written = ++values->clock;
  return true;
}

/* A late delivery of history doesn't replace what is newer, unless that came from a clock in the future. */
static bool is_older(const cell_t *cell, const tg_record_t *record, int64_t now_ms) {
  return record->time_source == TG_TIME_DEVICE && record->time_ms < cell->time_ms && cell->time_ms <= now_ms;
}

static void keep(tg_twin_t *twin, tg_twin_device_t *device, const tg_record_t *record) {
  size_t max = twin->config.values_max;
  size_t at = position(device->values, &record->path);
  bool known = stands_at(device->values, at, &record->path);
  if (known && is_older(&device->values->cells[at], record, twin->wall_ms)) return;
  if (known && record->value.type == TG_TYPE_NONE) remove_at(device->values, at);
  if (record->value.type == TG_TYPE_NONE) return;
  if (!known) {
    if (!make_room(device, max)) return;
    tg_twin_values_t *values = device->values;
    at = position(values, &record->path); /* making room may have moved it */
    memmove(&values->cells[at + 1], &values->cells[at], (values->count - at) * sizeof *values->cells);
    values->cells[at] = (cell_t){.path = record->path};
    values->count++;
  }
  tg_twin_values_t *values = device->values;
  drop_text(&values->cells[at]);
  if (!set_value(values, &values->cells[at], record)) remove_at(values, at);
}

tg_rc_t tg_twin_put(tg_twin_t *twin, tg_id_t id, const tg_event_records_t *records) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (!device) return TG_E_GONE;
  if (records->count == 0) return TG_OK;
  tg_event_t event = {.type = TG_EVENT_RECORDS, .records = *records};
  tg_rc_t rc = tg_twin_emit(twin, device, &event);
  if (rc != TG_OK) return rc;
  for (size_t i = 0; i < records->count; i++) keep(twin, device, &records->items[i]);
  while (device->values && text_bytes(device->values) > TEXT_ALL_MAX) remove_oldest(device->values);
  return TG_OK;
}

static tg_record_t record_of(const cell_t *cell) {
  tg_record_t record = {
      .path = cell->path, .time_ms = cell->time_ms, .time_source = (tg_time_source_t)cell->time_source};
  record.value.type = (tg_type_t)cell->type;
  if (tg_record_copy_has_bytes(record.value.type)) record.value.s = tg_slice(cell->text->bytes, cell->text->len);
  else if (record.value.type == TG_TYPE_FLOAT) record.value.f = cell->f;
  else if (record.value.type == TG_TYPE_BOOLEAN) record.value.b = cell->b;
  else if (record.value.type == TG_TYPE_OBJLNK) record.value.link = cell->link;
  else if (record.value.type == TG_TYPE_UNSIGNED) record.value.u = cell->u;
  else record.value.i = cell->i;
  return record;
}

tg_rc_t tg_twin_value(const tg_twin_t *twin, tg_id_t id, const tg_path_t *path, tg_record_t *record) {
  const tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (!device) return TG_E_GONE;
  size_t at = position(device->values, path);
  if (!stands_at(device->values, at, path)) return TG_E_NOT_FOUND;
  *record = record_of(&device->values->cells[at]);
  return TG_OK;
}

void tg_twin_values(const tg_twin_t *twin, tg_id_t id, const tg_path_t *path,
                    bool (*fn)(void *ud, const tg_record_t *record), void *ud) {
  const tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (!device || !device->values) return;
  for (size_t at = position(device->values, path); at < device->values->count; at++) {
    if (!tg_path_covers(path, &device->values->cells[at].path)) return;
    tg_record_t record = record_of(&device->values->cells[at]);
    if (!fn(ud, &record)) return;
  }
}
