/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FUZZ_SERVER_BENCH_H
#define TG_TESTS_FUZZ_SERVER_BENCH_H

/** A whole LwM2M server (twin, exchange layer, registrations) over a link that keeps what was asked last, and the fake store. Time is the target's. */

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/server/server_state.h"
#include "tests/fuzz/payload_fuzz.h"
#include "tests/fuzz/store_fake.h"

enum { SERVER_BENCH_ASKED = 16, SERVER_BENCH_TOKEN = 8 };

/** A request of the server's that waits for its answer. */
typedef struct server_bench_asked {
  uint8_t peer;
  uint8_t type;
  uint8_t token_len;
  uint8_t token[SERVER_BENCH_TOKEN];
  uint16_t mid;
} server_bench_asked_t;

typedef struct server_bench {
  tg_link_t link; /* first */
  tg_store_t store;
  tg_event_bus_t *bus;
  tg_wheel_t *wheel;
  tg_twin_t *twin;
  tg_server_t *server;
  tg_coap_t *coap;
  tg_random_seeded_t random;
  server_bench_asked_t asked[SERVER_BENCH_ASKED];
  size_t asked_count; /* all that were; the newest SERVER_BENCH_ASKED are kept */
  char location[32];  /* of the last 2.01 */
  unsigned submitted, done;
} server_bench_t;

static uint64_t server_bench_now_ms;

uint64_t tg_clock_mono_ms(void) {
  return server_bench_now_ms;
}

uint64_t tg_clock_mono_ns(void) {
  return server_bench_now_ms * 1000000;
}

int64_t tg_clock_wall_ms(void) {
  return INT64_C(1800000000000) + (int64_t)server_bench_now_ms;
}

static inline tg_rc_t server_bench_send(tg_link_t *link, const tg_link_send_t *send, uint64_t *handle) {
  server_bench_t *bench = (server_bench_t *)link;
  static tg_coap_msg_t msg;
  *handle = 0;
  fuzz_require(tg_coap_msg_decode(&msg, send->datagram) == TG_OK);
  if (msg.code == TG_COAP_201) {
    size_t used = 0;
    for (size_t i = 0; i < msg.option_count; i++) {
      if (msg.options[i].number != TG_OPT_LOCATION_PATH || used + msg.options[i].len + 2 > sizeof bench->location)
        continue;
      bench->location[used++] = '/';
      memcpy(bench->location + used, msg.options[i].p, msg.options[i].len);
      used += msg.options[i].len;
    }
    bench->location[used] = '\0';
  }
  if (msg.code == 0 || msg.code >> 5) return TG_OK;
  server_bench_asked_t *asked = &bench->asked[bench->asked_count++ % SERVER_BENCH_ASKED];
  *asked =
      (server_bench_asked_t){.peer = send->peer->b[0], .type = msg.type, .token_len = msg.token_len, .mid = msg.mid};
  memcpy(asked->token, msg.token, sizeof asked->token);
  return TG_OK;
}

static inline void server_bench_put_addr(const tg_link_t *link, const tg_addr_t *peer, tg_buf_t *out) {
  (void)link;
  tg_buf_put_fmt(out, "host-%d:1", peer->b[0] / 2);
}

/* The bearer vouches for `A`; `B` and `C` have the same host. */
static inline tg_slice_t server_bench_identity(const tg_link_t *link, const tg_addr_t *peer) {
  (void)link;
  return tg_slice(peer->b, peer->b[0] == 'A' ? peer->len : 0);
}

static inline void server_bench_cancel(tg_link_t *link, uint64_t handle) {
  (void)link, (void)handle;
}

static inline void server_bench_open(server_bench_t *bench, tg_server_config_t server) {
  static const tg_link_ops_t ops = {.kind = "fuzz",
                                    .send = server_bench_send,
                                    .cancel = server_bench_cancel,
                                    .put_addr = server_bench_put_addr,
                                    .identity = server_bench_identity};
  tg_buf_t last = bench->store.last;
  *bench = (server_bench_t){.link = {.ops = &ops, .name = "fuzz0", .mtu = 1280, .binding = 'U'}};
  bench->store = (tg_store_t){.last = last, .ticket = 1};
  bench->random.state = 1;
  server_bench_now_ms = 1000000;
  bench->bus = tg_event_bus_new(256, 1 << 18);
  bench->wheel = tg_wheel_new(server_bench_now_ms);
  const tg_twin_config_t twin = {.registry = payload_fuzz_model()->registry,
                                 .events = bench->bus,
                                 .wheel = bench->wheel,
                                 .store = &bench->store,
                                 .random = tg_random_fill_seeded,
                                 .random_ud = &bench->random,
                                 .devices_max = 4,
                                 .commands_max = 32,
                                 .values_max = 16};
  bench->twin = tg_twin_new(&twin);
  server.twin = bench->twin;
  server.events = bench->bus;
  server.wheel = bench->wheel;
  server.store = &bench->store;
  server.random = tg_random_fill_seeded;
  server.random_ud = &bench->random;
  bench->server = tg_server_new(&server);
  tg_coap_config_t coap = {.wheel = bench->wheel,
                           .random = tg_random_fill_seeded,
                           .random_ud = &bench->random,
                           .handler = tg_server_on_request,
                           .notify = tg_server_on_notify,
                           .reach = tg_server_on_reach,
                           .ud = bench->server,
                           .rebind = TG_COAP_REBIND_SAME_HOST};
  coap.limits = (tg_coap_limits_t){.peers = 8, .exchanges = 16, .exchanges_per_peer = 8, .dedup = 32, .transfers = 4};
  coap.limits.observations = 16;
  coap.limits.held = 4;
  coap.limits.observers = 4;
  bench->coap = tg_coap_new(&coap);
  fuzz_require(bench->twin && bench->server && bench->coap);
  tg_server_attach(bench->server, bench->coap);
  tg_coap_params_t params;
  tg_coap_params_default(&bench->link, &params);
  fuzz_require(tg_coap_add_link(bench->coap, &bench->link, &params) == TG_OK);
}

static inline void server_bench_close(server_bench_t *bench) {
  tg_server_free(bench->server);
  tg_coap_free(bench->coap);
  tg_twin_free(bench->twin);
  tg_event_bus_free(bench->bus);
  fuzz_require(tg_wheel_next(bench->wheel) == UINT64_MAX);
  tg_wheel_free(bench->wheel);
}

/** What a turn of the loop does at its end: events, commits, answers that were held. */
static inline void server_bench_turn(server_bench_t *bench) {
  tg_event_drain(bench->bus);
  tg_twin_committed(bench->twin, bench->store.ticket, TG_OK);
  tg_coap_release(bench->coap, bench->store.ticket++, TG_OK);
  tg_event_drain(bench->bus);
}

#endif
