/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_NOTIFY_H
#define TG_CORE_COAP_COAP_NOTIFY_H

/** Notifications to notify(): fresh ones, complete. Private to core/coap. */

#include "core/coap/coap_engine.h"

/** Takes the message in @p rx, whose token is that of @p observed. @return false when its sender may not use that token */
bool tg_coap_notify(tg_coap_t *coap, tg_coap_rx_t *rx, tg_coap_observed_t *observed);

/** The ACK of a confirmable message with values, when the handler has said in @p reply what it wants: at once, held, or none. @p note: what it was. */
void tg_coap_notify_settle(tg_coap_t *coap, const tg_coap_rx_t *rx, const tg_coap_held_note_t *note,
                           const tg_coap_reply_t *reply);

#endif
