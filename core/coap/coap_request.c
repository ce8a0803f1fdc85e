/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of ours as bytes. Called by coap_exchange.c whenever the message is to be sent, retransmissions included, and by
 * coap_response.c when the peer asks for an Echo.
 */

#include "core/coap/coap_request.h"

#include "core/base/alloc.h"
#include "core/coap/coap_engine.h"

enum { SEGMENT_MAX = 255, NAMES_MAX = 900, SZX_MAX = 6 };

static tg_slice_t path_of(const tg_coap_exchange_t *exchange) {
  tg_slice_t path = tg_slice(exchange->heap, exchange->path_len);
  return path.len && path.p[0] == '/' ? tg_slice_from(path, 1) : path;
}

static tg_slice_t query_of(const tg_coap_exchange_t *exchange) {
  return tg_slice(exchange->heap + exchange->path_len + 1, exchange->query_len);
}

/* What stands before the Echo in `heap`. */
static size_t kept_len(const tg_coap_exchange_t *exchange) {
  size_t names = (size_t)exchange->path_len + exchange->query_len + 2;
  return exchange->lent ? names : names + exchange->payload_len;
}

static tg_slice_t echo_of(const tg_coap_exchange_t *exchange) {
  return tg_slice(exchange->heap + kept_len(exchange), exchange->echo_len);
}

tg_slice_t tg_coap_request_payload(const tg_coap_exchange_t *exchange) {
  if (exchange->lent) return tg_slice(exchange->lent, exchange->payload_len);
  return tg_slice(exchange->heap + exchange->path_len + exchange->query_len + 2, exchange->payload_len);
}

static void put_parts(tg_coap_enc_t *enc, uint16_t number, tg_slice_t text, uint8_t separator) {
  while (text.len) tg_coap_enc_opt(enc, number, tg_slice_take(&text, separator));
}

bool tg_coap_request_fits(tg_slice_t path, tg_slice_t query) {
  if (path.len + query.len > NAMES_MAX) return false;
  while (path.len) {
    if (tg_slice_take(&path, '/').len > SEGMENT_MAX) return false;
  }
  while (query.len) {
    if (tg_slice_take(&query, '&').len > SEGMENT_MAX) return false;
  }
  return true;
}

/* Which part of the payload this message carries; FETCH is its payload, so further blocks of the answer repeat it (RFC 8132 §2.4). */
static tg_slice_t part_of(const tg_coap_exchange_t *exchange) {
  tg_slice_t payload = tg_coap_request_payload(exchange);
  if (exchange->is_out_blocked) {
    size_t size = tg_coap_opts_block_size(exchange->out_szx);
    tg_slice_t rest = tg_slice_from(payload, exchange->out_at);
    return exchange->asks_block ? tg_slice(NULL, 0) : tg_slice(rest.p, rest.len < size ? rest.len : size);
  }
  return exchange->asks_block && exchange->method != TG_COAP_FETCH ? tg_slice(NULL, 0) : payload;
}

static void put_block2(const tg_coap_t *coap, const tg_coap_exchange_t *exchange, tg_coap_enc_t *enc) {
  bool is_reading = exchange->method == TG_COAP_GET || exchange->method == TG_COAP_FETCH;
  uint32_t num = 0;
  if (exchange->asks_block) {
    const tg_coap_body_t *body = tg_pool_find(&coap->bodies.pool, exchange->body);
    num = body ? (uint32_t)(body->len >> (exchange->in_szx + 4)) : 0;
  } else if (!is_reading || exchange->in_szx == SZX_MAX) {
    return;
  }
  tg_coap_enc_uint(enc, TG_OPT_BLOCK2, tg_coap_opts_block_value(num, false, exchange->in_szx));
}

static void put_block1(const tg_coap_exchange_t *exchange, tg_coap_enc_t *enc) {
  size_t size = tg_coap_opts_block_size(exchange->out_szx);
  bool more = exchange->out_at + size < exchange->payload_len;
  uint32_t num = (uint32_t)(exchange->out_at >> (exchange->out_szx + 4));
  tg_coap_enc_uint(enc, TG_OPT_BLOCK1, tg_coap_opts_block_value(num, more, exchange->out_szx));
  if (exchange->out_at == 0) tg_coap_enc_uint(enc, TG_OPT_SIZE1, (uint32_t)exchange->payload_len);
}

/* All messages of a request in blocks carry its tag, those that ask for more of the answer too (RFC 9175 §3.3). */
static void put_tag(const tg_coap_exchange_t *exchange, tg_coap_enc_t *enc) {
  uint32_t tag = exchange->request_tag;
  uint8_t bytes[] = {(uint8_t)(tag >> 24), (uint8_t)(tag >> 16), (uint8_t)(tag >> 8), (uint8_t)tag};
  if (exchange->is_out_blocked) tg_coap_enc_opt(enc, TG_OPT_REQUEST_TAG, tg_slice(bytes, sizeof bytes));
}

void tg_coap_request_put(const tg_coap_t *coap, const tg_coap_exchange_t *exchange, tg_buf_t *out) {
  tg_coap_enc_t enc;
  tg_slice_t part = part_of(exchange);
  tg_coap_head_t head = {.type = exchange->flight.is_confirmable ? TG_COAP_CON : TG_COAP_NON,
                         .code = exchange->method,
                         .mid = exchange->flight.mid,
                         .token = tg_slice(exchange->token, sizeof exchange->token)};
  tg_coap_enc_begin(&enc, out, &head);
  if (exchange->observe >= 0 && !exchange->asks_block)
    tg_coap_enc_uint(&enc, TG_OPT_OBSERVE, (uint32_t)exchange->observe);
  put_parts(&enc, TG_OPT_URI_PATH, path_of(exchange), '/');
  if (exchange->content_format != TG_CF_NONE && (part.len || !exchange->asks_block))
    tg_coap_enc_uint(&enc, TG_OPT_CONTENT_FORMAT, (uint32_t)exchange->content_format);
  put_parts(&enc, TG_OPT_URI_QUERY, query_of(exchange), '&');
  if (exchange->accept != TG_CF_NONE) tg_coap_enc_uint(&enc, TG_OPT_ACCEPT, (uint32_t)exchange->accept);
  put_block2(coap, exchange, &enc);
  if (exchange->is_out_blocked && !exchange->asks_block) put_block1(exchange, &enc);
  if (exchange->echo_len) tg_coap_enc_opt(&enc, TG_OPT_ECHO, echo_of(exchange));
  if (exchange->no_response) tg_coap_enc_uint(&enc, TG_OPT_NO_RESPONSE, exchange->no_response);
  put_tag(exchange, &enc);
  tg_coap_enc_payload(&enc, part);
}

tg_rc_t tg_coap_request_take_echo(tg_coap_exchange_t *exchange, tg_slice_t echo) {
  size_t len = kept_len(exchange);
  uint8_t *bigger = tg_alloc_resize(exchange->heap, len + echo.len, 1);
  if (!bigger) return TG_E_NOMEM;
  memcpy(bigger + len, echo.p, echo.len);
  exchange->heap = bigger;
  exchange->echo_len = (uint8_t)echo.len;
  return TG_OK;
}
