/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_MQTT_DRAIN_H
#define TG_CORE_MQTT_DRAIN_H

/**
 * From the outbox to one broker, in order of sequence number. QoS 1 and 2: a window of messages outstanding, each deleted from the
 * outbox when taken; a new connection begins again behind the last one deleted. QoS 0: deleted when paho has it.
 */

#include "core/base/log.h"
#include "core/mqtt/mqtt_conn.h"

/** The window never grows beyond this: more stalls paho against common brokers (libraries.md). */
#define TG_MQTT_WINDOW_MAX 16

/** One message outstanding. */
typedef struct tg_mqtt_flight {
  int token;
  bool taken;
  uint64_t seq;
} tg_mqtt_flight_t;

/** Caller's memory, set up by init; private members. */
typedef struct tg_mqtt_drain {
  tg_store_t *store;
  uint32_t broker; /* the outbox's number of the broker */
  uint32_t window;
  uint32_t inflight;
  uint32_t unmarked; /* QoS 0 messages since the last marked one */
  uint32_t marks;    /* marked ones not yet written */
  uint64_t after;    /* last sequence number handed to paho */
  uint64_t published;
  uint64_t filled; /* times that the window was full */
  uint64_t confirmed;
  uint32_t packet_max; /* bytes of a message that the broker takes; 0: any */
  uint64_t refused;    /* longer messages, given up */
  tg_log_limit_t log_limit;
  tg_mqtt_flight_t flight[TG_MQTT_WINDOW_MAX];
  tg_mqtt_conn_t *conn;
  tg_buf_t topic; /* NUL-terminated copy for paho */
} tg_mqtt_drain_t;

/** Makes a drain for the outbox's broker number @p broker. */
void tg_mqtt_drain_init(tg_mqtt_drain_t *drain, tg_store_t *store, uint32_t broker);

/** Frees its buffer. */
void tg_mqtt_drain_fini(tg_mqtt_drain_t *drain);

/** A connection is up: begins again behind what is confirmed, with at most @p window outstanding. */
void tg_mqtt_drain_up(tg_mqtt_drain_t *drain, tg_mqtt_conn_t *conn, uint32_t window);

/** The connection that is up takes no message above @p packet_max bytes, all of it (MQTT 5 §3.2.2.3.6); 0: any. */
void tg_mqtt_drain_limit(tg_mqtt_drain_t *drain, uint32_t packet_max);

/** The connection is gone: nothing is sent until the next one. */
void tg_mqtt_drain_down(tg_mqtt_drain_t *drain);

/** Sends what the window allows, at most 64 messages a call. @return whether there may be more to send at once */
bool tg_mqtt_drain_pump(tg_mqtt_drain_t *drain);

/** The broker took the message @p token. */
void tg_mqtt_drain_taken(tg_mqtt_drain_t *drain, int token);

/** A marked QoS 0 message was written. */
void tg_mqtt_drain_written(tg_mqtt_drain_t *drain);

#endif
