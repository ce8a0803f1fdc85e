/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/registry/path_test.c: mirrors core/registry/path.c. */

#include "core/registry/path.h"
#include "tests/unit/check.h"

static void reads_paths_of_every_length(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_path_t path;
    const char *written;
  } rows[] = {
      {"", {{0}, 0}, "/"},
      {"/", {{0}, 0}, "/"},
      {"/0", {{0}, 1}, "/0"},
      {"3", {{3}, 1}, "/3"},
      {"/3/0", {{3, 0}, 2}, "/3/0"},
      {"3303/0/5700", {{3303, 0, 5700}, 3}, "/3303/0/5700"},
      {"/65534/65534/65534/65534", {{65534, 65534, 65534, 65534}, 4}, "/65534/65534/65534/65534"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_path_t path;
    char text[TG_PATH_TEXT_MAX];
    check_rc(tg_path_parse(tg_slice_str(rows[i].text), &path), TG_OK);
    check_true(tg_path_eq(&path, &rows[i].path));
    assert_string_equal(tg_path_text(&path, text), rows[i].written);
    tg_buf_t buf;
    char memory[TG_PATH_TEXT_MAX];
    tg_buf_init(&buf, memory, sizeof memory);
    tg_path_put(&buf, &path);
    check_slice(tg_buf_slice(&buf), rows[i].written);
  }
}

static void reads_what_is_below_a_path(void **state) {
  (void)state;
  static const struct {
    tg_path_t base;
    const char *text;
    tg_rc_t rc;
    const char *want;
  } rows[] = {
      {{{3303, 0}, 2}, "5700", TG_OK, "/3303/0/5700"},
      {{{3303, 0}, 2}, "5700/1", TG_OK, "/3303/0/5700/1"},
      {{{3303, 0}, 2}, "", TG_OK, "/3303/0"},
      {{{0}, 0}, "3/0/9", TG_OK, "/3/0/9"},
      {{{0}, 0}, "", TG_OK, "/"},
      {{{65534, 65534, 65534}, 3}, "65534", TG_OK, "/65534/65534/65534/65534"},
      {{{3303, 0}, 2}, "/5700", TG_E_SYNTAX, NULL},
      {{{3303, 0}, 2}, "5700/", TG_E_SYNTAX, NULL},
      {{{3303, 0}, 2}, "05", TG_E_SYNTAX, NULL},
      {{{3303, 0}, 2}, "5700//1", TG_E_SYNTAX, NULL},
      {{{3303, 0}, 2}, "65535", TG_E_RANGE, NULL},
      {{{3303, 0}, 2}, "5700/1/2", TG_E_TOO_LONG, NULL},
      {{{3, 0, 9, 1}, 4}, "0", TG_E_TOO_LONG, NULL},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char text[TG_PATH_TEXT_MAX];
    tg_path_t path = rows[i].base;
    tg_rc_t rc = tg_path_parse_below(&path, tg_slice_str(rows[i].text), &path);
    if (rc != rows[i].rc) print_error("%s below %s\n", rows[i].text, tg_path_text(&rows[i].base, text));
    check_rc(rc, rows[i].rc);
    if (rows[i].want) assert_string_equal(tg_path_text(&path, text), rows[i].want);
    else check_true(tg_path_eq(&path, &rows[i].base)); /* untouched */
  }
}

static void refuses_every_other_spelling(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_rc_t rc;
  } rows[] = {
      {"//", TG_E_SYNTAX},           {"/3/", TG_E_SYNTAX},
      {"3/", TG_E_SYNTAX},           {"/3//0", TG_E_SYNTAX},
      {"/03", TG_E_SYNTAX},          {"/00", TG_E_SYNTAX},
      {"/+3", TG_E_SYNTAX},          {"/-3", TG_E_SYNTAX},
      {"/ 3", TG_E_SYNTAX},          {"/3 ", TG_E_SYNTAX},
      {"/a", TG_E_SYNTAX},           {"/3a", TG_E_SYNTAX},
      {"/65535", TG_E_RANGE},        {"/65536", TG_E_RANGE},
      {"/70000/0", TG_E_RANGE},      {"/99999999999999999999", TG_E_RANGE},
      {"/1/2/3/4/5", TG_E_TOO_LONG}, {"/../..", TG_E_SYNTAX},
      {"/3?x", TG_E_SYNTAX},         {"/3/0/1/", TG_E_SYNTAX},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_path_t path;
    tg_rc_t rc = tg_path_parse(tg_slice_str(rows[i].text), &path);
    if (rc != rows[i].rc) print_error("%s\n", rows[i].text);
    check_rc(rc, rows[i].rc);
  }
  tg_path_t path;
  check_rc(tg_path_parse(tg_slice("/3\0", 3), &path), TG_E_SYNTAX);
}

static void every_id_reads_back(void **state) {
  (void)state;
  for (uint32_t id = 0; id <= 65534; id++) {
    tg_path_t path = tg_path(1, (uint16_t)id, 0, 0), back;
    char text[TG_PATH_TEXT_MAX];
    check_rc(tg_path_parse(tg_slice_str(tg_path_text(&path, text)), &back), TG_OK);
    check_int(back.id[0], id);
  }
}

static void a_path_covers_itself_and_what_lies_below(void **state) {
  (void)state;
  tg_path_t root = tg_path(0, 0, 0, 0), object = tg_path(1, 3, 0, 0), instance = tg_path(2, 3, 0, 0);
  tg_path_t resource = tg_path(3, 3, 0, 9), other = tg_path(2, 3, 1, 0);
  check_true(tg_path_covers(&root, &root) && tg_path_covers(&root, &resource));
  check_true(tg_path_covers(&object, &object) && tg_path_covers(&object, &instance));
  check_true(tg_path_covers(&instance, &resource));
  check_false(tg_path_covers(&other, &resource));
  check_false(tg_path_covers(&resource, &instance));
  check_false(tg_path_eq(&object, &instance));
}

static void orders_by_ids_with_a_prefix_first(void **state) {
  (void)state;
  static const tg_path_t ascending[] = {{{0}, 0},          {{0}, 1},       {{0, 5}, 2},    {{3}, 1},
                                        {{3, 0}, 2},       {{3, 0, 0}, 3}, {{3, 0, 6}, 3}, {{3, 0, 6, 0}, 4},
                                        {{3, 0, 6, 1}, 4}, {{3, 0, 7}, 3}, {{3, 1}, 2},    {{300}, 1}};
  for (size_t i = 0; i < TG_COUNT(ascending); i++) {
    for (size_t j = 0; j < TG_COUNT(ascending); j++) {
      int order = tg_path_cmp(&ascending[i], &ascending[j]);
      check_int(order < 0, i < j);
      check_int(order > 0, i > j);
    }
  }
}

static void a_child_is_one_longer(void **state) {
  (void)state;
  tg_path_t path = tg_path(0, 0, 0, 0);
  path = tg_path_child(&path, 3);
  path = tg_path_child(&path, 0);
  path = tg_path_child(&path, 6);
  path = tg_path_child(&path, 1);
  char text[TG_PATH_TEXT_MAX];
  assert_string_equal(tg_path_text(&path, text), "/3/0/6/1");
}

CHECK_SUITE(reads_paths_of_every_length, reads_what_is_below_a_path, refuses_every_other_spelling, every_id_reads_back,
            a_path_covers_itself_and_what_lies_below, orders_by_ids_with_a_prefix_first, a_child_is_one_longer)
