/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of tests/sim: see sim_net.h. Called by devices and by the gateway's link. */

#include "tests/sim/sim_net.h"

#include <stdlib.h>

#include "core/codec/coap_msg.h"

enum {
  LOSS = 300,
  DUPLICATION = 100,
  REORDERING = 200,
  DELAY_MS = 80,
  LATE_MS = 4000,
  PARTITION_EVERY_MS = 11 * 60 * 1000,
  PARTITION_MS = 120 * 1000
};

typedef struct list {
  struct list *next, *prev;
} list_t;

typedef struct packet {
  list_t list; /* first: of those on their way */
  tg_timer_t timer;
  uint32_t node;
  uint16_t port;
  bool is_up;
  size_t len;
  uint8_t bytes[];
} packet_t;

typedef struct node {
  sim_net_fn fn;
  void *ud;
  uint16_t port;
  tg_timer_t partition;
  bool is_cut;
} node_t;

static struct {
  sim_net_gateway_fn gateway;
  node_t nodes[SIM_NET_NODES];
  list_t packets;
} net;

static bool is_cut(uint32_t node) {
  return !sim.is_calm && (net.nodes[node].is_cut || net.nodes[SIM_NET_GATEWAY].is_cut);
}

static void unlink_packet(const packet_t *packet) {
  packet->list.next->prev = packet->list.prev;
  packet->list.prev->next = packet->list.next;
}

static void trace(const packet_t *packet) {
  static const char *const types[] = {"CON", "NON", "ACK", "RST"};
  tg_coap_msg_t msg;
  uint32_t observe = 0;
  if (!sim.traces || tg_coap_msg_decode(&msg, tg_slice(packet->bytes, packet->len)) != TG_OK) return;
  const tg_coap_opt_t *opt = tg_coap_msg_find(&msg, TG_OPT_OBSERVE);
  bool has_observe = opt && tg_coap_msg_uint(opt, &observe) == TG_OK;
  sim_trace("%s %u:%u %s %u.%02u mid=%04x token=%02x%02x%s%.0u", packet->is_up ? "from" : "to", packet->node,
            packet->port, types[msg.type], msg.code >> 5, msg.code & 31U, msg.mid, msg.token[0], msg.token[1],
            has_observe ? " observe=" : "", has_observe ? observe : 0);
}

static void arrive(tg_timer_t *timer, void *ud) {
  (void)ud;
  packet_t *packet = TG_CONTAINER(timer, packet_t, timer);
  const node_t *node = &net.nodes[packet->node];
  unlink_packet(packet);
  uint8_t *exact = sim_alloc(packet->len); /* so that a sanitizer sees who reads beyond it */
  memcpy(exact, packet->bytes, packet->len);
  tg_slice_t datagram = tg_slice(exact, packet->len);
  bool arrives = !is_cut(packet->node) && (packet->is_up || node->port == packet->port);
  if (arrives) trace(packet);
  if (arrives) sim_note(packet->is_up ? 'u' : 'd', packet->node << 16 | packet->port, datagram);
  if (arrives && packet->is_up) net.gateway(packet->node, packet->port, datagram);
  else if (arrives && node->fn) node->fn(node->ud, datagram);
  free(exact);
  free(packet);
}

static void post(uint32_t at, uint16_t port, bool is_up, tg_slice_t datagram) {
  packet_t *packet = sim_alloc(sizeof *packet + datagram.len);
  *packet = (packet_t){.timer = {.fn = arrive}, .node = at, .port = port, .is_up = is_up, .len = datagram.len};
  if (datagram.len) memcpy(packet->bytes, datagram.p, datagram.len);
  packet->list = (list_t){&net.packets, net.packets.prev};
  packet->list.prev->next = packet->list.next->prev = &packet->list;
  uint64_t delay_ms = 1 + sim_draw(DELAY_MS);
  if (!sim.is_calm && sim_chance(REORDERING)) delay_ms += sim_draw(LATE_MS);
  sim_after(&packet->timer, delay_ms);
}

static void submit(uint32_t at, uint16_t port, bool is_up, tg_slice_t datagram) {
  if (datagram.len == 0 || datagram.len > SIM_NET_MTU) return;
  if (is_cut(at) || (!sim.is_calm && sim_chance(LOSS))) return;
  post(at, port, is_up, datagram);
  if (!sim.is_calm && sim_chance(DUPLICATION)) post(at, port, is_up, datagram);
}

void sim_net_up(uint32_t node, tg_slice_t datagram) {
  submit(node, net.nodes[node].port, true, datagram);
}

void sim_net_down(uint32_t node, uint16_t port, tg_slice_t datagram) {
  if (node > SIM_NET_GATEWAY && node < SIM_NET_NODES) submit(node, port, false, datagram);
}

static void on_partition(tg_timer_t *timer, void *ud) {
  node_t *node = ud;
  node->is_cut = !node->is_cut;
  if (sim.is_calm) return;
  sim_trace("network node=%u %s", (unsigned)(node - net.nodes), node->is_cut ? "cut off" : "back");
  sim_after(timer, node->is_cut ? 1000 + sim_draw(PARTITION_MS - 1000) : sim_wait(PARTITION_EVERY_MS));
}

static void begin_node(node_t *node) {
  node->partition = (tg_timer_t){.fn = on_partition, .ud = node};
  sim_after(&node->partition, sim_wait(PARTITION_EVERY_MS));
}

void sim_net_begin(sim_net_gateway_fn fn) {
  memset(&net, 0, sizeof net);
  net.gateway = fn;
  net.packets.next = net.packets.prev = &net.packets;
  begin_node(&net.nodes[SIM_NET_GATEWAY]);
}

void sim_net_end(void) {
  while (net.packets.next != &net.packets) {
    packet_t *packet = (packet_t *)(void *)net.packets.next;
    unlink_packet(packet);
    free(packet);
  }
}

void sim_net_attach(uint32_t node, sim_net_fn fn, void *ud) {
  net.nodes[node].fn = fn;
  net.nodes[node].ud = ud;
  begin_node(&net.nodes[node]);
}

void sim_net_set_port(uint32_t node, uint16_t port) {
  net.nodes[node].port = port;
}
