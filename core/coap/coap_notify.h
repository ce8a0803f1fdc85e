/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_NOTIFY_H
#define TG_CORE_COAP_COAP_NOTIFY_H

/** Notifications to notify(): fresh ones, complete. Private to core/coap. */

#include "core/coap/coap_engine.h"

/** Takes the message in @p rx, whose token is that of @p observed. @return false when its sender may not use that token */
bool tg_coap_notify(tg_coap_t *coap, tg_coap_rx_t *rx, tg_coap_observed_t *observed);

#endif
