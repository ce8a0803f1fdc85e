/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of ours: accepted by tg_coap_send(), queued by priority behind NSTART (RFC 7252 §4.7), ended exactly once. What a
 * response means is coap_response.c's business; when it is sent again, coap_flight.c's.
 */

#include "core/coap/coap_exchange.h"

#include "core/base/alloc.h"
#include "core/coap/coap_call.h"
#include "core/coap/coap_engine.h"
#include "core/coap/coap_request.h"
#include "core/coap/coap_token.h"
#include "core/coap/coap_turn.h"

tg_rc_t tg_coap_exchange_init(tg_coap_exchanges_t *exchanges, uint32_t max) {
  tg_hidx_init(&exchanges->tokens);
  return tg_pool_init(&exchanges->pool, sizeof(tg_coap_exchange_t), max);
}

void tg_coap_exchange_fini(tg_coap_exchanges_t *exchanges) {
  tg_hidx_fini(&exchanges->tokens);
  tg_pool_fini(&exchanges->pool);
}

tg_coap_exchange_t *tg_coap_exchange_of(tg_coap_flight_t *flight) {
  return TG_CONTAINER(flight, tg_coap_exchange_t, flight);
}

static tg_coap_exchange_t *at(const tg_coap_t *coap, uint32_t ref) {
  return ref ? tg_pool_at(&coap->exchanges.pool, ref - 1, NULL) : NULL;
}

static tg_coap_peer_t *peer_of(const tg_coap_t *coap, const tg_coap_exchange_t *exchange) {
  return tg_coap_engine_peer(coap, exchange->flight.peer_ref);
}

/* Each block but the last has an answer, whatever is wanted. */
static bool is_whole_out(const tg_coap_exchange_t *exchange) {
  size_t size = exchange->is_out_blocked ? tg_coap_opts_block_size(exchange->out_szx) : exchange->payload_len;
  return exchange->out_at + size >= exchange->payload_len;
}

/* No answer of any class is wanted: the exchange is over when the message is out. */
static bool wants_nothing(const tg_coap_exchange_t *exchange) {
  uint8_t all = TG_COAP_NO_2XX | TG_COAP_NO_4XX | TG_COAP_NO_5XX;
  return exchange->no_response == all && is_whole_out(exchange);
}

static uint32_t latency_s(const tg_coap_bearer_t *bearer, const tg_coap_exchange_t *exchange) {
  return exchange->flight.max_latency_s ? exchange->flight.max_latency_s : bearer->params.max_latency_s;
}

/* The deadline of one message and its answer. 0: the retransmissions decide. */
static uint64_t deadline(const tg_coap_t *coap, const tg_coap_exchange_t *exchange) {
  const tg_coap_bearer_t *bearer = tg_coap_engine_bearer(coap, peer_of(coap, exchange));
  uint64_t now = tg_coap_engine_now(coap);
  if (exchange->timeout_ms) return now + exchange->timeout_ms;
  if (bearer->link->reports_tx)
    return now + (uint64_t)latency_s(bearer, exchange) * 1000 + bearer->params.response_timeout_ms;
  return exchange->flight.is_confirmable ? 0 : now + bearer->params.response_timeout_ms;
}

static void start(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_exchange_t *exchange) {
  if (!exchange->timeout_ms) exchange->flight.give_up_ms = deadline(coap, exchange);
  if (!exchange->flight.is_confirmable && wants_nothing(exchange))
    exchange->flight.give_up_ms = tg_coap_engine_now(coap);
  if (!exchange->is_again && !exchange->is_same) exchange->went_ms = tg_coap_engine_now(coap);
  tg_coap_turn_note(coap, peer, exchange);
  if (!exchange->is_same) exchange->flight.mid = tg_coap_peer_next_mid(coap, peer);
  exchange->has_gone = exchange->has_gone || exchange->flight.sent > 0;
  tg_coap_flight_start(coap, &exchange->flight);
}

static void start_next(tg_coap_t *coap, tg_coap_peer_t *peer) {
  if (peer->has_notice && tg_coap_engine_may_start(coap, peer)) coap->exchanges.notice_turn(coap, peer);
  if (peer->held_count) return;
  while (tg_coap_engine_may_start(coap, peer)) {
    tg_coap_exchange_t *exchange = tg_coap_turn_next(coap, peer);
    if (!exchange || exchange->is_doomed) return;
    tg_coap_turn_start(coap, peer, exchange);
    exchange->is_counted = true;
    peer->outstanding++;
    start(coap, peer, exchange);
  }
}

void tg_coap_exchange_go_on(tg_coap_t *coap, tg_coap_peer_t *peer) {
  start_next(coap, peer);
}

static void uncount(tg_coap_peer_t *peer, tg_coap_exchange_t *exchange) {
  if (!exchange->is_counted) return;
  exchange->is_counted = false;
  peer->outstanding--;
}

void tg_coap_exchange_finish(tg_coap_t *coap, tg_coap_exchange_t *exchange, const tg_coap_result_t *result) {
  tg_coap_peer_t *peer = peer_of(coap, exchange);
  tg_coap_done_fn done = exchange->done;
  void *ud = exchange->ud;
  uint8_t *heap = exchange->heap;
  tg_coap_body_t *body = tg_pool_find(&coap->bodies.pool, exchange->body);
  tg_coap_flight_stop(coap, &exchange->flight);
  tg_coap_turn_leave(coap, peer, exchange);
  uncount(peer, exchange);
  tg_coap_token_del(coap, exchange);
  peer->exchange_count--;
  tg_pool_give(&coap->exchanges.pool, tg_pool_id(&coap->exchanges.pool, exchange));
  done(ud, result);
  tg_coap_body_free(coap, body);
  tg_alloc_free(heap);
  start_next(coap, peer);
  tg_coap_peer_let_go(coap, peer);
}

/* Whether its peer may have had anything of it. */
static bool may_have_arrived(const tg_coap_exchange_t *exchange) {
  return exchange->has_gone || exchange->flight.sent > 0;
}

void tg_coap_exchange_fail(tg_coap_t *coap, tg_coap_exchange_t *exchange, tg_rc_t rc) {
  bool is_asleep = rc == TG_E_ASLEEP;
  bool unsent = is_asleep || (rc == TG_E_CANCELLED && !may_have_arrived(exchange));
  tg_coap_result_t result = {.rc = is_asleep ? TG_E_LINK : rc, .unsent = unsent, .content_format = TG_CF_NONE};
  result.peer = tg_coap_peer_id(coap, peer_of(coap, exchange));
  tg_coap_exchange_finish(coap, exchange, &result);
}

/* It has arrived, as far as can be known, and no answer is what was asked for (RFC 7967 §2). */
static bool is_silence_wanted(const tg_coap_exchange_t *exchange) {
  bool is_out = exchange->is_started && (!exchange->flight.is_confirmable || !exchange->is_counted);
  return exchange->no_response && is_out && is_whole_out(exchange);
}

/* A block, or a read, whose message got no answer: the asker has patience (coap.h, patience_ms). */
static bool may_go_again(const tg_coap_t *coap, const tg_coap_exchange_t *exchange, tg_rc_t rc) {
  bool is_read = exchange->method == TG_COAP_GET || exchange->method == TG_COAP_FETCH;
  bool is_fit = is_read || exchange->is_out_blocked || exchange->asks_block;
  if (!exchange->patience_ms || !is_fit || !exchange->is_started || exchange->no_response) return false;
  return (rc == TG_E_TIMEOUT || rc == TG_E_LINK) &&
         tg_coap_engine_now(coap) - exchange->went_ms < exchange->patience_ms;
}

/* The next message of @p exchange: new message id and, unless it is the caller's, token; but for one that is_same. */
static void send_next(tg_coap_t *coap, tg_coap_exchange_t *exchange) {
  tg_coap_peer_t *peer = peer_of(coap, exchange);
  if (exchange->is_left) {
    tg_coap_exchange_fail(coap, exchange, TG_E_CANCELLED);
    return;
  }
  tg_coap_flight_stop(coap, &exchange->flight);
  exchange->flight.give_up_ms = exchange->timeout_ms ? deadline(coap, exchange) : 0;
  if (exchange->is_anew) exchange->request_tag = coap->exchanges.next_tag++;
  exchange->is_anew = false;
  if (!exchange->has_own_token && !exchange->is_same) {
    tg_coap_token_del(coap, exchange);
    tg_coap_token_draw(coap, exchange);
    if (tg_coap_token_add(coap, exchange) != TG_OK) {
      tg_coap_exchange_fail(coap, exchange, TG_E_NOMEM);
      return;
    }
  }
  if (exchange->is_counted && !peer->has_notice && !tg_coap_turn_must_yield(coap, peer, exchange)) {
    start(coap, peer, exchange);
    return;
  }
  tg_coap_turn_leave(coap, peer, exchange);
  uncount(peer, exchange);
  tg_coap_turn_wait(coap, peer, exchange, true);
  start_next(coap, peer);
}

/*
 * The last block of a body is answered when all is done, and from then on only to those who ask by its message id: another message
 * would find no body that it is the end of. So it goes as itself as long as a peer remembers (RFC 7252 §4.8.2).
 */
static bool is_end_remembered(const tg_coap_t *coap, const tg_coap_exchange_t *exchange) {
  uint64_t lifetime_ms = tg_coap_engine_bearer(coap, peer_of(coap, exchange))->lifetime_ms;
  if (!exchange->is_out_blocked || exchange->asks_block || !exchange->flight.is_confirmable) return false;
  return is_whole_out(exchange) && tg_coap_engine_now(coap) - exchange->went_ms < lifetime_ms;
}

/* A bearer that refuses says so at once: it is not asked again in the same breath, others may go meanwhile. */
static void go_again(tg_coap_t *coap, tg_coap_exchange_t *exchange, tg_rc_t rc) {
  tg_coap_peer_t *peer = peer_of(coap, exchange);
  exchange->is_same = is_end_remembered(coap, exchange);
  exchange->is_again = !exchange->is_same;
  if (rc != TG_E_LINK) {
    send_next(coap, exchange);
    return;
  }
  uint32_t pause_ms = tg_coap_engine_bearer(coap, peer)->params.ack_timeout_ms;
  tg_coap_flight_wait(coap, &exchange->flight, tg_coap_engine_now(coap) + pause_ms);
  uncount(peer, exchange);
  start_next(coap, peer);
}

static void lost(tg_coap_t *coap, tg_coap_flight_t *flight, tg_rc_t rc) {
  tg_coap_exchange_t *exchange = tg_coap_exchange_of(flight);
  if (rc == TG_E_TIMEOUT && is_silence_wanted(exchange)) rc = TG_OK;
  else if (exchange->is_left) rc = TG_E_CANCELLED;
  else if (rc == TG_E_TIMEOUT) coap->stats.timeouts++;
  if (may_go_again(coap, exchange, rc)) go_again(coap, exchange, rc);
  else tg_coap_exchange_fail(coap, exchange, rc);
}

void tg_coap_exchange_acked(tg_coap_t *coap, tg_coap_exchange_t *exchange) {
  tg_coap_peer_t *peer = peer_of(coap, exchange);
  uint64_t give_up = exchange->flight.give_up_ms;
  if (exchange->is_left && !wants_nothing(exchange)) return; /* the answer is to come in what time it was given */
  if (wants_nothing(exchange)) {
    uncount(peer, exchange);
    lost(coap, &exchange->flight, TG_E_TIMEOUT);
    return;
  }
  if (!exchange->timeout_ms)
    give_up = tg_coap_engine_now(coap) + tg_coap_engine_bearer(coap, peer)->params.response_timeout_ms;
  tg_coap_flight_wait(coap, &exchange->flight, give_up);
  uncount(peer, exchange);
  start_next(coap, peer);
}

void tg_coap_exchange_continue(tg_coap_t *coap, tg_coap_exchange_t *exchange) {
  exchange->is_again = exchange->is_same = false;
  send_next(coap, exchange);
}

static void write_request(tg_coap_t *coap, tg_coap_flight_t *flight, tg_buf_t *out) {
  tg_coap_request_put(coap, tg_coap_exchange_of(flight), out);
}

static void submit(tg_coap_t *coap, tg_coap_exchange_t *exchange) {
  static const tg_coap_flight_ops_t ops = {.write = write_request, .lost = lost};
  exchange->flight.ops = &ops;
  tg_coap_peer_t *peer = peer_of(coap, exchange);
  if (exchange->timeout_ms)
    tg_coap_flight_wait(coap, &exchange->flight, tg_coap_engine_now(coap) + exchange->timeout_ms);
  tg_coap_turn_wait(coap, peer, exchange, false);
  start_next(coap, peer);
}

tg_rc_t tg_coap_send(tg_coap_t *coap, const tg_coap_call_t *call, tg_id_t *exchange) {
  tg_coap_exchange_t *made;
  tg_id_t id;
  tg_rc_t rc = tg_coap_call_check(coap, call);
  if (rc == TG_OK) rc = tg_coap_call_make(coap, call, &made, &id);
  if (rc != TG_OK) return rc;
  if (exchange) *exchange = id;
  submit(coap, made);
  return TG_OK;
}

tg_rc_t tg_coap_exchange_fetch(tg_coap_t *coap, const tg_coap_call_t *call, tg_coap_body_t *body, uint8_t szx,
                               tg_id_t *id) {
  tg_coap_exchange_t *made;
  tg_rc_t rc = tg_coap_call_make(coap, call, &made, id);
  if (rc != TG_OK) return rc;
  if (made->is_out_blocked) { /* the request goes out in blocks itself: all anew */
    tg_coap_body_free(coap, body);
  } else if (body) {
    made->body = tg_pool_id(&coap->bodies.pool, body);
    made->in_szx = szx;
    made->asks_block = true;
  }
  submit(coap, made);
  return TG_OK;
}

void tg_coap_cancel(tg_coap_t *coap, tg_id_t exchange) {
  tg_coap_exchange_t *found = tg_pool_find(&coap->exchanges.pool, exchange);
  if (found) tg_coap_exchange_fail(coap, found, TG_E_CANCELLED);
}

void tg_coap_leave(tg_coap_t *coap, tg_id_t exchange, uint32_t grace_ms) {
  tg_coap_exchange_t *found = tg_pool_find(&coap->exchanges.pool, exchange);
  if (!found || found->is_left) return;
  if (!grace_ms || !found->is_started || !may_have_arrived(found)) { /* no answer can be on its way */
    tg_coap_exchange_fail(coap, found, TG_E_CANCELLED);
    return;
  }
  tg_coap_peer_t *peer = peer_of(coap, found);
  found->is_left = true;
  tg_coap_flight_quiet(coap, &found->flight, tg_coap_engine_now(coap) + grace_ms);
  uncount(peer, found);
  start_next(coap, peer);
}

static tg_coap_exchange_t *first_doomed(const tg_coap_t *coap, uint32_t ref) {
  tg_coap_exchange_t *exchange = at(coap, ref);
  while (exchange && !exchange->is_doomed) exchange = at(coap, exchange->next_ref);
  return exchange;
}

static void doom(const tg_coap_t *coap, uint32_t ref) {
  for (tg_coap_exchange_t *exchange = at(coap, ref); exchange; exchange = at(coap, exchange->next_ref)) {
    exchange->is_doomed = true;
  }
}

/* What done() sends meanwhile is not touched. */
void tg_coap_exchange_cancel_all(tg_coap_t *coap, tg_coap_peer_t *peer) {
  doom(coap, peer->waiting_ref);
  doom(coap, peer->running_ref);
  for (;;) {
    tg_coap_exchange_t *exchange = first_doomed(coap, peer->waiting_ref);
    if (!exchange) exchange = first_doomed(coap, peer->running_ref);
    if (!exchange) return;
    tg_coap_exchange_fail(coap, exchange, TG_E_CANCELLED);
  }
}
