/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/json_lex_test.c: mirrors core/codec/json_lex.c. */

#include "core/codec/json_lex.h"
#include "tests/unit/check.h"

static void hands_out_every_token(void **state) {
  (void)state;
  static const struct {
    tg_json_lex_kind_t kind;
    const char *text;
  } want[] = {{TG_JSON_LEX_OBJECT, ""},       {TG_JSON_LEX_STRING, "a"},    {TG_JSON_LEX_COLON, ""},
              {TG_JSON_LEX_ARRAY, ""},        {TG_JSON_LEX_INTEGER, "-12"}, {TG_JSON_LEX_COMMA, ""},
              {TG_JSON_LEX_NUMBER, "0.5e+3"}, {TG_JSON_LEX_COMMA, ""},      {TG_JSON_LEX_TRUE, ""},
              {TG_JSON_LEX_COMMA, ""},        {TG_JSON_LEX_FALSE, ""},      {TG_JSON_LEX_COMMA, ""},
              {TG_JSON_LEX_NULL, ""},         {TG_JSON_LEX_ARRAY_END, ""},  {TG_JSON_LEX_OBJECT_END, ""},
              {TG_JSON_LEX_END, ""},          {TG_JSON_LEX_END, ""}};
  tg_json_lex_t lex;
  tg_json_lex_init(&lex, tg_slice_str(" {\"a\" :\t[-12,\r\n0.5e+3,true,false,null]} "));
  for (size_t i = 0; i < TG_COUNT(want); i++) {
    tg_json_lex_token_t token;
    check_rc(tg_json_lex_next(&lex, &token), TG_OK);
    check_int(token.kind, want[i].kind);
    check_slice(token.text, want[i].text);
  }
}

static void tells_where_it_stopped(void **state) {
  (void)state;
  tg_json_lex_t lex;
  tg_json_lex_token_t token;
  tg_json_lex_init(&lex, tg_slice_str("[1, x]"));
  for (int i = 0; i < 3; i++) check_rc(tg_json_lex_next(&lex, &token), TG_OK);
  check_rc(tg_json_lex_next(&lex, &token), TG_E_SYNTAX);
  check_int(lex.at, 4);
}

static void resolves_escapes(void **state) {
  (void)state;
  static const struct {
    const char *text, *want;
  } rows[] = {{"\"plain\"", "plain"},
              {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
              {"\"\\u0041\\u00fC\\u20aC\"", "A\xC3\xBC\xE2\x82\xAC"},
              {"\"\\uD83D\\uDE00\"", "\xF0\x9F\x98\x80"},
              {"\"\\uDBFF\\uDFFF\"", "\xF4\x8F\xBF\xBF"},
              {"\"a\\u07ff\\u0800\\uffff\"", "a\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF"}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char memory[64];
    tg_buf_t out;
    tg_json_lex_t lex;
    tg_json_lex_token_t token;
    tg_buf_init(&out, memory, sizeof memory);
    tg_json_lex_init(&lex, tg_slice_str(rows[i].text));
    check_rc(tg_json_lex_next(&lex, &token), TG_OK);
    check_int(token.is_escaped, strchr(rows[i].text, '\\') != NULL);
    tg_json_lex_put_unescaped(&out, token.text);
    check_slice(tg_buf_slice(&out), rows[i].want);
    check_true(out.len <= token.text.len);
  }
}

static void skips_whole_values_and_sees_what_is_wrong_in_them(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_rc_t rc;
  } rows[] = {
      {"5;", TG_OK},
      {"{};", TG_OK},
      {"[];", TG_OK},
      {"[1,[2,{\"a\":3}],\"x\"];", TG_OK},
      {"{\"a\":1,\"b\":[]};", TG_OK},
      {"[[[1]]];", TG_OK},
      {"[[[[1]]]];", TG_E_TOO_LONG},
      {"{\"a\":[{\"b\":[]}]};", TG_E_TOO_LONG},
      {"[1,];", TG_E_SYNTAX},
      {"[,1];", TG_E_SYNTAX},
      {"[1 2];", TG_E_SYNTAX},
      {"[1:2];", TG_E_SYNTAX},
      {"{1:2};", TG_E_SYNTAX},
      {"{\"a\"};", TG_E_SYNTAX},
      {"{\"a\",1};", TG_E_SYNTAX},
      {"{\"a\":1,};", TG_E_SYNTAX},
      {"{\"a\":};", TG_E_SYNTAX},
      {"{\"a\":1 \"b\":2};", TG_E_SYNTAX},
      {"[1 [2]];", TG_E_SYNTAX},
      {"[1 {}];", TG_E_SYNTAX},
      {"{[1]};", TG_E_SYNTAX},
      {"{{}:1};", TG_E_SYNTAX},
      {"[1};", TG_E_SYNTAX},
      {"{\"a\":1];", TG_E_SYNTAX},
      {"[{\"a\":[1}]];", TG_E_SYNTAX},
      {"[};", TG_E_SYNTAX},
      {"{];", TG_E_SYNTAX},
      {"[1", TG_E_SYNTAX},
      {",", TG_E_SYNTAX},
      {":", TG_E_SYNTAX},
      {"]", TG_E_SYNTAX},
      {"[\"\\ud800\"];", TG_E_ENCODING},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_json_lex_t lex;
    tg_json_lex_token_t token;
    tg_json_lex_init(&lex, tg_slice_str(rows[i].text));
    check_rc(tg_json_lex_next(&lex, &token), TG_OK);
    tg_rc_t rc = tg_json_lex_skip(&lex, &token, 3);
    if (rc != rows[i].rc) print_error("%s\n", rows[i].text);
    check_rc(rc, rows[i].rc);
    if (rc == TG_OK) check_int(rows[i].text[lex.at], ';');
  }
}

static void no_walk_is_deeper_than_thirty_two(void **state) {
  (void)state;
  char text[2 * 33 + 1];
  for (size_t depth = 32; depth <= 33; depth++) {
    tg_json_lex_t lex;
    tg_json_lex_token_t token;
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    tg_json_lex_init(&lex, tg_slice(text, 2 * depth));
    check_rc(tg_json_lex_next(&lex, &token), TG_OK);
    check_rc(tg_json_lex_skip(&lex, &token, 1000), depth == 32 ? TG_OK : TG_E_TOO_LONG);
  }
}

/* A loop that ends at END ends at an error too. */
static void an_error_is_no_token(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_rc_t rc;
  } rows[] = {{"\"a", TG_E_SYNTAX}, {"\"\xFF\"", TG_E_ENCODING}, {"1.", TG_E_SYNTAX},           {"1e", TG_E_SYNTAX},
              {"-", TG_E_SYNTAX},   {"tru", TG_E_SYNTAX},        {"\"\\ud800\"", TG_E_ENCODING}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_json_lex_t lex;
    tg_json_lex_token_t token = {.kind = TG_JSON_LEX_TRUE};
    tg_json_lex_init(&lex, tg_slice_str(rows[i].text));
    check_rc(tg_json_lex_next(&lex, &token), rows[i].rc);
    check_int(token.kind, TG_JSON_LEX_END);
  }
}

CHECK_SUITE(hands_out_every_token, tells_where_it_stopped, resolves_escapes,
            skips_whole_values_and_sees_what_is_wrong_in_them, no_walk_is_deeper_than_thirty_two, an_error_is_no_token)
