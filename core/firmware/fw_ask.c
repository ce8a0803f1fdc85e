/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: commands to the device; see fw_ask.h. Called by the machine's phases. */

#include "core/firmware/fw_ask.h"

#include <stdio.h>

#include "core/firmware/fw_table.h"

enum { URI_MAX = 255, PRIORITY_BULK = 0, PRIORITY = 1, OID_SERVER = 1 };

static const char owner[] = "firmware";

/* The instance of /1 is the device's. */
static const struct {
  const char *name;
  tg_op_t op;
  uint16_t ids[3];
  uint16_t len;
} steps[TG_FW_STEP_COUNT] = {
    [TG_FW_STEP_READ_OBJECT] = {"Read of /5/0", TG_OP_READ, {5, 0}, 2},
    [TG_FW_STEP_READ_VERSION] = {"Read of /3/0/3", TG_OP_READ, {3, 0, 3}, 3},
    [TG_FW_STEP_OBSERVE_STATE] = {"Observe of /5/0/3", TG_OP_OBSERVE, {5, 0, 3}, 3},
    [TG_FW_STEP_OBSERVE_RESULT] = {"Observe of /5/0/5", TG_OP_OBSERVE, {5, 0, 5}, 3},
    [TG_FW_STEP_FORGET_STATE] = {"end of the observation of /5/0/3", TG_OP_CANCEL, {5, 0, 3}, 3},
    [TG_FW_STEP_FORGET_RESULT] = {"end of the observation of /5/0/5", TG_OP_CANCEL, {5, 0, 5}, 3},
    [TG_FW_STEP_CANCEL] = {"Execute of /5/0/10", TG_OP_EXECUTE, {5, 0, 10}, 3},
    [TG_FW_STEP_EMPTY_URI] = {"Write of an empty /5/0/1", TG_OP_WRITE, {5, 0, 1}, 3},
    [TG_FW_STEP_NUL_BYTE] = {"Write of one zero byte to /5/0/0", TG_OP_WRITE, {5, 0, 0}, 3},
    [TG_FW_STEP_SEVERITY] = {"Write of /5/0/11", TG_OP_WRITE, {5, 0, 11}, 3},
    [TG_FW_STEP_DEFER] = {"Write of /5/0/13", TG_OP_WRITE, {5, 0, 13}, 3},
    [TG_FW_STEP_TRIGGER] = {"Execute of /1/x/8 with a transport", TG_OP_EXECUTE, {OID_SERVER, 0, 8}, 3},
    [TG_FW_STEP_PREFER] = {"Write of /1/x/22", TG_OP_WRITE, {OID_SERVER, 0, 22}, 3},
    [TG_FW_STEP_UPDATE_REQUEST] = {"Execute of /1/x/8", TG_OP_EXECUTE, {OID_SERVER, 0, 8}, 3},
    [TG_FW_STEP_PUSH] = {"Write of /5/0/0", TG_OP_WRITE, {5, 0, 0}, 3},
    [TG_FW_STEP_URI] = {"Write of /5/0/1", TG_OP_WRITE, {5, 0, 1}, 3},
    [TG_FW_STEP_UPDATE] = {"Execute of /5/0/2", TG_OP_EXECUTE, {5, 0, 2}, 3},
};

/* Memory for what a command borrows until it is submitted. */
typedef struct draft {
  tg_command_t command;
  tg_record_t record;
  char text[URI_MAX + 1];
} draft_t;

const char *tg_fw_ask_name(tg_fw_step_t step) {
  return steps[step].name ? steps[step].name : "command";
}

const tg_device_t *tg_fw_ask_device(const tg_fw_job_t *job) {
  return tg_twin_find_ep(job->firmware->config.twin, tg_slice_str(job->row.ep));
}

bool tg_fw_ask_is_usable(const tg_fw_job_t *job) {
  const tg_device_t *device = tg_fw_ask_device(job);
  return device && device->online && device->awake;
}

bool tg_fw_ask_announces(const tg_device_t *device, const tg_path_t *path) {
  for (size_t i = 0; i < device->object_count; i++) {
    if (tg_path_covers(path, &device->objects[i])) return true;
  }
  return false;
}

/* The first instance of object 1 that it announces; devices with one server account may leave it out. */
static uint16_t server_instance(const tg_device_t *device) {
  for (size_t i = 0; i < device->object_count; i++) {
    const tg_path_t *path = &device->objects[i];
    if (path->id[0] == OID_SERVER && path->len >= TG_PATH_INSTANCE) return path->id[1];
  }
  return 0;
}

static void put_text(draft_t *draft, const char *text) {
  (void)snprintf(draft->text, sizeof draft->text, "%s", text);
  draft->record.value = (tg_value_t){.type = TG_TYPE_STRING, .s = tg_slice_str(draft->text)};
}

static tg_rc_t put_uri(const tg_fw_job_t *job, draft_t *draft) {
  const tg_firmware_t *firmware = job->firmware;
  const char *base = job->row.method == TG_FW_PULL_COAP ? firmware->config.coap_base : firmware->http_base;
  if (!base) return TG_E_CONFIG;
  int len = snprintf(draft->text, sizeof draft->text, "%s/fw/%s", base, job->row.token);
  if (len < 0 || (size_t)len >= sizeof draft->text) return TG_E_TOO_LONG;
  draft->record.value = (tg_value_t){.type = TG_TYPE_STRING, .s = tg_slice_str(draft->text)};
  return TG_OK;
}

static void on_progress(void *ud, const tg_command_t *command, uint64_t sent) {
  tg_fw_job_t *job = ud;
  if (command->id == job->lane[TG_FW_LANE_MAIN]) tg_fw_table_progress(job, sent);
}

static tg_rc_t put_body(tg_fw_job_t *job, draft_t *draft) {
  tg_command_t *command = &draft->command;
  command->record_count = 0;
  command->body_from = job->row.sent;
  command->progress = on_progress;
  command->priority = PRIORITY_BULK;
  return job->image ? tg_fw_image_bytes(job->firmware->images, job->image, &command->body) : TG_E_NOT_FOUND;
}

/* What the command of a step says. */
static tg_rc_t fill(tg_fw_job_t *job, tg_fw_step_t step, draft_t *draft) {
  static const uint8_t nul[1] = {0};
  const tg_firmware_config_t *config = &job->firmware->config;
  bool back = job->row.state == TG_FW_RETURNING;
  const char *letter = back ? config->move_back : config->move_to;
  switch (step) {
  case TG_FW_STEP_EMPTY_URI: put_text(draft, ""); break;
  case TG_FW_STEP_NUL_BYTE: draft->record.value = (tg_value_t){.type = TG_TYPE_OPAQUE, .s = tg_slice(nul, 1)}; break;
  case TG_FW_STEP_SEVERITY: draft->record.value = (tg_value_t){.type = TG_TYPE_INTEGER, .i = job->row.severity}; break;
  case TG_FW_STEP_DEFER:
    draft->record.value = (tg_value_t){.type = TG_TYPE_UNSIGNED, .u = (uint64_t)job->row.defer_s};
    break;
  case TG_FW_STEP_TRIGGER:
    (void)snprintf(draft->text, sizeof draft->text, "0='%s'", letter);
    draft->command.text = tg_slice_str(draft->text);
    break;
  case TG_FW_STEP_PREFER: put_text(draft, letter); break;
  case TG_FW_STEP_URI: return put_uri(job, draft);
  case TG_FW_STEP_PUSH: return put_body(job, draft);
  case TG_FW_STEP_NONE:
  case TG_FW_STEP_READ_OBJECT:
  case TG_FW_STEP_READ_VERSION:
  case TG_FW_STEP_OBSERVE_STATE:
  case TG_FW_STEP_OBSERVE_RESULT:
  case TG_FW_STEP_FORGET_STATE:
  case TG_FW_STEP_FORGET_RESULT:
  case TG_FW_STEP_CANCEL:
  case TG_FW_STEP_UPDATE_REQUEST:
  case TG_FW_STEP_UPDATE:
  case TG_FW_STEP_COUNT: break;
  }
  return TG_OK;
}

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  tg_fw_job_t *job = ud;
  for (int lane = 0; lane < TG_FW_LANE_COUNT; lane++) {
    if (job->lane[lane] != command->id) continue;
    tg_fw_step_t step = job->step[lane];
    job->lane[lane] = TG_ID_NONE;
    job->step[lane] = TG_FW_STEP_NONE;
    job->firmware->answer(job, (tg_fw_lane_t)lane, step, result);
    return;
  }
}

tg_rc_t tg_fw_ask(tg_fw_job_t *job, tg_fw_lane_t lane, tg_fw_step_t step) {
  const tg_device_t *device = tg_fw_ask_device(job);
  if (!device || !device->online) return TG_E_GONE;
  draft_t draft = {0};
  tg_command_t *command = &draft.command;
  command->device = device->id;
  command->op = steps[step].op;
  command->path = tg_path(steps[step].len, steps[step].ids[0], steps[step].ids[1], steps[step].ids[2]);
  if (command->path.id[0] == OID_SERVER) command->path.id[1] = server_instance(device);
  command->content_format = -1;
  command->priority = PRIORITY;
  command->owner = tg_slice_str(owner);
  command->unless_observed = command->op == TG_OP_OBSERVE;
  draft.record.path = command->path;
  if (command->op == TG_OP_WRITE) {
    command->records = &draft.record;
    command->record_count = 1;
  }
  tg_rc_t rc = fill(job, step, &draft);
  if (rc != TG_OK) return rc;
  job->step[lane] = step;
  rc = tg_twin_submit(job->firmware->config.twin, command, on_done, job, &job->lane[lane]);
  if (rc != TG_OK) job->lane[lane] = TG_ID_NONE;
  return rc;
}

void tg_fw_ask_drop(tg_fw_job_t *job, tg_fw_lane_t lane) {
  tg_id_t id = job->lane[lane];
  job->lane[lane] = TG_ID_NONE;
  job->step[lane] = TG_FW_STEP_NONE;
  if (id == TG_ID_NONE) return;
  tg_rc_t rc = tg_twin_cancel(job->firmware->config.twin, id);
  if (rc != TG_OK && rc != TG_E_GONE) tg_log("firmware", TG_LOG_WARN, "not_cancelled error=%s", tg_rc_name(rc));
}
