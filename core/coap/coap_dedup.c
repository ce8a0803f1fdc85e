/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages seen before (RFC 7252 §4.5). Entries stand in one list by age: a new one takes the oldest entry's place when the table
 * is full, or that of the peer's own sixteenth last, so that no peer pushes out the others. A look-up reads the peer's sixteen
 * message ids, which lie in its slot; entries that were recycled are recognised by what they hold. Called by the spine.
 */

#include "core/coap/coap_dedup.h"

#include <assert.h>

#include "core/base/alloc.h"
#include "core/coap/coap_engine.h"

static_assert(sizeof(tg_coap_seen_t) <= 64, "one cache line an entry");
static_assert((TG_COAP_DEDUP_PER_PEER & (TG_COAP_DEDUP_PER_PEER - 1)) == 0, "places go round by a mask");

enum { HEAP_MAX = 4 << 20, HEAD = 4, TOKEN_MASK = 15 };

#if defined(__GNUC__)
#define PREFETCH(p) __builtin_prefetch((p), 1)
#else
#define PREFETCH(p) ((void)(p))
#endif

tg_rc_t tg_coap_dedup_init(tg_coap_dedup_t *dedup, uint32_t max) {
  *dedup = (tg_coap_dedup_t){.max = max};
  dedup->entries = tg_alloc_array(max, sizeof *dedup->entries);
  return dedup->entries ? TG_OK : TG_E_NOMEM;
}

static void clear_reply(tg_coap_dedup_t *dedup, tg_coap_seen_t *seen) {
  if (!seen->on_heap) return;
  tg_alloc_free(seen->reply.heap);
  dedup->heap_bytes -= seen->len;
  seen->on_heap = false;
}

void tg_coap_dedup_fini(tg_coap_dedup_t *dedup) {
  for (uint32_t i = 0; i < dedup->used; i++) clear_reply(dedup, dedup->entries + i);
  tg_alloc_free(dedup->entries);
  *dedup = (tg_coap_dedup_t){0};
}

static uint32_t peer_ref(const tg_coap_t *coap, const tg_coap_peer_t *peer) {
  return tg_id_slot(tg_coap_peer_id(coap, peer)) + 1;
}

static void list_del(tg_coap_dedup_t *dedup, tg_coap_seen_t *seen) {
  if (seen->older_ref) dedup->entries[seen->older_ref - 1].newer_ref = seen->newer_ref;
  else dedup->oldest_ref = seen->newer_ref;
  if (seen->newer_ref) dedup->entries[seen->newer_ref - 1].older_ref = seen->older_ref;
  else dedup->newest_ref = seen->older_ref;
}

static void list_add(tg_coap_dedup_t *dedup, tg_coap_seen_t *seen) {
  uint32_t ref = (uint32_t)(seen - dedup->entries) + 1;
  seen->older_ref = dedup->newest_ref;
  seen->newer_ref = 0;
  if (seen->older_ref) dedup->entries[seen->older_ref - 1].newer_ref = ref;
  else dedup->oldest_ref = ref;
  dedup->newest_ref = ref;
}

void tg_coap_dedup_prefetch(const tg_coap_dedup_t *dedup, const tg_coap_peer_t *peer) {
  uint32_t ref = peer->dedup_ref[peer->dedup_at];
  if (ref) PREFETCH(dedup->entries + ref - 1);
}

#define ODD UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mix(uint64_t sum, uint64_t word) {
  sum = (sum ^ word) * ODD;
  return sum ^ sum >> 32;
}

/* Without a key: who makes two messages of its own look alike deceives itself alone. */
tg_coap_mark_t tg_coap_dedup_mark(uint16_t mid, tg_slice_t datagram) {
  uint64_t words[2] = {0};
  size_t len = HEAD + (datagram.len ? datagram.p[0] & TOKEN_MASK : 0U);
  if (len > datagram.len) len = datagram.len;
  if (len > sizeof words) len = sizeof words;
  if (len) memcpy(words, datagram.p, len);
  return (tg_coap_mark_t){.mid = mid, .print = (uint32_t)mix(mix(0, words[0]), words[1])};
}

/* The entry that the peer's array names at @p place, if it is still that message's. */
static tg_coap_seen_t *entry_at(tg_coap_t *coap, const tg_coap_peer_t *peer, uint8_t place) {
  uint32_t ref = peer->dedup_ref[place];
  if (!ref) return NULL;
  tg_coap_seen_t *seen = coap->dedup.entries + ref - 1;
  bool is_ours = seen->mid == peer->dedup_mid[place] && seen->place == place && seen->peer_ref == peer_ref(coap, peer);
  return is_ours ? seen : NULL;
}

tg_coap_seen_t *tg_coap_dedup_find(tg_coap_t *coap, const tg_coap_peer_t *peer, tg_coap_mark_t mark) {
  for (uint8_t i = 0; i < TG_COAP_DEDUP_PER_PEER; i++) {
    if (peer->dedup_mid[i] != mark.mid) continue;
    tg_coap_seen_t *seen = entry_at(coap, peer, i);
    if (!seen || seen->print != mark.print) continue;
    uint32_t age = (uint32_t)tg_coap_engine_now(coap) - seen->at_ms;
    if (age < tg_coap_engine_bearer(coap, peer)->lifetime_ms) return seen;
  }
  return NULL;
}

static tg_coap_seen_t *take_entry(tg_coap_t *coap, const tg_coap_peer_t *peer, uint32_t now_ms) {
  tg_coap_dedup_t *dedup = &coap->dedup;
  tg_coap_seen_t *seen = entry_at(coap, peer, peer->dedup_at);
  if (!seen && dedup->used < dedup->max) return dedup->entries + dedup->used++;
  uint64_t *counter = seen ? &coap->stats.over_dedup_per_peer : &coap->stats.over_dedup;
  if (!seen) seen = dedup->entries + dedup->oldest_ref - 1;
  *counter += now_ms - seen->at_ms < dedup->lifetime_ms; /* a duplicate could still come */
  list_del(dedup, seen);
  clear_reply(dedup, seen);
  return seen;
}

tg_coap_seen_t *tg_coap_dedup_add(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_mark_t mark) {
  uint32_t now_ms = (uint32_t)tg_coap_engine_now(coap);
  tg_coap_seen_t *seen = take_entry(coap, peer, now_ms);
  uint8_t place = peer->dedup_at;
  seen->peer_ref = peer_ref(coap, peer);
  seen->at_ms = now_ms;
  seen->mid = mark.mid;
  seen->print = mark.print;
  seen->place = place;
  seen->state = TG_COAP_DEDUP_SILENT;
  seen->len = 0;
  list_add(&coap->dedup, seen);
  peer->dedup_mid[place] = mark.mid;
  peer->dedup_ref[place] = (uint32_t)(seen - coap->dedup.entries) + 1;
  peer->dedup_at = (place + 1u) & (TG_COAP_DEDUP_PER_PEER - 1u);
  return seen;
}

void tg_coap_dedup_keep(tg_coap_t *coap, tg_coap_seen_t *seen, tg_slice_t reply) {
  tg_coap_dedup_t *dedup = &coap->dedup;
  clear_reply(dedup, seen);
  seen->state = TG_COAP_DEDUP_REPLY;
  seen->len = (uint16_t)reply.len;
  if (reply.len <= TG_COAP_DEDUP_INLINE) {
    memcpy(seen->reply.bytes, reply.p, reply.len);
    return;
  }
  uint8_t *copy = dedup->heap_bytes + reply.len <= HEAP_MAX ? tg_alloc(reply.len) : NULL;
  if (!copy) {
    seen->state = TG_COAP_DEDUP_LOST;
    return;
  }
  memcpy(copy, reply.p, reply.len);
  seen->reply.heap = copy;
  seen->on_heap = true;
  dedup->heap_bytes += reply.len;
}

tg_slice_t tg_coap_dedup_reply(const tg_coap_seen_t *seen) {
  return tg_slice(seen->on_heap ? seen->reply.heap : seen->reply.bytes, seen->len);
}

void tg_coap_dedup_forget(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_mark_t mark) {
  for (uint8_t i = 0; i < TG_COAP_DEDUP_PER_PEER; i++) {
    const tg_coap_seen_t *seen = peer->dedup_mid[i] == mark.mid ? entry_at(coap, peer, i) : NULL;
    if (seen && seen->print == mark.print) peer->dedup_ref[i] = 0;
  }
}
