/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_MQTT_BROKER_H
#define TG_CORE_MQTT_BROKER_H

/** Private to core/mqtt: the state of the component and of each broker, shared by mqtt.c and mqtt_publish.c. */

#include "core/base/log.h"
#include "core/mqtt/mqtt_drain.h"
#include "core/mqtt/mqtt_subscribe.h"

/** One broker. */
typedef struct tg_mqtt_broker {
  tg_mqtt_t *owner;
  tg_mqtt_conn_t *conn;
  char *name;
  size_t index;
  uint32_t
      key; /* the broker's number in the outbox: CRC of its name, so that a reordered configuration finds its messages */
  uint32_t window;
  bool connected;
  uint32_t backoff_ms;
  uint32_t backoff_min_ms;
  uint32_t backoff_max_ms;
  tg_timer_t retry;
  tg_mqtt_subs_t subs;
  tg_mqtt_drain_t drain;
  uint64_t last_seq; /* of the messages for it */
  uint64_t refused;
  uint64_t received;
  uint64_t connects;
  tg_log_limit_t log_limit;
} tg_mqtt_broker_t;

struct tg_mqtt {
  tg_loop_t *loop;
  tg_store_t *store;
  tg_mqtt_ring_t *ring;
  tg_mqtt_message_fn on_message;
  tg_mqtt_state_fn on_state;
  void *ud;
  size_t broker_count;
  tg_mqtt_broker_t brokers[TG_MQTT_BROKERS_MAX];
  tg_timer_t again; /* a pump that found more to do goes on next turn */
};

#endif
