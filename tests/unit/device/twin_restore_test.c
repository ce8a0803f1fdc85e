/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/device/twin_restore.c and journal.c: what is left of durable commands when the process is killed or stopped, and what becomes of it. */

#include "core/device/journal.h"
#include "tests/unit/device/durable_bench.h"

static void what_waits_is_there_after_a_kill_in_its_order(void **state) {
  store_harness_t *h = *state;
  open_twin(h);
  tg_id_t device = sleeper();
  submit(device, TG_OP_READ, "1");
  submit(device, TG_OP_EXECUTE, "2");
  submit(device, TG_OP_CREATE, "3");
  twin_bench_submit(&bench, device, TG_OP_READ, "not durable");
  check_int(kill_and_open(h), 3);
  assert_string_equal(tags("a"), "1 2 3 ");
  const tg_device_t *known = tg_twin_find_ep(bench.twin, tg_slice_str("a"));
  check_false(known->online);
  twin_bench_pass(&bench, UINT64_C(10) * 60 * 1000);
  check_int(bench.start_count, 0);
  device = twin_bench_online(&bench, "a", true);
  for (size_t i = 1; i <= 3; i++) {
    twin_bench_pass(&bench, 1);
    commit(h); /* what can't be repeated writes that it may have gone */
    check_int(bench.start_count, i);
    check_int(tg_twin_find(bench.twin, device)->active, 1);
    finish(bench.started[i - 1]);
  }
  assert_string_equal(twin_bench_events(&bench), "registered:a command:sent command:done command:sent command:done "
                                                 "command:sent command:done ");
  check_int(kill_and_open(h), 0);
}

static void what_was_sent_at_the_kill_goes_again_or_ends_as_unknown(void **state) {
  store_harness_t *h = *state;
  static const struct {
    tg_op_t op;
    bool again;
  } rows[] = {{TG_OP_READ, true},    {TG_OP_WRITE, true},  {TG_OP_UPDATE, true},     {TG_OP_DISCOVER, true},
              {TG_OP_OBSERVE, true}, {TG_OP_CANCEL, true}, {TG_OP_ATTRIBUTES, true}, {TG_OP_EXECUTE, false},
              {TG_OP_CREATE, false}, {TG_OP_DELETE, false}};
  open_twin(h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_id_t device = twin_bench_online(&bench, "a", true);
    submit(device, rows[i].op, "under way");
    submit(device, TG_OP_READ, "behind");
    twin_bench_pass(&bench, 1);
    commit(h);
    check_int(bench.start_count, 1);
    check_int(kill_and_open(h), 2);
    assert_string_equal(tags("a"), "under way behind ");
    device = twin_bench_online(&bench, "a", true);
    twin_bench_pass(&bench, 1);
    twin_bench_pass(&bench, 1);
    check_int(bench.start_count, 1); /* itself, or the one behind it */
    check_slice(tg_twin_command(bench.twin, bench.started[0])->tag, rows[i].again ? "under way" : "behind");
    const char *want = rows[i].again ? "registered:a command:sent " : "registered:a command:unknown command:sent ";
    assert_string_equal(twin_bench_events(&bench), want);
    for (size_t k = 0; k < 2 && bench.start_count > k; k++) {
      finish(bench.started[k]);
      twin_bench_pass(&bench, 1);
    }
    assert_string_equal(tags("a"), "");
    check_int(kill_and_open(h), 0);
  }
}

static void an_execute_that_never_left_is_not_unknown(void **state) {
  store_harness_t *h = *state;
  open_twin(h);
  tg_id_t device = twin_bench_online(&bench, "a", true);
  submit(device, TG_OP_EXECUTE, "x");
  tg_twin_asleep(bench.twin, device); /* while its row is written */
  twin_bench_pass(&bench, 1);
  commit(h);
  check_int(bench.start_count, 0);
  check_int(kill_and_open(h), 1);
  device = twin_bench_online(&bench, "a", true);
  twin_bench_pass(&bench, 1);
  commit(h);
  check_int(bench.start_count, 1);
  tg_command_result_t asleep = {.state = TG_COMMAND_FAILED, .rc = TG_E_ASLEEP};
  tg_twin_finish(bench.twin, bench.started[0], &asleep);
  check_int(kill_and_open(h), 1);
  twin_bench_pass(&bench, 1000);
  assert_string_equal(twin_bench_events(&bench), "");
}

static void a_stop_keeps_the_rows_and_tells_only_who_waits(void **state) {
  store_harness_t *h = *state;
  open_twin(h);
  tg_id_t device = twin_bench_online(&bench, "a", true);
  submit(device, TG_OP_EXECUTE, "sent");
  submit(device, TG_OP_READ, "waits");
  twin_bench_submit(&bench, device, TG_OP_READ, "not durable");
  twin_bench_pass(&bench, 1);
  commit(h);
  (void)twin_bench_events(&bench);
  tg_twin_stop(bench.twin);
  check_int(bench.done_count, 3);
  check_int(bench.last.state, TG_COMMAND_CANCELLED);
  check_int(bench.cancel_count, 1);
  assert_string_equal(twin_bench_events(&bench), "command:cancelled ");
  check_int(kill_and_open(h), 2);
  twin_bench_pass(&bench, 10);
  assert_string_equal(twin_bench_events(&bench), "command:unknown ");
  assert_string_equal(tags("a"), "waits ");
}

static void deadlines_are_times_of_the_clock_on_the_wall(void **state) {
  store_harness_t *h = *state;
  static tg_journal_row_t row;
  row = (tg_journal_row_t){.ep = tg_slice_str("a"), .command = {.op = TG_OP_READ, .deadline_ms = 1000}};
  row.command.tag = tg_slice_str("late");
  check_rc(tg_journal_put(h->store, 7, &row), TG_OK);
  row.command.deadline_ms = INT64_MAX / 2;
  row.command.tag = tg_slice_str("early");
  check_rc(tg_journal_put(h->store, 8, &row), TG_OK);
  check_int(open_twin(h), 2);
  twin_bench_online(&bench, "a", true);
  twin_bench_pass(&bench, 1);
  assert_string_equal(twin_bench_events(&bench), "registered:a command:expired command:sent ");
  check_int(bench.start_count, 1);
  assert_string_equal(tags("a"), "early ");
}

static void bad_rows_are_left_out_and_stay(void **state) {
  store_harness_t *h = *state;
  static const uint8_t key[8] = {0, 0, 0, 0, 0, 0, 0, 9};
  check_rc(tg_store_put(h->store, "command", tg_slice(key, 8), tg_slice_str("rubbish")), TG_OK);
  check_rc(tg_store_put(h->store, "command", tg_slice_str("x"), tg_slice_str("rubbish")), TG_OK);
  for (int i = 0; i < 2; i++) {
    check_int(open_twin(h), 0);
    check_int(tg_twin_count(bench.twin), 0);
    kill_twin();
  }
  check_int(open_twin(h), 0);
  submit(sleeper(), TG_OP_READ, "next");
  check_int(kill_and_open(h), 1); /* the new row did not replace the bad one, nor the other way round */
}

static void an_execute_that_may_be_repeated_goes_again_after_a_kill(void **state) {
  store_harness_t *h = *state;
  open_twin(h);
  tg_id_t device = twin_bench_online(&bench, "a", true), id;
  tg_command_t command = {.device = device,
                          .op = TG_OP_EXECUTE,
                          .path = tg_path(3, 3, 0, 4),
                          .tag = tg_slice_str("x"),
                          .durable = true,
                          .retry = true};
  check_rc(tg_twin_submit(bench.twin, &command, twin_bench_done, &bench, &id), TG_OK);
  commit(h);
  check_int(bench.start_count, 1);
  check_int(kill_and_open(h), 1);
  twin_bench_online(&bench, "a", true);
  twin_bench_pass(&bench, 1);
  check_int(bench.start_count, 1);
  check_true(tg_twin_command(bench.twin, bench.started[0])->retry);
  assert_string_equal(twin_bench_events(&bench), "registered:a command:sent ");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      DURABLE(what_waits_is_there_after_a_kill_in_its_order),
      DURABLE(what_was_sent_at_the_kill_goes_again_or_ends_as_unknown),
      DURABLE(an_execute_that_never_left_is_not_unknown),
      DURABLE(a_stop_keeps_the_rows_and_tells_only_who_waits),
      DURABLE(deadlines_are_times_of_the_clock_on_the_wall),
      DURABLE(bad_rows_are_left_out_and_stay),
      DURABLE(an_execute_that_may_be_repeated_goes_again_after_a_kill),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
