/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/link_dec_test.c: mirrors core/codec/link_dec.c. */

#include "core/codec/link_dec.h"

#include "core/base/buf.h"
#include "tests/unit/check.h"

/* What was read, written plainly: `target{name=value;name}` per link, so that a table can hold it. */
static tg_rc_t describe(tg_link_dec_t *dec, const char *text, tg_buf_t *out) {
  tg_link_item_t link;
  tg_rc_t rc;
  tg_link_dec_init(dec, tg_slice_str(text));
  while ((rc = tg_link_dec_next(dec, &link)) == TG_OK) {
    tg_slice_t name, value;
    tg_buf_put_str(out, out->len ? " " : "");
    tg_buf_put(out, link.target);
    tg_buf_put_str(out, "{");
    while (tg_link_dec_attr(dec, &link, &name, &value) == TG_OK) {
      tg_buf_put(out, name);
      if (value.len) tg_buf_put_str(out, "=");
      tg_buf_put(out, value);
      tg_buf_put_str(out, ";");
    }
    tg_buf_put_str(out, "}");
  }
  return rc;
}

typedef struct row {
  const char *text;
  const char *want;
  uint32_t quirks;
} row_t;

static void check_rows(const row_t *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    char memory[512];
    tg_buf_t out;
    tg_link_dec_t dec;
    tg_buf_init(&out, memory, sizeof memory);
    check_rc(describe(&dec, rows[i].text, &out), TG_END);
    check_slice(tg_buf_slice(&out), rows[i].want);
    if (dec.quirks != rows[i].quirks) print_error("%s: quirks %u, want %u\n", rows[i].text, dec.quirks, rows[i].quirks);
    check_int(dec.quirks, rows[i].quirks);
  }
}

static void reads_clean_payloads_without_a_quirk(void **state) {
  (void)state;
  static const row_t rows[] = {
      {"", "", 0},
      {"</3/0>", "/3/0{}", 0},
      {"</1/0>,</1/1>,</3/0>,</5>", "/1/0{} /1/1{} /3/0{} /5{}", 0},
      {"</>;rt=\"oma.lwm2m\";ct=110,</1/0>", "/{rt=oma.lwm2m;ct=110;} /1/0{}", 0},
      {"</>;rt=\"oma.lwm2m\";ct=\"110 112 60\",</1/0>", "/{rt=oma.lwm2m;ct=110 112 60;} /1/0{}", 0},
      {"</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/1/0>", "/lwm2m{rt=oma.lwm2m;} /lwm2m/1/0{}", 0},
      {"</3303>;ver=1.1,</3303/0>", "/3303{ver=1.1;} /3303/0{}", 0},
      {"</3/0/7>;dim=2;pmin=10;pmax=60;gt=50;lt=42.2,</3/0/7/0>",
       "/3/0/7{dim=2;pmin=10;pmax=60;gt=50;lt=42.2;} /3/0/7/0{}", 0},
      {"</>;lwm2m=1.1,</0/0>;uri=\"coaps://bs.example:5684\",</0/1>;ssid=101;uri=\"coaps://s1.example\"",
       "/{lwm2m=1.1;} /0/0{uri=coaps://bs.example:5684;} /0/1{ssid=101;uri=coaps://s1.example;}", 0},
      {"</a>;title=\"comma, semi; and <brackets>\";obs,</b>", "/a{title=comma, semi; and <brackets>;obs;} /b{}", 0},
      {"</a>;title=\"a \\\"quoted\\\" word, yes\",</b>", "/a{title=a \\\"quoted\\\" word, yes;} /b{}", 0},
      {"</3>;ct=\"110\"", "/3{ct=110;}", 0},
      {"</3>;con=", "/3{con;}", 0},
      {"</3>;x-y.z=1;a*=b", "/3{x-y.z=1;a*=b;}", 0},
  };
  check_rows(rows, TG_COUNT(rows));
}

static void reads_what_the_field_sends_and_tells_the_quirk(void **state) {
  (void)state;
  static const row_t rows[] = {
      {"</1/0>, </3/0>", "/1/0{} /3/0{}", TG_LINK_QUIRK_BLANKS},
      {" </1/0> ,\r\n</3/0>\r\n", "/1/0{} /3/0{}", TG_LINK_QUIRK_BLANKS},
      {"< /1/0 >", "/1/0{}", TG_LINK_QUIRK_BLANKS},
      {"</1/0>,\t</3/0>\t", "/1/0{} /3/0{}", TG_LINK_QUIRK_BLANKS},
      {"</1/0> ; ver = 1.1", "/1/0{ver=1.1;}", TG_LINK_QUIRK_BLANKS},
      {"/1/0,/3/0", "/1/0{} /3/0{}", TG_LINK_QUIRK_NO_BRACKETS},
      {"/1/0;ver=1.1,</3/0>", "/1/0{ver=1.1;} /3/0{}", TG_LINK_QUIRK_NO_BRACKETS},
      {"3/0", "3/0{}", TG_LINK_QUIRK_NO_BRACKETS | TG_LINK_QUIRK_NO_SLASH},
      {"<3/0>,<4/0>", "3/0{} 4/0{}", TG_LINK_QUIRK_NO_SLASH},
      {"lwm2m=\"1.0\",</0/0>", "{lwm2m=1.0;} /0/0{}", TG_LINK_QUIRK_NO_BRACKETS | TG_LINK_QUIRK_QUOTES},
      {"</3>;ver=\"1.1\"", "/3{ver=1.1;}", TG_LINK_QUIRK_QUOTES},
      {"</1/0>,,</3/0>", "/1/0{} /3/0{}", TG_LINK_QUIRK_EMPTY},
      {"</1/0>,", "/1/0{}", TG_LINK_QUIRK_EMPTY},
      {",</1/0>", "/1/0{}", TG_LINK_QUIRK_EMPTY},
      {"</1/0></3/0>", "/1/0{} /3/0{}", TG_LINK_QUIRK_EMPTY},
      {"<>,</3/0>", "{} /3/0{}", TG_LINK_QUIRK_EMPTY},
      {"</3>;;ver=1.0", "/3{ver=1.0;}", TG_LINK_QUIRK_ATTRIBUTE},
      {"</3>;=5;ver=1.0", "/3{ver=1.0;}", TG_LINK_QUIRK_ATTRIBUTE},
      {"</3>;<x>;ver=1.0", "/3{ver=1.0;}", TG_LINK_QUIRK_ATTRIBUTE},
      {"</3>junk;ver=1.0", "/3{ver=1.0;}", TG_LINK_QUIRK_ATTRIBUTE},
      {"</3>;rt=\"a\"b;ver=1.0", "/3{rt=a;ver=1.0;}", TG_LINK_QUIRK_ATTRIBUTE},
      {"</3>;title=5\" pipe;ver=1.0", "/3{title=5\" pipe;ver=1.0;}", 0},
  };
  check_rows(rows, TG_COUNT(rows));
}

static void tolerates_the_nul_of_a_c_string(void **state) {
  (void)state;
  tg_link_dec_t dec;
  tg_link_item_t link;
  tg_link_dec_init(&dec, tg_slice("</3/0>", 7));
  check_rc(tg_link_dec_next(&dec, &link), TG_OK);
  check_slice(link.target, "/3/0");
  check_int(link.attrs.len, 0);
  check_rc(tg_link_dec_next(&dec, &link), TG_END);
  check_int(dec.quirks, TG_LINK_QUIRK_BLANKS);
  tg_slice_t name, value;
  tg_link_dec_init(&dec, tg_slice("</3/0>;obs", 11)); /* behind a name too */
  check_rc(tg_link_dec_next(&dec, &link), TG_OK);
  check_rc(tg_link_dec_attr(&dec, &link, &name, &value), TG_OK);
  check_slice(name, "obs");
  check_rc(tg_link_dec_attr(&dec, &link, &name, &value), TG_END);
  check_rc(tg_link_dec_next(&dec, &link), TG_END);
}

static void refuses_text_in_which_there_is_no_link(void **state) {
  (void)state;
  static const char *const rows[] = {"<<<>;=",
                                     "<<<",
                                     "{}",
                                     "{\"n\":1}",
                                     "hello",
                                     "lwm2m;ver=1.0",
                                     "<",
                                     "</3/0",
                                     "\x84\x01",
                                     ">",
                                     "</3/0>;ver=\"1.1",
                                     "</3/0>;ver=\"1.1,</4/0>",
                                     "</3/0>;a=\"\\\"",
                                     "[1]",
                                     "=5"};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char memory[512];
    tg_buf_t out;
    tg_link_dec_t dec;
    tg_buf_init(&out, memory, sizeof memory);
    tg_rc_t rc = describe(&dec, rows[i], &out);
    if (rc != TG_E_SYNTAX) print_error("%s\n", rows[i]);
    check_rc(rc, TG_E_SYNTAX);
  }
}

static void survives_every_prefix(void **state) {
  (void)state;
  static const char whole[] = "</>;rt=\"oma.lwm2m\";ct=\"110 112\", </1/0>,3/0;ver=\"1.1\";a=\\,<5>;;x,lwm2m=\"1\"";
  for (size_t len = 0; len < sizeof whole; len++) {
    char *copy = test_malloc(len + 1), *exact = copy + 1;
    memcpy(exact, whole, len);
    tg_link_dec_t dec;
    tg_link_item_t link;
    tg_link_dec_init(&dec, tg_slice(exact, len));
    tg_rc_t rc;
    while ((rc = tg_link_dec_next(&dec, &link)) == TG_OK) {
      tg_slice_t name, value;
      while (tg_link_dec_attr(&dec, &link, &name, &value) == TG_OK) check_true(name.len > 0);
    }
    check_true(rc == TG_END || rc == TG_E_SYNTAX);
    test_free(copy);
  }
}

CHECK_SUITE(reads_clean_payloads_without_a_quirk, reads_what_the_field_sends_and_tells_the_quirk,
            tolerates_the_nul_of_a_c_string, refuses_text_in_which_there_is_no_link, survives_every_prefix)
