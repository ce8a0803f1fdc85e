/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/json_read_test.c: mirrors core/codec/json_read.c. */

#include "core/codec/json_read.h"
#include "tests/unit/check.h"

static tg_json_t *read_doc(const char *text) {
  tg_json_t *doc = NULL;
  check_rc(tg_json_read(tg_slice_str(text), 4096, NULL, &doc), TG_OK);
  return doc;
}

static void reads_a_document_of_every_kind(void **state) {
  (void)state;
  tg_json_t *doc = read_doc(
      "{\"n\":null,\"b\":true,\"i\":-5,\"u\":18446744073709551615,\"d\":1.0,\"s\":\"a\\u0000b\",\"l\":[1,2],\"o\":{\"x\":1}}");
  const tg_json_node_t *root = tg_json_read_root(doc);
  static const struct {
    const char *name;
    tg_json_kind_t kind;
  } rows[] = {{"b", TG_JSON_BOOL},   {"i", TG_JSON_INT},    {"u", TG_JSON_UINT},
              {"d", TG_JSON_DOUBLE}, {"s", TG_JSON_STRING}, {"l", TG_JSON_ARRAY},
              {"o", TG_JSON_OBJECT}, {"n", TG_JSON_NULL},   {"absent", TG_JSON_NULL}};
  for (size_t i = 0; i < TG_COUNT(rows); i++)
    check_int(tg_json_read_kind(tg_json_read_get(root, rows[i].name)), rows[i].kind);
  check_int(tg_json_read_count(root), 8);
  check_int(tg_json_read_count(tg_json_read_get(root, "l")), 2);
  check_int(tg_json_read_count(tg_json_read_get(root, "s")), 0);
  check_bytes(tg_json_read_str(tg_json_read_get(root, "s")), tg_slice("a\0b", 3));
  check_int(tg_json_read_str(tg_json_read_get(root, "i")).len, 0);
  assert_null(tg_json_read_at(tg_json_read_get(root, "l"), 2));
  assert_null(tg_json_read_at(root, 0));
  assert_null(tg_json_read_get(tg_json_read_get(root, "l"), "x"));
  tg_json_read_free(doc);
}

static void keeps_integers_exact_and_apart_from_doubles(void **state) {
  (void)state;
  tg_json_t *doc = read_doc("[9223372036854775807,-9223372036854775808,9223372036854775808,9007199254740993,1.0,true]");
  const tg_json_node_t *root = tg_json_read_root(doc);
  int64_t i;
  uint64_t u;
  double d;
  bool b;
  check_rc(tg_json_read_int(tg_json_read_at(root, 0), &i), TG_OK);
  check_true(i == INT64_MAX);
  check_rc(tg_json_read_int(tg_json_read_at(root, 1), &i), TG_OK);
  check_true(i == INT64_MIN);
  check_rc(tg_json_read_uint(tg_json_read_at(root, 1), &u), TG_E_RANGE);
  check_rc(tg_json_read_int(tg_json_read_at(root, 2), &i), TG_E_RANGE);
  check_rc(tg_json_read_uint(tg_json_read_at(root, 2), &u), TG_OK);
  check_true(u == UINT64_C(9223372036854775808));
  check_rc(tg_json_read_int(tg_json_read_at(root, 3), &i), TG_OK);
  check_true(i == INT64_C(9007199254740993));
  check_rc(tg_json_read_int(tg_json_read_at(root, 4), &i), TG_E_TYPE);
  check_rc(tg_json_read_double(tg_json_read_at(root, 4), &d), TG_OK);
  check_true(d >= 1.0 && d <= 1.0);
  check_rc(tg_json_read_double(tg_json_read_at(root, 0), &d), TG_OK);
  check_rc(tg_json_read_double(tg_json_read_at(root, 5), &d), TG_E_TYPE);
  check_rc(tg_json_read_bool(tg_json_read_at(root, 5), &b), TG_OK);
  check_true(b);
  check_rc(tg_json_read_bool(tg_json_read_at(root, 4), &b), TG_E_TYPE);
  check_rc(tg_json_read_uint(tg_json_read_at(root, 4), &u), TG_E_TYPE);
  tg_json_read_free(doc);
}

static void reads_bare_values(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_json_kind_t kind;
  } rows[] = {{"5", TG_JSON_INT},
              {" -0.5 ", TG_JSON_DOUBLE},
              {"\"x\"", TG_JSON_STRING},
              {"null", TG_JSON_NULL},
              {"true\n", TG_JSON_BOOL}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_json_t *doc = read_doc(rows[i].text);
    check_int(tg_json_read_kind(tg_json_read_root(doc)), rows[i].kind);
    tg_json_read_free(doc);
  }
}

static bool collect(void *ud, tg_slice_t name, const tg_json_node_t *value) {
  (void)value;
  char *names = ud;
  strncat(names, (const char *)name.p, name.len);
  return strlen(names) < 3;
}

static void walks_members_in_order_until_told_to_stop(void **state) {
  (void)state;
  tg_json_t *doc = read_doc("{\"z\":1,\"a\":null,\"m\":2,\"b\":3}");
  char names[8] = "";
  tg_json_read_each(tg_json_read_root(doc), collect, names);
  assert_string_equal(names, "zam");
  tg_json_read_each(tg_json_read_get(tg_json_read_root(doc), "z"), collect, names); /* has none */
  tg_json_read_each(NULL, collect, names);
  assert_string_equal(names, "zam");
  tg_json_read_free(doc);
}

static void refuses_what_is_not_json(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_rc_t rc;
  } rows[] = {
      {"", TG_E_SYNTAX},
      {"{", TG_E_SYNTAX},
      {"[1,]", TG_E_SYNTAX},
      {"{\"a\":1,}", TG_E_SYNTAX},
      {"{a:1}", TG_E_SYNTAX},
      {"{'a':1}", TG_E_SYNTAX},
      {"[1 2]", TG_E_SYNTAX},
      {"1 2", TG_E_SYNTAX},
      {"NaN", TG_E_SYNTAX},
      {"[Infinity]", TG_E_SYNTAX},
      {"[-Infinity]", TG_E_SYNTAX},
      {"01", TG_E_SYNTAX},
      {"[+1]", TG_E_SYNTAX},
      {"[.5]", TG_E_SYNTAX},
      {"[1.]", TG_E_SYNTAX},
      {"0x10", TG_E_SYNTAX},
      {"TRUE", TG_E_SYNTAX},
      {"nul", TG_E_SYNTAX},
      {"/* c */1", TG_E_SYNTAX},
      {"\"a\nb\"", TG_E_SYNTAX},
      {"\"\\x41\"", TG_E_SYNTAX},
      {"\"\\u12\"", TG_E_SYNTAX},
      {"{\"a\"}", TG_E_SYNTAX},
      {"{\"a\":}", TG_E_SYNTAX},
      {"[}", TG_E_SYNTAX},
      {"]", TG_E_SYNTAX},
      {"\"abc", TG_E_SYNTAX},
      {"{1:2}", TG_E_SYNTAX},
      {"\xEF\xBB\xBF{}", TG_E_SYNTAX},
      {"\"\\ud800\"", TG_E_ENCODING},
      {"\"\\udc00\"", TG_E_ENCODING},
      {"\"\\ud800\\u0041\"", TG_E_ENCODING},
      {"\"\xFF\"", TG_E_ENCODING},
      {"\"\xC0\x80\"", TG_E_ENCODING},
      {"{\"a\":1,\"a\":2}", TG_E_DUPLICATE},
      {"{\"a\":1,\"\\u0061\":2}", TG_E_DUPLICATE},
      {"[{\"x\":{\"a\":{\"b\":1},\"a\":3}}]", TG_E_DUPLICATE},
      {"{\"a\":null,\"a\":null}", TG_E_DUPLICATE},
      {"18446744073709551616", TG_E_RANGE},
      {"-9223372036854775809", TG_E_RANGE},
      {"[1e999]", TG_E_RANGE},
      {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", TG_E_TOO_LONG},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_json_t *doc = NULL;
    tg_diag_t diag = {0};
    tg_rc_t rc = tg_json_read(tg_slice_str(rows[i].text), 4096, &diag, &doc);
    if (rc != rows[i].rc) print_error("%s\n", rows[i].text);
    check_rc(rc, rows[i].rc);
    assert_null(doc);
    assert_non_null(strstr(diag.message, "byte "));
  }
}

static void takes_sixteen_levels_and_not_one_byte_too_many(void **state) {
  (void)state;
  tg_json_read_free(read_doc("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"));
  tg_json_t *doc = NULL;
  check_rc(tg_json_read(tg_slice_str("[1]"), 2, NULL, &doc), TG_E_TOO_LONG);
  check_rc(tg_json_read(tg_slice_str("[1]"), 3, NULL, &doc), TG_OK);
  tg_json_read_free(doc);
  tg_json_read_free(NULL);
}

/* Whatever the caller allows; the bytes are not looked at. */
static void takes_no_document_of_two_gibibytes(void **state) {
  (void)state;
  tg_json_t *doc = NULL;
  check_rc(tg_json_read(tg_slice("1", (size_t)INT32_MAX + 1), SIZE_MAX, NULL, &doc), TG_E_TOO_LONG);
  assert_null(doc);
}

static void refuses_a_nul_in_the_text(void **state) {
  (void)state;
  tg_json_t *doc = NULL;
  check_rc(tg_json_read(tg_slice("{}\0", 3), 16, NULL, &doc), TG_E_SYNTAX);
  check_rc(tg_json_read(tg_slice("\"a\0b\"", 5), 16, NULL, &doc), TG_E_SYNTAX);
}

CHECK_SUITE(reads_a_document_of_every_kind, keeps_integers_exact_and_apart_from_doubles, reads_bare_values,
            walks_members_in_order_until_told_to_stop, refuses_what_is_not_json,
            takes_sixteen_levels_and_not_one_byte_too_many, takes_no_document_of_two_gibibytes,
            refuses_a_nul_in_the_text)
