/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_BLOCK1_OUT_H
#define TG_CORE_COAP_COAP_BLOCK1_OUT_H

/** Request bodies of ours in blocks: what the answer to one block means (RFC 7959 §2.3, §2.5). Private to core/coap. */

#include "core/coap/coap_exchange.h"

/**
 * Takes the answer to the request message in flight.
 * @return TG_OK: the answer is the final one; TG_E_AGAIN: @p exchange is set to its next block, which is to be sent; else why it failed
 */
TG_MUST_CHECK tg_rc_t tg_coap_block1_out(tg_coap_exchange_t *exchange, uint8_t code, const tg_coap_opts_t *opts);

#endif
