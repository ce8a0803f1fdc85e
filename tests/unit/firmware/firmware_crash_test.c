/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/fw_table.c and fw_machine.c: the process is killed in every state, at every second of an update; Update is never executed twice. */

#include <stdlib.h>

#include "tests/unit/firmware/fw_harness.h"

enum { SIZE = 120000, HOUR = 3600 * 1000, STEPS = 30 };

static fw_bench_t bench;

static fw_device_t *dev(void) {
  return &bench.devices[0];
}

typedef struct variant {
  int delivery;
  bool wire; /* what was on its way arrives all the same */
  bool move;
} variant_t;

/* @return whether the update had ended before the process was killed */
static bool killed_after(const variant_t *variant, int seconds) {
  fw_bench_open(&bench, SIZE);
  if (variant->move) {
    bench.config.move_from = "nidd0";
    bench.config.move_back = "N";
    fw_bench_kill(&bench, false);
    dev()->link = "nidd0";
    dev()->moves_to = "udp0";
    fw_bench_register(&bench, dev());
  }
  dev()->delivery = variant->delivery;
  dev()->chunk = 20000;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_pass(&bench, (uint64_t)seconds * 1000);
  bool ended = tg_firmware_state_ends(fw_bench_get(&bench, id).state);
  fw_bench_kill(&bench, variant->wire);
  for (int i = 0; i < 7200 && !tg_firmware_state_ends(fw_bench_get(&bench, id).state); i++) fw_bench_pass(&bench, 1000);
  tg_fw_update_t update = fw_bench_get(&bench, id);
  bool fine = update.state == TG_FW_DONE || (update.state == TG_FW_UNKNOWN && dev()->updates == 0);
  if (!fine || dev()->updates > 1)
    print_error("killed after %d s: %s (%s), %u updates, states %s\n", seconds, tg_firmware_state_name(update.state),
                update.cause, dev()->updates, bench.states);
  check_true(fine);
  check_true(dev()->updates <= 1);
  if (update.state == TG_FW_DONE) check_true(fw_bench_has_image(&bench, dev()));
  fw_bench_close(&bench);
  return ended;
}

static void each_second(const variant_t *variant) {
  bool ended = false;
  for (int seconds = 0; seconds < STEPS * 2 && !ended; seconds++) ended = killed_after(variant, seconds);
  check_true(ended); /* every second of it was tried */
}

static void killed_at_any_second_of_a_push(void **state) {
  (void)state;
  each_second(&(variant_t){.delivery = 1});
}

static void killed_at_any_second_of_a_push_whose_last_words_arrive(void **state) {
  (void)state;
  each_second(&(variant_t){.delivery = 1, .wire = true});
}

static void killed_at_any_second_of_a_fetch(void **state) {
  (void)state;
  each_second(&(variant_t){.delivery = 0, .wire = true});
}

static void killed_at_any_second_of_a_move(void **state) {
  (void)state;
  each_second(&(variant_t){.delivery = 1, .wire = true, .move = true});
}

static void killed_between_the_row_and_update_ends_unknown_not_twice(void **state) {
  (void)state;
  fw_bench_open(&bench, SIZE);
  dev()->ignore_update = true;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_APPLYING, 60000);
  fw_bench_kill(&bench, false); /* the row is on disk, Update has not left */
  check_int(fw_bench_get(&bench, id).state, TG_FW_APPLYING);
  fw_bench_until(&bench, id, TG_FW_UNKNOWN, HOUR);
  fw_bench_check_cause(&bench, id, "executed once, and no answer came; the device still holds the image");
  fw_bench_pass(&bench, HOUR);
  check_int(dev()->updates, 0);
  fw_bench_close(&bench);
}

static void update_waits_for_the_disk(void **state) {
  (void)state;
  fw_bench_open(&bench, SIZE);
  bench.disk_stalls = true;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_APPLYING, 60000);
  fw_bench_pass(&bench, 300000);
  check_int(fw_bench_get(&bench, id).state, TG_FW_APPLYING);
  check_int(dev()->updates, 0);
  bench.disk_stalls = false;
  bench.disk_fails = true;
  fw_bench_pass(&bench, 10000);
  check_int(dev()->updates, 0);
  check_int(fw_bench_get(&bench, id).state, TG_FW_READY);
  fw_bench_check_cause(&bench, id, "the store does not take it");
  bench.disk_fails = false;
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_int(dev()->updates, 1);
  fw_bench_close(&bench);
}

static void a_device_that_has_the_image_does_not_get_it_again(void **state) {
  (void)state;
  fw_bench_open(&bench, SIZE);
  tg_fw_request_t request = {.severity = -1, .defer_s = -1, .hold = true};
  uint64_t id = fw_bench_update(&bench, "dev", &request);
  fw_bench_until(&bench, id, TG_FW_READY, 60000);
  fw_bench_kill(&bench, false);
  fw_bench_pass(&bench, 60000);
  check_int(fw_bench_get(&bench, id).state, TG_FW_READY);
  check_int(dev()->pushes, 1);
  check_rc(tg_firmware_apply(bench.firmware, id), TG_OK);
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_int(dev()->pushes, 1);
  check_int(dev()->updates, 1);
  fw_bench_close(&bench);
}

static void progress_survives(void **state) {
  (void)state;
  fw_bench_open(&bench, 250000);
  dev()->chunk = 40000;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  fw_bench_pass(&bench, 5000);
  fw_bench_kill(&bench, false);
  uint64_t sent = fw_bench_get(&bench, id).sent;
  check_true(sent >= 65536 && sent <= dev()->len);
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_int(dev()->pushed_from, sent);
  check_int(dev()->resets, 0);
  fw_bench_close(&bench);
}

static void the_path_of_a_fetch_stays_the_same(void **state) {
  (void)state;
  fw_bench_open(&bench, SIZE);
  dev()->delivery = 0;
  dev()->chunk = 2000;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_TRANSFERRING, 60000);
  fw_bench_pass(&bench, 5000);
  fw_bench_kill(&bench, false);
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_int(dev()->uris, 1);
  fw_bench_close(&bench);
}

static void an_image_that_is_gone_ends_the_update(void **state) {
  (void)state;
  char path[300];
  fw_bench_open(&bench, SIZE);
  fw_bench_deregister(&bench, dev());
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  snprintf(path, sizeof path, "%s/app.img", bench.folder);
  FILE *file = fopen(path, "r+b");
  assert_non_null(file);
  check_int(fputc(~bench.bytes[0], file) >= 0, 1); /* one byte has changed on disk */
  check_int(fclose(file), 0);
  fw_bench_kill(&bench, false);
  fw_bench_register(&bench, dev());
  fw_bench_until(&bench, id, TG_FW_FAILED, 60000);
  fw_bench_check_cause(&bench, id, "image app is not there any more");
  snprintf(path, sizeof path, "rm '%s/app.img.damaged'", bench.folder); /* it was set aside, not deleted */
  check_int(system(path), 0);                                           /* NOLINT(cert-env33-c): a path of our own */
  fw_bench_close(&bench);
}

static void what_has_ended_is_remembered_and_ids_go_on(void **state) {
  (void)state;
  fw_bench_open(&bench, SIZE);
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_until(&bench, id, TG_FW_DONE, 60000);
  fw_bench_kill(&bench, false);
  tg_fw_update_t update = fw_bench_get(&bench, id);
  check_int(update.state, TG_FW_DONE);
  assert_string_equal(update.version_after, "2.0");
  assert_string_equal(update.cause, "the device runs 2.0");
  tg_fw_request_t request = {.severity = -1, .defer_s = -1, .force = true};
  uint64_t next = fw_bench_update(&bench, "dev", &request);
  check_true(next > id);
  check_true(tg_firmware_find_ep(bench.firmware, tg_slice_str("dev"), &update));
  check_int(update.id, next);
  fw_bench_close(&bench);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(killed_at_any_second_of_a_push),
      cmocka_unit_test(killed_at_any_second_of_a_push_whose_last_words_arrive),
      cmocka_unit_test(killed_at_any_second_of_a_fetch),
      cmocka_unit_test(killed_at_any_second_of_a_move),
      cmocka_unit_test(killed_between_the_row_and_update_ends_unknown_not_twice),
      cmocka_unit_test(update_waits_for_the_disk),
      cmocka_unit_test(a_device_that_has_the_image_does_not_get_it_again),
      cmocka_unit_test(progress_survives),
      cmocka_unit_test(the_path_of_a_fetch_stays_the_same),
      cmocka_unit_test(an_image_that_is_gone_ends_the_update),
      cmocka_unit_test(what_has_ended_is_remembered_and_ids_go_on),
  };
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
