/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_PEER_H
#define TG_CORE_COAP_COAP_PEER_H

/**
 * The peer table of the exchange layer: what is known of an address on a link, found by a keyed hash. Private to core/coap; the
 * public half of its functions is in coap.h.
 */

#include "core/base/hidx.h"
#include "core/coap/coap.h"

enum { TG_COAP_ADDR_INLINE = 20 };

struct tg_coap_flight;

/**
 * One peer; with its pool header at most 256 bytes. The first lines are what an ordinary request touches: address, then the ids of
 * the last messages. A `…_ref` is a slot of some pool plus one; 0 is none.
 */
typedef struct tg_coap_peer {
  union {
    uint8_t bytes[TG_COAP_ADDR_INLINE];
    tg_addr_t *longer; /* owned; when addr_len is over TG_COAP_ADDR_INLINE */
  } addr;
  uint8_t addr_len;
  uint8_t bearer : 4;   /* index into the engine's bearers */
  uint8_t blocks : 4;   /* log2 of its largest block, less 3; 0 = as its link has them */
  uint8_t dedup_at : 4; /* where the next message id goes */
  uint8_t passed : 4;   /* messages of ours in a row that went before one that waits (coap_turn.c) */
  bool is_down : 1;     /* the bearer says that nothing reaches it */
  bool is_away : 1;     /* the bearer says that it sleeps; what is sent is kept there, or refused */
  bool has_mid : 1;     /* mid_next is set */
  bool is_notified : 1; /* a confirmable notification waits for its ACK */
  bool has_notice : 1;  /* one may wait for its turn */
  bool is_proved : 1;   /* it is at this address: it sent back an Echo or a token of ours */
  bool is_listed : 1;   /* in the list of recyclable peers */
  uint32_t pins;
  uint16_t dedup_mid[TG_COAP_DEDUP_PER_PEER];
  uint32_t dedup_ref[TG_COAP_DEDUP_PER_PEER];
  uint32_t hash;
  uint32_t seen_s;    /* when it was last moved to the front of the list */
  uint32_t older_ref; /* list of recyclable peers */
  uint32_t newer_ref;
  uint32_t waiting_ref; /* exchanges behind NSTART, in the order in which they will start */
  uint32_t running_ref; /* exchanges that have started */
  uint32_t observed_ref;
  uint32_t bodies_ref;
  uint32_t observers_ref;
  uint16_t mid_next;
  uint16_t mtu; /* 0 = that of the link */
  uint16_t exchange_count;
  uint16_t outstanding; /* counted against NSTART (RFC 7252 §4.7) */
  uint8_t body_count;
  uint8_t observer_count;
  uint32_t rate_until;            /* when its bucket will be full again (coap_rate.h), 1/16 ms, low half */
  uint16_t held_count;            /* answers to it that wait for their ticket: until they are out it is asked nothing */
  struct tg_coap_flight *flights; /* messages of ours that wait for an ACK or an RST */
} tg_coap_peer_t;

/** State of the table; private. */
typedef struct tg_coap_peers {
  tg_pool_t pool;
  tg_hidx_t index;
  uint32_t oldest_ref;
  uint32_t newest_ref;
} tg_coap_peers_t;

/** Makes the table empty. */
TG_MUST_CHECK tg_rc_t tg_coap_peer_init(tg_coap_peers_t *peers, uint32_t max);

/** Frees the table. */
void tg_coap_peer_fini(tg_coap_peers_t *peers);

/** The peer at @p addr on bearer @p bearer, or NULL. Borrowed until it is recycled. */
tg_coap_peer_t *tg_coap_peer_lookup(tg_coap_t *coap, uint8_t bearer, const tg_addr_t *addr);

/** The same, made if it is not there; NULL when every peer is in use or without memory. */
tg_coap_peer_t *tg_coap_peer_make(tg_coap_t *coap, uint8_t bearer, const tg_addr_t *addr);

/** Notes that @p peer was heard: it goes to the young end of the list of recyclable peers, at most once a second. */
void tg_coap_peer_touch(tg_coap_t *coap, tg_coap_peer_t *peer);

/** The peer of @p id, or NULL. */
tg_coap_peer_t *tg_coap_peer_of(const tg_coap_t *coap, tg_id_t id);

/** The id of @p peer. */
tg_id_t tg_coap_peer_id(const tg_coap_t *coap, const tg_coap_peer_t *peer);

/** Keeps @p peer; the engine's own tg_coap_pin(). */
void tg_coap_peer_hold(tg_coap_t *coap, tg_coap_peer_t *peer);

/** Releases one tg_coap_peer_hold(). */
void tg_coap_peer_let_go(tg_coap_t *coap, tg_coap_peer_t *peer);

/** Writes the address of @p peer into @p out. */
void tg_coap_peer_get_addr(const tg_coap_peer_t *peer, tg_addr_t *out);

/** The next message id of ours towards @p peer (RFC 7252 §4.4): random start, then counting. */
uint16_t tg_coap_peer_next_mid(tg_coap_t *coap, tg_coap_peer_t *peer);

/** The largest block for @p peer: what the profile allows and a datagram holds beside header and options. */
uint8_t tg_coap_peer_szx(const tg_coap_t *coap, const tg_coap_peer_t *peer);

#endif
