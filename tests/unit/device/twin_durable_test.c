/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/device/twin_durable.c, twin_restore.c and journal.c: durable commands over a store, killed at any moment. */

#include "core/device/journal.h"
#include "core/device/twin.h"
#include "tests/unit/device/twin_harness.h"
#include "tests/unit/store/store_harness.h"

static twin_bench_t bench;
static store_harness_t grave; /* what a killed twin still writes goes here */

static int set_up(void **state) {
  static store_harness_t h;
  store_harness_init(&h, true);
  store_harness_init(&grave, true);
  check_rc(store_harness_open(&grave, NULL), TG_OK);
  *state = &h;
  return store_harness_open(&h, NULL) == TG_OK ? 0 : -1;
}

static int tear_down(void **state) {
  twin_bench_close(&bench);
  store_harness_fini(*state);
  store_harness_fini(&grave);
  return 0;
}

/* A twin over what the store holds. @return how many commands it took over */
static size_t open_twin(store_harness_t *h) {
  size_t count = 0;
  twin_bench_open_over(&bench, 8, h->store);
  check_rc(tg_twin_restore(bench.twin, &count), TG_OK);
  return count;
}

/* Only a ticket under which something was written is told. */
static void settle(store_harness_t *h) {
  check_rc(tg_store_put(h->store, "test", tg_slice_str("x"), tg_slice_str("x")), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
}

static void kill_twin(void) {
  bench.twin->config.store = grave.store;
  twin_bench_close(&bench);
}

/* The process is killed: what is in memory goes, the store stays. */
static size_t kill_and_open(store_harness_t *h) {
  settle(h);
  kill_twin();
  return open_twin(h);
}

/* The store writes; the twin is told, and looks. */
static void commit(store_harness_t *h) {
  settle(h);
  tg_twin_committed(bench.twin, h->told, h->told_rc);
  twin_bench_pass(&bench, 1);
}

static tg_id_t submit(tg_id_t device, tg_op_t op, const char *tag) {
  tg_command_t command = {
      .device = device, .op = op, .path = tg_path(3, 3, 0, 1), .tag = tg_slice_str(tag), .durable = true};
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_submit(bench.twin, &command, twin_bench_done, &bench, &id), TG_OK);
  return id;
}

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

static void finish(tg_id_t id) {
  tg_command_result_t result = {.state = TG_COMMAND_DONE, .code = 0x44};
  tg_twin_finish(bench.twin, id, &result);
}

static bool note_tag(void *ud, const tg_command_t *command, tg_command_state_t state) {
  char *text = ud;
  (void)state;
  snprintf(text + strlen(text), 16, "%.*s ", (int)command->tag.len, (const char *)command->tag.p);
  return true;
}

static const char *tags(const char *ep) {
  static char text[1024];
  const tg_device_t *device = tg_twin_find_ep(bench.twin, tg_slice_str(ep));
  text[0] = '\0';
  if (device) tg_twin_commands(bench.twin, device->id, note_tag, text);
  return text;
}

static tg_id_t sleeper(void) {
  tg_id_t device = twin_bench_online(&bench, "a", true);
  tg_twin_asleep(bench.twin, device);
  return device;
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

#define DURABLE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      DURABLE(a_command_goes_when_its_row_is_on_disk),
      DURABLE(what_waits_is_there_after_a_kill_in_its_order),
      DURABLE(what_was_sent_at_the_kill_goes_again_or_ends_as_unknown),
      DURABLE(an_execute_that_never_left_is_not_unknown),
      DURABLE(a_stop_keeps_the_rows_and_tells_only_who_waits),
      DURABLE(a_newer_write_takes_the_place_of_a_waiting_one_with_its_key),
      DURABLE(deadlines_are_times_of_the_clock_on_the_wall),
      DURABLE(bad_rows_are_left_out_and_stay),
      DURABLE(a_device_is_not_forgotten_while_durable_commands_wait),
      DURABLE(a_plain_device_that_goes_keeps_its_durable_commands),
      DURABLE(a_command_is_accepted_when_its_row_is_on_disk),
      DURABLE(one_that_ends_before_its_row_is_on_disk_is_not_accepted),
      DURABLE(a_command_whose_row_is_not_taken_by_the_disk_fails_and_says_so),
      DURABLE(a_commit_that_fails_holds_an_accepted_command_until_one_does_not),
      DURABLE(an_execute_that_may_be_repeated_goes_again_after_a_kill),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
