/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/registry/row_test.c: mirrors core/registry/row.c. */

#include "core/registry/row.h"

#include "tests/unit/check.h"

static void what_was_written_is_read_in_order(void **state) {
  (void)state;
  uint8_t memory[64];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  const tg_path_t path = {{3303, 0, 5700, 2}, 4}, root = {{0}, 0};
  tg_row_put_text(&out, tg_slice_str("hall"));
  tg_row_put_text(&out, tg_slice_str(""));
  tg_row_put_path(&out, &path);
  tg_row_put_path(&out, &root);
  tg_buf_put_be(&out, UINT64_C(0x0102030405060708), 8);
  tg_buf_put_u8(&out, 9);
  tg_row_t row = {.rest = tg_buf_slice(&out)};
  check_slice(tg_row_get_text(&row), "hall");
  check_int(tg_row_get_text(&row).len, 0);
  tg_path_t got = tg_row_get_path(&row);
  check_true(tg_path_eq(&got, &path));
  got = tg_row_get_path(&row);
  check_true(tg_path_eq(&got, &root));
  check_true(tg_row_get(&row, 8) == UINT64_C(0x0102030405060708));
  check_int(tg_row_get_max(&row, 1, 9), 9);
  check_false(row.bad);
  check_int(row.rest.len, 0);
}

/* One row per way to be wrong; what comes behind it is not believed either. */
static void what_can_not_be_there_makes_the_rest_empty(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t len;
    enum { NUMBER, LIMITED, TEXT, PATH } kind;
  } rows[] = {
      {"", 0, NUMBER}, {"\1", 1, NUMBER},       {"\0\6\7\7", 4, LIMITED}, {"\5hall", 5, TEXT},
      {"", 0, TEXT},   {"\5\0\1\0\2", 5, PATH}, {"\2\0\1\0", 4, PATH},    {"", 0, PATH},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_row_t row = {.rest = tg_slice(rows[i].bytes, rows[i].len)};
    if (rows[i].kind == NUMBER) (void)tg_row_get(&row, 2);
    if (rows[i].kind == LIMITED) check_int(tg_row_get_max(&row, 2, 5), 0);
    if (rows[i].kind == TEXT) check_int(tg_row_get_text(&row).len, 0);
    if (rows[i].kind == PATH) check_int(tg_row_get_path(&row).len, 0);
    check_true(row.bad);
    check_int(tg_row_get(&row, 1), 0);
    check_int(tg_row_get_bytes(&row, 1).len, 0);
  }
}

CHECK_SUITE(what_was_written_is_read_in_order, what_can_not_be_there_makes_the_rest_empty)
