/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/coap/coap_bulk_sim_test.c: bodies of a mebibyte both ways at once over a bad network, while urgent reads pass; a slow network, a body
 * that changes, one that is too long. Lent bodies of coap.h are what is tested.
 */

#include "core/coap/coap_engine.h"
#include "tests/unit/coap/bulk_harness.h"

static void a_mebibyte_goes_both_ways_while_reads_are_answered(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= BULK_SEEDS; seed++) {
    bulk_world_t *world = bulk_begin(seed);
    bulk_pull(world);
    bulk_start_reads(world);
    check_true(sim_run(&world->net, BULK_DAY_MS, bulk_both_over, world));
    bulk_check_pushed(world);
    check_int(world->push.steps, BULK_BYTES / 1024);
    check_rc(world->pull.rc, TG_OK);
    check_true(world->pull.is_equal);
    /* Behind at most one block on its way, whose life is that of a message. */
    check_true(world->reads.answered > 100);
    check_true(world->reads.longest_ms <= 4 * BULK_SPAN_MS);
    check_true(world->reads.sum_ms / world->reads.answered <= 30000);
    check_int(world->coaps[BULK_GATEWAY]->bodies.bytes, 0); /* nothing is kept of what is lent */
    bulk_close(world);
  }
}

static void a_body_that_changes_under_way_is_had_in_its_new_state(void **state) {
  (void)state;
  bulk_world_t *world = bulk_open(3, &bulk_bad);
  bulk_start(world);
  bulk_pull(world);
  check_false(sim_run(&world->net, 600000, bulk_pull_over, world));
  assert_true(world->coaps[BULK_DEVICE]->bodies.bytes > 65536); /* it has begun */
  world->served = tg_slice(bulk_second, BULK_BYTES / 2);
  world->etag = "two";
  world->expected = bulk_second;
  world->expected_len = BULK_BYTES / 2;
  check_true(sim_run(&world->net, BULK_DAY_MS, bulk_pull_over, world));
  check_rc(world->pull.rc, TG_OK);
  check_true(world->pull.is_equal);
  bulk_close(world);
}

static void a_body_too_long_for_the_device_is_refused_with_the_first_block(void **state) {
  (void)state;
  bulk_world_t *world = bulk_open(1, &(sim_weather_t){.delay_ms = 50});
  world->request_body = 65536;
  bulk_start(world);
  bulk_push(world, 0);
  bulk_run_to_end(world);
  check_rc(world->push.rc, TG_OK);
  check_int(world->push.code, TG_COAP_413);
  check_int(world->push.steps, 0);
  check_true(world->blocks <= 2); /* the device asks for an Echo before it looks at it */
  bulk_close(world);
}

/* A bearer with small datagrams that says when it has sent; nothing is sent again by the message layer. */
static void a_slow_bearer_gets_its_blocks_through(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= BULK_SEEDS; seed++) {
    bulk_world_t *world = bulk_open(seed, &bulk_bad);
    for (uint8_t i = BULK_GATEWAY; i <= BULK_DEVICE; i++) {
      world->links[i].link.mtu = 200;
      world->links[i].link.reports_tx = true;
    }
    tg_coap_params_default(&world->links[BULK_GATEWAY].link, &world->params);
    world->params.max_retransmit = 0;
    world->net.weather.delay_ms = 5000;
    world->net.weather.late_ms = 30000;
    world->expected_len = 65536;
    world->patience_ms = 3600000;
    world->read_every_ms = 600000;
    bulk_start(world);
    bulk_push(world, 0);
    bulk_start_reads(world);
    check_true(sim_run(&world->net, 30 * (uint64_t)BULK_DAY_MS, bulk_push_over, world));
    world->pull.is_over = true;
    check_true(sim_run(&world->net, BULK_DAY_MS, bulk_both_over, world));
    bulk_check_pushed(world);
    check_int(world->push.steps, 65536 / 128);
    check_true(world->reads.answered > 10);
    bulk_close(world);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      BULK(a_mebibyte_goes_both_ways_while_reads_are_answered),
      BULK(a_body_that_changes_under_way_is_had_in_its_new_state),
      BULK(a_body_too_long_for_the_device_is_refused_with_the_first_block),
      BULK(a_slow_bearer_gets_its_blocks_through),
  };
  return cmocka_run_group_tests(tests, bulk_set_up, NULL);
}
