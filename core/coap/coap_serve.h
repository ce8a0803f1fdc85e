/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_SERVE_H
#define TG_CORE_COAP_COAP_SERVE_H

/** The server role: a request to the handler, its reply to the peer. Private to core/coap. */

#include "core/coap/coap_engine.h"

/** Answers the request in @p rx, whatever it takes: from memory for a duplicate, by block-wise transfer, by the handler. */
void tg_coap_serve(tg_coap_t *coap, tg_coap_rx_t *rx);

/** Answers a confirmable message with @p code alone; nothing is remembered. */
void tg_coap_serve_refusal(tg_coap_t *coap, const tg_coap_rx_t *rx, uint8_t code);

#endif
