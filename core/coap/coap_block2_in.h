/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_BLOCK2_IN_H
#define TG_CORE_COAP_COAP_BLOCK2_IN_H

/** Answers that come in blocks (RFC 7959 §2.4). Private to core/coap. */

#include "core/coap/coap_exchange.h"

/**
 * Takes a response with a Block2 option, or any response once a later block was asked for.
 * @return TG_OK: complete, the body is in exchange->body or, without one, the payload is all; TG_E_AGAIN: @p exchange is set to
 *         its next block, which is to be sent; TG_E_SYNTAX for a block that doesn't fit; TG_E_TOO_LONG, TG_E_FULL, TG_E_NOMEM
 */
TG_MUST_CHECK tg_rc_t tg_coap_block2_in(tg_coap_t *coap, tg_coap_exchange_t *exchange, const tg_coap_msg_t *msg,
                                        const tg_coap_opts_t *opts);

/** A body that begins with the first block of a notification, in @p msg; NULL over a cap or when it is not a first block. */
tg_coap_body_t *tg_coap_block2_in_begin(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_msg_t *msg,
                                        const tg_coap_opts_t *opts);

#endif
