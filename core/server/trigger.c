/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/server: see trigger.h. Called by command.c and by Lua, topics and the command line, so that all of them mean the same. */

#include "core/server/trigger.h"

#include <stdio.h>
#include <string.h>

enum { ACCOUNT = 1, MOVE_WINDOW_MS = 10 * 60 * 1000 };
enum {
  RES_DISABLE = 4,
  RES_DISABLE_TIMEOUT = 5,
  RES_TRIGGER = 8,
  RES_BOOTSTRAP = 9,
  RES_PREFERRED = 22,
  RES_MUTE = 23
};
static const char letters[] = "UTSNMH";

/* In the order of tg_trigger_kind_t. */
static const struct {
  const char *name;
  uint16_t resource;
  tg_op_t op;
  tg_version_t since;
} kinds[TG_TRIGGER_COUNT] = {
    [TG_TRIGGER_UPDATE] = {"trigger", RES_TRIGGER, TG_OP_EXECUTE, TG_VERSION_1_0},
    [TG_TRIGGER_DISABLE] = {"disable", RES_DISABLE, TG_OP_EXECUTE, TG_VERSION_1_0},
    [TG_TRIGGER_BOOTSTRAP] = {"bootstrap", RES_BOOTSTRAP, TG_OP_EXECUTE, TG_VERSION_1_1},
    [TG_TRIGGER_PREFER] = {"prefer", RES_PREFERRED, TG_OP_WRITE, TG_VERSION_1_1},
    [TG_TRIGGER_MUTE] = {"mute", RES_MUTE, TG_OP_WRITE, TG_VERSION_1_1},
};

const char *tg_trigger_name(tg_trigger_kind_t kind) {
  return kinds[kind].name;
}

tg_rc_t tg_trigger_of(tg_slice_t name, tg_trigger_kind_t *kind) {
  for (int i = 0; i < TG_TRIGGER_COUNT; i++) {
    if (!tg_slice_is(name, kinds[i].name)) continue;
    *kind = (tg_trigger_kind_t)i;
    return TG_OK;
  }
  return TG_E_NOT_FOUND;
}

tg_rc_t tg_trigger_letter(tg_slice_t text, char *letter) {
  if (text.len != 1) return TG_E_ARG;
  char upper = (char)(text.p[0] >= 'a' && text.p[0] <= 'z' ? text.p[0] - 'a' + 'A' : text.p[0]);
  if (!upper || !strchr(letters, upper)) return TG_E_ARG;
  *letter = upper;
  return TG_OK;
}

/* The account: the instance that was asked for, or the first. A device that announces the object alone may have any. */
static tg_rc_t find_instance(const tg_trigger_t *trigger, const tg_device_t *device, uint16_t *instance,
                             tg_diag_t *diag) {
  bool has_object = false;
  for (size_t i = 0; i < device->object_count; i++) { /* ascending */
    const tg_path_t *path = &device->objects[i];
    if (path->id[0] != ACCOUNT) continue;
    has_object = has_object || path->len == TG_PATH_OBJECT;
    if (path->len < TG_PATH_INSTANCE || (trigger->instance >= 0 && path->id[1] != trigger->instance)) continue;
    *instance = path->id[1];
    return TG_OK;
  }
  *instance = (uint16_t)trigger->instance;
  if (has_object && trigger->instance >= 0) return TG_OK;
  if (trigger->instance >= 0)
    tg_diag_set(diag, NULL, 0, "the device does not announce /1/%ld, which is needed for %s", (long)trigger->instance,
                kinds[trigger->kind].name);
  else
    tg_diag_set(diag, NULL, 0, "the device announces no instance of object 1 (LwM2M Server), which is needed for %s",
                kinds[trigger->kind].name);
  return TG_E_NOT_FOUND;
}

static tg_rc_t check(const tg_trigger_t *trigger, const tg_device_t *device, tg_diag_t *diag) {
  const char *name = kinds[trigger->kind].name;
  bool wants_new =
      device->enabler < TG_VERSION_1_1 && (trigger->transport || kinds[trigger->kind].since > TG_VERSION_1_0);
  if (!device->backend || strcmp(device->backend->kind, "lwm2m") != 0) {
    tg_diag_set(diag, NULL, 0, device->backend ? "%s is for LwM2M devices" : "%s is for a device that has registered",
                name);
    return TG_E_UNSUPPORTED;
  }
  if (wants_new) {
    tg_diag_set(diag, NULL, 0, "%s%s is new in LwM2M 1.1; the device speaks 1.0", name,
                kinds[trigger->kind].since > TG_VERSION_1_0 ? "" : " with a transport");
    return TG_E_UNSUPPORTED;
  }
  if (trigger->kind == TG_TRIGGER_PREFER && !trigger->transport) {
    tg_diag_set(diag, NULL, 0, "prefer takes a transport: U, T, S, N, M or H");
    return TG_E_ARG;
  }
  return TG_OK;
}

static void set_record(tg_trigger_t *trigger, uint16_t instance, uint16_t resource) {
  trigger->record = (tg_record_t){.path = tg_path(TG_PATH_RESOURCE, ACCOUNT, instance, resource)};
  tg_value_t *value = &trigger->record.value;
  switch (trigger->kind) {
  case TG_TRIGGER_DISABLE: *value = (tg_value_t){.type = TG_TYPE_INTEGER, .i = trigger->seconds}; break;
  case TG_TRIGGER_MUTE: *value = (tg_value_t){.type = TG_TYPE_BOOLEAN, .b = trigger->on}; break;
  case TG_TRIGGER_PREFER:
    trigger->text[0] = trigger->transport;
    *value = (tg_value_t){.type = TG_TYPE_STRING, .s = tg_slice(trigger->text, 1)};
    break;
  case TG_TRIGGER_UPDATE:
  case TG_TRIGGER_BOOTSTRAP:
  case TG_TRIGGER_COUNT: break;
  }
}

tg_rc_t tg_trigger_fill(tg_trigger_t *trigger, const tg_device_t *device, tg_command_t *command, tg_diag_t *diag) {
  uint16_t instance = 0;
  tg_rc_t rc = check(trigger, device, diag);
  if (rc == TG_OK) rc = find_instance(trigger, device, &instance, diag);
  if (rc != TG_OK) return rc;
  bool writes = kinds[trigger->kind].op == TG_OP_WRITE;
  bool writes_before = trigger->kind == TG_TRIGGER_DISABLE && trigger->seconds;
  command->device = device->id;
  command->op = kinds[trigger->kind].op;
  command->path = tg_path(TG_PATH_RESOURCE, ACCOUNT, instance, kinds[trigger->kind].resource);
  command->text = tg_slice(NULL, 0);
  command->records = writes || writes_before ? &trigger->record : NULL;
  command->record_count = writes || writes_before;
  set_record(trigger, instance, writes ? kinds[trigger->kind].resource : RES_DISABLE_TIMEOUT);
  if (trigger->kind != TG_TRIGGER_UPDATE || !trigger->transport) return TG_OK;
  int len = snprintf(trigger->text, sizeof trigger->text, "0='%c'", trigger->transport);
  command->text = tg_slice(trigger->text, (size_t)len);
  return TG_OK;
}

/* Whoever wrote the command, by name or by path: does it ask the device to another transport? Argument 0 is the letter, however loosely spelled. */
static bool asks_to_move(const tg_command_t *command) {
  const tg_path_t *path = &command->path;
  if (path->len != TG_PATH_RESOURCE || path->id[0] != ACCOUNT) return false;
  if (path->id[2] == RES_PREFERRED) return command->op == TG_OP_WRITE || command->op == TG_OP_UPDATE;
  if (path->id[2] != RES_TRIGGER || command->op != TG_OP_EXECUTE) return false;
  char letter;
  return tg_slice_begins(command->text, tg_slice_str("0=")) || tg_trigger_letter(command->text, &letter) == TG_OK;
}

void tg_trigger_sent(tg_twin_t *twin, const tg_command_t *command, uint64_t now_ms) {
  const tg_device_t *device = tg_twin_find(twin, command->device);
  if (!device || !asks_to_move(command)) return;
  uint64_t until_ms = now_ms + MOVE_WINDOW_MS;
  if (until_ms > device->may_move_until_ms) tg_twin_may_move(twin, device->id, until_ms);
}

void tg_trigger_refused(tg_twin_t *twin, tg_id_t id) {
  const tg_command_t *command = tg_twin_command(twin, id);
  if (command && asks_to_move(command)) tg_twin_may_move(twin, command->device, 0);
}
