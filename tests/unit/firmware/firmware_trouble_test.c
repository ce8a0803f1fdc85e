/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/fw_retry.c, fw_phase_transfer.c, fw_phase_move.c and fw_table.c: silence, restarts of devices, turns, expiry, cancel, other links. */

#include "tests/unit/firmware/fw_harness.h"

enum { SIZE = 200000, HOUR = 3600 * 1000 };

static fw_bench_t bench;

static int set_up(void **state) {
  (void)state;
  fw_bench_open(&bench, SIZE);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  fw_bench_close(&bench);
  return 0;
}

static fw_device_t *dev(void) {
  return &bench.devices[0];
}

static const tg_fw_request_t plain = {.severity = -1, .defer_s = -1};

static void a_transfer_that_is_cut_goes_on_where_it_was(void **state) {
  (void)state;
  dev()->silent_at = 131072;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  fw_bench_pass(&bench, HOUR);
  check_int(fw_bench_get(&bench, id).sent, 131072);
  dev()->silent_at = 0;
  fw_bench_until(&bench, id, TG_FW_DONE, 8 * (uint64_t)HOUR);
  check_true(fw_bench_has_image(&bench, dev()));
  check_true(dev()->pushes >= 1 && dev()->updates == 1);
}

static void a_device_that_registers_anew_in_the_middle_is_asked_and_gets_the_rest(void **state) {
  (void)state;
  dev()->chunk = 20000;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  fw_bench_pass(&bench, 4000);
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
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  fw_bench_pass(&bench, 4000);
  dev()->state = 0;
  dev()->len = 0;
  fw_bench_register(&bench, dev());
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_true(fw_bench_has_image(&bench, dev()));
}

static void a_device_that_goes_is_waited_for_in_any_state(void **state) {
  (void)state;
  dev()->chunk = 20000;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  fw_bench_pass(&bench, 3000);
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
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  fw_bench_pass(&bench, 4000);
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
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  fw_bench_pass(&bench, 4000);
  fw_bench_register(&bench, dev());
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_int(dev()->uris, 1);
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
  fw_bench_until(&bench, id, TG_FW_WAITING, 60000);
  fw_bench_pass(&bench, 35000);
  fw_bench_check_cause(&bench, id, "no answer to the Read of /5/0 (timeout); tried again in 30 s");
  fw_bench_pass(&bench, 6 * HOUR);
  check_true(strstr(fw_bench_get(&bench, id).cause, "in 600 s") || fw_bench_get(&bench, id).state == TG_FW_ASKING);
  dev()->silent = false;
  fw_bench_register(&bench, dev()); /* and at once when it comes by itself */
  fw_bench_until(&bench, id, TG_FW_DONE, 60000);
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
  fw_bench_until(&bench, id, TG_FW_APPLYING, 60000);
  fw_bench_pass(&bench, 700000);
  check_int(fw_bench_get(&bench, id).state, TG_FW_UNKNOWN); /* Update was executed: nobody knows */
  check_int(dev()->updates, 1);
}

static void cancel_tells_the_device_and_comes_too_late_while_it_applies(void **state) {
  (void)state;
  dev()->chunk = 20000;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  fw_bench_pass(&bench, 3000);
  check_rc(tg_firmware_cancel(bench.firmware, id + 1), TG_E_NOT_FOUND);
  check_rc(tg_firmware_cancel(bench.firmware, id), TG_OK);
  check_int(fw_bench_get(&bench, id).state, TG_FW_CANCELLED);
  check_rc(tg_firmware_cancel(bench.firmware, id), TG_E_STATE);
  fw_bench_pass(&bench, 5000);
  check_int(dev()->cancels, 1);
  check_int(dev()->state, 0);
  check_int(dev()->observed, 0);
  id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_APPLYING, 60000);
  fw_bench_pass(&bench, 1000);
  check_rc(tg_firmware_cancel(bench.firmware, id), TG_E_STATE);
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
}

static void cancel_before_anything_was_sent_says_nothing(void **state) {
  (void)state;
  fw_bench_deregister(&bench, dev());
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  check_rc(tg_firmware_cancel(bench.firmware, id), TG_OK);
  fw_bench_register(&bench, dev());
  fw_bench_pass(&bench, HOUR);
  check_int(dev()->cancels + dev()->resets + dev()->pushes, 0);
  check_rc(tg_firmware_image_del(bench.firmware, tg_slice_str("app")), TG_OK); /* nobody uses it */
}

static void so_many_transfer_at_once_and_the_others_take_turns(void **state) {
  (void)state;
  bench.config.parallel = 2;
  fw_bench_kill(&bench, false);
  uint64_t ids[FW_DEVICES];
  const char *const eps[] = {"dev", "b", "c", "d"};
  for (size_t i = 0; i < FW_DEVICES; i++) {
    fw_device_t *device = i ? fw_bench_device(&bench, eps[i]) : dev();
    device->chunk = 10000;
    ids[i] = fw_bench_update(&bench, eps[i], NULL);
  }
  size_t most = 0, ended = 0;
  for (int step = 0; step < 300 && ended < FW_DEVICES; step++) {
    fw_bench_pass(&bench, 1000);
    size_t now = 0;
    ended = 0;
    for (size_t i = 0; i < FW_DEVICES; i++) {
      tg_fw_state_t is = fw_bench_get(&bench, ids[i]).state;
      now += is == TG_FW_TRANSFERRING || is == TG_FW_ASKING;
      ended += is == TG_FW_DONE;
    }
    if (now > most) most = now;
  }
  check_int(most, 2);
  check_int(ended, FW_DEVICES);
}

static void one_who_waits_for_a_turn_and_goes_does_not_hold_up_the_others(void **state) {
  (void)state;
  bench.config.parallel = 1;
  fw_bench_kill(&bench, false);
  fw_device_t *b = fw_bench_device(&bench, "b");
  fw_bench_device(&bench, "c");
  dev()->chunk = 10000;
  uint64_t first = fw_bench_update(&bench, "dev", NULL);
  fw_bench_pass(&bench, 2000);
  uint64_t second = fw_bench_update(&bench, "b", NULL);
  uint64_t third = fw_bench_update(&bench, "c", NULL);
  fw_bench_pass(&bench, 2000);
  fw_bench_check_cause(&bench, second, "waits for its turn: 1 transfers are under way");
  fw_bench_deregister(&bench, b);
  fw_bench_until(&bench, third, TG_FW_DONE, HOUR);
  check_int(fw_bench_get(&bench, first).state, TG_FW_DONE);
  fw_bench_register(&bench, b);
  fw_bench_until(&bench, second, TG_FW_DONE, HOUR);
}

static void large_images_move_a_device_of_a_slow_link_and_back(void **state) {
  (void)state;
  bench.config.move_from = "nidd0";
  bench.config.move_to = "U";
  bench.config.move_back = "N";
  bench.config.move_above = 16384;
  fw_bench_kill(&bench, false);
  dev()->link = "nidd0";
  dev()->moves_to = "udp0";
  fw_bench_register(&bench, dev());
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_MOVING, 60000);
  check_true(tg_twin_find_ep(bench.twin, tg_slice_str("dev"))->may_move_until_ms > bench.now);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
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
  bench.config.move_from = "nidd0";
  bench.config.move_back = "N";
  fw_bench_kill(&bench, false);
  dev()->link = "nidd0";
  fw_bench_register(&bench, dev());
  dev()->refuse_server[8] = 0x80; /* with and without a transport */
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_MOVING, 60000);
  fw_bench_pass(&bench, 590000);
  assert_string_equal(dev()->preferred, "U");
  check_int(fw_bench_get(&bench, id).state, TG_FW_MOVING);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  check_true(strstr(bench.states, "returning") == NULL);
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR); /* it is on its link: there is nowhere to return from */
  assert_string_equal(fw_bench_get(&bench, id).link, "nidd0");
  snprintf(dev()->version, sizeof dev()->version, "1.0");
  dev()->refuse_server[22] = 0x84;
  id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_DONE, 60000); /* refused outright: nobody waits */
}

static void a_transport_that_is_passed_over_is_preferred(void **state) {
  (void)state;
  bench.config.move_from = "nidd0";
  bench.config.move_back = "N";
  fw_bench_kill(&bench, false);
  dev()->link = "nidd0";
  dev()->moves_to = "udp0";
  dev()->by_preference = true;
  fw_bench_register(&bench, dev());
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_MOVING, 60000);
  fw_bench_pass(&bench, 100000);
  check_int(fw_bench_get(&bench, id).state, TG_FW_MOVING);
  assert_string_equal(dev()->preferred, "");
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
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
  bench.config.move_from = "nidd0";
  bench.config.move_back = "N";
  fw_bench_kill(&bench, false);
  dev()->link = "nidd0";
  dev()->moves_to = "udp0";
  fw_bench_register(&bench, dev());
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  dev()->refuse_server[8] = 0x80;
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  assert_string_equal(dev()->preferred, "N");
}

static void nobody_may_come_from_elsewhere_once_it_is_over(void **state) {
  (void)state;
  bench.config.move_from = "nidd0";
  fw_bench_kill(&bench, false);
  dev()->link = "nidd0";
  fw_bench_register(&bench, dev());
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_MOVING, 60000);
  check_true(tg_twin_find_ep(bench.twin, tg_slice_str("dev"))->may_move_until_ms > bench.now);
  check_rc(tg_firmware_cancel(bench.firmware, id), TG_OK);
  check_int(tg_twin_find_ep(bench.twin, tg_slice_str("dev"))->may_move_until_ms, 0);
}

static bool cancel_body(void *ud, const tg_command_t *command, tg_command_state_t at) {
  (void)at;
  if (command->body.len) *(tg_id_t *)ud = command->id;
  return true;
}

static void a_push_that_a_person_cancels_as_a_command_goes_on(void **state) {
  (void)state;
  dev()->chunk = 20000;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  fw_bench_pass(&bench, 3000);
  tg_id_t command = TG_ID_NONE;
  tg_twin_commands(bench.twin, tg_twin_find_ep(bench.twin, tg_slice_str("dev"))->id, cancel_body, &command);
  check_rc(tg_twin_cancel(bench.twin, command), TG_OK);
  check_int(fw_bench_get(&bench, id).state, TG_FW_WAITING);
  fw_bench_check_cause(&bench, id, "the Write of /5/0/0 was cancelled; tried again in 30 s");
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_true(dev()->pushed_from >= 20000);
  check_true(fw_bench_has_image(&bench, dev()));
}

static void small_images_move_nobody(void **state) {
  (void)state;
  bench.config.move_from = "nidd0";
  bench.config.move_above = SIZE;
  fw_bench_kill(&bench, false);
  dev()->link = "nidd0";
  fw_bench_register(&bench, dev());
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_DONE, 60000);
  check_int(dev()->triggers, 0);
}

/* Cancels what begins to transfer, and begins another where one was cancelled. */
static void meddle(void *ud, const tg_fw_update_t *update) {
  unsigned *calls = ud;
  uint64_t id = 0;
  tg_fw_request_t request = plain;
  request.ep = tg_slice_str("dev");
  request.image = tg_slice_str("app");
  if (++*calls > 200) return;
  if (update->state == TG_FW_TRANSFERRING && *calls < 20) {
    check_rc(tg_firmware_cancel(bench.firmware, update->id), TG_OK);
  } else if (update->state == TG_FW_CANCELLED) {
    check_rc(tg_firmware_update(bench.firmware, &request, &id), TG_OK);
  }
}

static void a_listener_may_do_anything(void **state) {
  (void)state;
  unsigned calls = 0;
  check_rc(tg_firmware_listen(bench.firmware, meddle, &calls), TG_OK);
  (void)fw_bench_update(&bench, "dev", NULL);
  fw_bench_pass(&bench, HOUR);
  tg_firmware_unlisten(bench.firmware, meddle, &calls);
  tg_fw_update_t update;
  check_true(tg_firmware_find_ep(bench.firmware, tg_slice_str("dev"), &update));
  check_int(update.state, TG_FW_DONE);
  check_true(update.id > 2);
  check_int(dev()->updates, 1);
}

static void what_can_not_be_is_refused(void **state) {
  (void)state;
  uint64_t id = 0, other = 0;
  tg_fw_request_t request = plain;
  request.ep = tg_slice_str("dev");
  request.image = tg_slice_str("nope");
  check_rc(tg_firmware_update(bench.firmware, &request, &id), TG_E_NOT_FOUND);
  request.image = tg_slice_str("app");
  request.severity = 3;
  check_rc(tg_firmware_update(bench.firmware, &request, &id), TG_E_ARG);
  request.severity = -1;
  request.campaign = tg_slice_str("a b");
  check_rc(tg_firmware_update(bench.firmware, &request, &id), TG_E_ARG);
  request.campaign = tg_slice_str("c1");
  request.tag = tg_slice("a\0b", 3);
  check_rc(tg_firmware_update(bench.firmware, &request, &id), TG_E_ARG);
  request.tag = tg_slice_str("t1");
  check_rc(tg_firmware_update(bench.firmware, &request, &id), TG_OK);
  check_rc(tg_firmware_update(bench.firmware, &request, &other), TG_E_EXISTS);
  check_int(other, id);
  tg_fw_update_t update;
  check_true(tg_firmware_find_ep(bench.firmware, tg_slice_str("dev"), &update));
  assert_string_equal(update.campaign, "c1");
  assert_string_equal(update.tag, "t1");
  check_false(tg_firmware_find_ep(bench.firmware, tg_slice_str("deV"), &update));
  check_rc(tg_firmware_image_del(bench.firmware, tg_slice_str("app")), TG_E_STATE);
  check_rc(tg_firmware_image_del(bench.firmware, tg_slice_str("nope")), TG_E_NOT_FOUND);
  request.ep = tg_slice_str("");
  check_rc(tg_firmware_update(bench.firmware, &request, &id), TG_E_ARG);
}

static void a_guessed_path_gives_nothing(void **state) {
  (void)state;
  dev()->delivery = 0;
  dev()->chunk = 1000;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  fw_bench_pass(&bench, 3000);
  tg_slice_t body, etag;
  char path[300];
  snprintf(path, sizeof path, "%s", strstr(dev()->uri, "/fw/"));
  check_rc(tg_firmware_file(bench.firmware, tg_slice_str(path), 0, &body, &etag), TG_OK);
  check_bytes(body, tg_slice(bench.bytes, SIZE));
  path[strlen(path) - 1] ^= 1;
  static const char *const bad[] = {"",       "/",     "/fw/",      "/fw/.",
                                    "/fw/1.", "/fw/1", "/fw/zz.00", "/fw/11111111111111111.0"};
  check_rc(tg_firmware_file(bench.firmware, tg_slice_str(path), 0, &body, &etag), TG_E_NOT_FOUND);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    check_rc(tg_firmware_file(bench.firmware, tg_slice_str(bad[i]), 0, &body, &etag), TG_E_NOT_FOUND);
}

static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    T(a_transfer_that_is_cut_goes_on_where_it_was),
    T(a_device_that_registers_anew_in_the_middle_is_asked_and_gets_the_rest),
    T(a_device_that_forgot_what_it_had_gets_all_of_it),
    T(a_device_that_goes_is_waited_for_in_any_state),
    T(a_fetch_that_lost_its_link_is_begun_again),
    T(a_fetch_goes_on_by_itself_while_the_device_registers_anew),
    T(what_makes_no_progress_ten_times_fails),
    T(a_silent_device_is_asked_with_longer_and_longer_pauses),
    T(the_time_is_over_at_last),
    T(cancel_tells_the_device_and_comes_too_late_while_it_applies),
    T(cancel_before_anything_was_sent_says_nothing),
    T(so_many_transfer_at_once_and_the_others_take_turns),
    T(one_who_waits_for_a_turn_and_goes_does_not_hold_up_the_others),
    T(large_images_move_a_device_of_a_slow_link_and_back),
    T(a_device_that_does_not_move_gets_the_image_the_long_way),
    T(a_transport_that_is_passed_over_is_preferred),
    T(a_device_that_refuses_transports_is_sent_back_by_its_preference),
    T(nobody_may_come_from_elsewhere_once_it_is_over),
    T(a_push_that_a_person_cancels_as_a_command_goes_on),
    T(a_listener_may_do_anything),
    T(small_images_move_nobody),
    T(what_can_not_be_is_refused),
    T(a_guessed_path_gives_nothing),
};

int main(void) {
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
