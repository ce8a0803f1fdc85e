/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/server: payloads of Write and Create: records in order of path, values as their definitions want them (lwm2m.md 1.3.3). */

#include "core/base/alloc.h"
#include "core/codec/codec.h"
#include "core/server/server_state.h"

static void sort(tg_record_t *records, size_t count) {
  for (size_t i = 1; i < count; i++) {
    tg_record_t record = records[i];
    size_t at = i;
    for (; at > 0 && tg_path_cmp(&records[at - 1].path, &record.path) > 0; at--) records[at] = records[at - 1];
    records[at] = record;
  }
}

static tg_rc_t check_values(tg_record_t *records, size_t count, const tg_model_t *model) {
  for (size_t i = 0; i < count; i++) {
    const tg_resdef_t *res = tg_model_resource(model, &records[i].path);
    if (!res || records[i].value.type == TG_TYPE_NONE) continue; /* a name, or null */
    tg_value_t value;
    tg_rc_t rc = tg_objdef_check(res, &records[i].value, &value);
    if (rc != TG_OK) return rc;
    records[i].value = value;
  }
  return TG_OK;
}

tg_rc_t tg_command_write_payload(tg_server_t *server, const tg_device_t *device, const tg_command_t *command,
                                 int format) {
  if (command->record_count == 0) return TG_E_ARG;
  tg_record_t *records = tg_alloc_array(command->record_count, sizeof *records);
  if (!records) return TG_E_NOMEM;
  memcpy(records, command->records, command->record_count * sizeof *records);
  bool is_composite = tg_composite_is(command->op); /* SenML: needs no order, keeps the asker's */
  if (!is_composite) sort(records, command->record_count);
  tg_model_t model = tg_twin_model(server->config.twin, device);
  tg_rc_t rc = check_values(records, command->record_count, &model);
  tg_codec_output_t output = {.content_format = format,
                              .base = tg_command_wire_base(device, command, format, records),
                              .records = records,
                              .count = command->record_count,
                              .model = &model,
                              .use = TG_CODEC_USE_WRITE};
  if (is_composite) output.use = command->op == TG_OP_WRITE_COMPOSITE ? TG_CODEC_USE_PATCH : TG_CODEC_USE_FETCH;
  tg_buf_clear(&server->out);
  if (rc == TG_OK) rc = tg_codec_encode(&output, &server->out);
  tg_alloc_free(records);
  return rc == TG_OK ? server->out.rc : rc;
}
