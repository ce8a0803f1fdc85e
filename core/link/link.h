/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_H
#define TG_CORE_LINK_LINK_H

/**
 * The link seam: a bearer moves datagrams between this process and peers. A link is a table of operations; what happens on it is
 * told through a table of events. A link never looks into a datagram.
 */

#include "core/base/buf.h"

typedef struct tg_link tg_link_t;

/** Longest address of any link (UDP: family, address, port, scope; NIDD: an External Identifier). */
#define TG_ADDR_MAX 128

/** A peer's address in the link's own bytes: equal bytes, same peer. */
typedef struct tg_addr {
  uint8_t len;
  uint8_t b[TG_ADDR_MAX];
} tg_addr_t;

/** How urgent and how patient a datagram is. */
typedef struct tg_link_send {
  const tg_addr_t *peer;  /* borrowed */
  tg_slice_t datagram;    /* borrowed: the link copies what it can't send at once */
  uint32_t max_latency_s; /* how long the bearer may hold it; 0 = now or never */
  uint8_t priority;       /* 0 bulk … 3 interactive */
  bool expects_reply;     /* a request (a bearer may keep its downlink open) */
} tg_link_send_t;

/** What became of a datagram. */
typedef enum tg_link_tx {
  TG_LINK_TX_QUEUED,
  TG_LINK_TX_BUFFERED,
  TG_LINK_TX_SENT,
  TG_LINK_TX_ACKED,
  TG_LINK_TX_FAILED
} tg_link_tx_t;

/** Whether a peer can be reached. */
typedef enum tg_link_reach {
  TG_LINK_UP, /* nothing speaks against sending: it was just heard, something just reached it, or nobody knows better */
  TG_LINK_DOWN,   /* nothing reaches it until UP is told */
  TG_LINK_WINDOW, /* it listens until the time that is told */
  TG_LINK_HELD /* it sleeps: the bearer keeps what was sent to it, or has just given up; until the time that is told, 0 = nobody knows */
} tg_link_reach_t;

/** Receiver of what happens on a link; every pointer is lent for the call. Set with tg_link_attach() by the exchange layer. */
typedef struct tg_link_events {
  void (*rx)(void *ud, tg_link_t *link, const tg_addr_t *peer, tg_slice_t datagram);
  /** Later news of a datagram by the handle of send(); @p retry_at_ms (monotonic) 0 = not said. Only links with delivery reports call it. */
  void (*tx)(void *ud, tg_link_t *link, uint64_t handle, tg_link_tx_t status, uint64_t retry_at_ms);
  /** Comes before the rx() and tx() that belong to it, never from inside send() or cancel(). @p until_ms is monotonic. Only links that know call it. */
  void (*reach)(void *ud, tg_link_t *link, const tg_addr_t *peer, tg_link_reach_t reach, uint64_t until_ms);
  /** The largest datagram that reaches @p peer now, in bytes. */
  void (*limits)(void *ud, tg_link_t *link, const tg_addr_t *peer, size_t mtu);
} tg_link_events_t;

/** What a kind of link can do. All functions run on the loop's thread. */
typedef struct tg_link_ops {
  const char *kind; /* `udp`, `nidd` … */
  /** Sends; @p handle is set to a number not 0 when tx() reports will follow, else 0. TG_OK (sent or queued), TG_E_TOO_LONG over the MTU, TG_E_LINK, TG_E_FULL, TG_E_NOT_FOUND (no such peer). */
  tg_rc_t (*send)(tg_link_t *link, const tg_link_send_t *send, uint64_t *handle);
  /** Takes a datagram back if it has not left yet; no tx() comes afterwards. */
  void (*cancel)(tg_link_t *link, uint64_t handle);
  /** Writes out what send() gathered; called at the end of a turn. May be NULL. */
  void (*flush)(tg_link_t *link);
  /** Appends the address as people write it: `127.0.0.1:5683`, `meter1@iot.example.com`. */
  void (*put_addr)(const tg_link_t *link, const tg_addr_t *peer, tg_buf_t *out);
  /** Reads put_addr()'s text. TG_E_SYNTAX. */
  tg_rc_t (*parse_addr)(const tg_link_t *link, tg_slice_t text, tg_addr_t *peer);
  /** The identity that the bearer itself vouches for (External Identifier, DevEUI); empty when it vouches for nothing (UDP). Lent. */
  tg_slice_t (*identity)(const tg_link_t *link, const tg_addr_t *peer);
  /** Closes and frees the link. */
  void (*close)(tg_link_t *link);
} tg_link_ops_t;

/** What every link begins with; a kind embeds it as its first member. */
struct tg_link {
  const tg_link_ops_t *ops;
  const tg_link_events_t *events;
  void *events_ud;
  const char *name; /* from the configuration: `udp0`, `nb-iot`; unique, kept by the owner */
  size_t mtu;       /* largest datagram in bytes */
  char binding;     /* LwM2M binding letter: U, N, S, T */
  bool reports_tx;  /* tx() tells delivery: the exchange layer's timer waits for it */
};

/** Sets who is told what happens; @p events is kept. */
static inline void tg_link_attach(tg_link_t *link, const tg_link_events_t *events, void *ud) {
  link->events = events;
  link->events_ud = ud;
}

#endif
