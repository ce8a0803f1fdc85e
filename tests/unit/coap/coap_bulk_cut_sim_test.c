/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/coap/coap_bulk_cut_sim_test.c: pushes of a mebibyte over a bad network that are cut: restarts of either end, a dead network, a last
 * answer that is lost. Patience and resumption of coap.h are what is tested.
 */

#include "tests/unit/coap/bulk_harness.h"

static void a_push_goes_on_where_it_was_when_its_engine_died(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= BULK_SEEDS; seed++) {
    bulk_world_t *world = bulk_begin(seed);
    bulk_run_to_half(world);
    size_t had = world->push.sent;
    bulk_stop_engine(world, BULK_GATEWAY);
    check_rc(world->push.rc, TG_E_CANCELLED);
    bulk_start_engine(world, BULK_GATEWAY);
    world->blocks = 0;
    bulk_push(world, had + 100); /* in the middle of a block */
    bulk_run_to_end(world);
    bulk_check_pushed(world);
    check_int(world->first_block, had / 1024);
    check_int(world->push.steps, (BULK_BYTES - had) / 1024);
    bulk_close(world);
  }
}

static void a_device_that_restarted_gets_the_body_from_the_beginning(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= BULK_SEEDS; seed++) {
    bulk_world_t *world = bulk_begin(seed);
    bulk_run_to_half(world);
    bulk_stop_engine(world, BULK_DEVICE);
    bulk_start_engine(world, BULK_DEVICE);
    bulk_run_to_end(world);
    bulk_check_pushed(world);
    check_true(world->push.steps >= BULK_BYTES / 1024 + BULK_BYTES / 2048);
    bulk_close(world);
  }
}

/* What the gateway believes the device has is not there: nothing is lost but a round trip. */
static void a_resumption_that_finds_nothing_begins_anew(void **state) {
  (void)state;
  bulk_world_t *world = bulk_open(1, &bulk_bad);
  bulk_start(world);
  bulk_push(world, BULK_BYTES / 2);
  bulk_run_to_end(world);
  bulk_check_pushed(world);
  check_int(world->first_block, BULK_BYTES / 2048);
  check_int(world->push.steps, BULK_BYTES / 1024);
  bulk_close(world);
}

static void an_outage_shorter_than_the_patience_is_sat_out(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= BULK_SEEDS; seed++) {
    bulk_world_t *world = bulk_begin(seed);
    bulk_run_to_half(world);
    world->net.weather.loss = 1000;
    check_false(sim_run(&world->net, 100000, bulk_push_over, world));
    world->net.weather = bulk_bad;
    bulk_run_to_end(world);
    bulk_check_pushed(world);
    check_int(world->push.steps, BULK_BYTES / 1024); /* no block was taken twice */
    bulk_close(world);
  }
}

static void patience_ends_in_a_timeout(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= BULK_SEEDS; seed++) {
    bulk_world_t *world = bulk_begin(seed);
    bulk_pull(world);
    bulk_run_to_half(world);
    world->net.weather.loss = 1000;
    uint64_t from = tg_wheel_now(world->net.wheel);
    check_true(sim_run(&world->net, BULK_DAY_MS, bulk_both_over, world));
    check_rc(world->push.rc, TG_E_TIMEOUT);
    check_rc(world->pull.rc, TG_E_TIMEOUT);
    assert_in_range(world->push.at_ms - from, BULK_PATIENCE_MS - 2 * BULK_SPAN_MS, BULK_PATIENCE_MS + BULK_SPAN_MS);
    check_true(world->push.sent < BULK_BYTES);
    check_int(world->puts, 0);
    bulk_close(world);
  }
}

static bool had_whole(void *ud) {
  const bulk_world_t *world = ud;
  return world->puts > 0;
}

/* The device has had everything and said so; nothing that it says arrives for @p ms. */
static bulk_world_t *lose_the_end(uint64_t seed, uint64_t ms) {
  bulk_world_t *world = bulk_open(seed, &bulk_bad);
  bulk_start(world);
  world->is_last_lost = true;
  bulk_push(world, 0);
  check_true(sim_run(&world->net, BULK_DAY_MS, had_whole, world));
  check_false(sim_run(&world->net, ms, bulk_push_over, world));
  world->is_last_lost = false;
  world->net.mute = 0;
  bulk_run_to_end(world);
  return world;
}

/* The device has had everything and said so; that is lost until, after some minutes, it is asked once more. */
static void an_end_whose_answer_was_lost_is_asked_for(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= BULK_SEEDS; seed++) {
    bulk_world_t *world = lose_the_end(seed, 120000);
    bulk_check_pushed(world);
    bulk_close(world);
  }
}

/* After the time for which messages are remembered nobody knows any more; the asker is told so instead of a second push. */
static void an_end_that_is_forgotten_is_not_known(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= BULK_SEEDS; seed++) {
    bulk_world_t *world = lose_the_end(seed, 400000);
    check_rc(world->push.rc, TG_OK);
    check_int(world->push.code, TG_COAP_408);
    check_int(world->good_puts, 1);
    bulk_close(world);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      BULK(a_push_goes_on_where_it_was_when_its_engine_died),
      BULK(a_device_that_restarted_gets_the_body_from_the_beginning),
      BULK(a_resumption_that_finds_nothing_begins_anew),
      BULK(an_outage_shorter_than_the_patience_is_sat_out),
      BULK(patience_ends_in_a_timeout),
      BULK(an_end_whose_answer_was_lost_is_asked_for),
      BULK(an_end_that_is_forgotten_is_not_known),
  };
  return cmocka_run_group_tests(tests, bulk_set_up, NULL);
}
