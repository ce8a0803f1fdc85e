/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/fw_phase_move.c: devices of a slow link move for a large image, and back. */

#include "tests/unit/firmware/fw_suite.h"

enum { SIZE = 200000 };

/* Devices of nidd0 are moved for their updates from now on; dev is on it. */
static void move_from_nidd(void) {
  bench.config.move_from = "nidd0";
  fw_bench_kill(&bench, false);
  dev()->link = "nidd0";
  fw_bench_register(&bench, dev());
}

static void large_images_move_a_device_of_a_slow_link_and_back(void **state) {
  (void)state;
  bench.config.move_to = "U";
  bench.config.move_back = "N";
  bench.config.move_above = 16384;
  dev()->moves_to = "udp0";
  move_from_nidd();
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_MOVING, MINUTE);
  check_true(tg_twin_find_ep(bench.twin, tg_slice_str("dev"))->may_move_until_ms > bench.now);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, MINUTE);
  assert_string_equal(dev()->trigger, "0='U'");
  assert_string_equal(fw_bench_get(&bench, id).link, "udp0");
  check_int(tg_twin_find_ep(bench.twin, tg_slice_str("dev"))->may_move_until_ms, 0);
  dev()->moves_to = "nidd0";
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  assert_string_equal(dev()->trigger, "0='N'");
  assert_string_equal(bench.states, "waiting asking moving transferring ready applying returning done ");
  check_true(fw_bench_has_image(&bench, dev()));
}

static void a_device_that_does_not_move_gets_the_image_the_long_way(void **state) {
  (void)state;
  bench.config.move_back = "N";
  move_from_nidd();
  dev()->refuse_server[8] = 0x80; /* with and without a transport */
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_MOVING, MINUTE);
  fw_bench_pass(&bench, 590000);
  assert_string_equal(dev()->preferred, "U");
  check_int(fw_bench_get(&bench, id).state, TG_FW_MOVING);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, MINUTE);
  check_true(strstr(bench.states, "returning") == NULL);
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR); /* it is on its link: there is nowhere to return from */
  assert_string_equal(fw_bench_get(&bench, id).link, "nidd0");
  snprintf(dev()->version, sizeof dev()->version, "1.0");
  dev()->refuse_server[22] = 0x84;
  id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_DONE, MINUTE); /* refused outright: nobody waits */
}

static void a_transport_that_is_passed_over_is_preferred(void **state) {
  (void)state;
  bench.config.move_back = "N";
  dev()->moves_to = "udp0";
  dev()->by_preference = true;
  move_from_nidd();
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_MOVING, MINUTE);
  fw_bench_pass(&bench, 100000);
  check_int(fw_bench_get(&bench, id).state, TG_FW_MOVING);
  assert_string_equal(dev()->preferred, "");
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, MINUTE);
  assert_string_equal(dev()->preferred, "U");
  assert_string_equal(fw_bench_get(&bench, id).link, "udp0");
  dev()->moves_to = "nidd0";
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  assert_string_equal(dev()->preferred, "N"); /* and back */
  fw_bench_pass(&bench, 10000);
  assert_string_equal(dev()->link, "nidd0");
}

static void a_device_that_refuses_transports_is_sent_back_by_its_preference(void **state) {
  (void)state;
  bench.config.move_back = "N";
  dev()->moves_to = "udp0";
  move_from_nidd();
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, MINUTE);
  dev()->refuse_server[8] = 0x80;
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  assert_string_equal(dev()->preferred, "N");
}

static void nobody_may_come_from_elsewhere_once_it_is_over(void **state) {
  (void)state;
  move_from_nidd();
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_MOVING, MINUTE);
  check_true(tg_twin_find_ep(bench.twin, tg_slice_str("dev"))->may_move_until_ms > bench.now);
  check_rc(tg_firmware_cancel(bench.firmware, id), TG_OK);
  check_int(tg_twin_find_ep(bench.twin, tg_slice_str("dev"))->may_move_until_ms, 0);
}

static void small_images_move_nobody(void **state) {
  (void)state;
  bench.config.move_above = SIZE;
  move_from_nidd();
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_DONE, MINUTE);
  check_int(dev()->triggers, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FW_TEST(large_images_move_a_device_of_a_slow_link_and_back, SIZE),
      FW_TEST(a_device_that_does_not_move_gets_the_image_the_long_way, SIZE),
      FW_TEST(a_transport_that_is_passed_over_is_preferred, SIZE),
      FW_TEST(a_device_that_refuses_transports_is_sent_back_by_its_preference, SIZE),
      FW_TEST(nobody_may_come_from_elsewhere_once_it_is_over, SIZE),
      FW_TEST(small_images_move_nobody, SIZE),
  };
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
