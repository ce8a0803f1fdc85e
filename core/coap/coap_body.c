/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies in blocks: memory grows only with bytes that came, within a body's, a peer's and the engine's caps. See coap_body.h. */

#include "core/coap/coap_body.h"

#include "core/base/alloc.h"
#include "core/coap/coap_engine.h"

enum { FIRST_BYTES = 1024 };

tg_rc_t tg_coap_body_init(tg_coap_bodies_t *bodies, uint32_t max) {
  return tg_pool_init(&bodies->pool, sizeof(tg_coap_body_t), max);
}

void tg_coap_body_fini(tg_coap_bodies_t *bodies) {
  for (uint32_t i = 0; i < tg_pool_slots(&bodies->pool); i++) {
    tg_coap_body_t *body = tg_pool_at(&bodies->pool, i, NULL);
    if (body) tg_alloc_free(body->p);
  }
  tg_pool_fini(&bodies->pool);
}

static uint32_t ref_of(const tg_coap_t *coap, const tg_coap_body_t *body) {
  return tg_id_slot(tg_pool_id(&coap->bodies.pool, body)) + 1;
}

static void on_idle(tg_timer_t *timer, void *ud) {
  tg_coap_body_free(ud, TG_CONTAINER(timer, tg_coap_body_t, timer));
}

void tg_coap_body_touch(tg_coap_t *coap, tg_coap_body_t *body) {
  if (body->kind == TG_COAP_BODY_ANSWER_IN) return;
  const tg_coap_peer_t *peer = tg_coap_engine_peer(coap, body->peer_ref);
  uint64_t idle = tg_coap_engine_bearer(coap, peer)->lifetime_ms; /* a slow bearer's blocks come slowly */
  if (idle < TG_COAP_BODY_IDLE_MS) idle = TG_COAP_BODY_IDLE_MS;
  tg_wheel_add(coap->config.wheel, &body->timer, tg_coap_engine_now(coap) + idle);
}

tg_coap_body_t *tg_coap_body_new(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_body_kind_t kind, uint64_t key) {
  tg_id_t id;
  if (peer->body_count >= TG_COAP_BODY_PER_PEER) {
    coap->stats.over_transfers_per_peer++;
    return NULL;
  }
  tg_coap_body_t *body = tg_pool_take(&coap->bodies.pool, &id);
  if (!body) {
    tg_coap_engine_count_full(&coap->bodies.pool, &coap->stats.over_transfers);
    return NULL;
  }
  body->timer.fn = on_idle;
  body->timer.ud = coap;
  body->kind = (uint8_t)kind;
  body->key = key;
  body->content_format = TG_CF_NONE;
  body->peer_ref = tg_id_slot(tg_coap_peer_id(coap, peer)) + 1;
  body->next_ref = peer->bodies_ref;
  peer->bodies_ref = tg_id_slot(id) + 1;
  peer->body_count++;
  tg_coap_peer_hold(coap, peer);
  tg_coap_body_touch(coap, body);
  return body;
}

static tg_coap_body_t *body_at(const tg_coap_t *coap, uint32_t ref) {
  return ref ? tg_pool_at(&coap->bodies.pool, ref - 1, NULL) : NULL;
}

tg_coap_body_t *tg_coap_body_find(tg_coap_t *coap, const tg_coap_peer_t *peer, tg_coap_body_kind_t kind, uint64_t key) {
  tg_coap_body_t *body = body_at(coap, peer->bodies_ref);
  while (body && (body->kind != kind || body->key != key)) body = body_at(coap, body->next_ref);
  return body;
}

tg_coap_body_t *tg_coap_body_find_reply(tg_coap_t *coap, const tg_coap_peer_t *peer, uint64_t key, uint64_t variant) {
  tg_coap_body_t *body = body_at(coap, peer->bodies_ref);
  while (body && (body->kind != TG_COAP_BODY_REPLY_OUT || body->key != key || (variant && body->variant != variant)))
    body = body_at(coap, body->next_ref);
  return body;
}

tg_rc_t tg_coap_body_append(tg_coap_t *coap, tg_coap_body_t *body, tg_slice_t part, size_t max) {
  if (part.len > max || body->len > max - part.len) return TG_E_TOO_LONG;
  size_t need = body->len + part.len;
  if (need > body->cap) {
    size_t cap = body->cap ? body->cap * 2 : FIRST_BYTES;
    if (cap < need) cap = need;
    if (coap->bodies.bytes - body->cap + cap > coap->config.limits.transfer_bytes) {
      coap->stats.over_transfer_bytes++;
      return TG_E_FULL;
    }
    uint8_t *bigger = tg_alloc_resize(body->p, cap, 1);
    if (!bigger) return TG_E_NOMEM;
    coap->bodies.bytes += cap - body->cap;
    body->p = bigger;
    body->cap = cap;
  }
  if (part.len) memcpy(body->p + body->len, part.p, part.len);
  body->len = need;
  tg_coap_body_touch(coap, body);
  return TG_OK;
}

static void unlink_from_peer(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_body_t *body) {
  uint32_t ref = ref_of(coap, body), *at = &peer->bodies_ref;
  while (*at != ref) at = &body_at(coap, *at)->next_ref;
  *at = body->next_ref;
  peer->body_count--;
}

void tg_coap_body_free(tg_coap_t *coap, tg_coap_body_t *body) {
  if (!body) return;
  tg_coap_peer_t *peer = tg_coap_engine_peer(coap, body->peer_ref);
  tg_wheel_del(coap->config.wheel, &body->timer);
  unlink_from_peer(coap, peer, body);
  coap->bodies.bytes -= body->cap;
  tg_alloc_free(body->p);
  tg_pool_give(&coap->bodies.pool, tg_pool_id(&coap->bodies.pool, body));
  tg_coap_peer_let_go(coap, peer);
}

void tg_coap_body_free_all(tg_coap_t *coap, tg_coap_peer_t *peer) {
  tg_coap_body_t *next;
  for (tg_coap_body_t *body = body_at(coap, peer->bodies_ref); body; body = next) {
    next = body_at(coap, body->next_ref);
    if (body->kind != TG_COAP_BODY_ANSWER_IN) tg_coap_body_free(coap, body);
  }
}
