/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/device/twin_queue.c: what commands may hold, and that it stays within bounds. Their order is in twin_command_test.c. */

#include "core/device/twin.h"
#include "tests/unit/device/twin_harness.h"

static twin_bench_t bench;

static tg_rc_t submit(const tg_command_t *command) {
  tg_id_t id;
  return tg_twin_submit(bench.twin, command, twin_bench_done, &bench, &id);
}

static void values_and_texts_of_all_commands_are_bounded(void **state) {
  (void)state;
  static char text[1000];
  memset(text, 'x', sizeof text);
  twin_bench_open(&bench, 8);
  bench.twin->config.command_bytes_max = 2100;
  tg_id_t device = twin_bench_online(&bench, "a", true);
  tg_twin_asleep(bench.twin, device);
  const tg_command_t command = {.device = device, .op = TG_OP_EXECUTE, .text = tg_slice(text, sizeof text)};
  tg_id_t first;
  check_rc(tg_twin_submit(bench.twin, &command, twin_bench_done, &bench, &first), TG_OK);
  check_rc(submit(&command), TG_OK);
  check_rc(submit(&command), TG_E_FULL);
  check_true(bench.twin->command_bytes == 2 * sizeof text);
  tg_twin_refused_t refused;
  tg_twin_refused(bench.twin, &refused);
  check_true(refused.all_commands == 1 && refused.commands == 0);
  check_rc(tg_twin_cancel(bench.twin, first), TG_OK);
  check_rc(submit(&command), TG_OK);
  twin_bench_close(&bench);
  check_int(bench.done_count, 3);
}

static void a_replaced_one_makes_room_in_a_full_queue(void **state) {
  (void)state;
  twin_bench_open(&bench, 8);
  tg_id_t device = twin_bench_online(&bench, "a", true);
  tg_twin_asleep(bench.twin, device);
  tg_command_t command = {.device = device, .op = TG_OP_WRITE, .path = tg_path(3, 3, 0, 1)};
  command.replace_key = tg_slice_str("k");
  check_rc(submit(&command), TG_OK);
  for (int i = 1; i < 100; i++) twin_bench_submit(&bench, device, TG_OP_READ, "");
  check_rc(submit(&command), TG_OK);
  check_int(bench.done_count, 1);
  check_int(tg_twin_find(bench.twin, device)->queued, 100);
  command.replace_key = tg_slice_str("other");
  check_rc(submit(&command), TG_E_FULL);
  tg_twin_refused_t refused;
  tg_twin_refused(bench.twin, &refused);
  check_true(refused.commands == 1 && refused.all_commands == 0);
  twin_bench_close(&bench);
}

static void keys_and_owners_are_short_and_keys_are_for_writes(void **state) {
  (void)state;
  static char longer[66];
  memset(longer, 'x', 65);
  twin_bench_open(&bench, 8);
  tg_id_t device = twin_bench_online(&bench, "a", true);
  const tg_command_t bad[] = {
      {.device = device, .op = TG_OP_WRITE, .replace_key = tg_slice_str(longer)},
      {.device = device, .op = TG_OP_READ, .owner = tg_slice_str(longer)},
      {.device = device, .op = TG_OP_EXECUTE, .replace_key = tg_slice_str("k")},
  };
  for (size_t i = 0; i < TG_COUNT(bad); i++) check_rc(submit(&bad[i]), TG_E_ARG);
  check_int(tg_twin_find(bench.twin, device)->queued, 0);
  twin_bench_close(&bench);
}

CHECK_SUITE(values_and_texts_of_all_commands_are_bounded, a_replaced_one_makes_room_in_a_full_queue,
            keys_and_owners_are_short_and_keys_are_for_writes)
