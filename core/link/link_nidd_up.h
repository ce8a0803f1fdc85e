/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_NIDD_UP_H
#define TG_CORE_LINK_LINK_NIDD_UP_H

/** Notifications of the SCEF: uplink data, news of deliveries and configurations. */

#include "core/http/http_server.h"

/** The HTTP server's handler (tg_http_handler_fn); @p ud is the tg_link_nidd_t. */
void tg_link_nidd_up_on_call(void *ud, const tg_http_call_t *call, tg_http_reply_t *reply);

#endif
