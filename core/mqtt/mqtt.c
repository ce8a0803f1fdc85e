/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brokers: what they are called, when they are connected, which timer brings them back. What paho's threads tell arrives in
 * on_note() on the loop's thread. See mqtt.h.
 *
 * Path: the broker -> core/mqtt/mqtt.c -> bindings/api/on_mqtt.c
 */

#include "core/mqtt/mqtt.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/base/random.h"
#include "core/mqtt/mqtt_broker.h"

enum { GIVEN_UP_MS = 120000 };

static void schedule_connect(tg_mqtt_broker_t *broker) {
  uint32_t random;
  tg_random_fill(NULL, &random, sizeof random);
  /* Full jitter: after a broker's restart a fleet of gateways must not come back as one wave. */
  uint32_t span = broker->backoff_ms - broker->backoff_min_ms + 1;
  uint64_t due = tg_loop_now(broker->owner->loop) + broker->backoff_min_ms + random % span;
  tg_wheel_add(tg_loop_wheel(broker->owner->loop), &broker->retry, due);
  broker->backoff_ms =
      broker->backoff_ms > broker->backoff_max_ms / 2 ? broker->backoff_max_ms : broker->backoff_ms * 2;
}

/* What becomes of it is told, long before GIVEN_UP_MS; where it is not, for want of memory say, it is tried again. */
static void connect_now(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_mqtt_broker_t *broker = ud;
  if (tg_mqtt_conn_open(broker->conn) != TG_OK) {
    schedule_connect(broker);
    return;
  }
  tg_loop_t *loop = broker->owner->loop;
  tg_wheel_add(tg_loop_wheel(loop), &broker->retry, tg_loop_now(loop) + GIVEN_UP_MS);
}

static void tell_state(tg_mqtt_broker_t *broker, bool connected, const char *why) {
  tg_mqtt_t *mqtt = broker->owner;
  if (mqtt->on_state) mqtt->on_state(mqtt->ud, broker->index, connected, why);
}

static void on_up(tg_mqtt_broker_t *broker, const tg_mqtt_event_t *event) {
  uint32_t receive_maximum = (uint32_t)event->value;
  tg_wheel_del(tg_loop_wheel(broker->owner->loop), &broker->retry);
  broker->connected = true;
  broker->connects++;
  broker->backoff_ms = broker->backoff_min_ms;
  uint32_t window = receive_maximum && receive_maximum < broker->window ? receive_maximum : broker->window;
  tg_log("mqtt", TG_LOG_INFO, "connected broker=%s window=%u", broker->name, window);
  tg_mqtt_conn_send_birth(broker->conn);
  tg_mqtt_subscribe_ask(&broker->subs, broker->conn);
  tg_mqtt_drain_up(&broker->drain, broker->conn, window);
  tg_mqtt_drain_limit(&broker->drain, event->packet_max);
  tell_state(broker, true, "connected");
}

static void on_down(tg_mqtt_broker_t *broker, tg_slice_t reason) {
  char why[200];
  tg_log_text(reason, why, sizeof why);
  if (tg_log_allow(&broker->log_limit, tg_loop_now(broker->owner->loop), 6)) {
    char quoted[sizeof why + 3];
    tg_log("mqtt", TG_LOG_WARN, "%s broker=%s why=%s", broker->connected ? "connection_lost" : "connect_refused",
           broker->name, tg_log_quote(tg_slice_str(why), quoted, sizeof quoted));
  }
  tg_mqtt_drain_down(&broker->drain);
  bool was_connected = broker->connected;
  broker->connected = false;
  schedule_connect(broker);
  if (was_connected) tell_state(broker, false, why);
}

/* MQTT 5: the broker answered a message with an error. Sending it again would be answered the same, and it would block all behind it. */
static void on_denied(tg_mqtt_broker_t *broker, const tg_mqtt_event_t *event) {
  char why[200];
  if (tg_log_allow(&broker->log_limit, tg_loop_now(broker->owner->loop), 6)) {
    tg_log("mqtt", TG_LOG_ERROR, "message_refused broker=%s why=%s", broker->name,
           tg_log_quote(event->topic, why, sizeof why));
  }
  broker->refused++;
  tg_mqtt_drain_taken(&broker->drain, event->value);
}

static void on_message(tg_mqtt_broker_t *broker, const tg_mqtt_event_t *event) {
  broker->received++;
  tg_mqtt_t *mqtt = broker->owner;
  const tg_mqtt_incoming_t message = {.broker = broker->index,
                                      .topic = event->topic,
                                      .payload = event->payload,
                                      .qos = event->qos,
                                      .retained = event->retained};
  if (mqtt->on_message) mqtt->on_message(mqtt->ud, &message);
}

static void pump_again(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_mqtt_pump(ud);
}

static void on_note(void *ud, const tg_mqtt_event_t *event) {
  tg_mqtt_t *mqtt = ud;
  tg_mqtt_broker_t *broker = &mqtt->brokers[event->broker];
  switch (event->kind) {
  case TG_MQTT_FOUND:
    if (tg_mqtt_conn_found(broker->conn, event->topic) != TG_OK) schedule_connect(broker);
    break;
  case TG_MQTT_UP: on_up(broker, event); break;
  case TG_MQTT_DOWN:
    if (broker->connected) on_down(broker, event->topic); /* it may be told twice */
    break;
  case TG_MQTT_REFUSED: on_down(broker, event->topic); break;
  case TG_MQTT_TAKEN: tg_mqtt_drain_taken(&broker->drain, event->value); break;
  case TG_MQTT_WRITTEN: tg_mqtt_drain_written(&broker->drain); break;
  case TG_MQTT_DENIED: on_denied(broker, event); break;
  case TG_MQTT_LOST: break; /* it is still in the outbox; the next connection begins there */
  case TG_MQTT_MESSAGE: on_message(broker, event); break;
  }
  if (event->kind != TG_MQTT_MESSAGE) (void)tg_mqtt_drain_pump(&broker->drain);
}

static tg_rc_t check_broker(const tg_mqtt_config_t *config, size_t at, tg_diag_t *diag) {
  const char *name = config->brokers[at].name;
  if (!name || !name[0]) {
    tg_diag_set(diag, NULL, 0, "broker %zu has no name", at + 1);
    return TG_E_CONFIG;
  }
  for (size_t i = 0; i < at; i++) {
    if (strcmp(config->brokers[i].name, name) == 0) {
      tg_diag_set(diag, NULL, 0, "two brokers are called \"%.64s\"", name);
      return TG_E_CONFIG;
    }
  }
  return TG_OK;
}

static tg_rc_t open_broker(tg_mqtt_t *mqtt, const tg_mqtt_broker_config_t *config, tg_diag_t *diag) {
  tg_mqtt_broker_t *broker = &mqtt->brokers[mqtt->broker_count];
  broker->owner = mqtt;
  broker->index = mqtt->broker_count;
  broker->window = config->inflight && config->inflight < TG_MQTT_WINDOW_MAX ? config->inflight : TG_MQTT_WINDOW_MAX;
  broker->backoff_min_ms = config->reconnect_min_ms ? config->reconnect_min_ms : 500;
  broker->backoff_max_ms = config->reconnect_max_ms ? config->reconnect_max_ms : 30000;
  if (broker->backoff_max_ms < broker->backoff_min_ms) broker->backoff_max_ms = broker->backoff_min_ms;
  broker->backoff_ms = broker->backoff_min_ms;
  broker->retry.fn = connect_now;
  broker->retry.ud = broker;
  broker->name = tg_alloc_str(tg_slice_str(config->name));
  broker->key = tg_hash_crc32(0, tg_slice_str(config->name));
  tg_mqtt_drain_init(&broker->drain, mqtt->store, broker->key);
  mqtt->broker_count++;
  if (!broker->name) return TG_E_NOMEM;

  char client_id[64];
  tg_mqtt_broker_config_t named = *config;
  if (!named.client_id || !named.client_id[0]) {
    snprintf(client_id, sizeof client_id, "tidegate-%s", tg_store_gateway_id(mqtt->store));
    named.client_id = client_id;
  }
  tg_rc_t rc = tg_mqtt_conn_new(&named, broker->index, mqtt->ring, diag, &broker->conn);
  if (rc == TG_OK) connect_now(&broker->retry, broker);
  return rc;
}

tg_rc_t tg_mqtt_new(const tg_mqtt_config_t *config, tg_diag_t *diag, tg_mqtt_t **out) {
  if (config->broker_count > TG_MQTT_BROKERS_MAX) {
    tg_diag_set(diag, NULL, 0, "%zu brokers; at most %d", config->broker_count, TG_MQTT_BROKERS_MAX);
    return TG_E_CONFIG;
  }
  tg_mqtt_t *mqtt = tg_alloc_array(1, sizeof *mqtt);
  if (!mqtt) return TG_E_NOMEM;
  mqtt->loop = config->loop;
  mqtt->store = config->store;
  mqtt->on_message = config->on_message;
  mqtt->on_state = config->on_state;
  mqtt->ud = config->ud;
  mqtt->again.fn = pump_again;
  mqtt->again.ud = mqtt;
  mqtt->ring = tg_mqtt_ring_new(config->loop, on_note, mqtt);
  tg_rc_t rc = mqtt->ring ? TG_OK : TG_E_NOMEM;
  for (size_t i = 0; i < config->broker_count && rc == TG_OK; i++) {
    rc = check_broker(config, i, diag);
    if (rc == TG_OK) rc = open_broker(mqtt, &config->brokers[i], diag);
  }
  if (rc != TG_OK) {
    tg_mqtt_free(mqtt);
    return rc;
  }
  *out = mqtt;
  return TG_OK;
}

void tg_mqtt_free(tg_mqtt_t *mqtt) {
  if (!mqtt) return;
  tg_wheel_del(tg_loop_wheel(mqtt->loop), &mqtt->again);
  for (size_t i = 0; i < mqtt->broker_count; i++) {
    tg_mqtt_broker_t *broker = &mqtt->brokers[i];
    tg_wheel_del(tg_loop_wheel(mqtt->loop), &broker->retry);
    tg_mqtt_conn_free(broker->conn);
    tg_mqtt_subscribe_fini(&broker->subs);
    tg_mqtt_drain_fini(&broker->drain);
    tg_alloc_free(broker->name);
  }
  tg_mqtt_ring_free(mqtt->ring);
  tg_alloc_free(mqtt);
}

const char *tg_mqtt_broker_name(const tg_mqtt_t *mqtt, size_t broker) {
  return broker < mqtt->broker_count ? mqtt->brokers[broker].name : "";
}

tg_rc_t tg_mqtt_broker(const tg_mqtt_t *mqtt, tg_slice_t name, size_t *broker) {
  for (size_t i = 0; i < mqtt->broker_count; i++) {
    if (name.len && !tg_slice_is(name, mqtt->brokers[i].name)) continue;
    *broker = i;
    return TG_OK;
  }
  return TG_E_NOT_FOUND;
}

tg_rc_t tg_mqtt_subscribe(tg_mqtt_t *mqtt, size_t broker, tg_slice_t filter, uint8_t qos) {
  if (broker >= mqtt->broker_count || qos > 2) return TG_E_ARG;
  tg_mqtt_broker_t *at = &mqtt->brokers[broker];
  return tg_mqtt_subscribe_add(&at->subs, filter, qos, at->connected ? at->conn : NULL);
}

void tg_mqtt_unsubscribe(tg_mqtt_t *mqtt, size_t broker, tg_slice_t filter) {
  if (broker >= mqtt->broker_count) return;
  tg_mqtt_broker_t *at = &mqtt->brokers[broker];
  tg_mqtt_subscribe_del(&at->subs, filter, at->connected ? at->conn : NULL);
}

void tg_mqtt_stats(const tg_mqtt_t *mqtt, size_t broker, tg_mqtt_stats_t *stats) {
  *stats = (tg_mqtt_stats_t){0};
  if (broker >= mqtt->broker_count) return;
  const tg_mqtt_broker_t *at = &mqtt->brokers[broker];
  *stats = (tg_mqtt_stats_t){.connected = at->connected,
                             .inflight = at->drain.inflight,
                             .window = at->window,
                             .filled = at->drain.filled,
                             .published = at->drain.published,
                             .confirmed = at->drain.confirmed,
                             .refused = at->refused + at->drain.refused,
                             .received = at->received,
                             .connects = at->connects};
}
