/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/base/num_test.c: mirrors core/base/num.c. */

#include "core/base/num.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "core/base/random.h"
#include "tests/unit/check.h"

static void unsigned_numbers_are_digits_within_a_limit(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint64_t max;
    tg_rc_t rc, strict;
    uint64_t value;
  } rows[] = {
      {"0", 10, TG_OK, TG_OK, 0},
      {"10", 10, TG_OK, TG_OK, 10},
      {"007", 10, TG_OK, TG_E_SYNTAX, 7},
      {"00", 10, TG_OK, TG_E_SYNTAX, 0},
      {"11", 10, TG_E_RANGE, TG_E_RANGE, 0},
      {"18446744073709551615", UINT64_MAX, TG_OK, TG_OK, UINT64_MAX},
      {"18446744073709551616", UINT64_MAX, TG_E_RANGE, TG_E_RANGE, 0},
      {"99999999999999999999999", UINT64_MAX, TG_E_RANGE, TG_E_RANGE, 0},
      {"99999999999999999999999x", UINT64_MAX, TG_E_SYNTAX, TG_E_SYNTAX, 0},
      {"", 10, TG_E_SYNTAX, TG_E_SYNTAX, 0},
      {"-1", 10, TG_E_SYNTAX, TG_E_SYNTAX, 0},
      {"+1", 10, TG_E_SYNTAX, TG_E_SYNTAX, 0},
      {" 1", 10, TG_E_SYNTAX, TG_E_SYNTAX, 0},
      {"1 ", 10, TG_E_SYNTAX, TG_E_SYNTAX, 0},
      {"0x1", 10, TG_E_SYNTAX, TG_E_SYNTAX, 0},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint64_t value = 0, strict = 0;
    check_rc(tg_num_parse_u64(tg_slice_str(rows[i].text), rows[i].max, &value), rows[i].rc);
    check_rc(tg_num_parse_strict(tg_slice_str(rows[i].text), rows[i].max, &strict), rows[i].strict);
    assert_true(value == rows[i].value);
    if (rows[i].strict == TG_OK) assert_true(strict == value);
  }
}

static void signed_numbers_reach_both_ends_of_their_range(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_rc_t rc;
    int64_t value;
  } rows[] = {
      {"0", TG_OK, 0},
      {"-0", TG_OK, 0},
      {"-1", TG_OK, -1},
      {"9223372036854775807", TG_OK, INT64_MAX},
      {"-9223372036854775808", TG_OK, INT64_MIN},
      {"9223372036854775808", TG_E_RANGE, 0},
      {"-9223372036854775809", TG_E_RANGE, 0},
      {"", TG_E_SYNTAX, 0},
      {"-", TG_E_SYNTAX, 0},
      {"--1", TG_E_SYNTAX, 0},
      {"1.0", TG_E_SYNTAX, 0},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    int64_t value = 0;
    check_rc(tg_num_parse_i64(tg_slice_str(rows[i].text), &value), rows[i].rc);
    assert_true(value == rows[i].value);
  }
}

static void only_json_like_decimals_are_doubles(void **state) {
  (void)state;
  static const char *const bad[] = {"",   "-",  ".5",   "5.",  "1e",  "1e+",   "+1",       "inf", "nan",  "0x10",
                                    " 1", "1 ", "1.e5", "1,5", "--1", "1e5.0", "Infinity", "1f",  "1e++5"};
  double value;
  for (size_t i = 0; i < TG_COUNT(bad); i++) check_rc(tg_num_parse_double(tg_slice_str(bad[i]), &value), TG_E_SYNTAX);
  check_rc(tg_num_parse_double(tg_slice_str("1e309"), &value), TG_E_RANGE);
  check_rc(tg_num_parse_double(tg_slice_str("-1e309"), &value), TG_E_RANGE);
  char long_text[66];
  memset(long_text, '1', sizeof long_text);
  check_rc(tg_num_parse_double(tg_slice(long_text, 64), &value), TG_OK);
  check_rc(tg_num_parse_double(tg_slice(long_text, 65), &value), TG_E_SYNTAX);
}

/* The reference is strtod in the C locale. */
static void doubles_are_read_as_the_nearest_value(void **state) {
  (void)state;
  static const char *const good[] = {"0",           "-0",
                                     "1",           "00012.50",
                                     "0.1",         "22.5",
                                     "1e-400",      "1E5",
                                     "1.5e-10",     "5e-324",
                                     "1e308",       "9007199254740993",
                                     "-0.30",       "123456789012345678",
                                     "0.000001",    "4.35",
                                     "1e+2",        "2.2250738585072014e-308",
                                     "99999.99999", "0e5"};
  for (size_t i = 0; i < TG_COUNT(good); i++) {
    double value = 99, want = strtod(good[i], NULL);
    check_rc(tg_num_parse_double(tg_slice_str(good[i]), &value), TG_OK);
    assert_memory_equal(&value, &want, sizeof want);
  }
}

static void check_put(double value, bool exponent, const char *want) {
  char memory[400];
  tg_buf_t buf;
  tg_buf_init(&buf, memory, sizeof memory);
  tg_num_put_double(&buf, value, exponent);
  check_slice(tg_buf_slice(&buf), want);
}

static void doubles_are_written_as_short_as_they_can_be(void **state) {
  (void)state;
  check_put(0, true, "0");
  check_put(-0.0, true, "-0");
  check_put(22.5, true, "22.5");
  check_put(0.1, true, "0.1");
  check_put(-1.0 / 3, true, "-0.3333333333333333");
  check_put(1e-5, true, "0.00001");
  check_put(1e-6, true, "1e-6");
  check_put(1.25e-7, true, "1.25e-7");
  check_put(1e22, true, "1e22");
  check_put(123456789, true, "123456789");
  check_put(9007199254740993.0, true, "9007199254740992");
  check_put(5e-324, true, "5e-324");
  check_put(1.7976931348623157e308, true, "1.7976931348623157e308");
  check_put((double)NAN, true, "null");
  check_put(-(double)INFINITY, true, "null");
}

static void without_exponent_all_zeros_are_written(void **state) {
  (void)state;
  check_put(1e-10, false, "0.0000000001");
  check_put(1.5e20, false, "150000000000000000000");
  check_put(-2.5e-3, false, "-0.0025");
  char memory[400];
  tg_buf_t buf;
  tg_buf_init(&buf, memory, sizeof memory);
  tg_num_put_double(&buf, 5e-324, false);
  check_int(buf.len, 2 + 324);
}

static bool round_trips(double value, bool exponent) {
  char memory[400];
  tg_buf_t buf;
  tg_buf_init(&buf, memory, sizeof memory);
  tg_num_put_double(&buf, value, exponent);
  const char *text = tg_buf_cstr(&buf);
  double back = strtod(text, NULL);
  if (memcmp(&back, &value, sizeof back) != 0) return false;
  return buf.len > 64 ||
         (tg_num_parse_double(tg_buf_slice(&buf), &back) == TG_OK && memcmp(&back, &value, sizeof back) == 0);
}

static void every_double_reads_back_as_itself(void **state) {
  (void)state;
  tg_random_seeded_t seeded = {3};
  for (int i = 0; i < 20000; i++) {
    uint64_t bits;
    tg_random_fill_seeded(&seeded, &bits, sizeof bits);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (isfinite(value)) assert_true(round_trips(value, true) && round_trips(value, false));
    double small = (double)(int64_t)(bits % 2000000) / 1000 - 1000;
    assert_true(round_trips(small, true));
  }
}

static void the_locale_changes_nothing(void **state) {
  (void)state;
  static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
  for (size_t i = 0; i < TG_COUNT(locales); i++) (void)(setlocale(LC_ALL, locales[i]) != NULL);
  double value = 0;
  check_rc(tg_num_parse_double(tg_slice_str("3.14159265358979312345"), &value), TG_OK);
  check_put(value, true, "3.141592653589793");
  check_rc(tg_num_parse_double(tg_slice_str("3,5"), &value), TG_E_SYNTAX);
  assert_non_null(setlocale(LC_ALL, "C"));
}

CHECK_SUITE(unsigned_numbers_are_digits_within_a_limit, signed_numbers_reach_both_ends_of_their_range,
            only_json_like_decimals_are_doubles, doubles_are_read_as_the_nearest_value,
            doubles_are_written_as_short_as_they_can_be, without_exponent_all_zeros_are_written,
            every_double_reads_back_as_itself, the_locale_changes_nothing)
