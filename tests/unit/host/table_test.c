/* SPDX-License-Identifier: Apache-2.0 */
/* Tables for people, and what is in their cells. */

#include "bindings/host/table.h"

#include "bindings/host/human.h"
#include "tests/unit/check.h"

static void put(tg_table_t *table, const char *text) {
  tg_table_put(table, tg_slice_str(text));
}

/* What a table writes now. */
static void check_table(tg_table_t *table, const char *want) {
  tg_buf_t out;
  tg_buf_init_growing(&out, 65536);
  tg_table_write(table, &out);
  check_slice(tg_buf_slice(&out), want);
  tg_buf_fini(&out);
}

static const char *const titles[] = {"NAME", ">COUNT", "WHERE", NULL};

static void columns_are_as_wide_as_their_longest_cell(void **state) {
  (void)state;
  tg_table_t table;
  tg_table_init(&table, titles);
  put(&table, "a");
  tg_table_put_int(&table, 7);
  put(&table, "here");
  put(&table, "long name");
  tg_table_put_int(&table, -123456);
  put(&table, "");
  check_int(tg_table_rows(&table), 2);
  check_table(&table, "NAME         COUNT  WHERE\n"
                      "a                7  here\n"
                      "long name  -123456  -\n");
  tg_table_fini(&table);
}

static void rows_that_come_later_keep_the_columns(void **state) {
  (void)state;
  tg_table_t table;
  tg_table_init(&table, titles);
  tg_table_widen(&table, 0, 6);
  check_table(&table, "");
  put(&table, "a");
  put(&table, "1");
  check_table(&table, ""); /* the row is not whole yet */
  put(&table, "x");
  check_table(&table, "NAME    COUNT  WHERE\na           1  x\n");
  for (int i = 0; i < 3; i++) put(&table, "b");
  check_table(&table, "b           b  b\n");
  tg_table_fini(&table);
}

static void letters_count_and_not_bytes(void **state) {
  (void)state;
  static const char *const two[] = {"A", "B", NULL};
  tg_table_t table;
  tg_table_init(&table, two);
  put(&table, "Zähler");
  put(&table, "1");
  put(&table, "meters");
  put(&table, "€ 5");
  check_table(&table, "A       B\nZähler  1\nmeters  € 5\n");
  tg_table_fini(&table);
}

static void foreign_text_does_nothing_to_a_terminal(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len;
    const char *want;
  } rows[] = {{"\x1b[2Jred", 7, "\\x1b[2Jred"}, {"a\nb\tc\r", 6, "a\\x0ab\\x09c\\x0d"},
              {"a\0b", 3, "a\\x00b"},           {"\x7f", 1, "\\x7f"},
              {"\xc2\x9b!", 3, "\\xc2\\x9b!"},  {"\xff\xc3", 2, "\\xff\\xc3"},
              {"\xe2\x82", 2, "\\xe2\\x82"},    {"\xf0\x9f\x90\xb8", 4, "\xf0\x9f\x90\xb8"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    tg_buf_t out;
    tg_buf_init_growing(&out, 1024);
    tg_table_clean(&out, tg_slice(rows[i].text, rows[i].len));
    check_slice(tg_buf_slice(&out), rows[i].want);
    tg_buf_fini(&out);
  }
}

static void a_table_without_memory_loses_rows_and_nothing_else(void **state) {
  (void)state;
  uint8_t memory[64];
  tg_buf_t out;
  tg_table_t table;
  tg_table_init(&table, titles);
  tg_buf_init(&table.cells, memory, 6);
  for (int i = 0; i < 9; i++) put(&table, "x");
  check_int(tg_table_rows(&table), 1);
  tg_buf_init(&out, memory + 8, 56);
  tg_table_write(&table, &out);
  check_slice(tg_buf_slice(&out), "NAME  COUNT  WHERE\nx         x  x\n");
  tg_table_fini(&table);
}

static void durations_have_two_units(void **state) {
  (void)state;
  static const struct {
    int64_t seconds;
    const char *want;
  } rows[] = {{-5, "0s"},       {0, "0s"},
              {59, "59s"},      {60, "1m"},
              {192, "3m 12s"},  {300, "5m"},
              {3600, "1h"},     {3605, "1h"},
              {7260, "2h 1m"},  {86400, "1d"},
              {86460, "1d"},    {1051200, "12d 4h"},
              {2592000, "30d"}, {INT64_MAX, "106751991167300d 15h"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    tg_buf_t out;
    tg_buf_init_growing(&out, 64);
    tg_human_duration(&out, rows[i].seconds);
    check_slice(tg_buf_slice(&out), rows[i].want);
    tg_buf_fini(&out);
  }
}

static void times_are_those_of_the_log(void **state) {
  (void)state;
  static const struct {
    int64_t ms;
    bool exact;
    const char *want;
  } rows[] = {
      {1769860800250, true, "2026-01-31T12:00:00.250Z"}, {1769860800000, true, "2026-01-31T12:00:00.000Z"},
      {1769860800000, false, "2026-01-31T12:00:00Z"},    {1769860800007, false, "2026-01-31T12:00:00.007Z"},
      {-1, false, "1969-12-31T23:59:59.999Z"},           {INT64_MAX / 1000 * 1000, false, "292278994-08-17T07:12:55Z"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    tg_buf_t out;
    tg_buf_init_growing(&out, 64);
    tg_human_time(&out, rows[i].ms, rows[i].exact);
    check_slice(tg_buf_slice(&out), rows[i].want);
    tg_buf_fini(&out);
  }
}

static void sizes_have_two_digits(void **state) {
  (void)state;
  static const struct {
    int64_t bytes;
    const char *want;
  } rows[] = {{0, "0 B"},
              {1023, "1023 B"},
              {1024, "1 kB"},
              {3482, "3.4 kB"},
              {65536, "64 kB"},
              {1048000, "1 MB"},
              {(int64_t)64 << 20, "64 MB"},
              {(int64_t)5 << 40, "5 TB"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    tg_buf_t out;
    tg_buf_init_growing(&out, 64);
    tg_human_size(&out, rows[i].bytes);
    check_slice(tg_buf_slice(&out), rows[i].want);
    tg_buf_fini(&out);
  }
}

static void values_are_as_write_takes_them(void **state) {
  (void)state;
  static const struct {
    const char *record;
    const char *want;
  } rows[] = {{"{\"value\":21.50,\"type\":\"float\"}", "21.5"},
              {"{\"value\":99.0,\"type\":\"float\"}", "99"},
              {"{\"value\":18446744073709551615}", "18446744073709551615"},
              {"{\"value\":-5,\"type\":\"integer\"}", "-5"},
              {"{\"value\":1769860800,\"type\":\"time\"}", "2026-01-31T12:00:00Z"},
              {"{\"value\":9223372036854775807,\"type\":\"time\"}", "9223372036854775807"},
              {"{\"value\":true}", "true"},
              {"{\"value\":\"+02\",\"type\":\"string\"}", "+02"},
              {"{\"value\":\"\",\"type\":\"string\"}", "\"\""},
              {"{\"value\":\"3303:0\",\"type\":\"objlnk\"}", "3303:0"},
              {"{\"value\":{\"base64\":\"3q2+7w==\"},\"type\":\"opaque\"}", "base64:3q2+7w=="},
              {"{\"value\":null}", ""},
              {"{\"path\":\"/0/0/5\",\"hidden\":true}", "(hidden)"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    tg_buf_t out;
    tg_json_t *doc = NULL;
    tg_buf_init_growing(&out, 1024);
    check_rc(tg_json_read(tg_slice_str(rows[i].record), 1024, NULL, &doc), TG_OK);
    tg_human_value(&out, tg_json_read_root(doc));
    check_slice(tg_buf_slice(&out), rows[i].want);
    tg_json_read_free(doc);
    tg_buf_fini(&out);
  }
}

CHECK_SUITE(columns_are_as_wide_as_their_longest_cell, rows_that_come_later_keep_the_columns,
            letters_count_and_not_bytes, foreign_text_does_nothing_to_a_terminal,
            a_table_without_memory_loses_rows_and_nothing_else, durations_have_two_units, times_are_those_of_the_log,
            sizes_have_two_digits, values_are_as_write_takes_them)
