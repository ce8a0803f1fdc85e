/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_TURN_H
#define TG_CORE_COAP_COAP_TURN_H

/**
 * Whose turn it is at a peer: the two lists of its exchanges, those that wait behind NSTART in their order and those that have started
 * (RFC 7252 §4.7). By priority, then a lent body behind the rest of its priority, then by age; but each time TG_COAP_TURN_PASSES messages
 * have passed something that waits, what has waited longest goes, so that nothing starves. Private to core/coap.
 */

#include "core/coap/coap_exchange.h"

enum { TG_COAP_TURN_PASSES = 8 };

/** Puts @p exchange, in no list, among those that wait; @p is_first: before those of its rank. */
void tg_coap_turn_wait(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_exchange_t *exchange, bool is_first);

/** Moves @p exchange from those that wait to those that have started. */
void tg_coap_turn_start(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_exchange_t *exchange);

/** Takes @p exchange out of the list it is in. */
void tg_coap_turn_leave(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_exchange_t *exchange);

/** The one that waits and is to go next, or NULL. */
tg_coap_exchange_t *tg_coap_turn_next(const tg_coap_t *coap, const tg_coap_peer_t *peer);

/** A message of @p exchange, which has started, goes out: it passes what waits and is not more urgent. */
void tg_coap_turn_note(const tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_exchange_t *exchange);

/** Whether @p exchange, which has started and has more to send, is to let another one pass first. */
bool tg_coap_turn_must_yield(const tg_coap_t *coap, const tg_coap_peer_t *peer, const tg_coap_exchange_t *exchange);

#endif
