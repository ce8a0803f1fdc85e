/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/senml_json_dec_test.c: mirrors core/codec/senml_json_dec.c. */

#include "tests/unit/codec/payload.h"

static const payload_row_t vectors[] = {
    {"/3303/0/5700", "[{\"bn\":\"/3303/0/5700\",\"v\":22.5}]", "/3303/0/5700=float:22.5", TG_OK},
    {"/1/0", "[{\"bn\":\"/1/0\",\"n\":\"/1\",\"v\":60},{\"n\":\"/7\",\"vs\":\"U\"}]",
     "/1/0/1=integer:60\n/1/0/7=string:U", TG_OK},
    {"/3/0",
     "[{\"bn\":\"/3/0/\",\"n\":\"0\",\"vs\":\"Open Mobile Alliance\"},{\"n\":\"9\",\"v\":100},{\"n\":\"6/0\",\"v\":1}]",
     "/3/0/0=string:Open Mobile Alliance\n/3/0/9=integer:100\n/3/0/6/0=integer:1", TG_OK},
    {"/3", "[ { \"n\" : \"/3/0/9\" ,\r\n\t\"v\" : 5 } ] ", "/3/0/9=integer:5", TG_OK},
    {"/3", "[]", "", TG_OK},
    {"/", "[{\"n\":\"/3/0/0\"},{\"n\":\"/1/0/1\"}]", "/3/0/0\n/1/0/1", TG_OK},
    {"/", "[{\"bn\":\"/3/0/\"},{\"bn\":\"/1\"},{\"bn\":\"/\"}]", "/3/0\n/1\n/", TG_OK},
    {"/", "[{\"bn\":\"/0/1/17\",\"vlo\":\"21:0\"}]", "/0/1/17=objlnk:21:0", TG_OK},
    {"/3/0", "[{\"n\":\"/3/0/11/2\",\"v\":null}]", "/3/0/11/2", TG_OK},
    {"/3/0", "[{\"n\":\"\\/3\\/0\\/0\",\"vs\":\"a\\u00fc\\ud83d\\ude00\\\"\\\\\\n\"}]",
     "/3/0/0=string:a\xC3\xBC\xF0\x9F\x98\x80\"\\\n", TG_OK},
    {"/3/0", "[{\"v\":5,\"n\":\"9\",\"bn\":\"/3/0/\"}]", "/3/0/9=integer:5", TG_OK}, /* any order */
    {"/3/0", "[{\"bn\":\"\",\"n\":\"/3/0/9\",\"v\":5}]", "/3/0/9=integer:5", TG_OK},
    /* names that nobody knows; a label is spelled plainly */
    {"/3/0", "[{\"\":1,\"n\":\"/3/0/9\",\"v\":5}]", "/3/0/9=integer:5", TG_OK},
    {"/3/0", "[{\"\\u0076\":6,\"n\":\"/3/0/9\",\"v\":5}]", "/3/0/9=integer:5", TG_OK},
    {"/3/0", "[{\"bv\":0.0,\"n\":\"/3/0/9\",\"v\":5},{\"bv\":-0,\"n\":\"/3/0/9\",\"v\":6}]",
     "/3/0/9=integer:5\n/3/0/9=integer:6", TG_OK},
    {"/1/0", "[{\"n\":\"/1/0/6\",\"vb\":true},{\"n\":\"/1/0/6\",\"vb\":false},{\"n\":\"/1/0/6\",\"v\":1}]",
     "/1/0/6=boolean:true\n/1/0/6=boolean:false\n/1/0/6=boolean:true", TG_OK},
    /* Base64 in every dress */
    {"/19/0",
     "[{\"n\":\"/19/0/0/0\",\"vd\":\"_-8\"},{\"n\":\"/19/0/0/1\",\"vd\":\"/+8=\"},{\"n\":\"/19/0/0/2\",\"vd\":\"AQI\"},{\"n\":\"/19/0/0/3\",\"vd\":\"\"}]",
     "/19/0/0/0=opaque:ffef\n/19/0/0/1=opaque:ffef\n/19/0/0/2=opaque:0102\n/19/0/0/3=opaque:", TG_OK},
    /* exact integers, typed from the wire when unknown */
    {"/9",
     "[{\"bn\":\"/9/0/\",\"n\":\"1\",\"v\":9223372036854775807},{\"n\":\"2\",\"v\":-9223372036854775808},{\"n\":\"3\",\"v\":18446744073709551615},"
     "{\"n\":\"4\",\"v\":9007199254740993},{\"n\":\"5\",\"v\":1.0},{\"n\":\"6\",\"v\":1e3},{\"n\":\"7\",\"v\":18446744073709551616},{\"n\":\"8\",\"v\":-0}]",
     "/9/0/1=integer:9223372036854775807\n/9/0/2=integer:-9223372036854775808\n/9/0/3=unsigned:18446744073709551615\n"
     "/9/0/4=integer:9007199254740993\n/9/0/5=float:1\n/9/0/6=float:1000\n/9/0/7=float:1.8446744073709552e19\n/9/0/8=float:-0",
     TG_OK},
    {"/30000/0", "[{\"n\":\"/30000/0/1\",\"v\":9223372036854775807},{\"n\":\"/30000/0/2\",\"v\":18446744073709551615}]",
     "/30000/0/1=integer:9223372036854775807\n/30000/0/2=unsigned:18446744073709551615", TG_OK},
    /* what LwM2M does not use is passed over */
    {"/3/0",
     "[{\"bver\":10,\"bu\":\"Cel\",\"u\":\"Cel\",\"s\":5,\"ut\":9,\"bs\":1,\"x\":{\"a\":[1,{\"b\":null}]},\"bv\":0,\"n\":\"/3/0/9\",\"v\":5}]",
     "/3/0/9=integer:5", TG_OK},
    /* times */
    {"/3303",
     "[{\"bn\":\"/3303/0/5700\",\"bt\":1700000000,\"v\":22.5},{\"t\":60,\"v\":23},{\"t\":-0.5,\"v\":24},{\"v\":25}]",
     "/3303/0/5700=float:22.5 @1700000000000\n/3303/0/5700=float:23 @1700000060000\n"
     "/3303/0/5700=float:24 @1699999999500\n/3303/0/5700=float:25 @1700000000000",
     TG_OK},
    {"/3/0", "[{\"n\":\"/3/0/9\",\"v\":5,\"t\":-10}]", "/3/0/9=integer:5 @1799999990000", TG_OK},
    {"/3/0", "[{\"n\":\"/3/0/9\",\"v\":5,\"t\":0}]", "/3/0/9=integer:5 @1800000000000", TG_OK},
    {"/3/0", "[{\"n\":\"/3/0/9\",\"v\":5,\"bt\":1.7e9,\"t\":0.125}]", "/3/0/9=integer:5 @1700000000125", TG_OK},
};

static void reads_the_published_vectors(void **state) {
  (void)state;
  payload_check_rows(TG_CF_SENML_JSON, false, vectors, TG_COUNT(vectors));
}

static void survives_every_prefix(void **state) {
  (void)state;
  payload_check_prefixes(TG_CF_SENML_JSON, false, vectors, TG_COUNT(vectors));
}

static void names_what_is_wrong(void **state) {
  (void)state;
#define R(body) "[{\"n\":\"/3/0/9\"," body "}]"
  static const payload_row_t rows[] = {
      {"/3/0", "", NULL, TG_E_SYNTAX},
      {"/3/0", "{}", NULL, TG_E_SYNTAX},
      {"/3/0", "[", NULL, TG_E_SYNTAX},
      {"/3/0", "[,]", NULL, TG_E_SYNTAX},
      {"/3/0", "[{}]", NULL, TG_E_SYNTAX},
      {"/3/0", "[5]", NULL, TG_E_SYNTAX},
      {"/3/0", "[@]", NULL, TG_E_SYNTAX},
      {"/3/0", "[{\"n\":\"/3/0/9\"},@]", NULL, TG_E_SYNTAX},
      {"/3/0", "[{\"n\":\"/3/0/9\",@}]", NULL, TG_E_SYNTAX},
      {"/3/0", "[]x", NULL, TG_E_SYNTAX},
      {"/3/0", "[][]", NULL, TG_E_SYNTAX},
      {"/3/0", "\xEF\xBB\xBF[]", NULL, TG_E_SYNTAX},
      {"/3/0", R("\"v\":5") "]", NULL, TG_E_SYNTAX},
      {"/3/0", "[{\"n\":\"/3/0/9\",\"v\":5},]", NULL, TG_E_SYNTAX},
      {"/3/0", "[{\"n\":\"/3/0/9\",\"v\":5}{\"n\":\"/3/0/9\"}]", NULL, TG_E_SYNTAX},
      {"/3/0", "[{\"n\":\"/3/0/9\" \"v\":5}]", NULL, TG_E_SYNTAX},
      {"/3/0", "[{\"n\":\"/3/0/9\",}]", NULL, TG_E_SYNTAX},
      {"/3/0", R("\"v\":5,\"v\":6"), NULL, TG_E_DUPLICATE},
      {"/3/0", R("\"v\":5,\"n\":\"/3/0/8\""), NULL, TG_E_DUPLICATE},
      {"/3/0", R("\"v\":5,\"vs\":\"z\""), NULL, TG_E_SYNTAX},
      {"/3/0", R("\"v\":NaN"), NULL, TG_E_SYNTAX},
      {"/3/0", R("\"v\":Infinity"), NULL, TG_E_SYNTAX},
      {"/3/0", R("\"v\":01"), NULL, TG_E_SYNTAX},
      {"/3/0", R("\"v\":1e999"), NULL, TG_E_RANGE},
      {"/3/0", R("\"v\":\"5\""), NULL, TG_E_TYPE},
      {"/3/0", R("\"v\":[5]"), NULL, TG_E_SYNTAX},
      {"/3/0", R("\"v\":5.5"), NULL, TG_E_TYPE},
      {"/3/0", R("\"v\":9223372036854775808"), NULL, TG_E_RANGE},
      {"/3/0", R("\"v\":18446744073709551616"), NULL, TG_E_RANGE},
      {"/3/0", R("\"vs\":\"x\""), NULL, TG_E_TYPE},
      {"/3/0", R("\"vb\":true"), NULL, TG_E_TYPE},
      {"/3/0", R("\"vb\":1"), NULL, TG_E_TYPE},
      {"/3/0", R("\"vs\":5"), NULL, TG_E_TYPE},
      {"/3/0", R("\"vd\":\"*\""), NULL, TG_E_SYNTAX},
      {"/3/0", R("\"vd\":\"AA\\u003d\\u003d\""), NULL, TG_E_SYNTAX}, /* Base64 has nothing to escape */
      {"/3/0", R("\"vd\":5"), NULL, TG_E_TYPE},
      {"/3/0", R("\"vlo\":\"x\""), NULL, TG_E_SYNTAX},
      {"/3/0", R("\"vlo\":\"1:99999\""), NULL, TG_E_RANGE},
      {"/3/0", R("\"bver\":11,\"v\":5"), NULL, TG_E_SYNTAX},
      {"/3/0", R("\"bver\":\"10\",\"v\":5"), NULL, TG_E_SYNTAX},
      {"/3/0", R("\"bv\":1,\"v\":5"), NULL, TG_E_SYNTAX},
      {"/3/0", R("\"bv\":0.5,\"v\":5"), NULL, TG_E_SYNTAX},
      {"/3/0", R("\"bv\":\"0\",\"v\":5"), NULL, TG_E_SYNTAX},
      {"/3/0", R("\"must_\":1,\"v\":5"), NULL, TG_E_SYNTAX},
      {"/3/0", R("\"t\":1e300,\"v\":5"), NULL, TG_E_RANGE},
      {"/3/0", R("\"t\":99999999999999999999,\"v\":5"), NULL, TG_E_RANGE},
      {"/3/0", R("\"t\":253402300800,\"v\":5"), NULL, TG_E_RANGE}, /* the year 10000 */
      {"/3/0", R("\"t\":-253402300800,\"v\":5"), NULL, TG_E_RANGE},
      {"/3/0", R("\"t\":18446744073709551615,\"v\":5"), NULL, TG_E_RANGE},
      {"/3/0", R("\"t\":\"1\",\"v\":5"), NULL, TG_E_TYPE},
      {"/3/0", "[{\"n\":\"/3/0/0\",\"vs\":\"\\ud800\"}]", NULL, TG_E_ENCODING},
      {"/3/0", "[{\"n\":\"/3/0/0\",\"vs\":\"\xFF\"}]", NULL, TG_E_ENCODING},
      {"/3/0", "[{\"n\":\"/3/0/0\",\"vs\":\"a\nb\"}]", NULL, TG_E_SYNTAX},
      {"/3/0", "[{\"n\":\"/0/0/5\",\"vs\":\"x\"}]", NULL, TG_E_DENIED},
      {"/3/0", "[{\"n\":\"/3/0\",\"v\":5}]", NULL, TG_E_SYNTAX},
      {"/3/0", "[{\"bn\":\"/3/0\",\"n\":\"9\",\"v\":5}]", NULL, TG_E_SYNTAX}, /* nothing puts a slash between them */
      {"/3/0", "[{\"n\":\"/3/0/9/0/0\",\"v\":5}]", NULL, TG_E_SYNTAX},
      {"/3/0", "[{\"n\":\"urn:dev:x\",\"v\":5}]", NULL, TG_E_SYNTAX},
      {"/3/0", "[{\"n\":5,\"v\":5}]", NULL, TG_E_TYPE},
      {"/3/0", "[{\"n\":\"/3/0/9\",\"x\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}]", NULL, TG_E_TOO_LONG},
  };
#undef R
  payload_check_rows(TG_CF_SENML_JSON, false, rows, TG_COUNT(rows));
}

/* A hostile text must not cost more than its length. */
static void ends_early_on_deep_nesting_and_long_names(void **state) {
  (void)state;
  static uint8_t payload[80000];
  char text[64];
  tg_buf_t out;
  memset(payload, '[', 10000);
  tg_buf_init(&out, text, sizeof text);
  check_rc(payload_decode(TG_CF_SENML_JSON, "/", tg_slice(payload, 10000), &out), TG_E_SYNTAX);
  memcpy(payload, "[{\"bn\":\"", 8);
  memset(payload + 8, '/', 70000);
  memcpy(payload + 70008, "\",\"v\":5}]", 9);
  check_rc(payload_decode(TG_CF_SENML_JSON, "/", tg_slice(payload, 70017), &out), TG_E_TOO_LONG);
  memcpy(payload, "[{\"n\":\"x////", 12); /* as a name it is no path */
  check_rc(payload_decode(TG_CF_SENML_JSON, "/", tg_slice(payload, 70017), &out), TG_E_SYNTAX);
}

static void needs_a_scratch_buffer_only_for_what_must_be_decoded(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_rc_t without, too_small;
  } rows[] = {{"[{\"n\":\"/3/0/0\",\"vs\":\"plain\"}]", TG_OK, TG_OK},
              {"[{\"n\":\"/3/0/0\",\"vs\":\"es\\nca\\npe\"}]", TG_E_ARG, TG_E_TOO_LONG},
              {"[{\"n\":\"/9/0/0\",\"vd\":\"AAAAAAAAAAAAAA\"}]", TG_E_ARG, TG_E_TOO_LONG}};
  for (size_t i = 0; i < TG_COUNT(rows) * 2; i++) {
    uint8_t memory[4];
    tg_buf_t scratch;
    tg_buf_init(&scratch, memory, sizeof memory);
    tg_codec_input_t input = {.content_format = TG_CF_SENML_JSON,
                              .payload = tg_slice_str(rows[i / 2].text),
                              .scratch = i % 2 ? &scratch : NULL};
    tg_codec_dec_t dec;
    tg_record_t record;
    check_rc(tg_codec_dec_init(&dec, &input), TG_OK);
    check_rc(tg_codec_dec_next(&dec, &record), i % 2 ? rows[i / 2].too_small : rows[i / 2].without);
  }
}

CHECK_SUITE(reads_the_published_vectors, survives_every_prefix, names_what_is_wrong,
            ends_early_on_deep_nesting_and_long_names, needs_a_scratch_buffer_only_for_what_must_be_decoded)
