/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_DEDUP_H
#define TG_CORE_COAP_COAP_DEDUP_H

/**
 * Which messages of a peer were seen, and what was answered (RFC 7252 §4.5). A bounded table of entries in order of age; a peer
 * knows its last 16. A message is told by its id and its token: what has only the id of an earlier one is of a peer that has restarted,
 * or of another one behind its address; what has both is a duplicate, whatever else stands in it. Private to core/coap.
 */

#include "core/coap/coap_peer.h"

enum { TG_COAP_DEDUP_INLINE = 32 }; /* 2.01 with Location-Path and all empty answers */

/** What a message is known by. */
typedef struct tg_coap_mark {
  uint32_t print; /* digest of type, code and token */
  uint16_t mid;
} tg_coap_mark_t;

/** What is known of the answer. */
typedef enum tg_coap_dedup_state {
  TG_COAP_DEDUP_SILENT, /* nothing was answered, or not yet */
  TG_COAP_DEDUP_REPLY,  /* the answer is kept */
  TG_COAP_DEDUP_LOST,   /* there was an answer that could not be kept */
} tg_coap_dedup_state_t;

/** One message seen; 64 bytes. */
typedef struct tg_coap_seen {
  uint32_t peer_ref; /* 0 = free */
  uint32_t older_ref;
  uint32_t newer_ref;
  uint32_t at_ms; /* low half of the time it was seen */
  uint32_t print;
  uint16_t mid;
  uint8_t place; /* index in the peer's arrays */
  uint8_t state; /* tg_coap_dedup_state_t */
  uint16_t len;
  bool on_heap;
  union {
    uint8_t bytes[TG_COAP_DEDUP_INLINE];
    uint8_t *heap;
  } reply;
} tg_coap_seen_t;

/** State; private. */
typedef struct tg_coap_dedup {
  tg_coap_seen_t *entries;
  uint32_t max;
  uint32_t used;
  uint32_t oldest_ref;
  uint32_t newest_ref;
  uint32_t
      lifetime_ms;   /* the longest EXCHANGE_LIFETIME of all bearers: whose an entry was would cost another look-up */
  size_t heap_bytes; /* long replies */
} tg_coap_dedup_t;

/** Makes a memory of @p max messages. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_coap_dedup_init(tg_coap_dedup_t *dedup, uint32_t max);

/** Frees it. */
void tg_coap_dedup_fini(tg_coap_dedup_t *dedup);

/** What message @p mid, which begins @p datagram, is known by. */
tg_coap_mark_t tg_coap_dedup_mark(uint16_t mid, tg_slice_t datagram);

/** Begins to fetch what tg_coap_dedup_add() will touch for @p peer. */
void tg_coap_dedup_prefetch(const tg_coap_dedup_t *dedup, const tg_coap_peer_t *peer);

/** The entry of message @p mark of @p peer, if it was seen within the exchange lifetime of its bearer; else NULL. */
tg_coap_seen_t *tg_coap_dedup_find(tg_coap_t *coap, const tg_coap_peer_t *peer, tg_coap_mark_t mark);

/** Remembers message @p mark of @p peer as seen and not answered; forgets the oldest if need be. Lent until the next call. */
tg_coap_seen_t *tg_coap_dedup_add(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_mark_t mark);

/** Keeps @p reply (copied) as the answer of @p seen. */
void tg_coap_dedup_keep(tg_coap_t *coap, tg_coap_seen_t *seen, tg_slice_t reply);

/** The answer kept in @p seen, lent. */
tg_slice_t tg_coap_dedup_reply(const tg_coap_seen_t *seen);

/** Forgets that message @p mark of @p peer was seen: a retransmission is a new message. */
void tg_coap_dedup_forget(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_mark_t mark);

#endif
