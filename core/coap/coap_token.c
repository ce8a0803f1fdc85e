/* SPDX-License-Identifier: Apache-2.0 */
/* Which exchange a token belongs to. Called by coap_exchange.c, which gives tokens, and coap_response.c, which looks them up. */

#include "core/coap/coap_token.h"

#include "core/coap/coap_engine.h"

/* Our tokens are random: their own bytes are the hash. */
static uint32_t hash_of(const uint8_t *token) {
  uint32_t hash;
  memcpy(&hash, token, sizeof hash);
  return hash;
}

static bool has_token(const void *table, uint32_t slot, const void *key) {
  const tg_coap_exchange_t *exchange = tg_pool_at(table, slot, NULL);
  return memcmp(exchange->token, key, TG_COAP_TOKEN) == 0;
}

tg_coap_exchange_t *tg_coap_token_find(const tg_coap_t *coap, tg_slice_t token) {
  if (token.len != TG_COAP_TOKEN) return NULL;
  const tg_pool_t *pool = &coap->exchanges.pool;
  tg_hidx_query_t query = {.hash = hash_of(token.p), .eq = has_token, .table = pool, .key = token.p};
  uint32_t slot;
  return tg_hidx_find(&coap->exchanges.tokens, &query, &slot) ? tg_pool_at(pool, slot, NULL) : NULL;
}

tg_rc_t tg_coap_token_add(tg_coap_t *coap, tg_coap_exchange_t *exchange) {
  tg_rc_t rc = tg_hidx_add(&coap->exchanges.tokens, hash_of(exchange->token), exchange->flight.ref - 1);
  exchange->has_token = rc == TG_OK;
  return rc;
}

void tg_coap_token_del(tg_coap_t *coap, tg_coap_exchange_t *exchange) {
  if (!exchange->has_token) return;
  tg_hidx_del(&coap->exchanges.tokens, hash_of(exchange->token), exchange->flight.ref - 1);
  exchange->has_token = false;
}

void tg_coap_token_draw(tg_coap_t *coap, tg_coap_exchange_t *exchange) {
  tg_slice_t token = tg_slice(exchange->token, TG_COAP_TOKEN);
  do {
    tg_coap_engine_random(coap, exchange->token, TG_COAP_TOKEN);
  } while (tg_coap_token_find(coap, token) || tg_coap_observe_find(coap, token));
}
