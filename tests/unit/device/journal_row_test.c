/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/device/journal_row.c: rows come back as they were; cut short, garbled and of other versions they do not. */

#include "core/device/journal_row.h"
#include "tests/unit/check.h"

enum { ROW_MAX = 1024 };

static tg_record_t values[9] = {
    {.path = {{3, 0, 1}, 3}, .value = {.type = TG_TYPE_INTEGER, .i = -5}, .time_ms = -1},
    {.path = {{3, 0, 2}, 3}, .value = {.type = TG_TYPE_UNSIGNED, .u = UINT64_MAX}, .time_ms = 1795764086498},
    {.path = {{3, 0, 3}, 3}, .value = {.type = TG_TYPE_FLOAT, .f = -0.5}},
    {.path = {{3, 0, 4}, 3}, .value = {.type = TG_TYPE_BOOLEAN, .b = true}, .time_source = TG_TIME_DEVICE},
    {.path = {{3, 0, 5}, 3}, .value = {.type = TG_TYPE_TIME, .i = 1795764086}},
    {.path = {{3, 0, 6}, 3}, .value = {.type = TG_TYPE_OBJLNK, .link = {3303, 65535}}},
    {.path = {{3, 0, 7, 1}, 4}, .value = {.type = TG_TYPE_NONE}},
};

static tg_journal_row_t sample(void) {
  values[7] = (tg_record_t){.path = tg_path(3, 3, 0, 8), .value = {.type = TG_TYPE_STRING, .s = tg_slice_str("text")}};
  values[8] = (tg_record_t){.path = tg_path(3, 3, 0, 9), .value = {.type = TG_TYPE_OPAQUE}};
  return (tg_journal_row_t){.ep = tg_slice_str("meter"),
                            .sent = true,
                            .command = {.op = TG_OP_UPDATE,
                                        .retry = true,
                                        .path = tg_path(2, 3, 0, 0),
                                        .records = values,
                                        .record_count = TG_COUNT(values),
                                        .text = tg_slice_str("0='1'"),
                                        .content_format = 110,
                                        .priority = 3,
                                        .tag = tg_slice_str("a1"),
                                        .replace_key = tg_slice_str("key"),
                                        .owner = tg_slice_str("tidegate"),
                                        .deadline_ms = 1795764099101}};
}

static tg_slice_t encode(const tg_journal_row_t *row, uint8_t memory[ROW_MAX]) {
  tg_buf_t out;
  tg_buf_init(&out, memory, ROW_MAX);
  tg_journal_row_encode(row, &out);
  check_rc(out.rc, TG_OK);
  return tg_buf_slice(&out);
}

static void a_row_comes_back_as_it_was(void **state) {
  (void)state;
  static tg_record_t records[TG_JOURNAL_ROW_RECORDS_MAX];
  uint8_t memory[ROW_MAX];
  const tg_journal_row_t row = sample();
  tg_journal_row_t back;
  check_rc(tg_journal_row_decode(encode(&row, memory), records, &back), TG_OK);
  check_slice(back.ep, "meter");
  check_true(back.sent && back.command.durable && back.command.retry);
  check_int(back.command.op, TG_OP_UPDATE);
  check_int(back.command.content_format, 110);
  check_int(back.command.priority, 3);
  check_true(back.command.deadline_ms == row.command.deadline_ms);
  check_slice(back.command.tag, "a1");
  check_slice(back.command.replace_key, "key");
  check_slice(back.command.owner, "tidegate");
  check_slice(back.command.text, "0='1'");
  check_int(back.command.record_count, TG_COUNT(values));
  for (size_t i = 0; i < TG_COUNT(values); i++) {
    check_true(tg_path_eq(&back.command.records[i].path, &values[i].path));
    check_true(tg_value_eq(&back.command.records[i].value, &values[i].value));
    check_true(back.command.records[i].time_ms == values[i].time_ms);
    check_int(back.command.records[i].time_source, values[i].time_source);
  }
}

static void what_goes_before_an_execute_is_kept_where_it_is_of_the_same_instance(void **state) {
  (void)state;
  static const struct {
    tg_path_t path;
    bool fits;
  } rows[] = {{{{1, 0, 5}, 3}, true},
              {{{1, 0, 5, 1}, 4}, true},
              {{{1, 1, 5}, 3}, false},
              {{{3, 0, 5}, 3}, false},
              {{{1}, 1}, false}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint8_t memory[ROW_MAX];
    tg_record_t records[1];
    const tg_record_t seconds = {.path = rows[i].path, .value = {.type = TG_TYPE_INTEGER, .i = 60}};
    const tg_journal_row_t row = {
        .ep = tg_slice_str("m"),
        .command = {.op = TG_OP_EXECUTE, .path = tg_path(3, 1, 0, 4), .records = &seconds, .record_count = 1}};
    tg_journal_row_t back;
    check_rc(tg_journal_row_decode(encode(&row, memory), records, &back), rows[i].fits ? TG_OK : TG_E_CORRUPT);
    if (rows[i].fits) check_true(tg_path_eq(&back.command.records[0].path, &rows[i].path));
  }
}

static void a_row_without_a_wanted_format_has_none_when_it_comes_back(void **state) {
  (void)state;
  uint8_t memory[ROW_MAX];
  tg_record_t records[1];
  const tg_journal_row_t row = {.ep = tg_slice_str("m"), .command = {.op = TG_OP_DISCOVER, .content_format = -1}};
  tg_journal_row_t back;
  check_rc(tg_journal_row_decode(encode(&row, memory), records, &back), TG_OK);
  check_int(back.command.content_format, -1);
  check_int(back.command.path.len, 0);
  check_false(back.sent);
}

static void a_row_that_is_cut_short_or_too_long_is_corrupt(void **state) {
  (void)state;
  static tg_record_t records[TG_JOURNAL_ROW_RECORDS_MAX];
  uint8_t memory[ROW_MAX];
  const tg_journal_row_t row = sample();
  tg_slice_t bytes = encode(&row, memory);
  tg_journal_row_t back;
  for (size_t len = 0; len < bytes.len; len++) {
    check_rc(tg_journal_row_decode(tg_slice(bytes.p, len), records, &back), TG_E_CORRUPT);
  }
  check_rc(tg_journal_row_decode(tg_slice(bytes.p, bytes.len + 1), records, &back), TG_E_CORRUPT);
}

static void members_out_of_range_are_corrupt(void **state) {
  (void)state;
  static const struct {
    size_t at;
    uint8_t byte;
    tg_rc_t rc;
  } rows[] = {
      {0, 0, TG_E_CORRUPT},  {0, 2, TG_E_VERSION},  {1, 4, TG_E_CORRUPT},  {2, TG_OP_COUNT, TG_E_CORRUPT},
      {3, 4, TG_E_CORRUPT},  {14, 5, TG_E_CORRUPT}, {19, 0, TG_E_CORRUPT}, {20, 0, TG_E_CORRUPT},
      {16, 4, TG_E_CORRUPT}, /* the records lie outside the path */
  };
  static tg_record_t records[TG_JOURNAL_ROW_RECORDS_MAX];
  uint8_t memory[ROW_MAX];
  const tg_journal_row_t row = sample();
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_slice_t bytes = encode(&row, memory);
    tg_journal_row_t back;
    memory[rows[i].at] = rows[i].byte;
    check_rc(tg_journal_row_decode(bytes, records, &back), rows[i].rc);
  }
}

CHECK_SUITE(a_row_comes_back_as_it_was, what_goes_before_an_execute_is_kept_where_it_is_of_the_same_instance,
            a_row_without_a_wanted_format_has_none_when_it_comes_back, a_row_that_is_cut_short_or_too_long_is_corrupt,
            members_out_of_range_are_corrupt)
