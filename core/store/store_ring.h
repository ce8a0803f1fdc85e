/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_STORE_STORE_RING_H
#define TG_CORE_STORE_STORE_RING_H

/**
 * Private to core/store: every live outbox message in order of its sequence number. The bytes of recent ones are in memory, those of
 * older durable ones only on disk. Messages that are not durable stay in memory until they are deleted.
 */

#include "core/store/store.h"

typedef struct tg_store_segment tg_store_segment_t;

typedef enum tg_store_ring_state {
  TG_STORE_RING_PENDING, /* durable, not committed */
  TG_STORE_RING_READY,
  TG_STORE_RING_DEAD, /* deleted; the slot goes later */
} tg_store_ring_state_t;

/** One message. */
typedef struct tg_store_ring_entry {
  uint64_t seq;
  tg_store_segment_t *segment; /* NULL: only on disk */
  uint32_t at;                 /* of the packed entry in the segment */
  uint32_t packed_len;
  uint32_t size; /* bytes of topic, payload and properties */
  uint32_t broker;
  uint8_t state;
  bool durable;
  bool outlasts; /* a failed transaction: its class is not that of telemetry */
} tg_store_ring_entry_t;

/** All messages; `{0}` with the maxima set is an empty ring. */
typedef struct tg_store_ring {
  tg_store_ring_entry_t *entries;
  size_t first; /* live range of entries: first … end - 1, rising seq */
  size_t end;
  size_t cap;
  size_t dead;  /* in that range */
  size_t reads; /* walks going on: entries must not move, bytes must not go */
  size_t owed;  /* died during walks with bytes in memory; these go at the end of the walk */
  tg_store_segment_t *tail;
  tg_store_segment_t *spare;
  size_t memory;     /* bytes of all segments */
  size_t memory_max; /* above it the oldest durable messages leave memory */
  uint64_t evicted;  /* no durable message up to this seq has bytes in memory */
  uint64_t bytes;
  uint64_t rows;
} tg_store_ring_t;

/** Frees everything. */
void tg_store_ring_fini(tg_store_ring_t *ring);

/** Adds @p entry, whose seq is above all others; @p packed is set to its packed bytes, lent until the next call. TG_E_NOMEM; TG_E_TOO_LONG. */
TG_MUST_CHECK tg_rc_t tg_store_ring_add(tg_store_ring_t *ring, const tg_outbox_entry_t *entry, tg_slice_t *packed);

/** Takes back the message added last. */
void tg_store_ring_undo(tg_store_ring_t *ring);

/** Adds a committed message whose bytes are on disk. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_store_ring_load(tg_store_ring_t *ring, uint64_t seq, uint32_t broker, uint32_t size);

/** The durable messages of [@p first, @p last] were committed, or not: then those that outlast that are still pending, the others are gone. */
void tg_store_ring_settle(tg_store_ring_t *ring, uint64_t first, uint64_t last, bool committed);

/** The oldest live message, lent until the next call; NULL when there is none. */
const tg_store_ring_entry_t *tg_store_ring_first(const tg_store_ring_t *ring);

/** The live message @p seq, lent until the next call; NULL when there is none. */
const tg_store_ring_entry_t *tg_store_ring_find(const tg_store_ring_t *ring, uint64_t seq);

/** Removes the message @p seq if it is there. */
void tg_store_ring_del(tg_store_ring_t *ring, uint64_t seq);

/** Begins a walk: until the end of it entries do not move and bytes stay. @return index of the first message above @p after */
size_t tg_store_ring_begin(tg_store_ring_t *ring, uint64_t after);

/** The bytes of @p entry, lent until the walk's end; empty when they are only on disk. */
tg_slice_t tg_store_ring_bytes(const tg_store_ring_entry_t *entry);

/** Ends the walk that began at index @p from; frees what was deleted meanwhile. */
void tg_store_ring_end(tg_store_ring_t *ring, size_t from);

#endif
