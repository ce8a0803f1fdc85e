/* SPDX-License-Identifier: Apache-2.0 */
/* The table of requests of the control socket, and those that are answered at once; called by control_server.c. See control_ops.h. */

#include "bindings/host/control_ops.h"

#include <fnmatch.h>
#include <stdio.h>

#include "bindings/host/control_campaign.h"
#include "bindings/host/control_command.h"
#include "bindings/host/control_events.h"
#include "bindings/host/control_explain.h"
#include "bindings/host/control_firmware.h"
#include "bindings/host/control_limits.h"
#include "bindings/host/control_queue.h"
#include "core/server/quirk.h"

typedef void (*op_fn)(tg_control_t *control, const tg_control_request_t *request);

typedef struct op {
  const char *name;
  op_fn fn;
} op_t;

typedef struct listing {
  const tg_control_t *control;
  const tg_control_request_t *request;
  const char *glob; /* NULL: all */
  int64_t count;
} listing_t;

static void end_listing(const listing_t *listing) {
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &listing->request->tag);
  tg_control_reply_int(&reply, "count", listing->count);
  tg_control_reply_send(&reply, listing->request->conn, true);
}

static const char *device_state(const tg_device_t *device) {
  if (!device->online) return "offline";
  return device->awake ? "online" : "asleep";
}

static void put_objects(tg_control_reply_t *reply, const tg_device_t *device) {
  tg_json_write_key(&reply->json, "objects");
  tg_json_write_open(&reply->json, '[');
  for (size_t i = 0; i < device->object_count; i++) {
    char path[TG_PATH_TEXT_MAX];
    tg_json_write_str(&reply->json, tg_slice_str(tg_path_text(&device->objects[i], path)));
  }
  tg_json_write_close(&reply->json, ']');
}

static void put_tags(tg_control_reply_t *reply, const tg_device_t *device) {
  if (!device->tags) return;
  tg_json_write_key(&reply->json, "tags");
  tg_json_write_open(&reply->json, '[');
  for (tg_slice_t rest = tg_slice_str(device->tags); rest.len;)
    tg_json_write_str(&reply->json, tg_slice_take(&rest, ' '));
  tg_json_write_close(&reply->json, ']');
}

/* Names, each with how often it was tolerated since the start; those of profiles may not have been needed yet. */
static void put_quirks(tg_control_reply_t *reply, const tg_device_t *device) {
  if (!device->quirks) return;
  tg_json_write_key(&reply->json, "quirks");
  tg_json_write_open(&reply->json, '{');
  for (unsigned i = 0; i < 32; i++) {
    const char *name = device->quirks >> i & 1 ? tg_quirk_name(i) : NULL;
    if (name) tg_control_reply_int(reply, name, device->quirk_counts ? device->quirk_counts[i] : 0);
  }
  tg_json_write_close(&reply->json, '}');
}

/* What is known of when it listens; nothing of one that always does. */
static void put_sleep(tg_control_reply_t *reply, const tg_device_t *device) {
  if (!device->online) return;
  if (device->awake_window_ms) {
    tg_json_write_key(&reply->json, "awake_window");
    tg_json_write_double(&reply->json, device->awake_window_ms / 1000.0);
  }
  if (!device->awake && device->asleep_until_ms)
    tg_control_reply_int(reply, "asleep_until", device->asleep_until_ms / 1000);
}

static bool put_device(void *ud, const tg_device_t *device) {
  listing_t *listing = ud;
  if (listing->glob && fnmatch(listing->glob, device->ep, 0) != 0) return true;
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &listing->request->tag);
  tg_control_reply_text(&reply, "ep", device->ep);
  tg_control_reply_text(&reply, "state", device_state(device));
  tg_control_reply_text(&reply, "link", device->link ? device->link : "");
  tg_control_reply_text(&reply, "kind", device->backend ? device->backend->kind : "");
  tg_control_reply_int(&reply, "lifetime", device->lifetime_s);
  tg_control_reply_int(&reply, "since", device->since_ms / 1000);
  tg_control_reply_int(&reply, "last_seen", device->last_seen_ms / 1000);
  tg_control_reply_int(&reply, "waiting", device->queued);
  put_sleep(&reply, device);
  put_objects(&reply, device);
  if (device->wire_ep) tg_control_reply_text(&reply, "wire_ep", device->wire_ep);
  put_tags(&reply, device);
  put_quirks(&reply, device);
  tg_control_reply_send(&reply, listing->request->conn, false);
  listing->count++;
  return true;
}

static void op_devices(tg_control_t *control, const tg_control_request_t *request) {
  char glob[256];
  tg_slice_t given = tg_json_read_str(tg_json_read_get(request->body, "ep"));
  if (given.len >= sizeof glob) {
    tg_control_reply_error(request->conn, &request->tag, TG_E_TOO_LONG, "ep is longer than 255 bytes");
    return;
  }
  if (given.len) memcpy(glob, given.p, given.len);
  glob[given.len] = '\0';
  listing_t listing = {control, request, given.len ? glob : NULL, 0};
  tg_twin_each(control->config.parts.twin, put_device, &listing);
  end_listing(&listing);
}

static bool put_script(void *ud, const tg_api_status_t *status) {
  listing_t *listing = ud;
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &listing->request->tag);
  tg_control_reply_text(&reply, "name", status->name);
  tg_control_reply_text(&reply, "file", status->file);
  tg_control_reply_text(&reply, "version", status->version);
  tg_control_reply_text(&reply, "state", status->state == TG_API_RUNNING ? "running" : "disabled");
  tg_control_reply_int(&reply, "generation", status->generation);
  tg_control_reply_int(&reply, "calls", (int64_t)status->calls);
  tg_control_reply_int(&reply, "errors", (int64_t)status->errors);
  tg_control_reply_int(&reply, "overruns", (int64_t)status->overruns);
  tg_control_reply_int(&reply, "published", (int64_t)status->published);
  tg_control_reply_int(&reply, "failures_in_row", status->failures_in_row);
  tg_control_reply_int(&reply, "memory", (int64_t)status->memory);
  tg_control_reply_int(&reply, "memory_peak", (int64_t)status->memory_peak);
  tg_control_reply_int(&reply, "handles", (int64_t)status->handles);
  tg_control_reply_int(&reply, "sockets", (int64_t)status->sockets);
  tg_control_reply_int(&reply, "requests", (int64_t)status->requests);
  tg_control_reply_int(&reply, "tasks", (int64_t)status->tasks);
  if (*status->last_error) tg_control_reply_text(&reply, "last_error", status->last_error);
  tg_control_reply_send(&reply, listing->request->conn, false);
  listing->count++;
  return true;
}

static void op_scripts(tg_control_t *control, const tg_control_request_t *request) {
  listing_t listing = {control, request, NULL, 0};
  const tg_control_scripts_t *scripts = &control->config.scripts;
  if (scripts->each) scripts->each(scripts->ud, put_script, &listing);
  end_listing(&listing);
}

static void op_reload(tg_control_t *control, const tg_control_request_t *request) {
  const tg_control_scripts_t *scripts = &control->config.scripts;
  tg_diag_t diag = {0};
  tg_rc_t rc = TG_E_UNSUPPORTED;
  if (scripts->reload)
    rc = scripts->reload(scripts->ud, tg_json_read_str(tg_json_read_get(request->body, "name")), &diag);
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &request->tag);
  tg_control_reply_text(&reply, "state", rc == TG_OK ? "done" : "failed");
  if (rc != TG_OK) {
    char message[sizeof diag.file + sizeof diag.message + 16];
    (void)snprintf(message, sizeof message, "%s:%d: %s", diag.file, diag.line, diag.message);
    tg_control_reply_text(&reply, "error", tg_rc_name(rc));
    tg_control_reply_text(&reply, "message", diag.file[0] ? message : diag.message[0] ? diag.message : tg_rc_text(rc));
  }
  tg_control_reply_send(&reply, request->conn, true);
}

/* What its kind counts beside. */
static void put_link_stats(const tg_link_t *link, tg_control_reply_t *reply) {
  tg_link_udp_stats_t stats;
  if (!tg_link_udp_stats(link, &stats)) return;
  tg_control_reply_int(reply, "receive_buffer", (int64_t)stats.rcvbuf);
  tg_control_reply_int(reply, "dropped", (int64_t)stats.rx_dropped);
}

static void put_links(const tg_control_t *control, tg_control_reply_t *reply) {
  tg_json_write_key(&reply->json, "links");
  tg_json_write_open(&reply->json, '[');
  size_t count = control->config.gateway ? tg_gateway_link_count(control->config.gateway) : 0;
  for (size_t i = 0; i < count; i++) {
    const tg_link_t *link = tg_gateway_link(control->config.gateway, i);
    tg_json_write_open(&reply->json, '{');
    tg_control_reply_text(reply, "name", link->name);
    tg_control_reply_text(reply, "kind", link->ops->kind);
    put_link_stats(link, reply);
    tg_json_write_close(&reply->json, '}');
  }
  tg_json_write_close(&reply->json, ']');
}

static void put_brokers(const tg_control_t *control, tg_control_reply_t *reply) {
  const tg_mqtt_t *mqtt = control->config.parts.mqtt;
  tg_json_write_key(&reply->json, "brokers");
  tg_json_write_open(&reply->json, '[');
  for (size_t i = 0; mqtt && *tg_mqtt_broker_name(mqtt, i); i++) {
    tg_mqtt_stats_t stats;
    tg_mqtt_stats(mqtt, i, &stats);
    tg_json_write_open(&reply->json, '{');
    tg_control_reply_text(reply, "name", tg_mqtt_broker_name(mqtt, i));
    tg_control_reply_bool(reply, "connected", stats.connected);
    tg_control_reply_int(reply, "confirmed", (int64_t)stats.confirmed);
    tg_control_reply_int(reply, "refused", (int64_t)stats.refused);
    tg_control_reply_int(reply, "received", (int64_t)stats.received);
    tg_json_write_close(&reply->json, '}');
  }
  tg_json_write_close(&reply->json, ']');
}

static void put_store(const tg_control_t *control, tg_control_reply_t *reply) {
  if (!control->config.parts.store) return;
  tg_store_stats_t stats;
  tg_store_stats(control->config.parts.store, &stats);
  tg_control_reply_text(reply, "gw", tg_store_gateway_id(control->config.parts.store));
  tg_control_reply_int(reply, "outbox_rows", (int64_t)stats.outbox_rows);
  tg_control_reply_int(reply, "outbox_bytes", (int64_t)stats.outbox_bytes);
  tg_control_reply_int(reply, "outbox_refused", (int64_t)stats.outbox_refused);
  tg_control_reply_int(reply, "failed_commits", (int64_t)stats.failed_commits);
}

static void op_status(tg_control_t *control, const tg_control_request_t *request) {
  const tg_gateway_parts_t *parts = &control->config.parts;
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &request->tag);
  tg_control_reply_text(&reply, "name", control->config.gateway_name);
  tg_control_reply_text(&reply, "version", TG_VERSION);
  tg_control_reply_int(&reply, "uptime", (int64_t)(tg_loop_now(parts->loop) - control->started_ms) / 1000);
  tg_control_reply_int(&reply, "devices", (int64_t)tg_twin_count(parts->twin));
  tg_control_reply_int(&reply, "clients", (int64_t)control->conn_count);
  tg_control_reply_int(&reply, "clients_dropped_slow", (int64_t)control->dropped_slow);
  tg_control_reply_int(&reply, "clients_refused", (int64_t)control->refused);
  put_store(control, &reply);
  put_links(control, &reply);
  put_brokers(control, &reply);
  tg_control_reply_send(&reply, request->conn, true);
}

static const op_t ops[] = {
    {"status", op_status},
    {"limits", tg_control_limits},
    {"devices", op_devices},
    {"scripts", op_scripts},
    {"reload", op_reload},
    {"log", tg_control_events_log},
    {"explain", tg_control_explain},
    {"queue", tg_control_queue_list},
    {"cancel_command", tg_control_queue_cancel},
    {"read", tg_control_command_submit},
    {"read_composite", tg_control_command_submit},
    {"write", tg_control_command_submit},
    {"update", tg_control_command_submit},
    {"execute", tg_control_command_submit},
    {"create", tg_control_command_submit},
    {"write_composite", tg_control_command_submit},
    {"observe_composite", tg_control_command_submit},
    {"trigger", tg_control_command_submit},
    {"disable", tg_control_command_submit},
    {"bootstrap", tg_control_command_submit},
    {"prefer", tg_control_command_submit},
    {"mute", tg_control_command_submit},
    {"delete", tg_control_command_submit},
    {"discover", tg_control_command_submit},
    {"observe", tg_control_command_submit},
    {"cancel", tg_control_command_submit},
    {"attributes", tg_control_command_submit},
    {"firmware_images", tg_control_firmware_images},
    {"firmware_add", tg_control_firmware_add},
    {"firmware_remove", tg_control_firmware_remove},
    {"firmware_update", tg_control_firmware_update},
    {"firmware_status", tg_control_firmware_status},
    {"firmware_apply", tg_control_firmware_apply},
    {"firmware_cancel", tg_control_firmware_cancel},
    {"campaign_start", tg_control_campaign_start},
    {"campaign_pause", tg_control_campaign_pause},
    {"campaign_resume", tg_control_campaign_resume},
    {"campaign_cancel", tg_control_campaign_cancel},
    {"campaign_show", tg_control_campaign_show},
    {"campaigns", tg_control_campaign_list},
};

static void route(tg_control_t *control, tg_control_request_t *request) {
  tg_slice_t id = tg_json_read_str(tg_json_read_get(request->body, "id"));
  if (id.len > TG_CONTROL_TAG_MAX) {
    tg_control_reply_error(request->conn, NULL, TG_E_TOO_LONG, "id is longer than 64 bytes");
    return;
  }
  request->tag.len = (uint8_t)id.len;
  if (id.len) memcpy(request->tag.b, id.p, id.len);
  tg_slice_t name = tg_json_read_str(tg_json_read_get(request->body, "op"));
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
    if (!tg_slice_is(name, ops[i].name)) continue;
    ops[i].fn(control, request);
    return;
  }
  tg_control_reply_error(
      request->conn, &request->tag, TG_E_UNSUPPORTED,
      "op is one of status limits devices scripts reload log explain queue cancel_command read read_composite write write_composite update execute create delete discover observe observe_composite cancel attributes trigger disable bootstrap prefer mute "
      "firmware_images firmware_add firmware_remove firmware_update firmware_status firmware_apply firmware_cancel campaign_start campaign_pause campaign_resume campaign_cancel campaign_show campaigns");
}

void tg_control_ops_line(tg_control_t *control, tg_control_conn_t *conn, tg_slice_t line) {
  tg_json_t *doc = NULL;
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_json_read(line, TG_CONTROL_LINE_MAX, &diag, &doc);
  if (rc != TG_OK) {
    control->long_lines += line.len > TG_CONTROL_LINE_MAX;
    tg_control_reply_error(conn, NULL, rc, diag.message);
    return;
  }
  tg_control_request_t request = {.conn = conn, .body = tg_json_read_root(doc)};
  if (tg_json_read_kind(request.body) == TG_JSON_OBJECT) route(control, &request);
  else tg_control_reply_error(conn, NULL, TG_E_TYPE, "a request is a JSON object");
  tg_json_read_free(doc);
}
