/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/json_dec_test.c: mirrors core/codec/json_dec.c. */

#include "tests/unit/codec/payload.h"

static const payload_row_t vectors[] = {
    {"/3/0",
     "{\"bn\":\"/3/0/\",\"e\":[{\"n\":\"0\",\"sv\":\"Open\"},{\"n\":\"6/0\",\"v\":1},{\"n\":\"9\",\"v\":100},{\"n\":\"13\",\"v\":1700000000}]}",
     "/3/0/0=string:Open\n/3/0/6/0=integer:1\n/3/0/9=integer:100\n/3/0/13=time:1700000000", TG_OK},
    /* base time behind the array, as the standard's example has it */
    {"/3303",
     "{\"e\":[{\"n\":\"0/5700\",\"v\":22.5,\"t\":-5},{\"n\":\"0/5700\",\"v\":23}],\"bn\":\"/3303/\",\"bt\":1700000000}",
     "/3303/0/5700=float:22.5 @1699999995000\n/3303/0/5700=float:23 @1700000000000", TG_OK},
    /* without a base name, names hang below the request */
    {"/3/0", "{\"e\":[{\"n\":\"9\",\"v\":100}]}", "/3/0/9=integer:100", TG_OK},
    {"/3/0/9", "{\"e\":[{\"n\":\"\",\"v\":100}]}", "/3/0/9=integer:100", TG_OK},
    {"/3/0/9", "{\"e\":[{\"v\":100}]}", "/3/0/9=integer:100", TG_OK},
    {"/3/0", "{\"e\":[{\"n\":\"/3/0/9\",\"v\":100}]}", "/3/0/9=integer:100", TG_OK},
    {"/3/0/9", "{\"bn\":\"/3/0/9\",\"e\":[{\"v\":100}]}", "/3/0/9=integer:100", TG_OK},
    {"/1/0", "{\"bn\":\"/1/0/\",\"e\":[{\"n\":\"6\",\"bv\":true},{\"n\":\"1\",\"v\":60}]}",
     "/1/0/6=boolean:true\n/1/0/1=integer:60", TG_OK},
    {"/30000/0",
     "{\"bn\":\"/30000/0/\",\"e\":[{\"n\":\"5\",\"sv\":\"AAEC\"},{\"n\":\"7\",\"ov\":\"21:0\"},{\"n\":\"7\",\"sv\":\"21:1\"},{\"n\":\"15/0\",\"sv\":\"\"}]}",
     "/30000/0/5=opaque:000102\n/30000/0/7=objlnk:21:0\n/30000/0/7=objlnk:21:1\n/30000/0/15/0=opaque:", TG_OK},
    {"/3", "{\"x\":{\"y\":[1]},\"bn\":\"/3/\",\"e\":[]}", "", TG_OK},
    /* coap-node leaves out the slash between base name and name */
    {"/1/0", "{\"bn\":\"/1/0\",\"e\":[{\"n\":\"1\",\"v\":60}]}", "/1/0/1=integer:60", TG_OK},
    {"/3", "{\"bn\":\"/3\",\"e\":[{\"n\":\"0/9\",\"v\":100}]}", "/3/0/9=integer:100", TG_OK},
    {"/3/0/9", "{\"bn\":\"/3/0/9\",\"e\":[{\"n\":\"\",\"v\":100}]}", "/3/0/9=integer:100", TG_OK},
    /* Wakaama names a resource that was asked for twice; an array may have such an instance, what nobody defined too */
    {"/3/0/9", "{\"bn\":\"/3/0/9/\",\"e\":[{\"n\":\"9\",\"v\":100}]}", "/3/0/9=integer:100", TG_OK},
    {"/3/0/6", "{\"bn\":\"/3/0/6/\",\"e\":[{\"n\":\"6\",\"v\":1}]}", "/3/0/6/6=integer:1", TG_OK},
    {"/31024/10/1", "{\"bn\":\"/31024/10/1/\",\"e\":[{\"n\":\"1\",\"v\":20}]}", "/31024/10/1/1=integer:20", TG_OK},
    {"/", "{\"e\":[{\"n\":\"3/0/9\",\"v\":100}]}", "/3/0/9=integer:100", TG_OK},
    /* an empty base name is none; one slash between base name and name is enough */
    {"/3/0", "{\"bn\":\"\",\"e\":[{\"n\":\"9\",\"v\":100}]}", "/3/0/9=integer:100", TG_OK},
    {"/3/0", "{\"bn\":\"/3/0\",\"e\":[{\"n\":\"/9\",\"v\":100}]}", "/3/0/9=integer:100", TG_OK},
};

static void reads_what_1_0_peers_send(void **state) {
  (void)state;
  payload_check_rows(TG_CF_JSON, false, vectors, TG_COUNT(vectors));
  payload_check_rows(1543, false, vectors, TG_COUNT(vectors));
  payload_check_prefixes(TG_CF_JSON, false, vectors, TG_COUNT(vectors));
}

static void names_what_is_wrong(void **state) {
  (void)state;
  static const payload_row_t rows[] = {
      {"/3/0", "", NULL, TG_E_SYNTAX},
      {"/3/0", "[]", NULL, TG_E_SYNTAX},
      {"/3/0", "{}", NULL, TG_E_SYNTAX},
      {"/3/0", "{\"bn\":\"/3/0/\"}", NULL, TG_E_SYNTAX}, /* no records */
      {"/3/0", "{\"e\":{}}", NULL, TG_E_SYNTAX},
      {"/3/0", "{\"e\":@}", NULL, TG_E_SYNTAX},
      {"/3/0", "{\"e\":[{\"n\":\"\",\"sv\":\"x\"}]}", NULL, TG_E_SYNTAX}, /* a value at an instance */
      {"/3/0", "{\"e\":[],\"e\":[]}", NULL, TG_E_DUPLICATE},
      {"/3/0", "{\"bn\":\"/3/\",\"bn\":\"/3/\",\"e\":[]}", NULL, TG_E_DUPLICATE},
      {"/3/0", "{\"e\":[]}x", NULL, TG_E_SYNTAX},
      {"/3/0", "{\"e\":[5]}", NULL, TG_E_SYNTAX},
      {"/3/0", "{\"e\":[],}", NULL, TG_E_SYNTAX},
      {"/3/0", "{\"e\":[{\"n\":\"9\",\"v\":1,\"sv\":\"x\"}]}", NULL, TG_E_SYNTAX},
      {"/3/0", "{\"bn\":\"/4/0/\",\"e\":[{\"n\":\"9\",\"v\":1}]}", NULL, TG_E_DENIED},
      {"/30000/0", "{\"e\":[{\"n\":\"5\",\"sv\":\"*\"}]}", NULL, TG_E_SYNTAX},
      {"/3/0", "{\"bn\":5,\"e\":[]}", NULL, TG_E_TYPE},
      {"/3/0", "{\"bn\":\"x/\",\"e\":[{\"n\":\"9\",\"v\":1}]}", NULL, TG_E_SYNTAX}, /* slash, but no path */
  };
  payload_check_rows(TG_CF_JSON, false, rows, TG_COUNT(rows));
}

static void bytes_need_a_scratch_buffer(void **state) {
  (void)state;
  tg_codec_input_t input = {.content_format = TG_CF_JSON,
                            .base = payload_path("/30000/0"),
                            .model = payload_model(),
                            .payload =
                                tg_slice_str("{\"e\":[{\"n\":\"0\",\"sv\":\"AAEC\"},{\"n\":\"5\",\"sv\":\"AAEC\"}]}")};
  tg_codec_dec_t dec;
  tg_record_t record;
  check_rc(tg_codec_dec_init(&dec, &input), TG_OK);
  check_rc(tg_codec_dec_next(&dec, &record), TG_OK);
  check_slice(record.value.s, "AAEC");
  check_rc(tg_codec_dec_next(&dec, &record), TG_E_ARG);
  check_rc(tg_codec_dec_next(&dec, &record), TG_END);
}

/* A text with escapes is decoded twice where it is Base64; what came before it must not move for that. */
static void what_is_lent_stays_where_it_is(void **state) {
  (void)state;
  enum { LONG = 3000 };
  char text[LONG + 200];
  size_t len = (size_t)snprintf(
      text, sizeof text, "{\"bn\":\"/30000/0/\",\"e\":[{\"n\":\"5\",\"sv\":\"\\/AAA\"},{\"n\":\"5\",\"sv\":\"\\/");
  memset(text + len, '/', LONG - 1);
  snprintf(text + len + LONG - 1, sizeof text - len - LONG + 1, "\"}]}");
  tg_buf_t scratch;
  tg_buf_init_growing(&scratch, 1 << 20);
  const tg_codec_input_t input = {.content_format = TG_CF_JSON,
                                  .base = payload_path("/30000/0"),
                                  .model = payload_model(),
                                  .payload = tg_slice_str(text),
                                  .scratch = &scratch};
  tg_codec_dec_t dec;
  tg_record_t first, second;
  check_rc(tg_codec_dec_init(&dec, &input), TG_OK);
  check_rc(tg_codec_dec_next(&dec, &first), TG_OK);
  size_t cap = scratch.cap; /* a buffer that grows may move */
  check_rc(tg_codec_dec_next(&dec, &second), TG_OK);
  check_int(scratch.cap, cap);
  check_int(first.value.s.len, 3);
  check_int(second.value.s.len, LONG / 4 * 3);
  for (size_t i = 0; i < second.value.s.len; i++) check_int(second.value.s.p[i], 0xff);
  tg_buf_fini(&scratch);
}

CHECK_SUITE(what_is_lent_stays_where_it_is, reads_what_1_0_peers_send, names_what_is_wrong, bytes_need_a_scratch_buffer)
