/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_MQTT_CONN_H
#define TG_CORE_MQTT_CONN_H

/** One connection to one broker: the only file that speaks to paho, which answers in mqtt_callback.c. What happens is told through the ring. */

#include "core/mqtt/mqtt.h"
#include "core/mqtt/mqtt_ring.h"

typedef struct tg_mqtt_conn tg_mqtt_conn_t;

/** A message for paho. */
typedef struct tg_mqtt_send {
  const char *topic; /* NUL-terminated */
  tg_slice_t payload;
  uint8_t qos;
  bool retain;
  bool mark;      /* QoS 0: tell WRITTEN */
  const char *gw; /* user properties on MQTT 5 with QoS 1 and 2; NULL = none */
  uint64_t seq;
} tg_mqtt_send_t;

/** Prepares a connection for broker number @p broker. TG_E_CONFIG with @p diag, TG_E_NOMEM. @p ring is kept. */
TG_MUST_CHECK tg_rc_t tg_mqtt_conn_new(const tg_mqtt_broker_config_t *config, size_t broker, tg_mqtt_ring_t *ring,
                                       tg_diag_t *diag, tg_mqtt_conn_t **conn);

/** Publishes the will, disconnects, waits at most two seconds, frees. NULL is allowed. */
void tg_mqtt_conn_free(tg_mqtt_conn_t *conn);

/** Begins to connect: UP or REFUSED follows, unless TG_E_IO is returned; before, where the broker's host is a name, FOUND, which goes to tg_mqtt_conn_found(). */
TG_MUST_CHECK tg_rc_t tg_mqtt_conn_open(tg_mqtt_conn_t *conn);

/** Goes on with connecting: the broker's name has the address @p address. As tg_mqtt_conn_open(). */
TG_MUST_CHECK tg_rc_t tg_mqtt_conn_found(tg_mqtt_conn_t *conn, tg_slice_t address);

/** Hands a message to paho; @p token names it in TAKEN (QoS 1 and 2). TG_E_AGAIN when paho can't take it now. */
TG_MUST_CHECK tg_rc_t tg_mqtt_conn_send(tg_mqtt_conn_t *conn, const tg_mqtt_send_t *send, int *token);

/** Publishes the birth message, if one is configured. */
void tg_mqtt_conn_send_birth(tg_mqtt_conn_t *conn);

/** Asks for a subscription; an error is logged, the next connect asks again. */
void tg_mqtt_conn_subscribe(tg_mqtt_conn_t *conn, const char *filter, uint8_t qos);

/** Ends one. */
void tg_mqtt_conn_unsubscribe(tg_mqtt_conn_t *conn, const char *filter);

#endif
