/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/fw_machine.c, fw_phase_move.c and fw_phase_apply.c: what an update leaves alone, how it stops, what a new process picks up, and when a device that does nothing is given up. */

#include "core/firmware/firmware.h"

#include "tests/unit/firmware/fw_suite.h"

enum { SIZE = 100000, DAY = 24 * HOUR };

static const tg_device_t *twin_dev(void) {
  return tg_twin_find_ep(bench.twin, tg_slice_str("dev"));
}

/* The end of a process --------------------------------------------------------------------------------------------------- */

static void a_stop_in_the_middle_of_a_push_is_not_told_as_the_device_s_doing(void **state) {
  (void)state;
  dev()->chunk = 10000;
  uint64_t id = transferring_for(3000);
  unsigned told = bench.told;
  tg_firmware_stop(bench.firmware);
  tg_twin_stop(bench.twin); /* the command ends as CANCELLED */
  check_int(bench.told, told);
  check_int(fw_bench_get(&bench, id).state, TG_FW_TRANSFERRING);
  check_true(strstr(fw_bench_get(&bench, id).cause, "tried again") == NULL);
  tg_firmware_stop(bench.firmware); /* twice is once */
  fw_bench_kill(&bench, false);
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_true(fw_bench_has_image(&bench, dev()));
}

static void nothing_to_stop_is_no_fault(void **state) {
  (void)state;
  tg_firmware_stop(NULL);
}

/* Observations ----------------------------------------------------------------------------------------------------------- */

static void what_others_observe_stays_observed(void **state) {
  (void)state;
  dev()->observed_before = 1u << 3 | 1u << 5;
  dev()->observed = 2;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  fw_bench_pass(&bench, MINUTE);
  check_int(dev()->observed, 2);
  check_true(fw_bench_has_image(&bench, dev()));
}

static void only_what_was_begun_for_the_update_is_ended(void **state) {
  (void)state;
  dev()->observed_before = 1u << 3;
  dev()->observed = 1;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, MINUTE);
  check_int(dev()->observed, 2); /* /5/0/5 was added */
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  fw_bench_pass(&bench, MINUTE);
  check_int(dev()->observed, 1);
}

static void a_new_process_ends_what_the_old_one_observed(void **state) {
  (void)state;
  tg_fw_request_t request = {.severity = -1, .defer_s = -1, .hold = true};
  uint64_t id = fw_bench_update(&bench, "dev", &request);
  fw_bench_until(&bench, id, TG_FW_READY, MINUTE);
  check_int(dev()->observed, 2);
  bench.keeps_devices = true;
  fw_bench_kill(&bench, false);
  dev()->observed = 2; /* the registration and what it observes outlive the process */
  dev()->observed_before = 1u << 3 | 1u << 5;
  fw_bench_pass(&bench, 2 * MINUTE);
  check_rc(tg_firmware_cancel(bench.firmware, id), TG_OK);
  fw_bench_pass(&bench, MINUTE);
  check_int(dev()->observed, 0);
}

/* Other links ------------------------------------------------------------------------------------------------------------ */

static void begin_on_slow_link(void) {
  bench.config.move_from = "nidd0";
  bench.config.move_back = "N";
  fw_bench_kill(&bench, false);
  dev()->link = "nidd0";
  fw_bench_register(&bench, dev());
  bench.keeps_devices = true;
}

static void who_was_asked_to_move_may_still_come_after_a_restart(void **state) {
  (void)state;
  begin_on_slow_link();
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_MOVING, MINUTE);
  fw_bench_pass(&bench, 5000);
  check_int(dev()->triggers, 1);
  fw_bench_kill(&bench, false);
  check_int(fw_bench_get(&bench, id).state, TG_FW_WAITING);
  check_true(twin_dev()->may_move_until_ms > bench.now);
  check_true(twin_dev()->may_move_until_ms <= bench.now + 10 * MINUTE);
  dev()->link = "udp0"; /* now it comes */
  fw_bench_register(&bench, dev());
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, MINUTE);
  assert_string_equal(fw_bench_get(&bench, id).link, "udp0");
  check_int(dev()->triggers, 1);
  dev()->moves_to = "nidd0";
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  assert_string_equal(dev()->trigger, "0='N'"); /* and goes back */
}

static void who_has_not_come_is_asked_once_more(void **state) {
  (void)state;
  begin_on_slow_link();
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_MOVING, MINUTE);
  fw_bench_pass(&bench, 5000);
  fw_bench_kill(&bench, false);
  dev()->moves_to = "udp0";
  fw_bench_until(&bench, id, TG_FW_MOVING, MINUTE);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, MINUTE);
  check_int(dev()->triggers, 2);
  assert_string_equal(fw_bench_get(&bench, id).link, "udp0");
}

static uint64_t begin_returning(void) {
  begin_on_slow_link();
  dev()->moves_to = "udp0";
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_APPLYING, HOUR);
  dev()->moves_to = NULL;
  for (int i = 0; i < 600 && fw_bench_get(&bench, id).state != TG_FW_RETURNING; i++) {
    tg_twin_awake(bench.twin, twin_dev()->id, 0);
    fw_bench_pass(&bench, 1000);
    if (fw_bench_get(&bench, id).state == TG_FW_APPLYING) continue;
  }
  return id;
}

static void a_device_on_its_way_back_is_asked_again_after_a_restart(void **state) {
  (void)state;
  uint64_t id = begin_returning();
  check_int(fw_bench_get(&bench, id).state, TG_FW_RETURNING);
  unsigned triggers = dev()->triggers;
  fw_bench_kill(&bench, false); /* before it arrived */
  check_int(fw_bench_get(&bench, id).state, TG_FW_RETURNING);
  fw_bench_until(&bench, id, TG_FW_DONE, MINUTE);
  check_int(dev()->triggers, triggers + 1);
  assert_string_equal(dev()->trigger, "0='N'");
  fw_bench_check_cause(&bench, id, "the device runs 2.0");
}

static void one_that_is_back_already_is_not_asked(void **state) {
  (void)state;
  uint64_t id = begin_returning();
  unsigned triggers = dev()->triggers;
  dev()->link = "nidd0";
  fw_bench_kill(&bench, false);
  fw_bench_until(&bench, id, TG_FW_DONE, MINUTE);
  check_int(dev()->triggers, triggers);
}

static void one_that_comes_back_without_an_answer_is_waited_for_no_longer(void **state) {
  (void)state;
  uint64_t id = begin_returning();
  dev()->silent = true; /* the answer is lost where it was */
  fw_bench_pass(&bench, 1000);
  check_int(fw_bench_get(&bench, id).state, TG_FW_RETURNING);
  dev()->link = "nidd0";
  fw_bench_register(&bench, dev());
  fw_bench_pass(&bench, 1000);
  check_int(fw_bench_get(&bench, id).state, TG_FW_DONE);
  fw_bench_check_cause(&bench, id, "the device runs 2.0");
}

static void one_that_is_away_is_waited_for_ten_minutes(void **state) {
  (void)state;
  uint64_t id = begin_returning();
  unsigned triggers = dev()->triggers;
  dev()->registered = false;
  fw_bench_kill(&bench, false);
  fw_bench_pass(&bench, 5 * MINUTE);
  check_int(fw_bench_get(&bench, id).state, TG_FW_RETURNING);
  fw_bench_register(&bench, dev());
  fw_bench_until(&bench, id, TG_FW_DONE, MINUTE);
  check_int(dev()->triggers, triggers + 1);

  snprintf(dev()->version, sizeof dev()->version, "1.0");
  dev()->link = "nidd0";
  fw_bench_register(&bench, dev());
  id = begin_returning();
  dev()->registered = false;
  fw_bench_kill(&bench, false);
  fw_bench_pass(&bench, 9 * MINUTE);
  check_int(fw_bench_get(&bench, id).state, TG_FW_RETURNING);
  fw_bench_pass(&bench, 2 * MINUTE);
  check_int(fw_bench_get(&bench, id).state, TG_FW_DONE);
}

/* A device that does nothing ------------------------------------------------------------------------------------------------ */

static void who_takes_update_and_does_nothing_is_given_up_after_an_hour(void **state) {
  (void)state;
  dev()->ignore_update = true;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_APPLYING, MINUTE);
  fw_bench_pass(&bench, HOUR - MINUTE);
  check_int(fw_bench_get(&bench, id).state, TG_FW_APPLYING);
  fw_bench_until(&bench, id, TG_FW_UNKNOWN, 5 * MINUTE);
  fw_bench_check_cause(&bench, id, "the device took it, but has done nothing with the image for an hour");
  check_int(dev()->updates, 1);
}

static void who_applies_for_ever_is_given_up_as_well(void **state) {
  (void)state;
  dev()->update_ms = DAY;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_APPLYING, MINUTE);
  fw_bench_pass(&bench, HOUR - MINUTE);
  check_int(fw_bench_get(&bench, id).state, TG_FW_APPLYING);
  fw_bench_until(&bench, id, TG_FW_UNKNOWN, 5 * MINUTE);
  fw_bench_check_cause(&bench, id, "has said for an hour that it applies the image");
  check_int(dev()->updates, 1);
}

static void an_hour_without_a_word_is_no_hour(void **state) {
  (void)state;
  dev()->update_ms = 20 * MINUTE;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_APPLYING, MINUTE);
  fw_bench_pass(&bench, MINUTE / 4);
  fw_bench_deregister(&bench, dev()); /* it restarts, and that takes it half a day */
  dev()->restart_at = bench.now + DAY / 2;
  fw_bench_pass(&bench, DAY / 2 - MINUTE);
  check_int(fw_bench_get(&bench, id).state, TG_FW_APPLYING);
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
}

static const struct CMUnitTest tests[] = {
#define T(name) FW_TEST(name, SIZE)
    T(a_stop_in_the_middle_of_a_push_is_not_told_as_the_device_s_doing),
    T(nothing_to_stop_is_no_fault),
    T(what_others_observe_stays_observed),
    T(only_what_was_begun_for_the_update_is_ended),
    T(a_new_process_ends_what_the_old_one_observed),
    T(who_was_asked_to_move_may_still_come_after_a_restart),
    T(who_has_not_come_is_asked_once_more),
    T(a_device_on_its_way_back_is_asked_again_after_a_restart),
    T(one_that_is_back_already_is_not_asked),
    T(one_that_comes_back_without_an_answer_is_waited_for_no_longer),
    T(one_that_is_away_is_waited_for_ten_minutes),
    T(who_takes_update_and_does_nothing_is_given_up_after_an_hour),
    T(who_applies_for_ever_is_given_up_as_well),
    T(an_hour_without_a_word_is_no_hour),
};

int main(void) {
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
