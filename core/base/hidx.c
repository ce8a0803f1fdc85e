/* SPDX-License-Identifier: Apache-2.0 */
/* Linear probing with backward-shift deletion, at most seven eighths full: cells hold the hash, so that a step costs little; see hidx.h. */

#include "core/base/hidx.h"

#include "core/base/alloc.h"

struct tg_hidx_cell {
  uint32_t hash;
  uint32_t slot_1; /* slot + 1; 0 = empty */
};

enum { FIRST_BITS = 4, MAX_BITS = 31 };

void tg_hidx_init(tg_hidx_t *idx) {
  *idx = (tg_hidx_t){0};
}

void tg_hidx_fini(tg_hidx_t *idx) {
  tg_alloc_free(idx->cells);
  tg_hidx_init(idx);
}

/* The multiplication spreads hashes whose entropy sits in few bits (counters, slots). */
static uint32_t home(uint32_t hash, uint32_t shift) {
  return (hash * UINT32_C(0x9E3779B1)) >> shift;
}

bool tg_hidx_find(const tg_hidx_t *idx, const tg_hidx_query_t *query, uint32_t *slot) {
  if (idx->count == 0) return false;
  const tg_hidx_cell_t *cells = idx->cells;
  for (uint32_t at = home(query->hash, idx->shift); cells[at].slot_1; at = (at + 1) & idx->mask) {
    if (cells[at].hash != query->hash) continue;
    uint32_t candidate = cells[at].slot_1 - 1;
    if (!query->eq(query->table, candidate, query->key)) continue;
    *slot = candidate;
    return true;
  }
  return false;
}

static void place(tg_hidx_t *idx, tg_hidx_cell_t cell) {
  uint32_t at = home(cell.hash, idx->shift);
  while (idx->cells[at].slot_1) at = (at + 1) & idx->mask;
  idx->cells[at] = cell;
}

static tg_rc_t grow(tg_hidx_t *idx) {
  uint32_t bits = idx->cells ? 32 - idx->shift + 1 : FIRST_BITS;
  if (bits > MAX_BITS) return TG_E_NOMEM;
  tg_hidx_t bigger = {.mask = (UINT32_C(1) << bits) - 1, .shift = 32 - bits, .count = idx->count};
  bigger.cells = tg_alloc_array((size_t)1 << bits, sizeof *bigger.cells);
  if (!bigger.cells) return TG_E_NOMEM;
  for (size_t i = 0; idx->cells && i <= idx->mask; i++) {
    if (idx->cells[i].slot_1) place(&bigger, idx->cells[i]);
  }
  tg_alloc_free(idx->cells);
  *idx = bigger;
  return TG_OK;
}

tg_rc_t tg_hidx_add(tg_hidx_t *idx, uint32_t hash, uint32_t slot) {
  if (!idx->cells || ((uint64_t)idx->count + 1) * 8 > ((uint64_t)idx->mask + 1) * 7) {
    tg_rc_t rc = grow(idx);
    if (rc != TG_OK) return rc;
  }
  place(idx, (tg_hidx_cell_t){hash, slot + 1});
  idx->count++;
  return TG_OK;
}

/* Closes the gap at @p hole: moves back every later entry of the run that may stand there (Knuth, vol. 3, 6.4, algorithm R). */
static void close_gap(tg_hidx_t *idx, uint32_t hole) {
  tg_hidx_cell_t *cells = idx->cells;
  for (uint32_t at = (hole + 1) & idx->mask; cells[at].slot_1; at = (at + 1) & idx->mask) {
    uint32_t from_home = (at - home(cells[at].hash, idx->shift)) & idx->mask;
    uint32_t from_hole = (at - hole) & idx->mask;
    if (from_home < from_hole) continue;
    cells[hole] = cells[at];
    hole = at;
  }
  cells[hole] = (tg_hidx_cell_t){0, 0};
}

void tg_hidx_del(tg_hidx_t *idx, uint32_t hash, uint32_t slot) {
  if (idx->count == 0) return;
  for (uint32_t at = home(hash, idx->shift); idx->cells[at].slot_1; at = (at + 1) & idx->mask) {
    if (idx->cells[at].hash != hash || idx->cells[at].slot_1 != slot + 1) continue;
    close_gap(idx, at);
    idx->count--;
    return;
  }
}
