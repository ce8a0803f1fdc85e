/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_POOL_H
#define TG_CORE_BASE_POOL_H

/**
 * Fixed-size items behind generation-tagged ids. An id outlives its item: looking a stale one up finds nothing, it never finds
 * the item's successor. Items do not move and are aligned to 8 bytes; memory is taken in chunks as the pool grows, up to a maximum of items.
 */

#include "core/base/rc.h"
#include "core/base/slice.h"

/** Slot number in the low 32 bits, generation (never 0) in the high ones. 0 is no id. */
typedef uint64_t tg_id_t;

#define TG_ID_NONE ((tg_id_t)0)

/** The slot number of @p id: dense from 0, for tables beside the pool. */
static inline uint32_t tg_id_slot(tg_id_t id) {
  return (uint32_t)id;
}

/** Caller's memory; private members. */
typedef struct tg_pool {
  uint8_t **chunks;
  size_t item_size; /* with the slot's header, rounded up */
  uint32_t count;   /* items taken */
  uint32_t used;    /* slots ever used */
  uint32_t max;
  uint32_t free_head; /* slot + 1, 0 = none */
} tg_pool_t;

/** An empty pool of items of @p item_size bytes, at most @p max of them. */
TG_MUST_CHECK tg_rc_t tg_pool_init(tg_pool_t *pool, size_t item_size, uint32_t max);

/** Frees the memory of all items. */
void tg_pool_fini(tg_pool_t *pool);

/** Takes a cleared item and sets @p id. NULL when the pool is at its maximum or the heap is empty. Lent until tg_pool_give(). */
void *tg_pool_take(tg_pool_t *pool, tg_id_t *id);

/** The item of @p id, or NULL when it was given back or never was. */
void *tg_pool_find(const tg_pool_t *pool, tg_id_t id);

/** The item in @p slot if it is taken, else NULL. Sets @p id (may be NULL). */
void *tg_pool_at(const tg_pool_t *pool, uint32_t slot, tg_id_t *id);

/** The id of a taken @p item of this pool. */
tg_id_t tg_pool_id(const tg_pool_t *pool, const void *item);

/** Gives the item of @p id back; a stale id is ignored. */
void tg_pool_give(tg_pool_t *pool, tg_id_t id);

/** How many slots were ever used: the bound of a walk with tg_pool_at(). */
static inline uint32_t tg_pool_slots(const tg_pool_t *pool) {
  return pool->used;
}

#endif
