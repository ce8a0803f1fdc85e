/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/base/text_test.c: mirrors core/base/hex.c, base64.c, utf8.c, diag.c and slice.h. */

#include "core/base/base64.h"
#include "core/base/diag.h"
#include "core/base/hex.h"
#include "core/base/utf8.h"
#include "tests/unit/check.h"

static void hex_goes_both_ways(void **state) {
  (void)state;
  uint8_t memory[64];
  tg_buf_t buf;
  tg_buf_init(&buf, memory, sizeof memory);
  static const uint8_t bytes[] = {0x00, 0x1f, 0xa5, 0xff};
  tg_hex_put(&buf, tg_slice(bytes, 4));
  check_slice(tg_buf_slice(&buf), "001fa5ff");
  tg_buf_clear(&buf);
  check_rc(tg_hex_get(tg_slice_str("001FA5ff"), &buf), TG_OK);
  check_bytes(tg_buf_slice(&buf), tg_slice(bytes, 4));
  check_rc(tg_hex_get(tg_slice(NULL, 0), &buf), TG_OK);
  static const char *const bad[] = {"0", "0g", "g0", "0 ", "0x", "@`", ":;"};
  for (size_t i = 0; i < TG_COUNT(bad); i++) check_rc(tg_hex_get(tg_slice_str(bad[i]), &buf), TG_E_SYNTAX);
  check_int(buf.len, 4);
  tg_buf_init(&buf, memory, 1);
  check_rc(tg_hex_get(tg_slice_str("0000"), &buf), TG_E_TOO_LONG);
}

static void base64_is_that_of_the_standard(void **state) {
  (void)state;
  /* RFC 4648 §10 */
  static const char *const rows[][2] = {{"", ""},
                                        {"f", "Zg=="},
                                        {"fo", "Zm8="},
                                        {"foo", "Zm9v"},
                                        {"foob", "Zm9vYg=="},
                                        {"fooba", "Zm9vYmE="},
                                        {"foobar", "Zm9vYmFy"}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint8_t memory[64];
    tg_buf_t buf;
    tg_buf_init(&buf, memory, sizeof memory);
    tg_base64_put(&buf, tg_slice_str(rows[i][0]));
    check_slice(tg_buf_slice(&buf), rows[i][1]);
    tg_buf_clear(&buf);
    check_rc(tg_base64_get(tg_slice_str(rows[i][1]), &buf), TG_OK);
    check_slice(tg_buf_slice(&buf), rows[i][0]);
    tg_buf_clear(&buf);
    tg_base64_put_url(&buf, tg_slice_str(rows[i][0]));
    tg_slice_t bare = tg_slice(rows[i][1], strcspn(rows[i][1], "="));
    check_bytes(tg_buf_slice(&buf), bare);
    tg_buf_clear(&buf);
    check_rc(tg_base64_get_any(bare, &buf), TG_OK);
    check_slice(tg_buf_slice(&buf), rows[i][0]);
  }
}

static void base64_of_both_alphabets_is_read_by_the_lenient_reader(void **state) {
  (void)state;
  static const uint8_t bytes[] = {0xfb, 0xff, 0xfe};
  static const char *const texts[] = {"+//+", "-__-", "+/_-"};
  for (size_t i = 0; i < TG_COUNT(texts); i++) {
    uint8_t memory[8];
    tg_buf_t buf;
    tg_buf_init(&buf, memory, sizeof memory);
    check_rc(tg_base64_get_any(tg_slice_str(texts[i]), &buf), TG_OK);
    check_bytes(tg_buf_slice(&buf), tg_slice(bytes, 3));
    check_rc(tg_base64_get(tg_slice_str(texts[i]), &buf), i == 0 ? TG_OK : TG_E_SYNTAX);
  }
}

static void malformed_base64_is_refused_and_writes_nothing(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_rc_t strict, any;
  } rows[] = {
      {"Zg", TG_E_SYNTAX, TG_OK},         {"Zg=", TG_E_SYNTAX, TG_E_SYNTAX},       {"Z", TG_E_SYNTAX, TG_E_SYNTAX},
      {"Z===", TG_E_SYNTAX, TG_E_SYNTAX}, {"====", TG_E_SYNTAX, TG_E_SYNTAX},      {"Zm9v=", TG_E_SYNTAX, TG_E_SYNTAX},
      {"Zm=v", TG_E_SYNTAX, TG_E_SYNTAX}, {"Zm9\n", TG_E_SYNTAX, TG_E_SYNTAX},     {"Zh==", TG_E_SYNTAX, TG_OK},
      {"Zm9=", TG_E_SYNTAX, TG_OK},       {"Zm9v Zm9v", TG_E_SYNTAX, TG_E_SYNTAX},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint8_t memory[16];
    tg_buf_t buf;
    tg_buf_init(&buf, memory, sizeof memory);
    check_rc(tg_base64_get(tg_slice_str(rows[i].text), &buf), rows[i].strict);
    check_int(buf.len, 0);
    check_rc(tg_base64_get_any(tg_slice_str(rows[i].text), &buf), rows[i].any);
  }
  uint8_t memory[2];
  tg_buf_t buf;
  tg_buf_init(&buf, memory, sizeof memory);
  check_rc(tg_base64_get(tg_slice_str("Zm9v"), &buf), TG_E_TOO_LONG);
}

static void utf8_is_checked_to_the_letter(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    bool valid;
  } rows[] = {
      {"", true},
      {"plain ASCII that is longer than a word", true},
      {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", true},
      {"1234567\xC3\xA4", true},
      {"\xC2\x80", true},
      {"\xE0\xA0\x80", true},
      {"\xED\x9F\xBF", true},
      {"\xEE\x80\x80", true},
      {"\xF0\x90\x80\x80", true},
      {"\xF4\x8F\xBF\xBF", true},
      {"\x80", false},
      {"\xC0\xAF", false},         /* overlong */
      {"\xC1\xBF", false},         /* overlong */
      {"\xE0\x9F\xBF", false},     /* overlong */
      {"\xF0\x8F\xBF\xBF", false}, /* overlong */
      {"\xED\xA0\x80", false},     /* surrogate */
      {"\xF4\x90\x80\x80", false}, /* above U+10FFFF */
      {"\xF5\x80\x80\x80", false},
      {"\xFF", false},
      {"\xC3", false},
      {"\xE2\x82", false},
      {"\xE2\x82x", false},
      {"\xF0\x9F\x98", false},
      {"\xC3(", false},
      {"1234567\xC3", false},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) check_int(tg_utf8_valid(tg_slice_str(rows[i].bytes)), rows[i].valid);
}

static void the_nearest_known_name_is_the_one_that_was_meant(void **state) {
  (void)state;
  static const char *const known[] = {"host", "port", "payload", "keepalive", "reconnect_max", "qos", NULL};
  static const struct {
    const char *name, *want;
  } rows[] = {
      {"hots", "host"},
      {"prot", "port"},
      {"paylod", "payload"},
      {"keep_alive", "keepalive"},
      {"reconect_mx", "reconnect_max"},
      {"qso", "qos"},
      {"q", NULL},
      {"banana", NULL},
      {"", NULL},
      {"host", "host"},
      {"xyz", NULL},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    const char *got = tg_diag_nearest(rows[i].name, known);
    if (rows[i].want) assert_string_equal(got, rows[i].want);
    else assert_null(got);
  }
  char long_name[200];
  memset(long_name, 'a', sizeof long_name - 1);
  long_name[199] = '\0';
  assert_null(tg_diag_nearest(long_name, known));
}

static void a_diagnosis_is_cut_not_overrun(void **state) {
  (void)state;
  tg_diag_t diag = {0};
  tg_diag_set(&diag, "config.lua", 7, "unknown key '%s'", "prot");
  assert_string_equal(diag.file, "config.lua");
  check_int(diag.line, 7);
  assert_string_equal(diag.message, "unknown key 'prot'");
  tg_diag_set(&diag, NULL, 8, "%0*d", 2000, 1);
  assert_string_equal(diag.file, "config.lua");
  check_int(strlen(diag.message), sizeof diag.message - 1);
  tg_diag_set(NULL, "x", 1, "nothing");
}

static void slices_are_taken_apart_at_a_byte(void **state) {
  (void)state;
  tg_slice_t rest = tg_slice_str("a,,bc,");
  static const char *const want[] = {"a", "", "bc"};
  size_t n = 0;
  while (rest.len) {
    tg_slice_t part = tg_slice_take(&rest, ',');
    check_true(n < TG_COUNT(want));
    check_slice(part, want[n++]);
  }
  check_int(n, 3);
  check_true(tg_slice_begins(tg_slice_str("abc"), tg_slice_str("ab")));
  check_false(tg_slice_begins(tg_slice_str("a"), tg_slice_str("ab")));
  check_slice(tg_slice_from(tg_slice_str("abc"), 5), "");
  check_int(tg_slice_find(tg_slice(NULL, 0), 'x'), 0);
}

CHECK_SUITE(hex_goes_both_ways, base64_is_that_of_the_standard, base64_of_both_alphabets_is_read_by_the_lenient_reader,
            malformed_base64_is_refused_and_writes_nothing, utf8_is_checked_to_the_letter,
            the_nearest_known_name_is_the_one_that_was_meant, a_diagnosis_is_cut_not_overrun,
            slices_are_taken_apart_at_a_byte)
