/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/link_enc_test.c: mirrors core/codec/link_enc.c. */

#include "core/codec/link_enc.h"

#include "core/codec/link_dec.h"
#include "tests/unit/check.h"

static void writes_links_and_attributes(void **state) {
  (void)state;
  char memory[256];
  tg_buf_t out;
  tg_link_enc_t enc;
  tg_buf_init(&out, memory, sizeof memory);
  tg_link_enc_begin(&enc, &out);
  static const tg_path_t root = {{0}, 0}, object = {{3303}, 1}, resource = {{3, 0, 7}, 3};
  tg_link_enc_path(&enc, tg_slice(NULL, 0), &root);
  tg_link_enc_text(&enc, "rt", tg_slice_str("oma.lwm2m"));
  tg_link_enc_text(&enc, "ct", tg_slice_str("110 112"));
  tg_link_enc_path(&enc, tg_slice(NULL, 0), &object);
  tg_link_enc_token(&enc, "ver", tg_slice_str("1.1"));
  tg_link_enc_path(&enc, tg_slice_str("/dev0"), &resource);
  tg_link_enc_uint(&enc, "dim", 2);
  tg_link_enc_double(&enc, "gt", 42.2);
  tg_link_enc_double(&enc, "lt", -1e-7);
  tg_link_enc_path(&enc, tg_slice_str("/dev0"), &root);
  tg_link_enc_target(&enc, tg_slice_str("/.well-known/core"));
  tg_link_enc_flag(&enc, "obs");
  tg_link_enc_text(&enc, "title", tg_slice_str("a \"b\", c\\"));
  check_slice(tg_buf_slice(&out),
              "</>;rt=\"oma.lwm2m\";ct=\"110 112\",</3303>;ver=1.1,</dev0/3/0/7>;dim=2;gt=42.2;lt=-0.0000001,"
              "</dev0>,</.well-known/core>;obs;title=\"a \\\"b\\\", c\\\\\"");
  check_rc(out.rc, TG_OK);
}

static void what_is_written_reads_back_without_a_quirk(void **state) {
  (void)state;
  char memory[64];
  tg_buf_t out;
  tg_link_enc_t enc;
  tg_buf_init(&out, memory, sizeof memory);
  tg_link_enc_begin(&enc, &out);
  tg_link_enc_target(&enc, tg_slice_str("/a"));
  tg_link_enc_text(&enc, "title", tg_slice_str("x,y;z"));
  tg_link_enc_target(&enc, tg_slice_str("/b"));
  tg_link_dec_t dec;
  tg_link_item_t link;
  tg_slice_t name, value;
  tg_link_dec_init(&dec, tg_buf_slice(&out));
  check_rc(tg_link_dec_next(&dec, &link), TG_OK);
  check_slice(link.target, "/a");
  check_rc(tg_link_dec_attr(&dec, &link, &name, &value), TG_OK);
  check_slice(value, "x,y;z");
  check_rc(tg_link_dec_next(&dec, &link), TG_OK);
  check_slice(link.target, "/b");
  check_rc(tg_link_dec_next(&dec, &link), TG_END);
  check_int(dec.quirks, 0);
}

static void tells_when_the_buffer_is_too_small(void **state) {
  (void)state;
  char memory[8];
  tg_buf_t out;
  tg_link_enc_t enc;
  tg_buf_init(&out, memory, sizeof memory);
  tg_link_enc_begin(&enc, &out);
  tg_link_enc_target(&enc, tg_slice_str("/.well-known/core"));
  check_rc(out.rc, TG_E_TOO_LONG);
}

CHECK_SUITE(writes_links_and_attributes, what_is_written_reads_back_without_a_quirk, tells_when_the_buffer_is_too_small)
