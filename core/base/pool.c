/* SPDX-License-Identifier: Apache-2.0 */
/* Items in chunks of 64 behind generation-tagged ids; see pool.h. A slot's generation is odd while its item is taken. */

#include "core/base/pool.h"

#include "core/base/alloc.h"
#include "core/base/require.h"

enum { CHUNK_SHIFT = 6, CHUNK_ITEMS = 1 << CHUNK_SHIFT, CHUNK_MASK = CHUNK_ITEMS - 1 };

/* Stands before every item. */
typedef struct head {
  uint32_t generation;
  uint32_t link; /* taken: its own slot; free: the next free slot + 1 */
} head_t;

tg_rc_t tg_pool_init(tg_pool_t *pool, size_t item_size, uint32_t max) {
  *pool = (tg_pool_t){0};
  if (item_size > SIZE_MAX / CHUNK_ITEMS - sizeof(head_t) - 8) return TG_E_NOMEM;
  pool->item_size = (sizeof(head_t) + item_size + 7) / 8 * 8;
  pool->max = max;
  pool->chunks = tg_alloc_array((size_t)max / CHUNK_ITEMS + 1, sizeof *pool->chunks);
  return pool->chunks ? TG_OK : TG_E_NOMEM;
}

void tg_pool_fini(tg_pool_t *pool) {
  size_t chunks = pool->chunks ? ((size_t)pool->used + CHUNK_MASK) / CHUNK_ITEMS : 0;
  for (size_t i = 0; i < chunks; i++) tg_alloc_free(pool->chunks[i]);
  tg_alloc_free(pool->chunks);
  *pool = (tg_pool_t){0};
}

static head_t *head_at(const tg_pool_t *pool, uint32_t slot) {
  return (head_t *)(void *)(pool->chunks[slot >> CHUNK_SHIFT] + (size_t)(slot & CHUNK_MASK) * pool->item_size);
}

/* A slot that was never used, with memory behind it. */
static head_t *fresh_slot(tg_pool_t *pool, uint32_t *slot) {
  if (pool->used == pool->max) return NULL;
  *slot = pool->used;
  uint8_t **chunk = &pool->chunks[*slot >> CHUNK_SHIFT];
  if ((*slot & CHUNK_MASK) == 0) {
    uint32_t left = pool->max - *slot;
    *chunk = tg_alloc((left < CHUNK_ITEMS ? left : CHUNK_ITEMS) * pool->item_size);
    if (!*chunk) return NULL;
  }
  pool->used++;
  head_t *head = head_at(pool, *slot);
  head->generation = 0;
  return head;
}

void *tg_pool_take(tg_pool_t *pool, tg_id_t *id) {
  uint32_t slot;
  head_t *head;
  if (pool->free_head) {
    slot = pool->free_head - 1;
    head = head_at(pool, slot);
    pool->free_head = head->link;
  } else {
    head = fresh_slot(pool, &slot);
    if (!head) return NULL;
  }
  head->generation++;
  head->link = slot;
  pool->count++;
  *id = (tg_id_t)head->generation << 32 | slot;
  memset(head + 1, 0, pool->item_size - sizeof *head);
  return head + 1;
}

void *tg_pool_find(const tg_pool_t *pool, tg_id_t id) {
  uint32_t slot = (uint32_t)id, generation = (uint32_t)(id >> 32);
  if (slot >= pool->used || !(generation & 1)) return NULL;
  head_t *head = head_at(pool, slot);
  return head->generation == generation ? head + 1 : NULL;
}

void *tg_pool_at(const tg_pool_t *pool, uint32_t slot, tg_id_t *id) {
  if (slot >= pool->used) return NULL;
  head_t *head = head_at(pool, slot);
  if (!(head->generation & 1)) return NULL;
  if (id) *id = (tg_id_t)head->generation << 32 | slot;
  return head + 1;
}

tg_id_t tg_pool_id(const tg_pool_t *pool, const void *item) {
  const head_t *head = (const head_t *)item - 1;
  TG_DEBUG_ASSERT(head->link < pool->used && head_at(pool, head->link) == head);
  (void)pool;
  return (tg_id_t)head->generation << 32 | head->link;
}

void tg_pool_give(tg_pool_t *pool, tg_id_t id) {
  void *item = tg_pool_find(pool, id);
  if (!item) return;
  head_t *head = (head_t *)item - 1;
  head->generation++;
  head->link = pool->free_head;
  pool->free_head = (uint32_t)id + 1;
  pool->count--;
}
