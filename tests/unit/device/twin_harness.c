/* SPDX-License-Identifier: Apache-2.0 */
/* See twin_harness.h. */

#include "tests/unit/device/twin_harness.h"

static void on_event(void *ud, const tg_event_t *event) {
  twin_bench_t *bench = ud;
  size_t used = strlen(bench->events);
  bool command = event->type == TG_EVENT_COMMAND;
  snprintf(bench->events + used, sizeof bench->events - used, "%s:%.*s ", tg_event_type_name(event->type),
           command ? 32 : (int)event->ep.len,
           command ? tg_event_state_name(event->command.state) : (const char *)event->ep.p);
}

static tg_rc_t start(void *ud, const tg_device_t *device, const tg_command_t *command) {
  twin_bench_t *bench = ud;
  check_true(device->active >= 1 && device->active <= 2);
  bench->started[bench->start_count++ % 16] = command->id;
  return bench->start_rc;
}

static void cancel(void *ud, const tg_device_t *device, tg_id_t command) {
  twin_bench_t *bench = ud;
  (void)device;
  check_true(command != TG_ID_NONE);
  bench->cancel_count++;
}

const tg_backend_ops_t twin_bench_backend = {.kind = "test", .start = start, .cancel = cancel};

void twin_bench_open(twin_bench_t *bench, uint32_t devices_max) {
  twin_bench_open_over(bench, devices_max, NULL);
}

void twin_bench_open_over(twin_bench_t *bench, uint32_t devices_max, tg_store_t *store) {
  *bench = (twin_bench_t){.now = 1000, .random = {.state = 1}};
  bench->bus = tg_event_bus_new(1024, 1 << 20);
  bench->wheel = tg_wheel_new(bench->now);
  tg_twin_config_t config = {.events = bench->bus,
                             .wheel = bench->wheel,
                             .store = store,
                             .random = tg_random_fill_seeded,
                             .random_ud = &bench->random,
                             .devices_max = devices_max,
                             .commands_max = 256,
                             .values_max = 4};
  bench->twin = tg_twin_new(&config);
  assert_non_null(bench->twin);
  check_rc(tg_event_subscribe(bench->bus, UINT32_MAX, on_event, bench), TG_OK);
}

void twin_bench_close(twin_bench_t *bench) {
  tg_twin_free(bench->twin);
  tg_event_bus_free(bench->bus);
  tg_wheel_free(bench->wheel);
}

void twin_bench_pass(twin_bench_t *bench, uint64_t ms) {
  bench->now += ms;
  tg_wheel_advance(bench->wheel, bench->now);
  tg_event_drain(bench->bus);
}

const char *twin_bench_events(twin_bench_t *bench) {
  tg_event_drain(bench->bus);
  memcpy(bench->drained, bench->events, sizeof bench->drained);
  bench->events[0] = '\0';
  return bench->drained;
}

tg_id_t twin_bench_online(twin_bench_t *bench, const char *ep, bool queue_mode) {
  tg_path_t objects[] = {tg_path(2, 3303, 0, 0), tg_path(2, 3, 0, 0), tg_path(2, 3, 0, 0)};
  tg_device_info_t info = {.ep = tg_slice_str(ep),
                           .backend = &twin_bench_backend,
                           .backend_ud = bench,
                           .link = "test0",
                           .queue_mode = queue_mode,
                           .lifetime_s = 300,
                           .enabler = TG_VERSION_1_1,
                           .objects = objects,
                           .object_count = TG_COUNT(objects)};
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_online(bench->twin, &info, TG_EVENT_REGISTERED, &id), TG_OK);
  return id;
}

void twin_bench_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  twin_bench_t *bench = ud;
  bench->done_count++;
  bench->last = *result;
  size_t used = strlen(bench->done_tags);
  snprintf(bench->done_tags + used, sizeof bench->done_tags - used, "%.*s ", (int)command->tag.len,
           (const char *)command->tag.p);
}

tg_id_t twin_bench_submit(twin_bench_t *bench, tg_id_t device, tg_op_t op, const char *tag) {
  tg_command_t command = {.device = device, .op = op, .path = tg_path(3, 3, 0, 1), .tag = tg_slice_str(tag)};
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_submit(bench->twin, &command, twin_bench_done, bench, &id), TG_OK);
  return id;
}
