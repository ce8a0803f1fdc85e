/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/device under twin_command.c and twin_restore.c, over journal.c: see twin_durable.h. */

#include "core/device/twin_durable.h"

#include "core/base/crash.h"
#include "core/device/journal.h"
#include "core/device/twin_queue.h"

enum { RETRY_MS = 1000 };

static tg_rc_t write_row(tg_twin_command_t *command, bool marked) {
  tg_store_t *store = command->twin->config.store;
  const tg_journal_row_t row = {.ep = tg_slice_str(command->device->pub.ep), .sent = marked, .command = command->pub};
  TG_CRASH_PASS(COMMAND_ROW_BEFORE);
  tg_rc_t rc = tg_journal_put(store, command->row, &row);
  if (rc != TG_OK) return rc;
  TG_CRASH_PASS(COMMAND_ROW_AFTER);
  command->marked = marked;
  command->ticket = tg_store_ticket(store);
  return TG_OK;
}

static void give_row(tg_twin_command_t *command, uint64_t number) {
  command->row = number;
  command->device->journaled++;
}

static void fresh_add(tg_twin_command_t *command, bool waits) {
  tg_twin_t *twin = command->twin;
  command->fresh = true;
  command->fresh_ticket = command->ticket;
  command->tells_waiting = waits;
  if (twin->fresh_last) twin->fresh_last->fresh_next = command;
  else twin->fresh_first = command;
  twin->fresh_last = command;
}

/* The list is as long as what comes between two commits. */
static void fresh_del(tg_twin_command_t *command) {
  tg_twin_t *twin = command->twin;
  tg_twin_command_t *before = NULL;
  for (tg_twin_command_t *at = twin->fresh_first; at != command; at = at->fresh_next) before = at;
  if (before) before->fresh_next = command->fresh_next;
  else twin->fresh_first = command->fresh_next;
  if (twin->fresh_last == command) twin->fresh_last = before;
  command->fresh = false;
  command->fresh_next = NULL;
}

tg_rc_t tg_twin_durable_add(tg_twin_command_t *command, bool may_go) {
  tg_twin_t *twin = command->twin;
  if (!command->pub.durable || !twin->config.store) return TG_OK;
  command->row = twin->next_row + 1;
  tg_rc_t rc = write_row(command, may_go && !tg_twin_op_is_repeatable(&command->pub));
  if (rc != TG_OK) {
    command->row = 0;
    return rc;
  }
  give_row(command, ++twin->next_row);
  fresh_add(command, !may_go);
  return TG_OK;
}

void tg_twin_durable_adopt(tg_twin_command_t *command, uint64_t number, bool marked) {
  command->marked = marked;
  give_row(command, number);
}

void tg_twin_durable_end(tg_twin_command_t *command, bool keep) {
  if (!command->row) return;
  if (command->fresh) fresh_del(command);
  command->device->journaled--;
  if (keep) return;
  TG_CRASH_PASS(COMMAND_END_BEFORE);
  tg_journal_del(command->twin->config.store, command->row);
  TG_CRASH_PASS(COMMAND_END_AFTER);
}

static void release_held(tg_twin_t *twin) {
  tg_twin_device_t *device = twin->held_first;
  twin->held_first = NULL;
  while (device) {
    tg_twin_device_t *next = device->pump_next;
    device->pumping = false;
    tg_twin_pump(twin, device);
    device = next;
  }
}

static void on_retry(tg_timer_t *timer, void *ud) {
  (void)timer;
  release_held(ud);
}

static void retry_later(tg_twin_t *twin) {
  twin->retry = (tg_timer_t){.fn = on_retry, .ud = twin};
  tg_wheel_add(twin->config.wheel, &twin->retry, tg_wheel_now(twin->config.wheel) + RETRY_MS);
}

bool tg_twin_durable_is_ready(tg_twin_command_t *command) {
  tg_twin_t *twin = command->twin;
  if (!command->row) return true;
  bool is_lost = command->ticket > twin->committed && command->ticket <= twin->failed;
  bool marks = !tg_twin_op_is_repeatable(&command->pub);
  if (is_lost || (marks && !command->marked)) {
    bool is_late = write_row(command, marks) != TG_OK;
    if (is_late && !tg_timer_active(&twin->retry)) retry_later(twin);
    if (is_late) return false;
  }
  return command->ticket <= twin->committed;
}

void tg_twin_durable_back(tg_twin_command_t *command) {
  if (!command->row || !command->marked) return;
  tg_rc_t rc = write_row(command, false);
  if (rc != TG_OK) tg_log("device", TG_LOG_WARN, "command_row_stays rc=%s", tg_rc_name(rc));
}

void tg_twin_durable_hold(tg_twin_t *twin, tg_twin_device_t *device) {
  device->pump_next = twin->held_first;
  twin->held_first = device;
}

static void tell(const tg_twin_command_t *command, tg_command_state_t state, tg_rc_t why) {
  tg_event_t event = {.type = TG_EVENT_COMMAND,
                      .command = {.id = command->pub.id,
                                  .state = state,
                                  .rc = why,
                                  .op = (uint8_t)command->pub.op,
                                  .path = command->pub.path,
                                  .tag = command->pub.tag,
                                  .owner = command->pub.owner}};
  tg_twin_emit_or_log(command->twin, command->device, &event);
}

/* Whoever asked need not keep it any more. */
static void accept(tg_twin_command_t *command) {
  tell(command, TG_COMMAND_ACCEPTED, TG_OK);
  if (command->tells_waiting && command->state == TG_COMMAND_WAITING)
    tell(command, TG_COMMAND_WAITING, command->device->pub.awake ? TG_E_AGAIN : TG_E_ASLEEP);
}

/* Whoever asked still has it, and is told; its end is left to the timer. */
static void refuse(tg_twin_command_t *command) {
  tg_wheel_t *wheel = command->twin->config.wheel;
  command->ends_as = TG_COMMAND_FAILED;
  tg_wheel_add(wheel, &command->deadline, tg_wheel_now(wheel));
}

static void settle_fresh(tg_twin_t *twin, uint64_t ticket, tg_rc_t rc) {
  while (twin->fresh_first && twin->fresh_first->fresh_ticket <= ticket) {
    tg_twin_command_t *command = twin->fresh_first;
    fresh_del(command);
    if (rc == TG_OK) accept(command);
    else refuse(command);
  }
}

void tg_twin_committed(tg_twin_t *twin, uint64_t ticket, tg_rc_t rc) {
  if (rc == TG_OK) twin->committed = ticket;
  else twin->failed = ticket;
  settle_fresh(twin, ticket, rc);
  if (rc == TG_OK) release_held(twin);
  else if (!tg_timer_active(&twin->retry)) retry_later(twin);
}
