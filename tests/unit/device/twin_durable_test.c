/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/device/twin_durable.c: durable commands over a store, from their submission to the commit of their rows and their end. */

#include "tests/unit/device/durable_bench.h"

static tg_id_t submit_write(tg_id_t device, const char *tag, const char *key) {
  tg_command_t command = {.device = device,
                          .op = TG_OP_WRITE,
                          .path = tg_path(3, 3, 0, 1),
                          .tag = tg_slice_str(tag),
                          .replace_key = tg_slice_str(key),
                          .durable = true};
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_submit(bench.twin, &command, twin_bench_done, &bench, &id), TG_OK);
  return id;
}

static void a_command_goes_when_its_row_is_on_disk(void **state) {
  store_harness_t *h = *state;
  check_int(open_twin(h), 0);
  tg_id_t device = twin_bench_online(&bench, "a", false);
  tg_id_t id = submit(device, TG_OP_READ, "r");
  twin_bench_pass(&bench, 50);
  check_int(bench.start_count, 0);
  commit(h);
  check_int(bench.start_count, 1);
  finish(id);
  check_int(bench.done_count, 1);
  check_int(kill_and_open(h), 0);
}

static void a_newer_write_takes_the_place_of_a_waiting_one_with_its_key(void **state) {
  store_harness_t *h = *state;
  open_twin(h);
  tg_id_t device = sleeper(), id;
  submit_write(device, "old", "k");
  submit_write(device, "other", "j");
  submit_write(device, "new", "k");
  assert_string_equal(tags("a"), "other new ");
  assert_string_equal(bench.done_tags, "old ");
  check_int(bench.last.state, TG_COMMAND_CANCELLED);
  check_int(kill_and_open(h), 2);
  assert_string_equal(tags("a"), "other new ");
  device = tg_twin_find_ep(bench.twin, tg_slice_str("a"))->id;
  submit_write(device, "newest", "k");
  assert_string_equal(tags("a"), "other newest ");
  tg_command_t read = {.device = device, .op = TG_OP_READ, .replace_key = tg_slice_str("k")};
  check_rc(tg_twin_submit(bench.twin, &read, twin_bench_done, &bench, &id), TG_E_ARG);
}

static void a_device_is_not_forgotten_while_durable_commands_wait(void **state) {
  store_harness_t *h = *state;
  open_twin(h);
  tg_id_t device = twin_bench_online(&bench, "a", true);
  tg_twin_asleep(bench.twin, device);
  tg_command_t command = {.device = device, .op = TG_OP_READ, .durable = true, .timeout_s = 30 * 24 * 3600};
  tg_id_t id;
  check_rc(tg_twin_submit(bench.twin, &command, twin_bench_done, &bench, &id), TG_OK);
  tg_twin_offline(bench.twin, device, TG_EVENT_EXPIRED, tg_slice_str(""));
  for (int day = 0; day < 29; day++) twin_bench_pass(&bench, UINT64_C(24) * 3600 * 1000 + 10);
  check_int(tg_twin_count(bench.twin), 1);
  check_int(bench.done_count, 0);
  for (int day = 0; day < 3; day++) twin_bench_pass(&bench, UINT64_C(24) * 3600 * 1000 + 10);
  check_int(bench.last.state, TG_COMMAND_EXPIRED);
  check_int(tg_twin_count(bench.twin), 0);
}

static void a_plain_device_that_goes_keeps_its_durable_commands(void **state) {
  store_harness_t *h = *state;
  open_twin(h);
  tg_id_t device = twin_bench_online(&bench, "a", false), id;
  submit(device, TG_OP_READ, "kept");
  twin_bench_submit(&bench, device, TG_OP_READ, "gone");
  tg_twin_offline(bench.twin, device, TG_EVENT_EXPIRED, tg_slice_str(""));
  assert_string_equal(bench.done_tags, "gone ");
  tg_command_t refused = {.device = device, .op = TG_OP_READ, .durable = true};
  check_rc(tg_twin_submit(bench.twin, &refused, twin_bench_done, &bench, &id), TG_E_GONE);
  twin_bench_online(&bench, "a", false);
  commit(h);
  check_int(bench.start_count, 1);
}

static void a_command_is_accepted_when_its_row_is_on_disk(void **state) {
  store_harness_t *h = *state;
  open_twin(h);
  tg_id_t awake = twin_bench_online(&bench, "b", false);
  tg_id_t device = sleeper();
  submit(awake, TG_OP_READ, "goes");
  submit(device, TG_OP_READ, "waits");
  submit(device, TG_OP_EXECUTE, "behind");
  twin_bench_submit(&bench, device, TG_OP_READ, "not durable");
  twin_bench_pass(&bench, 50);
  assert_string_equal(twin_bench_events(&bench), "registered:b registered:a asleep:a command:waiting ");
  commit(h);
  assert_string_equal(twin_bench_events(&bench), "command:accepted command:accepted command:waiting "
                                                 "command:accepted command:waiting command:sent ");
  commit(h);
  assert_string_equal(twin_bench_events(&bench), "");
  check_int(kill_and_open(h), 3);
  twin_bench_pass(&bench, 10);
  assert_string_equal(twin_bench_events(&bench), ""); /* they were told so before */
}

static void one_that_ends_before_its_row_is_on_disk_is_not_accepted(void **state) {
  store_harness_t *h = *state;
  open_twin(h);
  tg_id_t device = sleeper();
  tg_id_t ids[3];
  for (size_t i = 0; i < 3; i++) ids[i] = submit(device, TG_OP_READ, "x");
  for (size_t i = 0; i < 3; i++) { /* from the middle, the end, the front */
    static const size_t order[] = {1, 2, 0};
    check_rc(tg_twin_cancel(bench.twin, ids[order[i]]), TG_OK);
  }
  tg_id_t last = submit(device, TG_OP_READ, "y");
  twin_bench_pass(&bench, 1);
  assert_string_equal(twin_bench_events(&bench),
                      "registered:a asleep:a command:cancelled command:cancelled command:cancelled ");
  commit(h);
  assert_string_equal(twin_bench_events(&bench), "command:accepted command:waiting ");
  check_rc(tg_twin_cancel(bench.twin, last), TG_OK);
  check_int(kill_and_open(h), 0);
}

static void a_command_whose_row_is_not_taken_by_the_disk_fails_and_says_so(void **state) {
  store_harness_t *h = *state;
  open_twin(h);
  tg_id_t device = twin_bench_online(&bench, "a", false);
  submit(device, TG_OP_READ, "first");
  submit(device, TG_OP_READ, "second");
  tg_twin_committed(bench.twin, tg_store_ticket(h->store), TG_E_STORE);
  twin_bench_pass(&bench, 2);
  check_int(bench.start_count, 0);
  assert_string_equal(bench.done_tags, "first second ");
  check_int(bench.last.state, TG_COMMAND_FAILED);
  check_rc(bench.last.rc, TG_E_STORE);
  submit(device, TG_OP_READ, "third");
  commit(h);
  check_int(bench.start_count, 1);
  finish(bench.started[0]);
  check_int(kill_and_open(h), 0);
}

/* It was accepted; the row that says that it may have gone could not be written. */
static void a_commit_that_fails_holds_an_accepted_command_until_one_does_not(void **state) {
  store_harness_t *h = *state;
  open_twin(h);
  tg_id_t device = sleeper();
  submit(device, TG_OP_EXECUTE, "x");
  commit(h);
  tg_twin_awake(bench.twin, device, UINT64_MAX);
  twin_bench_pass(&bench, 1);
  tg_twin_committed(bench.twin, tg_store_ticket(h->store), TG_E_STORE);
  settle(h);
  twin_bench_pass(&bench, 500);
  check_int(bench.start_count, 0);
  twin_bench_pass(&bench, 600); /* the row is written again */
  commit(h);
  check_int(bench.start_count, 1);
  check_int(bench.done_count, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      DURABLE(a_command_goes_when_its_row_is_on_disk),
      DURABLE(a_newer_write_takes_the_place_of_a_waiting_one_with_its_key),
      DURABLE(a_device_is_not_forgotten_while_durable_commands_wait),
      DURABLE(a_plain_device_that_goes_keeps_its_durable_commands),
      DURABLE(a_command_is_accepted_when_its_row_is_on_disk),
      DURABLE(one_that_ends_before_its_row_is_on_disk_is_not_accepted),
      DURABLE(a_command_whose_row_is_not_taken_by_the_disk_fails_and_says_so),
      DURABLE(a_commit_that_fails_holds_an_accepted_command_until_one_does_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
