/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/device under twin_command.c and twin_restore.c, over journal.c: see twin_durable.h. */

#include "core/device/twin_durable.h"

#include "core/device/journal.h"
#include "core/device/twin_queue.h"

enum { RETRY_MS = 1000 };

static tg_rc_t write_row(tg_twin_command_t *command, bool marked) {
  tg_store_t *store = command->twin->config.store;
  const tg_journal_row_t row = {.ep = tg_slice_str(command->device->pub.ep), .sent = marked, .command = command->pub};
  tg_rc_t rc = tg_journal_put(store, command->row, &row);
  if (rc != TG_OK) return rc;
  command->marked = marked;
  command->ticket = tg_store_ticket(store);
  return TG_OK;
}

static void give_row(tg_twin_command_t *command, uint64_t number) {
  command->row = number;
  command->device->journaled++;
}

tg_rc_t tg_twin_durable_add(tg_twin_command_t *command, bool may_go) {
  tg_twin_t *twin = command->twin;
  if (!command->pub.durable || !twin->config.store) return TG_OK;
  command->row = twin->next_row + 1;
  tg_rc_t rc = write_row(command, may_go && !tg_twin_queue_is_repeatable(command->pub.op));
  if (rc != TG_OK) {
    command->row = 0;
    return rc;
  }
  give_row(command, ++twin->next_row);
  return TG_OK;
}

void tg_twin_durable_adopt(tg_twin_command_t *command, uint64_t number, bool marked) {
  command->marked = marked;
  give_row(command, number);
}

void tg_twin_durable_end(tg_twin_command_t *command, bool keep) {
  if (!command->row) return;
  command->device->journaled--;
  if (!keep) tg_journal_del(command->twin->config.store, command->row);
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
  bool marks = !tg_twin_queue_is_repeatable(command->pub.op);
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

void tg_twin_committed(tg_twin_t *twin, uint64_t ticket, tg_rc_t rc) {
  if (rc == TG_OK) twin->committed = ticket;
  else twin->failed = ticket;
  if (rc == TG_OK) release_held(twin);
  else if (!tg_timer_active(&twin->retry)) retry_later(twin);
}
