/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines to the control socket. Input: lines; one that begins with `!` is a step between them: the device answers, or an update goes on.
 * Behind `?` stands a request whose command the device does not answer at once.
 *
 * Whatever comes: every request is answered, every line of an answer is one JSON object, and the last one says that it is the last.
 */

#include <stdio.h>
#include <unistd.h>

#include "bindings/host/control_ops.h"
#include "tests/fuzz/server_bench.h"

/* The fake says what it needs of a test in cmocka's words; here they end the process. */
#define TG_TESTS_UNIT_CHECK_H
#define check_true(condition) fuzz_require(condition)
#define assert_null(pointer)  fuzz_require((pointer) == NULL)
#define fail_msg(format, ...) abort()
#include "tests/unit/firmware/firmware_fake.h"

enum { LINES_MAX = 24, STARTED_MAX = 32 };

/* ---- the client's end ---- */

struct tg_control_conn {
  size_t lines;
  bool has_ended; /* the last line said so */
};

tg_control_conn_t *tg_control_conn_new(tg_loop_t *loop, int fd, const tg_control_conn_events_t *events) {
  (void)loop, (void)fd, (void)events;
  return NULL;
}

void tg_control_conn_free(tg_control_conn_t *conn) {
  (void)conn;
}

void tg_control_conn_send(tg_control_conn_t *conn, tg_slice_t bytes) {
  tg_json_t *doc = NULL;
  bool is_end = false;
  fuzz_require(bytes.len > 1 && bytes.p[bytes.len - 1] == '\n');
  fuzz_require(tg_json_read(tg_slice(bytes.p, bytes.len - 1), 4 << 20, NULL, &doc) == TG_OK);
  if (tg_json_read_bool(tg_json_read_get(tg_json_read_root(doc), "end"), &is_end) != TG_OK) is_end = false;
  tg_json_read_free(doc);
  conn->lines++;
  conn->has_ended = is_end;
}

/* ---- what only a whole gateway has ---- */

size_t tg_gateway_link_count(const tg_gateway_t *gateway) {
  (void)gateway;
  return 1;
}

static tg_link_t *the_link;

tg_link_t *tg_gateway_link(const tg_gateway_t *gateway, size_t at) {
  (void)gateway, (void)at;
  return the_link;
}

const char *tg_mqtt_broker_name(const tg_mqtt_t *mqtt, size_t broker) {
  (void)mqtt;
  return broker ? "" : "main";
}

static void each_script(void *ud, bool (*fn)(void *fn_ud, const tg_api_status_t *status), void *fn_ud) {
  const tg_api_status_t status = {.name = "a", .file = "a.lua", .version = "1", .generation = 1, .last_error = "none"};
  (void)ud;
  (void)fn(fn_ud, &status);
}

static tg_rc_t reload(void *ud, tg_slice_t name, tg_diag_t *diag) {
  (void)ud;
  if (!tg_slice_is(name, "bad")) return name.len ? TG_E_NOT_FOUND : TG_OK;
  tg_diag_set(diag, "bad.lua", 3, "it is bad");
  return TG_E_SCRIPT;
}

void tg_mqtt_stats(const tg_mqtt_t *mqtt, size_t broker, tg_mqtt_stats_t *stats) {
  (void)mqtt, (void)broker;
  *stats = (tg_mqtt_stats_t){0};
}

uint64_t tg_mqtt_backlog(const tg_mqtt_t *mqtt) {
  (void)mqtt;
  return 0;
}

/* ---- one input ---- */

typedef struct world {
  server_bench_t bench; /* first */
  tg_loop_t *loop;
  tg_control_t *control;
  tg_campaigns_t *campaigns;
  tg_control_conn_t conn;
  tg_id_t started[STARTED_MAX];
  size_t started_count;
  char path[64];
} world_t;

static world_t world;

static tg_rc_t start(void *ud, const tg_device_t *device, const tg_command_t *command) {
  (void)ud, (void)device;
  if (world.started_count == STARTED_MAX) return TG_E_FULL;
  world.started[world.started_count++] = command->id;
  return TG_OK;
}

static void cancel(void *ud, const tg_device_t *device, tg_id_t command) {
  (void)ud, (void)device, (void)command;
}

static void bring_device(const char *ep, bool queue_mode) {
  static const tg_backend_ops_t backend = {.kind = "lwm2m", .start = start, .cancel = cancel};
  static const tg_path_t objects[] = {{{1, 0}, 2}, {{3, 0}, 2}, {{5, 0}, 2}};
  tg_id_t id;
  const tg_device_info_t info = {.ep = tg_slice_str(ep),
                                 .backend = &backend,
                                 .link = "udp0",
                                 .lifetime_s = 300,
                                 .queue_mode = queue_mode,
                                 .quirks = 5,
                                 .wire_ep = tg_slice_str("wire"),
                                 .tags = tg_slice_str("hall north"),
                                 .enabler = TG_VERSION_1_1,
                                 .objects = objects,
                                 .object_count = TG_COUNT(objects)};
  fuzz_require(tg_twin_online(world.bench.twin, &info, TG_EVENT_REGISTERED, &id) == TG_OK);
  const tg_record_t record = {.path = {{3, 0, 1}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = 5}};
  const tg_event_records_t records = {.items = &record, .count = 1, .source = TG_SOURCE_NOTIFY};
  fuzz_require(tg_twin_put(world.bench.twin, id, &records) == TG_OK);
  if (queue_mode) tg_twin_heard(world.bench.twin, id, 93000);
}

static void open_world(uint8_t how) {
  static const tg_http_stats_t http_stats;
  if (!world.loop) {
    world.loop = tg_loop_new();
    (void)snprintf(world.path, sizeof world.path, "/tmp/tg-fuzz-%ld.sock", (long)getpid());
    tg_buf_init_growing(&world.bench.store.last, 1 << 20);
    tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  }
  server_bench_t *bench = &world.bench;
  server_bench_open(bench, (tg_server_config_t){0});
  the_link = &bench->link;
  fake = (tg_firmware_t){.has_image = true, .refuse = how & 1 ? TG_E_STATE : TG_OK, .tells_inside = (how & 2) != 0};
  fuzz_require(tg_campaigns_open(&fake, bench->twin, bench->wheel, &bench->store, &world.campaigns) == TG_OK);
  const tg_control_config_t config = {.path = world.path,
                                      .mode = 0600,
                                      .gateway_name = "gw",
                                      .gateway =
                                          (tg_gateway_t *)&world, /* only the two functions above look at these */
                                      .scripts = {.each = each_script, .reload = reload},
                                      .parts = {.mqtt = (tg_mqtt_t *)&world,
                                                .callbacks = &http_stats,
                                                .downloads = &http_stats,
                                                .loop = world.loop,
                                                .store = &bench->store,
                                                .registry = (tg_registry_t *)(uintptr_t)payload_fuzz_model()->registry,
                                                .events = bench->bus,
                                                .twin = bench->twin,
                                                .server = bench->server,
                                                .coap = bench->coap,
                                                .firmware = how & 4 ? NULL : &fake,
                                                .campaigns = how & 4 ? NULL : world.campaigns}};
  fuzz_require(tg_control_open(&config, NULL, &world.control) == TG_OK);
  bring_device("dev1", false);
  bring_device("dev2", true);
  world.conn = (tg_control_conn_t){0};
  world.started_count = 0;
  server_bench_turn(bench);
}

static void finish(uint8_t how) {
  while (world.started_count) {
    const tg_record_t record = {.path = {{3, 0, 1}, 3}, .value = {.type = TG_TYPE_FLOAT, .f = how * 0.5}};
    const tg_command_result_t result = {.state = how & 1 ? TG_COMMAND_FAILED : TG_COMMAND_DONE,
                                        .rc = how & 1 ? TG_E_PEER : TG_OK,
                                        .code = how & 1 ? 0x84 : 0x45,
                                        .records = &record,
                                        .record_count = how & 1 ? 0 : 1};
    tg_twin_finish(world.bench.twin, world.started[--world.started_count], &result);
    server_bench_turn(&world.bench);
  }
}

static void between(tg_slice_t line) {
  (void)fuzz_byte(&line);
  uint8_t how = fuzz_byte(&line);
  if (how & 8) fake_set_all((tg_fw_state_t)(how >> 4));
  if (how & 4) fake_added();
  const tg_device_t *device = tg_twin_find_ep(world.bench.twin, tg_slice_str("dev2"));
  if (how & 2) tg_twin_held(world.bench.twin, device->id, server_bench_now_ms + 60000);
  server_bench_now_ms += how * 100;
  tg_wheel_advance(world.bench.wheel, server_bench_now_ms);
  finish(how);
}

static void ask(tg_slice_t line) {
  uint8_t how = line.p[0];
  if (how == '?') line = tg_slice_from(line, 1);
  char cancels[96]; /* `?c`: the oldest command that waits is cancelled by its number */
  (void)snprintf(cancels, sizeof cancels, "{\"op\":\"cancel_command\",\"command\":\"%llu\"}",
                 (unsigned long long)world.started[0]);
  if (how == '?' && tg_slice_is(line, "c")) line = tg_slice_str(cancels);
  size_t before = world.conn.lines;
  tg_control_ops_line(world.control, &world.conn, line);
  server_bench_turn(&world.bench);
  if (how != '?') finish(0);
  bool waits = world.control->waits || world.control->fw_waits || world.control->fw_adds || world.control->follows;
  fuzz_require(waits || world.conn.lines > before);
  fuzz_require(waits || world.conn.has_ended);
}

/* The client goes before the gateway does, or not. */
static void close_world(bool is_left) {
  if (!is_left) {
    world.control->events.closed(world.control->events.ud, &world.conn, false);
    fuzz_require(!world.control->follows && !world.control->fw_waits && !world.control->fw_adds);
  }
  tg_control_close(world.control);
  tg_campaigns_close(world.campaigns);
  server_bench_close(&world.bench);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tg_slice_t in = tg_slice(data, size);
  uint8_t how = fuzz_byte(&in);
  open_world(how);
  for (int i = 0; i < LINES_MAX && in.len; i++) {
    tg_slice_t line = tg_slice_take(&in, '\n');
    if (line.len && line.p[0] == '!') between(line);
    else if (line.len) ask(line);
  }
  close_world((how & 16) != 0);
  return 0;
}
