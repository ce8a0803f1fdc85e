/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/coap under coap_exchange.c: what a caller asks for, checked and copied into an exchange; where its body begins and what names it. */

#include "core/coap/coap_call.h"

#include "core/base/alloc.h"
#include "core/coap/coap_engine.h"
#include "core/coap/coap_request.h"
#include "core/coap/coap_token.h"

enum { PRIORITY_MAX = 3 };

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

tg_rc_t tg_coap_call_check(const tg_coap_t *coap, const tg_coap_call_t *call) {
  bool is_good = call->done && call->method >= TG_COAP_GET && call->method < 0x20 && call->observe <= 1 &&
                 (call->token_len == 0 || call->token_len == TG_COAP_TOKEN) &&
                 call->payload.len <= TG_COAP_PAYLOAD_MAX &&
                 tg_coap_request_fits(tg_slice_str(call->path), tg_slice_str(call->query));
  if (!is_good || (call->first_at && (!call->lent || call->first_at > call->payload.len))) return TG_E_ARG;
  bool is_used = call->token_len && tg_coap_token_find(coap, tg_slice(call->token, TG_COAP_TOKEN));
  return is_used ? TG_E_EXISTS : TG_OK;
}

static void fill(tg_coap_exchange_t *exchange, const tg_coap_call_t *call) {
  tg_coap_flight_t *flight = &exchange->flight;
  flight->priority = call->priority < PRIORITY_MAX ? call->priority : PRIORITY_MAX;
  flight->is_confirmable = !call->non_confirmable;
  flight->is_request = true;
  flight->max_latency_s = call->max_latency_s;
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

tg_rc_t tg_coap_call_make(tg_coap_t *coap, const tg_coap_call_t *call, tg_coap_exchange_t **made, tg_id_t *id) {
  tg_coap_peer_t *peer = tg_coap_peer_of(coap, call->peer);
  if (!peer) return TG_E_GONE;
  if (peer->exchange_count >= coap->config.limits.exchanges_per_peer) {
    coap->stats.over_exchanges_per_peer++;
    return TG_E_FULL;
  }
  tg_coap_exchange_t *exchange = tg_pool_take(&coap->exchanges.pool, id);
  if (!exchange) {
    tg_coap_engine_count_full(&coap->exchanges.pool, &coap->stats.over_exchanges);
    return TG_E_FULL;
  }
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
