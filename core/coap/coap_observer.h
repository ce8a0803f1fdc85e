/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_OBSERVER_H
#define TG_CORE_COAP_COAP_OBSERVER_H

/** Who observes resources of ours, and the notifications on their way (RFC 7641 §4). Private to core/coap; tg_coap_observer_notify() is in coap.h. */

#include "core/coap/coap_body.h"
#include "core/coap/coap_flight.h"

enum { TG_COAP_OBSERVER_INLINE = 64 };

/** What stands behind the token of one notification. */
typedef struct tg_coap_notice {
  uint8_t *heap; /* owned; NULL: `bytes` */
  uint16_t len;
  uint8_t code;
  bool is_confirmable;
  bool is_there;
  uint8_t bytes[TG_COAP_OBSERVER_INLINE];
} tg_coap_notice_t;

/** One observer: a peer and a token. */
typedef struct tg_coap_observer {
  tg_coap_flight_t flight; /* first: a confirmable notification */
  uint64_t observed;       /* the resource, by the caller's number */
  tg_coap_body_name_t name;
  uint64_t confirmed_ms; /* when it last showed that it is there */
  uint32_t prev_ref;     /* of the peer */
  uint32_t next_ref;
  uint32_t prev_alike_ref; /* of the same resource */
  uint32_t next_alike_ref;
  uint32_t seq; /* 24 bits */
  uint16_t mid; /* of the last notification that was not confirmable */
  bool has_mid;
  bool is_flying;      /* `now` waits for its ACK */
  uint8_t unconfirmed; /* notifications since the last confirmable one */
  uint8_t szx;
  uint8_t token_len;
  uint8_t token[8];
  tg_coap_notice_t now;
  tg_coap_notice_t next; /* the newest, when `now` can't be overtaken */
} tg_coap_observer_t;

/** State; private. */
typedef struct tg_coap_observers {
  tg_pool_t pool;
  tg_hidx_t index; /* resource -> the first of its observers */
} tg_coap_observers_t;

/** What a request to observe says. */
typedef struct tg_coap_observer_call {
  uint64_t observed;
  tg_slice_t token;
  tg_coap_body_name_t name;
  uint8_t szx; /* the largest block it takes */
} tg_coap_observer_call_t;

/** Makes the pool. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_coap_observer_init(tg_coap_observers_t *observers, uint32_t max);

/** Frees everything, nobody is told. */
void tg_coap_observer_fini(tg_coap_t *coap);

/** Adds or renews an observer; @p seq gets the value of the answer's Observe option. TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_coap_observer_add(tg_coap_t *coap, tg_coap_peer_t *peer, const tg_coap_observer_call_t *call,
                                           uint32_t *seq);

/** Ends the observation of @p peer with that token, if there is one. */
void tg_coap_observer_cancel(tg_coap_t *coap, tg_coap_peer_t *peer, tg_slice_t token);

/** The notification of @p flight was acknowledged. */
void tg_coap_observer_acked(tg_coap_t *coap, tg_coap_flight_t *flight);

/** An RST for message @p mid of ours ends the observation whose notification it was (RFC 7641 §4.5). @return whether it was one */
bool tg_coap_observer_reset(tg_coap_t *coap, tg_coap_peer_t *peer, uint16_t mid);

/** It is a notification's turn at @p peer: the first that waits goes. A tg_coap_notice_turn_fn. */
void tg_coap_observer_on_turn(tg_coap_t *coap, tg_coap_peer_t *peer);

/** Ends every observation of @p peer. */
void tg_coap_observer_del_all(tg_coap_t *coap, tg_coap_peer_t *peer);

#endif
