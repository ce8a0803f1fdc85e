/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_MQTT_RING_H
#define TG_CORE_MQTT_RING_H

/** The one way from paho's threads to the loop: a bounded queue of notes and a post. */

#include "core/base/slice.h"
#include "core/loop/loop.h"

typedef struct tg_mqtt_ring tg_mqtt_ring_t;

typedef enum tg_mqtt_note_kind {
  TG_MQTT_UP,      /* connected; value = Receive Maximum of the broker, 0 when not said */
  TG_MQTT_DOWN,    /* the connection is gone */
  TG_MQTT_REFUSED, /* a connect failed */
  TG_MQTT_TAKEN,   /* value = token of a message that the broker has taken */
  TG_MQTT_WRITTEN, /* a marked QoS 0 message is on its way */
  TG_MQTT_DENIED,  /* value = token of a message that the broker answered with an error; topic = why */
  TG_MQTT_LOST,    /* value = token of a message that could not be delivered on this connection */
  TG_MQTT_MESSAGE, /* topic and payload arrived */
  TG_MQTT_FOUND    /* topic = the address of the broker's name, as text */
} tg_mqtt_note_kind_t;

/** One note. Bytes are copied by push and lent to the receiver. */
typedef struct tg_mqtt_event {
  tg_mqtt_note_kind_t kind;
  uint8_t qos;
  bool retained;
  int value;
  uint32_t packet_max; /* of UP: the broker's Maximum Packet Size in bytes, 0 when not said */
  size_t broker;
  tg_slice_t topic; /* of MESSAGE; of FOUND: the address; of DOWN and REFUSED: why, as text */
  tg_slice_t payload;
} tg_mqtt_event_t;

/** Called on the loop's thread, in order of pushing. */
typedef void (*tg_mqtt_ring_fn)(void *ud, const tg_mqtt_event_t *event);

/** A ring that hands notes to @p fn on @p loop; NULL without memory. */
tg_mqtt_ring_t *tg_mqtt_ring_new(tg_loop_t *loop, tg_mqtt_ring_fn fn, void *ud);

/** Frees it with what is queued; nobody may push any more. Not from inside a receiver. NULL is allowed. */
void tg_mqtt_ring_free(tg_mqtt_ring_t *ring);

/** From any thread. False when the ring is full (only MESSAGE is ever refused, so that acknowledgements always get through) or memory is short. */
bool tg_mqtt_ring_push(tg_mqtt_ring_t *ring, const tg_mqtt_event_t *event);

#endif
