/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_HELD_H
#define TG_CORE_COAP_COAP_HELD_H

/** Answers that wait for a ticket, and separate responses on their way (RFC 7252 §5.2.2). Private to core/coap; see tg_coap_release(). */

#include "core/coap/coap_dedup.h"
#include "core/coap/coap_egress.h"
#include "core/coap/coap_flight.h"

enum { TG_COAP_HELD_INLINE = 88, TG_COAP_HELD_ACK_MS = 1000 };

/** One answer kept back. */
typedef struct tg_coap_held_item {
  tg_coap_flight_t flight; /* first; the timer also counts to the empty ACK */
  uint64_t ticket;
  tg_id_t observation; /* a notification's */
  uint32_t prev_ref;   /* in the order of tickets */
  uint32_t next_ref;
  uint32_t seq;        /* a notification's Observe value */
  tg_coap_mark_t mark; /* of the message that is answered */
  uint16_t len;        /* of what stands behind the token */
  uint8_t code;
  uint8_t no_response; /* of the request: TG_COAP_NO_… bits */
  uint8_t token_len;
  uint8_t token[8];
  bool is_notification;
  bool is_confirmable;
  bool yields;    /* tg_coap_refuse() may leave others and refuse this one */
  bool is_acked;  /* the empty ACK has gone out */
  bool is_queued; /* in the list of tickets */
  uint8_t *heap;  /* owned; NULL: `bytes` */
  uint8_t bytes[TG_COAP_HELD_INLINE];
} tg_coap_held_item_t;

/** State; private. */
typedef struct tg_coap_helds {
  tg_pool_t pool;
  uint32_t first_ref;
  uint32_t last_ref;
} tg_coap_helds_t;

/** Makes the pool. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_coap_held_init(tg_coap_helds_t *helds, uint32_t max);

/** Frees everything; timers and flights are stopped. */
void tg_coap_held_fini(tg_coap_t *coap);

/** Keeps back @p answer to message @p mid of @p peer until @p ticket is released. TG_E_FULL, TG_E_NOMEM: nothing is kept. */
TG_MUST_CHECK tg_rc_t tg_coap_held_reply(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_answer_t *answer,
                                         uint64_t ticket);

/** Which notification's ACK is kept back. */
typedef struct tg_coap_held_note {
  tg_coap_mark_t mark;
  uint32_t seq;
  tg_id_t observation;
} tg_coap_held_note_t;

/** Keeps back the ACK of a notification of @p peer. TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_coap_held_ack(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_held_note_t *note,
                                       uint64_t ticket);

/** The ACK of @p note's message from @p peer, whose values @p reply is about: held until its ticket where it asks for that, else at once; not at all where its code is an error or it can't be held: then the message comes again as a new one. */
void tg_coap_held_settle(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_held_note_t *note,
                         const tg_coap_reply_t *reply);

/** The same message comes again as a new one: nothing was kept of it. */
void tg_coap_held_forget(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_held_note_t *note);

/** The peer has acknowledged or reset the separate response of @p flight. */
void tg_coap_held_settled(tg_coap_t *coap, tg_coap_flight_t *flight);

/** Drops every held answer of @p peer. */
void tg_coap_held_drop_all(tg_coap_t *coap, tg_coap_peer_t *peer);

#endif
