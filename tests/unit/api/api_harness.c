/* SPDX-License-Identifier: Apache-2.0 */
/* See api_harness.h. */

#include "tests/unit/api/api_harness.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/log.h"

enum { SETTLE_TURNS = 12 };

static const char PRELUDE[] = "local tg = require 'tidegate' "
                              "local function say(...) for i = 1, select('#', ...) do "
                              "print(tostring((select(i, ...)))) end end ";

static void append(char *text, size_t cap, const char *line) {
  size_t used = strlen(text);
  snprintf(text + used, cap - used, "%s%s", used ? "\n" : "", line);
}

/* Only the loop's thread logs in these areas. */
static void on_line(void *ud, tg_log_level_t level, const char *area, const char *line) {
  api_harness_t *h = ud;
  if (strcmp(area, "script") != 0 && strcmp(area, "driver") != 0) return;
  const char *print = strstr(line, " print=");
  if (print) {
    size_t used = strlen(h->said);
    snprintf(h->said + used, sizeof h->said - used, "%s%s", h->has_said ? "; " : "", print + strlen(" print="));
    h->has_said = true;
  } else if (level <= TG_LOG_WARN) {
    append(h->log, sizeof h->log, line);
  }
}

static void at_turn_end(void *ud) {
  api_harness_t *h = ud;
  h->turns++;
  (void)tg_event_drain(h->events);
  (void)tg_store_end_turn(h->store);
  if (h->mqtt) tg_mqtt_pump(h->mqtt);
}

static void on_commit(void *ud, uint64_t ticket, tg_rc_t rc) {
  const api_harness_t *h = ud;
  (void)ticket;
  (void)rc;
  if (h->mqtt) tg_mqtt_pump(h->mqtt);
}

static void on_message(void *ud, const tg_mqtt_incoming_t *message) {
  const api_harness_t *h = ud;
  tg_api_on_mqtt_message(h->api, message);
}

static void on_state(void *ud, size_t broker, bool connected, const char *why) {
  const api_harness_t *h = ud;
  if (h->mqtt) tg_api_on_mqtt_state(h->api, broker, connected, why);
}

static void put_value(tg_buf_t *out, const tg_value_t *value) {
  tg_buf_put_fmt(out, "=%s:", tg_value_type_name(value->type));
  tg_value_put_text(out, value);
}

/* Seam tg_backend_ops_t.start: writes down what is wanted. */
static tg_rc_t start(void *ud, const tg_device_t *device, const tg_command_t *command) {
  api_harness_t *h = ud;
  (void)device;
  h->started++;
  h->asked = *command;
  tg_buf_t out;
  char path[TG_PATH_TEXT_MAX];
  tg_buf_init(&out, h->question, sizeof h->question - 1);
  tg_buf_put_fmt(&out, "%s %s", tg_twin_op_name(command->op), tg_path_text(&command->path, path));
  for (size_t i = 0; i < command->record_count; i++) {
    const tg_record_t *record = &command->records[i];
    if (!tg_path_eq(&record->path, &command->path)) tg_buf_put_fmt(&out, " %s", tg_path_text(&record->path, path));
    put_value(&out, &record->value);
  }
  if (command->text.len) tg_buf_put_fmt(&out, " text=%.*s", (int)command->text.len, (const char *)command->text.p);
  if (command->tag.len) tg_buf_put_fmt(&out, " tag=%.*s", (int)command->tag.len, (const char *)command->tag.p);
  h->question[out.len] = 0;
  return h->start_rc;
}

static void cancel(void *ud, const tg_device_t *device, tg_id_t command) {
  api_harness_t *h = ud;
  (void)device;
  (void)command;
  h->cancelled++;
}

const tg_backend_ops_t api_harness_backend = {.kind = "test", .start = start, .cancel = cancel};

static void load_objects(api_harness_t *h) {
  static const char *const files[] = {"objects/0000-security.lua", "objects/0003-device.lua",
                                      "objects/3303-temperature.lua"};
  for (size_t i = 0; i < TG_COUNT(files); i++) {
    const tg_embedded_file_t *file = tg_api_embedded(files[i]);
    assert_non_null(file);
    tg_rc_t rc = tg_api_objects_load(h->registry, file->name, tg_slice(file->bytes, file->len), &h->diag);
    if (rc != TG_OK) fail_msg("%s: %s", files[i], h->diag.message);
  }
}

static void open_mqtt(api_harness_t *h, const uint16_t *ports, size_t count) {
  static const char *const names[API_HARNESS_BROKERS] = {"main", "second"};
  char uris[API_HARNESS_BROKERS][64];
  tg_mqtt_broker_config_t brokers[API_HARNESS_BROKERS] = {0};
  assert_true(count <= API_HARNESS_BROKERS);
  for (size_t i = 0; i < count; i++) {
    snprintf(uris[i], sizeof uris[i], "mqtt://127.0.0.1:%u", ports[i]);
    brokers[i] = (tg_mqtt_broker_config_t){
        .name = names[i], .uri = uris[i], .version = 5, .reconnect_min_ms = 20, .reconnect_max_ms = 100};
  }
  const tg_mqtt_config_t config = {.loop = h->loop,
                                   .store = h->store,
                                   .brokers = brokers,
                                   .broker_count = count,
                                   .on_message = on_message,
                                   .on_state = on_state,
                                   .ud = h};
  if (tg_mqtt_new(&config, &h->diag, &h->mqtt) != TG_OK) fail_msg("%s", h->diag.message);
}

static void open_api(api_harness_t *h, const char *scripts, bool has_all) {
  const tg_api_config_t config = {.gateway_name = "gw 1", .scripts_dir = scripts};
  h->api = tg_api_new(&config);
  assert_non_null(h->api);
  tg_api_parts_t parts = {.loop = h->loop, .twin = h->twin, .events = h->events, .registry = h->registry};
  if (has_all) parts.store = h->store;
  if (has_all) parts.mqtt = h->mqtt;
  tg_api_attach(h->api, &parts);
}

void api_harness_bare(api_harness_t *h) {
  tg_api_free(h->api);
  open_api(h, NULL, false);
}

void api_harness_open_with(api_harness_t *h, const char *path, const char *scripts, const uint16_t *ports,
                           size_t count) {
  *h = (api_harness_t){.random = {.state = 1}};
  tg_log_setup(TG_LOG_DEBUG, on_line, h);
  h->loop = tg_loop_new();
  h->events = tg_event_bus_new(1024, 1 << 20);
  h->registry = tg_registry_new();
  const tg_twin_config_t twin = {.registry = h->registry,
                                 .events = h->events,
                                 .wheel = tg_loop_wheel(h->loop),
                                 .random = tg_random_fill_seeded,
                                 .random_ud = &h->random,
                                 .devices_max = 64,
                                 .commands_max = 256};
  h->twin = tg_twin_new(&twin);
  const tg_store_config_t store = {.path = path, .on_commit = on_commit, .ud = h};
  if (tg_store_open(h->loop, &store, &h->diag, &h->store) != TG_OK) fail_msg("%s", h->diag.message);
  load_objects(h);
  if (count) open_mqtt(h, ports, count);
  open_api(h, scripts, true);
  check_rc(tg_loop_each_turn(h->loop, at_turn_end, h), TG_OK);
}

void api_harness_open(api_harness_t *h) {
  api_harness_open_with(h, NULL, NULL, NULL, 0);
}

void api_harness_close(api_harness_t *h) {
  tg_api_free(h->api);
  tg_mqtt_free(h->mqtt);
  h->mqtt = NULL;
  tg_twin_free(h->twin);
  tg_event_bus_free(h->events);
  tg_store_close(h->store);
  tg_registry_free(h->registry);
  tg_loop_free(h->loop);
  tg_log_setup(TG_LOG_INFO, NULL, NULL);
}

tg_rc_t api_harness_try_bundle(api_harness_t *h, const tg_api_bundle_t *bundle) {
  return tg_api_load(h->api, bundle, &h->diag);
}

tg_rc_t api_harness_try(api_harness_t *h, const char *name, const char *source) {
  char file[96];
  snprintf(file, sizeof file, "%s.lua", name);
  const tg_api_bundle_t bundle = {.name = name, .file = file, .source = tg_slice_str(source)};
  return api_harness_try_bundle(h, &bundle);
}

void api_harness_load(api_harness_t *h, const char *name, const char *source) {
  tg_rc_t rc = api_harness_try(h, name, source);
  if (rc != TG_OK) fail_msg("%s: %s:%d: %s", tg_rc_name(rc), h->diag.file, h->diag.line, h->diag.message);
}

void api_harness_unload(api_harness_t *h, const char *name) {
  check_rc(tg_api_unload(h->api, name), TG_OK);
}

const char *api_harness_eval(api_harness_t *h, const char *code) {
  char source[8192];
  int len = snprintf(source, sizeof source, "%s%s\nreturn {}", PRELUDE, code);
  assert_true(len > 0 && (size_t)len < sizeof source);
  (void)api_harness_said(h);
  tg_rc_t rc = api_harness_try(h, "eval", source);
  if (rc != TG_OK) {
    char text[720];
    snprintf(text, sizeof text, "%s:%d: %s", h->diag.file, h->diag.line, h->diag.message);
    append(h->said, sizeof h->said, text);
  } else {
    api_harness_unload(h, "eval");
  }
  return api_harness_said(h);
}

const char *api_harness_said(api_harness_t *h) {
  memcpy(h->out, h->said, sizeof h->out);
  h->said[0] = 0;
  h->has_said = false;
  return h->out;
}

void api_harness_settle(api_harness_t *h) {
  for (int i = 0; i < SETTLE_TURNS; i++) {
    (void)tg_event_drain(h->events);
    tg_loop_turn(h->loop, 0);
  }
  (void)tg_event_drain(h->events);
}

void api_harness_wait_said(api_harness_t *h, const char *text) {
  uint64_t end = tg_clock_mono_ms() + API_HARNESS_WAIT_MS;
  while (!strstr(h->said, text)) {
    if (tg_clock_mono_ms() > end) fail_msg("\"%s\" was not said, but \"%s\"; the log: %s", text, h->said, h->log);
    (void)tg_event_drain(h->events);
    tg_loop_turn(h->loop, 10);
  }
}

void api_harness_pass(api_harness_t *h, unsigned ms) {
  uint64_t end = tg_clock_mono_ms() + ms;
  while (tg_clock_mono_ms() < end) tg_loop_turn(h->loop, (unsigned)(end - tg_clock_mono_ms()));
}

typedef struct sought {
  const char *name;
  tg_api_status_t status;
} sought_t;

static bool is_sought(void *ud, const tg_api_status_t *status) {
  sought_t *sought = ud;
  if (strcmp(status->name, sought->name) != 0) return true;
  sought->status = *status;
  return false;
}

tg_api_status_t api_harness_status(api_harness_t *h, const char *name) {
  sought_t sought = {.name = name};
  tg_api_each(h->api, is_sought, &sought);
  if (!sought.status.name) fail_msg("there is no bundle %s", name);
  snprintf(h->error, sizeof h->error, "%s", sought.status.last_error);
  sought.status.last_error = h->error;
  return sought.status;
}

tg_id_t api_harness_device(api_harness_t *h, const char *ep) {
  tg_path_t objects[] = {tg_path(2, 3, 0, 0), tg_path(2, 3303, 0, 0), tg_path(2, 3303, 1, 0)};
  const tg_device_info_t info = {.ep = tg_slice_str(ep),
                                 .backend = &api_harness_backend,
                                 .backend_ud = h,
                                 .link = "test0",
                                 .lifetime_s = 300,
                                 .enabler = TG_VERSION_1_1,
                                 .objects = objects,
                                 .object_count = TG_COUNT(objects)};
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_online(h->twin, &info, TG_EVENT_REGISTERED, &id), TG_OK);
  api_harness_settle(h);
  return id;
}

tg_id_t api_harness_lwm2m(api_harness_t *h, const char *ep, tg_version_t version) {
  static const tg_backend_ops_t backend = {.kind = "lwm2m", .start = start, .cancel = cancel};
  tg_path_t objects[] = {tg_path(2, 1, 0, 0), tg_path(2, 1, 2, 0), tg_path(2, 3, 0, 0), tg_path(2, 3303, 0, 0)};
  const tg_device_info_t info = {.ep = tg_slice_str(ep),
                                 .backend = &backend,
                                 .backend_ud = h,
                                 .link = "test0",
                                 .lifetime_s = 300,
                                 .enabler = version,
                                 .objects = objects,
                                 .object_count = TG_COUNT(objects)};
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_online(h->twin, &info, TG_EVENT_REGISTERED, &id), TG_OK);
  api_harness_settle(h);
  return id;
}

static tg_path_t path_of(const char *text) {
  tg_path_t path = tg_path(0, 0, 0, 0);
  check_rc(tg_path_parse(tg_slice_str(text), &path), TG_OK);
  return path;
}

void api_harness_put(api_harness_t *h, tg_id_t device, const char *path, tg_value_t value) {
  const tg_record_t record = {.path = path_of(path), .value = value, .time_ms = 1700000000500};
  const tg_event_records_t records = {.items = &record, .count = 1, .source = TG_SOURCE_NOTIFY};
  check_rc(tg_twin_put(h->twin, device, &records), TG_OK);
  api_harness_settle(h);
}

void api_harness_answer(api_harness_t *h, const tg_command_result_t *result) {
  tg_twin_finish(h->twin, h->asked.id, result);
  api_harness_settle(h);
}

void api_harness_answer_records(api_harness_t *h, const tg_record_t *records, size_t count) {
  const tg_command_result_t result = {
      .state = TG_COMMAND_DONE, .code = count ? 0x45 : 0x44, .records = records, .record_count = count};
  api_harness_answer(h, &result);
}

void api_harness_emit(api_harness_t *h, const tg_event_t *event) {
  check_rc(tg_event_emit(h->events, event), TG_OK);
  api_harness_settle(h);
}

void check_has_at(const char *text, const char *part, const char *file, int line) {
  if (strstr(text, part)) return;
  print_error("%s:%d: \"%s\" does not have \"%s\"\n", file, line, text, part);
  _fail(file, line);
}

void api_harness_check_rows(api_harness_t *h, const api_harness_row_t *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const char *said = api_harness_eval(h, rows[i].code);
    if (strcmp(said, rows[i].says) != 0) fail_msg("%s\nsays %s\nnot  %s", rows[i].code, said, rows[i].says);
  }
}

void api_harness_check_parts(api_harness_t *h, const api_harness_row_t *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const char *said = api_harness_eval(h, rows[i].code);
    if (!strstr(said, rows[i].says)) fail_msg("%s\nsays %s\nnot  %s", rows[i].code, said, rows[i].says);
  }
}
