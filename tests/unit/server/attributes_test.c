/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/attributes.c: every rule of Write-Attributes by what it refuses and what it lets through (lwm2m.md 1.3.7). */

#include "core/server/attributes.h"
#include "tests/unit/check.h"

#define V10 TG_VERSION_1_0
#define V11 TG_VERSION_1_1
#define V12 TG_VERSION_OF(1, 2)

static const tg_path_t object = {{3303}, 1};
static const tg_path_t instance = {{3303, 0}, 2};
static const tg_path_t resource = {{3303, 0, 5700}, 3};
static const tg_path_t resource_instance = {{3303, 0, 5700, 1}, 4};

static const tg_path_t count_path = {{3303, 0, 5701}, 3};
static const tg_path_t kind = {{3303, 0, 5750}, 3};
static const tg_path_t on_off = {{3303, 0, 5850}, 3};
static const tg_path_t reset = {{3303, 0, 5605}, 3};
static const tg_path_t stranger = {{31000, 0, 1}, 3};

/* A registry with one object: 5700 a number, 5850 a boolean, 5750 a text, 5605 to be executed. */
static tg_registry_t *make_registry(void) {
  static const tg_resdef_t resources[] = {
      {.id = 5700, .ops = TG_OPS_READ, .type = TG_TYPE_FLOAT, .name = "Sensor Value", .unit = ""},
      {.id = 5701, .ops = TG_OPS_READ, .type = TG_TYPE_INTEGER, .name = "Count", .unit = ""},
      {.id = 5750, .ops = TG_OPS_READ, .type = TG_TYPE_STRING, .name = "Application Type", .unit = ""},
      {.id = 5850, .ops = TG_OPS_READ, .type = TG_TYPE_BOOLEAN, .name = "On/Off", .unit = ""},
      {.id = 5605, .ops = TG_OPS_EXECUTE, .type = TG_TYPE_NONE, .name = "Reset", .unit = ""},
  };
  tg_registry_t *registry = tg_registry_new();
  tg_objdef_head_t head = {.id = 3303,
                           .multiple = true,
                           .version = TG_VERSION_1_0,
                           .name = tg_slice_str("Temperature"),
                           .urn = tg_slice_str("urn:oma:lwm2m:ext:3303")};
  tg_objdef_t *def = tg_objdef_new(&head);
  assert_non_null(registry);
  assert_non_null(def);
  for (size_t i = 0; i < TG_COUNT(resources); i++) check_rc(tg_objdef_add(def, &resources[i]), TG_OK);
  check_rc(tg_registry_add(registry, def), TG_OK);
  return registry;
}

typedef struct row {
  const char *text;
  tg_version_t version;
  const tg_path_t *path;
  tg_rc_t rc;
  const char *why; /* part of the sentence */
} row_t;

static void check_rows(const row_t *rows, size_t count) {
  tg_registry_t *registry = make_registry();
  for (size_t i = 0; i < count; i++) {
    tg_model_t model = {.registry = registry, .enabler = rows[i].version};
    tg_diag_t diag = {0};
    tg_rc_t rc = tg_attributes_check(tg_slice_str(rows[i].text), rows[i].path, &model, &diag);
    if (rc != rows[i].rc) print_error("%s: %s, %s\n", rows[i].text, tg_rc_name(rc), diag.message);
    check_rc(rc, rows[i].rc);
    if (rc == TG_OK) {
      assert_string_equal(diag.message, "");
      continue;
    }
    if (!strstr(diag.message, rows[i].why)) print_error("%s: %s\n", rows[i].text, diag.message);
    assert_non_null(strstr(diag.message, rows[i].why));
  }
  tg_registry_free(registry);
}

static void what_the_specification_allows_goes_through(void **state) {
  (void)state;
  static const row_t rows[] = {
      {"pmin=10&pmax=60", V10, &object, TG_OK, ""},
      {"pmin=10&pmax=10", V10, &instance, TG_OK, ""}, /* equal is purely periodic */
      {"pmin=0", V10, &resource, TG_OK, ""},
      {"pmax=0", V10, &resource, TG_OK, ""},
      {"gt=-5.5&lt=-10", V10, &resource, TG_OK, ""},
      {"gt=45&lt=20&st=10", V11, &resource, TG_OK, ""},
      {"st=0.001", V11, &resource, TG_OK, ""},
      {"gt=45&lt=20&st=10&pmin=1&pmax=2&epmin=1&epmax=2", V11, &resource, TG_OK, ""},
      {"epmin=5&epmax=10", V11, &object, TG_OK, ""},
      {"pmin&pmax&gt&lt&st", V10, &resource, TG_OK, ""}, /* a name alone unsets */
      {"pmin&pmax=5", V10, &resource, TG_OK, ""},
      {"gt&lt=50", V10, &resource, TG_OK, ""}, /* what is unset is compared with nothing */
      {"pmin=1", V11, &resource_instance, TG_OK, ""},
      {"gt=1", V11, &resource_instance, TG_OK, ""},
      {"con=1&hqmax=20", V12, &object, TG_OK, ""},
      {"con=0", V12, &instance, TG_OK, ""},
      {"gt=1", V10, &count_path, TG_OK, ""},
      {"edge=1", V12, &on_off, TG_OK, ""},
      {"edge=0&pmin=3", V12, &on_off, TG_OK, ""},
      {"gt=1", V10, &stranger, TG_OK, ""}, /* nobody knows what it is */
      {"pmax=2147483647", V10, &object, TG_OK, ""},
  };
  check_rows(rows, TG_COUNT(rows));
}

static void a_rule_that_is_broken_is_named(void **state) {
  (void)state;
  static const row_t rows[] = {
      {"pmin=60&pmax=10", V10, &object, TG_E_ARG, "pmax must not be less than pmin"},
      {"pmax=0&pmin=1", V10, &object, TG_E_ARG, "pmax must not be less than pmin"},
      {"lt=45&gt=20", V10, &resource, TG_E_ARG, "lt must be less than gt"},
      {"lt=20&gt=20", V10, &resource, TG_E_ARG, "lt must be less than gt"},
      {"lt=20&gt=40&st=10", V10, &resource, TG_E_ARG, "lt + 2 st must be less than gt"},
      {"epmin=10&epmax=10", V11, &object, TG_E_ARG, "epmax must be more than epmin"},
      {"st=0", V10, &resource, TG_E_RANGE, "st is a number above 0"},
      {"st=-1", V10, &resource, TG_E_RANGE, "st is a number above 0"},
      {"gt=1e3", V10, &resource, TG_E_ARG, "without exponent"},
      {"gt=warm", V10, &resource, TG_E_ARG, "gt is a number"},
      {"gt=", V10, &resource, TG_E_ARG, "gt is a number"},
      {"pmin=-1", V10, &resource, TG_E_ARG, "pmin is a whole number of seconds"},
      {"pmin=1.5", V10, &resource, TG_E_ARG, "pmin is a whole number of seconds"},
      {"pmin=", V10, &resource, TG_E_ARG, "pmin is a whole number of seconds"},
      {"pmax=2147483648", V10, &resource, TG_E_RANGE, "pmax is a whole number of seconds from 0 to 2147483647"},
      {"con=2", V12, &object, TG_E_RANGE, "con is 0 or 1"},
      {"edge=up", V12, &on_off, TG_E_ARG, "edge is 0 or 1"},
      {"hqmax=x", V12, &object, TG_E_ARG, "hqmax is a whole number"},
      {"pmin=1&pmin=2", V10, &object, TG_E_DUPLICATE, "pmin is given twice"},
      {"pmin&pmin=2", V10, &object, TG_E_DUPLICATE, "pmin is given twice"},
      {"", V10, &object, TG_E_ARG, "no attribute is given"},
      {"&", V10, &object, TG_E_ARG, "attribute \"\" is not known"},
      {"pmin=1&", V10, &object, TG_E_ARG, "attribute \"\" is not known"},
  };
  check_rows(rows, TG_COUNT(rows));
}

static void an_attribute_is_only_where_it_has_a_meaning(void **state) {
  (void)state;
  static const row_t rows[] = {
      {"gt=1", V10, &object, TG_E_ARG, "gt is for a resource that is a number"},
      {"lt=1", V10, &instance, TG_E_ARG, "lt is for a resource that is a number"},
      {"st=1", V11, &instance, TG_E_ARG, "st is for a resource that is a number"},
      {"st", V11, &instance, TG_E_ARG, "st is for a resource that is a number"}, /* nor can it be unset there */
      {"edge=1", V12, &instance, TG_E_ARG, "edge is for a resource that is a boolean"},
      {"gt=1", V10, &kind, TG_E_ARG, "Application Type is string"},
      {"gt=1", V10, &on_off, TG_E_ARG, "On/Off is boolean"},
      {"gt=1", V10, &reset, TG_E_ARG, "Reset is executable"},
      {"edge=1", V12, &resource, TG_E_ARG, "Sensor Value is float"},
      {"pmin=1", V10, &resource_instance, TG_E_UNSUPPORTED, "a resource instance are new in LwM2M 1.1"},
  };
  check_rows(rows, TG_COUNT(rows));
}

static void an_attribute_is_only_for_devices_whose_version_knows_it(void **state) {
  (void)state;
  static const row_t rows[] = {
      {"epmin=1", V10, &object, TG_E_UNSUPPORTED, "epmin is new in LwM2M 1.1; the device speaks 1.0"},
      {"epmax=1", V10, &object, TG_E_UNSUPPORTED, "epmax is new in LwM2M 1.1; the device speaks 1.0"},
      {"edge=1", V11, &resource, TG_E_UNSUPPORTED, "edge is new in LwM2M 1.2; the device speaks 1.1"},
      {"con=1", V11, &object, TG_E_UNSUPPORTED, "con is new in LwM2M 1.2; the device speaks 1.1"},
      {"hqmax", V10, &object, TG_E_UNSUPPORTED, "hqmax is new in LwM2M 1.2; the device speaks 1.0"},
  };
  check_rows(rows, TG_COUNT(rows));
}

static void a_name_that_is_no_attribute_is_told_why(void **state) {
  (void)state;
  static const row_t rows[] = {
      {"pmim=1", V11, &object, TG_E_ARG, "did you mean \"pmin\"?"},
      {"colour=red", V11, &object, TG_E_ARG, "is not known: pmin pmax gt lt st epmin epmax edge con hqmax"},
      {"cancel", V10, &object, TG_E_ARG, "an observation is ended by the operation cancel"},
      {"dim=2", V11, &resource, TG_E_ARG, "dim is how many instances a resource has"},
      {"ver=1.1", V11, &object, TG_E_ARG, "can't be set"},
      {"ssid=1", V11, &instance, TG_E_ARG, "can't be set"},
      {"PMIN=1", V11, &object, TG_E_ARG, "is not known"},
  };
  check_rows(rows, TG_COUNT(rows));
}

static void long_and_odd_texts_are_refused_whole(void **state) {
  (void)state;
  tg_model_t model = {.enabler = V12};
  char text[1024];
  for (size_t len = 1; len < sizeof text; len = len * 3 / 2 + 1) {
    for (int fill = 1; fill < 256; fill += 7) {
      tg_diag_t diag = {0};
      memset(text, fill, len);
      tg_rc_t rc = tg_attributes_check(tg_slice((const uint8_t *)text, len), &object, &model, &diag);
      assert_true(rc != TG_OK);
      assert_true(diag.message[0] != '\0');
    }
  }
}

CHECK_SUITE(what_the_specification_allows_goes_through, a_rule_that_is_broken_is_named,
            an_attribute_is_only_where_it_has_a_meaning, an_attribute_is_only_for_devices_whose_version_knows_it,
            a_name_that_is_no_attribute_is_told_why, long_and_odd_texts_are_refused_whole)
