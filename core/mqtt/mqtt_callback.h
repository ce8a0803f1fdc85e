/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_MQTT_CALLBACK_H
#define TG_CORE_MQTT_CALLBACK_H

/** What paho tells of one connection, on its own threads, and how it comes into the ring. Inner header of mqtt_conn.c. */

#include <MQTTAsync.h>
#include <pthread.h>

#include "core/mqtt/mqtt_ring.h"

/** paho's context; lives as long as the connection. */
typedef struct tg_mqtt_callback {
  tg_mqtt_ring_t *ring;
  size_t broker;
  pthread_mutex_t lock;
  char tls_why[96]; /* the first thing OpenSSL said of this attempt; guarded by lock */
} tg_mqtt_callback_t;

/** Prepares it for broker number @p broker; @p ring is kept. */
void tg_mqtt_callback_init(tg_mqtt_callback_t *callback, size_t broker, tg_mqtt_ring_t *ring);

/** Ends it, after the connection's MQTTAsync_destroy(). */
void tg_mqtt_callback_fini(tg_mqtt_callback_t *callback);

/** From now on MESSAGE and DOWN are told. TG_E_INTERNAL. */
TG_MUST_CHECK tg_rc_t tg_mqtt_callback_set(tg_mqtt_callback_t *callback, MQTTAsync paho, bool v5);

/** DOWN is told, since a send has shown it: so that nothing that paho keeps to itself can leave us waiting. On the loop's thread. False without memory. */
bool tg_mqtt_callback_gone(tg_mqtt_callback_t *callback);

/** The end of an attempt to connect is told as UP or REFUSED; the options' MQTTVersion is set before. */
void tg_mqtt_callback_of_connect(tg_mqtt_callback_t *callback, MQTTAsync_connectOptions *options);

/** What OpenSSL finds wrong becomes part of REFUSED. */
void tg_mqtt_callback_of_tls(tg_mqtt_callback_t *callback, MQTTAsync_SSLOptions *tls);

/** The end of a message is told: TAKEN, DENIED or LOST with QoS 1 and 2, WRITTEN with QoS 0. */
void tg_mqtt_callback_of_send(tg_mqtt_callback_t *callback, MQTTAsync_responseOptions *response, bool v5, uint8_t qos);

#endif
