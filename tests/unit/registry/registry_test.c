/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/registry/registry_test.c: mirrors core/registry/registry.c and registry_load.c. */

#include "core/registry/registry.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/check.h"

static tg_objdef_t *make(uint16_t id, tg_version_t version, const char *name) {
  tg_objdef_t *def = tg_objdef_new(&(tg_objdef_head_t){.id = id, .version = version, .name = tg_slice_str(name)});
  assert_non_null(def);
  return def;
}

static void add(tg_registry_t *registry, uint16_t id, tg_version_t version, const char *name) {
  check_rc(tg_registry_add(registry, make(id, version, name)), TG_OK);
}

static void finds_the_version_or_the_nearest_lower_or_the_lowest(void **state) {
  (void)state;
  tg_registry_t *registry = tg_registry_new();
  add(registry, 3, TG_VERSION_OF(1, 2), "3 1.2");
  add(registry, 3, TG_VERSION_OF(1, 0), "3 1.0");
  add(registry, 3, TG_VERSION_OF(2, 0), "3 2.0");
  add(registry, 2, TG_VERSION_OF(1, 1), "2 1.1");
  add(registry, 65534, TG_VERSION_OF(1, 0), "last");
  static const struct {
    uint16_t id;
    tg_version_t version;
    const char *name;
  } rows[] = {
      {3, TG_VERSION_OF(1, 0), "3 1.0"},
      {3, TG_VERSION_OF(1, 1), "3 1.0"},
      {3, TG_VERSION_OF(1, 2), "3 1.2"},
      {3, TG_VERSION_OF(1, 9), "3 1.2"},
      {3, TG_VERSION_OF(9, 9), "3 2.0"},
      {3, 0, "3 2.0"},
      {3, TG_VERSION_OF(0, 9), "3 1.0"},
      {2, TG_VERSION_OF(1, 0), "2 1.1"},
      {2, 0, "2 1.1"},
      {65534, 0, "last"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    const tg_objdef_t *def = tg_registry_find(registry, rows[i].id, rows[i].version);
    assert_non_null(def);
    assert_string_equal(def->name, rows[i].name);
  }
  assert_null(tg_registry_find(registry, 1, 0));
  assert_null(tg_registry_find(registry, 4, TG_VERSION_1_0));
  tg_registry_free(registry);
}

static void a_replaced_definition_stays_valid(void **state) {
  (void)state;
  tg_registry_t *registry = tg_registry_new();
  add(registry, 7, TG_VERSION_1_0, "old");
  const tg_objdef_t *old = tg_registry_find(registry, 7, 0);
  add(registry, 7, TG_VERSION_1_0, "new");
  assert_string_equal(tg_registry_find(registry, 7, 0)->name, "new");
  assert_string_equal(old->name, "old");
  tg_registry_free(registry);
  tg_registry_free(NULL);
}

typedef struct walk {
  uint32_t last;
  size_t seen;
  size_t stop;
} walk_t;

static bool step(void *ud, const tg_objdef_t *def) {
  walk_t *walk = ud;
  uint32_t key = (uint32_t)def->id << 8 | (def->version & 0xFF);
  check_true(walk->seen == 0 || key > walk->last);
  walk->last = key;
  return ++walk->seen != walk->stop;
}

static void walks_by_id_then_version_until_told_to_stop(void **state) {
  (void)state;
  tg_registry_t *registry = tg_registry_new();
  for (uint16_t i = 0; i < 200; i++) add(registry, (uint16_t)(i * 37 % 100), TG_VERSION_OF(1, i / 100), "x");
  walk_t all = {0, 0, 0}, some = {0, 0, 5};
  tg_registry_each(registry, step, &all);
  tg_registry_each(registry, step, &some);
  check_int(all.seen, 200);
  check_int(some.seen, 5);
  tg_registry_free(registry);
}

static void loads_a_folder_and_tells_the_first_bad_file(void **state) {
  (void)state;
  char folder[] = "/tmp/tg-registry-XXXXXX";
  assert_non_null(mkdtemp(folder));
  static const struct {
    const char *name, *text;
  } files[] = {{"good.xml", "<LWM2M><Object><Name>a</Name><ObjectID>7</ObjectID></Object></LWM2M>"},
               {"bad.xml", "<LWM2M>\n<Object>"},
               {"units.xml", "<units/>"},
               {"readme.txt", "no"},
               {".hidden.xml", "no"}};
  char path[256];
  for (size_t i = 0; i < TG_COUNT(files); i++) {
    snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(files[i].text, file);
    fclose(file);
  }
  tg_registry_t *registry = tg_registry_new();
  tg_diag_t diag = {0};
  size_t loaded;
  check_rc(tg_registry_load_folder(registry, folder, &loaded, &diag), TG_OK);
  check_int(loaded, 1);
  assert_non_null(strstr(diag.file, "bad.xml"));
  check_int(diag.line, 2);
  assert_non_null(tg_registry_find(registry, 7, 0));
  for (size_t i = 0; i < TG_COUNT(files); i++) {
    snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
    unlink(path);
  }
  rmdir(folder);
  check_rc(tg_registry_load_folder(registry, folder, &loaded, &diag), TG_E_IO);
  check_int(loaded, 0);
  tg_registry_free(registry);
}

static size_t count_xml(const char *folder) {
  DIR *dir = opendir(folder);
  size_t count = 0;
  if (!dir) return 0;
  for (const struct dirent *entry; (entry = readdir(dir));) count += strstr(entry->d_name, ".xml") != NULL;
  closedir(dir);
  return count;
}

/* The public registry lies beside a checkout where there is one; its three files that are no objects are not counted. */
static void loads_every_file_of_the_public_registry(void **state) {
  (void)state;
  static const char current[] = TG_SOURCE_DIR "/../shared/data/oma-registry";
  static const char historical[] = TG_SOURCE_DIR "/../shared/data/oma-registry/version_history";
  size_t files = count_xml(current), old_files = count_xml(historical);
  if (files == 0) {
    printf("SKIP: no copy of the public object registry\n");
    skip();
  }
  tg_registry_t *registry = tg_registry_new();
  tg_diag_t diag = {0};
  size_t loaded;
  check_rc(tg_registry_load_folder(registry, historical, &loaded, &diag), TG_OK);
  if (diag.message[0]) print_error("%s:%d: %s\n", diag.file, diag.line, diag.message);
  check_int(loaded, old_files);
  check_rc(tg_registry_load_folder(registry, current, &loaded, &diag), TG_OK);
  check_int(loaded, files - 3);
  assert_non_null(strstr(diag.message, "object definition"));
  const tg_objdef_t *device = tg_registry_find(registry, 3, 0);
  check_int(device->version, TG_VERSION_OF(1, 2));
  check_int(tg_registry_find(registry, 3, TG_VERSION_1_0)->version, TG_VERSION_1_0);
  check_int(tg_objdef_find(device, 9)->type, TG_TYPE_INTEGER);
  check_true(tg_objdef_find(device, 9)->has_range && tg_objdef_find(device, 9)->max >= 100);
  check_true(tg_objdef_find(device, 6)->multiple);
  tg_registry_free(registry);
}

CHECK_SUITE(finds_the_version_or_the_nearest_lower_or_the_lowest, a_replaced_definition_stays_valid,
            walks_by_id_then_version_until_told_to_stop, loads_a_folder_and_tells_the_first_bad_file,
            loads_every_file_of_the_public_registry)
