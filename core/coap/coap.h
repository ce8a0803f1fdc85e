/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_H
#define TG_CORE_COAP_COAP_H

/**
 * The exchange layer: CoAP's message and request layer over links, both roles on the same peer (RFC 7252, 7641, 7959, 7967, 8132, 9175). It never
 * sees a socket. Peers, exchanges, deduplication entries, block transfers, observations and held replies are bounded pools found
 * in O(1); nothing is allocated per message on the hot path. Time and randomness come from the configuration.
 */

#include "core/base/pool.h"
#include "core/base/random.h"
#include "core/codec/coap_msg.h"
#include "core/link/link.h"
#include "core/loop/wheel.h"

typedef struct tg_coap tg_coap_t;

/** A request from a peer, body complete. Everything is lent for the call. */
typedef struct tg_coap_request {
  tg_id_t peer;
  tg_link_t *link;
  const tg_coap_msg_t *msg; /* options; the payload is in `body` */
  tg_slice_t body;
  int content_format; /* TG_CF_NONE when absent */
  int accept;         /* TG_CF_NONE when absent */
  int observe;        /* of a GET or FETCH: 0 wants to observe, 1 has just stopped; else -1 */
  bool confirmable;
} tg_coap_request_t;

/** Answer to a request, filled in by the handler. Begins as {code 0, TG_CF_NONE, no payload …}; code 0 sends nothing (an empty ACK for a CON). */
typedef struct tg_coap_reply {
  uint8_t code;
  int content_format;
  tg_slice_t
      payload; /* copied when the handler returns, unless lent; longer than a block: served block-wise (Block2) */
  tg_slice_t location[2]; /* Location-Path segments; unused ones empty */
  uint32_t max_age;       /* seconds; written with 5.03 and 4.29 */
  tg_buf_t *body;         /* the engine's buffer (cleared, 64 KiB) for handlers that must build a payload */
  uint64_t observed; /* not 0, with request->observe 0 and a 2.xx code: the peer is to observe what has this number */
  bool hold;         /* keep the answer back until tg_coap_release() of `ticket` */
  uint64_t ticket;
  bool
      lent; /* GET, FETCH: payload is there for every request of it, however long: the handler is called for each block, which is cut from it; nothing is kept. Up to 2^20 blocks, else 4.00 */
  tg_slice_t etag; /* with lent: 1–8 bytes that name this state of it; a peer that meets another begins anew */
  bool yields;     /* with hold: only telemetry hangs on it; see tg_coap_refuse() */
} tg_coap_reply_t;

/** Seam: answers requests. */
typedef void (*tg_coap_handler_fn)(void *ud, const tg_coap_request_t *request, tg_coap_reply_t *reply);

/** Seam: an observer of ours is gone: it stopped, was reset, did not answer, or its peer was forgotten. It may send, not forget peers. */
typedef void (*tg_coap_unobserved_fn)(void *ud, uint64_t observed, tg_id_t peer);

/** What came back for a request of ours, or a notification. Lent for the call. */
typedef struct tg_coap_result {
  tg_rc_t
      rc; /* TG_OK: a response (any code); TG_E_TIMEOUT, TG_E_RESET, TG_E_LINK, TG_E_CANCELLED, TG_E_TOO_LONG (body over the cap), TG_E_SYNTAX … */
  uint8_t code;
  int content_format;
  tg_slice_t body; /* complete, whatever the number of blocks */
  /* With TG_E_LINK: the bearer says that the peer sleeps, and nothing of this request has reached it; with TG_E_CANCELLED: nothing of it was given to the link. */
  bool unsent;
  bool confirmable;       /* of the (last) message */
  tg_slice_t location[2]; /* Location-Path segments of a 2.01 */
  bool observing;         /* the observation stands (Observe option in a successful answer) */
  tg_id_t observation;    /* then its id */
  tg_id_t peer;           /* who sent it */
  tg_coap_reply_t *
      reply; /* NULL, or: done() of an observation that was granted by a confirmable message. As in a notification, hold and ticket delay its ACK, and with an error in code it has none and comes again */
} tg_coap_result_t;

/** Seam: the end of an exchange; called exactly once for each accepted tg_coap_send(). */
typedef void (*tg_coap_done_fn)(void *ud, const tg_coap_result_t *result);

/** Seam: the peer has taken so many bytes of the body of a request of ours. @p ud is that of done(). */
typedef void (*tg_coap_progress_fn)(void *ud, size_t sent);

/** Seam: a fresh notification. Set reply->hold and ticket to delay the ACK of a confirmable one; an error in reply->code leaves it without one, so that it comes again. One in blocks is told when all are there, and what became of them where they can't be had. Before that with TG_E_AGAIN and no body, where its sender gets impatient: the ACK in @p reply is then the last word it needs from us, whatever becomes of the rest. */
typedef void (*tg_coap_notify_fn)(void *ud, uint64_t cookie, const tg_coap_result_t *result, tg_coap_reply_t *reply);

/** Seam: a bearer says whether @p peer can be reached (link.h, reach; times are monotonic). It may send, not forget peers. */
typedef void (*tg_coap_reach_fn)(void *ud, tg_id_t peer, tg_link_reach_t reach, uint64_t until_ms);

/** What to do with a notification whose token is known and whose NoSec address is not the one observed (spec: rebinding). */
typedef enum tg_coap_rebind { TG_COAP_REBIND_NEVER, TG_COAP_REBIND_SAME_HOST, TG_COAP_REBIND_ANY } tg_coap_rebind_t;

/** Transmission parameters of a link profile (RFC 7252 §4.8); a peer may have its own. */
typedef struct tg_coap_params {
  uint32_t ack_timeout_ms;     /* 2000 */
  uint32_t ack_random_percent; /* 150 */
  uint8_t max_retransmit;      /* 4 */
  uint8_t nstart;              /* 1 */
  uint8_t block_szx;           /* largest block we offer: 6 = 1024 bytes */
  uint32_t
      response_timeout_ms; /* after the ACK, for a separate response: 93,000; block transfers restart it with every block */
  uint32_t max_latency_s; /* handed to the link with requests */
} tg_coap_params_t;

/** Caps that can't be set. */
enum {
  TG_COAP_SEGMENTS_MAX = 8, /* of a path; over it 4.04 */
  TG_COAP_DEDUP_PER_PEER = 16,
  TG_COAP_BODY_PER_PEER = 16,
  TG_COAP_OBSERVERS_PER_PEER = 64
};

/** Caps (security.md §6); 0 takes the default in brackets. */
typedef struct tg_coap_limits {
  uint32_t peers;              /* [131072] unpinned ones are recycled, least recently used first */
  uint32_t exchanges;          /* outstanding requests of ours [65536] */
  uint32_t exchanges_per_peer; /* waiting behind NSTART [64] */
  uint32_t dedup;              /* remembered messages [65536], 16 a peer, 247 s */
  uint32_t transfers;          /* block-wise bodies being assembled or served [1024], 16 a peer */
  uint32_t observations;       /* [131072] */
  uint32_t
      observers; /* others' observations of ours [16384], 64 a peer; over it a request to observe is a plain read */
  uint32_t held; /* replies waiting for a ticket [16384] */
  size_t request_body;   /* [65536] larger: 4.13 with Size1 */
  size_t response_body;  /* [262144] */
  size_t transfer_bytes; /* all assemblies together [4 MiB] */
  uint32_t
      amplification; /* [0: off] an address that has proved nothing gets at most so many times its request's bytes, or 136; then 4.01 with Echo */
  uint32_t
      requests_per_peer; /* [0: off] a second, in bursts of two seconds' worth; what is over is dropped without an answer. See coap_rate.h */
} tg_coap_limits_t;

typedef struct tg_coap_config {
  tg_wheel_t *wheel; /* kept; its time is the engine's */
  tg_random_fn random;
  void *random_ud;
  tg_coap_handler_fn handler;
  tg_coap_notify_fn notify;
  tg_coap_unobserved_fn unobserved; /* may be NULL */
  tg_coap_reach_fn reach;           /* may be NULL */
  void *ud;                         /* of handler, notify, unobserved and reach */
  tg_coap_rebind_t rebind;
  const char *
      urgent; /* kept; first segment of the paths that a peer still reaches when it has sent too many other requests; NULL: none */
  tg_coap_limits_t limits;
} tg_coap_config_t;

/** Counters; one name each, in coap_stats.def order. */
typedef struct tg_coap_stats {
#define TG_COAP_STAT(name, text) uint64_t name;
#include "core/coap/coap_stats.def"
#undef TG_COAP_STAT
} tg_coap_stats_t;

/** Makes an engine; NULL without memory. @p config is copied. */
tg_coap_t *tg_coap_new(const tg_coap_config_t *config);

/** Ends every exchange with TG_E_CANCELLED and frees the engine; links are detached, not closed. NULL is allowed. */
void tg_coap_free(tg_coap_t *coap);

/** Defaults of RFC 7252 for links with retransmission, and of bearers with delivery reports for others (non-ip.md §1.4). */
void tg_coap_params_default(const tg_link_t *link, tg_coap_params_t *params);

/** Attaches @p link (kept until tg_coap_free()). At most 16. TG_E_FULL. */
TG_MUST_CHECK tg_rc_t tg_coap_add_link(tg_coap_t *coap, tg_link_t *link, const tg_coap_params_t *params);

/** Writes out what links gathered; call at the end of each loop turn. */
void tg_coap_flush(tg_coap_t *coap);

/** The peer at @p addr on @p link, made if need be. TG_E_FULL; TG_E_ARG for a link that is not attached. */
TG_MUST_CHECK tg_rc_t tg_coap_peer(tg_coap_t *coap, tg_link_t *link, const tg_addr_t *addr, tg_id_t *peer);

/** Link and address of @p peer (lent until the next call of this function), or false when it is gone. */
bool tg_coap_peer_addr(const tg_coap_t *coap, tg_id_t peer, tg_link_t **link, const tg_addr_t **addr);

/** Blocks from and to @p peer have at most 16 << @p szx bytes from now on; 6 and more: as its link has them. Stale ids are ignored. */
void tg_coap_peer_blocks(tg_coap_t *coap, tg_id_t peer, uint8_t szx);

/** Keeps @p peer from being recycled (counted); tg_coap_unpin() releases. Stale ids are ignored. */
void tg_coap_pin(tg_coap_t *coap, tg_id_t peer);

/** Releases one tg_coap_pin(). */
void tg_coap_unpin(tg_coap_t *coap, tg_id_t peer);

/** Values of No-Response (RFC 7967 §2.1), to be combined. */
enum { TG_COAP_NO_2XX = 2, TG_COAP_NO_4XX = 8, TG_COAP_NO_5XX = 16 };

/** The longest payload of a request: the smallest blocks can count so far (RFC 7959 §2.2). */
enum { TG_COAP_PAYLOAD_MAX = 16 << 20 };

/** A request to a peer. Slices and strings are copied, unless the payload is lent. */
typedef struct tg_coap_call {
  tg_id_t peer;
  uint8_t method;
  bool non_confirmable;
  const char *path;  /* `/3/0/0` or `/lwm2m/3/0/0`; segments are sent as they stand */
  const char *query; /* `pmin=1&pmax=60`, or NULL */
  int accept;        /* TG_CF_NONE: no option */
  int content_format;
  tg_slice_t payload; /* longer than a block: sent block-wise (Block1) */
  int observe;        /* -1 none, 0 register, 1 cancel */
  uint8_t token[8];   /* used when token_len is not 0: cancel by the observation's token */
  uint8_t token_len;
  uint8_t priority;       /* 0 bulk … 3 interactive: the order behind NSTART */
  uint32_t timeout_ms;    /* whole exchange without progress; 0 = from the parameters */
  uint32_t max_latency_s; /* how long a bearer that keeps datagrams may keep each; 0 = from the parameters */
  uint64_t cookie;        /* with observe 0: handed to notify */
  uint8_t
      no_response; /* TG_COAP_NO_… bits: classes of answers not wanted (RFC 7967); one that does not come ends in TG_OK with code 0 */
  bool
      lent; /* payload is not copied: it stays as it is until done(). In blocks its Request-Tag says what it is, the same in every process; it lets others of its priority pass */
  size_t
      first_at; /* with lent, in blocks: bytes that the peer has from an earlier try of the same body; begins with the block in which they end, or at 0 where that is answered 4.08 */
  uint32_t
      patience_ms; /* bodies in blocks, GET and FETCH: a message that got no answer is sent as a new one until nothing went for so long; 0 = it ends in TG_E_TIMEOUT. The last block of a body goes as the same message as long as the peer may remember it; when it then goes as another and is answered 4.08, that is the end: the peer may have had all */
  tg_coap_progress_fn
      progress; /* told when the peer has taken a block of payload, and all of it with a 2.xx; a restart is not told. It may end the exchange. May be NULL */
  tg_coap_done_fn done; /* not NULL */
  void *ud;
} tg_coap_call_t;

/** Queues a request. On TG_OK done() is called exactly once, never from inside this call. TG_E_GONE (peer), TG_E_FULL, TG_E_NOMEM, TG_E_ARG. */
TG_MUST_CHECK tg_rc_t tg_coap_send(tg_coap_t *coap, const tg_coap_call_t *call, tg_id_t *exchange);

/** Ends an exchange: done() comes with TG_E_CANCELLED before this returns. Stale ids are ignored. */
void tg_coap_cancel(tg_coap_t *coap, tg_id_t exchange);

/** The peer of @p exchange is somewhere else now: nothing more goes to where it was, and nobody waits behind this there. done() comes with TG_E_CANCELLED before this returns; but where something has gone already and @p grace_ms is not 0, an answer is still taken for so long. Stale ids are ignored. */
void tg_coap_leave(tg_coap_t *coap, tg_id_t exchange, uint32_t grace_ms);

/** An observation as it is kept in the store. */
typedef struct tg_coap_observation {
  tg_id_t peer;
  uint8_t token[8];
  uint64_t cookie;
  const char *
      path; /* copied; what the rest of a block-wise notification is fetched with; NULL: it can't be (notify() gets TG_E_STATE) */
  const char *query;  /* copied; NULL = none. tg_coap_observation_get() leaves both NULL */
  int accept;         /* with path: TG_CF_NONE = no option */
  uint8_t method;     /* TG_COAP_FETCH; anything else is GET */
  int content_format; /* with FETCH: of its payload */
  tg_slice_t payload; /* with FETCH; copied. tg_coap_observation_get() leaves it empty */
} tg_coap_observation_t;

/** Restores an observation after a restart: notifications with its token are understood again. TG_E_FULL, TG_E_EXISTS. */
TG_MUST_CHECK tg_rc_t tg_coap_observation_add(tg_coap_t *coap, const tg_coap_observation_t *obs, tg_id_t *id);

/** What an observation is; false when gone. */
bool tg_coap_observation_get(const tg_coap_t *coap, tg_id_t id, tg_coap_observation_t *obs);

/** Moves an observation to another peer (the device's address changed); what of it is being fetched is fetched anew from there. */
void tg_coap_observation_move(tg_coap_t *coap, tg_id_t id, tg_id_t peer);

/** Forgets an observation: the next notification is reset (RFC 7641 §3.6). Nothing is sent now. */
void tg_coap_observation_del(tg_coap_t *coap, tg_id_t id);

/**
 * Sends @p reply (copied) as a notification to every observer of @p observed (RFC 7641 §4); a code that is not 2.xx ends the
 * observations. Every tenth is confirmable, and one a day, and all with @p confirmable; while one waits for its ACK only the newest
 * that follows it is kept. Members location, max_age, hold are not used. @return how many observers there are
 */
uint32_t tg_coap_observer_notify(tg_coap_t *coap, uint64_t observed, const tg_coap_reply_t *reply, bool confirmable);

/** Sends (rc TG_OK) or drops (otherwise: a request gets rc's CoAP code with Max-Age, a notification no ACK) every held answer with a ticket up to @p ticket. */
void tg_coap_release(tg_coap_t *coap, uint64_t ticket, tg_rc_t rc);

/** Refuses the answers of exactly @p ticket, the youngest there is, with @p rc: nothing of what they would acknowledge is kept. Notifications stay without ACK. @p all: false leaves those that do not yield. */
void tg_coap_refuse(tg_coap_t *coap, uint64_t ticket, tg_rc_t rc, bool all);

/** Ends exchanges, observations, transfers of @p peer; done() comes with TG_E_CANCELLED. */
void tg_coap_peer_forget(tg_coap_t *coap, tg_id_t peer);

/** Counters as of now. */
void tg_coap_stats(const tg_coap_t *coap, tg_coap_stats_t *stats);

/** The limits in force, defaults filled in. */
void tg_coap_limits(const tg_coap_t *coap, tg_coap_limits_t *limits);

#endif
