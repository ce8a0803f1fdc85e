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

/* Told once, and once more when a quarter is free again: in between devices are told to keep what they have. */
static void tell_full(tg_store_t *store, bool full) {
  if (full) store->stats.outbox_refused++;
  if (full == store->full || (!full && store->ring.bytes > store->config.outbox_max / 4 * 3)) return;
  store->full = full;
  tg_log("store", full ? TG_LOG_WARN : TG_LOG_INFO, "%s messages=%llu bytes=%llu max=%llu",
         full ? "outbox_full" : "outbox_has_room", (unsigned long long)store->ring.rows,
         (unsigned long long)store->ring.bytes, (unsigned long long)store->config.outbox_max);
}

/* Not for want of room, but what was not kept must not be acknowledged either. */
static tg_rc_t refused(tg_store_t *store, tg_rc_t rc) {
  store->stats.outbox_refused++;
  return rc;
}

tg_rc_t tg_store_outbox_add(tg_store_t *store, const tg_outbox_entry_t *entry) {
  if (entry->seq >= store->next_seq || entry->seq <= store->last_seq) return TG_E_ARG;
  if (entry->seq >= store->reserved) return refused(store, TG_E_STORE);
  if (tg_store_ops_entry_size(entry) == SIZE_MAX) return TG_E_TOO_LONG;
  uint64_t size = entry->topic.len + entry->payload.len + entry->props.len;
  if (size > store->config.outbox_max || store->ring.bytes > store->config.outbox_max - size) {
    tell_full(store, true);
    return TG_E_FULL;
  }

  tg_slice_t packed;
  TG_CRASH_PASS(OUTBOX_ADD_BEFORE);
  tg_rc_t rc = tg_store_ring_add(&store->ring, entry, &packed);
  if (rc != TG_OK) return refused(store, rc);
  if (entry->durable) {
    rc = tg_store_queue_add(store, &(tg_store_op_t){.kind = TG_STORE_OP_ADD, .seq = entry->seq, .value = packed});
  }
  if (rc == TG_OK) {
    TG_CRASH_PASS(OUTBOX_ADD_AFTER);
    store->last_seq = entry->seq;
    tell_full(store, false);
    return TG_OK;
  }
  tg_store_ring_undo(&store->ring);
  if (rc != TG_E_FULL) return refused(store, rc);
  tell_full(store, true);
  return rc;
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

tg_rc_t tg_store_outbox_read(tg_store_t *store, const tg_outbox_read_t *read, tg_outbox_fn fn, void *ud) {
  tg_store_ring_t *ring = &store->ring;
  size_t from = tg_store_ring_begin(ring, read->after);
  size_t left = read->max;
  bool more = true;
  tg_rc_t rc = TG_OK;
  for (size_t i = from; i < ring->end && left && more && rc == TG_OK; i++) {
    tg_store_ring_entry_t slot = ring->entries[i]; /* a copy: fn may add and so move them */
    if (slot.broker != read->broker || slot.state == TG_STORE_RING_DEAD) continue;
    if (slot.state == TG_STORE_RING_PENDING) break; /* handing out a later one would break the order */
    rc = give(store, &slot, fn, ud, &more);
    left--;
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
