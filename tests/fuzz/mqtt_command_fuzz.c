/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages to the topics where commands are taken, read by the real dialect in a real Lua machine. Input: steps of one byte kind and
 * what the kind needs; a message takes the rest of its line up to a line feed, but for the last one, which takes all.
 *
 * Whatever comes, no script fails, everything published is JSON under a topic that may be published, and every message to a command
 * topic is answered, at once or when the command has ended. Each input has a device of its own, so that what an earlier input asked for is nobody's business.
 */

#include <stdio.h>

#include "bindings/api/api.h"
#include "core/base/log.h"
#include "core/codec/json_read.h"
#include "core/mqtt/topic.h"
#include "tests/fuzz/store_fake.h"

enum { STEPS_MAX = 24, STARTED_MAX = 64, PUBLISHED_MAX = 262144, GENERATION = 3000 };

/* ---- a broker that takes note ---- */

struct tg_mqtt {
  unsigned published;
  tg_rc_t rc;
};

tg_rc_t tg_mqtt_broker(const tg_mqtt_t *mqtt, tg_slice_t name, size_t *broker) {
  (void)mqtt;
  *broker = 0;
  return tg_slice_is(name, "main") ? TG_OK : TG_E_NOT_FOUND;
}

const char *tg_mqtt_broker_name(const tg_mqtt_t *mqtt, size_t broker) {
  (void)mqtt;
  return broker ? "" : "main";
}

tg_rc_t tg_mqtt_publish(tg_mqtt_t *mqtt, const tg_mqtt_publish_t *message) {
  tg_json_t *doc = NULL;
  tg_rc_t rc = tg_topic_check(message->topic);
  if (rc != TG_OK) return rc;
  if (message->payload.len > PUBLISHED_MAX) return TG_E_TOO_LONG;
  fuzz_require(tg_slice_begins(message->topic, tg_slice_str("tidegate/")));
  fuzz_require(tg_json_read(message->payload, PUBLISHED_MAX, NULL, &doc) == TG_OK);
  fuzz_require(tg_json_read_kind(tg_json_read_root(doc)) == TG_JSON_OBJECT);
  tg_json_read_free(doc);
  mqtt->published++;
  return mqtt->rc;
}

tg_rc_t tg_mqtt_subscribe(tg_mqtt_t *mqtt, size_t broker, tg_slice_t filter, uint8_t qos) {
  (void)mqtt, (void)broker, (void)qos;
  return tg_topic_check_filter(filter);
}

void tg_mqtt_unsubscribe(tg_mqtt_t *mqtt, size_t broker, tg_slice_t filter) {
  (void)mqtt, (void)broker, (void)filter;
}

void tg_mqtt_stats(const tg_mqtt_t *mqtt, size_t broker, tg_mqtt_stats_t *stats) {
  (void)mqtt, (void)broker;
  *stats = (tg_mqtt_stats_t){.connected = true};
}

/* ---- the world ---- */

typedef struct world {
  tg_loop_t *loop;
  tg_event_bus_t *events;
  tg_registry_t *registry;
  tg_twin_t *twin;
  tg_api_t *api;
  tg_store_t store;
  tg_mqtt_t mqtt;
  tg_random_seeded_t random;
  tg_id_t device;
  char ep[32];
  tg_id_t started[STARTED_MAX];
  size_t started_count;
  tg_rc_t commit_rc;
  unsigned runs;
} world_t;

static world_t world;

static tg_rc_t start(void *ud, const tg_device_t *device, const tg_command_t *command) {
  (void)ud, (void)device;
  for (size_t i = 0; i < command->record_count; i++) fuzz_require(command->records[i].value.type < TG_TYPE_COUNT);
  fuzz_touch(command->text);
  fuzz_touch(command->tag);
  if (world.started_count == STARTED_MAX) return TG_E_FULL;
  world.started[world.started_count++] = command->id;
  return TG_OK;
}

static void cancel(void *ud, const tg_device_t *device, tg_id_t command) {
  (void)ud, (void)device, (void)command;
}

static void load_dialect(void) {
  static const char source_name[] = "scripts/dialects/tidegate.lua";
  const tg_embedded_file_t *file = tg_api_embedded(source_name);
  tg_diag_t diag = {0};
  fuzz_require(file != NULL);
  const tg_api_bundle_t bundle = {.name = "dialect.tidegate",
                                  .file = source_name,
                                  .source = tg_slice(file->bytes, file->len),
                                  .limits = {.burst_ms = 60000}};
  tg_rc_t rc = tg_api_load(world.api, &bundle, &diag);
  if (rc != TG_OK) fprintf(stderr, "%s:%d: %s\n", diag.file, diag.line, diag.message);
  fuzz_require(rc == TG_OK);
}

static void load_objects(void) {
  static const char *const files[] = {"objects/0001-server.lua", "objects/0003-device.lua",
                                      "objects/3303-temperature.lua"};
  for (size_t i = 0; i < TG_COUNT(files); i++) {
    const tg_embedded_file_t *file = tg_api_embedded(files[i]);
    fuzz_require(file != NULL);
    tg_rc_t rc = tg_api_objects_load(world.registry, file->name, tg_slice(file->bytes, file->len), NULL);
    fuzz_require(rc == TG_OK);
  }
}

static void settle(void) {
  for (int i = 0; i < 3; i++) {
    tg_event_drain(world.events);
    tg_twin_committed(world.twin, world.store.ticket++, world.commit_rc);
  }
  tg_event_drain(world.events);
}

static void open_world(void) {
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  world = (world_t){.loop = tg_loop_new(), .events = tg_event_bus_new(1024, 1 << 20), .random = {.state = 1}};
  world.registry = tg_registry_new();
  world.store.ticket = 1;
  tg_buf_init_growing(&world.store.last, 1 << 20);
  const tg_twin_config_t twin = {.registry = world.registry,
                                 .events = world.events,
                                 .wheel = tg_loop_wheel(world.loop),
                                 .store = &world.store,
                                 .random = tg_random_fill_seeded,
                                 .random_ud = &world.random,
                                 .devices_max = 16,
                                 .commands_max = 256};
  world.twin = tg_twin_new(&twin);
  world.api = tg_api_new(&(tg_api_config_t){.gateway_name = "gw 1"});
  fuzz_require(world.twin && world.api);
  load_objects();
  const tg_api_parts_t parts = {.loop = world.loop,
                                .twin = world.twin,
                                .events = world.events,
                                .registry = world.registry,
                                .store = &world.store,
                                .mqtt = &world.mqtt};
  tg_api_attach(world.api, &parts);
}

static bool check_status(void *ud, const tg_api_status_t *status) {
  (void)ud;
  if (status->errors) fprintf(stderr, "%s: %s\n", status->name, status->last_error);
  fuzz_require(status->errors == 0 && status->overruns == 0 && status->state == TG_API_RUNNING);
  return true;
}

/* ---- one input ---- */

static void bring_device(bool queue_mode) {
  static const tg_backend_ops_t backend = {.kind = "lwm2m", .start = start, .cancel = cancel};
  static const tg_path_t objects[] = {{{1, 0}, 2}, {{3, 0}, 2}, {{3303, 0}, 2}};
  (void)snprintf(world.ep, sizeof world.ep, "d%u", world.runs);
  const tg_device_info_t info = {.ep = tg_slice_str(world.ep),
                                 .backend = &backend,
                                 .link = "udp0",
                                 .lifetime_s = 300,
                                 .queue_mode = queue_mode,
                                 .enabler = TG_VERSION_OF(1, 2),
                                 .objects = objects,
                                 .object_count = TG_COUNT(objects)};
  fuzz_require(tg_twin_online(world.twin, &info, TG_EVENT_REGISTERED, &world.device) == TG_OK);
  world.started_count = 0;
}

static void publish(const char *topic, tg_slice_t payload, bool retained) {
  const tg_mqtt_incoming_t message = {.topic = tg_slice_str(topic), .payload = payload, .retained = retained};
  unsigned before = world.mqtt.published;
  tg_api_on_mqtt_message(world.api, &message);
  settle();
  if (retained || world.commit_rc != TG_OK) return;
  const tg_device_t *device = tg_twin_find(world.twin, world.device);
  bool is_on_its_way = device->active + device->queued > 0; /* one that is not durable is answered when it has ended */
  fuzz_require(world.mqtt.published > before || is_on_its_way);
}

static void finish(tg_slice_t *in) {
  uint8_t how = fuzz_byte(in);
  if (!world.started_count) return;
  tg_record_t record = {.path = {{3, 0, (uint16_t)(how & 31)}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = how}};
  if (how & 32) record.value = (tg_value_t){.type = TG_TYPE_OPAQUE, .s = *in};
  const tg_command_result_t result = {.state = how & 64 ? TG_COMMAND_FAILED : TG_COMMAND_DONE,
                                      .rc = how & 64 ? TG_E_PEER : TG_OK,
                                      .code = how & 64 ? 0x84 : 0x45,
                                      .records = &record,
                                      .record_count = how >> 7};
  tg_twin_finish(world.twin, world.started[--world.started_count], &result);
  settle();
}

static void step(tg_slice_t *in, tg_slice_t *last) {
  char topic[512];
  uint8_t kind = fuzz_byte(in) % 8;
  if (kind == 1) finish(in);
  if (kind == 2) tg_twin_asleep(world.twin, world.device);
  if (kind == 3) tg_twin_awake(world.twin, world.device, UINT64_MAX);
  if (kind > 0 && kind < 4) return;
  if (kind != 4) *last = tg_slice_take(in, '\n'); /* 4: the same again */
  (void)snprintf(topic, sizeof topic, "tidegate/dev/%s/cmd", world.ep);
  if (kind == 5) (void)snprintf(topic, sizeof topic, "tidegate/gw/gw%%201/cmd");
  if (kind == 6) (void)snprintf(topic, sizeof topic, "tidegate/dev/nobody%%2Fat%%20all/cmd");
  publish(topic, *last, kind == 7);
}

typedef struct list {
  tg_id_t ids[TG_DEVICE_COMMANDS_MAX + 2];
  size_t count;
} list_t;

static bool note_command(void *ud, const tg_command_t *command, tg_command_state_t state) {
  list_t *list = ud;
  (void)state;
  fuzz_require(list->count < TG_COUNT(list->ids));
  list->ids[list->count++] = command->id;
  return true;
}

static void end_input(void) {
  list_t list = {.count = 0};
  tg_loop_turn(world.loop, 0);
  tg_twin_commands(world.twin, world.device, note_command, &list);
  for (size_t i = 0; i < list.count; i++) fuzz_require(tg_twin_cancel(world.twin, list.ids[i]) == TG_OK);
  tg_twin_offline(world.twin, world.device, TG_EVENT_DEREGISTERED, tg_slice_str(""));
  settle();
  tg_api_each(world.api, check_status, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tg_slice_t in = tg_slice(data, size), last = tg_slice(NULL, 0);
  if (!world.loop) open_world();
  if (world.runs++ % GENERATION == 0) load_dialect();
  uint8_t how = fuzz_byte(&in);
  world.commit_rc = how & 2 ? TG_E_STORE : TG_OK;
  world.store.rc = how & 4 ? TG_E_FULL : TG_OK;
  bring_device(how & 1);
  settle();
  for (int i = 0; i < STEPS_MAX && in.len; i++) step(&in, &last);
  end_input();
  return 0;
}
