/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_RATE_H
#define TG_CORE_COAP_COAP_RATE_H

/**
 * How many requests a peer may send: so many a second, in bursts of two seconds' worth (security.md §6). What is over is dropped
 * without an answer, as an address that nobody vouches for may be another's, and is not remembered: a confirmable one comes again
 * after two seconds or more (ACK_TIMEOUT, RFC 7252 §4.8), when the bucket of a peer that waited is full. Requests to the `urgent`
 * path (registrations) still go when others are dropped, half a second's worth and one. Not counted are duplicates, answers,
 * notifications, and blocks behind the first of a body, as long as anything is kept for the peer: a registration, an observation, a
 * body of which it has sent the beginning. Links that report what becomes of datagrams have a limit of their own and are left out.
 * Private to core/coap.
 */

#include "core/coap/coap_engine.h"

/** What a request on @p link takes of its peer's bucket, with @p per_second of them allowed; 0: nothing. */
uint32_t tg_coap_rate_step(const tg_link_t *link, uint32_t per_second);

/** Takes the request in @p rx, whose peer is known, from its peer's bucket. @return whether it may be served */
bool tg_coap_rate_admits(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts);

#endif
