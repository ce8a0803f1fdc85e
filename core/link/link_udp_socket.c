/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/link: the socket of a UDP link. Called by link_udp.c. See link_udp_socket.h. */

#include "core/link/link_udp_socket.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

bool tg_link_udp_socket_is_wildcard(const tg_link_udp_addr_t *addr) {
  if (addr->remote.any.sa_family == AF_INET) return addr->remote.v4.sin_addr.s_addr == htonl(INADDR_ANY);
  return IN6_IS_ADDR_UNSPECIFIED(&addr->remote.v6.sin6_addr);
}

/* The kernel takes twice as much as is asked for, for what it keeps beside the bytes, and tells that; people mean what they asked for. */
static uint32_t set_buffer(int fd, uint32_t bytes) {
  int size = bytes < INT32_MAX / 2 ? (int)bytes : INT32_MAX / 2;
  socklen_t len = sizeof size;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size); /* net.core.rmem_max may be lower */
  return getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &len) == 0 && size > 0 ? (uint32_t)size / 2 : 0;
}

static tg_rc_t set_options(int fd, const tg_link_udp_addr_t *addr) {
  int on = 1;
  bool is_v4 = addr->remote.any.sa_family == AF_INET;
  if (!is_v4 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) return TG_E_IO;
  if (!tg_link_udp_socket_is_wildcard(addr)) return TG_OK;
  int failed = is_v4 ? setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on)
                     : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  return failed ? TG_E_IO : TG_OK;
}

static tg_rc_t bind_to(int fd, const tg_link_udp_addr_t *addr, uint16_t *port) {
  tg_link_udp_addr_t bound = {0};
  socklen_t len = sizeof bound.remote;
  if (bind(fd, &addr->remote.any, tg_link_udp_addr_len(addr)) != 0) return TG_E_IO;
  if (getsockname(fd, &bound.remote.any, &len) != 0) return TG_E_IO;
  *port = ntohs(addr->remote.any.sa_family == AF_INET ? bound.remote.v4.sin_port : bound.remote.v6.sin6_port);
  return TG_OK;
}

tg_rc_t tg_link_udp_socket_open(const tg_link_udp_addr_t *addr, uint32_t rcvbuf, tg_link_udp_socket_t *opened) {
  int fd = socket(addr->remote.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return TG_E_IO;
  *opened = (tg_link_udp_socket_t){.fd = fd, .rcvbuf = set_buffer(fd, rcvbuf)};
  tg_rc_t rc = set_options(fd, addr);
  if (rc == TG_OK) rc = bind_to(fd, addr, &opened->port);
  if (rc == TG_OK) return TG_OK;
  int why = errno;
  close(fd);
  errno = why;
  return rc;
}

uint32_t tg_link_udp_socket_drops(int fd) {
  uint32_t memory[SK_MEMINFO_VARS] = {0};
  socklen_t len = sizeof memory;
  return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &len) == 0 ? memory[SK_MEMINFO_DROPS] : 0;
}
