/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_HIDX_H
#define TG_CORE_BASE_HIDX_H

/**
 * A hash index: 32-bit hash to 32-bit slot of a table elsewhere (usually a tg_pool_t). Open addressing; the owner compares the
 * keys, so keys are stored once, in the table. Hash foreign keys with tg_hash() under a random key.
 */

#include "core/base/rc.h"
#include "core/base/slice.h"

typedef struct tg_hidx_cell tg_hidx_cell_t;

/** Caller's memory; private members. */
typedef struct tg_hidx {
  tg_hidx_cell_t *cells;
  uint32_t mask;  /* cells - 1, or 0 when there are none */
  uint32_t shift; /* 32 - log2(cells) */
  uint32_t count; /* entries */
} tg_hidx_t;

/** Whether the table's slot @p slot holds @p key. @p table is what the caller passed along. */
typedef bool (*tg_hidx_eq_fn)(const void *table, uint32_t slot, const void *key);

/** What is looked for, and who compares. */
typedef struct tg_hidx_query {
  uint32_t hash;
  tg_hidx_eq_fn eq;
  const void *table;
  const void *key;
} tg_hidx_query_t;

/** Makes @p idx empty; allocates nothing yet. */
void tg_hidx_init(tg_hidx_t *idx);

/** Frees the cells. */
void tg_hidx_fini(tg_hidx_t *idx);

/** The slot whose key equals that of @p query. @return true and @p slot set, or false. */
bool tg_hidx_find(const tg_hidx_t *idx, const tg_hidx_query_t *query, uint32_t *slot);

/** Adds @p slot (below UINT32_MAX) under @p hash; the caller has made sure that the key is not there. TG_E_NOMEM leaves the index as it was. */
TG_MUST_CHECK tg_rc_t tg_hidx_add(tg_hidx_t *idx, uint32_t hash, uint32_t slot);

/** Removes the entry of exactly this hash and slot; does nothing if it is not there. */
void tg_hidx_del(tg_hidx_t *idx, uint32_t hash, uint32_t slot);

#endif
