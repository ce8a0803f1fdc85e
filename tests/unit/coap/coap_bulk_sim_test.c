/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/coap/coap_bulk_sim_test.c: bodies of a mebibyte between a gateway and a device over a network that loses 30 %, duplicates 10 % and
 * reorders 20 %: pushed by Block1 and pulled by Block2 at once, while urgent reads pass. Restarts of either end, a dead and a slow
 * network, a body that changes. Lent bodies, patience and resumption of coap.h are what is tested. A failing seed is printed.
 */

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/sim_harness.h"

enum { MIB = 1 << 20, SEEDS = 6, PATIENCE_MS = 600000, DAY_MS = 86400000, GATEWAY = 1, DEVICE = 2, SPAN_MS = 93000 };

static const sim_weather_t bad = {.loss = 300, .duplication = 100, .reordering = 200, .delay_ms = 50, .late_ms = 3000};

static uint8_t image[MIB], second[MIB];

/* How one request of ours ended, and what was told before. */
typedef struct end {
  bool is_over;
  tg_rc_t rc;
  uint8_t code;
  size_t sent;   /* last progress */
  size_t steps;  /* how often it was told */
  bool is_equal; /* the answer's body is the image that the test expects */
  uint64_t at_ms;
} end_t;

typedef struct reads {
  unsigned asked;
  unsigned answered;
  uint64_t longest_ms;
  uint64_t sum_ms;
  uint64_t began_ms;
  bool is_busy;
} reads_t;

typedef struct world {
  sim_net_t net;
  sim_link_t links[3]; /* by address */
  tg_coap_t *coaps[3];
  tg_coap_params_t params;
  size_t request_body; /* of the device */
  tg_slice_t served;   /* by the gateway */
  const char *etag;
  const uint8_t *expected;
  size_t expected_len;
  unsigned puts; /* bodies that the device has had whole */
  unsigned good_puts;
  tg_id_t device;  /* as the gateway's peer */
  tg_id_t gateway; /* as the device's */
  end_t push, pull;
  reads_t reads;
  tg_timer_t next_read;
  uint32_t read_every_ms;
  uint32_t patience_ms;
  unsigned blocks;      /* Block1 messages of the gateway */
  uint32_t first_block; /* number of the first one */
} world_t;

static uint64_t current_seed;

static void handle(void *ud, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  world_t *world = ud;
  bool is_gateway = request->link == &world->links[GATEWAY].link;
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
  world_t *world = ud;
  tg_coap_msg_t msg;
  (void)to;
  if (from != GATEWAY || tg_coap_msg_decode(&msg, datagram) != TG_OK || msg.code != TG_COAP_PUT) return;
  const tg_coap_opt_t *opt = tg_coap_msg_find(&msg, TG_OPT_BLOCK1);
  assert_non_null(opt);
  uint32_t value = 0;
  for (size_t i = 0; i < opt->len; i++) value = value << 8 | opt->p[i];
  if (world->blocks++ == 0) world->first_block = value >> 4;
}

static void start_engine(world_t *world, uint8_t address) {
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
  tg_addr_t other = sim_addr(GATEWAY + DEVICE - address);
  tg_id_t *peer = address == GATEWAY ? &world->device : &world->gateway;
  check_rc(tg_coap_peer(coap, &world->links[address].link, &other, peer), TG_OK);
}

static void stop_engine(world_t *world, uint8_t address) {
  tg_coap_free(world->coaps[address]);
  world->coaps[address] = NULL;
}

static world_t *open_world(uint64_t seed, const sim_weather_t *weather) {
  static world_t world;
  world = (world_t){.patience_ms = PATIENCE_MS,
                    .read_every_ms = 5000,
                    .request_body = MIB,
                    .etag = "one",
                    .served = {image, MIB},
                    .expected = image,
                    .expected_len = MIB};
  current_seed = seed;
  sim_open(&world.net, seed, weather);
  world.net.spy = spy;
  world.net.spy_ud = &world;
  for (uint8_t i = GATEWAY; i <= DEVICE; i++) sim_attach(&world.net, world.links + i, i);
  tg_coap_params_default(&world.links[GATEWAY].link, &world.params);
  return &world;
}

static void start_world(world_t *world) {
  for (uint8_t i = GATEWAY; i <= DEVICE; i++) start_engine(world, i);
}

static void close_world(world_t *world) {
  tg_wheel_del(world->net.wheel, &world->next_read);
  for (uint8_t i = GATEWAY; i <= DEVICE; i++) {
    tg_coap_stats_t stats;
    tg_coap_stats(world->coaps[i], &stats);
    check_int(stats.exchanges, 0);
    stop_engine(world, i);
  }
  sim_close(&world->net);
  current_seed = 0;
}

static void on_progress(void *ud, size_t sent) {
  world_t *world = ud;
  world->push.sent = sent;
  world->push.steps++;
}

static void end_with(world_t *world, end_t *end, const tg_coap_result_t *result) {
  check_false(end->is_over);
  end->is_over = true;
  end->rc = result->rc;
  end->code = result->code;
  end->at_ms = tg_wheel_now(world->net.wheel);
}

static void on_pushed(void *ud, const tg_coap_result_t *result) {
  world_t *world = ud;
  end_with(world, &world->push, result);
}

static void on_pulled(void *ud, const tg_coap_result_t *result) {
  world_t *world = ud;
  end_with(world, &world->pull, result);
  world->pull.is_equal =
      result->body.len == world->expected_len && memcmp(result->body.p, world->expected, world->expected_len) == 0;
}

static void push(world_t *world, size_t first_at) {
  world->push = (end_t){0};
  tg_coap_call_t call = {.peer = world->device,
                         .method = TG_COAP_PUT,
                         .path = "/5/0/0",
                         .accept = TG_CF_NONE,
                         .content_format = TG_CF_OPAQUE,
                         .payload = tg_slice(image, world->expected_len),
                         .observe = -1,
                         .lent = true,
                         .first_at = first_at,
                         .patience_ms = world->patience_ms,
                         .progress = on_progress,
                         .done = on_pushed,
                         .ud = world};
  check_rc(tg_coap_send(world->coaps[GATEWAY], &call, NULL), TG_OK);
}

static void pull(world_t *world) {
  world->pull = (end_t){0};
  tg_coap_call_t call = {.peer = world->gateway,
                         .method = TG_COAP_GET,
                         .path = "/fw/one",
                         .accept = TG_CF_NONE,
                         .content_format = TG_CF_NONE,
                         .observe = -1,
                         .patience_ms = world->patience_ms,
                         .done = on_pulled,
                         .ud = world};
  check_rc(tg_coap_send(world->coaps[DEVICE], &call, NULL), TG_OK);
}

static void on_read(void *ud, const tg_coap_result_t *result) {
  world_t *world = ud;
  reads_t *reads = &world->reads;
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
  world_t *world = ud;
  reads_t *reads = &world->reads;
  tg_wheel_add(world->net.wheel, timer, tg_wheel_now(world->net.wheel) + world->read_every_ms);
  if (reads->is_busy) return;
  *reads = (reads_t){.asked = reads->asked + 1,
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
  check_rc(tg_coap_send(world->coaps[GATEWAY], &call, NULL), TG_OK);
}

static void start_reads(world_t *world) {
  world->next_read = (tg_timer_t){.fn = ask, .ud = world};
  tg_wheel_add(world->net.wheel, &world->next_read, tg_wheel_now(world->net.wheel) + 1000);
}

static bool both_over(void *ud) {
  const world_t *world = ud;
  return world->push.is_over && world->pull.is_over && !world->reads.is_busy;
}

static bool push_over(void *ud) {
  const world_t *world = ud;
  return world->push.is_over;
}

static bool pull_over(void *ud) {
  const world_t *world = ud;
  return world->pull.is_over;
}

static bool half_pushed(void *ud) {
  const world_t *world = ud;
  return world->push.sent >= world->expected_len / 2;
}

static void check_pushed(const world_t *world) {
  check_rc(world->push.rc, TG_OK);
  check_int(world->push.code, TG_COAP_204);
  check_int(world->push.sent, world->expected_len);
  check_int(world->good_puts, 1);
  check_int(world->puts, 1);
}

static void a_mebibyte_goes_both_ways_while_reads_are_answered(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    world_t *world = open_world(seed, &bad);
    start_world(world);
    push(world, 0);
    pull(world);
    start_reads(world);
    check_true(sim_run(&world->net, DAY_MS, both_over, world));
    check_pushed(world);
    check_int(world->push.steps, MIB / 1024);
    check_rc(world->pull.rc, TG_OK);
    check_true(world->pull.is_equal);
    /* Behind at most one block on its way, whose life is that of a message. */
    check_true(world->reads.answered > 100);
    check_true(world->reads.longest_ms <= 4 * SPAN_MS);
    check_true(world->reads.sum_ms / world->reads.answered <= 30000);
    check_int(world->coaps[GATEWAY]->bodies.bytes, 0); /* nothing is kept of what is lent */
    close_world(world);
  }
}

static void a_push_goes_on_where_it_was_when_its_engine_died(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    world_t *world = open_world(seed, &bad);
    start_world(world);
    push(world, 0);
    check_true(sim_run(&world->net, DAY_MS, half_pushed, world));
    size_t had = world->push.sent;
    stop_engine(world, GATEWAY);
    check_rc(world->push.rc, TG_E_CANCELLED);
    start_engine(world, GATEWAY);
    world->blocks = 0;
    push(world, had + 100); /* in the middle of a block */
    check_true(sim_run(&world->net, DAY_MS, push_over, world));
    check_pushed(world);
    check_int(world->first_block, had / 1024);
    check_int(world->push.steps, (MIB - had) / 1024);
    close_world(world);
  }
}

static void a_device_that_restarted_gets_the_body_from_the_beginning(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    world_t *world = open_world(seed, &bad);
    start_world(world);
    push(world, 0);
    check_true(sim_run(&world->net, DAY_MS, half_pushed, world));
    stop_engine(world, DEVICE);
    start_engine(world, DEVICE);
    check_true(sim_run(&world->net, DAY_MS, push_over, world));
    check_pushed(world);
    check_true(world->push.steps >= MIB / 1024 + MIB / 2048);
    close_world(world);
  }
}

/* What the gateway believes the device has is not there: nothing is lost but a round trip. */
static void a_resumption_that_finds_nothing_begins_anew(void **state) {
  (void)state;
  world_t *world = open_world(1, &bad);
  start_world(world);
  push(world, MIB / 2);
  check_true(sim_run(&world->net, DAY_MS, push_over, world));
  check_pushed(world);
  check_int(world->first_block, MIB / 2048);
  check_int(world->push.steps, MIB / 1024);
  close_world(world);
}

static void an_outage_shorter_than_the_patience_is_sat_out(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    world_t *world = open_world(seed, &bad);
    start_world(world);
    push(world, 0);
    check_true(sim_run(&world->net, DAY_MS, half_pushed, world));
    world->net.weather.loss = 1000;
    check_false(sim_run(&world->net, 100000, push_over, world));
    world->net.weather = bad;
    check_true(sim_run(&world->net, DAY_MS, push_over, world));
    check_pushed(world);
    check_int(world->push.steps, MIB / 1024); /* no block was taken twice */
    close_world(world);
  }
}

static void patience_ends_in_a_timeout(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    world_t *world = open_world(seed, &bad);
    start_world(world);
    push(world, 0);
    pull(world);
    check_true(sim_run(&world->net, DAY_MS, half_pushed, world));
    world->net.weather.loss = 1000;
    uint64_t from = tg_wheel_now(world->net.wheel);
    check_true(sim_run(&world->net, DAY_MS, both_over, world));
    check_rc(world->push.rc, TG_E_TIMEOUT);
    check_rc(world->pull.rc, TG_E_TIMEOUT);
    assert_in_range(world->push.at_ms - from, PATIENCE_MS - 2 * SPAN_MS, PATIENCE_MS + SPAN_MS);
    check_true(world->push.sent < MIB);
    check_int(world->puts, 0);
    close_world(world);
  }
}

static void a_body_that_changes_under_way_is_had_in_its_new_state(void **state) {
  (void)state;
  world_t *world = open_world(3, &bad);
  start_world(world);
  pull(world);
  check_false(sim_run(&world->net, 600000, pull_over, world));
  assert_true(world->coaps[DEVICE]->bodies.bytes > 65536); /* it has begun */
  world->served = tg_slice(second, MIB / 2);
  world->etag = "two";
  world->expected = second;
  world->expected_len = MIB / 2;
  check_true(sim_run(&world->net, DAY_MS, pull_over, world));
  check_rc(world->pull.rc, TG_OK);
  check_true(world->pull.is_equal);
  close_world(world);
}

static void a_body_too_long_for_the_device_is_refused_with_the_first_block(void **state) {
  (void)state;
  world_t *world = open_world(1, &(sim_weather_t){.delay_ms = 50});
  world->request_body = 65536;
  start_world(world);
  push(world, 0);
  check_true(sim_run(&world->net, DAY_MS, push_over, world));
  check_rc(world->push.rc, TG_OK);
  check_int(world->push.code, TG_COAP_413);
  check_int(world->push.steps, 0);
  check_true(world->blocks <= 2); /* the device asks for an Echo before it looks at it */
  close_world(world);
}

/* A bearer with small datagrams that says when it has sent; nothing is sent again by the message layer. */
static void a_slow_bearer_gets_its_blocks_through(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    world_t *world = open_world(seed, &bad);
    for (uint8_t i = GATEWAY; i <= DEVICE; i++) {
      world->links[i].link.mtu = 200;
      world->links[i].link.reports_tx = true;
    }
    tg_coap_params_default(&world->links[GATEWAY].link, &world->params);
    world->params.max_retransmit = 0;
    world->net.weather.delay_ms = 5000;
    world->net.weather.late_ms = 30000;
    world->expected_len = 65536;
    world->patience_ms = 3600000;
    world->read_every_ms = 600000;
    start_world(world);
    push(world, 0);
    start_reads(world);
    check_true(sim_run(&world->net, 30 * (uint64_t)DAY_MS, push_over, world));
    world->pull.is_over = true;
    check_true(sim_run(&world->net, DAY_MS, both_over, world));
    check_pushed(world);
    check_int(world->push.steps, 65536 / 128);
    check_true(world->reads.answered > 10);
    close_world(world);
  }
}

static int make_images(void **state) {
  (void)state;
  tg_random_seeded_t random = {99};
  tg_random_fill_seeded(&random, image, sizeof image);
  tg_random_fill_seeded(&random, second, sizeof second);
  return 0;
}

/* cmocka leaves a failed test in the middle; the seed is said here. */
static int say_seed(void **state) {
  (void)state;
  if (current_seed) print_error("seed=%llu\n", (unsigned long long)current_seed);
  current_seed = 0;
  return 0;
}

#define SEEDED(test) cmocka_unit_test_teardown(test, say_seed)

int main(void) {
  const struct CMUnitTest tests[] = {
      SEEDED(a_mebibyte_goes_both_ways_while_reads_are_answered),
      SEEDED(a_push_goes_on_where_it_was_when_its_engine_died),
      SEEDED(a_device_that_restarted_gets_the_body_from_the_beginning),
      SEEDED(a_resumption_that_finds_nothing_begins_anew),
      SEEDED(an_outage_shorter_than_the_patience_is_sat_out),
      SEEDED(patience_ends_in_a_timeout),
      SEEDED(a_body_that_changes_under_way_is_had_in_its_new_state),
      SEEDED(a_body_too_long_for_the_device_is_refused_with_the_first_block),
      SEEDED(a_slow_bearer_gets_its_blocks_through),
  };
  return cmocka_run_group_tests(tests, make_images, NULL);
}
