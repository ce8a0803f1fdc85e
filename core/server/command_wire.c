/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of core/server under command.c: what goes over the wire for a command, where that is not the command as it stands: an Execute with a
 * Write before it, a partial write of a resource without instances, a Create whose instance the device picks (lwm2m.md 1.3.3, 1.3.5).
 */

#include "core/codec/codec.h"
#include "core/server/operation.h"
#include "core/server/server_state.h"

/* First one Write: of the resource where it is one, else a partial one of the instance. */
static void write_before(const tg_command_t *command, tg_command_t *wire) {
  wire->op = command->record_count == 1 ? TG_OP_WRITE : TG_OP_UPDATE;
  wire->path = command->records[0].path;
  if (command->record_count > 1) wire->path = tg_path(TG_PATH_INSTANCE, command->path.id[0], command->path.id[1], 0);
  wire->text = tg_slice(NULL, 0);
  wire->content_format = -1;
}

void tg_command_wire(const tg_server_call_t *call, const tg_device_t *device, const tg_command_t *command,
                     tg_command_t *wire) {
  *wire = *command;
  if (command->op == TG_OP_EXECUTE && command->record_count) {
    if (call->is_prepared) wire->record_count = 0;
    else write_before(command, wire);
  }
  if (wire->op != TG_OP_UPDATE || wire->path.len != TG_PATH_RESOURCE) return;
  tg_model_t model = tg_twin_model(call->server->config.twin, device);
  const tg_resdef_t *res = tg_model_resource(&model, &wire->path);
  if (res && !res->multiple) wire->op = TG_OP_WRITE; /* the same there, and any format may carry it */
}

bool tg_command_wire_is_anonymous(const tg_command_t *command) {
  return command->op == TG_OP_CREATE && command->path.len == TG_PATH_OBJECT && command->record_count > 0 &&
         command->records[0].path.id[1] == TG_OPERATION_ANY_INSTANCE;
}

/* The lowest instance number that the device did not announce. */
static uint16_t free_instance(const tg_device_t *device, uint16_t oid) {
  uint16_t free = 0;
  for (size_t i = 0; i < device->object_count; i++) { /* ascending */
    const tg_path_t *path = &device->objects[i];
    if (path->len == TG_PATH_INSTANCE && path->id[0] == oid && path->id[1] == free) free++;
  }
  return free;
}

bool tg_command_wire_format(tg_server_call_t *call, const tg_reg_t *reg, const tg_device_t *device,
                            const tg_command_t *wire) {
  tg_format_ask_t ask = {&wire->path, wire->op == TG_OP_WRITE || wire->op == TG_OP_UPDATE || wire->op == TG_OP_CREATE,
                         call->attempt};
  if (tg_command_wire_is_anonymous(wire)) { /* only TLV can leave the number out */
    bool has_tlv = reg->formats == 0 || reg->formats & TG_REG_CT_TLV;
    if (has_tlv && call->attempt == 0) {
      call->format = TG_CF_TLV;
      return true;
    }
    if (has_tlv) ask.attempt--;
    call->path = tg_path(TG_PATH_INSTANCE, wire->path.id[0], free_instance(device, wire->path.id[0]), 0);
  }
  if (!tg_format_choose(call->server, reg, device, &ask, &call->format)) return false;
  bool is_single = call->format == TG_CF_TEXT || call->format == TG_CF_OPAQUE || call->format == TG_CF_CBOR;
  return wire->op != TG_OP_UPDATE || !is_single; /* it would be an Execute */
}

tg_path_t tg_command_wire_base(const tg_device_t *device, const tg_command_t *wire, int format, tg_record_t *records) {
  if (wire->op != TG_OP_CREATE) return wire->path;
  tg_path_t object = tg_path(TG_PATH_OBJECT, wire->path.id[0], 0, 0);
  if (!tg_command_wire_is_anonymous(wire)) return object;
  if (format == TG_CF_TLV) return tg_path(TG_PATH_INSTANCE, wire->path.id[0], TG_OPERATION_ANY_INSTANCE, 0);
  uint16_t free = free_instance(device, wire->path.id[0]);
  for (size_t i = 0; i < wire->record_count; i++) records[i].path.id[1] = free;
  return object;
}
