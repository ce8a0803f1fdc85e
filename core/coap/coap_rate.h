/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_RATE_H
#define TG_CORE_COAP_COAP_RATE_H

/**
 * How many requests a peer may send: so many a second, in bursts of two seconds' worth (security.md §6). What is over is dropped
 * without an answer, as an address that nobody vouches for may be another's, and is not remembered: a confirmable one comes again
 * after two seconds or more (ACK_TIMEOUT, RFC 7252 §4.8), when the bucket of a peer that waited is full. Requests to the `urgent`
 * path (registrations) still go when others are dropped, half a second's worth and one. Not counted are duplicates, answers,
 * notifications, and blocks behind the first of a body, as long as anything is kept for the peer: a registration, an observation, a
 * body of which it has sent the beginning; nor blocks of what is lent (images), which only those find who were told where. Links that report what becomes of datagrams have a limit of their own and are left out.
 * Private to core/coap.
 */

#include "core/coap/coap_engine.h"

/** Sixteenths of milliseconds: what a bucket holds, and what it holds beyond for what is urgent. */
enum {
  TG_COAP_RATE_SECOND = 16000,
  TG_COAP_RATE_FULL = 2 * TG_COAP_RATE_SECOND,
  TG_COAP_RATE_KEPT = TG_COAP_RATE_SECOND / 2
};

/** What a request on @p link takes of its peer's bucket, with @p per_second of them allowed; 0: nothing. */
uint32_t tg_coap_rate_step(const tg_link_t *link, uint32_t per_second);

/** Whether the request in @p rx may be served although its peer's bucket is @p ahead of the time, and so empty. If not, it is counted. */
bool tg_coap_rate_is_urgent(tg_coap_t *coap, const tg_coap_rx_t *rx, uint32_t ahead);

/**
 * Takes the request in @p rx, whose peer is known, from its peer's bucket. A bucket is one number, the time at which it will be full
 * again; each request moves it by one step. Here, as every request passes.
 * @return whether it may be served
 */
static inline bool tg_coap_rate_admits(tg_coap_t *coap, tg_coap_rx_t *rx, const tg_coap_opts_t *opts) {
  uint32_t step = coap->bearers[rx->bearer].rate_step;
  tg_coap_peer_t *peer = rx->peer;
  bool is_later = (opts->block1.is_there && opts->block1.num > 0) || (opts->block2.is_there && opts->block2.num > 0);
  if (step == 0 || (is_later && peer->pins)) return true;
  uint32_t now = (uint32_t)tg_coap_engine_now(coap) * (TG_COAP_RATE_SECOND / 1000);
  uint32_t ahead = peer->rate_until - now;
  if (ahead > TG_COAP_RATE_FULL + TG_COAP_RATE_KEPT + step) ahead = 0; /* none is that empty: the time has passed */
  if (TG_UNLIKELY(ahead + step > TG_COAP_RATE_FULL) && !tg_coap_rate_is_urgent(coap, rx, ahead)) return false;
  peer->rate_until = now + ahead + step;
  rx->is_counted = true;
  return true;
}

/** The request in @p rx turned out to be one that does not count. */
static inline void tg_coap_rate_give_back(const tg_coap_t *coap, const tg_coap_rx_t *rx) {
  if (rx->is_counted) rx->peer->rate_until -= coap->bearers[rx->bearer].rate_step;
}

#endif
