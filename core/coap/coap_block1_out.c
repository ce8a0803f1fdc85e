/* SPDX-License-Identifier: Apache-2.0 */
/* The sending side of Block1: next block, smaller blocks when the peer asks for them, a fresh start when it lost the others. */

#include "core/coap/coap_block1_out.h"

static bool is_last(const tg_coap_exchange_t *exchange) {
  return exchange->out_at + tg_coap_opts_block_size(exchange->out_szx) >= exchange->payload_len;
}

/* The peer has taken the block, whatever size it wants from now on: sizes divide each other. */
static tg_rc_t go_on(tg_coap_exchange_t *exchange, const tg_coap_block_t *block) {
  uint32_t num = (uint32_t)(exchange->out_at >> (exchange->out_szx + 4));
  if (is_last(exchange) || block->szx == 7 || block->num != num) return TG_E_SYNTAX;
  exchange->out_at += tg_coap_opts_block_size(exchange->out_szx);
  exchange->is_resuming = false;
  if (block->szx < exchange->out_szx) exchange->out_szx = block->szx;
  return TG_E_AGAIN;
}

static void begin_anew(tg_coap_exchange_t *exchange) {
  exchange->out_at = 0;
  exchange->is_anew = true;
  exchange->is_resuming = false;
}

static bool may_restart(tg_coap_exchange_t *exchange) {
  if (exchange->restarts >= TG_COAP_RESTARTS) return false;
  exchange->restarts++;
  begin_anew(exchange);
  return true;
}

/*
 * 4.08: what lies before the block is not there. From the beginning, then; but when the last block went out a second time because
 * nobody answered the first, the peer may well have taken the whole of it: that is for the asker to find out.
 */
static tg_rc_t restart(tg_coap_exchange_t *exchange) {
  if (exchange->out_at == 0 || (is_last(exchange) && (exchange->is_again || exchange->is_same))) return TG_OK;
  if (!exchange->is_resuming) return may_restart(exchange) ? TG_E_AGAIN : TG_OK;
  begin_anew(exchange);
  return TG_E_AGAIN;
}

/* 4.13 with a smaller Block1: as large as that, please (RFC 7959 §2.9.3). */
static tg_rc_t shrink(tg_coap_exchange_t *exchange, const tg_coap_block_t *block) {
  bool has_begun = exchange->out_at > 0 && !exchange->is_resuming;
  if (!block->is_there || block->szx >= exchange->out_szx || has_begun) return TG_OK;
  if (exchange->payload_len <= tg_coap_opts_block_size(block->szx) || !may_restart(exchange)) return TG_OK;
  exchange->out_szx = block->szx;
  exchange->is_out_blocked = true;
  return TG_E_AGAIN;
}

tg_rc_t tg_coap_block1_out(tg_coap_exchange_t *exchange, uint8_t code, const tg_coap_opts_t *opts) {
  const tg_coap_block_t *block = &opts->block1;
  if (code == TG_COAP_413) return shrink(exchange, block);
  if (!exchange->is_out_blocked) return code == TG_COAP_231 ? TG_E_SYNTAX : TG_OK;
  if (code == TG_COAP_231) return block->is_there ? go_on(exchange, block) : TG_E_SYNTAX;
  if (code == TG_COAP_408 || (code == TG_COAP_400 && exchange->is_resuming)) return restart(exchange);
  if (code >> 5 != 2 || is_last(exchange)) return TG_OK;
  /* A success in the middle: the peer acts on each block by itself and wants the others too (RFC 7959 §2.3). */
  return block->is_there ? go_on(exchange, block) : TG_E_SYNTAX;
}
