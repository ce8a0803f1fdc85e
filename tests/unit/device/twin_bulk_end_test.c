/* SPDX-License-Identifier: Apache-2.0 */
/* Commands with a body (device.h): how far one gets, and how it ends. Mirrors core/device/twin_command.c, twin_queue.c. */

#include "tests/unit/device/twin_bulk_bench.h"

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

CHECK_SUITE(its_deadline_moves_with_its_progress, one_that_never_started_expires,
            without_a_timeout_it_has_two_hours_for_each_step, it_never_goes_back_to_the_queue,
            both_end_at_the_backend_when_the_device_goes, another_owner_of_the_device_ends_it,
            it_can_be_cancelled_waiting_and_under_way, who_hears_of_its_progress_may_end_it,
            the_end_of_the_twin_ends_both)
