/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_REQUEST_H
#define TG_CORE_COAP_COAP_REQUEST_H

/** Writes the message of a request of ours: options from path, query and formats, the block that is its turn. Private to core/coap. */

#include "core/coap/coap_exchange.h"

/** Writes the current message of @p exchange at the end of @p out. */
void tg_coap_request_put(const tg_coap_t *coap, const tg_coap_exchange_t *exchange, tg_buf_t *out);

/** The whole body of @p exchange; lent as long as it is there and no Echo is taken. */
tg_slice_t tg_coap_request_payload(const tg_coap_exchange_t *exchange);

/** Whether every part of path and query fits into an option (at most 255 bytes, RFC 7252 §5.10) and the whole into a message. */
bool tg_coap_request_fits(tg_slice_t path, tg_slice_t query);

/** Keeps @p echo (copied): the next messages of @p exchange carry it. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_coap_request_take_echo(tg_coap_exchange_t *exchange, tg_slice_t echo);

#endif
