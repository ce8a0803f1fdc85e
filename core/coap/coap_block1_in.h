/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_BLOCK1_IN_H
#define TG_CORE_COAP_COAP_BLOCK1_IN_H

/** Request bodies that come in blocks (RFC 7959 §2.5). Private to core/coap. */

#include "core/coap/coap_egress.h"
#include "core/coap/coap_engine.h"

/**
 * Takes the block that @p rx carries.
 * @param opts    with a Block1 option
 * @param answer  gets the Block1 option of the answer; when the body is not complete, all of the answer
 * @param body    set when the body is complete: its bytes are the request's; the caller frees it. NULL when one block was all of it
 * @return whether the request is complete
 */
bool tg_coap_block1_in(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts, tg_coap_answer_t *answer,
                       tg_coap_body_t **body);

#endif
