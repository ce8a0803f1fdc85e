/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_COAP_COAP_FLIGHT_H
#define TG_CORE_COAP_COAP_FLIGHT_H

/**
 * The message layer of what we send ourselves (RFC 7252 §4.2): a message in flight, its retransmissions, the bearer's delivery
 * reports. Used by requests (coap_exchange.c), separate responses (coap_held.c) and notifications (coap_observer.c), which embed a
 * flight as their first member. Private to core/coap.
 */

#include "core/coap/coap_peer.h"

typedef struct tg_coap_flight tg_coap_flight_t;

/** What the owner of a flight does for it. */
typedef struct tg_coap_flight_ops {
  /** Writes the message; the same bytes each time. */
  void (*write)(tg_coap_t *coap, tg_coap_flight_t *flight, tg_buf_t *out);
  /** The end: TG_E_TIMEOUT, TG_E_LINK, TG_E_ASLEEP (the bearer says that the peer sleeps, and nothing has reached it), TG_E_TOO_LONG, TG_E_NOT_FOUND. The flight is out of all lists. */
  void (*lost)(tg_coap_t *coap, tg_coap_flight_t *flight, tg_rc_t rc);
} tg_coap_flight_ops_t;

/** How the timer is to be read. */
typedef enum tg_coap_flight_state {
  TG_COAP_FLIGHT_IDLE,
  TG_COAP_FLIGHT_RUNNING, /* sent; the timer counts to the retransmission */
  TG_COAP_FLIGHT_PAUSED,  /* the bearer keeps it; nothing but the deadline counts */
  TG_COAP_FLIGHT_PARKED,  /* not sent: the bearer names a time, or the peer is down */
  TG_COAP_FLIGHT_WAITING, /* delivered, or not confirmable: only the deadline counts */
  TG_COAP_FLIGHT_FAILED,  /* the link refused it; told from the timer */
} tg_coap_flight_state_t;

/** One message in flight. */
struct tg_coap_flight {
  tg_timer_t timer; /* first; its ud is the engine */
  const tg_coap_flight_ops_t *ops;
  tg_coap_flight_t *next; /* of the peer */
  uint64_t handle;        /* of the link's reports; 0 = none */
  uint64_t give_up_ms;    /* 0 = when the retransmissions are used up */
  uint64_t act_ms;        /* next retransmission or try */
  uint32_t peer_ref;
  uint32_t ref; /* the owner: pool slot + 1, the top bits say of what */
  uint32_t interval_ms;
  uint32_t max_latency_s; /* how long the bearer may keep it; 0 = from the parameters */
  uint16_t mid;
  uint8_t state; /* tg_coap_flight_state_t */
  uint8_t sent;  /* transmissions so far */
  uint8_t fail_rc;
  uint8_t priority;
  bool is_confirmable;
  bool is_request;
  bool is_listed;
  bool was_out; /* the bearer reported a transmission of it as sent */
};

/** Top bit of a flight's ref: it belongs to a held reply. */
#define TG_COAP_FLIGHT_HELD UINT32_C(0x80000000)

/** Second bit: it belongs to an observer. */
#define TG_COAP_FLIGHT_OBSERVER UINT32_C(0x40000000)

/** Sends @p flight for the first time and keeps it going. Members peer_ref, ref, ops, mid, priority, is_… are set; give_up_ms may be. */
void tg_coap_flight_start(tg_coap_t *coap, tg_coap_flight_t *flight);

/** Stops it: no retransmission, no report, no timer; a datagram that the link still has is taken back. */
void tg_coap_flight_stop(tg_coap_t *coap, tg_coap_flight_t *flight);

/** Nothing more of @p flight is sent, and what the link still has of it is taken back; its answer is taken until @p give_up_ms, when it is lost. */
void tg_coap_flight_quiet(tg_coap_t *coap, tg_coap_flight_t *flight, uint64_t give_up_ms);

/** Nothing is to be sent (not yet, or it arrived): only the deadline @p give_up_ms counts, 0 = none. */
void tg_coap_flight_wait(tg_coap_t *coap, tg_coap_flight_t *flight, uint64_t give_up_ms);

/** The flight of @p peer with message id @p mid, or NULL. */
tg_coap_flight_t *tg_coap_flight_find(const tg_coap_peer_t *peer, uint16_t mid);

/** Seam of links: news of a datagram (link.h, tx). */
void tg_coap_flight_on_tx(void *ud, tg_link_t *link, uint64_t handle, tg_link_tx_t status, uint64_t retry_at_ms);

/** Seam of links: reachability (link.h, reach). */
void tg_coap_flight_on_reach(void *ud, tg_link_t *link, const tg_addr_t *addr, tg_link_reach_t reach,
                             uint64_t until_ms);

/** Seam of links: datagram size (link.h, limits). */
void tg_coap_flight_on_limits(void *ud, tg_link_t *link, const tg_addr_t *addr, size_t mtu);

#endif
