/* SPDX-License-Identifier: Apache-2.0 */
/* The queues of commands, listed and thinned out; called by control_ops.c. See control_queue.h. */

#include "bindings/host/control_queue.h"

#include <stdio.h>

#include "core/base/num.h"

typedef struct listing {
  const tg_control_t *control;
  const tg_control_request_t *request;
  const tg_device_t *device;
  int64_t count;
} listing_t;

static bool put_command(void *ud, const tg_command_t *command, tg_command_state_t state) {
  listing_t *listing = ud;
  char path[TG_PATH_TEXT_MAX];
  char number[24];
  tg_control_reply_t reply;
  (void)snprintf(number, sizeof number, "%llu", (unsigned long long)command->id);
  tg_control_reply_begin(&reply, &listing->request->tag);
  tg_control_reply_text(&reply, "command", number); /* text: more than a double holds */
  tg_control_reply_text(&reply, "ep", listing->device->ep);
  tg_control_reply_text(&reply, "state", tg_event_state_name(state));
  tg_control_reply_text(&reply, "op", tg_twin_op_name(command->op));
  tg_control_reply_text(&reply, "path", tg_path_text(&command->path, path));
  tg_control_reply_int(&reply, "priority", command->priority);
  tg_control_reply_int(&reply, "deadline", command->deadline_ms / 1000);
  tg_control_reply_bool(&reply, "durable", command->durable);
  if (command->tag.len) tg_control_reply_str(&reply, "tag", command->tag);
  if (command->replace_key.len) tg_control_reply_str(&reply, "replace_key", command->replace_key);
  tg_control_reply_send(&reply, listing->request->conn, false);
  listing->count++;
  return true;
}

static bool put_device(void *ud, const tg_device_t *device) {
  listing_t *listing = ud;
  listing->device = device;
  tg_twin_commands(listing->control->config.parts.twin, device->id, put_command, listing);
  return true;
}

void tg_control_queue_list(tg_control_t *control, const tg_control_request_t *request) {
  const tg_twin_t *twin = control->config.parts.twin;
  listing_t listing = {.control = control, .request = request};
  const tg_json_node_t *ep = tg_json_read_get(request->body, "ep");
  const tg_device_t *device = ep ? tg_twin_find_ep(twin, tg_json_read_str(ep)) : NULL;
  if (ep && !device) {
    tg_control_reply_error(request->conn, &request->tag, TG_E_NOT_FOUND,
                           "no device of this name; `tidegate devices` lists them");
    return;
  }
  if (device) (void)put_device(&listing, device);
  else tg_twin_each(twin, put_device, &listing);
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &request->tag);
  tg_control_reply_int(&reply, "count", listing.count);
  tg_control_reply_send(&reply, request->conn, true);
}

void tg_control_queue_cancel(tg_control_t *control, const tg_control_request_t *request) {
  uint64_t number = 0;
  tg_rc_t rc = tg_num_parse_u64(tg_json_read_str(tg_json_read_get(request->body, "command")), UINT64_MAX, &number);
  if (rc == TG_OK) rc = tg_twin_cancel(control->config.parts.twin, (tg_id_t)number);
  if (rc != TG_OK) {
    const char *why = rc == TG_E_GONE ? "no such command waits, or it has ended; `tidegate queue` lists them"
                                      : "command is a number that `tidegate queue` lists";
    tg_control_reply_error(request->conn, &request->tag, rc, why);
    return;
  }
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &request->tag);
  tg_control_reply_text(&reply, "state", "done");
  tg_control_reply_send(&reply, request->conn, true);
}
