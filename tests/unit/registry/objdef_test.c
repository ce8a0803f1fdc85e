/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/registry/objdef_test.c: mirrors core/registry/objdef.c. */

#include "core/registry/objdef.h"

#include <math.h>

#include "tests/unit/check.h"

static tg_objdef_t *make(void) {
  tg_objdef_head_t head = {.id = 3303,
                           .multiple = true,
                           .version = TG_VERSION_1_1,
                           .name = tg_slice_str("Temperature"),
                           .urn = tg_slice_str("urn:x")};
  tg_objdef_t *def = tg_objdef_new(&head);
  assert_non_null(def);
  return def;
}

static void reads_versions(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_version_t version; /* 0: TG_E_SYNTAX */
  } rows[] = {{"1.0", TG_VERSION_1_0},
              {"1.1", TG_VERSION_1_1},
              {"2.10", TG_VERSION_OF(2, 10)},
              {"65535.65535", UINT32_MAX},
              {"1", 0},
              {"", 0},
              {".", 0},
              {"1.", 0},
              {".1", 0},
              {"1.01", 0},
              {"1.1.1", 0},
              {"v1.0", 0},
              {"1.65536", 0},
              {"1,0", 0}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_version_t version = 0;
    check_rc(tg_objdef_parse_version(tg_slice_str(rows[i].text), &version), rows[i].version ? TG_OK : TG_E_SYNTAX);
    check_int(version, rows[i].version);
  }
  check_true(TG_VERSION_OF(1, 10) > TG_VERSION_OF(1, 9) && TG_VERSION_OF(2, 0) > TG_VERSION_OF(1, 65535));
}

static void keeps_resources_sorted_and_copies_their_texts(void **state) {
  (void)state;
  tg_objdef_t *def = make();
  char name[] = "changes";
  for (uint32_t i = 0; i < 500; i++) {
    tg_resdef_t res = {
        .id = (uint16_t)(i * 7919 % 500 * 3), .type = TG_TYPE_FLOAT, .name = name, .unit = i % 2 ? "Cel" : NULL};
    check_rc(tg_objdef_add(def, &res), TG_OK);
  }
  name[0] = 'X';
  check_int(def->resource_count, 500);
  for (uint16_t id = 0; id < 1500; id++) {
    const tg_resdef_t *res = tg_objdef_find(def, id);
    check_int(res != NULL, id % 3 == 0);
    if (!res) continue;
    check_int(res->id, id);
    assert_string_equal(res->name, "changes");
    assert_non_null(res->unit);
  }
  for (size_t i = 1; i < def->resource_count; i++) check_true(def->resources[i - 1].id < def->resources[i].id);
  tg_objdef_free(def);
}

static void refuses_a_resource_twice_and_too_many(void **state) {
  (void)state;
  tg_objdef_t *def = make();
  tg_resdef_t res = {.type = TG_TYPE_STRING, .name = "x"};
  for (res.id = 0; res.id < 2000; res.id++) check_rc(tg_objdef_add(def, &res), TG_OK);
  check_rc(tg_objdef_add(def, &res), TG_E_FULL);
  tg_objdef_free(def);
  def = make();
  res.id = 5;
  check_rc(tg_objdef_add(def, &res), TG_OK);
  check_rc(tg_objdef_add(def, &res), TG_E_DUPLICATE);
  check_int(def->resource_count, 1);
  tg_objdef_free(def);
  tg_objdef_free(NULL);
}

static void checks_values_against_type_and_range(void **state) {
  (void)state;
  static const tg_resdef_t percent = {.type = TG_TYPE_INTEGER, .has_range = true, .min = 0, .max = 100};
  static const tg_resdef_t ratio = {.type = TG_TYPE_FLOAT, .has_range = true, .min = 0, .max = 1};
  static const tg_resdef_t text = {.type = TG_TYPE_STRING, .has_range = true, .min = 0, .max = 1};
  static const struct {
    const tg_resdef_t *res;
    tg_value_t value;
    tg_rc_t rc;
  } rows[] = {
      {&percent, {.type = TG_TYPE_INTEGER, .i = 100}, TG_OK},
      {&percent, {.type = TG_TYPE_FLOAT, .f = 50.0}, TG_OK},
      {&percent, {.type = TG_TYPE_INTEGER, .i = 101}, TG_E_RANGE},
      {&percent, {.type = TG_TYPE_INTEGER, .i = -1}, TG_E_RANGE},
      {&percent, {.type = TG_TYPE_FLOAT, .f = 50.5}, TG_E_TYPE},
      {&percent, {.type = TG_TYPE_STRING}, TG_E_TYPE},
      {&ratio, {.type = TG_TYPE_INTEGER, .i = 1}, TG_OK},
      {&ratio, {.type = TG_TYPE_FLOAT, .f = 1.0001}, TG_E_RANGE},
      {&ratio, {.type = TG_TYPE_FLOAT, .f = (double)NAN}, TG_E_RANGE},
      {&text, {.type = TG_TYPE_STRING}, TG_OK},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_value_t out = {.type = TG_TYPE_NONE};
    check_rc(tg_objdef_check(rows[i].res, &rows[i].value, &out), rows[i].rc);
    check_int(out.type, rows[i].rc == TG_OK ? rows[i].res->type : TG_TYPE_NONE);
  }
}

CHECK_SUITE(reads_versions, keeps_resources_sorted_and_copies_their_texts, refuses_a_resource_twice_and_too_many,
            checks_values_against_type_and_range)
