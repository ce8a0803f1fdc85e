/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_INGRESS_H
#define TG_CORE_COAP_COAP_INGRESS_H

/** Where every datagram enters. Private to core/coap. */

#include "core/coap/coap.h"

/** Seam of links: a datagram (link.h, rx). @p ud is the engine. */
void tg_coap_ingress_rx(void *ud, tg_link_t *link, const tg_addr_t *from, tg_slice_t datagram);

#endif
