/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_EXCHANGE_H
#define TG_CORE_COAP_COAP_EXCHANGE_H

/** Requests of ours from tg_coap_send() to done(): queue behind NSTART, token, end. Private to core/coap. */

#include "core/coap/coap_body.h"
#include "core/coap/coap_flight.h"
#include "core/coap/coap_opts.h"

enum { TG_COAP_TOKEN = 8, TG_COAP_RESTARTS = 2 };

/** One request of ours, with all its blocks. */
typedef struct tg_coap_exchange {
  tg_coap_flight_t flight; /* first */
  uint32_t prev_ref;       /* in the peer's list of waiting or of running exchanges */
  uint32_t next_ref;
  uint8_t token[TG_COAP_TOKEN];
  tg_coap_done_fn done;
  void *ud;
  uint64_t cookie;
  tg_id_t observation; /* the one that this exchange has founded or renewed, or none */
  uint8_t *heap;       /* owned: path, NUL, query, NUL, payload unless it is lent, echo */
  const uint8_t *lent; /* the payload, the caller's until done(); NULL: it is in `heap` */
  size_t payload_len;
  tg_coap_progress_fn progress;
  uint64_t went_ms;     /* when a block went last: where patience counts from */
  uint32_t patience_ms; /* 0: a message that got no answer is the end */
  uint16_t path_len;
  uint16_t query_len;
  int accept;
  int content_format;
  uint32_t timeout_ms;
  size_t out_at; /* Block1: offset of the block in flight */
  tg_id_t body;  /* Block2: what came so far */
  uint8_t method;
  int8_t observe;
  uint8_t out_szx; /* Block1 */
  uint8_t in_szx;  /* Block2 */
  uint8_t restarts;
  uint8_t echo_len;     /* the peer has asked for this Echo (RFC 9175 §2.3) */
  uint8_t challenges;   /* how often it did for this message */
  uint8_t no_response;  /* TG_COAP_NO_… bits */
  uint32_t turn;        /* when it began to wait, counted */
  uint32_t request_tag; /* of the block-wise request that is under way (RFC 9175 §3.3) */
  bool has_own_token;   /* the caller's: it stays the same */
  bool is_started;      /* in the running list */
  bool is_counted;      /* against NSTART */
  bool is_doomed;       /* will be cancelled presently */
  bool is_left;         /* its peer is somewhere else: no more is sent, only an answer that is on its way is taken */
  bool has_gone;        /* a message of it was given to the link, before the one in flight */
  bool has_token;       /* in the token table */
  bool is_out_blocked;  /* Block1 is in use */
  bool is_resuming;     /* Block1: the peer has not said yet that it has what lies before out_at */
  bool is_again;        /* the message is one that was sent before under another id: no answer came */
  bool is_same;         /* the next message is the last one once more, with its id and token */
  bool is_anew;         /* the body begins once more: that is another operation, with another tag */
  bool asks_block;      /* Block2: a block after the first is asked for */
} tg_coap_exchange_t;

/** Seam: nothing of ours waits for an ACK of @p peer just now, and it has_notice: a confirmable notification may go. */
typedef void (*tg_coap_notice_turn_fn)(tg_coap_t *coap, tg_coap_peer_t *peer);

/** State; private. */
typedef struct tg_coap_exchanges {
  tg_pool_t pool;
  tg_hidx_t tokens;
  uint32_t next_tag; /* Request-Tags count from a random start: none comes again soon */
  uint32_t next_turn;
  tg_coap_notice_turn_fn notice_turn;
} tg_coap_exchanges_t;

/** Makes the pool. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_coap_exchange_init(tg_coap_exchanges_t *exchanges, uint32_t max);

/** Frees the pool; every exchange was ended before. */
void tg_coap_exchange_fini(tg_coap_exchanges_t *exchanges);

/** The exchange whose flight this is. */
tg_coap_exchange_t *tg_coap_exchange_of(tg_coap_flight_t *flight);

/** Ends @p exchange: it leaves every table, then done() is called with @p result, then what waits behind it starts. */
void tg_coap_exchange_finish(tg_coap_t *coap, tg_coap_exchange_t *exchange, const tg_coap_result_t *result);

/** Ends it without a response. */
void tg_coap_exchange_fail(tg_coap_t *coap, tg_coap_exchange_t *exchange, tg_rc_t rc);

/** Its empty ACK came: a separate response is to come; the next exchange of the peer may start (RFC 7252 §4.7). */
void tg_coap_exchange_acked(tg_coap_t *coap, tg_coap_exchange_t *exchange);

/**
 * Sends the next message of an exchange: new message id and token. Behind NSTART if an empty ACK let others pass; what is more
 * urgent and waits passes now.
 */
void tg_coap_exchange_continue(tg_coap_t *coap, tg_coap_exchange_t *exchange);

/** Ends every exchange of @p peer with TG_E_CANCELLED. */
void tg_coap_exchange_cancel_all(tg_coap_t *coap, tg_coap_peer_t *peer);

/**
 * An exchange that fetches the rest of a notification's body, by GET or FETCH; the fields of @p call are as in tg_coap_send().
 * @p body (taken on TG_OK) holds the first block, which came in blocks of @p szx; NULL: that is fetched, too. TG_E_FULL, TG_E_NOMEM.
 */
TG_MUST_CHECK tg_rc_t tg_coap_exchange_fetch(tg_coap_t *coap, const tg_coap_call_t *call, tg_coap_body_t *body,
                                             uint8_t szx, tg_id_t *id);

/** Starts what waits for @p peer, as far as it may: an answer to it that was held back is out. */
void tg_coap_exchange_go_on(tg_coap_t *coap, tg_coap_peer_t *peer);

#endif
