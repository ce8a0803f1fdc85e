/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/registry: one object definition, built once by a reader (objxml.c, the Lua files) and then only read. See objdef.h. */

#include "core/registry/objdef.h"

#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/arena.h"
#include "core/base/num.h"

enum { RESOURCES_MAX = 2000, RESOURCES_STEP = 16, TEXT_CHUNK = 1024, TEXT_MAX = 1024 * 1024 };

/* What the heap holds: the public part first, so that a definition's address is its builder's. */
typedef struct builder {
  tg_objdef_t def;
  tg_resdef_t *resources;
  size_t cap;
  tg_arena_t text;
} builder_t;

static builder_t *builder_of(tg_objdef_t *def) {
  return TG_CONTAINER(def, builder_t, def);
}

tg_rc_t tg_objdef_parse_version(tg_slice_t text, tg_version_t *version) {
  size_t dot = tg_slice_find(text, '.');
  if (dot == text.len) return TG_E_SYNTAX;
  uint64_t major, minor;
  tg_rc_t rc = tg_num_parse_strict(tg_slice(text.p, dot), UINT16_MAX, &major);
  if (rc == TG_OK) rc = tg_num_parse_strict(tg_slice_from(text, dot + 1), UINT16_MAX, &minor);
  if (rc != TG_OK) return TG_E_SYNTAX;
  *version = TG_VERSION_OF(major, minor);
  return TG_OK;
}

/* A copy of @p text with its NUL, owned by the definition; NULL without memory. */
static const char *keep(builder_t *builder, tg_slice_t text) {
  char *copy = tg_arena_alloc(&builder->text, text.len + 1);
  if (!copy) return NULL;
  if (text.len) memcpy(copy, text.p, text.len);
  copy[text.len] = '\0';
  return copy;
}

tg_objdef_t *tg_objdef_new(const tg_objdef_head_t *head) {
  builder_t *builder = tg_alloc_array(1, sizeof *builder);
  if (!builder) return NULL;
  tg_arena_init(&builder->text, TEXT_CHUNK, TEXT_MAX);
  builder->def = (tg_objdef_t){.id = head->id,
                               .multiple = head->multiple,
                               .mandatory = head->mandatory,
                               .version = head->version,
                               .name = keep(builder, head->name),
                               .urn = keep(builder, head->urn)};
  if (!builder->def.name || !builder->def.urn) {
    tg_objdef_free(&builder->def);
    return NULL;
  }
  return &builder->def;
}

/* The place of @p id among the resources, or where it belongs. */
static size_t place_of(const tg_objdef_t *def, uint16_t id) {
  size_t low = 0, high = def->resource_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (def->resources[middle].id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

static tg_rc_t make_room(builder_t *builder) {
  if (builder->def.resource_count < builder->cap) return TG_OK;
  size_t cap = builder->cap ? builder->cap * 2 : RESOURCES_STEP;
  tg_resdef_t *grown = tg_alloc_resize(builder->resources, cap, sizeof *grown);
  if (!grown) return TG_E_NOMEM;
  builder->resources = grown;
  builder->def.resources = grown;
  builder->cap = cap;
  return TG_OK;
}

tg_rc_t tg_objdef_add(tg_objdef_t *def, const tg_resdef_t *res) {
  builder_t *builder = builder_of(def);
  size_t count = def->resource_count;
  if (count >= RESOURCES_MAX) return TG_E_FULL;
  size_t at = place_of(def, res->id);
  if (at < count && def->resources[at].id == res->id) return TG_E_DUPLICATE;
  tg_rc_t rc = make_room(builder);
  if (rc != TG_OK) return rc;

  tg_resdef_t copy = *res;
  copy.name = keep(builder, tg_slice_str(res->name));
  copy.unit = keep(builder, tg_slice_str(res->unit));
  if (!copy.name || !copy.unit) return TG_E_NOMEM;
  memmove(builder->resources + at + 1, builder->resources + at, (count - at) * sizeof copy);
  builder->resources[at] = copy;
  def->resource_count++;
  return TG_OK;
}

void tg_objdef_free(tg_objdef_t *def) {
  if (!def) return;
  builder_t *builder = builder_of(def);
  tg_arena_fini(&builder->text);
  tg_alloc_free(builder->resources);
  tg_alloc_free(builder);
}

const tg_resdef_t *tg_objdef_find(const tg_objdef_t *def, uint16_t id) {
  /* Most definitions number their resources from 0 without a gap. */
  if (id < def->resource_count && def->resources[id].id == id) return def->resources + id;
  size_t at = place_of(def, id);
  return at < def->resource_count && def->resources[at].id == id ? def->resources + at : NULL;
}

static bool number_of(const tg_value_t *value, double *number) {
  switch (value->type) {
  case TG_TYPE_INTEGER:
  case TG_TYPE_TIME: *number = (double)value->i; return true;
  case TG_TYPE_UNSIGNED: *number = (double)value->u; return true;
  case TG_TYPE_FLOAT: *number = value->f; return true;
  case TG_TYPE_NONE:
  case TG_TYPE_STRING:
  case TG_TYPE_BOOLEAN:
  case TG_TYPE_OPAQUE:
  case TG_TYPE_OBJLNK:
  case TG_TYPE_CORELNK:
  case TG_TYPE_COUNT: break;
  }
  return false;
}

tg_rc_t tg_objdef_check(const tg_resdef_t *res, const tg_value_t *value, tg_value_t *out) {
  tg_value_t converted;
  tg_rc_t rc = tg_value_convert(value, (tg_type_t)res->type, &converted);
  if (rc != TG_OK) return rc;
  double number;
  if (res->has_range && number_of(&converted, &number)) {
    if (!(number >= res->min && number <= res->max)) return TG_E_RANGE;
  }
  *out = converted;
  return TG_OK;
}
