/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_MQTT_MQTT_H
#define TG_CORE_MQTT_MQTT_H

/**
 * Broker connections through paho (MQTTAsync). Every message goes through the store's outbox and leaves it in order of its
 * sequence number: QoS 1 and 2 when the broker has taken it, QoS 0 when paho has. Knows no LwM2M.
 */

#include "core/base/diag.h"
#include "core/loop/loop.h"
#include "core/store/store.h"

typedef struct tg_mqtt tg_mqtt_t;

/** At most this many brokers. */
#define TG_MQTT_BROKERS_MAX 8

/** A message published by the connection itself: will or birth. Empty topic: none. */
typedef struct tg_mqtt_note {
  const char *topic;
  const char *payload;
  uint8_t qos;
  bool retain;
} tg_mqtt_note_t;

/** One broker. Strings are copied; NULL or "" where not wanted. */
typedef struct tg_mqtt_broker_config {
  const char *name;      /* unique; the outbox remembers messages under it */
  const char *uri;       /* mqtt://host[:1883], mqtts://host[:8883] */
  const char *client_id; /* "" = `tidegate-` and the store's identity */
  int version;           /* 5, or 4 for MQTT 3.1.1 */
  const char *username;
  const char *password;
  const char *ca_file; /* trust anchors; "" = the system's */
  const char *cert_file;
  const char *key_file;
  uint16_t keepalive_s;      /* 0 = 30 */
  uint32_t reconnect_min_ms; /* 0 = 500 */
  uint32_t reconnect_max_ms; /* 0 = 30,000; full jitter between the two, doubling */
  uint8_t inflight;          /* QoS 1 and 2 messages outstanding; 0 = 16, more is cut to 16 */
  tg_mqtt_note_t will;
  tg_mqtt_note_t birth; /* published after every connect, before anything else */
} tg_mqtt_broker_config_t;

/** A message from a broker, lent for the call. */
typedef struct tg_mqtt_incoming {
  size_t broker;
  tg_slice_t topic;
  tg_slice_t payload;
  uint8_t qos;
  bool retained;
} tg_mqtt_incoming_t;

/** Seam: MQTT message; on the loop's thread. The broker gets its PUBACK whatever happens here. */
typedef void (*tg_mqtt_message_fn)(void *ud, const tg_mqtt_incoming_t *message);

/** Seam: a broker's connection came or went; @p why is a sentence. */
typedef void (*tg_mqtt_state_fn)(void *ud, size_t broker, bool connected, const char *why);

typedef struct tg_mqtt_config {
  tg_loop_t *loop;   /* kept */
  tg_store_t *store; /* kept */
  const tg_mqtt_broker_config_t *brokers;
  size_t broker_count;
  tg_mqtt_message_fn on_message; /* may be NULL */
  tg_mqtt_state_fn on_state;     /* may be NULL */
  void *ud;
} tg_mqtt_config_t;

/** One message to publish; borrowed. */
typedef struct tg_mqtt_publish {
  size_t broker;
  tg_slice_t topic;
  tg_slice_t payload;
  uint64_t seq; /* from tg_store_outbox_next_seq(), 0 = take one */
  uint8_t qos;
  bool retain;
  bool durable;       /* on disk before the device is acknowledged; else in memory */
  uint8_t shed_class; /* 0 telemetry … 3 command results */
} tg_mqtt_publish_t;

/** Counters of one broker. */
typedef struct tg_mqtt_stats {
  bool connected;
  uint32_t inflight;
  uint32_t window;    /* as configured */
  uint64_t filled;    /* times that the window was full */
  uint64_t published; /* handed to paho */
  uint64_t confirmed; /* PUBACK, PUBCOMP, or written (QoS 0) */
  uint64_t received;
  uint64_t refused; /* answered with an error by the broker or larger than it takes (MQTT 5), and given up */
  uint64_t connects;
} tg_mqtt_stats_t;

/** Checks @p config and begins to connect. TG_E_CONFIG, TG_E_NOMEM with @p diag. */
TG_MUST_CHECK tg_rc_t tg_mqtt_new(const tg_mqtt_config_t *config, tg_diag_t *diag, tg_mqtt_t **mqtt);

/** Disconnects (the will message is published by us first, since a clean DISCONNECT suppresses the broker's) and frees; waits at most two seconds for paho. NULL is allowed. */
void tg_mqtt_free(tg_mqtt_t *mqtt);

/** The index of the broker called @p name; the first one for the empty name. TG_E_NOT_FOUND. */
TG_MUST_CHECK tg_rc_t tg_mqtt_broker(const tg_mqtt_t *mqtt, tg_slice_t name, size_t *broker);

/** The name of broker @p broker, lent as long as @p mqtt lives; "" beyond the last. */
const char *tg_mqtt_broker_name(const tg_mqtt_t *mqtt, size_t broker);

/** Queues a message. TG_E_ARG for a topic that can't be published, TG_E_FULL when the outbox is full, TG_E_TOO_LONG over 256 KiB. */
TG_MUST_CHECK tg_rc_t tg_mqtt_publish(tg_mqtt_t *mqtt, const tg_mqtt_publish_t *message);

/** Subscribes now (if connected) and after every connect. The same filter again changes its QoS. TG_E_ARG, TG_E_FULL above 256 filters a broker. */
TG_MUST_CHECK tg_rc_t tg_mqtt_subscribe(tg_mqtt_t *mqtt, size_t broker, tg_slice_t filter, uint8_t qos);

/** Ends a subscription; one that is not there is fine. */
void tg_mqtt_unsubscribe(tg_mqtt_t *mqtt, size_t broker, tg_slice_t filter);

/** Hands committed messages to the brokers as far as their windows allow; call at the end of a turn and after a commit. */
void tg_mqtt_pump(tg_mqtt_t *mqtt);

/** How many messages the broker that is furthest behind has still to take, of those that are connected; 0 when none is. About: sequence numbers of other brokers' messages count too. */
uint64_t tg_mqtt_backlog(const tg_mqtt_t *mqtt);

/** Counters of @p broker. */
void tg_mqtt_stats(const tg_mqtt_t *mqtt, size_t broker, tg_mqtt_stats_t *stats);

#endif
