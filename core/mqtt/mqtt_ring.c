/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/mqtt: notes from paho's threads, in order, to the loop's thread. See mqtt_ring.h. */

#include "core/mqtt/mqtt_ring.h"

#include <pthread.h>

#include "core/base/alloc.h"

#define MESSAGE_BYTES_MAX                                                                                              \
  (8u << 20) /* incoming messages waiting for the loop; above it paho keeps them and asks again */

typedef struct ring_item {
  struct ring_item *next;
  tg_mqtt_event_t event;
  uint8_t bytes[];
} ring_item_t;

struct tg_mqtt_ring {
  pthread_mutex_t lock;
  ring_item_t *first;
  ring_item_t **last;
  size_t bytes;
  bool posted; /* a drain is on its way to the loop */
  bool closed; /* the owner is gone; the drain on its way frees the ring */
  tg_loop_t *loop;
  tg_mqtt_ring_fn fn;
  void *ud;
};

tg_mqtt_ring_t *tg_mqtt_ring_new(tg_loop_t *loop, tg_mqtt_ring_fn fn, void *ud) {
  tg_mqtt_ring_t *ring = tg_alloc_array(1, sizeof *ring);
  if (!ring) return NULL;
  (void)pthread_mutex_init(&ring->lock, NULL);
  ring->last = &ring->first;
  ring->loop = loop;
  ring->fn = fn;
  ring->ud = ud;
  return ring;
}

/* Unlinks everything queued and returns its head. Called with the lock held. */
static ring_item_t *take_all(tg_mqtt_ring_t *ring) {
  ring_item_t *items = ring->first;
  ring->first = NULL;
  ring->last = &ring->first;
  ring->bytes = 0;
  return items;
}

static void free_items(ring_item_t *items) {
  while (items) {
    ring_item_t *next = items->next;
    tg_alloc_free(items);
    items = next;
  }
}

static void destroy(tg_mqtt_ring_t *ring) {
  free_items(take_all(ring));
  pthread_mutex_destroy(&ring->lock);
  tg_alloc_free(ring);
}

static void drain(void *ud) {
  tg_mqtt_ring_t *ring = ud;
  pthread_mutex_lock(&ring->lock);
  ring->posted = false;
  ring_item_t *items = take_all(ring);
  pthread_mutex_unlock(&ring->lock);

  for (ring_item_t *item = items; item; item = item->next) ring->fn(ring->ud, &item->event);
  free_items(items);
}

void tg_mqtt_ring_free(tg_mqtt_ring_t *ring) {
  if (!ring) return;
  tg_loop_unpost(ring->loop, drain, ring);
  destroy(ring);
}

static ring_item_t *copy_event(const tg_mqtt_event_t *event) {
  size_t bytes = event->topic.len + event->payload.len;
  ring_item_t *item = tg_alloc(sizeof *item + bytes);
  if (!item) return NULL;
  item->next = NULL;
  item->event = *event;
  if (event->topic.len) memcpy(item->bytes, event->topic.p, event->topic.len);
  if (event->payload.len) memcpy(item->bytes + event->topic.len, event->payload.p, event->payload.len);
  item->event.topic = tg_slice(item->bytes, event->topic.len);
  item->event.payload = tg_slice(item->bytes + event->topic.len, event->payload.len);
  return item;
}

bool tg_mqtt_ring_push(tg_mqtt_ring_t *ring, const tg_mqtt_event_t *event) {
  ring_item_t *item = copy_event(event);
  if (!item) return false;

  size_t bytes = event->topic.len + event->payload.len;
  pthread_mutex_lock(&ring->lock);
  bool refused = event->kind == TG_MQTT_MESSAGE && ring->bytes + bytes > MESSAGE_BYTES_MAX;
  if (!refused) {
    *ring->last = item;
    ring->last = &item->next;
    ring->bytes += bytes;
    if (!ring->posted) ring->posted = tg_loop_post(ring->loop, drain, ring) == TG_OK;
  }
  pthread_mutex_unlock(&ring->lock);
  if (refused) tg_alloc_free(item);
  return !refused;
}
