/* SPDX-License-Identifier: Apache-2.0 */
/* From a JSON request to the twin and back; called by control_ops.c. See control_command.h. */

#include "bindings/host/control_command.h"

#include <stdio.h>

#include "bindings/host/control_events.h"
#include "bindings/host/value_text.h"
#include "core/base/alloc.h"
#include "core/codec/codec.h"

enum { VALUE_MAX = 65536, PRIORITY_INTERACTIVE = 3, PATHS_MAX = 32 };

/* A command while it is being made: what it borrows. */
typedef struct draft {
  tg_command_t command;
  const tg_device_t *device;
  tg_record_t record;
  tg_record_t paths[PATHS_MAX]; /* of READ_COMPOSITE */
  tg_buf_t scratch;
  const char *why; /* what is wrong, for people */
  char text[192];
} draft_t;

static tg_slice_t member(const tg_control_request_t *request, const char *name) {
  return tg_json_read_str(tg_json_read_get(request->body, name));
}

/* The type that a resource has by its definition, or that the asker gave. */
static tg_rc_t find_type(const tg_control_t *control, const tg_control_request_t *request, draft_t *draft,
                         tg_type_t *type) {
  tg_slice_t given = member(request, "type");
  if (given.len) {
    draft->why = "no such type; string integer unsigned float boolean opaque time objlnk corelnk";
    return tg_value_type_of(given, type) == TG_OK ? TG_OK : TG_E_TYPE;
  }
  tg_model_t model = tg_twin_model(control->config.parts.twin, draft->device);
  const tg_resdef_t *def = tg_model_resource(&model, &draft->command.path);
  draft->why = "no definition of this resource is known; give its type, or add the definition to a folder in `objects`";
  if (!def) return TG_E_NOT_FOUND;
  *type = (tg_type_t)def->type;
  return TG_OK;
}

static tg_rc_t read_plain(const tg_json_node_t *node, tg_value_t *value) {
  switch (tg_json_read_kind(node)) {
  case TG_JSON_INT: value->type = TG_TYPE_INTEGER; return tg_json_read_int(node, &value->i);
  case TG_JSON_UINT: value->type = TG_TYPE_UNSIGNED; return tg_json_read_uint(node, &value->u);
  case TG_JSON_DOUBLE: value->type = TG_TYPE_FLOAT; return tg_json_read_double(node, &value->f);
  case TG_JSON_BOOL: value->type = TG_TYPE_BOOLEAN; return tg_json_read_bool(node, &value->b);
  case TG_JSON_NULL:
  case TG_JSON_STRING:
  case TG_JSON_ARRAY:
  case TG_JSON_OBJECT: break;
  }
  return TG_E_TYPE;
}

static tg_rc_t read_value(const tg_control_t *control, const tg_control_request_t *request, draft_t *draft) {
  draft->why = "a value is written to a resource or resource instance, such as /3/0/14";
  if (draft->command.path.len < TG_PATH_RESOURCE) return TG_E_ARG;
  const tg_json_node_t *node = tg_json_read_get(request->body, "value");
  draft->why = "value is missing";
  if (!node) return TG_E_ARG;
  tg_type_t type = TG_TYPE_NONE;
  tg_rc_t rc = find_type(control, request, draft, &type);
  if (rc != TG_OK) return rc;

  tg_value_t value = {.type = TG_TYPE_NONE};
  if (tg_json_read_kind(node) == TG_JSON_STRING) {
    rc = tg_value_text_parse(type, tg_json_read_str(node), &draft->scratch, &draft->record.value);
  } else {
    rc = read_plain(node, &value);
    if (rc == TG_OK) rc = tg_value_convert(&value, type, &draft->record.value);
  }
  (void)snprintf(draft->text, sizeof draft->text, "the value is no %s", tg_value_type_name(type));
  draft->why = draft->text;
  draft->record.path = draft->command.path;
  draft->command.records = &draft->record;
  draft->command.record_count = 1;
  return rc;
}

static tg_rc_t read_paths(const tg_control_request_t *request, draft_t *draft) {
  const tg_json_node_t *list = tg_json_read_get(request->body, "paths");
  size_t count = list && tg_json_read_kind(list) == TG_JSON_ARRAY ? tg_json_read_count(list) : 0;
  draft->why = "paths is a list of 1 to 32 LwM2M paths such as /3303/0/5700";
  if (count == 0 || count > PATHS_MAX) return TG_E_ARG;
  for (size_t i = 0; i < count; i++) {
    tg_rc_t rc = tg_path_parse(tg_json_read_str(tg_json_read_at(list, i)), &draft->paths[i].path);
    if (rc != TG_OK) return rc;
  }
  draft->command.records = draft->paths;
  draft->command.record_count = count;
  return TG_OK;
}

static tg_rc_t read_target(const tg_control_t *control, const tg_control_request_t *request, draft_t *draft) {
  tg_slice_t ep = member(request, "ep");
  draft->device = tg_twin_find_ep(control->config.parts.twin, ep);
  (void)snprintf(draft->text, sizeof draft->text, "no device is called \"%.*s\"; `tidegate devices` lists them",
                 (int)(ep.len < 64 ? ep.len : 64), ep.len ? (const char *)ep.p : "");
  draft->why = draft->text;
  if (!draft->device) return TG_E_NOT_FOUND;
  draft->command.device = draft->device->id;

  if (draft->command.op == TG_OP_READ_COMPOSITE) return read_paths(request, draft);
  draft->why = "path is no LwM2M path such as /3303/0/5700";
  tg_rc_t rc = tg_path_parse(member(request, "path"), &draft->command.path);
  if (rc == TG_OK && draft->command.path.len == 0 && draft->command.op != TG_OP_DISCOVER) rc = TG_E_ARG;
  if (rc != TG_OK || draft->command.op != TG_OP_EXECUTE) return rc;
  draft->why = "execute wants a resource, such as /3/0/4";
  return draft->command.path.len == TG_PATH_RESOURCE ? TG_OK : TG_E_ARG;
}

static bool has_format(tg_op_t op) {
  return op == TG_OP_READ || op == TG_OP_READ_COMPOSITE || op == TG_OP_WRITE || op == TG_OP_UPDATE ||
         op == TG_OP_OBSERVE;
}

/* What the asker wants on the wire; without it the device's version and habits decide. */
static tg_rc_t read_format(const tg_control_request_t *request, draft_t *draft) {
  const tg_json_node_t *node = tg_json_read_get(request->body, "format");
  if (!node) return TG_OK;
  draft->why = "only read, write, update and observe have a format";
  if (!has_format(draft->command.op)) return TG_E_ARG;
  draft->why = "no such format; text opaque cbor senml-json senml-cbor tlv json lwm2m-cbor, or the number of one";
  return tg_codec_by_name(tg_json_read_str(node), &draft->command.content_format);
}

static tg_rc_t read_draft(const tg_control_t *control, const tg_control_request_t *request, draft_t *draft) {
  tg_command_t *command = &draft->command;
  command->content_format = -1;
  command->priority = PRIORITY_INTERACTIVE;
  tg_rc_t rc = tg_twin_op_of(member(request, "op"), &command->op);
  if (rc == TG_OK) rc = read_target(control, request, draft);
  if (rc != TG_OK) return rc;

  command->text = member(request, command->op == TG_OP_ATTRIBUTES ? "attributes" : "args");
  const tg_json_node_t *timeout = tg_json_read_get(request->body, "timeout");
  double seconds = 0;
  draft->why = "timeout is a number of seconds, from 1 to 2592000";
  if (timeout && (tg_json_read_double(timeout, &seconds) != TG_OK || !(seconds >= 1 && seconds <= 2592000)))
    return TG_E_RANGE;
  command->timeout_s = (uint32_t)seconds;
  const tg_json_node_t *retry = tg_json_read_get(request->body, "retry");
  draft->why = "retry is true or false";
  if (retry && tg_json_read_bool(retry, &command->retry) != TG_OK) return TG_E_TYPE;
  rc = read_format(request, draft);
  if (rc != TG_OK) return rc;
  if (command->op == TG_OP_WRITE || command->op == TG_OP_UPDATE) return read_value(control, request, draft);
  return TG_OK;
}

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
    tg_control_reply_text(reply, "error", tg_rc_name(result->rc));
    tg_control_reply_text(reply, "message", tg_rc_text(result->rc));
  }
  if (result->text.len) tg_control_reply_str(reply, "text", result->text);
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
  if (goes_on) {
    const tg_control_request_t request = {.conn = wait->conn, .tag = wait->tag};
    goes_on = tg_control_events_follow(wait->control, &request, command->device, &command->path) == TG_OK;
  }
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

static tg_rc_t submit(tg_control_t *control, const tg_control_request_t *request, const draft_t *draft) {
  tg_control_wait_t *wait = tg_alloc_array(1, sizeof *wait);
  if (!wait) return TG_E_NOMEM;
  wait->control = control;
  wait->conn = request->conn;
  wait->tag = request->tag;
  if (draft->command.op == TG_OP_OBSERVE &&
      tg_json_read_bool(tg_json_read_get(request->body, "follow"), &wait->follow) != TG_OK)
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
  draft_t draft = {0};
  tg_buf_init_growing(&draft.scratch, VALUE_MAX);
  tg_rc_t rc = read_draft(control, request, &draft);
  if (rc == TG_OK) {
    draft.why = NULL;
    tell_waiting(request, draft.device);
    rc = submit(control, request, &draft);
  }
  if (rc != TG_OK) tg_control_reply_error(request->conn, &request->tag, rc, draft.why);
  tg_buf_fini(&draft.scratch);
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
