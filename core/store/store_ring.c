/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An array of small records sorted by seq, and their bytes in segments of 64 KiB that count their users; see store_ring.h. Messages die
 * about in the order in which they came, so records go at the front and segments become free as wholes.
 */

#include "core/store/store_ring.h"

#include "core/base/alloc.h"
#include "core/store/store_ops.h"

enum { SEGMENT_SIZE = 64 << 10, LARGE = SEGMENT_SIZE / 4, FIRST_CAP = 256 };

struct tg_store_segment {
  size_t cap;
  size_t used;
  size_t live; /* messages with bytes here */
  uint8_t bytes[];
};

static tg_store_segment_t *segment_new(tg_store_ring_t *ring, size_t cap) {
  if (ring->spare && cap == SEGMENT_SIZE) {
    tg_store_segment_t *segment = ring->spare;
    ring->spare = NULL;
    return segment;
  }
  tg_store_segment_t *segment = tg_alloc(sizeof *segment + cap);
  if (!segment) return NULL;
  segment->cap = cap;
  segment->used = segment->live = 0;
  ring->memory += cap;
  return segment;
}

static void segment_free(tg_store_ring_t *ring, tg_store_segment_t *segment) {
  if (!segment) return;
  ring->memory -= segment->cap;
  tg_alloc_free(segment);
}

/* A place for @p size bytes; large messages have a segment of their own. */
static tg_store_segment_t *segment_for(tg_store_ring_t *ring, size_t size) {
  if (size > LARGE) return segment_new(ring, size);
  if (ring->tail && size <= ring->tail->cap - ring->tail->used) return ring->tail;
  tg_store_segment_t *segment = segment_new(ring, SEGMENT_SIZE);
  if (!segment) return NULL;
  ring->tail = segment; /* the one before has messages: else it would be empty, with room enough */
  return segment;
}

static void release(tg_store_ring_t *ring, tg_store_ring_entry_t *entry) {
  tg_store_segment_t *segment = entry->segment;
  entry->segment = NULL;
  if (!segment || --segment->live) return;
  segment->used = 0;
  if (segment == ring->tail) return;
  if (!ring->spare && segment->cap == SEGMENT_SIZE) ring->spare = segment;
  else segment_free(ring, segment);
}

void tg_store_ring_fini(tg_store_ring_t *ring) {
  for (size_t i = ring->first; i < ring->end; i++) release(ring, &ring->entries[i]);
  segment_free(ring, ring->tail);
  segment_free(ring, ring->spare);
  tg_alloc_free(ring->entries);
  *ring = (tg_store_ring_t){0};
}

/* Index of the first record with a seq not below @p seq. */
static size_t lower_bound(const tg_store_ring_t *ring, uint64_t seq) {
  size_t low = ring->first, high = ring->end;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (ring->entries[middle].seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

static void trim_front(tg_store_ring_t *ring) {
  while (!ring->reads && ring->first < ring->end && ring->entries[ring->first].state == TG_STORE_RING_DEAD) {
    release(ring, &ring->entries[ring->first]);
    ring->first++;
    ring->dead--;
  }
  if (ring->first == ring->end && !ring->reads) ring->first = ring->end = 0;
}

/* Closes up the records; dead ones go, unless a walk relies on their places. */
static void compact(tg_store_ring_t *ring) {
  size_t to = 0;
  for (size_t i = ring->first; i < ring->end; i++) {
    if (ring->entries[i].state == TG_STORE_RING_DEAD) release(ring, &ring->entries[i]);
    else ring->entries[to++] = ring->entries[i];
  }
  ring->first = 0;
  ring->end = to;
  ring->dead = 0;
}

static tg_rc_t make_slot(tg_store_ring_t *ring) {
  if (ring->end < ring->cap) return TG_OK;
  if (!ring->reads && (ring->first + ring->dead) * 2 >= ring->cap && ring->cap) {
    compact(ring);
    return TG_OK;
  }
  size_t cap = ring->cap ? ring->cap * 2 : FIRST_CAP;
  void *entries = tg_alloc_resize(ring->entries, cap, sizeof *ring->entries);
  if (!entries) return TG_E_NOMEM;
  ring->entries = entries;
  ring->cap = cap;
  return TG_OK;
}

/* Takes the oldest committed durable messages out of memory until it is below its maximum. */
static void evict(tg_store_ring_t *ring) {
  if (ring->reads) return;
  for (size_t i = lower_bound(ring, ring->evicted + 1); i < ring->end && ring->memory > ring->memory_max; i++) {
    tg_store_ring_entry_t *entry = &ring->entries[i];
    if (entry->durable && entry->state == TG_STORE_RING_PENDING) return;
    if (entry->durable || entry->state == TG_STORE_RING_DEAD) release(ring, entry);
    ring->evicted = entry->seq;
  }
}

tg_rc_t tg_store_ring_add(tg_store_ring_t *ring, const tg_outbox_entry_t *entry, tg_slice_t *packed) {
  size_t size = tg_store_ops_entry_size(entry);
  if (size == SIZE_MAX) return TG_E_TOO_LONG;
  tg_rc_t rc = make_slot(ring);
  if (rc != TG_OK) return rc;
  tg_store_segment_t *segment = segment_for(ring, size);
  if (!segment) return TG_E_NOMEM;

  tg_store_ops_entry_pack(entry, segment->bytes + segment->used);
  *packed = tg_slice(segment->bytes + segment->used, size);
  ring->entries[ring->end++] = (tg_store_ring_entry_t){
      .seq = entry->seq,
      .segment = segment,
      .at = (uint32_t)segment->used,
      .packed_len = (uint32_t)size,
      .size = (uint32_t)(entry->topic.len + entry->payload.len + entry->props.len),
      .broker = entry->broker,
      .state = entry->durable ? TG_STORE_RING_PENDING : TG_STORE_RING_READY,
      .durable = entry->durable,
      .outlasts = entry->shed_class > 0,
  };
  segment->used += size;
  segment->live++;
  ring->rows++;
  ring->bytes += ring->entries[ring->end - 1].size;
  evict(ring);
  return TG_OK;
}

void tg_store_ring_undo(tg_store_ring_t *ring) {
  tg_store_ring_entry_t *entry = &ring->entries[--ring->end];
  ring->rows--;
  ring->bytes -= entry->size;
  release(ring, entry);
}

tg_rc_t tg_store_ring_load(tg_store_ring_t *ring, uint64_t seq, uint32_t broker, uint32_t size) {
  tg_rc_t rc = make_slot(ring);
  if (rc != TG_OK) return rc;
  ring->entries[ring->end++] = (tg_store_ring_entry_t){
      .seq = seq, .size = size, .broker = broker, .state = TG_STORE_RING_READY, .durable = true};
  ring->rows++;
  ring->bytes += size;
  ring->evicted = seq;
  return TG_OK;
}

static void kill(tg_store_ring_t *ring, tg_store_ring_entry_t *entry) {
  entry->state = TG_STORE_RING_DEAD;
  ring->dead++;
  ring->rows--;
  ring->bytes -= entry->size;
  if (!ring->reads) release(ring, entry);
  else if (entry->segment) ring->owed++;
}

void tg_store_ring_settle(tg_store_ring_t *ring, uint64_t first, uint64_t last, bool committed) {
  for (size_t i = lower_bound(ring, first); i < ring->end && ring->entries[i].seq <= last; i++) {
    tg_store_ring_entry_t *entry = &ring->entries[i];
    if (entry->state != TG_STORE_RING_PENDING) continue;
    if (committed) entry->state = TG_STORE_RING_READY;
    else if (!entry->outlasts) kill(ring, entry);
  }
  trim_front(ring);
  evict(ring);
}

static tg_store_ring_entry_t *find(const tg_store_ring_t *ring, uint64_t seq) {
  size_t i = lower_bound(ring, seq);
  if (i == ring->end || ring->entries[i].seq != seq) return NULL;
  return ring->entries[i].state == TG_STORE_RING_DEAD ? NULL : &ring->entries[i];
}

/* Dead ones are at the front only while a walk goes on. */
const tg_store_ring_entry_t *tg_store_ring_first(const tg_store_ring_t *ring) {
  for (size_t i = ring->first; i < ring->end; i++) {
    if (ring->entries[i].state != TG_STORE_RING_DEAD) return &ring->entries[i];
  }
  return NULL;
}

const tg_store_ring_entry_t *tg_store_ring_find(const tg_store_ring_t *ring, uint64_t seq) {
  return find(ring, seq);
}

void tg_store_ring_del(tg_store_ring_t *ring, uint64_t seq) {
  tg_store_ring_entry_t *entry = find(ring, seq);
  if (!entry) return;
  kill(ring, entry);
  trim_front(ring);
}

size_t tg_store_ring_begin(tg_store_ring_t *ring, uint64_t after) {
  ring->reads++;
  return after == UINT64_MAX ? ring->end : lower_bound(ring, after + 1);
}

tg_slice_t tg_store_ring_bytes(const tg_store_ring_entry_t *entry) {
  return entry->segment ? tg_slice(entry->segment->bytes + entry->at, entry->packed_len) : tg_slice(NULL, 0);
}

void tg_store_ring_end(tg_store_ring_t *ring, size_t from) {
  if (--ring->reads) return;
  for (size_t i = from; ring->owed && i < ring->end; i++) {
    tg_store_ring_entry_t *entry = &ring->entries[i];
    if (entry->state != TG_STORE_RING_DEAD || !entry->segment) continue;
    release(ring, entry);
    ring->owed--;
  }
  ring->owed = 0; /* what died before @p from goes when it is at the front */
  trim_front(ring);
}
