/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command queue: one command runs at a time per device, and one with a body beside it; the others wait by priority, then order;
 * each ends exactly once. What was sent and can't be repeated without harm (execute, create, delete) is never sent again; of a body
 * that was on its way only its asker knows whether it is still wanted.
 *
 * Path: the command line | bindings/api/lua_command.c -> core/device/twin_command.c -> core/server/command.c | bindings/api/driver_device.c
 */

#include "core/base/crash.h"
#include "core/device/twin_durable.h"
#include "core/device/twin_queue.h"

enum { TIMEOUT_S = 30, TIMEOUT_QUEUE_S = 7200, TIMEOUT_BODY_S = 7200 };

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

/* A done() that submits may have been called from within the very turn that will not come to it any more. */
static void pump(tg_twin_t *twin, tg_twin_device_t *device) {
  device->pump_again = true;
  tg_twin_pump(twin, device);
}

static void end_command(tg_twin_command_t *command, const tg_command_result_t *result) {
  tg_twin_t *twin = command->twin;
  tg_twin_queue_del(command);
  tg_wheel_del(twin->config.wheel, &command->deadline);
  command->state = result->state;
  bool goes_on = twin->closing && command->row; /* at the next start */
  tg_twin_durable_end(command, goes_on);
  if (!goes_on) emit_state(command, result);
  if (command->device->queue) pump(twin, command->device);
  if (command->done) command->done(command->ud, &command->pub, result);
  tg_twin_queue_free(command);
}

static void end_with(tg_twin_command_t *command, tg_command_state_t state, tg_rc_t rc) {
  tg_command_result_t result = {.state = state, .rc = rc};
  end_command(command, &result);
}

static void stop_at_backend(tg_twin_command_t *command) {
  const tg_device_t *device = &command->device->pub;
  if (*tg_twin_queue_place(command) == command) device->backend->cancel(device->backend_ud, device, command->pub.id);
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
static bool start_next(tg_twin_t *twin, tg_twin_command_t *command) {
  tg_twin_device_t *device = command->device;
  tg_id_t id = command->pub.id;
  tg_twin_queue_start(command);
  command->state = TG_COMMAND_SENT;
  tg_rc_t rc = device->pub.backend->start(device->pub.backend_ud, &device->pub, &command->pub);
  if (tg_pool_find(&twin->commands, id) != command) return true; /* it ended */
  if (*tg_twin_queue_place(command) != command) return false;    /* it went back */
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

static bool listens(const tg_twin_device_t *device) {
  return device->pub.online && device->pub.awake;
}

/* Those with a body: never durable, so there is no disk to wait for. */
static void start_bulk(tg_twin_t *twin, tg_twin_device_t *device) {
  tg_twin_command_t *command;
  while (!device->bulk && listens(device) && (command = tg_twin_queue_first(device, true))) {
    if (!start_next(twin, command)) return;
  }
}

/* @return whether the next one waits for the disk */
static bool start_waiting(tg_twin_t *twin, tg_twin_device_t *device) {
  tg_twin_command_t *command;
  while ((command = tg_twin_queue_first(device, false)) && !device->running && listens(device)) {
    if (command->ends_as) return false; /* a restored one: its end comes first, at once */
    if (!tg_twin_durable_is_ready(command)) return true;
    TG_CRASH_PASS(COMMAND_SEND_BEFORE);
    bool goes_on = start_next(twin, command);
    TG_CRASH_PASS(COMMAND_SEND_AFTER);
    if (!goes_on) return false;
  }
  if (command && !device->running && !command->ends_as) tg_twin_durable_back(command); /* it fell asleep meanwhile */
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
    device->pump_again = false;
    start_bulk(twin, device);
    bool held = tg_twin_device_of(twin, id) && start_waiting(twin, device);
    if (!tg_twin_device_of(twin, id)) continue;
    device->pumping = held;
    if (held) tg_twin_durable_hold(twin, device);
    else if (device->pump_again) tg_twin_pump(twin, device);
  }
}

void tg_twin_command_init(tg_twin_t *twin) {
  twin->pump = (tg_timer_t){.fn = on_pump, .ud = twin};
  twin->on_deadline = on_deadline;
}

static void set_deadline(tg_twin_command_t *command) {
  tg_wheel_t *wheel = command->twin->config.wheel;
  command->pub.deadline_ms = tg_wheel_unix(wheel) + (int64_t)command->timeout_ms;
  tg_wheel_add(wheel, &command->deadline, tg_wheel_now(wheel) + command->timeout_ms);
}

/* What a submit leaves when it can't fail any more. */
static void accept(tg_twin_command_t *command, bool waits) {
  tg_twin_device_t *device = command->device;
  set_deadline(command);
  tg_twin_queue_add(command, false);
  if (waits && !command->row) move_to(command, TG_COMMAND_WAITING, device->pub.awake ? TG_E_AGAIN : TG_E_ASLEEP);
  if (device->pub.awake && !*tg_twin_queue_place(command)) pump(command->twin, device);
}

/* In milliseconds. */
static uint64_t timeout_of(const tg_twin_command_t *command) {
  uint64_t timeout_s = command->pub.timeout_s;
  if (timeout_s == 0) timeout_s = command->device->pub.queue_mode ? TIMEOUT_QUEUE_S : TIMEOUT_S;
  if (command->pub.timeout_s == 0 && tg_twin_queue_is_bulk(command)) timeout_s = TIMEOUT_BODY_S;
  return timeout_s * 1000;
}

tg_rc_t tg_twin_submit(tg_twin_t *twin, const tg_command_t *from, tg_command_done_fn done, void *ud, tg_id_t *id) {
  tg_twin_device_t *device = tg_twin_device_of(twin, from->device);
  if (!device || twin->closing || (!device->pub.online && !device->pub.queue_mode)) return TG_E_GONE;
  tg_twin_command_t *replaced = tg_twin_queue_find_replaced(device, from);
  if (device->pub.queued >= TG_DEVICE_COMMANDS_MAX && !replaced) {
    twin->refused.commands++;
    return TG_E_FULL;
  }
  tg_twin_command_t *command;
  tg_rc_t rc = tg_twin_queue_make(device, twin, from, &command);
  if (rc != TG_OK) return rc;
  command->timeout_ms = timeout_of(command);
  command->pub.deadline_ms = tg_wheel_unix(twin->config.wheel) + (int64_t)command->timeout_ms; /* the row has it */
  bool waits = tg_twin_queue_first(device, tg_twin_queue_is_bulk(command)) || *tg_twin_queue_place(command) ||
               !device->pub.awake;
  rc = tg_twin_durable_add(command, !waits);
  if (rc != TG_OK) {
    tg_twin_queue_free(command);
    return rc;
  }
  command->done = done;
  command->ud = ud;
  *id = command->pub.id;
  accept(command, waits);
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
  if (result->state != TG_COMMAND_FAILED || result->code != 0 || tg_twin_queue_is_bulk(command)) return false;
  bool queue_mode = command->device->pub.queue_mode;
  if (result->rc == TG_E_ASLEEP) return queue_mode; /* never left: any operation */
  if (result->rc == TG_E_AGAIN) return result->unsent || tg_twin_op_is_repeatable(&command->pub);
  return result->rc == TG_E_TIMEOUT && queue_mode && tg_twin_op_is_repeatable(&command->pub);
}

void tg_twin_finish(tg_twin_t *twin, tg_id_t id, const tg_command_result_t *result) {
  tg_twin_command_t *command = tg_pool_find(&twin->commands, id);
  if (!command || command->state != TG_COMMAND_SENT) return;
  tg_twin_device_t *device = command->device;
  if (result->rc == TG_E_ASLEEP || result->rc == TG_E_TIMEOUT) tg_twin_asleep(twin, device->pub.id);
  if (!goes_back(command, result)) {
    /* Its registration was replaced under it, or it went where the device is no longer. */
    bool is_lost = result->state == TG_COMMAND_FAILED && result->code == 0 && result->rc == TG_E_AGAIN;
    if (is_lost && !tg_twin_op_is_repeatable(&command->pub)) end_with(command, TG_COMMAND_UNKNOWN, TG_E_UNKNOWN);
    else end_command(command, result);
    return;
  }
  back_to_queue(command, result->rc);
  if (device->pub.awake) tg_twin_pump(twin, device);
}

void tg_twin_progress(tg_twin_t *twin, tg_id_t id, uint64_t sent) {
  tg_twin_command_t *command = tg_pool_find(&twin->commands, id);
  if (!command || command->state != TG_COMMAND_SENT || !tg_twin_queue_is_bulk(command)) return;
  set_deadline(command);
  if (command->pub.progress) command->pub.progress(command->ud, &command->pub, sent);
}

/* done() of the first may have to do with the second: each is looked at when it is its turn. */
void tg_twin_command_release(tg_twin_t *twin, tg_twin_device_t *device) {
  (void)twin;
  tg_twin_command_t *command = device->running;
  if (command) {
    stop_at_backend(command);
    if (tg_twin_op_is_repeatable(&command->pub)) back_to_queue(command, TG_E_AGAIN);
    else end_with(command, TG_COMMAND_UNKNOWN, TG_E_UNKNOWN);
  }
  command = device->bulk;
  if (!command) return;
  stop_at_backend(command);
  end_with(command, TG_COMMAND_FAILED, TG_E_AGAIN);
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
  if (device->bulk && !fn(ud, &device->bulk->pub, device->bulk->state)) return;
  for (const tg_twin_command_t *command = device->queue; command; command = command->next) {
    if (!fn(ud, &command->pub, command->state)) return;
  }
}
