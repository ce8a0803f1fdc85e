/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/registry/model_test.c: mirrors core/registry/model.c. */

#include "core/registry/registry.h"
#include "tests/unit/check.h"

static tg_registry_t *make(void) {
  static const struct {
    uint16_t oid;
    tg_version_t version;
  } rows[] = {{3, TG_VERSION_1_0},      {3, TG_VERSION_1_1},    {3, TG_VERSION_OF(1, 2)},
              {4, TG_VERSION_OF(1, 3)}, {3303, TG_VERSION_1_0}, {3303, TG_VERSION_1_1}};
  tg_registry_t *registry = tg_registry_new();
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_objdef_t *def = tg_objdef_new(&(tg_objdef_head_t){.id = rows[i].oid, .version = rows[i].version});
    check_rc(tg_objdef_add(def, &(tg_resdef_t){.id = 9, .type = TG_TYPE_INTEGER, .name = "x"}), TG_OK);
    check_rc(tg_registry_add(registry, def), TG_OK);
  }
  return registry;
}

static void core_objects_follow_the_enabler_version(void **state) {
  (void)state;
  tg_registry_t *registry = make();
  static const tg_version_t enablers[] = {TG_VERSION_1_0, TG_VERSION_1_1, TG_VERSION_OF(1, 2), TG_VERSION_OF(1, 3)};
  static const tg_version_t want[] = {TG_VERSION_1_0, TG_VERSION_1_1, TG_VERSION_OF(1, 2), TG_VERSION_OF(1, 2)};
  for (size_t i = 0; i < TG_COUNT(enablers); i++) {
    tg_model_t model = {.registry = registry, .enabler = enablers[i]};
    check_int(tg_model_object(&model, 3)->version, want[i]);
    check_int(tg_model_object(&model, 3303)->version, TG_VERSION_1_0);
    check_int(tg_model_object(&model, 4)->version, TG_VERSION_OF(1, 3)); /* the only one there is */
    assert_null(tg_model_object(&model, 5));
  }
  tg_registry_free(registry);
}

static void what_the_device_announced_comes_first(void **state) {
  (void)state;
  tg_registry_t *registry = make();
  static const tg_model_version_t versions[] = {{3303, TG_VERSION_1_1}, {3, TG_VERSION_OF(1, 2)}};
  tg_model_t model = {registry, TG_VERSION_1_0, versions, TG_COUNT(versions)};
  check_int(tg_model_object(&model, 3303)->version, TG_VERSION_1_1);
  check_int(tg_model_object(&model, 3)->version, TG_VERSION_OF(1, 2));
  tg_registry_free(registry);
}

static void finds_resources_by_path(void **state) {
  (void)state;
  tg_registry_t *registry = make();
  tg_model_t model = {.registry = registry, .enabler = TG_VERSION_1_1};
  tg_path_t path = tg_path(3, 3, 0, 9), deeper = tg_path_child(&path, 2);
  check_int(tg_model_resource(&model, &path)->id, 9);
  check_int(tg_model_resource(&model, &deeper)->id, 9);
  path.id[2] = 10;
  assert_null(tg_model_resource(&model, &path));
  path = tg_path(2, 3, 0, 0);
  assert_null(tg_model_resource(&model, &path));
  path = tg_path(3, 5, 0, 9);
  assert_null(tg_model_resource(&model, &path));
  assert_null(tg_model_resource(NULL, &path));
  assert_null(tg_model_object(&(tg_model_t){.registry = NULL}, 3));
  tg_registry_free(registry);
}

/* A driver's device names no versions: it may use what the newest definition has. */
static void without_an_enabler_version_the_highest_counts(void **state) {
  (void)state;
  tg_registry_t *registry = tg_registry_new();
  for (uint32_t minor = 0; minor < 3; minor++) {
    const tg_objdef_head_t head = {.id = 3303, .version = TG_VERSION_OF(1, minor), .name = tg_slice_str("T")};
    check_rc(tg_registry_add(registry, tg_objdef_new(&head)), TG_OK);
  }
  const tg_model_t driver = {.registry = registry}, device = {.registry = registry, .enabler = TG_VERSION_1_1};
  check_int(tg_model_object(&driver, 3303)->version, TG_VERSION_OF(1, 2));
  check_int(tg_model_object(&device, 3303)->version, TG_VERSION_OF(1, 0));
  tg_registry_free(registry);
}

CHECK_SUITE(core_objects_follow_the_enabler_version, what_the_device_announced_comes_first, finds_resources_by_path,
            without_an_enabler_version_the_highest_counts)
