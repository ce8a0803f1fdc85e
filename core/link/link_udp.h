/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_UDP_H
#define TG_CORE_LINK_LINK_UDP_H

/**
 * The link over UDP: one bound socket, IPv4 or IPv6, many datagrams a system call. Two links make a dual stack.
 *
 * An address is the bytes of IP address, port (both in network order) and, for IPv6, scope id where it is not 0; on a link that
 * is bound to the wildcard address the local address stands behind them, so that a peer is answered from the address it asked.
 */

#include "core/base/diag.h"
#include "core/link/link.h"
#include "core/loop/loop.h"

/** Datagrams longer than this are dropped and counted. */
#define TG_LINK_UDP_DATAGRAM 2048

/**
 * The receive buffer that is asked for. The kernel counts against twice as much what it keeps of a datagram: 0.8 kB of a short one over
 * loopback, 2.3 kB behind a network card with buffers of 2 kB. So it holds what 30,000 datagrams a second bring while nobody reads
 * for 100 ms, 3,000 of them (6.9 MB).
 */
#define TG_LINK_UDP_RCVBUF (4U << 20)

/** Where to listen. */
typedef struct tg_link_udp_config {
  const char *name; /* kept: the configuration outlives the link */
  const char *host; /* an IPv4 or IPv6 literal; `0.0.0.0` or `::` for every address */
  uint16_t port;    /* 0: the kernel chooses */
  uint32_t rcvbuf;  /* receive buffer in bytes; 0 = TG_LINK_UDP_RCVBUF; the kernel may give less, which is logged */
  uint32_t mtu;     /* largest datagram that is sent; 0 = 1280 */
} tg_link_udp_config_t;

/** Counters. */
typedef struct tg_link_udp_stats {
  uint64_t rx;
  uint64_t tx;
  uint64_t rx_truncated; /* longer than TG_LINK_UDP_DATAGRAM */
  uint64_t rx_empty;
  uint64_t tx_failed;  /* refused by the kernel */
  uint64_t tx_dropped; /* the queue was full */
  uint64_t rx_dropped; /* by the kernel, whose receive buffer was full */
  uint32_t rcvbuf;     /* bytes of that buffer, as it was given */
  uint32_t rcvbuf_max; /* as it was asked for */
} tg_link_udp_stats_t;

/**
 * Opens and binds a socket on @p loop (kept). Close with link->ops->close().
 * @param diag  says what is wrong, for people; may be NULL
 * @return TG_OK; TG_E_CONFIG for a host that is no literal; TG_E_IO when the address can't be bound; TG_E_NOMEM
 */
TG_MUST_CHECK tg_rc_t tg_link_udp_open(tg_loop_t *loop, const tg_link_udp_config_t *config, tg_diag_t *diag,
                                       tg_link_t **link);

/** The port that a link of tg_link_udp_open() is bound to. */
uint16_t tg_link_udp_port(const tg_link_t *link);

/** Counters as of now. @return false for a link of another kind */
bool tg_link_udp_stats(const tg_link_t *link, tg_link_udp_stats_t *stats);

#endif
