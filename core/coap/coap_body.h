/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_BODY_H
#define TG_CORE_COAP_COAP_BODY_H

/**
 * Bodies longer than a block while they are assembled or served (RFC 7959): a bounded pool, bounded bytes, one timer each.
 * Private to core/coap.
 */

#include "core/coap/coap_peer.h"

/** What a body is for. */
typedef enum tg_coap_body_kind {
  TG_COAP_BODY_REQUEST_IN, /* Block1, we are the server */
  TG_COAP_BODY_REPLY_OUT,  /* Block2, we are the server */
  TG_COAP_BODY_ANSWER_IN,  /* Block2, we are the client; owned by an exchange, which keeps the time */
} tg_coap_body_kind_t;

enum { TG_COAP_BODY_IDLE_MS = 247000, TG_COAP_BODY_ETAG = 8 };

/** One body. */
typedef struct tg_coap_body {
  tg_timer_t timer; /* first; its ud is the engine */
  uint8_t *p;
  size_t len;
  size_t cap;
  uint64_t key;     /* digest of method, path, query and tag */
  uint64_t variant; /* reply: tg_coap_opts_variant() of its request */
  uint32_t peer_ref;
  uint32_t next_ref; /* of the peer */
  int32_t content_format;
  uint16_t first_mid; /* request: message id of block 0 */
  uint8_t kind;
  uint8_t code; /* reply */
  uint8_t etag_len;
  uint8_t etag[TG_COAP_BODY_ETAG];
} tg_coap_body_t;

/** What later blocks of an answer are found by. */
typedef struct tg_coap_body_name {
  uint64_t key;     /* tg_coap_opts_digest() without the tag */
  uint64_t variant; /* tg_coap_opts_variant() */
} tg_coap_body_name_t;

/** State; private. */
typedef struct tg_coap_bodies {
  tg_pool_t pool;
  size_t bytes;
} tg_coap_bodies_t;

/** Makes the pool. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_coap_body_init(tg_coap_bodies_t *bodies, uint32_t max);

/** Frees pool and bodies. */
void tg_coap_body_fini(tg_coap_bodies_t *bodies);

/** A new empty body of @p peer; NULL over the caps (per peer, pool). */
tg_coap_body_t *tg_coap_body_new(tg_coap_t *coap, tg_coap_peer_t *peer, tg_coap_body_kind_t kind, uint64_t key);

/** The reply kept for @p peer under that key and variant, with @p variant 0 the youngest of that key; or NULL. */
tg_coap_body_t *tg_coap_body_find_reply(tg_coap_t *coap, const tg_coap_peer_t *peer, uint64_t key, uint64_t variant);

/** The body of @p peer of that kind and key, or NULL. */
tg_coap_body_t *tg_coap_body_find(tg_coap_t *coap, const tg_coap_peer_t *peer, tg_coap_body_kind_t kind, uint64_t key);

/** Appends @p part; @p max is the longest body. TG_E_TOO_LONG; TG_E_FULL over the bytes of all bodies; TG_E_NOMEM. Restarts the idle time. */
TG_MUST_CHECK tg_rc_t tg_coap_body_append(tg_coap_t *coap, tg_coap_body_t *body, tg_slice_t part, size_t max);

/** Restarts the idle time of a served body. */
void tg_coap_body_touch(tg_coap_t *coap, tg_coap_body_t *body);

/** Frees @p body; NULL is allowed. */
void tg_coap_body_free(tg_coap_t *coap, tg_coap_body_t *body);

/** Frees every body of @p peer that no exchange owns. */
void tg_coap_body_free_all(tg_coap_t *coap, tg_coap_peer_t *peer);

#endif
