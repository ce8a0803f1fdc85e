/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_MQTT_URI_H
#define TG_CORE_MQTT_URI_H

/** Where a broker is: `mqtt://host[:port]` or `mqtts://host[:port]`, as people write it and as paho wants it. */

#include "core/base/buf.h"
#include "core/base/diag.h"

/** Parts of a URI, lent from it. */
typedef struct tg_mqtt_uri {
  bool tls;
  tg_slice_t host; /* in brackets if it is an address of IPv6 */
  tg_slice_t port; /* with its colon; empty: the usual one */
} tg_mqtt_uri_t;

/** Reads @p text. TG_E_CONFIG with @p diag. */
TG_MUST_CHECK tg_rc_t tg_mqtt_uri_read(const char *text, tg_mqtt_uri_t *uri, tg_diag_t *diag);

/** Whether the host is an address, and no name that has to be looked up. */
bool tg_mqtt_uri_is_address(const tg_mqtt_uri_t *uri);

/** Writes what paho takes as a server. @return it, lent from @p out; NULL where it does not fit */
const char *tg_mqtt_uri_put(tg_buf_t *out, const tg_mqtt_uri_t *uri);

#endif
