/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the exchange layer alone costs: registration updates of many peers, each from its own address, through the engine over a
 * link that throws away what it is given. Prints nanoseconds per message (one request in, one answer out).
 */

#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/coap/coap.h"

enum { DATAGRAM = 22, ADDR = 6 };

static tg_rc_t null_send(tg_link_t *link, const tg_link_send_t *send, uint64_t *handle) {
  (void)link, (void)send;
  *handle = 0;
  return TG_OK;
}

static tg_slice_t null_identity(const tg_link_t *link, const tg_addr_t *peer) {
  (void)link, (void)peer;
  return tg_slice(NULL, 0);
}

static const tg_link_ops_t null_ops = {.kind = "null", .send = null_send, .identity = null_identity};

static void handle(void *ud, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  (void)request;
  ++*(uint64_t *)ud;
  reply->code = TG_COAP_204;
}

/* POST /rd/xxxxxxxxxx with a token of four bytes. */
static void make_update(uint8_t p[DATAGRAM], uint16_t mid) {
  static const uint8_t update[DATAGRAM] = {0x44, 0x02, 0,   0,   1,   2,   3,   4,   0xb2, 'r', 'd',
                                           0x0a, 'a',  'b', 'c', 'd', 'e', 'f', 'g', 'h',  'i', 'j'};
  memcpy(p, update, sizeof update);
  p[2] = (uint8_t)(mid >> 8);
  p[3] = (uint8_t)mid;
}

static tg_coap_t *make_engine(tg_link_t *link, tg_wheel_t *wheel, uint64_t *count) {
  tg_coap_config_t config = {.wheel = wheel, .random = tg_random_fill, .handler = handle, .ud = count};
  tg_coap_params_t params;
  config.limits.peers = 200000;
  tg_coap_t *coap = tg_coap_new(&config);
  tg_coap_params_default(link, &params);
  if (!coap || tg_coap_add_link(coap, link, &params) != TG_OK) exit(1);
  return coap;
}

static tg_addr_t addr_of(uint32_t peer) {
  return (tg_addr_t){.len = ADDR, .b = {127, (uint8_t)(peer >> 16), (uint8_t)(peer >> 8), (uint8_t)peer, 0x16, 0x33}};
}

static void run(uint32_t peers, uint32_t messages) {
  uint64_t count = 0;
  tg_link_t link = {.ops = &null_ops, .name = "null", .mtu = 1280, .binding = 'U'};
  tg_wheel_t *wheel = tg_wheel_new(1000000);
  tg_coap_t *coap = make_engine(&link, wheel, &count);
  for (uint32_t i = 0; i < peers; i++) {
    tg_addr_t addr = addr_of(i);
    tg_id_t id;
    if (tg_coap_peer(coap, &link, &addr, &id) != TG_OK) exit(1);
    tg_coap_pin(coap, id); /* as a registration does */
  }
  uint64_t start = 0;
  for (uint32_t i = 0; i < messages + peers; i++) {
    uint32_t peer = (uint32_t)((uint64_t)i * 7919 % peers);
    uint16_t mid = (uint16_t)(i / peers);
    uint8_t datagram[DATAGRAM];
    tg_addr_t addr = addr_of(peer);
    make_update(datagram, mid);
    if (i == peers) start = tg_clock_mono_ns();
    if (i % 1024 == 0) tg_wheel_advance(wheel, 1000000 + i / 256);
    link.events->rx(link.events_ud, &link, &addr, tg_slice(datagram, sizeof datagram));
  }
  double ns = (double)(tg_clock_mono_ns() - start) / messages;
  printf("%8u peers: %6.0f ns per update (%llu handled)\n", peers, ns, (unsigned long long)count);
  tg_coap_free(coap);
  tg_wheel_free(wheel);
}

int main(int argc, char **argv) {
  static const uint32_t sizes[] = {100, 1000, 10000, 100000};
  uint32_t messages = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 2000000;
  for (size_t i = 0; i < TG_COUNT(sizes); i++) run(sizes[i], messages);
  return 0;
}
