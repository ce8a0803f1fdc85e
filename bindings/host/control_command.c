/* SPDX-License-Identifier: Apache-2.0 */
/* From a JSON request to the twin and back; called by control_ops.c. See control_command.h. */

#include "bindings/host/control_command.h"

#include <stdio.h>

#include "bindings/host/control_draft.h"
#include "bindings/host/control_events.h"
#include "core/base/alloc.h"

static void unlink_wait(tg_control_wait_t *wait) {
  if (!wait->control) return;
  tg_control_wait_t **at = &wait->control->waits;
  while (*at && *at != wait) at = &(*at)->next;
  if (*at) *at = wait->next;
}

static void put_result(const tg_command_t *command, const tg_command_result_t *result, tg_control_reply_t *reply) {
  char path[TG_PATH_TEXT_MAX];
  char code[8];
  tg_control_reply_text(reply, "op", tg_twin_op_name(command->op));
  tg_control_reply_text(reply, "target", tg_path_text(&command->path, path));
  tg_control_reply_text(reply, "state", tg_event_state_name(result->state));
  if (result->code) {
    (void)snprintf(code, sizeof code, "%u.%02u", (unsigned)result->code >> 5, result->code & 31U);
    tg_control_reply_text(reply, "code", code);
  }
  if (result->rc != TG_OK) {
    char message[512];
    tg_slice_t text = result->text;
    (void)snprintf(message, sizeof message, "%s%s%.*s", tg_rc_text(result->rc), text.len ? ": " : "",
                   (int)(text.len < 400 ? text.len : 400), text.len ? (const char *)text.p : "");
    tg_control_reply_text(reply, "error", tg_rc_name(result->rc));
    tg_control_reply_text(reply, "message", message);
  }
  if (result->text.len) tg_control_reply_str(reply, "text", result->text);
}

/* What was observed: one path, or each of several. */
static bool follow(const tg_control_wait_t *wait, const tg_command_t *command) {
  const tg_control_request_t request = {.conn = wait->conn, .tag = wait->tag};
  bool is_one = command->op == TG_OP_OBSERVE;
  size_t count = is_one ? 1 : command->record_count;
  bool good = true;
  for (size_t i = 0; good && i < count; i++) {
    const tg_path_t *path = is_one ? &command->path : &command->records[i].path;
    good = tg_control_events_follow(wait->control, &request, command->device, path) == TG_OK;
  }
  return good;
}

static void answer(const tg_control_wait_t *wait, const tg_command_t *command, const tg_command_result_t *result) {
  tg_twin_t *twin = wait->control->config.parts.twin;
  const tg_device_t *device = tg_twin_find(twin, command->device);
  tg_model_t model = device ? tg_twin_model(twin, device) : (tg_model_t){0};
  tg_control_reply_t reply;
  for (size_t i = 0; i < result->record_count; i++) {
    tg_control_reply_begin(&reply, &wait->tag);
    tg_control_reply_record(&reply, &model, &result->records[i]);
    tg_control_reply_send(&reply, wait->conn, false);
  }
  tg_control_reply_begin(&reply, &wait->tag);
  put_result(command, result, &reply);
  bool goes_on = wait->follow && result->state == TG_COMMAND_DONE;
  if (goes_on) goes_on = follow(wait, command);
  tg_control_reply_send(&reply, wait->conn, !goes_on);
}

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  tg_control_wait_t *wait = ud;
  if (wait->control && wait->conn) answer(wait, command, result);
  unlink_wait(wait);
  tg_alloc_free(wait);
}

/* A device that sleeps may take hours: its asker is told that the command waits. */
static void tell_waiting(const tg_control_request_t *request, const tg_device_t *device) {
  if (device->awake || (!device->queue_mode && !device->online)) return;
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &request->tag);
  tg_control_reply_text(&reply, "state", "waiting");
  tg_control_reply_text(&reply, "message", "the device sleeps; the command goes out when it wakes");
  tg_control_reply_send(&reply, request->conn, false);
}

static tg_rc_t submit(tg_control_t *control, const tg_control_request_t *request, const tg_control_draft_t *draft) {
  tg_control_wait_t *wait = tg_alloc_array(1, sizeof *wait);
  if (!wait) return TG_E_NOMEM;
  wait->control = control;
  wait->conn = request->conn;
  wait->tag = request->tag;
  bool may_follow = draft->command.op == TG_OP_OBSERVE || draft->command.op == TG_OP_OBSERVE_COMPOSITE;
  if (may_follow && tg_json_read_bool(tg_json_read_get(request->body, "follow"), &wait->follow) != TG_OK)
    wait->follow = false;
  tg_rc_t rc = tg_twin_submit(control->config.parts.twin, &draft->command, on_done, wait, &wait->command);
  if (rc != TG_OK) {
    tg_alloc_free(wait);
    return rc;
  }
  wait->next = control->waits;
  control->waits = wait;
  return TG_OK;
}

void tg_control_command_submit(tg_control_t *control, const tg_control_request_t *request) {
  tg_control_draft_t draft = {0};
  const char *why = draft.diag.message;
  tg_rc_t rc = tg_control_draft_read(control, request, &draft);
  if (rc == TG_OK) {
    why = NULL;
    tell_waiting(request, draft.device);
    rc = submit(control, request, &draft);
  }
  if (rc != TG_OK) tg_control_reply_error(request->conn, &request->tag, rc, why && *why ? why : NULL);
  tg_control_draft_fini(&draft);
}

void tg_control_command_forget(tg_control_t *control, const tg_control_conn_t *conn) {
  /* Cancelling may end the command at once and change the list: begin anew after each. */
  tg_control_wait_t *wait = control->waits;
  while (wait) {
    if (wait->conn != conn) {
      wait = wait->next;
      continue;
    }
    wait->conn = NULL;
    (void)!tg_twin_cancel(control->config.parts.twin, wait->command);
    wait = control->waits;
  }
}

void tg_control_command_close(tg_control_t *control) {
  while (control->waits) {
    tg_control_wait_t *wait = control->waits;
    control->waits = wait->next;
    wait->control = NULL;
    tg_twin_t *twin = control->config.parts.twin;
    (void)!tg_twin_cancel(twin, wait->command);
  }
}
