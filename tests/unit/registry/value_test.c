/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/registry/value_test.c: mirrors core/registry/value.c. */

#include "core/registry/value.h"

#include <math.h>

#include "tests/unit/check.h"

#define INT(x)                                                                                                         \
  { .type = TG_TYPE_INTEGER, .i = (x) }
#define UINT(x)                                                                                                        \
  { .type = TG_TYPE_UNSIGNED, .u = (x) }
#define FLT(x)                                                                                                         \
  { .type = TG_TYPE_FLOAT, .f = (x) }
#define BOOL(x)                                                                                                        \
  { .type = TG_TYPE_BOOLEAN, .b = (x) }
#define TIME(x)                                                                                                        \
  { .type = TG_TYPE_TIME, .i = (x) }
#define STR(x)                                                                                                         \
  {                                                                                                                    \
    .type = TG_TYPE_STRING, .s = {(const uint8_t *)(x), sizeof(x) - 1 }                                                \
  }
#define CORE(x)                                                                                                        \
  {                                                                                                                    \
    .type = TG_TYPE_CORELNK, .s = {(const uint8_t *)(x), sizeof(x) - 1 }                                               \
  }
#define OPAQUE(x)                                                                                                      \
  {                                                                                                                    \
    .type = TG_TYPE_OPAQUE, .s = {(const uint8_t *)(x), sizeof(x) - 1 }                                                \
  }
#define LINK(o, i)                                                                                                     \
  {                                                                                                                    \
    .type = TG_TYPE_OBJLNK, .link = {(o), (i) }                                                                        \
  }
#define NONE                                                                                                           \
  { .type = TG_TYPE_NONE }

static void every_type_has_a_name_and_back(void **state) {
  (void)state;
  for (int i = 0; i < TG_TYPE_COUNT; i++) {
    tg_type_t type;
    check_rc(tg_value_type_of(tg_slice_str(tg_value_type_name((tg_type_t)i)), &type), TG_OK);
    check_int(type, i);
  }
  tg_type_t type;
  check_rc(tg_value_type_of(tg_slice_str("int"), &type), TG_E_NOT_FOUND);
  assert_string_equal(tg_value_type_name((tg_type_t)99), "none");
}

static void converts_where_nothing_is_lost(void **state) {
  (void)state;
  static const struct {
    tg_value_t from;
    tg_value_t to;
  } rows[] = {
      {INT(5), UINT(5)},
      {INT(5), FLT(5)},
      {INT(-5), FLT(-5)},
      {INT(5), TIME(5)},
      {INT(-5), TIME(-5)},
      {INT(0), BOOL(false)},
      {INT(1), BOOL(true)},
      {UINT(1), BOOL(true)},
      {INT(INT64_MIN), FLT(-9223372036854775808.0)},
      {INT(INT64_C(9007199254740992)), FLT(9007199254740992.0)},
      {UINT(INT64_MAX), INT(INT64_MAX)},
      {UINT(7), FLT(7)},
      {UINT(UINT64_C(0x8000000000000000)), FLT(9223372036854775808.0)},
      {FLT(22), INT(22)},
      {FLT(-22), INT(-22)},
      {FLT(-9223372036854775808.0), INT(INT64_MIN)},
      {FLT(9223372036854775808.0), UINT(UINT64_C(0x8000000000000000))},
      {FLT(-0.0), UINT(0)},
      {FLT(1700000000), TIME(1700000000)},
      {TIME(9), INT(9)},
      {TIME(9), UINT(9)},
      {TIME(9), FLT(9)},
      {STR("</1>"), CORE("</1>")},
      {CORE("</1>"), STR("</1>")},
      {STR("3:0"), LINK(3, 0)},
      {STR("65535:65535"), LINK(65535, 65535)},
      {OPAQUE("\0x"), OPAQUE("\0x")},
      {NONE, NONE},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_value_t out;
    tg_rc_t rc = tg_value_convert(&rows[i].from, rows[i].to.type, &out);
    if (rc != TG_OK || !tg_value_eq(&out, &rows[i].to)) print_error("row %zu\n", i);
    check_rc(rc, TG_OK);
    check_true(tg_value_eq(&out, &rows[i].to));
  }
}

static void refuses_what_would_lose_something(void **state) {
  (void)state;
  static const struct {
    tg_value_t from;
    tg_type_t to;
    tg_rc_t rc;
  } rows[] = {
      {INT(-1), TG_TYPE_UNSIGNED, TG_E_RANGE},
      {UINT(UINT64_C(1) << 63), TG_TYPE_INTEGER, TG_E_RANGE},
      {UINT(UINT64_MAX), TG_TYPE_TIME, TG_E_RANGE},
      {INT(INT64_C(9007199254740993)), TG_TYPE_FLOAT, TG_E_RANGE},
      {UINT(UINT64_MAX), TG_TYPE_FLOAT, TG_E_RANGE},
      {INT(INT64_MAX), TG_TYPE_FLOAT, TG_E_RANGE},
      {FLT(22.5), TG_TYPE_INTEGER, TG_E_TYPE},
      {FLT(9223372036854775808.0), TG_TYPE_INTEGER, TG_E_RANGE},
      {FLT(18446744073709551616.0), TG_TYPE_UNSIGNED, TG_E_RANGE},
      {FLT(-1), TG_TYPE_UNSIGNED, TG_E_RANGE},
      {FLT((double)NAN), TG_TYPE_INTEGER, TG_E_RANGE},
      {FLT((double)INFINITY), TG_TYPE_UNSIGNED, TG_E_RANGE},
      {FLT(1), TG_TYPE_BOOLEAN, TG_E_TYPE},
      {INT(2), TG_TYPE_BOOLEAN, TG_E_RANGE},
      {INT(-1), TG_TYPE_BOOLEAN, TG_E_RANGE},
      {BOOL(true), TG_TYPE_INTEGER, TG_E_TYPE},
      {STR("5"), TG_TYPE_INTEGER, TG_E_TYPE},
      {STR("5"), TG_TYPE_OPAQUE, TG_E_TYPE},
      {OPAQUE("5"), TG_TYPE_STRING, TG_E_TYPE},
      {STR("3"), TG_TYPE_OBJLNK, TG_E_SYNTAX},
      {INT(3), TG_TYPE_OBJLNK, TG_E_TYPE},
      {INT(3), TG_TYPE_NONE, TG_E_TYPE},
      {NONE, TG_TYPE_STRING, TG_E_TYPE},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_value_t out;
    tg_rc_t rc = tg_value_convert(&rows[i].from, rows[i].to, &out);
    if (rc != rows[i].rc) print_error("row %zu\n", i);
    check_rc(rc, rows[i].rc);
  }
}

static void compares_type_and_value(void **state) {
  (void)state;
  static const tg_value_t values[] = {NONE,     INT(1),           INT(2),     UINT(1),     TIME(1),
                                      FLT(1),   FLT((double)NAN), BOOL(true), BOOL(false), STR("a"),
                                      STR("b"), OPAQUE("a"),      CORE("a"),  LINK(1, 2),  LINK(2, 1)};
  for (size_t i = 0; i < TG_COUNT(values); i++) {
    for (size_t j = 0; j < TG_COUNT(values); j++) check_int(tg_value_eq(&values[i], &values[j]), i == j);
  }
}

static void reads_object_links(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_rc_t rc;
  } rows[] = {{"21:0", TG_OK},       {"65535:65535", TG_OK}, {"21", TG_E_SYNTAX},    {":", TG_E_SYNTAX},
              {"1:", TG_E_SYNTAX},   {":1", TG_E_SYNTAX},    {"1:2:3", TG_E_SYNTAX}, {"65536:0", TG_E_RANGE},
              {"-1:0", TG_E_SYNTAX}, {" 1:0", TG_E_SYNTAX}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_objlnk_t link;
    check_rc(tg_value_parse_objlnk(tg_slice_str(rows[i].text), &link), rows[i].rc);
  }
}

static void writes_values_as_people_read_them(void **state) {
  (void)state;
  static const struct {
    tg_value_t value;
    const char *want;
  } rows[] = {
      {NONE, ""},
      {INT(INT64_MIN), "-9223372036854775808"},
      {UINT(UINT64_MAX), "18446744073709551615"},
      {FLT(22.5), "22.5"},
      {FLT((double)NAN), "nan"},
      {FLT(-(double)INFINITY), "-inf"},
      {BOOL(true), "true"},
      {BOOL(false), "false"},
      {STR("text"), "text"},
      {CORE("</1>"), "</1>"},
      {OPAQUE("\x00\xFF"), "00ff"},
      {TIME(1700000000), "2023-11-14T22:13:20Z"},
      {TIME(0), "1970-01-01T00:00:00Z"},
      {TIME(-1), "1969-12-31T23:59:59Z"},
      {TIME(INT64_C(253402300799)), "9999-12-31T23:59:59Z"},
      {TIME(INT64_C(253402300800)), "253402300800"},
      {TIME(INT64_MIN), "-9223372036854775808"},
      {LINK(21, 0), "21:0"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char memory[64];
    tg_buf_t buf;
    tg_buf_init(&buf, memory, sizeof memory);
    tg_value_put_text(&buf, &rows[i].value);
    check_slice(tg_buf_slice(&buf), rows[i].want);
  }
}

CHECK_SUITE(every_type_has_a_name_and_back, converts_where_nothing_is_lost, refuses_what_would_lose_something,
            compares_type_and_value, reads_object_links, writes_values_as_people_read_them)
