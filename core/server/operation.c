/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/server: see operation.h. Called by command.c and by those who make commands for people. */

#include "core/server/operation.h"

#include <string.h>

#include "core/base/num.h"
#include "core/codec/codec.h"
#include "core/server/attributes.h"

enum { DEPTH_MAX = 3 };

/* Which lengths of path an operation takes, and that as a sentence. Composites are checked by themselves. */
static const struct {
  uint8_t min, max;
  const char *text;
} levels[TG_OP_COUNT] = {
    [TG_OP_READ] = {1, 4, "read goes to an object, an instance, a resource or a resource instance"},
    [TG_OP_WRITE] = {2, 4, "write goes to an instance, a resource or a resource instance"},
    [TG_OP_UPDATE] = {2, 3, "update goes to an instance or a resource; write replaces a resource instance"},
    [TG_OP_EXECUTE] = {3, 3, "execute goes to a resource, such as /3/0/4"},
    [TG_OP_CREATE] = {1, 2, "create goes to an object, or to an instance of your choice"},
    [TG_OP_DELETE] = {2, 4, "delete goes to an instance, or from LwM2M 1.2 on to a resource instance"},
    [TG_OP_DISCOVER] = {0, 3, "discover goes to an object, an instance or a resource"},
    [TG_OP_OBSERVE] = {1, 4, "observe goes to an object, an instance, a resource or a resource instance"},
    [TG_OP_CANCEL] = {0, 4, "cancel goes to what is observed"},
    [TG_OP_ATTRIBUTES] = {1, 4, "attributes go to an object, an instance, a resource or a resource instance"},
};

static tg_rc_t refuse(tg_diag_t *diag, tg_rc_t rc, const char *why) {
  tg_diag_set(diag, NULL, 0, "%s", why);
  return rc;
}

static tg_rc_t too_old(tg_diag_t *diag, const tg_device_t *device, const char *what, unsigned since) {
  tg_diag_set(diag, NULL, 0, "%s is new in LwM2M 1.%u; the device speaks 1.%u", what, since,
              (unsigned)(device->enabler & 0xFFFF));
  return TG_E_UNSUPPORTED;
}

static bool is_security(const tg_path_t *path) {
  return path->len > 0 && (path->id[0] == 0 || path->id[0] == 21 || path->id[0] == 23);
}

static tg_rc_t check_secret(const tg_path_t *path, tg_diag_t *diag) {
  if (!is_security(path)) return TG_OK;
  tg_diag_set(diag, NULL, 0, "object %u holds security data: only a bootstrap server may touch it", path->id[0]);
  return TG_E_DENIED;
}

static bool is_composite(tg_op_t op) {
  return op == TG_OP_READ_COMPOSITE || op == TG_OP_WRITE_COMPOSITE || op == TG_OP_OBSERVE_COMPOSITE;
}

static tg_rc_t check_composite(const tg_command_t *command, tg_diag_t *diag) {
  bool is_write = command->op == TG_OP_WRITE_COMPOSITE;
  if (command->path.len) return refuse(diag, TG_E_ARG, "a composite operation has no path of its own");
  if (command->record_count == 0)
    return refuse(diag, TG_E_ARG, is_write ? "a composite write has values" : "a composite read has paths");
  for (size_t i = 0; i < command->record_count; i++) {
    const tg_record_t *record = &command->records[i];
    if (record->path.len < (is_write ? TG_PATH_RESOURCE : TG_PATH_OBJECT))
      return refuse(diag, TG_E_ARG, is_write ? "values are of resources" : "a path is missing");
    tg_rc_t rc = check_secret(&record->path, diag);
    if (rc != TG_OK) return rc;
    if (!is_write && record->value.type != TG_TYPE_NONE)
      return refuse(diag, TG_E_ARG, "a composite read takes paths, not values");
  }
  return TG_OK;
}

/* One instance a request: what servers have to be able to do, and all that devices have to take. */
static tg_rc_t check_create(const tg_command_t *command, tg_diag_t *diag) {
  if (command->record_count == 0)
    return refuse(diag, TG_E_ARG, "create takes the first values of the instance, at least of its mandatory resources");
  for (size_t i = 0; i < command->record_count; i++) {
    const tg_path_t *path = &command->records[i].path;
    if (path->len < TG_PATH_RESOURCE) return refuse(diag, TG_E_ARG, "values are of resources");
    if (path->id[1] != command->records[0].path.id[1])
      return refuse(diag, TG_E_ARG, "create makes one instance; the values are of several");
  }
  return TG_OK;
}

static tg_rc_t check_delete(const tg_device_t *device, const tg_command_t *command, tg_diag_t *diag) {
  if (command->path.len == TG_PATH_RESOURCE)
    return refuse(diag, TG_E_ARG,
                  "a resource can't be deleted, only its instance of the object, or one of its own instances");
  if (command->path.len == TG_PATH_RESOURCE_INSTANCE && device->enabler < TG_VERSION_OF(1, 2))
    return too_old(diag, device, "deleting a resource instance (write the resource without it instead)", 2);
  return TG_OK;
}

/* `depth=N` is all there is. */
static tg_rc_t check_discover(const tg_device_t *device, const tg_command_t *command, tg_diag_t *diag) {
  static const char name[] = "depth=";
  uint64_t depth;
  if (command->text.len == 0) return TG_OK;
  bool good = tg_slice_begins(command->text, tg_slice_str(name)) &&
              tg_num_parse_strict(tg_slice_from(command->text, sizeof name - 1), DEPTH_MAX, &depth) == TG_OK;
  if (!good) return refuse(diag, TG_E_RANGE, "depth is a whole number from 0 to 3");
  if (command->path.len == 0)
    return refuse(diag, TG_E_ARG, "depth is for a path; without one you get what the device announced");
  return device->enabler < TG_VERSION_OF(1, 2) ? too_old(diag, device, "depth", 2) : TG_OK;
}

/* A partial write to a resource in text is an Execute on the wire (lwm2m.md 1.3.1, disambiguation). */
static tg_rc_t check_update(const tg_command_t *command, tg_diag_t *diag) {
  bool is_single = command->content_format == TG_CF_TEXT || command->content_format == TG_CF_OPAQUE ||
                   command->content_format == TG_CF_CBOR;
  return is_single ? refuse(diag, TG_E_FORMAT, "update takes no format for single values; write does") : TG_OK;
}

/* What goes before an Execute lies in the same instance. */
static tg_rc_t check_before(const tg_command_t *command, tg_diag_t *diag) {
  for (size_t i = 0; i < command->record_count; i++) {
    const tg_path_t *path = &command->records[i].path;
    if (path->len < TG_PATH_RESOURCE || path->id[0] != command->path.id[0] || path->id[1] != command->path.id[1])
      return refuse(diag, TG_E_ARG, "what is written before an execute is of the same instance");
  }
  return TG_OK;
}

static tg_rc_t check_level(const tg_command_t *command, tg_diag_t *diag) {
  uint16_t len = command->path.len;
  if (len < levels[command->op].min || len > levels[command->op].max)
    return refuse(diag, TG_E_ARG, levels[command->op].text);
  return check_secret(&command->path, diag);
}

static tg_rc_t check_rest(const tg_twin_t *twin, const tg_device_t *device, const tg_command_t *command,
                          tg_diag_t *diag) {
  tg_model_t model = tg_twin_model(twin, device);
  switch (command->op) {
  case TG_OP_CREATE: return check_create(command, diag);
  case TG_OP_DELETE: return check_delete(device, command, diag);
  case TG_OP_DISCOVER: return check_discover(device, command, diag);
  case TG_OP_UPDATE: return check_update(command, diag);
  case TG_OP_EXECUTE: return check_before(command, diag);
  case TG_OP_ATTRIBUTES: return tg_attributes_check(command->text, &command->path, &model, diag);
  case TG_OP_READ:
  case TG_OP_WRITE:
  case TG_OP_OBSERVE:
  case TG_OP_CANCEL:
  case TG_OP_READ_COMPOSITE:
  case TG_OP_WRITE_COMPOSITE:
  case TG_OP_OBSERVE_COMPOSITE:
  case TG_OP_COUNT: break;
  }
  return TG_OK;
}

tg_rc_t tg_operation_check(const tg_twin_t *twin, const tg_device_t *device, const tg_command_t *command,
                           tg_diag_t *diag) {
  if (!device->backend || strcmp(device->backend->kind, "lwm2m") != 0) return TG_OK;
  if (is_composite(command->op)) return check_composite(command, diag);
  tg_rc_t rc = check_level(command, diag);
  return rc == TG_OK ? check_rest(twin, device, command, diag) : rc;
}
