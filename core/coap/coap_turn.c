/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/coap under coap_exchange.c: see coap_turn.h. A peer has few exchanges at a time, so its lists are simply walked. */

#include "core/coap/coap_turn.h"

#include "core/coap/coap_engine.h"

static tg_coap_exchange_t *at(const tg_coap_t *coap, uint32_t ref) {
  return ref ? tg_pool_at(&coap->exchanges.pool, ref - 1, NULL) : NULL;
}

/* Whoever lends a body has much of it: others of the same priority need not wait for all of that. */
static unsigned rank_of(const tg_coap_exchange_t *exchange) {
  return 2u * exchange->flight.priority + (exchange->lent ? 0 : 1);
}

/* Puts @p exchange into the list at @p head, behind @p after (NULL: in front). */
static void list_add(const tg_coap_t *coap, uint32_t *head, tg_coap_exchange_t *after, tg_coap_exchange_t *exchange) {
  uint32_t *slot = after ? &after->next_ref : head;
  exchange->prev_ref = after ? after->flight.ref : 0;
  exchange->next_ref = *slot;
  if (exchange->next_ref) at(coap, exchange->next_ref)->prev_ref = exchange->flight.ref;
  *slot = exchange->flight.ref;
}

void tg_coap_turn_leave(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_exchange_t *exchange) {
  if (exchange->prev_ref) at(coap, exchange->prev_ref)->next_ref = exchange->next_ref;
  else if (exchange->is_started) peer->running_ref = exchange->next_ref;
  else peer->waiting_ref = exchange->next_ref;
  if (exchange->next_ref) at(coap, exchange->next_ref)->prev_ref = exchange->prev_ref;
}

void tg_coap_turn_wait(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_exchange_t *exchange, bool is_first) {
  tg_coap_exchange_t *after = NULL, *next = at(coap, peer->waiting_ref);
  unsigned mine = rank_of(exchange);
  while (next && (rank_of(next) > mine || (!is_first && rank_of(next) == mine))) {
    after = next;
    next = at(coap, next->next_ref);
  }
  exchange->is_started = false;
  exchange->turn = coap->exchanges.next_turn++;
  list_add(coap, &peer->waiting_ref, after, exchange);
}

void tg_coap_turn_start(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_exchange_t *exchange) {
  tg_coap_turn_leave(coap, peer, exchange);
  exchange->is_started = true;
  list_add(coap, &peer->running_ref, NULL, exchange);
}

tg_coap_exchange_t *tg_coap_turn_next(const tg_coap_t *coap, const tg_coap_peer_t *peer) {
  tg_coap_exchange_t *next = at(coap, peer->waiting_ref);
  if (!next || peer->passed < TG_COAP_TURN_PASSES) return next;
  for (tg_coap_exchange_t *other = at(coap, next->next_ref); other; other = at(coap, other->next_ref)) {
    if ((int32_t)(other->turn - next->turn) < 0) next = other;
  }
  return next;
}

/* The list is in order: the last ones are the least urgent. */
static bool passes_any(const tg_coap_t *coap, const tg_coap_peer_t *peer, unsigned mine) {
  const tg_coap_exchange_t *other = at(coap, peer->waiting_ref);
  while (other && rank_of(other) > mine) other = at(coap, other->next_ref);
  return other != NULL;
}

void tg_coap_turn_note(const tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_exchange_t *exchange) {
  const tg_coap_exchange_t *next = at(coap, peer->waiting_ref);
  unsigned mine = rank_of(exchange);
  bool is_favour = next && rank_of(next) > mine;
  if (is_favour || !passes_any(coap, peer, mine)) peer->passed = 0;
  else if (peer->passed < TG_COAP_TURN_PASSES) peer->passed++;
}

bool tg_coap_turn_must_yield(const tg_coap_t *coap, const tg_coap_peer_t *peer, const tg_coap_exchange_t *exchange) {
  const tg_coap_exchange_t *next = at(coap, peer->waiting_ref);
  if (!next) return false;
  return rank_of(next) > rank_of(exchange) || peer->passed >= TG_COAP_TURN_PASSES;
}
