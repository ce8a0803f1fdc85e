/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_UDP_SOCKET_H
#define TG_CORE_LINK_LINK_UDP_SOCKET_H

/** The socket of a UDP link: bound, with its options and its receive buffer. Private to link_udp.c. */

#include "core/link/link_udp_addr.h"

/** What is opened. */
typedef struct tg_link_udp_socket {
  int fd;
  uint16_t port;   /* bound to */
  uint32_t rcvbuf; /* bytes of the receive buffer, as it was given */
} tg_link_udp_socket_t;

/** Whether @p addr stands for every address of its family. */
bool tg_link_udp_socket_is_wildcard(const tg_link_udp_addr_t *addr);

/**
 * Opens a socket that does not block, bound to @p addr; on a wildcard address it tells the local address of each datagram. @p rcvbuf is asked
 * for beyond net.core.rmem_max where the process may (CAP_NET_ADMIN, socket(7) SO_RCVBUFFORCE), else up to that. Close fd.
 * @return TG_E_IO with errno saying why, and nothing is open
 */
TG_MUST_CHECK tg_rc_t tg_link_udp_socket_open(const tg_link_udp_addr_t *addr, uint32_t rcvbuf,
                                              tg_link_udp_socket_t *opened);

/** Datagrams that the kernel had no room for since the socket was opened (SO_MEMINFO, Linux 4.12); the number wraps. 0 where the kernel does not tell. */
uint32_t tg_link_udp_socket_drops(int fd);

#endif
