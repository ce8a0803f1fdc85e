/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_RESPONSE_H
#define TG_CORE_COAP_COAP_RESPONSE_H

/** The client role: what comes back for messages of ours. Private to core/coap. */

#include "core/coap/coap_engine.h"

/** An ACK: empty, or with the response in it. One that matches nothing is ignored. */
void tg_coap_response_on_ack(tg_coap_t *coap, const tg_coap_rx_t *rx);

/** An RST. One that matches nothing is ignored. */
void tg_coap_response_on_rst(tg_coap_t *coap, const tg_coap_rx_t *rx);

/** A response in a message of its own: separate, or a notification. A confirmable one that matches nothing is reset. */
void tg_coap_response_on_message(tg_coap_t *coap, tg_coap_rx_t *rx);

#endif
