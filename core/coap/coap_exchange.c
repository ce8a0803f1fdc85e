/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of ours: accepted by tg_coap_send(), queued by priority behind NSTART (RFC 7252 §4.7), ended exactly once. What a
 * response means is coap_response.c's business; when it is sent again, coap_flight.c's.
 */

#include "core/coap/coap_exchange.h"

#include "core/base/alloc.h"
#include "core/coap/coap_engine.h"
#include "core/coap/coap_request.h"
#include "core/coap/coap_token.h"
#include "core/coap/coap_turn.h"

enum { PAYLOAD_MAX = 16 << 20, PRIORITY_MAX = 3 };

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

/* The deadline of one message and its answer. 0: the retransmissions decide. */
static uint64_t deadline(const tg_coap_t *coap, const tg_coap_exchange_t *exchange) {
  const tg_coap_bearer_t *bearer = tg_coap_engine_bearer(coap, peer_of(coap, exchange));
  uint64_t now = tg_coap_engine_now(coap);
  if (exchange->timeout_ms) return now + exchange->timeout_ms;
  if (bearer->link->reports_tx)
    return now + (uint64_t)bearer->params.max_latency_s * 1000 + bearer->params.response_timeout_ms;
  return exchange->flight.is_confirmable ? 0 : now + bearer->params.response_timeout_ms;
}

static void start(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_exchange_t *exchange) {
  if (!exchange->timeout_ms) exchange->flight.give_up_ms = deadline(coap, exchange);
  if (!exchange->flight.is_confirmable && wants_nothing(exchange))
    exchange->flight.give_up_ms = tg_coap_engine_now(coap);
  if (!exchange->is_again && !exchange->is_same) exchange->went_ms = tg_coap_engine_now(coap);
  tg_coap_turn_note(coap, peer, exchange);
  if (!exchange->is_same) exchange->flight.mid = tg_coap_peer_next_mid(coap, peer);
  tg_coap_flight_start(coap, &exchange->flight);
}

static void start_next(tg_coap_t *coap, tg_coap_peer_t *peer) {
  if (peer->held_count) return;
  uint8_t nstart = tg_coap_engine_bearer(coap, peer)->params.nstart;
  while (peer->outstanding < (nstart ? nstart : 1)) {
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

void tg_coap_exchange_fail(tg_coap_t *coap, tg_coap_exchange_t *exchange, tg_rc_t rc) {
  tg_coap_result_t result = {.rc = rc, .content_format = TG_CF_NONE};
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
  if (exchange->is_counted && !tg_coap_turn_must_yield(coap, peer, exchange)) {
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
  else if (rc == TG_E_TIMEOUT) coap->stats.timeouts++;
  if (may_go_again(coap, exchange, rc)) go_again(coap, exchange, rc);
  else tg_coap_exchange_fail(coap, exchange, rc);
}

void tg_coap_exchange_acked(tg_coap_t *coap, tg_coap_exchange_t *exchange) {
  tg_coap_peer_t *peer = peer_of(coap, exchange);
  uint64_t give_up = exchange->flight.give_up_ms;
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

static tg_rc_t copy_call(tg_coap_exchange_t *exchange, const tg_coap_call_t *call) {
  tg_slice_t path = tg_slice_str(call->path), query = tg_slice_str(call->query);
  size_t kept = call->lent ? 0 : call->payload.len;
  exchange->heap = tg_alloc(path.len + query.len + kept + 2);
  if (!exchange->heap) return TG_E_NOMEM;
  uint8_t *p = exchange->heap;
  if (path.len) memcpy(p, path.p, path.len);
  p[path.len] = 0;
  p += path.len + 1;
  if (query.len) memcpy(p, query.p, query.len);
  p[query.len] = 0;
  if (kept) memcpy(p + query.len + 1, call->payload.p, kept);
  else if (call->payload.len) exchange->lent = call->payload.p;
  exchange->path_len = (uint16_t)path.len;
  exchange->query_len = (uint16_t)query.len;
  exchange->payload_len = call->payload.len;
  return TG_OK;
}

static tg_rc_t check_call(const tg_coap_t *coap, const tg_coap_call_t *call) {
  bool is_good = call->done && call->method >= TG_COAP_GET && call->method < 0x20 && call->observe <= 1 &&
                 (call->token_len == 0 || call->token_len == TG_COAP_TOKEN) && call->payload.len <= PAYLOAD_MAX &&
                 tg_coap_request_fits(tg_slice_str(call->path), tg_slice_str(call->query));
  if (!is_good || (call->first_at && (!call->lent || call->first_at > call->payload.len))) return TG_E_ARG;
  bool is_used = call->token_len && tg_coap_token_find(coap, tg_slice(call->token, TG_COAP_TOKEN));
  return is_used ? TG_E_EXISTS : TG_OK;
}

static void fill(tg_coap_exchange_t *exchange, const tg_coap_call_t *call) {
  static const tg_coap_flight_ops_t ops = {.write = write_request, .lost = lost};
  tg_coap_flight_t *flight = &exchange->flight;
  flight->ops = &ops;
  flight->priority = call->priority < PRIORITY_MAX ? call->priority : PRIORITY_MAX;
  flight->is_confirmable = !call->non_confirmable;
  flight->is_request = true;
  exchange->done = call->done;
  exchange->ud = call->ud;
  exchange->cookie = call->cookie;
  exchange->method = call->method;
  exchange->observe = (int8_t)(call->observe < 0 ? -1 : call->observe);
  exchange->accept = call->accept;
  exchange->content_format = call->content_format;
  exchange->timeout_ms = call->timeout_ms;
  exchange->no_response = call->no_response & (TG_COAP_NO_2XX | TG_COAP_NO_4XX | TG_COAP_NO_5XX);
  exchange->has_own_token = call->token_len != 0;
  exchange->patience_ms = call->patience_ms;
  exchange->progress = call->progress;
}

/*
 * How the body goes out. Blocks of a lent body have the same tag whenever and by whomever they are sent, as the tag says what the whole
 * of it is: so a peer takes up where an earlier try ended (RFC 9175 §3.3 wants blocks of different bodies told apart, and they are).
 */
static void set_blocks(tg_coap_t *coap, const tg_coap_peer_t *peer, tg_coap_exchange_t *exchange,
                       const tg_coap_call_t *call) {
  static const tg_hash_key_t everybodys = {0x7469646567617465, 0x626f6469657300};
  exchange->out_szx = exchange->in_szx = tg_coap_peer_szx(coap, peer);
  size_t size = tg_coap_opts_block_size(exchange->out_szx);
  exchange->is_out_blocked = call->payload.len > size;
  exchange->request_tag = coap->exchanges.next_tag++;
  if (!call->lent || !exchange->is_out_blocked) return;
  exchange->request_tag = tg_hash32(&everybodys, call->payload);
  size_t last = (call->payload.len - 1) / size * size;
  exchange->out_at = call->first_at / size * size;
  if (exchange->out_at > last) exchange->out_at = last; /* it has all, and has not said what it thinks of it */
  exchange->is_resuming = exchange->out_at > 0;
}

/* Makes an exchange that is in no list yet. */
static tg_rc_t make(tg_coap_t *coap, const tg_coap_call_t *call, tg_coap_exchange_t **made, tg_id_t *id) {
  tg_coap_peer_t *peer = tg_coap_peer_of(coap, call->peer);
  if (!peer) return TG_E_GONE;
  if (peer->exchange_count >= coap->config.limits.exchanges_per_peer) return TG_E_FULL;
  tg_coap_exchange_t *exchange = tg_pool_take(&coap->exchanges.pool, id);
  if (!exchange) return TG_E_FULL;
  fill(exchange, call);
  exchange->flight.ref = tg_id_slot(*id) + 1;
  exchange->flight.peer_ref = tg_id_slot(call->peer) + 1;
  set_blocks(coap, peer, exchange, call);
  if (call->token_len) memcpy(exchange->token, call->token, TG_COAP_TOKEN);
  else tg_coap_token_draw(coap, exchange);
  tg_rc_t rc = copy_call(exchange, call);
  if (rc == TG_OK) rc = tg_coap_token_add(coap, exchange);
  if (rc != TG_OK) {
    tg_alloc_free(exchange->heap);
    tg_pool_give(&coap->exchanges.pool, *id);
    return rc;
  }
  peer->exchange_count++;
  tg_coap_peer_hold(coap, peer);
  *made = exchange;
  return TG_OK;
}

static void submit(tg_coap_t *coap, tg_coap_exchange_t *exchange) {
  tg_coap_peer_t *peer = peer_of(coap, exchange);
  if (exchange->timeout_ms)
    tg_coap_flight_wait(coap, &exchange->flight, tg_coap_engine_now(coap) + exchange->timeout_ms);
  tg_coap_turn_wait(coap, peer, exchange, false);
  start_next(coap, peer);
}

tg_rc_t tg_coap_send(tg_coap_t *coap, const tg_coap_call_t *call, tg_id_t *exchange) {
  tg_coap_exchange_t *made;
  tg_id_t id;
  tg_rc_t rc = check_call(coap, call);
  if (rc == TG_OK) rc = make(coap, call, &made, &id);
  if (rc != TG_OK) return rc;
  if (exchange) *exchange = id;
  submit(coap, made);
  return TG_OK;
}

tg_rc_t tg_coap_exchange_fetch(tg_coap_t *coap, const tg_coap_call_t *call, tg_coap_body_t *body, uint8_t szx,
                               tg_id_t *id) {
  tg_coap_exchange_t *made;
  tg_rc_t rc = make(coap, call, &made, id);
  if (rc != TG_OK) return rc;
  if (made->is_out_blocked) { /* the request goes out in blocks itself: all anew */
    tg_coap_body_free(coap, body);
  } else {
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
