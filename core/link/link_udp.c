/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UDP: up to 64 datagrams a system call either way, up to 1,024 a turn, so that a flood leaves time for the rest of the loop.
 * What send() gathers leaves at the end of the turn, or when the queue is full; what the socket does not take waits for it.
 * Path: the socket -> core/link/link_udp.c -> core/coap/coap_ingress.c
 * Path (down): core/coap/coap_egress.c -> core/link/link_udp.c -> the socket
 */

#include "core/link/link_udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/link/link_udp_addr.h"
#include "core/link/link_udp_socket.h"

enum { BATCH = 64, BATCHES = 16, QUEUE = 256, QUEUE_BYTES = 256 * 1024, MTU = 1280, TOLD_PER_MINUTE = 6 };

/* Not a power of two: with one, the first lines of all buffers would fall into the same cache sets. */
enum { STRIDE = TG_LINK_UDP_DATAGRAM + 192 };

/* Room for the one ancillary message that is read and written. */
typedef union control {
  size_t align; /* struct cmsghdr begins with one */
  uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
} control_t;

typedef struct receive {
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  tg_link_udp_addr_t from[BATCH];
  control_t control[BATCH];
  uint8_t bytes[BATCH][STRIDE];
} receive_t;

typedef struct transmit {
  struct mmsghdr messages[QUEUE];
  struct iovec parts[QUEUE];
  tg_link_udp_addr_t to[QUEUE];
  control_t control[QUEUE];
  uint8_t bytes[QUEUE_BYTES];
  unsigned first;
  unsigned count; /* from 0, sent ones included */
  size_t used;    /* bytes */
} transmit_t;

typedef struct udp {
  tg_link_t link; /* first */
  int fd;
  int family;
  bool is_wildcard;
  bool waits_for_write;
  uint16_t port;
  tg_loop_t *loop;
  tg_loop_watch_t *watch;
  tg_link_udp_stats_t stats;
  uint32_t drops_seen; /* of the kernel's, which are in stats */
  tg_log_limit_t drops_log;
  receive_t in;
  transmit_t out;
} udp_t;

static udp_t *udp_of(tg_link_t *link) {
  return TG_CONTAINER(link, udp_t, link);
}

/* The address the peer asked, from the ancillary message (ip(7), RFC 3542 §6.2). */
static void read_local(struct msghdr *message, tg_link_udp_addr_t *from) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      from->local.v4 = info.ipi_spec_dst;
      from->has_local = true;
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      from->local.v6 = info.ipi6_addr;
      from->has_local = true;
    }
  }
}

static void write_local(struct msghdr *message, control_t *control, const tg_link_udp_addr_t *to) {
  struct in_pktinfo v4 = {.ipi_spec_dst = to->local.v4};
  struct in6_pktinfo v6 = {.ipi6_addr = to->local.v6, .ipi6_ifindex = to->remote.v6.sin6_scope_id};
  bool is_v4 = to->remote.any.sa_family == AF_INET;
  size_t len = is_v4 ? sizeof v4 : sizeof v6;
  memset(control, 0, sizeof *control);
  message->msg_control = control;
  message->msg_controllen = CMSG_SPACE(len);
  struct cmsghdr *c = (struct cmsghdr *)(void *)control;
  c->cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
  c->cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO;
  c->cmsg_len = CMSG_LEN(len);
  memcpy(CMSG_DATA(c), is_v4 ? (const void *)&v4 : (const void *)&v6, len);
}

static void prepare_receive(udp_t *udp, unsigned i) {
  struct msghdr *header = &udp->in.messages[i].msg_hdr;
  header->msg_namelen = sizeof udp->in.from[i].remote;
  header->msg_controllen = udp->is_wildcard ? sizeof udp->in.control[i] : 0;
}

static void set_up_receive(udp_t *udp) {
  for (unsigned i = 0; i < BATCH; i++) {
    struct msghdr *header = &udp->in.messages[i].msg_hdr;
    udp->in.parts[i] = (struct iovec){udp->in.bytes[i], TG_LINK_UDP_DATAGRAM};
    header->msg_name = &udp->in.from[i].remote;
    header->msg_iov = &udp->in.parts[i];
    header->msg_iovlen = 1;
    header->msg_control = udp->is_wildcard ? &udp->in.control[i] : NULL;
    prepare_receive(udp, i);
  }
}

static void receive_one(udp_t *udp, unsigned i) {
  struct mmsghdr *message = udp->in.messages + i;
  tg_link_udp_addr_t *from = udp->in.from + i;
  tg_addr_t addr;
  if (message->msg_hdr.msg_flags & MSG_TRUNC) {
    udp->stats.rx_truncated++;
    return;
  }
  if (message->msg_len == 0) {
    udp->stats.rx_empty++;
    return;
  }
  udp->stats.rx++;
  from->has_local = false;
  if (udp->is_wildcard) read_local(&message->msg_hdr, from);
  tg_link_udp_addr_pack(from, &addr);
  tg_link_t *link = &udp->link;
  if (link->events) link->events->rx(link->events_ud, link, &addr, tg_slice(udp->in.bytes[i], message->msg_len));
}

static int receive_batch(udp_t *udp) {
  int count = recvmmsg(udp->fd, udp->in.messages, BATCH, MSG_DONTWAIT, NULL);
  for (int i = 0; i < count; i++) {
    receive_one(udp, (unsigned)i);
    prepare_receive(udp, (unsigned)i);
  }
  return count;
}

static void want_write(udp_t *udp, bool wanted) {
  if (udp->waits_for_write == wanted) return;
  if (tg_loop_watch_set(udp->watch, wanted ? TG_LOOP_READ | TG_LOOP_WRITE : TG_LOOP_READ) == TG_OK)
    udp->waits_for_write = wanted;
}

/* What went out, or 0 when the socket takes no more. A message that the kernel refuses is skipped: the sender's timer knows. */
static unsigned send_batch(udp_t *udp) {
  transmit_t *out = &udp->out;
  unsigned left = out->count - out->first;
  int sent = sendmmsg(udp->fd, out->messages + out->first, left < BATCH ? left : BATCH, MSG_DONTWAIT);
  if (sent > 0) {
    udp->stats.tx += (unsigned)sent;
    return (unsigned)sent;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return 0;
  if (errno != EINTR) udp->stats.tx_failed++;
  return errno == EINTR ? 0 : 1;
}

static void udp_flush(tg_link_t *link) {
  udp_t *udp = udp_of(link);
  transmit_t *out = &udp->out;
  while (out->first < out->count) {
    unsigned done = send_batch(udp);
    if (!done) break;
    out->first += done;
  }
  bool is_empty = out->first == out->count;
  if (is_empty) {
    out->first = out->count = 0;
    out->used = 0;
  }
  want_write(udp, !is_empty);
}

static tg_rc_t udp_send(tg_link_t *link, const tg_link_send_t *send, uint64_t *handle) {
  udp_t *udp = udp_of(link);
  transmit_t *out = &udp->out;
  *handle = 0;
  if (send->datagram.len > link->mtu) return TG_E_TOO_LONG;
  if (out->count == QUEUE || out->used + send->datagram.len > QUEUE_BYTES) udp_flush(link);
  if (out->count == QUEUE || out->used + send->datagram.len > QUEUE_BYTES) {
    udp->stats.tx_dropped++;
    return TG_E_FULL;
  }
  unsigned at = out->count;
  tg_link_udp_addr_t *to = out->to + at;
  if (tg_link_udp_addr_unpack(send->peer, to) != TG_OK || to->remote.any.sa_family != udp->family)
    return TG_E_NOT_FOUND;
  memcpy(out->bytes + out->used, send->datagram.p, send->datagram.len);
  out->parts[at] = (struct iovec){out->bytes + out->used, send->datagram.len};
  struct msghdr *header = &out->messages[at].msg_hdr;
  *header = (struct msghdr){.msg_name = &to->remote, .msg_iov = out->parts + at, .msg_iovlen = 1};
  header->msg_namelen = tg_link_udp_addr_len(to);
  if (to->has_local) write_local(header, out->control + at, to);
  out->used += send->datagram.len;
  out->count++;
  return TG_OK;
}

static void udp_put_addr(const tg_link_t *link, const tg_addr_t *peer, tg_buf_t *out) {
  (void)link;
  tg_link_udp_addr_t addr;
  if (tg_link_udp_addr_unpack(peer, &addr) == TG_OK) tg_link_udp_addr_put(&addr, out);
}

static tg_rc_t udp_parse_addr(const tg_link_t *link, tg_slice_t text, tg_addr_t *peer) {
  const udp_t *udp = (const udp_t *)link;
  tg_link_udp_addr_t addr;
  tg_rc_t rc = tg_link_udp_addr_parse(text, &addr);
  if (rc != TG_OK) return rc;
  if (addr.remote.any.sa_family != udp->family) return TG_E_SYNTAX;
  tg_link_udp_addr_pack(&addr, peer);
  return TG_OK;
}

static tg_slice_t udp_identity(const tg_link_t *link, const tg_addr_t *peer) {
  (void)link;
  (void)peer;
  return tg_slice(NULL, 0);
}

static void udp_cancel(tg_link_t *link, uint64_t handle) {
  (void)link;
  (void)handle;
}

/* What is queued still gets its chance: a last answer, a RST. */
static void udp_close(tg_link_t *link) {
  udp_t *udp = udp_of(link);
  while (udp->out.first < udp->out.count) {
    unsigned done = send_batch(udp);
    if (!done) break;
    udp->out.first += done;
  }
  tg_loop_unwatch(udp->watch);
  close(udp->fd);
  tg_alloc_free(udp);
}

static const tg_link_ops_t udp_ops = {.kind = "udp",
                                      .send = udp_send,
                                      .cancel = udp_cancel,
                                      .flush = udp_flush,
                                      .put_addr = udp_put_addr,
                                      .parse_addr = udp_parse_addr,
                                      .identity = udp_identity,
                                      .close = udp_close};

/* Nobody else would say that the kernel throws datagrams away. */
static void look_at_drops(udp_t *udp) {
  uint32_t drops = tg_link_udp_socket_drops(udp->fd), more = drops - udp->drops_seen; /* the number wraps */
  udp->drops_seen = drops;
  udp->stats.rx_dropped += more;
  if (!more || !tg_log_allow(&udp->drops_log, tg_loop_now(udp->loop), TOLD_PER_MINUTE)) return;
  tg_log("link", TG_LOG_WARN, "datagrams_dropped link=%s count=%u total=%llu receive_buffer=%u suppressed=%u",
         udp->link.name, (unsigned)more, (unsigned long long)udp->stats.rx_dropped, (unsigned)udp->stats.rcvbuf,
         (unsigned)udp->drops_log.suppressed);
}

static void on_ready(void *ud, int fd, int events) {
  udp_t *udp = ud;
  (void)fd;
  if (events & TG_LOOP_WRITE) udp_flush(&udp->link);
  if (!(events & TG_LOOP_READ)) return;
  int full = 0;
  while (full < BATCHES && receive_batch(udp) == BATCH) full++;
  if (full)
    look_at_drops(
        udp); /* behind a buffer that was full there is a full batch; it saves a system call in every other turn */
}

static tg_rc_t open_socket(udp_t *udp, const tg_link_udp_addr_t *addr, uint32_t rcvbuf) {
  tg_link_udp_socket_t opened;
  tg_rc_t rc = tg_link_udp_socket_open(addr, rcvbuf, &opened);
  if (rc != TG_OK) return rc;
  udp->fd = opened.fd;
  udp->port = opened.port;
  udp->stats.rcvbuf = opened.rcvbuf;
  udp->stats.rcvbuf_max = rcvbuf;
  if (opened.rcvbuf < rcvbuf)
    tg_log("link", TG_LOG_INFO, "receive_buffer link=%s asked=%u given=%u limit=net.core.rmem_max", udp->link.name,
           (unsigned)rcvbuf, (unsigned)opened.rcvbuf);
  return TG_OK;
}

tg_rc_t tg_link_udp_open(tg_loop_t *loop, const tg_link_udp_config_t *config, tg_diag_t *diag, tg_link_t **link) {
  tg_link_udp_addr_t addr;
  if (tg_link_udp_addr_parse_host(tg_slice_str(config->host), config->port, &addr) != TG_OK) {
    tg_diag_set(diag, NULL, 0, "`%s` is no IPv4 or IPv6 address; write one such as 0.0.0.0, :: or 192.0.2.1",
                config->host ? config->host : "");
    return TG_E_CONFIG;
  }
  udp_t *udp = tg_alloc_array(1, sizeof *udp);
  if (!udp) return TG_E_NOMEM;
  udp->link =
      (tg_link_t){.ops = &udp_ops, .name = config->name, .mtu = config->mtu ? config->mtu : MTU, .binding = 'U'};
  udp->loop = loop;
  udp->family = addr.remote.any.sa_family;
  udp->is_wildcard = tg_link_udp_socket_is_wildcard(&addr);
  if (open_socket(udp, &addr, config->rcvbuf ? config->rcvbuf : TG_LINK_UDP_RCVBUF) != TG_OK) {
    tg_diag_set(diag, NULL, 0, "can't listen on UDP %s port %u: %s", config->host, config->port, strerror(errno));
    tg_alloc_free(udp);
    return TG_E_IO;
  }
  set_up_receive(udp);
  udp->watch = tg_loop_watch(loop, udp->fd, TG_LOOP_READ, on_ready, udp);
  if (!udp->watch) {
    close(udp->fd);
    tg_alloc_free(udp);
    return TG_E_NOMEM;
  }
  *link = &udp->link;
  return TG_OK;
}

uint16_t tg_link_udp_port(const tg_link_t *link) {
  return ((const udp_t *)link)->port;
}

bool tg_link_udp_stats(const tg_link_t *link, tg_link_udp_stats_t *stats) {
  if (link->ops != &udp_ops) return false;
  const udp_t *udp = (const udp_t *)link;
  *stats = udp->stats;
  stats->rx_dropped += (uint32_t)(tg_link_udp_socket_drops(udp->fd) - udp->drops_seen); /* since it was looked at */
  return true;
}
