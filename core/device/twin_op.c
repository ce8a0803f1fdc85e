/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/device: names of operations, as commands on topics and on the command line spell them; see device.h. */

#include "core/device/device.h"

static const char *const names[TG_OP_COUNT] = {
    [TG_OP_READ] = "read",
    [TG_OP_WRITE] = "write",
    [TG_OP_UPDATE] = "update",
    [TG_OP_EXECUTE] = "execute",
    [TG_OP_CREATE] = "create",
    [TG_OP_DELETE] = "delete",
    [TG_OP_DISCOVER] = "discover",
    [TG_OP_OBSERVE] = "observe",
    [TG_OP_CANCEL] = "cancel",
    [TG_OP_ATTRIBUTES] = "attributes",
    [TG_OP_READ_COMPOSITE] = "read_composite",
    [TG_OP_WRITE_COMPOSITE] = "write_composite",
    [TG_OP_OBSERVE_COMPOSITE] = "observe_composite",
};

const char *tg_twin_op_name(tg_op_t op) {
  return (unsigned)op < TG_OP_COUNT ? names[op] : "unknown";
}

tg_rc_t tg_twin_op_of(tg_slice_t name, tg_op_t *op) {
  for (int i = 0; i < TG_OP_COUNT; i++) {
    if (!tg_slice_is(name, names[i])) continue;
    *op = (tg_op_t)i;
    return TG_OK;
  }
  return TG_E_NOT_FOUND;
}

bool tg_twin_op_is_repeatable(const tg_command_t *command) {
  return command->retry || (command->op != TG_OP_EXECUTE && command->op != TG_OP_CREATE && command->op != TG_OP_DELETE);
}

bool tg_twin_op_reaches(const tg_command_t *command, const tg_path_t *path) {
  tg_path_t base = command->path;
  if (command->op == TG_OP_EXECUTE && base.len > TG_PATH_INSTANCE) base.len = TG_PATH_INSTANCE;
  return tg_path_covers(&base, path);
}
