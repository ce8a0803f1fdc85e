/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/observe_queue.c: whose turn it is, at which pace, and who goes first. */

#include "core/base/alloc.h"
#include "core/base/random.h"
#include "core/server/observe.h"
#include "tests/unit/check.h"

enum { REGS = 12000, NOW = 4000000, ALLOWANCE = 50, COME_ROUND_MS = 500 };

static tg_random_seeded_t seeded;
static tg_wheel_t *wheel;
static tg_server_t *server;
static uint64_t now;
static tg_reg_t *regs[REGS];
static size_t reg_count;
static tg_reg_t *begun[REGS]; /* in the order of their turns */
static size_t begun_count;
static bool takes_plans; /* each that begins has its plan until the test ends it */

static void on_begin(tg_server_t *of, tg_reg_t *reg) {
  tg_id_t id;
  assert_ptr_equal(of, server);
  check_int(reg->queue_lane, 0);
  begun[begun_count++] = reg;
  if (!takes_plans) return;
  assert_non_null(tg_pool_take(&server->plans, &id));
  reg->plan_ref = tg_id_slot(id) + 1;
}

static void open_queue(uint64_t at_ms) {
  now = at_ms;
  wheel = tg_wheel_new(now);
  tg_server_config_t config = {.wheel = wheel, .random = tg_random_fill_seeded, .random_ud = &seeded};
  server = tg_server_new(&config);
  assert_non_null(server);
  tg_observe_queue_init(server, on_begin);
  reg_count = begun_count = 0;
  takes_plans = false;
}

static void close_queue(void) {
  tg_server_free(server);
  check_true(tg_wheel_next(wheel) == UINT64_MAX);
  tg_wheel_free(wheel);
}

static void pass(uint64_t ms) {
  for (uint64_t end = now + ms; now < end;) tg_wheel_advance(wheel, ++now);
}

static tg_reg_t *add(bool sleeps, bool asks, uint32_t delay_ms) {
  tg_reg_t *reg = tg_reg_table_add(server);
  assert_non_null(reg);
  tg_observe_queue_add(server, reg, &(tg_observe_turn_t){sleeps, asks, delay_ms});
  regs[reg_count++] = reg;
  return reg;
}

static void end_plan(tg_reg_t *reg) {
  tg_id_t id;
  assert_non_null(tg_pool_at(&server->plans, reg->plan_ref - 1, &id));
  tg_pool_give(&server->plans, id);
  reg->plan_ref = 0;
  tg_observe_queue_go_on(server);
}

static tg_server_stats_t stats(void) {
  tg_server_stats_t counted;
  tg_server_stats(server, &counted);
  return counted;
}

static void one_alone_begins_when_it_is_due(void **state) {
  (void)state;
  static const uint32_t delays[] = {1, 250, 500};
  for (size_t i = 0; i < TG_COUNT(delays); i++) {
    open_queue(NOW);
    (void)add(i == 1, true, delays[i]);
    pass(delays[i] - 1);
    check_int(begun_count, 0);
    pass(1);
    check_int(begun_count, 1);
    check_int(stats().plans_late, 0);
    check_true(tg_wheel_next(wheel) == UINT64_MAX); /* nothing ticks for nobody */
    close_queue();
  }
}

static void many_begin_at_a_pace_and_in_order(void **state) {
  (void)state;
  static const uint64_t begins[] = {NOW, UINT32_MAX - 1000}; /* also where the low half of the time wraps */
  for (size_t i = 0; i < TG_COUNT(begins); i++) {
    open_queue(begins[i]);
    for (int k = 0; k < 3000; k++) (void)add(false, true, COME_ROUND_MS);
    pass(COME_ROUND_MS - 1);
    check_int(begun_count, 0);
    pass(1);
    assert_in_range(begun_count, ALLOWANCE, ALLOWANCE + 1);
    pass(1000);
    assert_in_range(begun_count, ALLOWANCE + TG_REG_PLANS_PER_SECOND - 10, ALLOWANCE + TG_REG_PLANS_PER_SECOND + 10);
    check_int(server->plans.count, 0); /* who waits has no plan */
    pass(2000);
    check_int(begun_count, 3000);
    assert_in_range(stats().plans_late, 2900, 3000);
    for (size_t k = 0; k < begun_count; k++) assert_ptr_equal(begun[k], regs[k]);
    close_queue();
  }
}

static void a_turn_that_takes_long_is_not_made_up_for(void **state) {
  (void)state;
  open_queue(NOW);
  for (int k = 0; k < 3000; k++) (void)add(false, false, 1);
  pass(1);
  size_t first = begun_count;
  now += 2000; /* the loop was busy for two seconds */
  tg_wheel_advance(wheel, now);
  assert_in_range(begun_count - first, 1, ALLOWANCE + 1);
  close_queue();
}

static void who_sleeps_goes_first_but_not_alone(void **state) {
  (void)state;
  open_queue(NOW);
  for (int k = 0; k < 2000; k++) (void)add(false, k % 2 == 0, 1);
  for (int k = 0; k < 2000; k++) (void)add(true, k % 2 == 0, 1);
  pass(1000);
  size_t sleepers = 0;
  for (size_t i = 0; i < begun_count; i++) {
    for (size_t k = 2000; k < 4000; k++) sleepers += begun[i] == regs[k];
  }
  check_true(begun_count > 900);
  assert_in_range(sleepers * 100 / begun_count, 73, 77);
  pass(4000);
  check_int(begun_count, 4000);
  close_queue();
}

static void a_longer_delay_holds_nobody_up(void **state) {
  (void)state;
  for (int sleeps = 0; sleeps < 2; sleeps++) {
    open_queue(NOW);
    const tg_reg_t *asked = add(sleeps != 0, true, COME_ROUND_MS);
    const tg_reg_t *plain = add(sleeps != 0, false, 1);
    pass(1);
    check_int(begun_count, 1);
    assert_ptr_equal(begun[0], plain);
    pass(COME_ROUND_MS);
    check_int(begun_count, 2);
    assert_ptr_equal(begun[1], asked);
    close_queue();
  }
}

/* Of two that are due the one that is due longer goes first, in whatever lane. */
static void none_of_the_two_lanes_starves_the_other(void **state) {
  (void)state;
  open_queue(NOW);
  for (int k = 0; k < 500; k++) (void)add(false, true, 1);
  pass(1);
  size_t first = begun_count;
  for (int k = 0; k < 500; k++) (void)add(false, false, 1);
  pass(500 - first + 20);
  for (size_t i = 0; i < 500; i++) assert_ptr_equal(begun[i], regs[i]);
  close_queue();
}

static void who_leaves_has_no_turn(void **state) {
  (void)state;
  static const size_t gone[] = {0, 1, 5, 9}; /* the first, its heir, one in the middle, the last */
  open_queue(NOW);
  for (int k = 0; k < 10; k++) (void)add(false, true, COME_ROUND_MS);
  for (size_t i = 0; i < TG_COUNT(gone); i++) {
    tg_observe_queue_del(server, regs[gone[i]]);
    tg_observe_queue_del(server, regs[gone[i]]); /* once is enough */
    tg_reg_table_del(server, regs[gone[i]]);
  }
  tg_reg_t *late = add(false, true, COME_ROUND_MS); /* in a place of the table that was another's */
  pass(COME_ROUND_MS);
  static const size_t left[] = {2, 3, 4, 6, 7, 8};
  check_int(begun_count, TG_COUNT(left) + 1);
  for (size_t i = 0; i < TG_COUNT(left); i++) assert_ptr_equal(begun[i], regs[left[i]]);
  assert_ptr_equal(begun[TG_COUNT(left)], late);
  tg_reg_t *alone = add(true, true, 1);
  tg_observe_queue_del(server, alone);
  pass(1000);
  check_int(begun_count, TG_COUNT(left) + 1);
  check_true(tg_wheel_next(wheel) == UINT64_MAX);
  (void)add(true, true, 1);
  pass(1);
  check_int(begun_count, TG_COUNT(left) + 2);
  close_queue();
}

static void while_all_plans_are_under_way_the_others_wait(void **state) {
  (void)state;
  open_queue(NOW);
  takes_plans = true;
  for (int k = 0; k < TG_REG_PLANS_MAX + 100; k++) (void)add(k % 3 == 0, true, 1);
  pass(TG_REG_PLANS_MAX + 1000);
  check_int(begun_count, TG_REG_PLANS_MAX);
  check_int(server->plans.count, TG_REG_PLANS_MAX);
  check_int(stats().over_plans, 1);
  check_true(tg_wheel_next(wheel) == UINT64_MAX); /* it waits for the end of one, not for a time */
  (void)add(true, false, 1);
  pass(100);
  check_int(begun_count, TG_REG_PLANS_MAX);
  for (int k = 0; k < 5; k++) end_plan(begun[k]);
  pass(20);
  check_int(begun_count, TG_REG_PLANS_MAX + 5);
  check_int(stats().over_plans, 2);
  for (int k = 5; k < 200; k++) end_plan(begun[k]);
  pass(200);
  check_int(begun_count, TG_REG_PLANS_MAX + 101);
  for (size_t k = 200; k < begun_count; k++) end_plan(begun[k]);
  close_queue();
}

CHECK_SUITE(one_alone_begins_when_it_is_due, many_begin_at_a_pace_and_in_order,
            a_turn_that_takes_long_is_not_made_up_for, who_sleeps_goes_first_but_not_alone,
            a_longer_delay_holds_nobody_up, none_of_the_two_lanes_starves_the_other, who_leaves_has_no_turn,
            while_all_plans_are_under_way_the_others_wait)
