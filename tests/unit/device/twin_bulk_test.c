/* SPDX-License-Identifier: Apache-2.0 */
/* Commands with a body (device.h): what they may say, that one runs beside the others, when they end. Mirrors core/device/twin_command.c, twin_queue.c. */

#include "tests/unit/device/twin_harness.h"

static twin_bench_t bench;
static uint64_t told;
static unsigned tellings;
static bool cancels;
static const uint8_t image[5000];

static void on_progress(void *ud, const tg_command_t *command, uint64_t sent) {
  check_true(ud == &bench);
  check_true(command->body.p == image); /* not copied */
  told = sent;
  tellings++;
  if (cancels) check_rc(tg_twin_cancel(bench.twin, command->id), TG_OK);
}

static tg_command_t body_of(tg_id_t device, const char *tag) {
  return (tg_command_t){.device = device,
                        .op = TG_OP_WRITE,
                        .path = tg_path(3, 5, 0, 0),
                        .tag = tg_slice_str(tag),
                        .body = tg_slice(image, sizeof image),
                        .content_format = -1,
                        .progress = on_progress};
}

static tg_id_t submit(const tg_command_t *command) {
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_submit(bench.twin, command, twin_bench_done, &bench, &id), TG_OK);
  return id;
}

static tg_id_t push(tg_id_t device, const char *tag) {
  tg_command_t command = body_of(device, tag);
  return submit(&command);
}

static void finish(tg_id_t id, tg_command_state_t how, tg_rc_t rc) {
  tg_command_result_t result = {.state = how, .rc = rc, .code = how == TG_COMMAND_DONE ? 0x44 : 0};
  tg_twin_finish(bench.twin, id, &result);
}

static tg_id_t open_bench(bool queue_mode) {
  twin_bench_open(&bench, 8);
  told = tellings = 0;
  cancels = false;
  return twin_bench_online(&bench, "a", queue_mode);
}

static void check_ended(tg_command_state_t state, tg_rc_t rc) {
  check_int(bench.done_count, 1);
  check_int(bench.last.state, state);
  check_rc(bench.last.rc, rc);
}

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

static void its_deadline_moves_with_its_progress(void **state) {
  (void)state;
  tg_id_t device = open_bench(false);
  tg_command_t command = body_of(device, "push");
  command.timeout_s = 60;
  tg_id_t id = submit(&command);
  twin_bench_pass(&bench, 1);
  for (unsigned i = 1; i <= 5; i++) {
    twin_bench_pass(&bench, 50000);
    tg_twin_progress(bench.twin, id, i * 1000);
    check_int(told, i * 1000);
  }
  check_int(tellings, 5);
  check_int(bench.done_count, 0);
  twin_bench_pass(&bench, 59000);
  check_int(bench.done_count, 0);
  twin_bench_pass(&bench, 2000);
  check_ended(TG_COMMAND_FAILED, TG_E_TIMEOUT);
  check_int(bench.cancel_count, 1);
  twin_bench_close(&bench);
}

static void one_that_never_started_expires(void **state) {
  (void)state;
  tg_id_t device = open_bench(true);
  tg_twin_asleep(bench.twin, device);
  tg_command_t command = body_of(device, "push");
  command.timeout_s = 60;
  submit(&command);
  twin_bench_pass(&bench, 61000);
  check_ended(TG_COMMAND_EXPIRED, TG_E_EXPIRED);
  check_int(bench.cancel_count, 0);
  twin_bench_close(&bench);
}

static void without_a_timeout_it_has_two_hours_for_each_step(void **state) {
  (void)state;
  tg_id_t device = open_bench(false);
  push(device, "push");
  twin_bench_pass(&bench, 7199000);
  check_int(bench.done_count, 0);
  twin_bench_pass(&bench, 2000);
  check_ended(TG_COMMAND_FAILED, TG_E_TIMEOUT);
  twin_bench_close(&bench);
}

/* What was on its way is not begun anew behind its asker's back. */
static void it_never_goes_back_to_the_queue(void **state) {
  (void)state;
  static const tg_rc_t rcs[] = {TG_E_AGAIN, TG_E_TIMEOUT, TG_E_ASLEEP, TG_E_RESET};
  for (size_t i = 0; i < TG_COUNT(rcs); i++) {
    tg_id_t device = open_bench(true);
    tg_id_t id = push(device, "push");
    twin_bench_pass(&bench, 1);
    finish(id, TG_COMMAND_FAILED, rcs[i]);
    check_ended(TG_COMMAND_FAILED, rcs[i]);
    check_true(tg_twin_find(bench.twin, device)->awake == (rcs[i] == TG_E_AGAIN || rcs[i] == TG_E_RESET));
    twin_bench_close(&bench);
  }
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

static void both_end_at_the_backend_when_the_device_goes(void **state) {
  (void)state;
  tg_id_t device = open_bench(true);
  push(device, "push");
  push(device, "next");
  twin_bench_submit(&bench, device, TG_OP_READ, "read");
  twin_bench_pass(&bench, 1);
  tg_twin_offline(bench.twin, device, TG_EVENT_DEREGISTERED, tg_slice_str(""));
  check_int(bench.cancel_count, 2);
  check_ended(TG_COMMAND_FAILED, TG_E_AGAIN);
  assert_string_equal(bench.done_tags, "push ");
  const tg_device_t *known = tg_twin_find(bench.twin, device);
  check_int(known->active, 0);
  check_int(known->queued, 2); /* they never left */
  twin_bench_online(&bench, "a", true);
  twin_bench_pass(&bench, 1);
  check_int(known->active, 2);
  twin_bench_close(&bench);
}

static void another_owner_of_the_device_ends_it(void **state) {
  (void)state;
  tg_id_t device = open_bench(false), again;
  push(device, "push");
  twin_bench_submit(&bench, device, TG_OP_READ, "read");
  twin_bench_pass(&bench, 1);
  static twin_bench_t other;
  tg_device_info_t info = {.ep = tg_slice_str("a"), .backend = &twin_bench_backend, .backend_ud = &other, .link = "x"};
  other = bench;
  check_rc(tg_twin_online(bench.twin, &info, TG_EVENT_REGISTERED, &again), TG_OK);
  check_int(bench.cancel_count, 2);
  check_ended(TG_COMMAND_FAILED, TG_E_AGAIN);
  check_int(tg_twin_find(bench.twin, device)->queued, 1);
  twin_bench_close(&bench);
}

static void it_can_be_cancelled_waiting_and_under_way(void **state) {
  (void)state;
  tg_id_t device = open_bench(false);
  tg_id_t first = push(device, "p1"), second = push(device, "p2");
  twin_bench_pass(&bench, 1);
  check_rc(tg_twin_cancel(bench.twin, second), TG_OK);
  check_int(bench.cancel_count, 0);
  check_rc(tg_twin_cancel(bench.twin, first), TG_OK);
  check_int(bench.cancel_count, 1);
  check_int(bench.done_count, 2);
  check_int(tg_twin_find(bench.twin, device)->active, 0);
  check_rc(tg_twin_cancel(bench.twin, first), TG_E_GONE);
  twin_bench_close(&bench);
}

static void who_hears_of_its_progress_may_end_it(void **state) {
  (void)state;
  tg_id_t device = open_bench(false);
  tg_id_t id = push(device, "push");
  tg_twin_progress(bench.twin, id, 1); /* not started */
  check_int(tellings, 0);
  twin_bench_pass(&bench, 1);
  cancels = true;
  tg_twin_progress(bench.twin, id, 1024);
  check_ended(TG_COMMAND_CANCELLED, TG_E_CANCELLED);
  tg_twin_progress(bench.twin, id, 2048);
  check_int(tellings, 1);
  tg_id_t read = twin_bench_submit(&bench, device, TG_OP_READ, "read");
  twin_bench_pass(&bench, 1);
  tg_twin_progress(bench.twin, read, 1);
  check_int(tellings, 1);
  twin_bench_close(&bench);
}

static void the_end_of_the_twin_ends_both(void **state) {
  (void)state;
  tg_id_t device = open_bench(false);
  push(device, "push");
  push(device, "next");
  twin_bench_submit(&bench, device, TG_OP_READ, "read");
  twin_bench_pass(&bench, 1);
  tg_twin_stop(bench.twin);
  check_int(bench.cancel_count, 2);
  check_int(bench.done_count, 3);
  check_int(tg_twin_find(bench.twin, device)->active, 0);
  twin_bench_close(&bench);
}

CHECK_SUITE(a_body_is_the_value_of_one_resource_and_nothing_else, one_with_a_body_runs_beside_one_without,
            an_ordinary_one_that_waits_is_not_in_the_way_either, both_are_listed, it_waits_for_a_sleeper_to_wake,
            a_wake_up_starts_it_beside_the_one_that_runs, its_deadline_moves_with_its_progress,
            one_that_never_started_expires, without_a_timeout_it_has_two_hours_for_each_step,
            it_never_goes_back_to_the_queue, one_that_could_not_be_started_now_waits,
            what_is_asked_for_in_the_middle_of_a_turn_is_started, both_end_at_the_backend_when_the_device_goes,
            another_owner_of_the_device_ends_it, it_can_be_cancelled_waiting_and_under_way,
            who_hears_of_its_progress_may_end_it, the_end_of_the_twin_ends_both)
