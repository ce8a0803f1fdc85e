/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_REST_H
#define TG_CORE_COAP_COAP_REST_H

/** The rest of a notification that came with its first block only (RFC 7959 §2.6), and its ACK, which waits for that. Private to core/coap; see docs/adr/0020. */

#include "core/coap/coap_engine.h"

/** Begins to fetch what is missing of the message in @p rx, a notification of @p observed; what is fetched for an older one ends. notify() is told of the end, or of the reason why it can't begin; then the message is acknowledged, unless it is to come again. */
void tg_coap_rest_begin(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_observed_t *observed,
                        const tg_coap_opts_t *opts);

/** The message in @p rx of @p observed has come before. @return whether it waits for its rest: nothing else is to be done. A sender that gets impatient has its ACK early. */
bool tg_coap_rest_again(tg_coap_t *coap, const tg_coap_rx_t *rx, tg_coap_observed_t *observed);

/** Ends what is fetched for @p observed, if anything is, and tells nobody. What waited for it has no ACK: a newer one stands in its place, or nobody wants it. */
void tg_coap_rest_drop(tg_coap_t *coap, tg_coap_observed_t *observed);

#endif
