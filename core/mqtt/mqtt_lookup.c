/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/mqtt: names of brokers. A lookup belongs to its owner and to its thread; the last of the two frees it. See mqtt_lookup.h. */

#include "core/mqtt/mqtt_lookup.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>

#include "core/base/alloc.h"

struct tg_mqtt_lookup {
  pthread_mutex_t lock;
  tg_mqtt_ring_t *ring; /* NULL: its owner is gone */
  size_t broker;
  unsigned users;
  char host[];
};

static void leave(tg_mqtt_lookup_t *lookup) {
  bool is_last = --lookup->users == 0;
  pthread_mutex_unlock(&lookup->lock);
  if (!is_last) return;
  pthread_mutex_destroy(&lookup->lock);
  tg_alloc_free(lookup);
}

/* paho takes one address, and rather one of IPv4; so do we. */
static const struct addrinfo *choose(const struct addrinfo *list) {
  for (const struct addrinfo *at = list; at; at = at->ai_next) {
    if (at->ai_family == AF_INET) return at;
  }
  return list;
}

/* @return 0 with the address as text in @p out, else getaddrinfo()'s error */
static int look_up(const char *host, char *out, size_t cap) {
  const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo *list = NULL;
  int code = getaddrinfo(host, NULL, &hints, &list);
  const struct addrinfo *one = code ? NULL : choose(list);
  if (one) code = getnameinfo(one->ai_addr, one->ai_addrlen, out, (socklen_t)cap, NULL, 0, NI_NUMERICHOST);
  if (list) freeaddrinfo(list);
  return code;
}

static void *run(void *arg) {
  tg_mqtt_lookup_t *lookup = arg;
  char address[NI_MAXHOST] = "", why[160];
  int code = look_up(lookup->host, address, sizeof address);
  snprintf(why, sizeof why, "the name has no address: %s", gai_strerror(code));
  pthread_mutex_lock(&lookup->lock);
  const tg_mqtt_event_t event = {.kind = code ? TG_MQTT_REFUSED : TG_MQTT_FOUND,
                                 .broker = lookup->broker,
                                 .topic = tg_slice_str(code ? why : address)};
  if (lookup->ring) (void)tg_mqtt_ring_push(lookup->ring, &event);
  leave(lookup);
  return NULL;
}

static bool start(tg_mqtt_lookup_t *lookup) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, lookup) != 0) return false;
  pthread_detach(thread);
  return true;
}

tg_mqtt_lookup_t *tg_mqtt_lookup_begin(const char *host, size_t broker, tg_mqtt_ring_t *ring) {
  size_t size = strlen(host) + 1;
  tg_mqtt_lookup_t *lookup = tg_alloc(sizeof *lookup + size);
  if (!lookup) return NULL;
  *lookup = (tg_mqtt_lookup_t){.ring = ring, .broker = broker, .users = 2};
  memcpy(lookup->host, host, size);
  pthread_mutex_init(&lookup->lock, NULL);
  if (start(lookup)) return lookup;
  pthread_mutex_destroy(&lookup->lock);
  tg_alloc_free(lookup);
  return NULL;
}

void tg_mqtt_lookup_end(tg_mqtt_lookup_t *lookup) {
  if (!lookup) return;
  pthread_mutex_lock(&lookup->lock);
  lookup->ring = NULL;
  leave(lookup);
}
