/* SPDX-License-Identifier: Apache-2.0 */
/* See fw_harness.h: the process, its time and its end. What the devices do is in fw_device_harness.c. */

#include "tests/unit/firmware/fw_harness.h"

#include <stdlib.h>
#include <unistd.h>

static void on_changed(void *ud, const tg_fw_update_t *update) {
  fw_bench_t *bench = ud;
  static const char *last;
  const char *name = tg_firmware_state_name(update->state);
  bench->told++;
  if (update->sent > bench->most) bench->most = update->sent;
  size_t used = strlen(bench->states);
  bool same = used && update->id == bench->last_id && last == name;
  if (!same) snprintf(bench->states + used, sizeof bench->states - used, "%s ", name);
  last = name;
  bench->last_id = update->id;
}

static void commit(fw_bench_t *bench) {
  check_rc(tg_store_put(bench->store.store, "test", tg_slice_str("x"), tg_slice_str("x")), TG_OK);
  check_rc(store_harness_commit(&bench->store), TG_OK);
}

void fw_bench_pass(fw_bench_t *bench, uint64_t ms) {
  for (uint64_t end = bench->now + ms; bench->now < end;) {
    bench->now = end - bench->now > 1000 ? bench->now + 1000 : end;
    tg_wheel_advance(bench->wheel, bench->now);
    tg_event_drain(bench->bus);
    fw_bench_live(bench);
    tg_event_drain(bench->bus);
    if (!bench->firmware->held_first || bench->disk_stalls) continue;
    commit(bench);
    tg_firmware_committed(bench->firmware, bench->store.told, bench->disk_fails ? TG_E_STORE : bench->store.told_rc);
    tg_event_drain(bench->bus);
  }
}

void fw_bench_until(fw_bench_t *bench, uint64_t id, tg_fw_state_t state, uint64_t ms) {
  for (uint64_t past = 0; past <= ms; past += 1000) {
    if (fw_bench_get(bench, id).state == state) return;
    fw_bench_pass(bench, 1000);
  }
  tg_fw_update_t update = fw_bench_get(bench, id);
  print_error("is %s (%s), not %s; was %s\n", tg_firmware_state_name(update.state), update.cause,
              tg_firmware_state_name(state), bench->states);
  assert_int_equal(update.state, state);
}

static void begin(fw_bench_t *bench) {
  bench->bus = tg_event_bus_new(1024, 1 << 20);
  bench->wheel = tg_wheel_new(bench->now);
  const tg_twin_config_t twin = {
      .events = bench->bus, .wheel = bench->wheel, .random = tg_random_fill_seeded, .random_ud = &bench->random};
  bench->twin = tg_twin_new(&twin);
  assert_non_null(bench->twin);
  for (size_t i = 0; bench->keeps_devices && i < bench->device_count; i++) {
    if (bench->devices[i].registered) fw_bench_register(bench, &bench->devices[i]);
  }
  bench->config.twin = bench->twin;
  bench->config.events = bench->bus;
  bench->config.wheel = bench->wheel;
  bench->config.store = bench->store.store;
  bench->config.random = tg_random_fill_seeded;
  bench->config.random_ud = &bench->random;
  bench->config.folder = bench->folder;
  tg_diag_t diag = {0};
  check_rc(tg_firmware_open(&bench->config, &diag, &bench->firmware), TG_OK);
  check_rc(tg_firmware_listen(bench->firmware, on_changed, bench), TG_OK);
}

static void end(fw_bench_t *bench) {
  tg_firmware_close(bench->firmware);
  tg_twin_free(bench->twin);
  tg_event_bus_free(bench->bus);
  tg_wheel_free(bench->wheel);
}

void fw_bench_added(void *ud, tg_rc_t rc, const char *why) {
  *(tg_rc_t *)ud = rc;
  if (*why) print_message("%s\n", why);
}

void fw_bench_open(fw_bench_t *bench, size_t size) {
  memset(bench, 0, sizeof *bench);
  bench->now = 1000;
  bench->size = size;
  bench->random.state = 7;
  bench->config.coap_base = "coap://192.0.2.1:5683";
  store_harness_init(&bench->store, true);
  store_harness_init(&bench->grave, true);
  check_rc(store_harness_open(&bench->store, NULL), TG_OK);
  check_rc(store_harness_open(&bench->grave, NULL), TG_OK);
  snprintf(bench->folder, sizeof bench->folder, "%s/firmware", bench->store.dir);
  snprintf(bench->file, sizeof bench->file, "%s/app.bin", bench->store.dir);
  tg_random_seeded_t random = {.state = 42};
  tg_random_fill_seeded(&random, bench->bytes, size);
  FILE *file = fopen(bench->file, "wb");
  assert_non_null(file);
  check_int(fwrite(bench->bytes, 1, size, file), size);
  check_int(fclose(file), 0);
  begin(bench);
  tg_diag_t diag = {0};
  tg_rc_t added = TG_E_INTERNAL;
  const tg_fw_addition_t app = {.name = tg_slice_str("app"),
                                .version = tg_slice_str("2.0"),
                                .file = bench->file,
                                .done = fw_bench_added,
                                .ud = &added};
  check_rc(tg_firmware_image_add(bench->firmware, &app, &diag), TG_OK);
  check_rc(added, TG_OK); /* without a loop: at once */
  fw_bench_device(bench, "dev");
}

void fw_bench_close(fw_bench_t *bench) {
  char command[300];
  end(bench);
  snprintf(command, sizeof command, "rm -rf '%s' '%s'", bench->folder, bench->file);
  check_int(system(command), 0); /* NOLINT(cert-env33-c): a path of our own */
  store_harness_fini(&bench->store);
  store_harness_fini(&bench->grave);
}

void fw_bench_kill(fw_bench_t *bench, bool wire) {
  for (size_t i = 0; wire && i < FW_PENDING; i++) {
    if (bench->pending[i].id != TG_ID_NONE) fw_bench_answer(bench, i);
  }
  commit(bench);
  bench->firmware->config.store = bench->grave.store;
  end(bench);
  memset(bench->pending, 0, sizeof bench->pending);
  for (size_t i = 0; i < bench->device_count; i++) bench->devices[i].observed = 0;
  begin(bench);
  for (size_t i = 0; !bench->keeps_devices && i < bench->device_count; i++) {
    if (bench->devices[i].registered) fw_bench_register(bench, &bench->devices[i]);
  }
}

uint64_t fw_bench_update(fw_bench_t *bench, const char *ep, const tg_fw_request_t *request) {
  tg_fw_request_t as = request ? *request : (tg_fw_request_t){.severity = -1, .defer_s = -1};
  uint64_t id = 0;
  as.ep = tg_slice_str(ep);
  if (!as.image.len) as.image = tg_slice_str("app");
  check_rc(tg_firmware_update(bench->firmware, &as, &id), TG_OK);
  return id;
}

tg_fw_update_t fw_bench_get(const fw_bench_t *bench, uint64_t id) {
  tg_fw_update_t update;
  check_true(tg_firmware_find(bench->firmware, id, &update));
  return update;
}

bool fw_bench_has_image(const fw_bench_t *bench, const fw_device_t *device) {
  return device->len == bench->size && memcmp(device->image, bench->bytes, bench->size) == 0;
}

void fw_bench_check_cause(const fw_bench_t *bench, uint64_t id, const char *part) {
  const char *cause = fw_bench_get(bench, id).cause;
  if (strstr(cause, part)) return;
  print_error("cause \"%s\" has no \"%s\" in it\n", cause, part);
  fail();
}
