/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_ARENA_H
#define TG_CORE_BASE_ARENA_H

/** A bump allocator: many small allocations, freed at once. One per loop turn on the message path. Bounded by its maximum. */

#include "core/base/rc.h"
#include "core/base/slice.h"

typedef struct tg_arena_chunk tg_arena_chunk_t;

/** Caller's memory; private members. */
typedef struct tg_arena {
  tg_arena_chunk_t *first;
  tg_arena_chunk_t *current;
  size_t chunk_size;
  size_t used;
  size_t max;
} tg_arena_t;

/** An empty arena that takes memory in chunks of @p chunk_size bytes, up to @p max bytes in all. Allocates nothing yet. */
void tg_arena_init(tg_arena_t *arena, size_t chunk_size, size_t max);

/** Frees every chunk. */
void tg_arena_fini(tg_arena_t *arena);

/** @p size bytes aligned for any type, not cleared, lent until reset; NULL over the maximum or without memory. */
void *tg_arena_alloc(tg_arena_t *arena, size_t size);

/** A copy of @p bytes, lent until reset. TG_E_NOMEM when it does not fit. */
TG_MUST_CHECK tg_rc_t tg_arena_copy(tg_arena_t *arena, tg_slice_t bytes, tg_slice_t *copy);

/** Forgets all allocations; keeps the first chunk for the next turn and frees the others. */
void tg_arena_reset(tg_arena_t *arena);

#endif
