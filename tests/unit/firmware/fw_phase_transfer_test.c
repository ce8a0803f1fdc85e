/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/fw_phase_transfer.c and fw_retry.c: transfers that are cut, begun again or given up, devices that are silent or gone. */

#include "tests/unit/firmware/fw_suite.h"

enum { SIZE = 200000 };

static void a_transfer_that_is_cut_goes_on_where_it_was(void **state) {
  (void)state;
  dev()->silent_at = 131072;
  uint64_t id = transferring_for(HOUR);
  check_int(fw_bench_get(&bench, id).sent, 131072);
  dev()->silent_at = 0;
  fw_bench_until(&bench, id, TG_FW_DONE, 8 * (uint64_t)HOUR);
  check_true(fw_bench_has_image(&bench, dev()));
  check_true(dev()->pushes >= 1 && dev()->updates == 1);
}

static void a_device_that_registers_anew_in_the_middle_is_asked_and_gets_the_rest(void **state) {
  (void)state;
  dev()->chunk = 20000;
  uint64_t id = transferring_for(4000);
  size_t had = dev()->len;
  check_true(had > 0 && had < SIZE);
  fw_bench_register(&bench, dev());
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_int(dev()->pushes, 2);
  check_int(dev()->pushed_from, had);
  check_int(dev()->resets, 0);
  check_true(fw_bench_has_image(&bench, dev()));
}

static void a_device_that_forgot_what_it_had_gets_all_of_it(void **state) {
  (void)state;
  dev()->chunk = 20000;
  uint64_t id = transferring_for(4000);
  dev()->state = 0;
  dev()->len = 0;
  fw_bench_register(&bench, dev());
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_true(fw_bench_has_image(&bench, dev()));
}

static void a_device_that_goes_is_waited_for_in_any_state(void **state) {
  (void)state;
  dev()->chunk = 20000;
  uint64_t id = transferring_for(3000);
  fw_bench_deregister(&bench, dev());
  check_int(fw_bench_get(&bench, id).state, TG_FW_WAITING);
  fw_bench_pass(&bench, HOUR);
  fw_bench_register(&bench, dev());
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_int(dev()->updates, 1);
}

static void a_fetch_that_lost_its_link_is_begun_again(void **state) {
  (void)state;
  dev()->delivery = 0;
  dev()->chunk = 20000;
  uint64_t id = transferring_for(4000);
  dev()->state = 0;
  dev()->result = 4;
  dev()->len = 0;
  fw_bench_until(&bench, id, TG_FW_WAITING, HOUR);
  fw_bench_check_cause(&bench, id, "lost its connection during the download (result 4); tried again in 30 s");
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_int(dev()->uris, 2);
}

static void a_fetch_goes_on_by_itself_while_the_device_registers_anew(void **state) {
  (void)state;
  dev()->delivery = 0;
  dev()->chunk = 20000;
  uint64_t id = transferring_for(4000);
  fw_bench_register(&bench, dev());
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_int(dev()->uris, 1);
}

/* Observed anew it says at once what it said before, time and again: only polls that were waited for count. */
static void a_fetch_that_has_not_begun_is_given_time_whatever_is_notified(void **state) {
  (void)state;
  dev()->delivery = 0;
  dev()->chunk = 1000;
  dev()->quiet = true;
  uint64_t id = transferring_for(1000);
  dev()->state = 0;
  tg_id_t device = tg_twin_find_ep(bench.twin, tg_slice_str("dev"))->id;
  tg_record_t idle = {.path = tg_path(3, 5, 0, 3), .value = {.type = TG_TYPE_INTEGER}};
  const tg_event_records_t event = {&idle, 1, TG_SOURCE_NOTIFY};
  for (int i = 0; i < 6; i++) {
    check_rc(tg_twin_put(bench.twin, device, &event), TG_OK);
    fw_bench_pass(&bench, 10);
    check_int(fw_bench_get(&bench, id).state, TG_FW_TRANSFERRING);
  }
  fw_bench_until(&bench, id, TG_FW_WAITING, HOUR);
  fw_bench_check_cause(&bench, id, "does not begin to download");
}

static void what_makes_no_progress_ten_times_fails(void **state) {
  (void)state;
  dev()->delivery = 0;
  dev()->quiet = true;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  for (int i = 0; i < 12 && !tg_firmware_state_ends(fw_bench_get(&bench, id).state); i++) {
    fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 2 * (uint64_t)HOUR);
    fw_bench_pass(&bench, 1000);
    dev()->state = 0;
    dev()->result = 4;
    dev()->len = 0;
    for (int k = 0; k < 200 && fw_bench_get(&bench, id).state == TG_FW_TRANSFERRING; k++) fw_bench_pass(&bench, 1000);
    bench.states[0] = '\0';
  }
  check_int(fw_bench_get(&bench, id).state, TG_FW_FAILED);
  fw_bench_check_cause(&bench, id, "10 times, without any progress");
  check_int(dev()->uris, 10);
}

static void a_silent_device_is_asked_with_longer_and_longer_pauses(void **state) {
  (void)state;
  dev()->silent = true;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_WAITING, MINUTE);
  fw_bench_pass(&bench, 35000);
  fw_bench_check_cause(&bench, id, "no answer to the Read of /5/0 (timeout); tried again in 30 s");
  fw_bench_pass(&bench, 6 * HOUR);
  check_true(strstr(fw_bench_get(&bench, id).cause, "in 600 s") || fw_bench_get(&bench, id).state == TG_FW_ASKING);
  dev()->silent = false;
  fw_bench_register(&bench, dev()); /* and at once when it comes by itself */
  fw_bench_until(&bench, id, TG_FW_DONE, MINUTE);
}

static void the_time_is_over_at_last(void **state) {
  (void)state;
  tg_fw_request_t request = plain;
  request.expiry_s = 600;
  fw_bench_deregister(&bench, dev());
  uint64_t id = fw_bench_update(&bench, "dev", &request);
  fw_bench_pass(&bench, 598000);
  check_int(fw_bench_get(&bench, id).state, TG_FW_WAITING);
  fw_bench_pass(&bench, 5000);
  check_int(fw_bench_get(&bench, id).state, TG_FW_FAILED);
  fw_bench_check_cause(&bench, id, "the time for the update is over; at last: the device is not registered");
  fw_bench_register(&bench, dev());
  dev()->ignore_update = true;
  id = fw_bench_update(&bench, "dev", &request);
  fw_bench_until(&bench, id, TG_FW_APPLYING, MINUTE);
  fw_bench_pass(&bench, 700000);
  check_int(fw_bench_get(&bench, id).state, TG_FW_UNKNOWN); /* Update was executed: nobody knows */
  check_int(dev()->updates, 1);
}

static bool cancel_body(void *ud, const tg_command_t *command, tg_command_state_t at) {
  (void)at;
  if (command->body.len) *(tg_id_t *)ud = command->id;
  return true;
}

static void a_push_that_a_person_cancels_as_a_command_goes_on(void **state) {
  (void)state;
  dev()->chunk = 20000;
  uint64_t id = transferring_for(3000);
  tg_id_t command = TG_ID_NONE;
  tg_twin_commands(bench.twin, tg_twin_find_ep(bench.twin, tg_slice_str("dev"))->id, cancel_body, &command);
  check_rc(tg_twin_cancel(bench.twin, command), TG_OK);
  check_int(fw_bench_get(&bench, id).state, TG_FW_WAITING);
  fw_bench_check_cause(&bench, id, "the Write of /5/0/0 was cancelled; tried again in 30 s");
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_true(dev()->pushed_from >= 20000);
  check_true(fw_bench_has_image(&bench, dev()));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FW_TEST(a_transfer_that_is_cut_goes_on_where_it_was, SIZE),
      FW_TEST(a_device_that_registers_anew_in_the_middle_is_asked_and_gets_the_rest, SIZE),
      FW_TEST(a_device_that_forgot_what_it_had_gets_all_of_it, SIZE),
      FW_TEST(a_device_that_goes_is_waited_for_in_any_state, SIZE),
      FW_TEST(a_fetch_that_lost_its_link_is_begun_again, SIZE),
      FW_TEST(a_fetch_goes_on_by_itself_while_the_device_registers_anew, SIZE),
      FW_TEST(a_fetch_that_has_not_begun_is_given_time_whatever_is_notified, SIZE),
      FW_TEST(what_makes_no_progress_ten_times_fails, SIZE),
      FW_TEST(a_silent_device_is_asked_with_longer_and_longer_pauses, SIZE),
      FW_TEST(the_time_is_over_at_last, SIZE),
      FW_TEST(a_push_that_a_person_cancels_as_a_command_goes_on, SIZE),
  };
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
