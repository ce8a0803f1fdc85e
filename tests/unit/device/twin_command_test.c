/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/device/twin_command.c. */

#include "tests/unit/device/twin_harness.h"

static void finish(twin_bench_t *bench, tg_id_t id, tg_command_state_t how, tg_rc_t rc) {
  tg_command_result_t result = {.state = how, .rc = rc, .code = how == TG_COMMAND_DONE ? 0x45 : 0};
  tg_twin_finish(bench->twin, id, &result);
}

static void a_command_starts_in_the_next_turn_and_ends_once(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t device = twin_bench_online(&bench, "a", false);
  tg_id_t id = twin_bench_submit(&bench, device, TG_OP_READ, "t1");
  check_int(bench.start_count, 0);
  twin_bench_pass(&bench, 1);
  check_int(bench.start_count, 1);
  finish(&bench, id, TG_COMMAND_DONE, TG_OK);
  finish(&bench, id, TG_COMMAND_DONE, TG_OK);
  check_int(bench.done_count, 1);
  check_int(bench.last.code, 0x45);
  assert_null(tg_twin_command(bench.twin, id));
  assert_string_equal(twin_bench_events(&bench), "registered:a command:sent command:done ");
  twin_bench_close(&bench);
}

static void one_runs_at_a_time_by_priority_then_order(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t device = twin_bench_online(&bench, "a", false);
  twin_bench_submit(&bench, device, TG_OP_READ, "first");
  twin_bench_pass(&bench, 1);
  twin_bench_submit(&bench, device, TG_OP_READ, "bulk1");
  twin_bench_submit(&bench, device, TG_OP_READ, "bulk2");
  tg_command_t urgent = {.device = device, .op = TG_OP_READ, .priority = 3, .tag = tg_slice_str("urgent")};
  tg_id_t id;
  check_rc(tg_twin_submit(bench.twin, &urgent, twin_bench_done, &bench, &id), TG_OK);
  check_int(tg_twin_find(bench.twin, device)->queued, 3);
  for (size_t i = 0; i < 4; i++) {
    check_int(bench.start_count, i + 1);
    finish(&bench, bench.started[i], TG_COMMAND_DONE, TG_OK);
    twin_bench_pass(&bench, 1);
  }
  assert_string_equal(bench.done_tags, "first urgent bulk1 bulk2 ");
  check_int(tg_twin_find(bench.twin, device)->queued, 0);
  twin_bench_close(&bench);
}

static void a_sleeping_device_gets_its_commands_when_it_wakes(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t device = twin_bench_online(&bench, "a", true);
  tg_twin_asleep(bench.twin, device);
  twin_bench_submit(&bench, device, TG_OP_WRITE, "w");
  twin_bench_pass(&bench, 3600 * 1000);
  check_int(bench.start_count, 0);
  tg_twin_awake(bench.twin, device, bench.now + 93000);
  check_int(bench.start_count, 0); /* the answer to its message goes first */
  twin_bench_pass(&bench, 1);
  check_int(bench.start_count, 1);
  twin_bench_close(&bench);
}

static void a_timeout_in_queue_mode_waits_for_the_next_wake_up(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t device = twin_bench_online(&bench, "a", true);
  tg_id_t id = twin_bench_submit(&bench, device, TG_OP_READ, "r");
  twin_bench_submit(&bench, device, TG_OP_READ, "behind");
  twin_bench_pass(&bench, 1);
  finish(&bench, id, TG_COMMAND_FAILED, TG_E_TIMEOUT);
  check_int(bench.done_count, 0);
  check_false(tg_twin_find(bench.twin, device)->awake);
  twin_bench_pass(&bench, 1000);
  check_int(bench.start_count, 1);
  tg_twin_awake(bench.twin, device, UINT64_MAX);
  twin_bench_pass(&bench, 1);
  check_int(bench.started[1], id);
  finish(&bench, id, TG_COMMAND_DONE, TG_OK);
  check_int(bench.done_count, 1);
  twin_bench_close(&bench);
}

static void what_can_not_be_repeated_ends_when_it_was_sent(void **state) {
  (void)state;
  static const struct {
    tg_op_t op;
    tg_rc_t rc;
    bool queue_mode;
    bool repeats;
  } rows[] = {
      {TG_OP_EXECUTE, TG_E_TIMEOUT, true, false},   {TG_OP_CREATE, TG_E_TIMEOUT, true, false},
      {TG_OP_DELETE, TG_E_TIMEOUT, true, false},    {TG_OP_EXECUTE, TG_E_ASLEEP, true, true},
      {TG_OP_READ, TG_E_TIMEOUT, false, false},     {TG_OP_READ, TG_E_AGAIN, false, true},
      {TG_OP_WRITE, TG_E_TIMEOUT, true, true},      {TG_OP_UPDATE, TG_E_TIMEOUT, true, true},
      {TG_OP_DISCOVER, TG_E_TIMEOUT, true, true},   {TG_OP_OBSERVE, TG_E_TIMEOUT, true, true},
      {TG_OP_CANCEL, TG_E_TIMEOUT, true, true},     {TG_OP_READ, TG_E_RESET, true, false},
      {TG_OP_ATTRIBUTES, TG_E_TIMEOUT, true, true},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    twin_bench_t bench;
    twin_bench_open(&bench, 8);
    tg_id_t device = twin_bench_online(&bench, "a", rows[i].queue_mode);
    tg_id_t id = twin_bench_submit(&bench, device, rows[i].op, "x");
    twin_bench_pass(&bench, 1);
    finish(&bench, id, TG_COMMAND_FAILED, rows[i].rc);
    check_int(bench.done_count, rows[i].repeats ? 0 : 1);
    if (!rows[i].repeats) check_rc(bench.last.rc, rows[i].rc);
    twin_bench_close(&bench);
  }
}

/* The exchange was cancelled since a new Register took the place of the old one: it may have arrived. */
static void what_was_sent_when_its_registration_was_replaced_or_ended_is_unknown(void **state) {
  (void)state;
  static const tg_op_t ops[] = {TG_OP_EXECUTE, TG_OP_CREATE, TG_OP_DELETE};
  for (size_t i = 0; i < TG_COUNT(ops) * 2; i++) {
    twin_bench_t bench;
    twin_bench_open(&bench, 8);
    tg_id_t device = twin_bench_online(&bench, "a", true);
    tg_id_t id = twin_bench_submit(&bench, device, ops[i / 2], "x");
    twin_bench_pass(&bench, 1);
    if (i % 2) finish(&bench, id, TG_COMMAND_FAILED, TG_E_AGAIN);
    else tg_twin_offline(bench.twin, device, TG_EVENT_EXPIRED, tg_slice_str(""));
    check_int(bench.done_count, 1);
    check_int(bench.last.state, TG_COMMAND_UNKNOWN);
    check_rc(bench.last.rc, TG_E_UNKNOWN);
    twin_bench_close(&bench);
  }
}

static tg_id_t submit_with_retry(twin_bench_t *bench, tg_id_t device, tg_op_t op) {
  tg_command_t command = {
      .device = device, .op = op, .path = tg_path(3, 3, 0, 4), .tag = tg_slice_str("x"), .retry = true};
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_submit(bench->twin, &command, twin_bench_done, bench, &id), TG_OK);
  return id;
}

static void what_its_asker_lets_repeat_goes_again_whatever_it_is(void **state) {
  (void)state;
  static const tg_op_t ops[] = {TG_OP_EXECUTE, TG_OP_CREATE, TG_OP_DELETE};
  static const tg_rc_t why[] = {TG_E_TIMEOUT, TG_E_AGAIN};
  for (size_t i = 0; i < TG_COUNT(ops) * TG_COUNT(why); i++) {
    twin_bench_t bench;
    twin_bench_open(&bench, 8);
    tg_id_t device = twin_bench_online(&bench, "a", true);
    tg_id_t id = submit_with_retry(&bench, device, ops[i / 2]);
    twin_bench_pass(&bench, 1);
    finish(&bench, id, TG_COMMAND_FAILED, why[i % 2]);
    tg_twin_awake(bench.twin, device, UINT64_MAX);
    twin_bench_pass(&bench, 1);
    check_int(bench.done_count, 0);
    check_int(bench.start_count, 2);
    check_int(bench.started[1], id);
    tg_twin_offline(bench.twin, device, TG_EVENT_EXPIRED, tg_slice_str(""));
    check_int(bench.done_count, 0); /* it waits for the next registration */
    twin_bench_close(&bench);
  }
}

static void a_deadline_expires_what_waits_and_fails_what_was_sent(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t device = twin_bench_online(&bench, "a", false);
  twin_bench_submit(&bench, device, TG_OP_READ, "sent");
  twin_bench_pass(&bench, 1);
  tg_command_t soon = {.device = device, .op = TG_OP_READ, .timeout_s = 5, .tag = tg_slice_str("soon")};
  tg_id_t id;
  check_rc(tg_twin_submit(bench.twin, &soon, twin_bench_done, &bench, &id), TG_OK);
  twin_bench_pass(&bench, 5000);
  check_int(bench.last.state, TG_COMMAND_EXPIRED);
  check_rc(bench.last.rc, TG_E_EXPIRED);
  twin_bench_pass(&bench, 25000);
  check_int(bench.last.state, TG_COMMAND_FAILED);
  check_rc(bench.last.rc, TG_E_TIMEOUT);
  check_int(bench.cancel_count, 1);
  check_int(bench.done_count, 2);
  twin_bench_close(&bench);
}

static void a_queued_command_outlives_registrations_in_queue_mode_only(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t plain = twin_bench_online(&bench, "plain", false), queue = twin_bench_online(&bench, "queue", true);
  tg_twin_asleep(bench.twin, queue);
  twin_bench_submit(&bench, plain, TG_OP_READ, "plain1");
  twin_bench_pass(&bench, 1);
  twin_bench_submit(&bench, plain, TG_OP_READ, "plain2");
  twin_bench_submit(&bench, queue, TG_OP_READ, "queue1");
  tg_twin_offline(bench.twin, plain, TG_EVENT_EXPIRED, tg_slice_str(""));
  tg_twin_offline(bench.twin, queue, TG_EVENT_EXPIRED, tg_slice_str(""));
  check_int(bench.done_count, 2);
  check_rc(bench.last.rc, TG_E_GONE);
  check_int(bench.cancel_count, 1);
  twin_bench_submit(&bench, queue, TG_OP_READ, "queue2");
  tg_command_t refused = {.device = plain, .op = TG_OP_READ};
  tg_id_t id;
  check_rc(tg_twin_submit(bench.twin, &refused, twin_bench_done, &bench, &id), TG_E_GONE);
  twin_bench_online(&bench, "queue", true);
  twin_bench_pass(&bench, 1);
  check_int(bench.start_count, 2);
  twin_bench_close(&bench);
}

static void an_error_at_the_start_fails_the_command_but_not_inside_submit(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t device = twin_bench_online(&bench, "a", false);
  bench.start_rc = TG_E_DENIED;
  twin_bench_submit(&bench, device, TG_OP_READ, "1");
  twin_bench_submit(&bench, device, TG_OP_READ, "2");
  check_int(bench.done_count, 0);
  twin_bench_pass(&bench, 1);
  check_int(bench.done_count, 2);
  check_rc(bench.last.rc, TG_E_DENIED);
  bench.start_rc = TG_E_AGAIN;
  twin_bench_submit(&bench, device, TG_OP_READ, "3");
  twin_bench_pass(&bench, 1);
  check_int(bench.done_count, 2);
  check_int(tg_twin_find(bench.twin, device)->queued, 1);
  twin_bench_close(&bench);
}

static void cancelling_ends_a_command_wherever_it_is(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t device = twin_bench_online(&bench, "a", false);
  tg_id_t sent = twin_bench_submit(&bench, device, TG_OP_EXECUTE, "sent");
  twin_bench_pass(&bench, 1);
  tg_id_t waiting = twin_bench_submit(&bench, device, TG_OP_READ, "waiting");
  check_rc(tg_twin_cancel(bench.twin, waiting), TG_OK);
  check_int(bench.cancel_count, 0);
  check_rc(tg_twin_cancel(bench.twin, sent), TG_OK);
  check_int(bench.cancel_count, 1);
  check_int(bench.last.state, TG_COMMAND_CANCELLED);
  check_rc(tg_twin_cancel(bench.twin, sent), TG_E_GONE);
  finish(&bench, sent, TG_COMMAND_DONE, TG_OK);
  check_int(bench.done_count, 2);
  twin_bench_close(&bench);
}

static void freeing_the_twin_ends_every_command(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t device = twin_bench_online(&bench, "a", false);
  for (int i = 0; i < 3; i++) twin_bench_submit(&bench, device, TG_OP_READ, "x");
  twin_bench_pass(&bench, 1);
  twin_bench_close(&bench);
  check_int(bench.done_count, 3);
  check_int(bench.last.state, TG_COMMAND_CANCELLED);
}

static bool note_tag(void *ud, const tg_command_t *command, tg_command_state_t state) {
  char *text = ud;
  snprintf(text + strlen(text), 32, "%.*s=%s ", (int)command->tag.len, (const char *)command->tag.p,
           tg_event_state_name(state));
  return true;
}

static void the_queue_can_be_listed_in_the_order_in_which_it_goes(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t device = twin_bench_online(&bench, "a", false);
  twin_bench_submit(&bench, device, TG_OP_READ, "1");
  twin_bench_pass(&bench, 1);
  twin_bench_submit(&bench, device, TG_OP_READ, "2");
  char text[128] = "";
  tg_twin_commands(bench.twin, device, note_tag, text);
  assert_string_equal(text, "1=sent 2=waiting ");
  twin_bench_close(&bench);
}

static void bounds_and_bad_arguments_are_told(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t device = twin_bench_online(&bench, "a", true), id;
  tg_twin_asleep(bench.twin, device);
  tg_record_t outside = {.path = tg_path(3, 4, 0, 0), .value = {.type = TG_TYPE_INTEGER}};
  static char tag[66];
  memset(tag, 't', 65);
  tg_command_t bad[] = {
      {.device = device, .op = TG_OP_COUNT},
      {.device = device, .op = TG_OP_READ, .tag = tg_slice_str(tag)},
      {.device = device, .op = TG_OP_WRITE, .path = tg_path(2, 3, 0, 0), .records = &outside, .record_count = 1},
  };
  for (size_t i = 0; i < TG_COUNT(bad); i++) {
    check_rc(tg_twin_submit(bench.twin, &bad[i], twin_bench_done, &bench, &id), TG_E_ARG);
  }
  for (int i = 0; i < 100; i++) twin_bench_submit(&bench, device, TG_OP_READ, "x");
  tg_command_t more = {.device = device, .op = TG_OP_READ};
  check_rc(tg_twin_submit(bench.twin, &more, twin_bench_done, &bench, &id), TG_E_FULL);
  twin_bench_close(&bench);
  check_int(bench.done_count, 100);
}

static void a_command_keeps_its_own_copy_of_what_was_lent(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t device = twin_bench_online(&bench, "a", false), id;
  char text[] = "value", tag[] = "tag", args[] = "0='1'";
  tg_record_t record = {.path = tg_path(3, 3, 0, 1), .value = {.type = TG_TYPE_STRING, .s = tg_slice_str(text)}};
  tg_command_t command = {.device = device,
                          .op = TG_OP_WRITE,
                          .path = record.path,
                          .records = &record,
                          .record_count = 1,
                          .text = tg_slice_str(args),
                          .tag = tg_slice_str(tag)};
  check_rc(tg_twin_submit(bench.twin, &command, twin_bench_done, &bench, &id), TG_OK);
  memset(text, 'x', 5);
  memset(args, 'x', 5);
  memset(tag, 'x', 3);
  const tg_command_t *kept = tg_twin_command(bench.twin, id);
  check_slice(kept->records[0].value.s, "value");
  check_slice(kept->text, "0='1'");
  check_slice(kept->tag, "tag");
  twin_bench_close(&bench);
}

CHECK_SUITE(a_command_starts_in_the_next_turn_and_ends_once, one_runs_at_a_time_by_priority_then_order,
            a_sleeping_device_gets_its_commands_when_it_wakes, a_timeout_in_queue_mode_waits_for_the_next_wake_up,
            what_can_not_be_repeated_ends_when_it_was_sent,
            what_was_sent_when_its_registration_was_replaced_or_ended_is_unknown,
            what_its_asker_lets_repeat_goes_again_whatever_it_is, a_deadline_expires_what_waits_and_fails_what_was_sent,
            a_queued_command_outlives_registrations_in_queue_mode_only,
            an_error_at_the_start_fails_the_command_but_not_inside_submit, cancelling_ends_a_command_wherever_it_is,
            freeing_the_twin_ends_every_command, the_queue_can_be_listed_in_the_order_in_which_it_goes,
            bounds_and_bad_arguments_are_told, a_command_keeps_its_own_copy_of_what_was_lent)
