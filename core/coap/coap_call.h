/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_CALL_H
#define TG_CORE_COAP_COAP_CALL_H

/** From tg_coap_call_t to an exchange. Private to core/coap. */

#include "core/coap/coap_exchange.h"

/** Whether @p call can be meant: TG_E_ARG where not; TG_E_EXISTS when its token is in use. */
TG_MUST_CHECK tg_rc_t tg_coap_call_check(const tg_coap_t *coap, const tg_coap_call_t *call);

/** Makes the exchange of @p call with its token; it is in no list yet and its flight has no ops. TG_E_GONE, TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_coap_call_make(tg_coap_t *coap, const tg_coap_call_t *call, tg_coap_exchange_t **made,
                                        tg_id_t *id);

#endif
