/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/firmware.c, fw_serve.c and fw_table.c as their callers see them: updates cancelled, refused, told and served, and those that wait for their turn. */

#include "tests/unit/firmware/fw_suite.h"

enum { SIZE = 200000 };

static void cancel_tells_the_device_and_comes_too_late_while_it_applies(void **state) {
  (void)state;
  dev()->chunk = 20000;
  uint64_t id = transferring_for(3000);
  check_rc(tg_firmware_cancel(bench.firmware, id + 1), TG_E_NOT_FOUND);
  check_rc(tg_firmware_cancel(bench.firmware, id), TG_OK);
  check_int(fw_bench_get(&bench, id).state, TG_FW_CANCELLED);
  check_rc(tg_firmware_cancel(bench.firmware, id), TG_E_STATE);
  fw_bench_pass(&bench, 5000);
  check_int(dev()->cancels, 1);
  check_int(dev()->state, 0);
  check_int(dev()->observed, 0);
  id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_APPLYING, MINUTE);
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
  transferring_for(3000);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      FW_TEST(cancel_tells_the_device_and_comes_too_late_while_it_applies, SIZE),
      FW_TEST(cancel_before_anything_was_sent_says_nothing, SIZE),
      FW_TEST(so_many_transfer_at_once_and_the_others_take_turns, SIZE),
      FW_TEST(one_who_waits_for_a_turn_and_goes_does_not_hold_up_the_others, SIZE),
      FW_TEST(a_listener_may_do_anything, SIZE),
      FW_TEST(what_can_not_be_is_refused, SIZE),
      FW_TEST(a_guessed_path_gives_nothing, SIZE),
  };
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
