/* SPDX-License-Identifier: Apache-2.0 */
/* Commands with a body (device.h): what they may say, and when one starts beside the others. Mirrors core/device/twin_command.c, twin_queue.c. */

#include "tests/unit/device/twin_bulk_bench.h"

static void a_body_is_the_value_of_one_resource_and_nothing_else(void **state) {
  (void)state;
  tg_id_t device = open_bench(false), id;
  static const tg_record_t record = {.path = {{5, 0, 0}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = 1}};
  tg_command_t good = body_of(device, "x"), bad[10];
  for (size_t i = 0; i < TG_COUNT(bad); i++) bad[i] = good;
  bad[0].op = TG_OP_UPDATE;
  bad[1].op = TG_OP_CREATE;
  bad[2].op = TG_OP_EXECUTE;
  bad[3].path = tg_path(2, 5, 0, 0);
  bad[4].path = (tg_path_t){{5, 0, 0, 1}, 4};
  bad[5].records = &record;
  bad[5].record_count = 1;
  bad[6].durable = true;
  bad[7].body_from = sizeof image + 1;
  bad[8].body = tg_slice(NULL, 0); /* but progress() */
  bad[9] = bad[8];
  bad[9].progress = NULL;
  bad[9].body_from = 1;
  for (size_t i = 0; i < TG_COUNT(bad); i++) {
    tg_rc_t rc = tg_twin_submit(bench.twin, &bad[i], twin_bench_done, &bench, &id);
    if (rc != TG_E_ARG) print_error("row %zu\n", i);
    check_rc(rc, TG_E_ARG);
  }
  good.body_from = sizeof image;
  submit(&good);
  twin_bench_close(&bench);
  check_int(bench.done_count, 1);
}

static void one_with_a_body_runs_beside_one_without(void **state) {
  (void)state;
  tg_id_t device = open_bench(false);
  tg_id_t first = push(device, "push1");
  tg_id_t second = push(device, "push2"); /* in front of the reads, in their way no more than they in its */
  tg_id_t read1 = twin_bench_submit(&bench, device, TG_OP_READ, "read1");
  tg_id_t read2 = twin_bench_submit(&bench, device, TG_OP_READ, "read2");
  twin_bench_pass(&bench, 1);
  check_int(bench.start_count, 2);
  check_int(bench.started[0], first);
  check_int(bench.started[1], read1);
  const tg_device_t *known = tg_twin_find(bench.twin, device);
  check_int(known->active, 2);
  check_int(known->queued, 2);
  finish(read1, TG_COMMAND_DONE, TG_OK);
  twin_bench_pass(&bench, 1);
  check_int(bench.started[2], read2);
  check_int(known->active, 2);
  finish(first, TG_COMMAND_DONE, TG_OK);
  twin_bench_pass(&bench, 1);
  check_int(bench.started[3], second);
  check_int(known->queued, 0);
  finish(second, TG_COMMAND_DONE, TG_OK);
  finish(read2, TG_COMMAND_DONE, TG_OK);
  check_int(known->active, 0);
  assert_string_equal(bench.done_tags, "read1 push1 push2 read2 ");
  twin_bench_close(&bench);
}

static void an_ordinary_one_that_waits_is_not_in_the_way_either(void **state) {
  (void)state;
  tg_id_t device = open_bench(false);
  twin_bench_submit(&bench, device, TG_OP_READ, "r1");
  twin_bench_submit(&bench, device, TG_OP_READ, "r2");
  twin_bench_pass(&bench, 1);
  tg_id_t pushed = push(device, "push");
  twin_bench_pass(&bench, 1);
  check_int(bench.start_count, 2);
  check_int(bench.started[1], pushed);
  twin_bench_close(&bench);
}

static bool note(void *ud, const tg_command_t *command, tg_command_state_t state) {
  char *text = ud;
  size_t used = strlen(text);
  snprintf(text + used, 128 - used, "%.*s:%s ", (int)command->tag.len, (const char *)command->tag.p,
           tg_event_state_name(state));
  return true;
}

static void both_are_listed(void **state) {
  (void)state;
  tg_id_t device = open_bench(false);
  char text[128] = "";
  push(device, "p1");
  push(device, "p2");
  twin_bench_submit(&bench, device, TG_OP_READ, "r1");
  twin_bench_pass(&bench, 1);
  tg_twin_commands(bench.twin, device, note, text);
  assert_string_equal(text, "r1:sent p1:sent p2:waiting ");
  twin_bench_close(&bench);
}

static void it_waits_for_a_sleeper_to_wake(void **state) {
  (void)state;
  tg_id_t device = open_bench(true);
  tg_twin_asleep(bench.twin, device);
  push(device, "push");
  twin_bench_pass(&bench, 1000);
  check_int(bench.start_count, 0);
  tg_twin_awake(bench.twin, device, UINT64_MAX);
  twin_bench_pass(&bench, 1);
  check_int(bench.start_count, 1);
  twin_bench_close(&bench);
}

/* Woken while the other one runs, it goes at once. */
static void a_wake_up_starts_it_beside_the_one_that_runs(void **state) {
  (void)state;
  tg_id_t device = open_bench(true);
  twin_bench_submit(&bench, device, TG_OP_READ, "read");
  twin_bench_pass(&bench, 1);
  tg_twin_asleep(bench.twin, device);
  push(device, "push");
  twin_bench_pass(&bench, 1);
  check_int(bench.start_count, 1);
  tg_twin_awake(bench.twin, device, UINT64_MAX);
  twin_bench_pass(&bench, 1);
  check_int(bench.start_count, 2);
  twin_bench_close(&bench);
}

static void one_that_could_not_be_started_now_waits(void **state) {
  (void)state;
  tg_id_t device = open_bench(true);
  bench.start_rc = TG_E_ASLEEP;
  push(device, "push");
  twin_bench_pass(&bench, 1);
  check_int(bench.done_count, 0);
  check_int(tg_twin_find(bench.twin, device)->active, 0);
  check_int(tg_twin_find(bench.twin, device)->queued, 1);
  bench.start_rc = TG_E_UNSUPPORTED;
  tg_twin_awake(bench.twin, device, UINT64_MAX);
  twin_bench_pass(&bench, 1);
  check_ended(TG_COMMAND_FAILED, TG_E_UNSUPPORTED);
  twin_bench_close(&bench);
}

/* The end of one that could not be started comes in the middle of a turn: what is asked for then is not forgotten. */
static void push_next(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  twin_bench_done(ud, command, result);
  bench.start_rc = TG_OK;
  push(command->device, "push");
}

static void read_next(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  twin_bench_done(ud, command, result);
  bench.start_rc = TG_OK;
  twin_bench_submit(&bench, command->device, TG_OP_READ, "read");
}

static void what_is_asked_for_in_the_middle_of_a_turn_is_started(void **state) {
  (void)state;
  for (int pushes = 0; pushes < 2; pushes++) {
    tg_id_t device = open_bench(false), id;
    tg_command_t first = body_of(device, "first");
    if (pushes) first = (tg_command_t){.device = device, .op = TG_OP_OBSERVE, .path = tg_path(3, 5, 0, 3)};
    bench.start_rc = TG_E_EXISTS;
    check_rc(tg_twin_submit(bench.twin, &first, pushes ? push_next : read_next, &bench, &id), TG_OK);
    twin_bench_pass(&bench, 1);
    twin_bench_pass(&bench, 1);
    check_ended(TG_COMMAND_FAILED, TG_E_EXISTS);
    check_int(bench.start_count, 2);
    check_int(tg_twin_find(bench.twin, device)->active, 1);
    check_int(tg_twin_find(bench.twin, device)->queued, 0);
    twin_bench_close(&bench);
  }
}

CHECK_SUITE(a_body_is_the_value_of_one_resource_and_nothing_else, one_with_a_body_runs_beside_one_without,
            an_ordinary_one_that_waits_is_not_in_the_way_either, both_are_listed, it_waits_for_a_sleeper_to_wake,
            a_wake_up_starts_it_beside_the_one_that_runs, one_that_could_not_be_started_now_waits,
            what_is_asked_for_in_the_middle_of_a_turn_is_started)
