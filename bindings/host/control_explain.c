/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why there is no value: what twin, server, scripts and brokers know, looked through in the order in which a value would have to come.
 * Asks no device. Called by control_ops.c. See control_explain.h.
 */

#include "bindings/host/control_explain.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/clock.h"

enum { SERVER_OBJECT = 1, SERVER_MUTE = 23, MESSAGE_MAX = 320 };

/* One question, and what was found so far. */
typedef struct quest {
  const tg_control_t *control;
  const tg_control_request_t *request;
  tg_slice_t ep;
  tg_path_t path;
  char text[TG_PATH_TEXT_MAX]; /* of path */
  const tg_device_t *device;
  tg_model_t model;
  bool speaks_lwm2m;
  int64_t values;
  tg_record_t newest; /* of the values; its bytes are lent */
  bool is_observed;   /* at, above or below path */
  bool in_composite;  /* the device has a composite observation, maybe with this path */
  int64_t found;
} quest_t;

/* What a finding has besides its code and message. */
typedef struct detail {
  bool blocks;
  int64_t since_ms; /* 0: not known */
  int64_t until_ms;
  const tg_record_t *record;
} detail_t;

static void put_time(tg_control_reply_t *reply, const char *key, int64_t ms) {
  if (!ms) return;
  tg_json_write_key(&reply->json, key);
  tg_json_write_double(&reply->json, (double)ms / 1000);
}

TG_PRINTF(4, 5)
static void find(quest_t *quest, const char *code, detail_t detail, const char *format, ...) {
  char message[MESSAGE_MAX];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &quest->request->tag);
  tg_control_reply_text(&reply, "code", code);
  tg_control_reply_text(&reply, "message", message);
  tg_control_reply_bool(&reply, "blocks", detail.blocks);
  put_time(&reply, "since", detail.since_ms);
  put_time(&reply, "until", detail.until_ms);
  if (detail.record) tg_control_reply_record(&reply, &quest->model, detail.record);
  tg_control_reply_send(&reply, quest->request->conn, false);
  quest->found++;
}

static const tg_control_fact_t *fact_of(const quest_t *quest, tg_control_fact_kind_t kind, const tg_path_t *path) {
  return tg_control_facts_find(quest->control->facts, quest->ep, kind, path);
}

/* The value itself */

static bool on_value(void *ud, const tg_record_t *record) {
  quest_t *quest = ud;
  if (quest->values++ == 0 || record->time_ms > quest->newest.time_ms) quest->newest = *record;
  return true;
}

static void look_at_values(quest_t *quest) {
  tg_twin_values(quest->control->config.parts.twin, quest->device->id, &quest->path, on_value, quest);
  if (quest->values == 0) return;
  const detail_t detail = {.since_ms = quest->newest.time_ms, .record = &quest->newest};
  if (quest->values == 1 && tg_path_eq(&quest->newest.path, &quest->path))
    find(quest, "value", detail, "there is a value");
  else find(quest, "value", detail, "%lld values are known, this one is the newest", (long long)quest->values);
}

/* The device */

static void look_for_stranger(quest_t *quest) {
  const tg_control_fact_t *refused = fact_of(quest, TG_CONTROL_FACT_REGISTER_REFUSED, NULL);
  find(quest, "unknown_device", (detail_t){.blocks = true},
       "no device of this name has registered, or it left more than a day ago; `tidegate devices` lists those known");
  if (refused)
    find(quest, "register_refused", (detail_t){.blocks = true, .since_ms = refused->time_ms},
         "its registration was refused: %s", refused->text);
}

static void look_at_presence(quest_t *quest) {
  const tg_device_t *device = quest->device;
  const tg_control_fact_t *left = fact_of(quest, TG_CONTROL_FACT_LEFT, NULL);
  const tg_control_fact_t *refused = fact_of(quest, TG_CONTROL_FACT_REGISTER_REFUSED, NULL);
  if (!device->online && device->last_seen_ms == 0)
    find(quest, "never_registered", (detail_t){.blocks = true},
         "it has not been heard since the gateway started; only its commands are known");
  else if (!device->online)
    find(quest, "offline", (detail_t){.blocks = true, .since_ms = left ? left->time_ms : device->last_seen_ms},
         "it is not registered: %s", left ? left->text : "it left");
  if (refused && refused->time_ms >= device->last_seen_ms)
    find(quest, "register_refused", (detail_t){.blocks = !device->online, .since_ms = refused->time_ms},
         "its registration was refused: %s", refused->text);
  if (!device->online || device->awake) return;
  int64_t until = device->lifetime_s ? device->last_seen_ms + (int64_t)device->lifetime_s * 1000 : 0;
  if (device->asleep_until_ms) until = device->asleep_until_ms;
  find(quest, "asleep", (detail_t){.blocks = true, .since_ms = device->last_seen_ms, .until_ms = until},
       "it sleeps; commands wait until it is heard again, at the latest when its registration has to be updated");
}

/* What it has */

static bool is_security(const tg_path_t *path) {
  return path->len && (path->id[0] == 0 || path->id[0] == 21 || path->id[0] == 23);
}

static bool is_announced(const tg_device_t *device, const tg_path_t *path) {
  for (size_t i = 0; i < device->object_count; i++) {
    if (tg_path_covers(path, &device->objects[i])) return true;
  }
  return false;
}

static void look_at_objects(quest_t *quest) {
  const tg_device_t *device = quest->device;
  tg_path_t object = tg_path(TG_PATH_OBJECT, quest->path.id[0], 0, 0);
  tg_path_t instance = tg_path(TG_PATH_INSTANCE, quest->path.id[0], quest->path.id[1], 0);
  if (is_security(&quest->path))
    find(quest, "forbidden", (detail_t){.blocks = true}, "security objects are no business of a server");
  else if (!device->online || !quest->speaks_lwm2m || quest->path.len == 0) return;
  else if (!is_announced(device, &object))
    find(quest, "no_object", (detail_t){.blocks = true},
         "it announced no object /%u; `tidegate discover` lists what it has", (unsigned)quest->path.id[0]);
  else if (quest->path.len >= TG_PATH_INSTANCE && !is_announced(device, &instance))
    find(quest, "no_instance", (detail_t){.blocks = true}, "it announced object /%u, but no instance /%u/%u",
         (unsigned)quest->path.id[0], (unsigned)quest->path.id[0], (unsigned)quest->path.id[1]);
}

static void look_at_definition(quest_t *quest) {
  if (quest->path.len == 0 || is_security(&quest->path)) return;
  const tg_objdef_t *object = tg_model_object(&quest->model, quest->path.id[0]);
  if (!object) {
    find(quest, "undefined_object", (detail_t){0},
         "nobody defined object /%u; values come without names, and typed only as far as their format tells",
         (unsigned)quest->path.id[0]);
    return;
  }
  if (quest->path.len < TG_PATH_RESOURCE) return;
  const tg_resdef_t *resource = tg_objdef_find(object, quest->path.id[2]);
  if (!resource)
    find(quest, "undefined_resource", (detail_t){0}, "object /%u (%s) has no resource %u by its definition",
         (unsigned)object->id, object->name, (unsigned)quest->path.id[2]);
  else if (resource->ops & TG_OPS_EXECUTE)
    find(quest, "executable", (detail_t){.blocks = true}, "%s is executed; it has no value", resource->name);
  else if (!(resource->ops & TG_OPS_READ))
    find(quest, "write_only", (detail_t){.blocks = true}, "%s can be written, not read", resource->name);
}

/* How it would come */

static bool on_observed(void *ud, const tg_path_t *path) {
  quest_t *quest = ud;
  if (path->len == 0) quest->in_composite = true;
  else if (tg_path_covers(path, &quest->path) || tg_path_covers(&quest->path, path)) quest->is_observed = true;
  return true;
}

static void look_at_observations(quest_t *quest) {
  if (!quest->device->online) return;
  if (!quest->speaks_lwm2m) {
    if (quest->values == 0)
      find(quest, "driver_silent", (detail_t){.blocks = true}, "its driver has put no value here");
    return;
  }
  tg_server_observed(quest->control->config.parts.server, quest->device, on_observed, quest);
  const tg_control_fact_t *refused = fact_of(quest, TG_CONTROL_FACT_OBSERVE_REFUSED, &quest->path);
  char path[TG_PATH_TEXT_MAX];
  if (quest->is_observed && quest->values)
    find(quest, "observed", (detail_t){0}, "it is observed: the device tells when it changes, as its attributes say");
  else if (quest->is_observed)
    find(quest, "not_reported", (detail_t){.blocks = true},
         "it is observed, but nothing that came had this value: the device seems not to have it");
  else if (quest->in_composite)
    find(quest, "composite", (detail_t){0},
         "several paths of the device are observed as one, this one may be among them");
  else if (!refused)
    find(quest, "not_observed", (detail_t){.blocks = quest->values == 0},
         quest->values
             ? "it is not observed: the value is as old as what brought it"
             : "it is not observed, and nothing has brought a value; see `tidegate observe` and server.observe");
  if (refused && !quest->is_observed)
    find(quest, "observe_refused", (detail_t){.blocks = quest->values == 0, .since_ms = refused->time_ms},
         "an observation of %s came to nothing: %s", tg_path_text(&refused->path, path), refused->text);
}

static void look_at_reads(quest_t *quest) {
  const tg_control_fact_t *failed = fact_of(quest, TG_CONTROL_FACT_READ_FAILED, &quest->path);
  const tg_control_fact_t *payload = fact_of(quest, TG_CONTROL_FACT_PAYLOAD_REFUSED, NULL);
  int64_t known_ms = quest->values ? quest->newest.time_ms : 0;
  char path[TG_PATH_TEXT_MAX];
  if (failed && failed->time_ms > known_ms)
    find(quest, "read_failed", (detail_t){.blocks = quest->values == 0, .since_ms = failed->time_ms},
         "the last read of %s failed: %s", tg_path_text(&failed->path, path), failed->text);
  if (payload && payload->time_ms > known_ms)
    find(quest, "payload_refused", (detail_t){.since_ms = payload->time_ms},
         "what the device sent last was refused: %s", payload->text);
}

typedef struct waiting {
  const tg_path_t *path;
  int64_t count;
  int64_t until_ms; /* the last deadline */
} waiting_t;

static bool on_command(void *ud, const tg_command_t *command, tg_command_state_t state) {
  (void)state;
  waiting_t *waiting = ud;
  if (!tg_path_covers(&command->path, waiting->path) && !tg_path_covers(waiting->path, &command->path)) return true;
  waiting->count++;
  if (command->deadline_ms > waiting->until_ms) waiting->until_ms = command->deadline_ms;
  return true;
}

static void look_at_commands(quest_t *quest) {
  waiting_t waiting = {.path = &quest->path};
  tg_twin_commands(quest->control->config.parts.twin, quest->device->id, on_command, &waiting);
  if (waiting.count)
    find(quest, "command_waits", (detail_t){.until_ms = waiting.until_ms},
         "%lld commands for it have not ended; `tidegate queue` lists them", (long long)waiting.count);
}

static bool on_server(void *ud, const tg_record_t *record) {
  quest_t *quest = ud;
  if (record->path.len != TG_PATH_RESOURCE || record->path.id[2] != SERVER_MUTE) return true;
  if (record->value.type != TG_TYPE_BOOLEAN || !record->value.b) return true;
  find(quest, "muted", (detail_t){.since_ms = record->time_ms}, "it is muted (/1/%u/%d): it sends nothing by itself",
       (unsigned)record->path.id[1], SERVER_MUTE);
  return false;
}

static void look_at_mute(quest_t *quest) {
  const tg_path_t servers = tg_path(TG_PATH_OBJECT, SERVER_OBJECT, 0, 0);
  tg_twin_values(quest->control->config.parts.twin, quest->device->id, &servers, on_server, quest);
}

/* What comes behind the twin: scripts and brokers */

static bool on_script(void *ud, const tg_api_status_t *status) {
  quest_t *quest = ud;
  if (status->state == TG_API_DISABLED)
    find(quest, "script_disabled", (detail_t){0}, "script %s is switched off after failures: %s", status->name,
         status->last_error);
  else if (*status->last_error)
    find(quest, "script_error", (detail_t){0}, "script %s failed in %llu calls, the last time: %s", status->name,
         (unsigned long long)status->errors, status->last_error);
  return true;
}

static void look_at_links(quest_t *quest) {
  const tg_gateway_parts_t *parts = &quest->control->config.parts;
  for (size_t i = 0; i < parts->link_count; i++) {
    tg_link_udp_stats_t stats;
    if (tg_link_udp_stats(parts->links[i], &stats) && stats.rx_dropped)
      find(quest, "datagrams_dropped", (detail_t){0}, "the receive buffer of link %s was full for %llu datagrams",
           parts->links[i]->name, (unsigned long long)stats.rx_dropped);
  }
}

static void look_at_brokers(quest_t *quest) {
  const tg_mqtt_t *mqtt = quest->control->config.parts.mqtt;
  for (size_t i = 0; mqtt && *tg_mqtt_broker_name(mqtt, i); i++) {
    tg_mqtt_stats_t stats;
    tg_mqtt_stats(mqtt, i, &stats);
    if (!stats.connected)
      find(quest, "broker_down", (detail_t){0}, "broker %s is not connected; messages for it wait in the outbox",
           tg_mqtt_broker_name(mqtt, i));
  }
  if (!quest->control->config.parts.store) return;
  tg_store_stats_t stats;
  tg_store_stats(quest->control->config.parts.store, &stats);
  if (stats.outbox_refused && stats.outbox_rows)
    find(quest, "outbox_full", (detail_t){0}, "%llu messages found no room in the outbox, in which %llu wait",
         (unsigned long long)stats.outbox_refused, (unsigned long long)stats.outbox_rows);
  if (stats.failed_commits)
    find(quest, "store_failed", (detail_t){0}, "the store failed to write %llu times; the log says why",
         (unsigned long long)stats.failed_commits);
}

static void look(quest_t *quest) {
  const tg_control_scripts_t *scripts = &quest->control->config.scripts;
  if (!quest->device) {
    look_for_stranger(quest);
  } else {
    look_at_values(quest);
    look_at_presence(quest);
    look_at_objects(quest);
    look_at_definition(quest);
    look_at_observations(quest);
    look_at_reads(quest);
    look_at_commands(quest);
    look_at_mute(quest);
  }
  look_at_links(quest);
  if (scripts->each) scripts->each(scripts->ud, on_script, quest);
  look_at_brokers(quest);
}

void tg_control_explain(tg_control_t *control, const tg_control_request_t *request) {
  const tg_twin_t *twin = control->config.parts.twin;
  quest_t quest = {
      .control = control, .request = request, .ep = tg_json_read_str(tg_json_read_get(request->body, "ep"))};
  tg_rc_t rc = tg_path_parse(tg_json_read_str(tg_json_read_get(request->body, "path")), &quest.path);
  if (rc != TG_OK || quest.ep.len == 0) {
    tg_control_reply_error(request->conn, &request->tag, rc == TG_OK ? TG_E_ARG : rc,
                           "explain wants the name of a device and a path such as /3303/0/5700");
    return;
  }
  quest.device = tg_twin_find_ep(twin, quest.ep);
  if (quest.device) {
    quest.model = tg_twin_model(twin, quest.device);
    quest.speaks_lwm2m = quest.device->backend && strcmp(quest.device->backend->kind, "lwm2m") == 0;
  }
  look(&quest);
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &request->tag);
  tg_control_reply_str(&reply, "ep", quest.ep);
  tg_control_reply_text(&reply, "target", tg_path_text(&quest.path, quest.text));
  tg_control_reply_int(&reply, "values", quest.values);
  tg_control_reply_int(&reply, "count", quest.found);
  tg_control_reply_send(&reply, request->conn, true);
}
