/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_OBSERVE_H
#define TG_CORE_COAP_COAP_OBSERVE_H

/** Observations of ours (RFC 7641): found by token, ordered, moved. Private to core/coap; the public half is in coap.h. */

#include "core/coap/coap_peer.h"

enum { TG_COAP_OBSERVE_INLINE = 16 }; /* `/3303/0/5700` */

/** One observation; with its pool header 88 bytes, since every device may have some. */
typedef struct tg_coap_observed {
  uint8_t token[8];
  uint64_t cookie;
  tg_id_t fetch; /* the exchange that fetches the rest of a body, or none */
  union {
    uint8_t bytes[TG_COAP_OBSERVE_INLINE];
    uint8_t *heap; /* owned; when they are longer together */
  } names;         /* path, query, payload */
  uint32_t peer_ref;
  uint32_t next_ref; /* of the peer */
  uint32_t prev_ref;
  uint32_t last_seq; /* 24 bits */
  uint32_t last_ms;  /* when the last notification came, low half */
  int32_t accept;
  int32_t content_format; /* of the payload */
  uint32_t payload_len;   /* of a FETCH */
  uint16_t path_len;
  uint16_t query_len;
  uint8_t method; /* GET or FETCH */
  bool has_last;
  bool has_names; /* they are known */
} tg_coap_observed_t;

/** State; private. */
typedef struct tg_coap_observes {
  tg_pool_t pool;
  tg_hidx_t tokens;
} tg_coap_observes_t;

/** Makes the pool. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_coap_observe_init(tg_coap_observes_t *observes, uint32_t max);

/** Frees the pool. */
void tg_coap_observe_fini(tg_coap_observes_t *observes);

/** Path, query and payload of its request, one behind the other; lent. */
const uint8_t *tg_coap_observe_names(const tg_coap_observed_t *observed);

/** The observation with @p token, or NULL. */
tg_coap_observed_t *tg_coap_observe_find(const tg_coap_t *coap, tg_slice_t token);

/** The id of @p observed. */
tg_id_t tg_coap_observe_id(const tg_coap_t *coap, const tg_coap_observed_t *observed);

/** Whether the notification with sequence number @p seq is newer than the last one (RFC 7641 §3.4); notes it if so. */
bool tg_coap_observe_is_fresh(tg_coap_observed_t *observed, uint32_t seq, uint64_t now_ms);

/** Takes back that @p seq was the last one: it will be sent again. */
void tg_coap_observe_unsee(tg_coap_observed_t *observed, uint32_t seq);

/** Whether a notification from @p from may move the observation there, by the engine's policy. */
bool tg_coap_observe_may_move(tg_coap_t *coap, const tg_coap_observed_t *observed, const tg_coap_peer_t *from);

/** Puts @p observed on the list of @p to. */
void tg_coap_observe_move(tg_coap_t *coap, tg_coap_observed_t *observed, tg_coap_peer_t *to);

/** Forgets every observation of @p peer. */
void tg_coap_observe_del_all(tg_coap_t *coap, tg_coap_peer_t *peer);

#endif
