/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between the rules and the brokers: kept in order, on disk before anybody is told, out again in order.
 *
 * Path: core/mqtt/mqtt_publish.c -> core/store/store_outbox.c -> core/mqtt/mqtt_drain.c
 */

#include "core/base/crash.h"
#include "core/store/store_state.h"

uint64_t tg_store_outbox_next_seq(tg_store_t *store) {
  uint64_t seq = store->next_seq++;
  /* Half of the last reservation is left for the time until the next one is on disk. If it can't be queued, the next call tries. */
  if (seq + TG_STORE_RESERVE / 2 >= store->reserve_queued) {
    tg_store_op_t op = {.kind = TG_STORE_OP_RESERVE, .seq = seq + TG_STORE_RESERVE};
    if (tg_store_queue_add(store, &op) == TG_OK) store->reserve_queued = op.seq;
  }
  return seq;
}

/* What a class may fill: the higher one always finds room that the lower can't take. */
static uint64_t max_for(const tg_store_t *store, uint8_t shed_class) {
  uint64_t max = store->config.outbox_max;
  return shed_class < TG_STORE_RESULT ? max - (max >> (3 + shed_class)) : max;
}

bool tg_store_outbox_has_room(const tg_store_t *store, uint8_t shed_class, uint64_t bytes) {
  uint64_t max = max_for(store, shed_class);
  return bytes <= max && store->ring.bytes <= max - bytes;
}

void tg_store_outbox_refuse(tg_store_t *store, uint8_t shed_class) {
  store->stats.outbox_refused++;
  store->stats.outbox_refused_by[shed_class % TG_STORE_CLASSES]++;
}

static void count_refused(tg_store_t *store, const tg_outbox_entry_t *entry) {
  tg_store_outbox_refuse(store, entry->shed_class);
  if (!store->refused.count++) store->refused.first_seq = entry->seq;
  store->refused.last_seq = entry->seq;
}

static void tell_gap(tg_store_t *store) {
  tg_store_gap_t gap = store->refused;
  store->refused = (tg_store_gap_t){0};
  if (store->config.on_gap) store->config.on_gap(store->config.ud, &gap);
}

/* Told once, and once more when a quarter is free again: in between devices are told to keep what they have. */
static void tell_full(tg_store_t *store, bool full) {
  if (!full && !store->full && store->refused.count) tell_gap(store); /* memory or disk was short, not room */
  if (full == store->full || (!full && store->ring.bytes > store->config.outbox_max / 4 * 3)) return;
  store->full = full;
  tg_log("store", full ? TG_LOG_WARN : TG_LOG_INFO, "%s messages=%llu bytes=%llu max=%llu",
         full ? "outbox_full" : "outbox_has_room", (unsigned long long)store->ring.rows,
         (unsigned long long)store->ring.bytes, (unsigned long long)store->config.outbox_max);
  if (!full) tell_gap(store);
}

/* Whatever the reason: what was not kept must not be acknowledged. */
static tg_rc_t refuse(tg_store_t *store, const tg_outbox_entry_t *entry, tg_rc_t rc) {
  count_refused(store, entry);
  if (rc == TG_E_FULL) tell_full(store, true);
  return rc;
}

tg_rc_t tg_store_outbox_add(tg_store_t *store, const tg_outbox_entry_t *entry) {
  if (entry->seq >= store->next_seq || entry->seq <= store->last_seq) return TG_E_ARG;
  if (entry->seq >= store->reserved) return refuse(store, entry, TG_E_STORE);
  if (tg_store_ops_entry_size(entry) == SIZE_MAX) return TG_E_TOO_LONG;
  uint64_t size = entry->topic.len + entry->payload.len + entry->props.len;
  if (!tg_store_outbox_has_room(store, entry->shed_class, size)) return refuse(store, entry, TG_E_FULL);

  tg_slice_t packed;
  TG_CRASH_PASS(OUTBOX_ADD_BEFORE);
  tg_rc_t rc = tg_store_ring_add(&store->ring, entry, &packed);
  if (rc != TG_OK) return refuse(store, entry, rc);
  if (entry->durable) {
    const tg_store_op_t op = {
        .kind = TG_STORE_OP_ADD, .yields = entry->shed_class == TG_STORE_TELEMETRY, .seq = entry->seq, .value = packed};
    rc = tg_store_queue_add(store, &op);
  }
  if (rc == TG_OK) {
    TG_CRASH_PASS(OUTBOX_ADD_AFTER);
    store->last_seq = entry->seq;
    tell_full(store, false);
    return TG_OK;
  }
  tg_store_ring_undo(&store->ring);
  return refuse(store, entry, rc);
}

/* Hands out one message. @p more: whether @p fn wants another one. */
static tg_rc_t give(tg_store_t *store, const tg_store_ring_entry_t *slot, tg_outbox_fn fn, void *ud, bool *more) {
  tg_slice_t packed = tg_store_ring_bytes(slot);
  if (packed.len == 0) return tg_store_db_entry(&store->db, slot->seq, fn, ud, more);
  tg_outbox_entry_t entry;
  tg_store_ops_entry_unpack(slot->seq, packed, &entry);
  *more = fn(ud, &entry);
  return TG_OK;
}

tg_rc_t tg_store_outbox_read(tg_store_t *store, tg_outbox_read_t *read, tg_outbox_fn fn, void *ud) {
  tg_store_ring_t *ring = &store->ring;
  size_t from = tg_store_ring_begin(ring, read->after);
  size_t left = read->max;
  bool more = true;
  tg_rc_t rc = TG_OK;
  for (size_t i = from; i < ring->end && left && more && rc == TG_OK; i++) {
    tg_store_ring_entry_t slot = ring->entries[i]; /* a copy: fn may add and so move them */
    if (slot.broker == read->broker && slot.state != TG_STORE_RING_DEAD) {
      if (slot.state == TG_STORE_RING_PENDING) break; /* handing out a later one would break the order */
      rc = give(store, &slot, fn, ud, &more);
      left--;
    }
    if (more && rc == TG_OK) read->after = slot.seq;
  }
  tg_store_ring_end(ring, from);
  return rc == TG_OK ? TG_OK : TG_E_STORE;
}

tg_rc_t tg_store_outbox_del(tg_store_t *store, uint64_t seq) {
  const tg_store_ring_entry_t *slot = tg_store_ring_find(&store->ring, seq);
  if (!slot) return TG_OK;
  if (slot->durable) {
    tg_rc_t rc = tg_store_queue_add(store, &(tg_store_op_t){.kind = TG_STORE_OP_REMOVE, .seq = seq});
    if (rc != TG_OK) return rc;
  }
  tg_store_ring_del(&store->ring, seq);
  return TG_OK;
}
