/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command queue: one command runs at a time per device, the others wait by priority, then order; each ends exactly once. What
 * was sent and can't be repeated without harm (execute, create, delete) is never sent again.
 *
 * Path: the command line | bindings/api/lua_command.c -> core/device/twin_command.c -> core/server/command.c | bindings/api/driver_device.c
 */

#include "core/device/twin_durable.h"
#include "core/device/twin_queue.h"

enum { TIMEOUT_S = 30, TIMEOUT_QUEUE_S = 7200 };

static bool has_ended(const tg_twin_command_t *command) {
  return command->state > TG_COMMAND_SENT;
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
                                  .owner = command->pub.owner,
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

static void end_command(tg_twin_command_t *command, const tg_command_result_t *result) {
  tg_twin_t *twin = command->twin;
  tg_twin_queue_del(command);
  tg_wheel_del(twin->config.wheel, &command->deadline);
  command->state = result->state;
  bool goes_on = twin->closing && command->row; /* at the next start */
  tg_twin_durable_end(command, goes_on);
  if (!goes_on) emit_state(command, result);
  if (command->device->queue) tg_twin_pump(twin, command->device);
  if (command->done) command->done(command->ud, &command->pub, result);
  tg_twin_queue_free(command);
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
  tg_twin_queue_del(command);
  tg_twin_durable_back(command);
  tg_twin_queue_add(command, true);
  move_to(command, TG_COMMAND_WAITING, why);
}

static void on_deadline(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_twin_command_t *command = ud;
  if (command->ends_as == TG_COMMAND_UNKNOWN) {
    end_with(command, TG_COMMAND_UNKNOWN, TG_E_UNKNOWN);
  } else if (command->ends_as == TG_COMMAND_FAILED) {
    end_with(command, TG_COMMAND_FAILED, TG_E_STORE);
  } else if (command->state == TG_COMMAND_SENT) {
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
  tg_twin_queue_del(command);
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

/* @return whether the next one waits for the disk */
static bool start_waiting(tg_twin_t *twin, tg_twin_device_t *device) {
  while (device->queue && !device->running && device->pub.online && device->pub.awake) {
    if (device->queue->ends_as) return false; /* a restored one: its end comes first, at once */
    if (!tg_twin_durable_is_ready(device->queue)) return true;
    if (!start_next(twin, device)) return false;
  }
  if (device->queue && !device->running && !device->queue->ends_as)
    tg_twin_durable_back(device->queue); /* it fell asleep meanwhile */
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
    bool held = start_waiting(twin, device);
    if (!tg_twin_device_of(twin, id)) continue;
    if (held) tg_twin_durable_hold(twin, device);
    else device->pumping = false;
  }
}

void tg_twin_command_init(tg_twin_t *twin) {
  twin->pump = (tg_timer_t){.fn = on_pump, .ud = twin};
  twin->on_deadline = on_deadline;
}

/* What a submit leaves when it can't fail any more. */
static void accept(tg_twin_t *twin, tg_twin_command_t *command, uint64_t timeout_s, bool waits) {
  tg_twin_device_t *device = command->device;
  tg_wheel_add(twin->config.wheel, &command->deadline, tg_wheel_now(twin->config.wheel) + timeout_s * 1000);
  tg_twin_queue_add(command, false);
  if (waits && !command->row) move_to(command, TG_COMMAND_WAITING, device->pub.awake ? TG_E_AGAIN : TG_E_ASLEEP);
  if (device->pub.awake && !device->running) tg_twin_pump(twin, device);
}

tg_rc_t tg_twin_submit(tg_twin_t *twin, const tg_command_t *from, tg_command_done_fn done, void *ud, tg_id_t *id) {
  tg_twin_device_t *device = tg_twin_device_of(twin, from->device);
  if (!device || twin->closing || (!device->pub.online && !device->pub.queue_mode)) return TG_E_GONE;
  tg_twin_command_t *replaced = tg_twin_queue_find_replaced(device, from);
  if (device->pub.queued >= TG_TWIN_QUEUE_MAX && !replaced) return TG_E_FULL;
  tg_twin_command_t *command;
  tg_rc_t rc = tg_twin_queue_make(device, twin, from, &command);
  if (rc != TG_OK) return rc;
  uint64_t timeout_s = from->timeout_s;
  if (timeout_s == 0) timeout_s = device->pub.queue_mode ? TIMEOUT_QUEUE_S : TIMEOUT_S;
  command->pub.deadline_ms = tg_twin_wall(twin) + (int64_t)timeout_s * 1000;
  bool waits = device->queue || device->running || !device->pub.awake;
  rc = tg_twin_durable_add(command, !waits);
  if (rc != TG_OK) {
    tg_twin_queue_free(command);
    return rc;
  }
  command->done = done;
  command->ud = ud;
  *id = command->pub.id;
  accept(twin, command, timeout_s, waits);
  if (replaced) end_with(replaced, TG_COMMAND_CANCELLED, TG_E_CANCELLED);
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
  if (result->rc == TG_E_AGAIN) return tg_twin_queue_is_repeatable(&command->pub);
  return result->rc == TG_E_TIMEOUT && queue_mode && tg_twin_queue_is_repeatable(&command->pub);
}

void tg_twin_finish(tg_twin_t *twin, tg_id_t id, const tg_command_result_t *result) {
  tg_twin_command_t *command = tg_pool_find(&twin->commands, id);
  if (!command || command->state != TG_COMMAND_SENT) return;
  tg_twin_device_t *device = command->device;
  if (result->rc == TG_E_ASLEEP || result->rc == TG_E_TIMEOUT) tg_twin_asleep(twin, device->pub.id);
  if (!goes_back(command, result)) {
    bool is_open = result->state == TG_COMMAND_FAILED && result->code == 0 && result->rc == TG_E_AGAIN;
    is_open = is_open && !tg_twin_queue_is_repeatable(&command->pub); /* its registration was replaced under it */
    if (is_open) end_with(command, TG_COMMAND_UNKNOWN, TG_E_UNKNOWN);
    else end_command(command, result);
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
  if (tg_twin_queue_is_repeatable(&command->pub)) back_to_queue(command, TG_E_AGAIN);
  else end_with(command, TG_COMMAND_UNKNOWN, TG_E_UNKNOWN);
}

void tg_twin_command_offline(tg_twin_t *twin, tg_twin_device_t *device, bool all) {
  tg_twin_command_release(twin, device);
  if (device->pub.queue_mode && !all) return;
  for (;;) { /* done() may change the queue: begin anew after each */
    tg_twin_command_t *command = device->queue;
    while (command && command->row && !all) command = command->next;
    if (!command) return;
    end_with(command, TG_COMMAND_FAILED, TG_E_GONE);
  }
}

void tg_twin_stop(tg_twin_t *twin) {
  twin->closing = true;
  for (uint32_t slot = 0; slot < tg_pool_slots(&twin->commands); slot++) {
    tg_twin_command_t *command = tg_pool_at(&twin->commands, slot, NULL);
    if (!command || has_ended(command)) continue;
    if (command->state == TG_COMMAND_WAITING && !command->ends_as) tg_twin_durable_back(command);
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
