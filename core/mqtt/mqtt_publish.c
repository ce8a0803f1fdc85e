/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages into the outbox, and the outbox towards the brokers once they are committed. Messages are never handed to paho
 * directly: one way in, one order out.
 *
 * Path: bindings/api/mod_mqtt.c -> core/mqtt/mqtt_publish.c -> core/store/store_outbox.c
 */

#include "core/base/clock.h"
#include "core/mqtt/mqtt_broker.h"
#include "core/mqtt/topic.h"

#define PAYLOAD_MAX (2u << 20) /* more than the longest text of a report, escaped (server.h) */

static void pump_soon(tg_mqtt_t *mqtt) {
  if (!tg_timer_active(&mqtt->again)) tg_wheel_add(tg_loop_wheel(mqtt->loop), &mqtt->again, tg_loop_now(mqtt->loop));
}

tg_rc_t tg_mqtt_publish(tg_mqtt_t *mqtt, const tg_mqtt_publish_t *message) {
  if (message->broker >= mqtt->broker_count || message->qos > 2) return TG_E_ARG;
  if (message->payload.len > PAYLOAD_MAX) return TG_E_TOO_LONG;
  tg_rc_t rc = tg_topic_check(message->topic);
  if (rc != TG_OK) return rc;

  const tg_outbox_entry_t entry = {
      .seq = message->seq ? message->seq : tg_store_outbox_next_seq(mqtt->store),
      .broker = mqtt->brokers[message->broker].key,
      .qos = message->qos,
      .retain = message->retain,
      .durable = message->durable && message->qos > 0,
      .shed_class = message->shed_class,
      .time_ms = tg_clock_wall_ms(),
      .topic = message->topic,
      .payload = message->payload,
  };
  rc = tg_store_outbox_add(mqtt->store, &entry);
  if (rc == TG_OK) mqtt->brokers[message->broker].last_seq = entry.seq;
  /* Published outside of a turn's events, say at start: a timer that is due makes a turn, and its end closes the ticket. */
  if (rc == TG_OK) pump_soon(mqtt);
  return rc;
}

uint64_t tg_mqtt_backlog(const tg_mqtt_t *mqtt) {
  uint64_t most = 0;
  for (size_t i = 0; i < mqtt->broker_count; i++) {
    const tg_mqtt_broker_t *broker = &mqtt->brokers[i];
    if (!broker->connected || broker->last_seq <= broker->drain.after) continue;
    uint64_t behind = broker->last_seq - broker->drain.after;
    if (behind > most) most = behind;
  }
  return most;
}

void tg_mqtt_pump(tg_mqtt_t *mqtt) {
  bool more = false;
  for (size_t i = 0; i < mqtt->broker_count; i++) more |= tg_mqtt_drain_pump(&mqtt->brokers[i].drain);
  if (more) pump_soon(mqtt);
}
