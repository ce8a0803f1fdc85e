/* SPDX-License-Identifier: Apache-2.0 */
/* In place of core/link/link_udp.c: a link of the same kind onto the simulated network. An address is the node and the port: 10.0.0.N:PORT. */

#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/codec/coap_msg.h"
#include "core/link/link_udp.h"
#include "tests/sim/sim_edge.h"
#include "tests/sim/sim_net.h"

enum { BATCH = 256, ADDR = 3, REPEATED_MID = 0x5555 };

typedef struct item {
  uint32_t node;
  uint16_t port;
  uint16_t len;
  uint8_t bytes[SIM_NET_MTU];
} item_t;

/* What was gathered, to go out or to come in. */
typedef struct batch {
  size_t count;
  item_t items[BATCH];
} batch_t;

typedef struct udp {
  tg_link_t link; /* first */
  tg_loop_t *loop;
  tg_link_udp_stats_t stats;
} udp_t;

static udp_t *gateway; /* the one that there is */
static batch_t in, out;

static bool add(batch_t *batch, uint32_t node, uint16_t port, tg_slice_t datagram) {
  if (batch->count == BATCH || datagram.len > SIM_NET_MTU) return false;
  item_t *item = &batch->items[batch->count++];
  item->node = node;
  item->port = port;
  item->len = (uint16_t)datagram.len;
  if (datagram.len) memcpy(item->bytes, datagram.p, datagram.len);
  return true;
}

static tg_addr_t addr_of(const item_t *item) {
  return (tg_addr_t){.len = ADDR, .b = {(uint8_t)item->node, (uint8_t)(item->port >> 8), (uint8_t)item->port}};
}

static void on_ready(void *ud) {
  udp_t *udp = ud;
  for (size_t i = 0; i < in.count; i++) {
    tg_addr_t from = addr_of(&in.items[i]);
    udp->stats.rx++;
    if (udp->link.events)
      udp->link.events->rx(udp->link.events_ud, &udp->link, &from, tg_slice(in.items[i].bytes, in.items[i].len));
  }
  in.count = 0;
}

void sim_edge_link_receive(uint32_t node, uint16_t port, tg_slice_t datagram) {
  if (!gateway || sim.is_dead) return;
  (void)add(&in, node, port, datagram);
  sim_edge_loop_ready(gateway->loop, on_ready, gateway);
}

static void udp_flush(tg_link_t *link) {
  (void)link;
  for (size_t i = 0; i < out.count && !sim.is_dead; i++)
    sim_net_down(out.items[i].node, out.items[i].port, tg_slice(out.items[i].bytes, out.items[i].len));
  out.count = 0;
}

/* SIM_BREAK_REPEAT_EXECUTE: an Execute, a Create or a Delete once more, under another message id. */
static void repeat(const item_t *sent) {
  tg_coap_msg_t msg;
  if (tg_coap_msg_decode(&msg, tg_slice(sent->bytes, sent->len)) != TG_OK || msg.type != TG_COAP_CON) return;
  if (msg.code != TG_COAP_POST && msg.code != TG_COAP_DELETE) return;
  item_t again = *sent;
  again.bytes[2] ^= REPEATED_MID >> 8;
  again.bytes[3] ^= REPEATED_MID & 0xFF;
  (void)add(&out, again.node, again.port, tg_slice(again.bytes, again.len));
}

static tg_rc_t udp_send(tg_link_t *link, const tg_link_send_t *send, uint64_t *handle) {
  udp_t *udp = (udp_t *)link;
  *handle = 0;
  if (send->datagram.len > link->mtu) return TG_E_TOO_LONG;
  if (send->peer->len != ADDR) return TG_E_NOT_FOUND;
  uint16_t port = (uint16_t)(send->peer->b[1] << 8 | send->peer->b[2]);
  if (!add(&out, send->peer->b[0], port, send->datagram)) return TG_E_FULL;
  udp->stats.tx++;
  if (sim.breaks == SIM_BREAK_REPEAT_EXECUTE) repeat(&out.items[out.count - 1]);
  return TG_OK;
}

static void udp_put_addr(const tg_link_t *link, const tg_addr_t *peer, tg_buf_t *to) {
  (void)link;
  tg_buf_put_fmt(to, "10.0.0.%u:%u", peer->b[0], (unsigned)(peer->b[1] << 8 | peer->b[2]));
}

static tg_rc_t udp_parse_addr(const tg_link_t *link, tg_slice_t text, tg_addr_t *peer) {
  (void)link, (void)text, (void)peer;
  return TG_E_SYNTAX;
}

static tg_slice_t udp_identity(const tg_link_t *link, const tg_addr_t *peer) {
  (void)link, (void)peer;
  return tg_slice(NULL, 0);
}

static void udp_cancel(tg_link_t *link, uint64_t handle) {
  (void)link, (void)handle;
}

static void udp_close(tg_link_t *link) {
  udp_flush(link);
  gateway = NULL;
  in.count = 0;
  tg_alloc_free(link);
}

static const tg_link_ops_t ops = {.kind = "udp",
                                  .send = udp_send,
                                  .cancel = udp_cancel,
                                  .flush = udp_flush,
                                  .put_addr = udp_put_addr,
                                  .parse_addr = udp_parse_addr,
                                  .identity = udp_identity,
                                  .close = udp_close};

tg_rc_t tg_link_udp_open(tg_loop_t *loop, const tg_link_udp_config_t *config, tg_diag_t *diag, tg_link_t **link) {
  (void)diag;
  udp_t *udp = tg_alloc_array(1, sizeof *udp);
  if (!udp) return TG_E_NOMEM;
  udp->link = (tg_link_t){.ops = &ops, .name = config->name, .mtu = SIM_NET_MTU, .binding = 'U'};
  udp->loop = loop;
  in.count = out.count = 0;
  gateway = udp;
  *link = &udp->link;
  return TG_OK;
}

uint16_t tg_link_udp_port(const tg_link_t *link) {
  (void)link;
  return 5683;
}

bool tg_link_udp_stats(const tg_link_t *link, tg_link_udp_stats_t *stats) {
  *stats = ((const udp_t *)link)->stats;
  return true;
}
