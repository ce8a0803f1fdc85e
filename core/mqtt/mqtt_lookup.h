/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_MQTT_LOOKUP_H
#define TG_CORE_MQTT_LOOKUP_H

/**
 * The address of a broker's name, looked up on a thread of its own. paho would do it with a lock held that all its connections share, and whoever sends over
 * another one, such as the loop, would wait as long as the DNS does (docs/adr/0023). Inner header of
 * mqtt_conn.c.
 */

#include "core/mqtt/mqtt_ring.h"

typedef struct tg_mqtt_lookup tg_mqtt_lookup_t;

/** Begins to look up @p host for broker number @p broker: FOUND or REFUSED follows in @p ring (kept until the end). NULL without memory or threads. */
tg_mqtt_lookup_t *tg_mqtt_lookup_begin(const char *host, size_t broker, tg_mqtt_ring_t *ring);

/** Nothing follows any more; a thread that waits for the DNS ends by itself. NULL is allowed. Takes @p lookup. */
void tg_mqtt_lookup_end(tg_mqtt_lookup_t *lookup);

#endif
