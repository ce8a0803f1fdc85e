/* SPDX-License-Identifier: Apache-2.0 */
/* Bump allocation in chunks; see arena.h. `used` counts the bytes of all chunks against the maximum. */

#include "core/base/arena.h"

#include <stdalign.h>

#include "core/base/alloc.h"

struct tg_arena_chunk {
  tg_arena_chunk_t *next;
  size_t cap;
  size_t used;
  alignas(max_align_t) uint8_t bytes[];
};

enum { ALIGN = alignof(max_align_t) };

void tg_arena_init(tg_arena_t *arena, size_t chunk_size, size_t max) {
  *arena = (tg_arena_t){.chunk_size = chunk_size, .max = max};
}

static void free_from(tg_arena_chunk_t *chunk) {
  while (chunk) {
    tg_arena_chunk_t *next = chunk->next;
    tg_alloc_free(chunk);
    chunk = next;
  }
}

void tg_arena_fini(tg_arena_t *arena) {
  free_from(arena->first);
  tg_arena_init(arena, arena->chunk_size, arena->max);
}

static tg_arena_chunk_t *add_chunk(tg_arena_t *arena, size_t need) {
  size_t left = arena->max - arena->used;
  size_t cap = arena->chunk_size < left ? arena->chunk_size : left;
  if (need > cap) cap = need;
  if (cap > left || cap > SIZE_MAX - sizeof(tg_arena_chunk_t)) return NULL;

  tg_arena_chunk_t *chunk = tg_alloc(sizeof *chunk + cap);
  if (!chunk) return NULL;
  chunk->next = NULL;
  chunk->cap = cap;
  chunk->used = 0;
  if (arena->current) arena->current->next = chunk;
  else arena->first = chunk;
  arena->current = chunk;
  arena->used += cap;
  return chunk;
}

void *tg_arena_alloc(tg_arena_t *arena, size_t size) {
  if (size > SIZE_MAX - ALIGN) return NULL;
  size = size ? (size + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
  tg_arena_chunk_t *chunk = arena->current;
  if (!chunk || size > chunk->cap - chunk->used) chunk = add_chunk(arena, size);
  if (!chunk) return NULL;
  void *p = chunk->bytes + chunk->used;
  chunk->used += size;
  return p;
}

tg_rc_t tg_arena_copy(tg_arena_t *arena, tg_slice_t bytes, tg_slice_t *copy) {
  void *p = tg_arena_alloc(arena, bytes.len);
  if (!p) return TG_E_NOMEM;
  if (bytes.len) memcpy(p, bytes.p, bytes.len);
  *copy = tg_slice(p, bytes.len);
  return TG_OK;
}

void tg_arena_reset(tg_arena_t *arena) {
  tg_arena_chunk_t *first = arena->first;
  if (!first) return;
  free_from(first->next);
  first->next = NULL;
  first->used = 0;
  arena->current = first;
  arena->used = first->cap;
}
