/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_MQTT_SUBSCRIBE_H
#define TG_CORE_MQTT_SUBSCRIBE_H

/** The filters one broker is asked for: kept here, so that every connect can ask again. */

#include "core/base/rc.h"
#include "core/base/slice.h"
#include "core/mqtt/mqtt_conn.h"

/** Filters a broker may have. */
#define TG_MQTT_FILTERS_MAX 256

typedef struct tg_mqtt_filter tg_mqtt_filter_t;

/** Caller's memory, `{0}` to begin; private members. */
typedef struct tg_mqtt_subs {
  tg_mqtt_filter_t *items;
  size_t count;
} tg_mqtt_subs_t;

/** Frees the filters. */
void tg_mqtt_subscribe_fini(tg_mqtt_subs_t *subs);

/** Adds @p filter or changes its QoS; asks the broker when @p conn is not NULL. TG_E_ARG, TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_mqtt_subscribe_add(tg_mqtt_subs_t *subs, tg_slice_t filter, uint8_t qos, tg_mqtt_conn_t *conn);

/** Removes @p filter; tells the broker when @p conn is not NULL. */
void tg_mqtt_subscribe_del(tg_mqtt_subs_t *subs, tg_slice_t filter, tg_mqtt_conn_t *conn);

/** Asks for all of them: a connection is new. */
void tg_mqtt_subscribe_ask(const tg_mqtt_subs_t *subs, tg_mqtt_conn_t *conn);

#endif
