/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_BLOCK2_OUT_H
#define TG_CORE_COAP_COAP_BLOCK2_OUT_H

/** Replies of ours that go out in blocks (RFC 7959 §2.4). Private to core/coap. */

#include "core/coap/coap_egress.h"
#include "core/coap/coap_engine.h"

/** Answers a request for a later block from the body kept. @return false when it isn't kept (any more) */
bool tg_coap_block2_out_serve(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts,
                              tg_coap_answer_t *answer);

/** Under what name the answers to request @p msg are kept; @p in_blocks: its body came in blocks. */
tg_coap_body_name_t tg_coap_block2_out_name(const tg_coap_t *coap, const tg_coap_msg_t *msg, bool in_blocks);

/**
 * Cuts the first block out of a notification, in blocks not above answer->block2.szx; the whole is kept under @p name for the rest.
 * TG_E_FULL, TG_E_TOO_LONG, TG_E_NOMEM.
 */
TG_MUST_CHECK tg_rc_t tg_coap_block2_out_notify(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_body_name_t *name,
                                                tg_coap_answer_t *answer);

/** Cuts the block asked for out of @p answer's payload; a body with blocks to come is kept for them. */
void tg_coap_block2_out_cut(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_opts_t *opts,
                            tg_coap_answer_t *answer);

#endif
