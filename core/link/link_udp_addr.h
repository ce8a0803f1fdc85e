/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_UDP_ADDR_H
#define TG_CORE_LINK_LINK_UDP_ADDR_H

/** Addresses of the UDP link: bytes, socket addresses, text. Private to link_udp.c; the bytes are described in link_udp.h. */

#include <netinet/in.h>
#include <sys/socket.h>

#include "core/link/link.h"

/** A socket address and, on a wildcard link, the local address to answer from. */
typedef struct tg_link_udp_addr {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } remote;
  bool has_local;
  union {
    struct in_addr v4;
    struct in6_addr v6;
  } local;
} tg_link_udp_addr_t;

/** Writes the bytes of @p from. */
void tg_link_udp_addr_pack(const tg_link_udp_addr_t *from, tg_addr_t *to);

/** Reads them back. TG_E_SYNTAX for bytes that pack() did not write. */
TG_MUST_CHECK tg_rc_t tg_link_udp_addr_unpack(const tg_addr_t *from, tg_link_udp_addr_t *to);

/** Length of the socket address in bytes, as the system calls want it. */
socklen_t tg_link_udp_addr_len(const tg_link_udp_addr_t *addr);

/** Reads an address literal and a port. TG_E_SYNTAX for anything but a literal. `fe80::1%eth0` has its scope. */
TG_MUST_CHECK tg_rc_t tg_link_udp_addr_parse_host(tg_slice_t host, uint16_t port, tg_link_udp_addr_t *addr);

/** Appends `192.0.2.1:5683`, `[2001:db8::1]:5683`; with a local address `@` and that behind it. */
void tg_link_udp_addr_put(const tg_link_udp_addr_t *addr, tg_buf_t *out);

/** Reads that text. TG_E_SYNTAX, TG_E_RANGE (port). */
TG_MUST_CHECK tg_rc_t tg_link_udp_addr_parse(tg_slice_t text, tg_link_udp_addr_t *addr);

#endif
