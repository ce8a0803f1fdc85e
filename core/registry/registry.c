/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/registry: the table of object definitions, sorted by id and version. See registry.h; XML files come in through objxml.c. */

#include "core/registry/registry.h"

#include "core/base/alloc.h"

enum { ROWS_STEP = 64 };

struct tg_registry {
  tg_objdef_t **rows; /* ascending by id, then version */
  size_t count;
  size_t cap;
  tg_objdef_t **replaced; /* lent out once, so kept until the end */
  size_t replaced_count;
  size_t replaced_cap;
};

tg_registry_t *tg_registry_new(void) {
  return tg_alloc_array(1, sizeof(tg_registry_t));
}

static void free_rows(tg_objdef_t **rows, size_t count) {
  for (size_t i = 0; i < count; i++) tg_objdef_free(rows[i]);
  tg_alloc_free(rows);
}

void tg_registry_free(tg_registry_t *registry) {
  if (!registry) return;
  free_rows(registry->rows, registry->count);
  free_rows(registry->replaced, registry->replaced_count);
  tg_alloc_free(registry);
}

/* The first row that is not below (id, version). */
static size_t place_of(const tg_registry_t *registry, uint16_t id, tg_version_t version) {
  size_t low = 0, high = registry->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const tg_objdef_t *def = registry->rows[middle];
    if (def->id < id || (def->id == id && def->version < version)) low = middle + 1;
    else high = middle;
  }
  return low;
}

static tg_rc_t make_room(tg_objdef_t ***rows, size_t count, size_t *cap) {
  if (count < *cap) return TG_OK;
  size_t grown_cap = *cap ? *cap * 2 : ROWS_STEP;
  tg_objdef_t **grown = tg_alloc_resize(*rows, grown_cap, sizeof *grown);
  if (!grown) return TG_E_NOMEM;
  *rows = grown;
  *cap = grown_cap;
  return TG_OK;
}

tg_rc_t tg_registry_add(tg_registry_t *registry, tg_objdef_t *def) {
  size_t at = place_of(registry, def->id, def->version);
  tg_objdef_t *there = at < registry->count ? registry->rows[at] : NULL;
  if (there && there->id == def->id && there->version == def->version) {
    tg_rc_t rc = make_room(&registry->replaced, registry->replaced_count, &registry->replaced_cap);
    if (rc != TG_OK) return rc;
    registry->replaced[registry->replaced_count++] = there;
    registry->rows[at] = def;
    return TG_OK;
  }
  tg_rc_t rc = make_room(&registry->rows, registry->count, &registry->cap);
  if (rc != TG_OK) return rc;
  memmove(registry->rows + at + 1, registry->rows + at, (registry->count - at) * sizeof *registry->rows);
  registry->rows[at] = def;
  registry->count++;
  return TG_OK;
}

const tg_objdef_t *tg_registry_find(const tg_registry_t *registry, uint16_t id, tg_version_t version) {
  size_t at = place_of(registry, id, version ? version : UINT32_MAX);
  const tg_objdef_t *def = at < registry->count ? registry->rows[at] : NULL;
  if (def && def->id == id && def->version == version) return def;
  const tg_objdef_t *lower = at > 0 ? registry->rows[at - 1] : NULL;
  if (lower && lower->id == id) return lower;
  return def && def->id == id ? def : NULL;
}

void tg_registry_each(const tg_registry_t *registry, bool (*fn)(void *ud, const tg_objdef_t *def), void *ud) {
  for (size_t i = 0; i < registry->count; i++) {
    if (!fn(ud, registry->rows[i])) return;
  }
}
