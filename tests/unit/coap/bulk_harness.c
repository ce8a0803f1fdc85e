/* SPDX-License-Identifier: Apache-2.0 */
/* See bulk_harness.h. */

#include "tests/unit/coap/bulk_harness.h"

#include "core/coap/coap_engine.h"

const sim_weather_t bulk_bad = {.loss = 300, .duplication = 100, .reordering = 200, .delay_ms = 50, .late_ms = 3000};

uint8_t bulk_image[BULK_BYTES], bulk_second[BULK_BYTES];

static uint64_t current_seed;

static void handle(void *ud, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  bulk_world_t *world = ud;
  bool is_gateway = request->link == &world->links[BULK_GATEWAY].link;
  if (is_gateway) {
    reply->code = TG_COAP_205;
    reply->content_format = TG_CF_OPAQUE;
    reply->payload = world->served;
    reply->lent = true;
    reply->etag = tg_slice_str(world->etag);
  } else if (request->msg->code == TG_COAP_PUT) {
    world->puts++;
    world->good_puts +=
        request->body.len == world->expected_len && memcmp(request->body.p, world->expected, world->expected_len) == 0;
    reply->code = TG_COAP_204;
  } else {
    reply->code = TG_COAP_205;
    reply->payload = tg_slice_str("21.5");
  }
}

static void no_notify(void *ud, uint64_t cookie, const tg_coap_result_t *result, tg_coap_reply_t *reply) {
  (void)ud, (void)cookie, (void)result, (void)reply;
  fail();
}

static void spy(void *ud, uint8_t from, uint8_t to, tg_slice_t datagram) {
  bulk_world_t *world = ud;
  tg_coap_msg_t msg;
  (void)to;
  if (from != BULK_GATEWAY || tg_coap_msg_decode(&msg, datagram) != TG_OK || msg.code != TG_COAP_PUT) return;
  const tg_coap_opt_t *opt = tg_coap_msg_find(&msg, TG_OPT_BLOCK1);
  assert_non_null(opt);
  uint32_t value = 0;
  for (size_t i = 0; i < opt->len; i++) value = value << 8 | opt->p[i];
  if (world->blocks++ == 0) world->first_block = value >> 4;
  if (world->is_last_lost && !(value & 8)) world->net.mute = BULK_DEVICE;
}

void bulk_start_engine(bulk_world_t *world, uint8_t address) {
  tg_coap_config_t config = {.wheel = world->net.wheel,
                             .random = tg_random_fill_seeded,
                             .random_ud = &world->net.random,
                             .handler = handle,
                             .notify = no_notify,
                             .ud = world};
  config.limits = (tg_coap_limits_t){.peers = 16, .exchanges = 64, .dedup = 256, .transfers = 16, .observations = 16};
  config.limits.request_body = config.limits.response_body = world->request_body;
  config.limits.transfer_bytes = 8 << 20;
  config.limits.amplification = 3;
  tg_coap_t *coap = world->coaps[address] = tg_coap_new(&config);
  assert_non_null(coap);
  check_rc(tg_coap_add_link(coap, &world->links[address].link, &world->params), TG_OK);
  tg_addr_t other = sim_addr(BULK_GATEWAY + BULK_DEVICE - address);
  tg_id_t *peer = address == BULK_GATEWAY ? &world->device : &world->gateway;
  check_rc(tg_coap_peer(coap, &world->links[address].link, &other, peer), TG_OK);
}

void bulk_stop_engine(bulk_world_t *world, uint8_t address) {
  tg_coap_free(world->coaps[address]);
  world->coaps[address] = NULL;
}

bulk_world_t *bulk_open(uint64_t seed, const sim_weather_t *weather) {
  static bulk_world_t world;
  world = (bulk_world_t){.patience_ms = BULK_PATIENCE_MS,
                         .read_every_ms = 5000,
                         .request_body = BULK_BYTES,
                         .etag = "one",
                         .served = {bulk_image, BULK_BYTES},
                         .expected = bulk_image,
                         .expected_len = BULK_BYTES};
  current_seed = seed;
  sim_open(&world.net, seed, weather);
  world.net.spy = spy;
  world.net.spy_ud = &world;
  for (uint8_t i = BULK_GATEWAY; i <= BULK_DEVICE; i++) sim_attach(&world.net, world.links + i, i);
  tg_coap_params_default(&world.links[BULK_GATEWAY].link, &world.params);
  return &world;
}

void bulk_start(bulk_world_t *world) {
  for (uint8_t i = BULK_GATEWAY; i <= BULK_DEVICE; i++) bulk_start_engine(world, i);
}

void bulk_close(bulk_world_t *world) {
  tg_wheel_del(world->net.wheel, &world->next_read);
  for (uint8_t i = BULK_GATEWAY; i <= BULK_DEVICE; i++) {
    tg_coap_stats_t stats;
    tg_coap_stats(world->coaps[i], &stats);
    check_int(stats.exchanges, 0);
    bulk_stop_engine(world, i);
  }
  sim_close(&world->net);
  current_seed = 0;
}

static void on_progress(void *ud, size_t sent) {
  bulk_world_t *world = ud;
  world->push.sent = sent;
  world->push.steps++;
}

static void end_with(bulk_world_t *world, bulk_end_t *end, const tg_coap_result_t *result) {
  check_false(end->is_over);
  end->is_over = true;
  end->rc = result->rc;
  end->code = result->code;
  end->at_ms = tg_wheel_now(world->net.wheel);
}

static void on_pushed(void *ud, const tg_coap_result_t *result) {
  bulk_world_t *world = ud;
  end_with(world, &world->push, result);
}

static void on_pulled(void *ud, const tg_coap_result_t *result) {
  bulk_world_t *world = ud;
  end_with(world, &world->pull, result);
  world->pull.is_equal =
      result->body.len == world->expected_len && memcmp(result->body.p, world->expected, world->expected_len) == 0;
}

void bulk_push(bulk_world_t *world, size_t first_at) {
  world->push = (bulk_end_t){0};
  tg_coap_call_t call = {.peer = world->device,
                         .method = TG_COAP_PUT,
                         .path = "/5/0/0",
                         .accept = TG_CF_NONE,
                         .content_format = TG_CF_OPAQUE,
                         .payload = tg_slice(bulk_image, world->expected_len),
                         .observe = -1,
                         .lent = true,
                         .first_at = first_at,
                         .patience_ms = world->patience_ms,
                         .progress = on_progress,
                         .done = on_pushed,
                         .ud = world};
  check_rc(tg_coap_send(world->coaps[BULK_GATEWAY], &call, NULL), TG_OK);
}

bulk_world_t *bulk_begin(uint64_t seed) {
  bulk_world_t *world = bulk_open(seed, &bulk_bad);
  bulk_start(world);
  bulk_push(world, 0);
  return world;
}

void bulk_pull(bulk_world_t *world) {
  world->pull = (bulk_end_t){0};
  tg_coap_call_t call = {.peer = world->gateway,
                         .method = TG_COAP_GET,
                         .path = "/fw/one",
                         .accept = TG_CF_NONE,
                         .content_format = TG_CF_NONE,
                         .observe = -1,
                         .patience_ms = world->patience_ms,
                         .done = on_pulled,
                         .ud = world};
  check_rc(tg_coap_send(world->coaps[BULK_DEVICE], &call, NULL), TG_OK);
}

static void on_read(void *ud, const tg_coap_result_t *result) {
  bulk_world_t *world = ud;
  bulk_reads_t *reads = &world->reads;
  uint64_t took = tg_wheel_now(world->net.wheel) - reads->began_ms;
  reads->is_busy = false;
  if (result->rc == TG_E_CANCELLED) return;
  check_rc(result->rc, TG_OK);
  check_int(result->body.len, 4);
  reads->answered++;
  reads->sum_ms += took;
  if (took > reads->longest_ms) reads->longest_ms = took;
}

static void ask(tg_timer_t *timer, void *ud) {
  bulk_world_t *world = ud;
  bulk_reads_t *reads = &world->reads;
  tg_wheel_add(world->net.wheel, timer, tg_wheel_now(world->net.wheel) + world->read_every_ms);
  if (reads->is_busy) return;
  *reads = (bulk_reads_t){.asked = reads->asked + 1,
                          .answered = reads->answered,
                          .longest_ms = reads->longest_ms,
                          .sum_ms = reads->sum_ms,
                          .began_ms = tg_wheel_now(world->net.wheel),
                          .is_busy = true};
  tg_coap_call_t call = {.peer = world->device,
                         .method = TG_COAP_GET,
                         .path = "/3303/0/5700",
                         .accept = TG_CF_NONE,
                         .content_format = TG_CF_NONE,
                         .observe = -1,
                         .priority = 3,
                         .patience_ms = world->patience_ms,
                         .done = on_read,
                         .ud = world};
  check_rc(tg_coap_send(world->coaps[BULK_GATEWAY], &call, NULL), TG_OK);
}

void bulk_start_reads(bulk_world_t *world) {
  world->next_read = (tg_timer_t){.fn = ask, .ud = world};
  tg_wheel_add(world->net.wheel, &world->next_read, tg_wheel_now(world->net.wheel) + 1000);
}

bool bulk_both_over(void *ud) {
  const bulk_world_t *world = ud;
  return world->push.is_over && world->pull.is_over && !world->reads.is_busy;
}

bool bulk_push_over(void *ud) {
  const bulk_world_t *world = ud;
  return world->push.is_over;
}

bool bulk_pull_over(void *ud) {
  const bulk_world_t *world = ud;
  return world->pull.is_over;
}

static bool half_pushed(void *ud) {
  const bulk_world_t *world = ud;
  return world->push.sent >= world->expected_len / 2;
}

void bulk_run_to_half(bulk_world_t *world) {
  check_true(sim_run(&world->net, BULK_DAY_MS, half_pushed, world));
}

void bulk_run_to_end(bulk_world_t *world) {
  check_true(sim_run(&world->net, BULK_DAY_MS, bulk_push_over, world));
}

void bulk_check_pushed(const bulk_world_t *world) {
  check_rc(world->push.rc, TG_OK);
  check_int(world->push.code, TG_COAP_204);
  check_int(world->push.sent, world->expected_len);
  check_int(world->good_puts, 1);
  check_int(world->puts, 1);
}

int bulk_set_up(void **state) {
  (void)state;
  tg_random_seeded_t random = {99};
  tg_random_fill_seeded(&random, bulk_image, sizeof bulk_image);
  tg_random_fill_seeded(&random, bulk_second, sizeof bulk_second);
  return 0;
}

int bulk_say_seed(void **state) {
  (void)state;
  if (current_seed) print_error("seed=%llu\n", (unsigned long long)current_seed);
  current_seed = 0;
  return 0;
}
