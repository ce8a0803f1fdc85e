/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_ECHO_H
#define TG_CORE_COAP_COAP_ECHO_H

/** Whether an address is really that of the one who asks (RFC 9175 §2.4): our Echo values, what an unproved address may get. Private to core/coap. */

#include "core/coap/coap_egress.h"
#include "core/coap/coap_engine.h"

/** Notes that the peer of @p rx is proved when its request carries an Echo of ours that is fresh. */
void tg_coap_echo_check(const tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts);

/** Whether an answer of @p bytes is more than the peer of @p rx may get before it has proved its address. */
bool tg_coap_echo_is_over(const tg_coap_t *coap, const tg_coap_rx_t *rx, size_t bytes);

/** Makes @p answer a 4.01 with an Echo for the peer of @p rx, lent by the engine until the next call. */
void tg_coap_echo_challenge(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_answer_t *answer);

#endif
