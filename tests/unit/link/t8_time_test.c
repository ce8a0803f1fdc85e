/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/link/t8_time_test.c: mirrors core/link/t8_time.c. */

#include "core/link/t8_time.h"
#include "tests/unit/check.h"

static void date_times_become_milliseconds(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t ms;
  } rows[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-11-22T20:00:00Z", INT64_C(1795377600000)},
      {"2026-11-22t20:00:00z", INT64_C(1795377600000)},
      {"2026-11-22T20:00:00.5Z", INT64_C(1795377600500)},
      {"2026-11-22T20:00:00.123456789Z", INT64_C(1795377600123)},
      {"2026-11-22T21:30:00+01:30", INT64_C(1795377600000)},
      {"2026-11-22T15:00:00-05:00", INT64_C(1795377600000)},
      {"2000-02-29T00:00:00Z", INT64_C(951782400000)},
      {"1969-12-31T23:59:59Z", -1000},
      {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
      {"9999-12-31T23:59:59Z", INT64_C(253402300799000)},
      {"0000-01-01T00:00:00Z", INT64_C(-62167219200000)},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    int64_t ms = -2;
    check_rc(tg_t8_time_parse(tg_slice_str(rows[i].text), &ms), TG_OK);
    assert_true(ms == rows[i].ms);
  }
}

static void what_is_no_date_time_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_rc_t rc;
  } rows[] = {
      {"", TG_E_SYNTAX},
      {"tomorrow", TG_E_SYNTAX},
      {"2026-11-22", TG_E_SYNTAX},
      {"2026-11-22T20:00:00", TG_E_SYNTAX},
      {"2026-11-22 20:00:00Z", TG_E_SYNTAX},
      {"2026-11-22T20:00Z", TG_E_SYNTAX},
      {"2026-11-22T20:00:00.Z", TG_E_SYNTAX},
      {"2026-11-22T20:00:00+0100", TG_E_SYNTAX},
      {"2026-11-22T20:00:00Zx", TG_E_SYNTAX},
      {"+026-11-22T20:00:00Z", TG_E_SYNTAX},
      {"2026-13-01T00:00:00Z", TG_E_RANGE},
      {"2026-00-01T00:00:00Z", TG_E_RANGE},
      {"2026-02-29T00:00:00Z", TG_E_RANGE},
      {"2100-02-29T00:00:00Z", TG_E_RANGE},
      {"2026-04-31T00:00:00Z", TG_E_RANGE},
      {"2026-11-22T24:00:00Z", TG_E_RANGE},
      {"2026-11-22T20:60:00Z", TG_E_RANGE},
      {"2026-11-22T20:00:61Z", TG_E_RANGE},
      {"2026-11-22T20:00:00+24:00", TG_E_RANGE},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    int64_t ms;
    check_rc(tg_t8_time_parse(tg_slice_str(rows[i].text), &ms), rows[i].rc);
  }
}

static void every_written_time_reads_back(void **state) {
  (void)state;
  int64_t step = INT64_C(86400000) * 13 + 3661000;
  for (int64_t ms = 0; ms < INT64_C(253402300800000); ms += step) {
    uint8_t memory[32];
    tg_buf_t text;
    int64_t back;
    tg_buf_init(&text, memory, sizeof memory);
    tg_t8_time_put(&text, ms);
    check_int(text.len, 20);
    check_rc(tg_t8_time_parse(tg_buf_slice(&text), &back), TG_OK);
    assert_true(back == ms);
  }
}

static void a_written_time_is_never_too_early(void **state) {
  (void)state;
  static const struct {
    int64_t ms;
    const char *text;
  } rows[] = {
      {1, "1970-01-01T00:00:01Z"},
      {-5, "1970-01-01T00:00:00Z"},
      {INT64_C(1795377599001), "2026-11-22T20:00:00Z"},
      {INT64_C(951782399999), "2000-02-29T00:00:00Z"},
      {INT64_MAX, "9999-12-31T23:59:59Z"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint8_t memory[32];
    tg_buf_t text;
    tg_buf_init(&text, memory, sizeof memory);
    tg_t8_time_put(&text, rows[i].ms);
    check_slice(tg_buf_slice(&text), rows[i].text);
  }
}

CHECK_SUITE(date_times_become_milliseconds, what_is_no_date_time_is_refused, every_written_time_reads_back,
            a_written_time_is_never_too_early)
