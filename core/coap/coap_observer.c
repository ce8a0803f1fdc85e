/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Observers of resources of ours: found by resource to be notified, by peer to be ended. A notification is not confirmable but for
 * every tenth and one a day (RFC 7641 §4.5); a peer has at most one confirmable one on its way, and it counts with requests of ours
 * (RFC 7252 §4.7): they wait for each other; what comes meanwhile waits, the newest only. Not for observations of ours, which are coap_observe.c's. Called by coap_serve.c, coap_response.c and
 * through coap.h.
 */

#include "core/coap/coap_observer.h"

#include "core/base/alloc.h"
#include "core/coap/coap_block2_out.h"

enum { SEQ_MASK = 0xFFFFFF, CONFIRM_EACH = 10, CONFIRM_MS = 24 * 3600 * 1000, TAIL_SLACK_MS = 60000, HEADER = 4 };

tg_rc_t tg_coap_observer_init(tg_coap_observers_t *observers, uint32_t max) {
  tg_hidx_init(&observers->index);
  return tg_pool_init(&observers->pool, sizeof(tg_coap_observer_t), max);
}

static tg_coap_observer_t *at(const tg_coap_t *coap, uint32_t ref) {
  return ref ? tg_pool_at(&coap->observers.pool, ref - 1, NULL) : NULL;
}

static uint32_t ref_of(const tg_coap_observer_t *observer) {
  return observer->flight.ref & ~TG_COAP_FLIGHT_OBSERVER;
}

static tg_coap_peer_t *peer_of(const tg_coap_t *coap, const tg_coap_observer_t *observer) {
  return tg_coap_engine_peer(coap, observer->flight.peer_ref);
}

static uint32_t hash_of(const tg_coap_t *coap, uint64_t observed) {
  return tg_hash32(&coap->key, tg_slice(&observed, sizeof observed));
}

static bool is_of(const void *table, uint32_t slot, const void *key) {
  const tg_coap_observer_t *observer = tg_pool_at(table, slot, NULL);
  return observer->observed == *(const uint64_t *)key;
}

static tg_coap_observer_t *first_of(const tg_coap_t *coap, uint64_t observed) {
  const tg_pool_t *pool = &coap->observers.pool;
  tg_hidx_query_t query = {.hash = hash_of(coap, observed), .eq = is_of, .table = pool, .key = &observed};
  uint32_t slot;
  return tg_hidx_find(&coap->observers.index, &query, &slot) ? tg_pool_at(pool, slot, NULL) : NULL;
}

/* The index names the first observer of a resource, new ones stand behind it. */
static tg_rc_t join_resource(tg_coap_t *coap, tg_coap_observer_t *observer) {
  tg_coap_observer_t *first = first_of(coap, observer->observed);
  observer->prev_alike_ref = observer->next_alike_ref = 0;
  if (!first) return tg_hidx_add(&coap->observers.index, hash_of(coap, observer->observed), ref_of(observer) - 1);
  observer->prev_alike_ref = ref_of(first);
  observer->next_alike_ref = first->next_alike_ref;
  if (observer->next_alike_ref) at(coap, observer->next_alike_ref)->prev_alike_ref = ref_of(observer);
  first->next_alike_ref = ref_of(observer);
  return TG_OK;
}

static void leave_resource(tg_coap_t *coap, tg_coap_observer_t *observer) {
  tg_coap_observer_t *before = at(coap, observer->prev_alike_ref), *after = at(coap, observer->next_alike_ref);
  uint32_t hash = hash_of(coap, observer->observed);
  if (after) after->prev_alike_ref = observer->prev_alike_ref;
  if (before) {
    before->next_alike_ref = observer->next_alike_ref;
    return;
  }
  tg_hidx_del(&coap->observers.index, hash, ref_of(observer) - 1);
  /* In the place of one that was just taken out: there is room. */
  if (after && tg_hidx_add(&coap->observers.index, hash, ref_of(after) - 1) != TG_OK) coap->stats.shed++;
}

static void join_peer(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_observer_t *observer) {
  observer->next_ref = peer->observers_ref;
  if (observer->next_ref) at(coap, observer->next_ref)->prev_ref = ref_of(observer);
  peer->observers_ref = ref_of(observer);
  peer->observer_count++;
  tg_coap_peer_hold(coap, peer);
}

static void leave_peer(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_observer_t *observer) {
  tg_coap_observer_t *before = at(coap, observer->prev_ref), *after = at(coap, observer->next_ref);
  *(before ? &before->next_ref : &peer->observers_ref) = observer->next_ref;
  if (after) after->prev_ref = observer->prev_ref;
  peer->observer_count--;
}

static void clear(tg_coap_notice_t *notice) {
  tg_alloc_free(notice->heap);
  notice->heap = NULL;
  notice->is_there = false;
}

/* The confirmable notification is over, one way or the other: others and requests of ours may start again. */
static void land(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_observer_t *observer) {
  if (!observer->is_flying) return;
  tg_coap_flight_stop(coap, &observer->flight);
  observer->is_flying = false;
  peer->is_notified = false;
  peer->outstanding--;
}

static void free_observer(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_observer_t *observer) {
  land(coap, peer, observer);
  leave_resource(coap, observer);
  leave_peer(coap, peer, observer);
  clear(&observer->now);
  clear(&observer->next);
  tg_pool_give(&coap->observers.pool, tg_pool_id(&coap->observers.pool, observer));
}

void tg_coap_observer_fini(tg_coap_t *coap) {
  for (uint32_t i = 0; i < tg_pool_slots(&coap->observers.pool); i++) {
    tg_coap_observer_t *observer = tg_pool_at(&coap->observers.pool, i, NULL);
    if (!observer) continue;
    tg_coap_peer_t *peer = peer_of(coap, observer);
    free_observer(coap, peer, observer);
    tg_coap_peer_let_go(coap, peer);
  }
  tg_hidx_fini(&coap->observers.index);
  tg_pool_fini(&coap->observers.pool);
}

static void write_notice(tg_coap_observer_t *observer, uint8_t type, uint16_t mid, tg_buf_t *out) {
  const tg_coap_notice_t *notice = &observer->now;
  tg_coap_enc_t enc;
  tg_coap_head_t head = {.type = type, .code = notice->code, .mid = mid};
  head.token = tg_slice(observer->token, observer->token_len);
  tg_coap_enc_begin(&enc, out, &head);
  tg_buf_put(out, tg_slice(notice->heap ? notice->heap : notice->bytes, notice->len));
}

static void write_flight(tg_coap_t *coap, tg_coap_flight_t *flight, tg_buf_t *out) {
  (void)coap;
  write_notice(TG_CONTAINER(flight, tg_coap_observer_t, flight), TG_COAP_CON, flight->mid, out);
}

static void end(tg_coap_t *coap, tg_coap_observer_t *observer);

static void lost(tg_coap_t *coap, tg_coap_flight_t *flight, tg_rc_t rc) {
  if (rc == TG_E_TIMEOUT) coap->stats.timeouts++;
  end(coap, TG_CONTAINER(flight, tg_coap_observer_t, flight));
}

static void start_confirmable(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_observer_t *observer) {
  static const tg_coap_flight_ops_t ops = {.write = write_flight, .lost = lost};
  const tg_coap_bearer_t *bearer = tg_coap_engine_bearer(coap, peer);
  tg_coap_flight_t *flight = &observer->flight;
  flight->ops = &ops;
  flight->is_confirmable = true;
  flight->priority = 1;
  flight->mid = tg_coap_peer_next_mid(coap, peer);
  flight->give_up_ms = 0;
  if (bearer->link->reports_tx)
    flight->give_up_ms = tg_coap_engine_now(coap) + (uint64_t)bearer->params.max_latency_s * 1000 + TAIL_SLACK_MS;
  observer->is_flying = true;
  observer->unconfirmed = 0;
  peer->is_notified = true;
  peer->outstanding++;
  tg_coap_flight_start(coap, flight);
}

/* @return whether the observation is over: it was told an error */
static bool send_plain(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_observer_t *observer) {
  tg_buf_t *out = tg_coap_egress_buffer(coap);
  tg_addr_t to;
  observer->mid = tg_coap_peer_next_mid(coap, peer);
  observer->has_mid = true;
  observer->unconfirmed++;
  write_notice(observer, TG_COAP_NON, observer->mid, out);
  tg_coap_peer_get_addr(peer, &to);
  if (out->rc == TG_OK) tg_coap_egress_send(coap, peer->bearer, &to, tg_buf_slice(out));
  return observer->now.code >> 5 != 2;
}

/* Sends `next`, if it may go. @return whether the observation is over */
static bool go_on(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_observer_t *observer) {
  if (!observer->next.is_there || observer->is_flying) return false;
  if (observer->next.is_confirmable && (peer->is_notified || !tg_coap_engine_may_start(coap, peer))) {
    peer->has_notice = true;
    return false;
  }
  clear(&observer->now);
  observer->now = observer->next;
  observer->next.heap = NULL;
  observer->next.is_there = false;
  if (!observer->now.is_confirmable) return send_plain(coap, peer, observer);
  start_confirmable(coap, peer, observer);
  return false;
}

void tg_coap_observer_on_turn(tg_coap_t *coap, tg_coap_peer_t *peer) {
  if (peer->is_notified) return;
  tg_coap_observer_t *observer = at(coap, peer->observers_ref);
  peer->has_notice = false; /* set again by go_on() where one has to wait */
  for (; observer; observer = at(coap, observer->next_ref)) {
    if (observer->next.is_there && observer->next.is_confirmable) (void)go_on(coap, peer, observer);
  }
}

static void end(tg_coap_t *coap, tg_coap_observer_t *observer) {
  tg_coap_peer_t *peer = peer_of(coap, observer);
  uint64_t observed = observer->observed;
  free_observer(coap, peer, observer);
  tg_coap_exchange_go_on(coap, peer);
  if (coap->config.unobserved) coap->config.unobserved(coap->config.ud, observed, tg_coap_peer_id(coap, peer));
  tg_coap_peer_let_go(coap, peer);
}

static tg_coap_observer_t *find(const tg_coap_t *coap, const tg_coap_peer_t *peer, tg_slice_t token) {
  tg_coap_observer_t *observer = at(coap, peer->observers_ref);
  while (observer && !tg_slice_eq(tg_slice(observer->token, observer->token_len), token))
    observer = at(coap, observer->next_ref);
  return observer;
}

static tg_rc_t make(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_observer_call_t *call,
                    tg_coap_observer_t **made) {
  tg_id_t id;
  if (peer->observer_count >= TG_COAP_OBSERVERS_PER_PEER) {
    coap->stats.over_observers_per_peer++;
    return TG_E_FULL;
  }
  tg_coap_observer_t *observer = tg_pool_take(&coap->observers.pool, &id);
  if (!observer) {
    tg_coap_engine_count_full(&coap->observers.pool, &coap->stats.over_observers);
    return TG_E_FULL;
  }
  observer->flight.ref = (tg_id_slot(id) + 1) | TG_COAP_FLIGHT_OBSERVER;
  observer->flight.peer_ref = tg_id_slot(tg_coap_peer_id(coap, peer)) + 1;
  observer->observed = call->observed;
  observer->token_len = (uint8_t)call->token.len;
  if (call->token.len) memcpy(observer->token, call->token.p, call->token.len);
  if (join_resource(coap, observer) != TG_OK) {
    tg_pool_give(&coap->observers.pool, id);
    return TG_E_NOMEM;
  }
  join_peer(coap, peer, observer);
  *made = observer;
  return TG_OK;
}

tg_rc_t tg_coap_observer_add(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_observer_call_t *call,
                             uint32_t *seq) {
  tg_coap_observer_t *observer = find(coap, peer, call->token);
  if (observer && observer->observed != call->observed) {
    end(coap, observer);
    observer = NULL;
  }
  if (!observer) {
    tg_rc_t rc = make(coap, peer, call, &observer);
    if (rc != TG_OK) return rc;
  }
  observer->name = call->name;
  observer->szx = call->szx;
  observer->confirmed_ms = tg_coap_engine_now(coap);
  observer->seq = (observer->seq + 1) & SEQ_MASK;
  *seq = observer->seq;
  return TG_OK;
}

void tg_coap_observer_cancel(tg_coap_t *coap, tg_coap_peer_t *peer, tg_slice_t token) {
  tg_coap_observer_t *observer = find(coap, peer, token);
  if (observer) end(coap, observer);
}

void tg_coap_observer_acked(tg_coap_t *coap, tg_coap_flight_t *flight) {
  tg_coap_observer_t *observer = TG_CONTAINER(flight, tg_coap_observer_t, flight);
  tg_coap_peer_t *peer = peer_of(coap, observer);
  observer->confirmed_ms = tg_coap_engine_now(coap);
  bool is_over = observer->now.code >> 5 != 2;
  land(coap, peer, observer);
  if (is_over || go_on(coap, peer, observer)) end(coap, observer);
  else tg_coap_exchange_go_on(coap, peer);
}

bool tg_coap_observer_reset(tg_coap_t *coap, tg_coap_peer_t *peer, uint16_t mid) {
  tg_coap_observer_t *observer = at(coap, peer->observers_ref);
  while (observer && !(observer->is_flying && observer->flight.mid == mid) &&
         !(observer->has_mid && observer->mid == mid))
    observer = at(coap, observer->next_ref);
  if (observer) end(coap, observer);
  return observer != NULL;
}

void tg_coap_observer_del_all(tg_coap_t *coap, tg_coap_peer_t *peer) {
  while (peer->observers_ref) end(coap, at(coap, peer->observers_ref));
}

static tg_rc_t keep(tg_coap_t *coap, tg_coap_observer_t *observer, const tg_coap_answer_t *answer) {
  tg_coap_notice_t *notice = &observer->next;
  tg_buf_t *out = tg_coap_egress_buffer(coap);
  tg_coap_egress_put_answer(out, answer);
  if (out->rc != TG_OK) return out->rc;
  tg_slice_t tail = tg_slice_from(tg_buf_slice(out), HEADER);
  uint8_t *heap = tail.len > sizeof notice->bytes ? tg_alloc(tail.len) : NULL;
  if (tail.len > sizeof notice->bytes && !heap) return TG_E_NOMEM;
  clear(notice);
  notice->heap = heap;
  notice->len = (uint16_t)tail.len;
  notice->code = answer->code;
  if (tail.len) memcpy(heap ? heap : notice->bytes, tail.p, tail.len);
  notice->is_there = true;
  return TG_OK;
}

static bool is_error(const tg_coap_notice_t *notice) {
  return notice->is_there && notice->code >> 5 != 2;
}

/* @return whether the observation is over */
static bool notify(tg_coap_t *coap, tg_coap_observer_t *observer, const tg_coap_reply_t *reply, bool confirmable) {
  tg_coap_peer_t *peer = peer_of(coap, observer);
  uint64_t now = tg_coap_engine_now(coap);
  bool was_confirmable = observer->next.is_there && observer->next.is_confirmable;
  if (is_error(&observer->now) || is_error(&observer->next)) return false; /* it ends already */
  tg_coap_answer_t answer = {.code = reply->code, .content_format = reply->content_format, .payload = reply->payload};
  observer->seq = (observer->seq + 1) & SEQ_MASK;
  answer.has_observe = reply->code >> 5 == 2;
  answer.observe = observer->seq;
  answer.block2.szx = observer->szx;
  answer.is_lent = reply->lent;
  if (reply->lent && reply->etag.len <= TG_COAP_BODY_ETAG) answer.etag = reply->etag;
  tg_rc_t rc = tg_coap_block2_out_notify(coap, peer, &observer->name, &answer);
  if (rc == TG_OK) rc = keep(coap, observer, &answer);
  if (rc != TG_OK) {
    coap->stats.shed++;
    return false;
  }
  observer->next.is_confirmable = confirmable || was_confirmable || observer->unconfirmed + 1 >= CONFIRM_EACH ||
                                  now - observer->confirmed_ms >= CONFIRM_MS;
  return go_on(coap, peer, observer);
}

/* Whoever hears of an end may end others: they are looked up again. */
uint32_t tg_coap_observer_notify(tg_coap_t *coap, uint64_t observed, const tg_coap_reply_t *reply, bool confirmable) {
  uint32_t count = 0;
  tg_coap_observer_t *observer = first_of(coap, observed);
  while (observer) {
    const tg_coap_observer_t *next = at(coap, observer->next_alike_ref);
    tg_id_t id = next ? tg_pool_id(&coap->observers.pool, next) : TG_ID_NONE;
    count++;
    if (notify(coap, observer, reply, confirmable)) end(coap, observer);
    observer = tg_pool_find(&coap->observers.pool, id);
  }
  return count;
}
