/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/server_route.c: files under /fw by method, block and format; what else there is has tests of its own. */

#include "tests/unit/server/server_harness.h"

enum { SIZE = 3000 };

static server_bench_t bench;
static uint8_t bytes[SIZE];
static char asked_path[160];
static uint64_t asked_to;
static unsigned asked;

static tg_rc_t on_file(void *ud, tg_slice_t path, uint64_t to, tg_slice_t *body, tg_slice_t *etag) {
  (void)ud;
  snprintf(asked_path, sizeof asked_path, "%.*s", (int)path.len, (const char *)path.p);
  asked_to = to;
  asked++;
  if (!tg_slice_is(path, "/fw/7.00ff")) return TG_E_NOT_FOUND;
  *body = tg_slice(bytes, SIZE);
  *etag = tg_slice_str("12345678");
  return TG_OK;
}

static void open_bench(tg_server_file_fn file) {
  const tg_server_config_t config = {.rebind = TG_COAP_REBIND_SAME_HOST, .file = file};
  server_bench_open(&bench, &config, NULL);
  for (size_t i = 0; i < SIZE; i++) bytes[i] = (uint8_t)(i * 7 + i / 256);
  asked = 0;
}

static unsigned request(uint8_t method, const char *path, int format) {
  far_msg_t msg = {.code = method, .format = format, .observe = -1};
  snprintf(msg.path, sizeof msg.path, "%s", path);
  return server_bench_request(&bench, 'a', &msg);
}

/* GET of one block, in bytes of the wire: the bench's messages know no Block2. */
static const far_msg_t *get_block(uint32_t block) {
  uint8_t memory[128];
  tg_buf_t out;
  tg_coap_enc_t enc;
  tg_buf_init(&out, memory, sizeof memory);
  const tg_coap_head_t head = {
      .type = TG_COAP_CON, .code = TG_COAP_GET, .mid = ++bench.mid, .token = tg_slice_str("t")};
  tg_coap_enc_begin(&enc, &out, &head);
  tg_coap_enc_opt(&enc, TG_OPT_URI_PATH, tg_slice_str("fw"));
  tg_coap_enc_opt(&enc, TG_OPT_URI_PATH, tg_slice_str("7.00ff"));
  tg_coap_enc_uint(&enc, TG_OPT_BLOCK2, block);
  const tg_addr_t from = {.len = 1, .b = {'a'}};
  bench.read_count = bench.sent_count = 0;
  bench.link.events->rx(bench.link.events_ud, &bench.link, &from, tg_buf_slice(&out));
  return server_bench_out(&bench);
}

static void a_file_comes_in_the_blocks_that_are_asked_for(void **state) {
  (void)state;
  open_bench(on_file);
  check_int(request(TG_COAP_GET, "/fw/7.00ff", -1), TG_COAP_205);
  assert_string_equal(asked_path, "/fw/7.00ff");
  check_int(asked_to, 1024);
  check_int(bench.sent[0].body_len, 1024);
  check_int(bench.sent[0].format, TG_CF_OPAQUE);
  check_true(memcmp(bench.sent[0].body, bytes, 1024) == 0);
  const far_msg_t *answer = get_block(2 << 4 | 6); /* the third of 1,024 bytes */
  check_int(answer->code, TG_COAP_205);
  check_int(asked_to, 3072);
  check_int(answer->body_len, SIZE - 2048);
  check_true(memcmp(answer->body, bytes + 2048, SIZE - 2048) == 0);
  answer = get_block(10 << 4 | 2); /* the eleventh of 64 */
  check_int(asked_to, 704);
  check_int(answer->body_len, 64);
  check_true(memcmp(answer->body, bytes + 640, 64) == 0);
  check_int(get_block(3 << 4 | 6)->code >> 5, 4); /* beyond its end */
  server_bench_close(&bench);
}

static void other_methods_formats_and_paths_are_refused(void **state) {
  (void)state;
  open_bench(on_file);
  check_int(request(TG_COAP_POST, "/fw/7.00ff", -1), TG_COAP_405);
  check_int(request(TG_COAP_PUT, "/fw/7.00ff", -1), TG_COAP_405);
  check_int(request(TG_COAP_DELETE, "/fw/7.00ff", -1), TG_COAP_405);
  check_int(asked_to, 0); /* that is no progress */
  check_int(request(TG_COAP_GET, "/fw/7.00fe", -1), TG_COAP_404);
  check_int(request(TG_COAP_POST, "/fw/7.00fe", -1), TG_COAP_404); /* nobody learns what there is */
  unsigned before = asked;
  check_int(request(TG_COAP_GET, "/fw", -1), TG_COAP_404);
  check_int(request(TG_COAP_GET, "/fw/7.00ff/x", -1), TG_COAP_404);
  check_int(request(TG_COAP_GET, "/fx/7.00ff", -1), TG_COAP_404);
  check_int(
      request(
          TG_COAP_GET,
          "/fw/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          -1),
      TG_COAP_404);
  check_int(asked - before <= 1, 1);
  server_bench_close(&bench);
}

static void without_files_there_is_nothing(void **state) {
  (void)state;
  open_bench(NULL);
  check_int(request(TG_COAP_GET, "/fw/7.00ff", -1), TG_COAP_404);
  check_int(request(TG_COAP_POST, "/fw/7.00ff", -1), TG_COAP_404);
  server_bench_close(&bench);
}

CHECK_SUITE(a_file_comes_in_the_blocks_that_are_asked_for, other_methods_formats_and_paths_are_refused,
            without_files_there_is_nothing)
