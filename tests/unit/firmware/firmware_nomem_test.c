/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/firmware/firmware_nomem_test.c: firmware when an allocation of ours fails, in every place in turn: opened, an image added, an update begun. */

#include <stdlib.h>

#include "core/base/log.h"
#include "core/firmware/firmware.h"
#include "tests/unit/alloc_harness.h"
#include "tests/unit/check.h"

typedef struct scene {
  tg_event_bus_t *bus;
  tg_wheel_t *wheel;
  tg_twin_t *twin;
  tg_random_seeded_t random;
  char dir[64];
  char folder[96];
  char file[96];
} scene_t;

static tg_rc_t begin_update(tg_firmware_t *firmware, scene_t *scene) {
  const tg_fw_request_t request = {
      .ep = tg_slice_str("dev"), .image = tg_slice_str("app"), .severity = -1, .defer_s = -1};
  uint64_t id = 0;
  tg_rc_t rc = tg_firmware_update(firmware, &request, &id);
  if (rc != TG_OK) return rc;
  tg_wheel_advance(scene->wheel, tg_wheel_now(scene->wheel) + 1000);
  tg_fw_update_t update;
  check_true(tg_firmware_find(firmware, id, &update));
  check_int(update.state, TG_FW_WAITING); /* no such device is there */
  check_rc(tg_firmware_image_del(firmware, tg_slice_str("app")), TG_E_STATE);
  check_rc(tg_firmware_cancel(firmware, id), TG_OK);
  return tg_firmware_image_del(firmware, tg_slice_str("app"));
}

static void on_added(void *ud, tg_rc_t rc, const char *why) {
  (void)why;
  *(tg_rc_t *)ud = rc;
}

/* What can't be done for want of memory says so, and leaves nothing behind. */
static bool use_firmware(void *ud) {
  scene_t *scene = ud;
  tg_firmware_t *firmware = NULL;
  tg_diag_t diag = {0};
  const tg_firmware_config_t config = {.twin = scene->twin,
                                       .events = scene->bus,
                                       .wheel = scene->wheel,
                                       .random = tg_random_fill_seeded,
                                       .random_ud = &scene->random,
                                       .folder = scene->folder};
  tg_rc_t rc = tg_firmware_open(&config, &diag, &firmware);
  if (rc != TG_OK) {
    check_rc(rc, TG_E_NOMEM);
    assert_null(firmware);
    return false;
  }
  tg_rc_t added = TG_OK;
  const tg_fw_addition_t app = {
      .name = tg_slice_str("app"), .version = tg_slice_str("1"), .file = scene->file, .done = on_added, .ud = &added};
  rc = tg_firmware_image_add(firmware, &app, &diag);
  if (rc == TG_OK) rc = added;
  if (rc == TG_OK) rc = begin_update(firmware, scene);
  if (rc != TG_OK) check_rc(rc, TG_E_NOMEM);
  (void)!tg_firmware_image_del(firmware, tg_slice_str("app")); /* for the next run */
  tg_firmware_close(firmware);
  return rc == TG_OK;
}

static void firmware_without_memory_says_so_and_leaks_nothing(void **state) {
  (void)state;
  scene_t scene = {.dir = "/tmp/tg-fwnomem-XXXXXX"};
  char command[96];
  assert_non_null(mkdtemp(scene.dir));
  snprintf(scene.folder, sizeof scene.folder, "%s/firmware", scene.dir);
  snprintf(scene.file, sizeof scene.file, "%s/app.bin", scene.dir);
  FILE *file = fopen(scene.file, "wb");
  assert_non_null(file);
  check_int(fwrite("image", 1, 5, file), 5);
  check_int(fclose(file), 0);
  scene.bus = tg_event_bus_new(64, 65536);
  scene.wheel = tg_wheel_new(1000);
  scene.twin = tg_twin_new(&(tg_twin_config_t){
      .events = scene.bus, .wheel = scene.wheel, .random = tg_random_fill_seeded, .random_ud = &scene.random});
  assert_non_null(scene.twin);
  check_true(alloc_harness_each_failure(use_firmware, &scene) >= 8);
  tg_twin_free(scene.twin);
  tg_event_bus_free(scene.bus);
  tg_wheel_free(scene.wheel);
  snprintf(command, sizeof command, "rm -rf '%s'", scene.dir);
  check_int(system(command), 0); /* NOLINT(cert-env33-c): a path of our own */
}

int main(void) {
  static const struct CMUnitTest tests[] = {cmocka_unit_test(firmware_without_memory_says_so_and_leaks_nothing)};
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
