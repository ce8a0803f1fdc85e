/* SPDX-License-Identifier: Apache-2.0 */
/* The start: durable commands of an earlier process come back to their devices; called by core/gateway. See device.h. */

#include "core/device/journal.h"
#include "core/device/twin_durable.h"
#include "core/device/twin_queue.h"

/* Ends are told as events, whose ring is bounded: so many in a millisecond. */
enum { ENDS_A_MS = 4 };
#define UNREAD_MAX (UINT64_C(1) << 32)

typedef struct restore {
  tg_twin_t *twin;
  int64_t now_ms; /* Unix time */
  size_t ending;
} restore_t;

static tg_command_state_t ends_as(const restore_t *restore, const tg_journal_row_t *row) {
  if (row->sent && !tg_twin_op_is_repeatable(&row->command)) return TG_COMMAND_UNKNOWN;
  return row->command.deadline_ms <= restore->now_ms ? TG_COMMAND_EXPIRED : TG_COMMAND_WAITING;
}

/* The loop hasn't run yet, so ends are left to the timer. */
static void arm(restore_t *restore, tg_twin_command_t *command) {
  tg_wheel_t *wheel = restore->twin->config.wheel;
  uint64_t wait_ms = (uint64_t)command->pub.deadline_ms - (uint64_t)restore->now_ms;
  if (command->ends_as) wait_ms = restore->ending++ / ENDS_A_MS;
  tg_wheel_add(wheel, &command->deadline, tg_wheel_now(wheel) + wait_ms);
}

static tg_rc_t on_row(void *ud, uint64_t number, const tg_journal_row_t *row) {
  restore_t *restore = ud;
  tg_twin_t *twin = restore->twin;
  tg_twin_device_t *device;
  tg_twin_command_t *command;
  tg_rc_t rc = tg_twin_place(twin, row->ep, &device);
  if (rc == TG_OK && device->pub.queued > TG_DEVICE_COMMANDS_MAX) rc = TG_E_FULL; /* one of them was running */
  if (rc == TG_OK) rc = tg_twin_queue_make(device, twin, &row->command, &command);
  if (rc != TG_OK) return rc;
  command->ends_as = ends_as(restore, row);
  tg_twin_durable_adopt(command, number, row->sent);
  tg_twin_queue_add(command, false);
  arm(restore, command);
  if (device->pub.online && device->pub.awake) tg_twin_pump(twin, device);
  return TG_OK;
}

/* Of a device that is not known the row is of no use any more. */
static bool on_window(void *ud, tg_slice_t key, tg_slice_t value) {
  tg_twin_t *twin = ud;
  const tg_device_t *known = tg_twin_find_ep(twin, key);
  tg_twin_device_t *device = known ? tg_twin_device_of(twin, known->id) : NULL;
  tg_rc_t rc = device ? tg_twin_wake_restore(twin, device, value) : TG_E_GONE;
  if (rc != TG_OK && rc != TG_E_NOMEM) rc = tg_store_del(twin->config.store, TG_TWIN_WAKE_BUCKET, key);
  if (rc != TG_OK) tg_log("device", TG_LOG_WARN, "window_not_restored rc=%s", tg_rc_name(rc));
  return true;
}

tg_rc_t tg_twin_restore(tg_twin_t *twin, size_t *count) {
  *count = 0;
  if (!twin->config.store) return TG_OK;
  restore_t restore = {.twin = twin, .now_ms = tg_wheel_unix(twin->config.wheel)};
  tg_journal_found_t found;
  tg_rc_t rc = tg_journal_each(twin->config.store, on_row, &restore, &found);
  twin->next_row = found.highest;
  if (rc != TG_OK) twin->next_row += UNREAD_MAX; /* behind what could not be read */
  *count = found.rows - found.left_out;
  if (rc == TG_OK) rc = tg_store_each(twin->config.store, TG_TWIN_WAKE_BUCKET, on_window, twin);
  return rc;
}
