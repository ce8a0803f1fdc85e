/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer table: addresses to slots in O(1) under a random key; peers that nothing needs are recycled, the least recently heard
 * first. Addresses up to 20 bytes (IPv4, IPv6) stand in the slot, longer ones beside it. Called by the whole exchange layer.
 */

#include "core/coap/coap_peer.h"

#include <assert.h>

#include "core/base/alloc.h"
#include "core/base/require.h"
#include "core/coap/coap_engine.h"

static_assert(sizeof(tg_coap_peer_t) <= 248, "a peer costs at most 256 bytes with its pool header");

enum { HEADROOM = 64, SZX_MAX = 6 };

typedef struct lookup {
  uint8_t bearer;
  const tg_addr_t *addr;
} lookup_t;

tg_rc_t tg_coap_peer_init(tg_coap_peers_t *peers, uint32_t max) {
  tg_hidx_init(&peers->index);
  return tg_pool_init(&peers->pool, sizeof(tg_coap_peer_t), max);
}

void tg_coap_peer_fini(tg_coap_peers_t *peers) {
  for (uint32_t i = 0; i < tg_pool_slots(&peers->pool); i++) {
    tg_coap_peer_t *peer = tg_pool_at(&peers->pool, i, NULL);
    if (peer && peer->addr_len > TG_COAP_ADDR_INLINE) tg_alloc_free(peer->addr.longer);
  }
  tg_hidx_fini(&peers->index);
  tg_pool_fini(&peers->pool);
}

static const uint8_t *addr_bytes(const tg_coap_peer_t *peer) {
  return peer->addr_len > TG_COAP_ADDR_INLINE ? peer->addr.longer->b : peer->addr.bytes;
}

static bool is_at(const void *table, uint32_t slot, const void *key) {
  const tg_coap_peer_t *peer = tg_pool_at(table, slot, NULL);
  const lookup_t *k = key;
  return peer->addr_len == k->addr->len && peer->bearer == k->bearer &&
         memcmp(addr_bytes(peer), k->addr->b, k->addr->len) == 0;
}

static uint32_t hash_of(const tg_coap_t *coap, uint8_t bearer, const tg_addr_t *addr) {
  return tg_hash32(&coap->bearers[bearer].key, tg_slice(addr->b, addr->len));
}

static tg_coap_peer_t *look_up(tg_coap_t *coap, uint32_t hash, uint8_t bearer, const tg_addr_t *addr) {
  uint32_t slot;
  lookup_t key = {bearer, addr};
  tg_hidx_query_t query = {.hash = hash, .eq = is_at, .table = &coap->peers.pool, .key = &key};
  return tg_hidx_find(&coap->peers.index, &query, &slot) ? tg_pool_at(&coap->peers.pool, slot, NULL) : NULL;
}

tg_coap_peer_t *tg_coap_peer_lookup(tg_coap_t *coap, uint8_t bearer, const tg_addr_t *addr) {
  return look_up(coap, hash_of(coap, bearer, addr), bearer, addr);
}

static uint32_t ref_of(const tg_coap_t *coap, const tg_coap_peer_t *peer) {
  return tg_id_slot(tg_pool_id(&coap->peers.pool, peer)) + 1;
}

static void list_del(tg_coap_t *coap, tg_coap_peer_t *peer) {
  if (!peer->is_listed) return;
  if (peer->older_ref) tg_coap_engine_peer(coap, peer->older_ref)->newer_ref = peer->newer_ref;
  else coap->peers.oldest_ref = peer->newer_ref;
  if (peer->newer_ref) tg_coap_engine_peer(coap, peer->newer_ref)->older_ref = peer->older_ref;
  else coap->peers.newest_ref = peer->older_ref;
  peer->older_ref = peer->newer_ref = 0;
  peer->is_listed = false;
}

static void list_add(tg_coap_t *coap, tg_coap_peer_t *peer) {
  uint32_t ref = ref_of(coap, peer);
  peer->older_ref = coap->peers.newest_ref;
  peer->newer_ref = 0;
  if (peer->older_ref) tg_coap_engine_peer(coap, peer->older_ref)->newer_ref = ref;
  else coap->peers.oldest_ref = ref;
  coap->peers.newest_ref = ref;
  peer->is_listed = true;
  peer->seen_s = (uint32_t)(tg_coap_engine_now(coap) / 1000);
}

/* Dedup entries that still name the slot are harmless: the next peer's arrays don't point to them. */
static void drop(tg_coap_t *coap, tg_coap_peer_t *peer) {
  uint32_t slot = ref_of(coap, peer) - 1;
  list_del(coap, peer);
  tg_hidx_del(&coap->peers.index, peer->hash, slot);
  if (peer->addr_len > TG_COAP_ADDR_INLINE) tg_alloc_free(peer->addr.longer);
  tg_pool_give(&coap->peers.pool, tg_pool_id(&coap->peers.pool, peer));
}

static tg_coap_peer_t *take(tg_coap_t *coap, tg_id_t *id) {
  tg_coap_peer_t *peer = tg_pool_take(&coap->peers.pool, id);
  if (peer) return peer;
  tg_coap_engine_count_full(&coap->peers.pool, &coap->stats.over_peers);
  if (!coap->peers.oldest_ref) return NULL;
  drop(coap, tg_coap_engine_peer(coap, coap->peers.oldest_ref));
  return tg_pool_take(&coap->peers.pool, id);
}

static tg_rc_t set_addr(tg_coap_peer_t *peer, const tg_addr_t *addr) {
  if (addr->len > TG_COAP_ADDR_INLINE) {
    peer->addr.longer = tg_alloc(sizeof *addr);
    if (!peer->addr.longer) return TG_E_NOMEM;
    memcpy(peer->addr.longer->b, addr->b, addr->len);
    peer->addr.longer->len = addr->len;
  } else {
    memcpy(peer->addr.bytes, addr->b, addr->len);
  }
  peer->addr_len = addr->len;
  return TG_OK;
}

tg_coap_peer_t *tg_coap_peer_make(tg_coap_t *coap, uint8_t bearer, const tg_addr_t *addr) {
  uint32_t hash = hash_of(coap, bearer, addr);
  tg_coap_peer_t *peer = look_up(coap, hash, bearer, addr);
  if (peer) return peer;
  tg_id_t id;
  peer = take(coap, &id);
  if (!peer) return NULL;
  peer->bearer = bearer & 15u;
  peer->hash = hash;
  if (set_addr(peer, addr) != TG_OK || tg_hidx_add(&coap->peers.index, hash, tg_id_slot(id)) != TG_OK) {
    if (peer->addr_len > TG_COAP_ADDR_INLINE) tg_alloc_free(peer->addr.longer);
    tg_pool_give(&coap->peers.pool, id);
    return NULL;
  }
  list_add(coap, peer);
  return peer;
}

void tg_coap_peer_touch(tg_coap_t *coap, tg_coap_peer_t *peer) {
  if (!peer->is_listed || peer->seen_s == (uint32_t)(tg_coap_engine_now(coap) / 1000)) return;
  list_del(coap, peer);
  list_add(coap, peer);
}

tg_coap_peer_t *tg_coap_peer_of(const tg_coap_t *coap, tg_id_t id) {
  return tg_pool_find(&coap->peers.pool, id);
}

tg_id_t tg_coap_peer_id(const tg_coap_t *coap, const tg_coap_peer_t *peer) {
  return tg_pool_id(&coap->peers.pool, peer);
}

void tg_coap_peer_hold(tg_coap_t *coap, tg_coap_peer_t *peer) {
  if (peer->pins++ == 0) list_del(coap, peer);
}

void tg_coap_peer_let_go(tg_coap_t *coap, tg_coap_peer_t *peer) {
  TG_REQUIRE(peer->pins > 0);
  if (--peer->pins == 0) list_add(coap, peer);
}

void tg_coap_peer_get_addr(const tg_coap_peer_t *peer, tg_addr_t *out) {
  out->len = peer->addr_len;
  memcpy(out->b, addr_bytes(peer), peer->addr_len);
}

uint16_t tg_coap_peer_next_mid(tg_coap_t *coap, tg_coap_peer_t *peer) {
  if (!peer->has_mid) {
    tg_coap_engine_random(coap, &peer->mid_next, sizeof peer->mid_next);
    peer->has_mid = true;
  }
  return peer->mid_next++;
}

uint8_t tg_coap_peer_szx(const tg_coap_t *coap, const tg_coap_peer_t *peer) {
  const tg_coap_bearer_t *bearer = tg_coap_engine_bearer(coap, peer);
  size_t mtu = peer->mtu ? peer->mtu : bearer->link->mtu;
  if (mtu > TG_COAP_DATAGRAM) mtu = TG_COAP_DATAGRAM;
  uint8_t szx = bearer->params.block_szx < SZX_MAX ? bearer->params.block_szx : SZX_MAX;
  if (peer->blocks && peer->blocks - 1 < szx) szx = (uint8_t)(peer->blocks - 1);
  while (szx > 0 && (size_t)HEADROOM + ((size_t)16 << szx) > mtu) szx--;
  return szx;
}

void tg_coap_peer_blocks(tg_coap_t *coap, tg_id_t peer, uint8_t szx) {
  tg_coap_peer_t *found = tg_coap_peer_of(coap, peer);
  if (found) found->blocks = (szx < SZX_MAX ? szx + 1u : 0u) & 15u;
}

tg_rc_t tg_coap_peer(tg_coap_t *coap, tg_link_t *link, const tg_addr_t *addr, tg_id_t *peer) {
  uint8_t bearer = tg_coap_engine_find(coap, link);
  if (bearer == TG_COAP_BEARERS || addr->len > TG_ADDR_MAX) return TG_E_ARG;
  tg_coap_peer_t *found = tg_coap_peer_make(coap, bearer, addr);
  if (!found) return TG_E_FULL;
  *peer = tg_coap_peer_id(coap, found);
  return TG_OK;
}

bool tg_coap_peer_addr(const tg_coap_t *coap, tg_id_t peer, tg_link_t **link, const tg_addr_t **addr) {
  const tg_coap_peer_t *found = tg_coap_peer_of(coap, peer);
  if (!found) return false;
  tg_coap_peer_get_addr(found, coap->lent_addr);
  *link = coap->bearers[found->bearer].link;
  *addr = coap->lent_addr;
  return true;
}

void tg_coap_pin(tg_coap_t *coap, tg_id_t peer) {
  tg_coap_peer_t *found = tg_coap_peer_of(coap, peer);
  if (found) tg_coap_peer_hold(coap, found);
}

void tg_coap_unpin(tg_coap_t *coap, tg_id_t peer) {
  tg_coap_peer_t *found = tg_coap_peer_of(coap, peer);
  if (found) tg_coap_peer_let_go(coap, found);
}
