/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_ENGINE_H
#define TG_CORE_COAP_COAP_ENGINE_H

/** The engine's state, one structure of its parts. Private to core/coap: each file works on its own part and calls the others. */

#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/coap/coap_body.h"
#include "core/coap/coap_dedup.h"
#include "core/coap/coap_exchange.h"
#include "core/coap/coap_held.h"
#include "core/coap/coap_observe.h"
#include "core/coap/coap_observer.h"

enum {
  TG_COAP_BEARERS = 16,
  TG_COAP_DATAGRAM = 2048,
  TG_COAP_RANDOM = 256,
  TG_COAP_FULL_MAX_AGE = 30,
  TG_COAP_ECHO = 12
};

/** A link with its parameters. */
typedef struct tg_coap_bearer {
  tg_link_t *link;
  tg_coap_params_t params;
  tg_hash_key_t key;    /* of addresses on this link */
  uint64_t lifetime_ms; /* EXCHANGE_LIFETIME (RFC 7252 §4.8.2) */
  uint32_t rate_step;   /* what a request takes of its peer's bucket, 1/16 ms; 0: nothing */
} tg_coap_bearer_t;

/** What one datagram is, on its way through the spine. */
typedef struct tg_coap_rx {
  uint8_t bearer;
  const tg_addr_t *from;
  tg_coap_peer_t *peer; /* NULL until known */
  const tg_coap_msg_t *msg;
  tg_slice_t datagram;
  tg_coap_mark_t mark; /* of a confirmable or non-confirmable message */
  bool is_counted;     /* it was taken from its peer's bucket */
} tg_coap_rx_t;

struct tg_coap {
  tg_coap_config_t config;
  tg_coap_bearer_t bearers[TG_COAP_BEARERS];
  uint32_t bearer_count;
  uint32_t random_left;
  uint8_t random[TG_COAP_RANDOM];
  tg_hash_key_t key; /* of digests */
  tg_hash_key_t echo_key;
  uint8_t echo[TG_COAP_ECHO]; /* the last one made */
  tg_coap_peers_t peers;
  tg_coap_dedup_t dedup;
  tg_coap_exchanges_t exchanges;
  tg_coap_observes_t observes;
  tg_coap_observers_t observers;
  tg_coap_helds_t helds;
  tg_coap_bodies_t bodies;
  tg_hidx_t handles; /* links' report handles -> flights */
  tg_coap_stats_t stats;
  tg_log_limit_t rate_log;
  tg_addr_t *lent_addr; /* of tg_coap_peer_addr() */
  tg_buf_t out;
  tg_buf_t reply_body;
  tg_coap_msg_t msg;
  uint8_t datagram[TG_COAP_DATAGRAM];
};

/** @p len (at most 16) random bytes. */
void tg_coap_engine_random(tg_coap_t *coap, void *p, size_t len);

/** Milliseconds, the wheel's. */
static inline uint64_t tg_coap_engine_now(const tg_coap_t *coap) {
  return tg_wheel_now(coap->config.wheel);
}

/** The bearer of @p peer. */
static inline const tg_coap_bearer_t *tg_coap_engine_bearer(const tg_coap_t *coap, const tg_coap_peer_t *peer) {
  return coap->bearers + peer->bearer;
}

/** The peer behind a ref that is not 0. */
static inline tg_coap_peer_t *tg_coap_engine_peer(const tg_coap_t *coap, uint32_t ref) {
  return tg_pool_at(&coap->peers.pool, ref - 1, NULL);
}

/** Counts in @p counter that nothing could be taken because @p pool is full, not because the heap is. */
static inline void tg_coap_engine_count_full(const tg_pool_t *pool, uint64_t *counter) {
  *counter += pool->count == pool->max;
}

/** Whether another confirmable message of ours may begin, be it a request or a notification (RFC 7252 §4.7). */
static inline bool tg_coap_engine_may_start(const tg_coap_t *coap, const tg_coap_peer_t *peer) {
  uint8_t nstart = tg_coap_engine_bearer(coap, peer)->params.nstart;
  return peer->outstanding < (nstart ? nstart : 1);
}

/** A bearer's index by its link; TG_COAP_BEARERS when it is not attached. */
uint8_t tg_coap_engine_find(const tg_coap_t *coap, const tg_link_t *link);

#endif
