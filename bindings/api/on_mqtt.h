/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_ON_MQTT_H
#define TG_BINDINGS_API_ON_MQTT_H

/** Messages of brokers on their way into scripts, and who has asked for which. */

#include "bindings/api/api_state.h"

/** Adds a subscription of @p sub->bundle (takes @p sub; fn is a registry reference) and tells the broker. @return tg_mqtt_subscribe()'s errors, with @p sub freed */
TG_MUST_CHECK tg_rc_t tg_on_mqtt_add(tg_mqtt_sub_t *sub);

/** Ends the subscriptions of @p bundle to @p filter at @p broker; the broker is told when nobody else wants it. */
void tg_on_mqtt_del(tg_bundle_t *bundle, size_t broker, tg_slice_t filter);

#endif
