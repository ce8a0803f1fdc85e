/* SPDX-License-Identifier: Apache-2.0 */
/* From the event bus to clients that follow; called by control_ops.c and control_command.c. See control_events.h. */

#include "bindings/host/control_events.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"

static void put_code(tg_control_reply_t *line, uint8_t code) {
  char text[8];
  if (!code) return;
  (void)snprintf(text, sizeof text, "%u.%02u", (unsigned)code >> 5, code & 31U);
  tg_control_reply_text(line, "code", text);
}

static void put_command(tg_control_reply_t *line, const tg_event_command_t *command) {
  char path[TG_PATH_TEXT_MAX];
  tg_control_reply_text(line, "op", tg_twin_op_name((tg_op_t)command->op));
  tg_control_reply_text(line, "path", tg_path_text(&command->path, path));
  tg_control_reply_text(line, "state", tg_event_state_name(command->state));
  put_code(line, command->code);
  if (command->rc != TG_OK) tg_control_reply_text(line, "error", tg_rc_name(command->rc));
}

static tg_model_t model_of(const tg_control_t *control, const tg_event_t *event) {
  const tg_device_t *device = tg_twin_find(control->config.parts.twin, event->device);
  return device ? tg_twin_model(control->config.parts.twin, device)
                : (tg_model_t){.registry = control->config.parts.registry};
}

static void put_records(const tg_control_t *control, tg_control_reply_t *line, const tg_event_t *event,
                        const tg_path_t *below) {
  tg_model_t model = model_of(control, event);
  tg_control_reply_text(line, "source", tg_event_source_name(event->records.source));
  tg_json_write_key(&line->json, "records");
  tg_json_write_open(&line->json, '[');
  for (size_t i = 0; i < event->records.count; i++) {
    if (!tg_path_covers(below, &event->records.items[i].path)) continue;
    tg_json_write_open(&line->json, '{');
    tg_control_reply_record(line, &model, &event->records.items[i]);
    tg_json_write_close(&line->json, '}');
  }
  tg_json_write_close(&line->json, ']');
}

static tg_slice_t write_event(const tg_control_t *control, tg_control_reply_t *line, const tg_event_t *event,
                              const tg_control_follow_t *follow) {
  static const tg_path_t root = {0};
  tg_control_reply_begin(line, follow ? &follow->tag : NULL);
  tg_json_write_key(&line->json, "t");
  tg_json_write_double(&line->json, (double)event->time_ms / 1000);
  tg_control_reply_text(line, "event", tg_event_type_name(event->type));
  tg_control_reply_str(line, "ep", event->ep);
  if (event->type == TG_EVENT_RECORDS) put_records(control, line, event, follow ? &follow->path : &root);
  if (event->type == TG_EVENT_COMMAND) put_command(line, &event->command);
  if (event->note.len) tg_control_reply_str(line, "note", event->note);
  return tg_control_reply_line(line, false);
}

static bool wants(const tg_control_follow_t *follow, const tg_event_t *event) {
  if (!follow->device) return true;
  if (event->type != TG_EVENT_RECORDS || event->device != follow->device) return false;
  if (event->time_ms <= follow->since_ms) return false;
  for (size_t i = 0; i < event->records.count; i++) {
    if (tg_path_covers(&follow->path, &event->records.items[i].path)) return true;
  }
  return false;
}

static void keep(tg_control_t *control, tg_slice_t line) {
  size_t at = control->history_next++ % TG_CONTROL_HISTORY;
  tg_alloc_free(control->history[at]);
  control->history[at] = line.len ? tg_alloc(line.len) : NULL;
  control->history_len[at] = control->history[at] ? (uint32_t)line.len : 0;
  if (control->history[at]) memcpy(control->history[at], line.p, line.len);
}

static void on_event(void *ud, const tg_event_t *event) {
  tg_control_t *control = ud;
  tg_control_reply_t line;
  if (event->type != TG_EVENT_RECORDS) {
    keep(control, write_event(control, &line, event, NULL));
    tg_control_reply_fini(&line);
  }
  for (const tg_control_follow_t *follow = control->follows; follow; follow = follow->next) {
    if (!wants(follow, event)) continue;
    tg_control_conn_send(follow->conn, write_event(control, &line, event, follow));
    tg_control_reply_fini(&line);
  }
}

tg_rc_t tg_control_events_open(tg_control_t *control) {
  return tg_event_subscribe(control->config.parts.events, (1U << TG_EVENT_TYPE_COUNT) - 1, on_event, control);
}

void tg_control_events_close(tg_control_t *control) {
  tg_event_unsubscribe(control->config.parts.events, on_event, control);
  for (size_t i = 0; i < TG_CONTROL_HISTORY; i++) tg_alloc_free(control->history[i]);
  while (control->follows) tg_control_events_forget(control, control->follows->conn);
}

void tg_control_events_log(tg_control_t *control, const tg_control_request_t *request) {
  for (size_t i = 0; i < TG_CONTROL_HISTORY; i++) {
    size_t at = (control->history_next + i) % TG_CONTROL_HISTORY;
    if (control->history[at])
      tg_control_conn_send(request->conn, tg_slice(control->history[at], control->history_len[at]));
  }
  bool follow = false;
  tg_rc_t rc = tg_json_read_bool(tg_json_read_get(request->body, "follow"), &follow);
  if (rc == TG_OK && follow) {
    const tg_path_t root = {0};
    rc = tg_control_events_follow(control, request, TG_ID_NONE, &root);
    if (rc != TG_OK) tg_control_reply_error(request->conn, &request->tag, rc, NULL);
    return;
  }
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &request->tag);
  tg_control_reply_send(&reply, request->conn, true);
}

tg_rc_t tg_control_events_follow(tg_control_t *control, const tg_control_request_t *request, tg_id_t device,
                                 const tg_path_t *path) {
  tg_control_follow_t *follow = tg_alloc_array(1, sizeof *follow);
  if (!follow) return TG_E_NOMEM;
  *follow = (tg_control_follow_t){control->follows, request->conn, request->tag, device, *path, tg_clock_wall_ms()};
  control->follows = follow;
  return TG_OK;
}

void tg_control_events_forget(tg_control_t *control, const tg_control_conn_t *conn) {
  tg_control_follow_t **at = &control->follows;
  while (*at) {
    tg_control_follow_t *follow = *at;
    if (follow->conn != conn) {
      at = &follow->next;
      continue;
    }
    *at = follow->next;
    tg_alloc_free(follow);
  }
}
