/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/base: texts that many have, each kept once; see shared_text.h. */

#include "core/base/shared_text.h"

#include "core/base/alloc.h"

typedef struct entry {
  char *text; /* owned */
  uint32_t hash;
  uint32_t users;
} entry_t;

tg_rc_t tg_shared_text_init(tg_shared_text_t *texts, const tg_hash_key_t *key, uint32_t max) {
  *texts = (tg_shared_text_t){.key = *key};
  tg_hidx_init(&texts->index);
  return tg_pool_init(&texts->pool, sizeof(entry_t), max);
}

void tg_shared_text_fini(tg_shared_text_t *texts) {
  for (uint32_t slot = 0; slot < tg_pool_slots(&texts->pool); slot++) {
    entry_t *entry = tg_pool_at(&texts->pool, slot, NULL);
    if (entry) tg_alloc_free(entry->text);
  }
  tg_hidx_fini(&texts->index);
  tg_pool_fini(&texts->pool);
}

static bool is_text(const void *table, uint32_t slot, const void *key) {
  const entry_t *entry = tg_pool_at(table, slot, NULL);
  const tg_slice_t *bytes = key;
  return entry && tg_slice_is(*bytes, entry->text);
}

static tg_rc_t add(tg_shared_text_t *texts, tg_slice_t bytes, uint32_t hash, uint32_t *slot) {
  tg_id_t id;
  entry_t *entry = tg_pool_take(&texts->pool, &id);
  if (!entry) return texts->pool.count == texts->pool.max ? TG_E_FULL : TG_E_NOMEM;
  *slot = tg_id_slot(id);
  entry->hash = hash;
  entry->text = tg_alloc_str(bytes);
  if (entry->text && tg_hidx_add(&texts->index, hash, *slot) == TG_OK) return TG_OK;
  tg_alloc_free(entry->text);
  tg_pool_give(&texts->pool, id);
  return TG_E_NOMEM;
}

tg_rc_t tg_shared_text_take(tg_shared_text_t *texts, tg_slice_t bytes, uint32_t *ref) {
  bytes.len = tg_slice_find(bytes, 0);
  uint32_t hash = tg_hash32(&texts->key, bytes), slot;
  const tg_hidx_query_t query = {.hash = hash, .eq = is_text, .table = &texts->pool, .key = &bytes};
  if (!tg_hidx_find(&texts->index, &query, &slot)) {
    tg_rc_t rc = add(texts, bytes, hash, &slot);
    if (rc != TG_OK) return rc;
  }
  entry_t *entry = tg_pool_at(&texts->pool, slot, NULL);
  entry->users++;
  *ref = slot + 1;
  return TG_OK;
}

void tg_shared_text_give(tg_shared_text_t *texts, uint32_t ref) {
  tg_id_t id;
  entry_t *entry = ref ? tg_pool_at(&texts->pool, ref - 1, &id) : NULL;
  if (!entry || --entry->users) return;
  tg_hidx_del(&texts->index, entry->hash, ref - 1);
  tg_alloc_free(entry->text);
  tg_pool_give(&texts->pool, id);
}

const char *tg_shared_text_get(const tg_shared_text_t *texts, uint32_t ref) {
  const entry_t *entry = ref ? tg_pool_at(&texts->pool, ref - 1, NULL) : NULL;
  return entry ? entry->text : NULL;
}
