/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/server/server_over_test.c: caps of what a device may say at once (security.md §6): each is answered as it should be, and counted. */

#include <stdio.h>

#include "core/codec/codec_in.h"
#include "core/server/reg.h"
#include "tests/unit/server/server_harness.h"

static server_bench_t bench;
static char body[TG_SERVER_REPORT_BYTES_MAX + 4096];

static tg_server_stats_t stats(void) {
  tg_server_stats_t stats;
  tg_server_stats(bench.server, &stats);
  return stats;
}

/* POST to /@p path (one segment, or two) of peer `a` with `body`, whatever its length. @return the code of the answer */
static unsigned post(const char *path, const char *query, int format) {
  static uint8_t memory[256];
  tg_buf_t out;
  tg_coap_msg_t msg;
  tg_coap_enc_t enc;
  tg_coap_head_t head = {.type = TG_COAP_CON, .code = TG_COAP_POST, .mid = 7};
  tg_slice_t segments = tg_slice_str(path), parts = tg_slice_str(query);
  tg_buf_init(&out, memory, sizeof memory);
  tg_coap_enc_begin(&enc, &out, &head);
  while (segments.len) tg_coap_enc_opt(&enc, TG_OPT_URI_PATH, tg_slice_take(&segments, '/'));
  tg_coap_enc_uint(&enc, TG_OPT_CONTENT_FORMAT, (uint32_t)format);
  while (parts.len) tg_coap_enc_opt(&enc, TG_OPT_URI_QUERY, tg_slice_take(&parts, '&'));
  check_rc(out.rc, TG_OK);
  check_rc(tg_coap_msg_decode(&msg, tg_buf_slice(&out)), TG_OK);
  tg_addr_t addr = {.len = 1, .b = {'a'}};
  tg_coap_request_t request = {.link = &bench.link,
                               .msg = &msg,
                               .body = tg_slice_str(body),
                               .content_format = format,
                               .accept = TG_CF_NONE,
                               .confirmable = true};
  check_rc(tg_coap_peer(bench.coap, &bench.link, &addr, &request.peer), TG_OK);
  uint8_t text[64];
  tg_buf_t answer;
  tg_buf_init(&answer, text, sizeof text);
  tg_coap_reply_t reply = {.body = &answer};
  tg_server_on_request(bench.server, &request, &reply);
  return reply.code;
}

static void put_links(unsigned count) {
  size_t len = 0;
  for (unsigned i = 0; i < count; i++)
    len += (size_t)snprintf(body + len, sizeof body - len, "%s</3303/%u>", i ? "," : "", i);
}

static void a_register_or_update_with_too_many_links(void **state) {
  (void)state;
  server_bench_open(&bench, NULL, NULL);
  put_links(TG_REG_LINKS_MAX);
  check_int(post("rd", "ep=a&lwm2m=1.1", TG_CF_LINK), TG_COAP_201);
  check_int(stats().over_links, 0);
  put_links(TG_REG_LINKS_MAX + 1);
  check_int(post("rd", "ep=b&lwm2m=1.1", TG_CF_LINK), TG_COAP_413);
  check_int(stats().over_links, 1);
  check_int(tg_twin_count(bench.twin), 1);
  check_int(server_bench_register(&bench, 'a', "ep=c&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  check_int(post(bench.location + (bench.location[0] == '/'), "", TG_CF_LINK), TG_COAP_413);
  check_int(stats().over_links, 2);
  server_bench_close(&bench);
}

static void open_registered(void) {
  server_bench_open(&bench, NULL, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3303/0>"), TG_COAP_201);
}

static void put_records(unsigned count) {
  size_t len = (size_t)snprintf(body, sizeof body, "[{\"bn\":\"/3303/0/5700/\",\"n\":\"0\",\"v\":1}");
  for (unsigned i = 1; i < count; i++)
    len += (size_t)snprintf(body + len, sizeof body - len, ",{\"n\":\"%u\",\"v\":1}", i);
  snprintf(body + len, sizeof body - len, "]");
}

static void a_send_with_too_many_records(void **state) {
  (void)state;
  open_registered();
  put_records(TG_CODEC_IN_RECORDS_MAX);
  check_int(post("dp", "", TG_CF_SENML_JSON), TG_COAP_204);
  check_int(stats().over_records, 0);
  put_records(TG_CODEC_IN_RECORDS_MAX + 1);
  check_int(post("dp", "", TG_CF_SENML_JSON), TG_COAP_413);
  check_int(stats().over_records, 1);
  check_int(stats().over_nesting, 0);
  check_int(stats().sends, 1);
  server_bench_close(&bench);
}

/* A member that nobody knows is skipped, however it is made, within bounds. */
static void put_nested(unsigned depth) {
  size_t len = (size_t)snprintf(body, sizeof body, "[{\"n\":\"/3303/0/5700\",\"v\":1,\"x\":");
  for (unsigned i = 0; i < depth; i++) body[len++] = '[';
  for (unsigned i = 0; i < depth; i++) body[len++] = ']';
  snprintf(body + len, sizeof body - len, "}]");
}

static void a_send_that_is_nested_too_deep(void **state) {
  (void)state;
  open_registered();
  put_nested(TG_CODEC_IN_NESTING_MAX);
  check_int(post("dp", "", TG_CF_SENML_JSON), TG_COAP_204);
  check_int(stats().over_nesting, 0);
  put_nested(TG_CODEC_IN_NESTING_MAX + 1);
  check_int(post("dp", "", TG_CF_SENML_JSON), TG_COAP_400);
  put_nested(10000);
  check_int(post("dp", "", TG_CF_SENML_JSON), TG_COAP_400);
  check_int(stats().over_nesting, 2);
  check_int(stats().over_records, 0);
  check_int(stats().undecodable, 2);
  server_bench_close(&bench);
}

static void put_texts(size_t bytes) {
  size_t len =
      (size_t)snprintf(body, sizeof body, "[{\"n\":\"/3303/0/5750\",\"vs\":\"x\"},{\"n\":\"/3303/1/5750\",\"vs\":\"");
  memset(body + len, 'y', bytes - 1);
  snprintf(body + len + bytes - 1, sizeof body - len - bytes + 1, "\"}]");
}

/* What comes of it must fit into a message: 2.04 and then nothing would be a value lost. */
static void a_report_with_too_much_text(void **state) {
  (void)state;
  open_registered();
  put_texts(TG_SERVER_REPORT_BYTES_MAX);
  check_int(post("dp", "", TG_CF_SENML_JSON), TG_COAP_204);
  check_int(stats().over_report, 0);
  put_texts(TG_SERVER_REPORT_BYTES_MAX + 1);
  check_int(post("dp", "", TG_CF_SENML_JSON), TG_COAP_413);
  check_int(stats().over_report, 1);
  check_int(stats().over_records + stats().over_nesting, 0);
  server_bench_close(&bench);
}

CHECK_SUITE(a_report_with_too_much_text, a_register_or_update_with_too_many_links, a_send_with_too_many_records,
            a_send_that_is_nested_too_deep)
