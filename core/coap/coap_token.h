/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_TOKEN_H
#define TG_CORE_COAP_COAP_TOKEN_H

/** Tokens of our requests: random, unique, found in O(1) (security.md 2.4). Private to core/coap. */

#include "core/coap/coap_exchange.h"

/** The exchange that waits for @p token, or NULL. */
tg_coap_exchange_t *tg_coap_token_find(const tg_coap_t *coap, tg_slice_t token);

/** Gives @p exchange a token that no exchange and no observation has. */
void tg_coap_token_draw(tg_coap_t *coap, tg_coap_exchange_t *exchange);

/** Makes @p exchange be found by its token. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_coap_token_add(tg_coap_t *coap, tg_coap_exchange_t *exchange);

/** Takes that back, if it was done. */
void tg_coap_token_del(tg_coap_t *coap, tg_coap_exchange_t *exchange);

#endif
