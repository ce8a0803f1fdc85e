/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receiving side of Block2: every block must begin where the last one ended and be of the same state (ETag); a changed state
 * begins anew, a misplaced block ends the exchange. Called by coap_response.c and coap_notify.c.
 */

#include "core/coap/coap_block2_in.h"

#include "core/coap/coap_engine.h"

static bool is_success(uint8_t code) {
  return code >> 5 == 2;
}

static bool is_same_state(const tg_coap_body_t *body, tg_slice_t etag) {
  return tg_slice_eq(tg_slice(body->etag, body->etag_len), etag);
}

/* The representation changed under way (RFC 7959 §2.4): from the beginning, a bounded number of times. */
static tg_rc_t restart(tg_coap_t *coap, tg_coap_exchange_t *exchange, tg_coap_body_t *body) {
  tg_coap_body_free(coap, body);
  exchange->body = TG_ID_NONE;
  if (exchange->restarts >= TG_COAP_RESTARTS) return TG_E_SYNTAX;
  exchange->restarts++;
  exchange->asks_block = false;
  exchange->out_at = 0;
  exchange->is_anew = true;
  return TG_E_AGAIN;
}

static tg_rc_t append(tg_coap_t *coap, tg_coap_body_t *body, tg_slice_t part) {
  tg_rc_t rc = tg_coap_body_append(coap, body, part, coap->config.limits.response_body);
  if (rc == TG_E_TOO_LONG) coap->stats.over_response_body++;
  return rc;
}

tg_coap_body_t *tg_coap_block2_in_begin(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_msg_t *msg,
                                        const tg_coap_opts_t *opts) {
  const tg_coap_block_t *block = &opts->block2;
  bool is_first =
      block->szx < 7 && block->num == 0 && block->more && msg->payload.len == tg_coap_opts_block_size(block->szx);
  tg_coap_body_t *body = is_first ? tg_coap_body_new(coap, peer, TG_COAP_BODY_ANSWER_IN, 0) : NULL;
  if (!body) return NULL;
  if (append(coap, body, msg->payload) != TG_OK) {
    tg_coap_body_free(coap, body);
    return NULL;
  }
  body->etag_len = (uint8_t)opts->etag.len;
  if (opts->etag.len) memcpy(body->etag, opts->etag.p, opts->etag.len);
  return body;
}

/* Whether the block is one that may follow: of a size not above the one asked for, at the place where the body ends. */
static bool does_fit(const tg_coap_exchange_t *exchange, const tg_coap_block_t *block, size_t have, size_t len) {
  if (!block->is_there || block->szx == 7) return false;
  uint64_t offset = (uint64_t)block->num << (block->szx + 4);
  size_t size = tg_coap_opts_block_size(block->szx);
  if (exchange->asks_block && block->szx > exchange->in_szx) return false;
  return offset == have && (block->more ? len == size : len <= size);
}

tg_rc_t tg_coap_block2_in(tg_coap_t *coap, tg_coap_exchange_t *exchange, const tg_coap_msg_t *msg,
                          const tg_coap_opts_t *opts) {
  const tg_coap_block_t *block = &opts->block2;
  tg_coap_body_t *body = tg_pool_find(&coap->bodies.pool, exchange->body);
  if (!is_success(msg->code)) {
    tg_coap_body_free(coap, body);
    exchange->body = TG_ID_NONE;
    return TG_OK;
  }
  if (body && !is_same_state(body, opts->etag)) return restart(coap, exchange, body);
  if (!does_fit(exchange, block, body ? body->len : 0, msg->payload.len)) return TG_E_SYNTAX;
  coap->stats.blocks++;
  if (!body && !block->more) return TG_OK;
  if (body) {
    tg_rc_t rc = append(coap, body, msg->payload);
    if (rc != TG_OK) return rc;
  } else {
    body = tg_coap_block2_in_begin(coap, tg_coap_engine_peer(coap, exchange->flight.peer_ref), msg, opts);
    if (!body) return msg->payload.len > coap->config.limits.response_body ? TG_E_TOO_LONG : TG_E_FULL;
    exchange->body = tg_pool_id(&coap->bodies.pool, body);
  }
  if (!block->more) return TG_OK;
  if (block->szx < exchange->in_szx || !exchange->asks_block) exchange->in_szx = block->szx;
  exchange->asks_block = true;
  return TG_E_AGAIN;
}
