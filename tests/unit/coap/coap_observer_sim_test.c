/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/coap/coap_observer_sim_test.c: one engine is observed by three others over a network that loses 30 %, duplicates 10 %
 * and reorders 20 %. Its state changes at random times, half of the states are longer than a block. For 120 seeds: what an observer
 * is told never goes back, and when the last, confirmable notification is out, every observer that the server still has knows it.
 */

#include <stdlib.h>

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/sim_harness.h"

enum { SEEDS = 120, OBSERVERS = 3, CHANGES = 30, RESOURCE = 9, LIMIT_MS = 100000000, LONG = 90, HEAD = 4 };

typedef struct scene scene_t;

typedef struct end {
  sim_link_t link;
  tg_coap_t *coap;
  scene_t *scene;
  uint32_t known;
  bool is_observing;
} end_t;

struct scene {
  sim_net_t net;
  end_t server;
  end_t clients[OBSERVERS];
  tg_timer_t change;
  uint32_t state;
  unsigned ready; /* clients that have been answered */
  unsigned gone;
};

static unsigned draw(scene_t *scene, unsigned below) {
  uint32_t value;
  tg_random_fill_seeded(&scene->net.random, &value, sizeof value);
  return value % below;
}

/* A state: its number, and so many bytes behind it as the number says. */
static void put_state(uint32_t state, tg_buf_t *out) {
  for (int i = HEAD - 1; i >= 0; i--) tg_buf_put_u8(out, (uint8_t)(state >> (8 * i)));
  for (uint32_t i = 0; i < (state % 2) * LONG; i++) tg_buf_put_u8(out, (uint8_t)(state + i));
}

static void check_state(end_t *end, tg_slice_t body) {
  uint8_t bytes[HEAD + LONG];
  tg_buf_t want;
  check_true(body.len >= HEAD);
  uint32_t state = (uint32_t)body.p[2] << 8 | body.p[3];
  tg_buf_init(&want, bytes, sizeof bytes);
  put_state(state, &want);
  check_bytes(body, tg_buf_slice(&want));
  check_true(state <= end->scene->state);
  if (state > end->known) end->known = state;
}

static void serve(void *ud, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  end_t *end = ud;
  put_state(end->scene->state, reply->body);
  reply->code = TG_COAP_205;
  reply->payload = tg_buf_slice(reply->body);
  if (request->observe == 0) reply->observed = RESOURCE;
}

static void on_notify(void *ud, uint64_t cookie, const tg_coap_result_t *result, tg_coap_reply_t *reply) {
  (void)cookie, (void)reply;
  if (result->rc == TG_OK) check_state(ud, result->body);
}

static void on_gone(void *ud, uint64_t observed, tg_id_t peer) {
  (void)peer;
  check_int(observed, RESOURCE);
  ((end_t *)ud)->scene->gone++;
}

static void on_done(void *ud, const tg_coap_result_t *result) {
  end_t *end = ud;
  check_rc(result->rc, TG_OK);
  check_state(end, result->body);
  end->is_observing = result->observing;
  end->scene->ready++;
}

static void start_end(end_t *end, scene_t *scene, uint8_t address) {
  tg_coap_params_t params;
  end->scene = scene;
  sim_attach(&scene->net, &end->link, address);
  tg_coap_config_t config = {.wheel = scene->net.wheel,
                             .random = tg_random_fill_seeded,
                             .random_ud = &scene->net.random,
                             .handler = serve,
                             .notify = on_notify,
                             .unobserved = on_gone,
                             .ud = end};
  config.limits.dedup = 256;
  end->coap = tg_coap_new(&config);
  assert_non_null(end->coap);
  tg_coap_params_default(&end->link.link, &params);
  params.ack_timeout_ms = 300;
  params.max_retransmit = 16;
  params.block_szx = 1;
  check_rc(tg_coap_add_link(end->coap, &end->link.link, &params), TG_OK);
}

static void observe(scene_t *scene, end_t *end) {
  tg_addr_t to = sim_addr(1);
  tg_coap_call_t call = {.method = TG_COAP_GET,
                         .path = "/s",
                         .accept = TG_CF_NONE,
                         .content_format = TG_CF_NONE,
                         .observe = 0,
                         .done = on_done,
                         .ud = end};
  check_rc(tg_coap_peer(end->coap, &end->link.link, &to, &call.peer), TG_OK);
  check_rc(tg_coap_send(end->coap, &call, NULL), TG_OK);
  (void)scene;
}

static void on_change(tg_timer_t *timer, void *ud) {
  scene_t *scene = ud;
  uint8_t bytes[HEAD + LONG];
  tg_buf_t out;
  scene->state++;
  tg_buf_init(&out, bytes, sizeof bytes);
  put_state(scene->state, &out);
  tg_coap_reply_t reply = {.code = TG_COAP_205, .content_format = TG_CF_NONE, .payload = tg_buf_slice(&out)};
  (void)tg_coap_observer_notify(scene->server.coap, RESOURCE, &reply, scene->state == CHANGES);
  if (scene->state < CHANGES)
    tg_wheel_add(scene->net.wheel, timer, tg_wheel_now(scene->net.wheel) + 10 + draw(scene, 3000));
}

static bool is_ready(void *ud) {
  return ((scene_t *)ud)->ready == OBSERVERS;
}

/* Nothing is on its way, nothing waits. */
static bool is_quiet(void *ud) {
  const scene_t *scene = ud;
  const tg_coap_t *server = scene->server.coap;
  bool is_busy = scene->state < CHANGES || scene->net.in_flight;
  for (uint32_t i = 0; i < tg_pool_slots(&server->observers.pool); i++) {
    const tg_coap_observer_t *observer = tg_pool_at(&server->observers.pool, i, NULL);
    is_busy = is_busy || (observer && observer->is_flying);
  }
  for (int i = 0; i < OBSERVERS; i++) is_busy = is_busy || scene->clients[i].coap->exchanges.pool.count;
  return !is_busy;
}

static void run(uint64_t seed) {
  static const sim_weather_t weather = {
      .loss = 300, .duplication = 100, .reordering = 200, .delay_ms = 50, .late_ms = 3000};
  static scene_t scene;
  scene = (scene_t){0};
  sim_open(&scene.net, seed, &weather);
  start_end(&scene.server, &scene, 1);
  for (uint8_t i = 0; i < OBSERVERS; i++) start_end(scene.clients + i, &scene, (uint8_t)(i + 2));
  for (int i = 0; i < OBSERVERS; i++) observe(&scene, scene.clients + i);
  check_true(sim_run(&scene.net, LIMIT_MS, is_ready, &scene));
  scene.change = (tg_timer_t){.fn = on_change, .ud = &scene};
  tg_wheel_add(scene.net.wheel, &scene.change, tg_wheel_now(scene.net.wheel) + 10);
  check_true(sim_run(&scene.net, LIMIT_MS, is_quiet, &scene));
  unsigned told = 0;
  for (int i = 0; i < OBSERVERS; i++) {
    check_true(scene.clients[i].is_observing);
    told += scene.clients[i].known == CHANGES;
  }
  check_int(scene.gone, 0);
  check_int(told, OBSERVERS);
  tg_wheel_del(scene.net.wheel, &scene.change);
  for (int i = 0; i < OBSERVERS; i++) tg_coap_free(scene.clients[i].coap);
  tg_coap_free(scene.server.coap);
  sim_close(&scene.net);
}

static uint64_t current_seed;

static void every_observer_comes_to_know_the_last_state(void **state) {
  (void)state;
  const char *only = getenv("COAP_SIM_SEED");
  uint64_t from = only ? strtoull(only, NULL, 10) : 1, to = only ? from : SEEDS;
  for (current_seed = from; current_seed <= to; current_seed++) run(current_seed);
  current_seed = 0;
}

/* cmocka leaves a failed test in the middle; the seed is said here. */
static int say_seed(void **state) {
  (void)state;
  if (current_seed) print_error("seed=%llu\n", (unsigned long long)current_seed);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(every_observer_comes_to_know_the_last_state, say_seed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
