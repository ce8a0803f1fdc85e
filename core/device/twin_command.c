/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command queue: one command runs at a time per device, the others wait by priority, then order; each ends exactly once. What
 * was sent and can't be repeated without harm (execute, create, delete) is never sent again.
 *
 * Path: the command line | bindings/api/lua_command.c -> core/device/twin_command.c -> core/server/command.c | bindings/api/driver_device.c
 */

#include "core/base/alloc.h"
#include "core/device/twin.h"
#include "core/event/record_copy.h"

enum { QUEUE_MAX = 100, TAG_MAX = 64, TEXT_MAX = 4096, RECORDS_MAX = 1024, BYTES_MAX = 262144 };
enum { TIMEOUT_S = 30, TIMEOUT_QUEUE_S = 7200 };

static bool has_ended(const tg_twin_command_t *command) {
  return command->state > TG_COMMAND_SENT;
}

static bool is_repeatable(tg_op_t op) {
  return op != TG_OP_EXECUTE && op != TG_OP_CREATE && op != TG_OP_DELETE;
}

static void emit_state(const tg_twin_command_t *command, const tg_command_result_t *result) {
  tg_event_t event = {.type = TG_EVENT_COMMAND,
                      .command = {.id = command->pub.id,
                                  .state = command->state,
                                  .rc = result->rc,
                                  .code = result->code,
                                  .op = (uint8_t)command->pub.op,
                                  .path = command->pub.path,
                                  .tag = command->pub.tag,
                                  .items = result->records,
                                  .count = result->record_count,
                                  .text = result->text}};
  tg_twin_emit_or_log(command->twin, command->device, &event);
}

/* @p why: TG_OK, or what put the command back into the queue. */
static void move_to(tg_twin_command_t *command, tg_command_state_t state, tg_rc_t why) {
  command->state = state;
  tg_command_result_t result = {.rc = why};
  emit_state(command, &result);
}

/* Takes the command out of wherever it stands. */
static void unlink_command(tg_twin_command_t *command) {
  tg_twin_device_t *device = command->device;
  if (device->running == command) {
    device->running = NULL;
    device->pub.active = 0;
    return;
  }
  for (tg_twin_command_t **at = &device->queue; *at; at = &(*at)->next) {
    if (*at != command) continue;
    *at = command->next;
    device->pub.queued--;
    return;
  }
}

/* Behind all of its priority, or in front of them. */
static void enqueue(tg_twin_command_t *command, bool in_front) {
  tg_twin_command_t **at = &command->device->queue;
  uint8_t priority = command->pub.priority;
  while (*at && ((*at)->pub.priority > priority || (!in_front && (*at)->pub.priority == priority))) at = &(*at)->next;
  command->next = *at;
  *at = command;
  command->device->pub.queued++;
}

static void end_command(tg_twin_command_t *command, const tg_command_result_t *result) {
  tg_twin_t *twin = command->twin;
  unlink_command(command);
  tg_wheel_del(twin->config.wheel, &command->deadline);
  command->state = result->state;
  emit_state(command, result);
  if (command->device->queue) tg_twin_pump(twin, command->device);
  if (command->done) command->done(command->ud, &command->pub, result);
  tg_alloc_free(command->block);
  tg_pool_give(&twin->commands, command->pub.id);
}

static void end_with(tg_twin_command_t *command, tg_command_state_t state, tg_rc_t rc) {
  tg_command_result_t result = {.state = state, .rc = rc};
  end_command(command, &result);
}

static void stop_at_backend(tg_twin_command_t *command) {
  const tg_device_t *device = &command->device->pub;
  if (command->device->running == command) device->backend->cancel(device->backend_ud, device, command->pub.id);
}

static void back_to_queue(tg_twin_command_t *command, tg_rc_t why) {
  unlink_command(command);
  enqueue(command, true);
  move_to(command, TG_COMMAND_WAITING, why);
}

static void on_deadline(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_twin_command_t *command = ud;
  if (command->state == TG_COMMAND_SENT) {
    stop_at_backend(command);
    end_with(command, TG_COMMAND_FAILED, TG_E_TIMEOUT);
  } else {
    end_with(command, TG_COMMAND_EXPIRED, TG_E_EXPIRED);
  }
}

/* The backend may finish the command inside start(). @return whether the next one may go. */
static bool start_next(tg_twin_t *twin, tg_twin_device_t *device) {
  tg_twin_command_t *command = device->queue;
  tg_id_t id = command->pub.id;
  unlink_command(command);
  device->running = command;
  device->pub.active = 1;
  command->state = TG_COMMAND_SENT;
  tg_rc_t rc = device->pub.backend->start(device->pub.backend_ud, &device->pub, &command->pub);
  if (tg_pool_find(&twin->commands, id) != command) return true; /* it ended */
  if (device->running != command) return false;                  /* it went back */
  if (rc == TG_OK) {
    move_to(command, TG_COMMAND_SENT, TG_OK);
    return true;
  }
  if (rc != TG_E_AGAIN && rc != TG_E_ASLEEP) {
    end_with(command, TG_COMMAND_FAILED, rc);
    return true;
  }
  back_to_queue(command, rc);
  if (rc == TG_E_ASLEEP) tg_twin_asleep(twin, device->pub.id);
  return false;
}

static void on_pump(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_twin_t *twin = ud;
  tg_twin_device_t *device = twin->pump_first, *in_order = NULL;
  twin->pump_first = NULL;
  while (device) { /* the list is a stack */
    tg_twin_device_t *next = device->pump_next;
    device->pump_next = in_order;
    in_order = device;
    device = next;
  }
  while (in_order) {
    device = in_order;
    in_order = device->pump_next;
    tg_id_t id = device->pub.id;
    while (device->queue && !device->running && device->pub.online && device->pub.awake) {
      if (!start_next(twin, device)) break;
    }
    if (tg_twin_device_of(twin, id)) device->pumping = false;
  }
}

void tg_twin_command_init(tg_twin_t *twin) {
  twin->pump = (tg_timer_t){.fn = on_pump, .ud = twin};
}

static tg_rc_t check_command(const tg_command_t *command, size_t *bytes) {
  if ((unsigned)command->op >= TG_OP_COUNT || command->tag.len > TAG_MAX) return TG_E_ARG;
  if (command->text.len > TEXT_MAX || command->record_count > RECORDS_MAX) return TG_E_ARG;
  for (size_t i = 0; i < command->record_count; i++) {
    if (!tg_path_covers(&command->path, &command->records[i].path)) return TG_E_ARG;
  }
  *bytes = tg_record_copy_size(command->records, command->record_count) + command->tag.len + command->text.len;
  return *bytes <= BYTES_MAX ? TG_OK : TG_E_TOO_LONG;
}

/* Records, tag and text move into one block of the command's own. */
static bool own_content(tg_twin_command_t *command, size_t bytes) {
  if (bytes == 0) return true;
  tg_command_t *pub = &command->pub;
  uint8_t *at = command->block = tg_alloc(bytes);
  if (!at) return false;
  size_t size = tg_record_copy_size(pub->records, pub->record_count);
  pub->records = tg_record_copy(pub->records, pub->record_count, at);
  at += size;
  if (pub->tag.len) memcpy(at, pub->tag.p, pub->tag.len);
  pub->tag = tg_slice(at, pub->tag.len);
  at += pub->tag.len;
  if (pub->text.len) memcpy(at, pub->text.p, pub->text.len);
  pub->text = tg_slice(at, pub->text.len);
  return true;
}

static tg_rc_t make_command(tg_twin_t *twin, const tg_command_t *from, size_t bytes, tg_twin_command_t **made) {
  tg_id_t id;
  tg_twin_command_t *command = tg_pool_take(&twin->commands, &id);
  if (!command) return TG_E_FULL;
  command->pub = *from;
  command->pub.id = id;
  if (!own_content(command, bytes)) {
    tg_pool_give(&twin->commands, id);
    return TG_E_NOMEM;
  }
  command->twin = twin;
  command->state = TG_COMMAND_WAITING;
  command->deadline = (tg_timer_t){.fn = on_deadline, .ud = command};
  *made = command;
  return TG_OK;
}

tg_rc_t tg_twin_submit(tg_twin_t *twin, const tg_command_t *from, tg_command_done_fn done, void *ud, tg_id_t *id) {
  tg_twin_device_t *device = tg_twin_device_of(twin, from->device);
  if (!device || twin->closing || (!device->pub.online && !device->pub.queue_mode)) return TG_E_GONE;
  if (device->pub.queued >= QUEUE_MAX) return TG_E_FULL;
  size_t bytes;
  tg_rc_t rc = check_command(from, &bytes);
  if (rc != TG_OK) return rc;
  tg_twin_command_t *command;
  rc = make_command(twin, from, bytes, &command);
  if (rc != TG_OK) return rc;
  command->device = device;
  command->done = done;
  command->ud = ud;
  uint64_t timeout_s = from->timeout_s;
  if (timeout_s == 0) timeout_s = device->pub.queue_mode ? TIMEOUT_QUEUE_S : TIMEOUT_S;
  tg_wheel_add(twin->config.wheel, &command->deadline, tg_wheel_now(twin->config.wheel) + timeout_s * 1000);
  bool waits = device->queue || device->running || !device->pub.awake;
  enqueue(command, false);
  if (waits) move_to(command, TG_COMMAND_WAITING, device->pub.awake ? TG_E_AGAIN : TG_E_ASLEEP);
  if (device->pub.awake && !device->running) tg_twin_pump(twin, device);
  *id = command->pub.id;
  return TG_OK;
}

tg_rc_t tg_twin_cancel(tg_twin_t *twin, tg_id_t id) {
  tg_twin_command_t *command = tg_pool_find(&twin->commands, id);
  if (!command || has_ended(command)) return TG_E_GONE;
  stop_at_backend(command);
  end_with(command, TG_COMMAND_CANCELLED, TG_E_CANCELLED);
  return TG_OK;
}

static bool goes_back(const tg_twin_command_t *command, const tg_command_result_t *result) {
  if (result->state != TG_COMMAND_FAILED || result->code != 0) return false;
  bool queue_mode = command->device->pub.queue_mode;
  if (result->rc == TG_E_ASLEEP) return queue_mode; /* never left: any operation */
  if (result->rc == TG_E_AGAIN) return is_repeatable(command->pub.op);
  return result->rc == TG_E_TIMEOUT && queue_mode && is_repeatable(command->pub.op);
}

void tg_twin_finish(tg_twin_t *twin, tg_id_t id, const tg_command_result_t *result) {
  tg_twin_command_t *command = tg_pool_find(&twin->commands, id);
  if (!command || command->state != TG_COMMAND_SENT) return;
  tg_twin_device_t *device = command->device;
  if (result->rc == TG_E_ASLEEP || result->rc == TG_E_TIMEOUT) tg_twin_asleep(twin, device->pub.id);
  if (!goes_back(command, result)) {
    end_command(command, result);
    return;
  }
  back_to_queue(command, result->rc);
  if (device->pub.awake) tg_twin_pump(twin, device);
}

void tg_twin_command_release(tg_twin_t *twin, tg_twin_device_t *device) {
  (void)twin;
  tg_twin_command_t *command = device->running;
  if (!command) return;
  stop_at_backend(command);
  if (is_repeatable(command->pub.op)) back_to_queue(command, TG_E_AGAIN);
  else end_with(command, TG_COMMAND_FAILED, TG_E_GONE);
}

void tg_twin_command_offline(tg_twin_t *twin, tg_twin_device_t *device, bool all) {
  tg_twin_command_release(twin, device);
  if (device->pub.queue_mode && !all) return;
  while (device->queue) end_with(device->queue, TG_COMMAND_FAILED, TG_E_GONE);
}

void tg_twin_command_end_all(tg_twin_t *twin) {
  twin->closing = true;
  for (uint32_t slot = 0; slot < tg_pool_slots(&twin->commands); slot++) {
    tg_twin_command_t *command = tg_pool_at(&twin->commands, slot, NULL);
    if (!command || has_ended(command)) continue;
    stop_at_backend(command);
    end_with(command, TG_COMMAND_CANCELLED, TG_E_CANCELLED);
  }
}

const tg_command_t *tg_twin_command(const tg_twin_t *twin, tg_id_t id) {
  const tg_twin_command_t *command = tg_pool_find(&twin->commands, id);
  return command && !has_ended(command) ? &command->pub : NULL;
}

void tg_twin_commands(const tg_twin_t *twin, tg_id_t id,
                      bool (*fn)(void *ud, const tg_command_t *command, tg_command_state_t state), void *ud) {
  const tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (!device) return;
  if (device->running && !fn(ud, &device->running->pub, device->running->state)) return;
  for (const tg_twin_command_t *command = device->queue; command; command = command->next) {
    if (!fn(ud, &command->pub, command->state)) return;
  }
}
