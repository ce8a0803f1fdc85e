/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/registry/registry_nomem_test.c: core/registry when an allocation fails. */

#include "core/registry/registry.h"
#include "tests/unit/alloc_harness.h"
#include "tests/unit/check.h"

static const char xml[] =
    "<LWM2M><Object><Name>Temperature</Name><ObjectID>3303</ObjectID><Resources>"
    "<Item ID=\"5700\"><Name>Sensor Value</Name><Type>Float</Type><Units>Cel</Units></Item>"
    "<Item ID=\"5701\"><Name>Sensor Units</Name><Type>String</Type></Item></Resources></Object></LWM2M>";

/* Reads the same file twice, so that a definition is replaced too. */
static bool load_xml(void *ud) {
  (void)ud;
  tg_registry_t *registry = tg_registry_new();
  if (!registry) return false;
  tg_rc_t rc = TG_OK;
  for (int i = 0; i < 2 && rc == TG_OK; i++) {
    tg_diag_t diag = {0};
    rc = tg_registry_load_xml(registry, "x.xml", tg_slice_str(xml), &diag);
    check_true(rc == TG_OK || rc == TG_E_NOMEM);
  }
  if (rc == TG_OK) check_int(tg_registry_find(registry, 3303, 0)->resource_count, 2);
  tg_registry_free(registry);
  return rc == TG_OK;
}

static void reading_xml_without_memory_says_so_and_leaks_nothing(void **state) {
  (void)state;
  check_true(alloc_harness_each_failure(load_xml, NULL) >= 10);
}

static bool fill(void *ud) {
  (void)ud;
  tg_registry_t *registry = tg_registry_new();
  bool done = registry != NULL;
  for (uint16_t i = 0; done && i < 200; i++) {
    tg_objdef_t *def =
        tg_objdef_new(&(tg_objdef_head_t){.id = i, .version = TG_VERSION_1_0, .name = tg_slice_str("n")});
    done = def != NULL;
    if (!def) break;
    tg_rc_t rc = tg_objdef_add(def, &(tg_resdef_t){.id = 1, .name = "r"});
    if (rc == TG_OK) rc = tg_registry_add(registry, def);
    if (rc == TG_OK) continue;
    check_rc(rc, TG_E_NOMEM);
    tg_objdef_free(def);
    done = false;
  }
  tg_registry_free(registry);
  return done;
}

static void a_registry_without_memory_does_not_take_the_definition(void **state) {
  (void)state;
  check_true(alloc_harness_each_failure(fill, NULL) >= 200);
}

CHECK_SUITE(reading_xml_without_memory_says_so_and_leaks_nothing,
            a_registry_without_memory_does_not_take_the_definition)
