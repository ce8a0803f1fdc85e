/* SPDX-License-Identifier: Apache-2.0 */
/* bindings/api when an allocation fails, in every place in turn: nothing crashes, nothing leaks, and everything works afterwards. */

#include "tests/unit/alloc_harness.h"
#include "tests/unit/api/api_harness.h"

/* Lua makes thousands of allocations: the first ones are taken one by one, then ever fewer. */
enum { ONE_BY_ONE = 1000, THEN_EVERY = 128, RUNS_MAX = 10000 };

typedef struct scene {
  api_harness_t h;
  size_t runs;
  size_t refused; /* runs in which the failure was felt */
} scene_t;

/* What is tried with failing memory; false when it was felt. */
typedef bool (*act_fn)(scene_t *scene);

/* Runs @p act with ever later failures until there is none to meet, and @p after with all memory each time. */
static void each_failure(scene_t *scene, act_fn act, void (*after)(scene_t *scene, bool done)) {
  for (size_t n = 1; scene->runs < RUNS_MAX; n += n < ONE_BY_ONE ? 1 : n / THEN_EVERY) {
    alloc_harness_fail_run(n, 2); /* Lua tries again after a collection */
    bool done = act(scene);
    bool has_failed = alloc_harness_failed();
    alloc_harness_fail_at(0);
    after(scene, done);
    scene->h.log[0] = 0;
    (void)api_harness_said(&scene->h);
    if (!has_failed) {
      check_true(done);
      return;
    }
    scene->runs++;
    scene->refused += !done;
  }
  fail_msg("it never ran out of allocations");
}

static const char SCRIPT[] =
    "local tg, uv = require 'tidegate', require 'uv'\n"
    "local n = tg.store.get('n') or 0\n"
    "return { version = '1', rules = { { match = { object = 3303 }, topic = 't/{ep}{path}',\n"
    "    map = function(rec, dev) n = #tg.codec.to_json { v = rec.value, list = { 1, 2, { x = rec.path } } } end } },\n"
    "  events = {\n"
    "    registered = function(dev, info) print('event ' .. dev.ep .. table.concat(dev.objects)) end,\n"
    "    updated = function(dev) print('read ' .. tostring((dev:read('/3/0/0', { tag = 'x' })))) end,\n"
    "    command = function(dev, info) n = n + #info.records end },\n"
    "  objects = { { id = 26311, name = 'Lamp', version = '1.0', urn = 'urn:oma:lwm2m:x:26311', lwm2m = '1.0', multiple = true,\n"
    "    mandatory = false, resources = { [0] = { name = 'On', ops = 'RW', type = 'boolean' } } } },\n"
    "  drivers = { tg.driver.define { name = 'plc', objects = { [3303] = {} }, run = function(self) self:put('/3303/0/5700', 1) "
    "end } },\n"
    "  init = function() tg.store.set('n', n + 1) end, deinit = function() tg.store.set('bye', { n }) end,\n"
    "  save = function() return { n = n, list = { 'a', 'b' } } end, restore = function(old) n = old.n end }";

static bool load_it(scene_t *scene) {
  tg_rc_t rc = api_harness_try(&scene->h, "s", SCRIPT);
  if (rc != TG_OK) check_true(scene->h.diag.message[0] && scene->h.diag.file[0]);
  return rc == TG_OK;
}

static void is_there_or_not(scene_t *scene, bool done) {
  check_rc(tg_api_unload(scene->h.api, "s"), done ? TG_OK : TG_E_NOT_FOUND);
  api_harness_settle(&scene->h);
  api_harness_load(&scene->h, "s", SCRIPT);
  api_harness_unload(&scene->h, "s");
  api_harness_settle(&scene->h);
}

static void a_script_that_can_not_be_loaded_leaves_nothing(void **state) {
  (void)state;
  scene_t scene = {0};
  api_harness_open(&scene.h);
  each_failure(&scene, load_it, is_there_or_not);
  check_true(scene.runs > 500 && scene.refused > 300);
  api_harness_close(&scene.h);
}

static void the_old_or_the_new_version_runs(scene_t *scene, bool done) {
  tg_api_status_t status = api_harness_status(&scene->h, "s");
  check_int(status.state, TG_API_RUNNING);
  static uint32_t before;
  if (done) check_int(status.generation, before + 1);
  else if (before) check_int(status.generation, before);
  before = status.generation;
  if (scene->runs % 400 == 399) { /* a version says at most 600 lines a minute */
    api_harness_load(&scene->h, "s", SCRIPT);
    before++;
  }
  const tg_event_t event = {.type = TG_EVENT_REGISTERED, .device = 0, .ep = tg_slice_str("x")};
  api_harness_emit(&scene->h, &event); /* dev is nil: an error, which is counted */
  if (api_harness_status(&scene->h, "s").failures_in_row > 2) fail_msg("%s", scene->h.log);
  tg_id_t device = tg_twin_find_ep(scene->h.twin, tg_slice_str("d"))->id;
  (void)api_harness_said(&scene->h);
  const tg_event_t good = {.type = TG_EVENT_REGISTERED, .device = device, .ep = tg_slice_str("d")};
  api_harness_emit(&scene->h, &good);
  check_said(&scene->h, "event d/3/0/3303/0/3303/1");
}

static void a_version_that_can_not_be_loaded_does_not_end_the_old_one(void **state) {
  (void)state;
  scene_t scene = {0};
  api_harness_open(&scene.h);
  api_harness_device(&scene.h, "d");
  api_harness_load(&scene.h, "s", SCRIPT);
  the_old_or_the_new_version_runs(&scene, false);
  each_failure(&scene, load_it, the_old_or_the_new_version_runs);
  check_true(scene.refused > 300);
  api_harness_close(&scene.h);
}

static uint64_t refused(const scene_t *scene) {
  tg_store_stats_t stats;
  tg_store_stats(scene->h.store, &stats);
  return stats.outbox_refused;
}

/* Registered, records, and what they bring about. A device is not told that what failed has arrived. */
static bool tell_events(scene_t *scene) {
  api_harness_t *h = &scene->h;
  const tg_device_t *device = tg_twin_find_ep(h->twin, tg_slice_str("d"));
  uint64_t errors = api_harness_status(h, "s").errors, before = refused(scene);
  const tg_event_t event = {.type = TG_EVENT_REGISTERED, .device = device->id, .ep = tg_slice_str("d")};
  tg_rc_t told = tg_event_emit(h->events, &event);
  const tg_record_t records[] = {
      {.path = tg_path(3, 3303, 0, 5700), .value = {.type = TG_TYPE_FLOAT, .f = 21.5}, .time_ms = 1700000000000},
      {.path = tg_path(3, 3303, 0, 5701), .value = {.type = TG_TYPE_STRING, .s = tg_slice_str("Cel")}}};
  const tg_event_records_t put = {.items = records, .count = 2, .source = TG_SOURCE_NOTIFY};
  tg_rc_t kept = tg_twin_put(h->twin, device->id, &put);
  api_harness_settle(h);
  bool has_failed = api_harness_status(h, "s").errors != errors;
  if (has_failed != (refused(scene) != before))
    fail_msg("%llu refused: %s", (unsigned long long)(refused(scene) - before), h->log);
  return told == TG_OK && kept == TG_OK && strstr(h->said, "event d") && !has_failed;
}

static void the_script_hears_the_next_ones(scene_t *scene, bool done) {
  (void)done;
  check_int(api_harness_status(&scene->h, "s").state, TG_API_RUNNING);
  (void)api_harness_said(&scene->h);
  if (!tell_events(scene)) fail_msg("%s: %s", scene->h.said, scene->h.log);
}

static void an_event_without_memory_is_a_failure_of_that_call_only(void **state) {
  (void)state;
  scene_t scene = {0};
  api_harness_open(&scene.h);
  api_harness_device(&scene.h, "d");
  api_harness_load(&scene.h, "s", SCRIPT);
  each_failure(&scene, tell_events, the_script_hears_the_next_ones);
  check_true(scene.refused > 20);
  api_harness_close(&scene.h);
}

/* A task that asks a device, waits and goes on; a function that is called back; and one that is only submitted. */
static bool ask(scene_t *scene) {
  api_harness_t *h = &scene->h;
  h->started = 0;
  const tg_device_t *device = tg_twin_find_ep(h->twin, tg_slice_str("d"));
  const tg_event_t event = {.type = TG_EVENT_UPDATED, .device = device->id, .ep = tg_slice_str("d")};
  tg_rc_t told = tg_event_emit(h->events, &event);
  api_harness_settle(h);
  const tg_record_t record = {.path = tg_path(3, 3, 0, 0),
                              .value = {.type = TG_TYPE_STRING, .s = tg_slice_str("Tide")}};
  for (size_t answered = 0; answered < h->started; answered++) api_harness_answer_records(h, &record, 1);
  return told == TG_OK && strstr(h->said, "read Tide") && strstr(h->said, "called Tide") && h->started == 3;
}

static void the_next_question_is_answered(scene_t *scene, bool done) {
  (void)done;
  api_harness_t *h = &scene->h;
  /* nothing is left of the first one */
  const tg_device_t *device = tg_twin_find_ep(h->twin, tg_slice_str("d"));
  for (int i = 0; i < 4 && device->active; i++) api_harness_answer_records(h, NULL, 0);
  check_int(device->queued + device->active, 0);
  (void)api_harness_said(h);
  if (!ask(scene)) fail_msg("%s: %s", h->said, h->log);
}

static void a_command_without_memory_ends_and_leaves_nobody_waiting(void **state) {
  (void)state;
  scene_t scene = {0};
  api_harness_open(&scene.h);
  api_harness_device(&scene.h, "d");
  api_harness_load(
      &scene.h, "s",
      "return { events = { updated = function(dev)\n"
      "  dev:read('/3/0/0', { tag = 'cb' }, function(v, err) print('called ' .. tostring(v)) end)\n"
      "  dev:submit { op = 'write', path = '/3303/0', records = { { path = '/3303/0/5601', value = 1 } }, tag = 'x' }\n"
      "  print('read ' .. tostring((dev:read('/3/0/0')))) end } }");
  each_failure(&scene, ask, the_next_question_is_answered);
  check_true(scene.refused > 10);
  api_harness_close(&scene.h);
}

static bool unload_it(scene_t *scene) {
  api_harness_unload(&scene->h, "s"); /* always */
  return strstr(scene->h.said, "bye") != NULL;
}

static void it_is_gone_and_comes_again(scene_t *scene, bool done) {
  (void)done;
  check_rc(tg_api_unload(scene->h.api, "s"), TG_E_NOT_FOUND);
  assert_null(tg_twin_find_ep(scene->h.twin, tg_slice_str("d"))->queued ? "commands are left" : NULL);
  api_harness_load(&scene->h, "s",
                   "local tg = require 'tidegate' local d = tg.device.find('d') d:read('/3/0/0', print)\n"
                   "tg.timer.task(function() d:read('/3/0/0') end)\n"
                   "return { deinit = function() print('bye ' .. #tg.device.list()) end }");
}

static void a_script_goes_without_memory_too(void **state) {
  (void)state;
  scene_t scene = {0};
  api_harness_open(&scene.h);
  api_harness_device(&scene.h, "d");
  api_harness_load(&scene.h, "s", "return { deinit = function() print('bye') end }");
  each_failure(&scene, unload_it, it_is_gone_and_comes_again);
  check_true(scene.refused > 2);
  api_harness_close(&scene.h);
}

static bool make_api(scene_t *scene) {
  (void)scene;
  const tg_api_config_t config = {.gateway_name = "gw", .scripts_dir = "/tmp"};
  tg_api_t *api = tg_api_new(&config);
  tg_api_free(api);
  return api != NULL;
}

/* Of what ships with the program. */
static const char *object_file;
static uint16_t object_id;

static bool load_objects(scene_t *scene) {
  (void)scene;
  const tg_embedded_file_t *file = tg_api_embedded(object_file);
  assert_non_null(file);
  tg_registry_t *registry = tg_registry_new();
  if (!registry) return false;
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_api_objects_load(registry, file->name, tg_slice(file->bytes, file->len), &diag);
  if (rc != TG_OK) check_rc(rc, TG_E_NOMEM);
  if (rc == TG_OK) assert_non_null(tg_registry_find(registry, object_id, TG_VERSION_1_1));
  tg_registry_free(registry);
  return rc == TG_OK;
}

static void nothing_more(scene_t *scene, bool done) {
  (void)scene;
  (void)done;
}

static void definitions_are_there_as_a_whole_or_not_at_all(void **state) {
  (void)state;
  static const struct {
    const char *file;
    uint16_t id;
  } files[] = {{"objects/3303-temperature.lua", 3303}, {"objects/0001-server.lua", 1},
               {"objects/0003-device.lua", 3},         {"objects/0005-firmware-update.lua", 5},
               {"objects/0006-location.lua", 6},       {"objects/3345-joystick.lua", 3345}};
  for (size_t i = 0; i < TG_COUNT(files); i++) {
    scene_t scene = {0};
    object_file = files[i].file;
    object_id = files[i].id;
    api_harness_open(&scene.h);
    each_failure(&scene, load_objects, nothing_more);
    check_true(scene.refused >= 50);
    api_harness_close(&scene.h);
  }
}

static bool dump(scene_t *scene) {
  (void)scene;
  tg_buf_t out;
  tg_buf_init_growing(&out, 1 << 16);
  tg_rc_t rc = tg_api_dump(&out);
  if (rc == TG_OK) check_true(out.len > 500);
  tg_buf_fini(&out);
  return rc == TG_OK;
}

static void what_needs_no_script_fails_cleanly_as_well(void **state) {
  (void)state;
  static const act_fn acts[] = {make_api, dump};
  static const size_t least[] = {3, 100};
  for (size_t i = 0; i < TG_COUNT(acts); i++) {
    scene_t scene = {0};
    api_harness_open(&scene.h);
    each_failure(&scene, acts[i], nothing_more);
    check_true(scene.refused >= least[i]);
    api_harness_close(&scene.h);
  }
}

CHECK_SUITE(a_script_that_can_not_be_loaded_leaves_nothing, a_version_that_can_not_be_loaded_does_not_end_the_old_one,
            an_event_without_memory_is_a_failure_of_that_call_only,
            a_command_without_memory_ends_and_leaves_nobody_waiting, a_script_goes_without_memory_too,
            what_needs_no_script_fails_cleanly_as_well, definitions_are_there_as_a_whole_or_not_at_all)
