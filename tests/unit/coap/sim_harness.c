/* SPDX-License-Identifier: Apache-2.0 */
/* See sim_harness.h. */

#include "tests/unit/coap/sim_harness.h"

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "tests/unit/check.h"

enum { MTU = 1280 };

/* A datagram on its way. */
typedef struct packet {
  tg_timer_t timer;
  sim_link_t *to;
  uint8_t from;
  size_t len;
  uint8_t bytes[MTU];
} packet_t;

static unsigned draw(sim_net_t *net, unsigned below) {
  uint32_t value;
  tg_random_fill_seeded(&net->random, &value, sizeof value);
  return below ? value % below : 0;
}

static void arrive(tg_timer_t *timer, void *ud) {
  packet_t *packet = TG_CONTAINER(timer, packet_t, timer);
  sim_net_t *net = ud;
  tg_link_t *link = &packet->to->link;
  tg_addr_t from = sim_addr(packet->from);
  tg_hash_key_t key = {net->trace, tg_wheel_now(net->wheel)};
  net->trace = tg_hash(&key, tg_slice(packet->bytes, packet->len));
  net->in_flight--;
  uint8_t *exact = tg_alloc(packet->len);
  assert_non_null(exact);
  memcpy(exact, packet->bytes, packet->len);
  if (link->events) link->events->rx(link->events_ud, link, &from, tg_slice(exact, packet->len));
  tg_alloc_free(exact);
  tg_alloc_free(packet);
}

static void post(sim_net_t *net, const packet_t *packet) {
  packet_t *copy = tg_alloc(sizeof *copy);
  assert_non_null(copy);
  *copy = *packet;
  unsigned delay = 1 + draw(net, net->weather.delay_ms);
  if (draw(net, 1000) < net->weather.reordering) delay += draw(net, net->weather.late_ms);
  tg_wheel_add(net->wheel, &copy->timer, tg_wheel_now(net->wheel) + delay);
  net->in_flight++;
}

static tg_rc_t sim_send(tg_link_t *link, const tg_link_send_t *send, uint64_t *handle) {
  const sim_link_t *from = (sim_link_t *)link;
  sim_net_t *net = from->net;
  packet_t packet = {.timer = {.fn = arrive, .ud = net}, .from = from->address, .len = send->datagram.len};
  *handle = 0;
  if (send->datagram.len > link->mtu || send->datagram.len > MTU) return TG_E_TOO_LONG;
  for (unsigned i = 0; i < net->link_count; i++) {
    if (net->links[i]->address == send->peer->b[0]) packet.to = net->links[i];
  }
  if (!packet.to) return TG_E_NOT_FOUND;
  memcpy(packet.bytes, send->datagram.p, send->datagram.len);
  net->sent++;
  if (net->spy) net->spy(net->spy_ud, from->address, packet.to->address, send->datagram);
  if (from->address == net->mute || draw(net, 1000) < net->weather.loss) {
    net->lost++;
    return TG_OK;
  }
  post(net, &packet);
  if (draw(net, 1000) < net->weather.duplication) {
    net->duplicated++;
    post(net, &packet);
  }
  return TG_OK;
}

static void sim_put_addr(const tg_link_t *link, const tg_addr_t *peer, tg_buf_t *out) {
  (void)link;
  tg_buf_put_fmt(out, "sim-%u:1", peer->b[0]);
}

static tg_slice_t sim_identity(const tg_link_t *link, const tg_addr_t *peer) {
  (void)link;
  (void)peer;
  return tg_slice(NULL, 0);
}

static const tg_link_ops_t sim_ops = {.kind = "sim",
                                      .send = sim_send,
                                      .put_addr = sim_put_addr,
                                      .identity = sim_identity};

void sim_open(sim_net_t *net, uint64_t seed, const sim_weather_t *weather) {
  *net = (sim_net_t){.wheel = tg_wheel_new(1000000), .random = {seed}, .weather = *weather};
  assert_non_null(net->wheel);
}

static void forget(sim_net_t *net) {
  for (unsigned i = 0; i < net->link_count; i++) net->links[i]->link.events = NULL;
  while (net->in_flight) tg_wheel_advance(net->wheel, tg_wheel_now(net->wheel) + 1000);
}

void sim_close(sim_net_t *net) {
  forget(net);
  tg_wheel_free(net->wheel);
}

void sim_attach(sim_net_t *net, sim_link_t *link, uint8_t address) {
  assert_true(net->link_count < SIM_LINKS);
  *link = (sim_link_t){
      .link = {.ops = &sim_ops, .name = "sim", .mtu = MTU, .binding = 'U'}, .net = net, .address = address};
  net->links[net->link_count++] = link;
}

tg_addr_t sim_addr(uint8_t address) {
  return (tg_addr_t){.len = 1, .b = {address}};
}

bool sim_run(sim_net_t *net, uint64_t limit_ms, bool (*is_over)(void *ud), void *ud) {
  uint64_t end = tg_wheel_now(net->wheel) + limit_ms;
  while (!is_over(ud)) {
    uint64_t next = tg_wheel_next(net->wheel), now = tg_wheel_now(net->wheel);
    if (next > end || now >= end) return false;
    tg_wheel_advance(net->wheel, next > now ? next : now + 1);
  }
  return true;
}
