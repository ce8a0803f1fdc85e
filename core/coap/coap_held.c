/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that wait until their ticket is durable. A confirmable request gets an empty ACK after a second, then the answer goes
 * out as a confirmable message of its own (RFC 7252 §5.2.2); a notification's ACK just waits. Called by the spine, which decides
 * what is held, and through tg_coap_release().
 */

#include "core/coap/coap_held.h"

#include "core/base/alloc.h"
#include "core/coap/coap_engine.h"

enum { HEADER = 4, TAIL_SLACK_MS = 60000 };

tg_rc_t tg_coap_held_init(tg_coap_helds_t *helds, uint32_t max) {
  return tg_pool_init(&helds->pool, sizeof(tg_coap_held_item_t), max);
}

static tg_coap_held_item_t *at(const tg_coap_t *coap, uint32_t ref) {
  return ref ? tg_pool_at(&coap->helds.pool, ref - 1, NULL) : NULL;
}

static uint32_t ref_of(const tg_coap_held_item_t *item) {
  return item->flight.ref & ~TG_COAP_FLIGHT_HELD;
}

/* Tickets come in rising order, so the walk from the end is short. */
static void queue_add(tg_coap_t *coap, tg_coap_held_item_t *item) {
  tg_coap_held_item_t *before = at(coap, coap->helds.last_ref);
  while (before && before->ticket > item->ticket) before = at(coap, before->prev_ref);
  item->prev_ref = before ? ref_of(before) : 0;
  item->next_ref = before ? before->next_ref : coap->helds.first_ref;
  *(before ? &before->next_ref : &coap->helds.first_ref) = ref_of(item);
  tg_coap_held_item_t *after = at(coap, item->next_ref);
  *(after ? &after->prev_ref : &coap->helds.last_ref) = ref_of(item);
  item->is_queued = true;
}

static void queue_del(tg_coap_t *coap, tg_coap_held_item_t *item) {
  if (!item->is_queued) return;
  tg_coap_held_item_t *before = at(coap, item->prev_ref), *after = at(coap, item->next_ref);
  *(before ? &before->next_ref : &coap->helds.first_ref) = item->next_ref;
  *(after ? &after->prev_ref : &coap->helds.last_ref) = item->prev_ref;
  item->is_queued = false;
}

static tg_coap_peer_t *peer_of(const tg_coap_t *coap, const tg_coap_held_item_t *item) {
  return tg_coap_engine_peer(coap, item->flight.peer_ref);
}

static void free_item(tg_coap_t *coap, tg_coap_held_item_t *item) {
  tg_coap_peer_t *peer = peer_of(coap, item);
  if (!item->is_notification) peer->held_count--;
  queue_del(coap, item);
  tg_coap_flight_stop(coap, &item->flight);
  tg_alloc_free(item->heap);
  tg_pool_give(&coap->helds.pool, tg_pool_id(&coap->helds.pool, item));
  tg_coap_peer_let_go(coap, peer);
}

void tg_coap_held_fini(tg_coap_t *coap) {
  for (uint32_t i = 0; i < tg_pool_slots(&coap->helds.pool); i++) {
    tg_coap_held_item_t *item = tg_pool_at(&coap->helds.pool, i, NULL);
    if (item) free_item(coap, item);
  }
  tg_pool_fini(&coap->helds.pool);
}

static tg_coap_held_item_t *make(tg_coap_t *coap, tg_coap_peer_t *peer, uint64_t ticket, tg_coap_mark_t mark) {
  tg_id_t id;
  tg_coap_held_item_t *item = tg_pool_take(&coap->helds.pool, &id);
  if (!item) {
    tg_coap_engine_count_full(&coap->helds.pool, &coap->stats.over_held);
    return NULL;
  }
  item->flight.ref = (tg_id_slot(id) + 1) | TG_COAP_FLIGHT_HELD;
  item->flight.peer_ref = tg_id_slot(tg_coap_peer_id(coap, peer)) + 1;
  item->ticket = ticket;
  item->mark = mark;
  tg_coap_peer_hold(coap, peer);
  return item;
}

/* Keeps what stands behind the token; the header is written when it is known. */
static tg_rc_t keep_tail(tg_coap_t *coap, tg_coap_held_item_t *item, const tg_coap_answer_t *answer) {
  tg_buf_t *out = tg_coap_egress_buffer(coap);
  tg_coap_egress_put_answer(out, answer);
  if (out->rc != TG_OK) return out->rc;
  tg_slice_t tail = tg_slice_from(tg_buf_slice(out), HEADER + answer->token.len);
  uint8_t *heap = tail.len > sizeof item->bytes ? tg_alloc(tail.len) : NULL;
  if (tail.len > sizeof item->bytes && !heap) return TG_E_NOMEM;
  tg_alloc_free(item->heap);
  item->heap = heap;
  item->len = (uint16_t)tail.len;
  item->code = answer->code;
  if (tail.len) memcpy(heap ? heap : item->bytes, tail.p, tail.len);
  return TG_OK;
}

static void put_message(const tg_coap_held_item_t *item, uint8_t type, uint16_t mid, tg_buf_t *out) {
  tg_coap_enc_t enc;
  tg_coap_head_t head = {.type = type, .code = item->code, .mid = mid, .token = tg_slice(item->token, item->token_len)};
  tg_coap_enc_begin(&enc, out, &head);
  tg_buf_put(out, tg_slice(item->heap ? item->heap : item->bytes, item->len));
}

static void write_separate(tg_coap_t *coap, tg_coap_flight_t *flight, tg_buf_t *out) {
  (void)coap;
  put_message(TG_CONTAINER(flight, tg_coap_held_item_t, flight), TG_COAP_CON, flight->mid, out);
}

void tg_coap_held_settled(tg_coap_t *coap, tg_coap_flight_t *flight) {
  tg_coap_held_item_t *item = TG_CONTAINER(flight, tg_coap_held_item_t, flight);
  tg_coap_peer_t *peer = peer_of(coap, item);
  free_item(coap, item);
  tg_coap_exchange_go_on(coap, peer);
}

static void lost(tg_coap_t *coap, tg_coap_flight_t *flight, tg_rc_t rc) {
  if (rc == TG_E_TIMEOUT) coap->stats.timeouts++;
  tg_coap_held_settled(coap, flight);
}

/* Sends the answer to the message itself and remembers it for duplicates. */
static void send_now(tg_coap_t *coap, const tg_coap_held_item_t *item, tg_slice_t datagram) {
  tg_coap_peer_t *peer = peer_of(coap, item);
  tg_coap_seen_t *seen = item->is_confirmable ? tg_coap_dedup_find(coap, peer, item->mark) : NULL;
  tg_addr_t to;
  if (seen) tg_coap_dedup_keep(coap, seen, datagram);
  tg_coap_peer_get_addr(peer, &to);
  tg_coap_egress_send(coap, peer->bearer, &to, datagram);
}

static void send_empty_ack(tg_coap_t *coap, const tg_coap_held_item_t *item) {
  uint8_t ack[HEADER];
  tg_coap_egress_put_empty(ack, TG_COAP_ACK, item->mark.mid);
  send_now(coap, item, tg_slice(ack, sizeof ack));
}

static void on_ack_due(tg_timer_t *timer, void *ud) {
  tg_coap_held_item_t *item = TG_CONTAINER(timer, tg_coap_held_item_t, flight.timer);
  item->is_acked = true;
  send_empty_ack(ud, item);
}

tg_rc_t tg_coap_held_reply(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_answer_t *answer, uint64_t ticket) {
  tg_coap_held_item_t *item = make(coap, peer, ticket, (tg_coap_mark_t){.mid = answer->mid, .print = answer->print});
  if (!item) return TG_E_FULL;
  peer->held_count++;
  tg_rc_t rc = keep_tail(coap, item, answer);
  if (rc != TG_OK) {
    free_item(coap, item);
    return rc;
  }
  item->token_len = (uint8_t)answer->token.len;
  if (item->token_len) memcpy(item->token, answer->token.p, item->token_len);
  item->is_confirmable = answer->type == TG_COAP_ACK;
  item->no_response = answer->no_response;
  item->yields = answer->yields;
  queue_add(coap, item);
  if (item->is_confirmable) {
    item->flight.timer.fn = on_ack_due;
    item->flight.timer.ud = coap;
    tg_wheel_add(coap->config.wheel, &item->flight.timer, tg_coap_engine_now(coap) + TG_COAP_HELD_ACK_MS);
  }
  return TG_OK;
}

tg_rc_t tg_coap_held_ack(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_held_note_t *note, uint64_t ticket) {
  tg_coap_held_item_t *item = make(coap, peer, ticket, note->mark);
  if (!item) return TG_E_FULL;
  item->is_notification = true;
  item->yields = true;
  item->is_confirmable = true;
  item->seq = note->seq;
  item->observation = note->observation;
  queue_add(coap, item);
  return TG_OK;
}

static void start_separate(tg_coap_t *coap, tg_coap_held_item_t *item) {
  static const tg_coap_flight_ops_t ops = {.write = write_separate, .lost = lost};
  tg_coap_peer_t *peer = peer_of(coap, item);
  const tg_coap_bearer_t *bearer = tg_coap_engine_bearer(coap, peer);
  item->flight.ops = &ops;
  item->flight.is_confirmable = true;
  item->flight.priority = 2;
  item->flight.mid = tg_coap_peer_next_mid(coap, peer);
  if (bearer->link->reports_tx)
    item->flight.give_up_ms = tg_coap_engine_now(coap) + (uint64_t)bearer->params.max_latency_s * 1000 + TAIL_SLACK_MS;
  tg_coap_flight_start(coap, &item->flight);
}

static void release_reply(tg_coap_t *coap, tg_coap_held_item_t *item, tg_rc_t rc) {
  if (rc != TG_OK) {
    tg_coap_answer_t refusal = {.code = tg_rc_coap(rc), .content_format = TG_CF_NONE};
    if (refusal.code == TG_COAP_503) refusal.max_age = TG_COAP_FULL_MAX_AGE;
    if (keep_tail(coap, item, &refusal) != TG_OK) item->len = 0;
  }
  tg_wheel_del(coap->config.wheel, &item->flight.timer);
  if (tg_coap_opts_is_unwanted(item->no_response, item->code)) {
    if (item->is_confirmable && !item->is_acked) send_empty_ack(coap, item);
    tg_coap_held_settled(coap, &item->flight);
    return;
  }
  if (item->is_acked) {
    start_separate(coap, item);
    return;
  }
  tg_buf_t *out = tg_coap_egress_buffer(coap);
  bool is_ack = item->is_confirmable;
  uint16_t mid = is_ack ? item->mark.mid : tg_coap_peer_next_mid(coap, peer_of(coap, item));
  put_message(item, is_ack ? TG_COAP_ACK : TG_COAP_NON, mid, out);
  send_now(coap, item, tg_buf_slice(out));
  tg_coap_held_settled(coap, &item->flight);
}

void tg_coap_held_forget(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_held_note_t *note) {
  tg_coap_observed_t *observed = tg_pool_find(&coap->observes.pool, note->observation);
  tg_coap_dedup_forget(coap, peer, note->mark);
  if (observed) tg_coap_observe_unsee(observed, note->seq);
}

static void acknowledge(tg_coap_t *coap, const tg_coap_peer_t *peer, tg_coap_mark_t mark) {
  uint8_t ack[HEADER];
  tg_addr_t to;
  tg_coap_seen_t *seen = tg_coap_dedup_find(coap, peer, mark);
  tg_coap_egress_put_empty(ack, TG_COAP_ACK, mark.mid);
  if (seen) tg_coap_dedup_keep(coap, seen, tg_slice(ack, sizeof ack));
  tg_coap_peer_get_addr(peer, &to);
  tg_coap_egress_send(coap, peer->bearer, &to, tg_slice(ack, sizeof ack));
}

void tg_coap_held_settle(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_held_note_t *note,
                         const tg_coap_reply_t *reply) {
  bool refused = reply->code >> 5 >= 4; /* the handler has no room for it now */
  if (!reply->hold && !refused) {
    acknowledge(coap, peer, note->mark);
    return;
  }
  if (!refused && tg_coap_held_ack(coap, peer, note, reply->ticket) == TG_OK) return;
  coap->stats.shed++;
  tg_coap_held_forget(coap, peer, note);
}

/* Not acknowledged, the notification comes again and is then a new one. */
static void release_notification(tg_coap_t *coap, tg_coap_held_item_t *item, tg_rc_t rc) {
  const tg_coap_held_note_t note = {.mark = item->mark, .seq = item->seq, .observation = item->observation};
  if (rc == TG_OK) acknowledge(coap, peer_of(coap, item), item->mark);
  else tg_coap_held_forget(coap, peer_of(coap, item), &note);
  free_item(coap, item);
}

void tg_coap_release(tg_coap_t *coap, uint64_t ticket, tg_rc_t rc) {
  tg_coap_held_item_t *item;
  while ((item = at(coap, coap->helds.first_ref)) && item->ticket <= ticket) {
    queue_del(coap, item);
    if (item->is_notification) release_notification(coap, item, rc);
    else release_reply(coap, item, rc);
  }
}

/* Those that stay are passed by. What is let go may start requests of ours; none of them ends here, so the list stays as it is. */
void tg_coap_refuse(tg_coap_t *coap, uint64_t ticket, tg_rc_t rc, bool all) {
  tg_coap_held_item_t *before;
  for (tg_coap_held_item_t *item = at(coap, coap->helds.last_ref); item && item->ticket >= ticket; item = before) {
    before = at(coap, item->prev_ref);
    if (!all && !item->yields) continue;
    queue_del(coap, item);
    if (item->is_notification) release_notification(coap, item, rc);
    else release_reply(coap, item, rc);
  }
}

void tg_coap_held_drop_all(tg_coap_t *coap, tg_coap_peer_t *peer) {
  uint32_t peer_ref = tg_id_slot(tg_coap_peer_id(coap, peer)) + 1;
  for (uint32_t i = 0; i < tg_pool_slots(&coap->helds.pool); i++) {
    tg_coap_held_item_t *item = tg_pool_at(&coap->helds.pool, i, NULL);
    if (item && item->flight.peer_ref == peer_ref) free_item(coap, item);
  }
}
