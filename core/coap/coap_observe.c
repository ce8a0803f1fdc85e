/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Observations of ours: one table by token, freshness by RFC 7641 §3.4, and who may carry one on when its address has changed.
 * Called by the spine (coap_notify.c) and through coap.h by the server, which keeps them in the store.
 */

#include "core/coap/coap_observe.h"

#include <assert.h>

#include "core/base/alloc.h"
#include "core/coap/coap_engine.h"

enum { SEQ_HALF = 1 << 23, FRESH_MS = 128000, HOST_TEXT = 2 * TG_ADDR_MAX + 16 };

static_assert(sizeof(tg_coap_observed_t) <= 80, "an observation costs at most 88 bytes with its pool header");

static bool has_heap(const tg_coap_observed_t *observed) {
  return (size_t)observed->path_len + observed->query_len + observed->payload_len > TG_COAP_OBSERVE_INLINE;
}

static void drop_names(const tg_coap_observed_t *observed) {
  if (has_heap(observed)) tg_alloc_free(observed->names.heap);
}

const uint8_t *tg_coap_observe_names(const tg_coap_observed_t *observed) {
  return has_heap(observed) ? observed->names.heap : observed->names.bytes;
}

tg_rc_t tg_coap_observe_init(tg_coap_observes_t *observes, uint32_t max) {
  tg_hidx_init(&observes->tokens);
  return tg_pool_init(&observes->pool, sizeof(tg_coap_observed_t), max);
}

void tg_coap_observe_fini(tg_coap_observes_t *observes) {
  for (uint32_t i = 0; i < tg_pool_slots(&observes->pool); i++) {
    tg_coap_observed_t *observed = tg_pool_at(&observes->pool, i, NULL);
    if (observed) drop_names(observed);
  }
  tg_hidx_fini(&observes->tokens);
  tg_pool_fini(&observes->pool);
}

/* Our tokens are random: their own bytes are the hash. */
static uint32_t hash_of(const uint8_t *token) {
  uint32_t hash;
  memcpy(&hash, token, sizeof hash);
  return hash;
}

static bool has_token(const void *table, uint32_t slot, const void *key) {
  const tg_coap_observed_t *observed = tg_pool_at(table, slot, NULL);
  return memcmp(observed->token, key, sizeof observed->token) == 0;
}

tg_coap_observed_t *tg_coap_observe_find(const tg_coap_t *coap, tg_slice_t token) {
  if (token.len != sizeof(((tg_coap_observed_t *)0)->token)) return NULL;
  const tg_pool_t *pool = &coap->observes.pool;
  tg_hidx_query_t query = {.hash = hash_of(token.p), .eq = has_token, .table = pool, .key = token.p};
  uint32_t slot;
  return tg_hidx_find(&coap->observes.tokens, &query, &slot) ? tg_pool_at(pool, slot, NULL) : NULL;
}

tg_id_t tg_coap_observe_id(const tg_coap_t *coap, const tg_coap_observed_t *observed) {
  return tg_pool_id(&coap->observes.pool, observed);
}

static tg_coap_observed_t *at(const tg_coap_t *coap, uint32_t ref) {
  return ref ? tg_pool_at(&coap->observes.pool, ref - 1, NULL) : NULL;
}

static void join(tg_coap_t *coap, tg_coap_observed_t *observed, tg_coap_peer_t *peer) {
  uint32_t ref = tg_id_slot(tg_coap_observe_id(coap, observed)) + 1;
  observed->peer_ref = tg_id_slot(tg_coap_peer_id(coap, peer)) + 1;
  observed->prev_ref = 0;
  observed->next_ref = peer->observed_ref;
  if (observed->next_ref) at(coap, observed->next_ref)->prev_ref = ref;
  peer->observed_ref = ref;
  tg_coap_peer_hold(coap, peer);
}

static void leave(tg_coap_t *coap, tg_coap_observed_t *observed) {
  tg_coap_peer_t *peer = tg_coap_engine_peer(coap, observed->peer_ref);
  if (observed->prev_ref) at(coap, observed->prev_ref)->next_ref = observed->next_ref;
  else peer->observed_ref = observed->next_ref;
  if (observed->next_ref) at(coap, observed->next_ref)->prev_ref = observed->prev_ref;
  tg_coap_peer_let_go(coap, peer);
}

static tg_rc_t keep_names(tg_coap_observed_t *observed, const tg_coap_observation_t *obs) {
  tg_slice_t path = tg_slice_str(obs->path), query = tg_slice_str(obs->query);
  observed->method = TG_COAP_GET;
  observed->content_format = TG_CF_NONE;
  if (!obs->path) return TG_OK;
  bool is_fetch = obs->method == TG_COAP_FETCH;
  tg_slice_t payload = is_fetch ? obs->payload : tg_slice(NULL, 0);
  if (path.len > UINT16_MAX || query.len > UINT16_MAX || payload.len > UINT32_MAX) return TG_E_ARG;
  size_t len = path.len + query.len + payload.len;
  uint8_t *heap = len > TG_COAP_OBSERVE_INLINE ? tg_alloc(len) : NULL, *names = heap ? heap : observed->names.bytes;
  if (len > TG_COAP_OBSERVE_INLINE && !heap) return TG_E_NOMEM;
  if (path.len) memcpy(names, path.p, path.len);
  if (query.len) memcpy(names + path.len, query.p, query.len);
  if (payload.len) memcpy(names + path.len + query.len, payload.p, payload.len);
  if (heap) observed->names.heap = heap;
  observed->payload_len = (uint32_t)payload.len;
  observed->has_names = true;
  if (is_fetch) {
    observed->method = TG_COAP_FETCH;
    observed->content_format = obs->content_format;
  }
  observed->path_len = (uint16_t)path.len;
  observed->query_len = (uint16_t)query.len;
  observed->accept = obs->accept;
  return TG_OK;
}

tg_rc_t tg_coap_observation_add(tg_coap_t *coap, const tg_coap_observation_t *obs, tg_id_t *id) {
  tg_coap_peer_t *peer = tg_coap_peer_of(coap, obs->peer);
  if (!peer) return TG_E_GONE;
  if (tg_coap_observe_find(coap, tg_slice(obs->token, sizeof obs->token))) return TG_E_EXISTS;
  tg_coap_observed_t *observed = tg_pool_take(&coap->observes.pool, id);
  if (!observed) {
    tg_coap_engine_count_full(&coap->observes.pool, &coap->stats.over_observations);
    return TG_E_FULL;
  }
  memcpy(observed->token, obs->token, sizeof obs->token);
  observed->cookie = obs->cookie;
  observed->accept = TG_CF_NONE;
  tg_rc_t rc = keep_names(observed, obs);
  if (rc == TG_OK) rc = tg_hidx_add(&coap->observes.tokens, hash_of(observed->token), tg_id_slot(*id));
  if (rc != TG_OK) {
    drop_names(observed);
    tg_pool_give(&coap->observes.pool, *id);
    return rc;
  }
  join(coap, observed, peer);
  return TG_OK;
}

bool tg_coap_observation_get(const tg_coap_t *coap, tg_id_t id, tg_coap_observation_t *obs) {
  const tg_coap_observed_t *observed = tg_pool_find(&coap->observes.pool, id);
  if (!observed) return false;
  *obs = (tg_coap_observation_t){.cookie = observed->cookie, .accept = observed->accept, .method = observed->method};
  obs->content_format = observed->content_format;
  obs->peer = tg_coap_peer_id(coap, tg_coap_engine_peer(coap, observed->peer_ref));
  memcpy(obs->token, observed->token, sizeof obs->token);
  return true;
}

void tg_coap_observe_move(tg_coap_t *coap, tg_coap_observed_t *observed, tg_coap_peer_t *to) {
  leave(coap, observed);
  join(coap, observed, to);
}

void tg_coap_observation_del(tg_coap_t *coap, tg_id_t id) {
  tg_coap_observed_t *observed = tg_pool_find(&coap->observes.pool, id);
  if (!observed) return;
  leave(coap, observed);
  tg_hidx_del(&coap->observes.tokens, hash_of(observed->token), tg_id_slot(id));
  drop_names(observed);
  tg_pool_give(&coap->observes.pool, id);
}

void tg_coap_observe_del_all(tg_coap_t *coap, tg_coap_peer_t *peer) {
  while (peer->observed_ref) {
    tg_coap_observation_del(coap, tg_coap_observe_id(coap, at(coap, peer->observed_ref)));
  }
}

bool tg_coap_observe_is_fresh(tg_coap_observed_t *observed, uint32_t seq, uint64_t now_ms) {
  uint32_t last = observed->last_seq;
  bool is_newer = (last < seq && seq - last < SEQ_HALF) || (last > seq && last - seq > SEQ_HALF);
  if (observed->has_last && !is_newer && (uint32_t)now_ms - observed->last_ms <= FRESH_MS) return false;
  observed->has_last = true;
  observed->last_seq = seq;
  observed->last_ms = (uint32_t)now_ms;
  return true;
}

void tg_coap_observe_unsee(tg_coap_observed_t *observed, uint32_t seq) {
  if (observed->last_seq == seq) observed->has_last = false;
}

/* The host part of an address as people write it: `[…]`, or all before the first colon. */
static tg_slice_t host_of(const tg_link_t *link, const tg_addr_t *addr, tg_buf_t *text) {
  link->ops->put_addr(link, addr, text);
  tg_slice_t all = tg_buf_slice(text);
  bool is_bracketed = all.len > 0 && all.p[0] == '[';
  return tg_slice(all.p, tg_slice_find(all, is_bracketed ? ']' : ':'));
}

static bool is_same_host(const tg_link_t *link, const tg_addr_t *a, const tg_addr_t *b) {
  uint8_t a_bytes[HOST_TEXT], b_bytes[HOST_TEXT];
  tg_buf_t a_text, b_text;
  tg_buf_init(&a_text, a_bytes, sizeof a_bytes);
  tg_buf_init(&b_text, b_bytes, sizeof b_bytes);
  tg_slice_t a_host = host_of(link, a, &a_text), b_host = host_of(link, b, &b_text);
  return a_host.len > 0 && tg_slice_eq(a_host, b_host);
}

bool tg_coap_observe_may_move(tg_coap_t *coap, const tg_coap_observed_t *observed, const tg_coap_peer_t *from) {
  const tg_coap_peer_t *old = tg_coap_engine_peer(coap, observed->peer_ref);
  const tg_link_t *link = coap->bearers[from->bearer].link;
  tg_addr_t was, is;
  if (old->bearer != from->bearer) return false;
  tg_coap_peer_get_addr(old, &was);
  tg_coap_peer_get_addr(from, &is);
  tg_slice_t who_was = link->ops->identity(link, &was);
  if (who_was.len || link->ops->identity(link, &is).len) return tg_slice_eq(who_was, link->ops->identity(link, &is));
  switch (coap->config.rebind) {
  case TG_COAP_REBIND_ANY: return true;
  case TG_COAP_REBIND_SAME_HOST: return is_same_host(link, &was, &is);
  case TG_COAP_REBIND_NEVER: break;
  }
  return false;
}
