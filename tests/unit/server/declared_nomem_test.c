/* SPDX-License-Identifier: Apache-2.0 */
/*
 * N12: lengths and counts that a message only declares. What is allocated for it grows with the bytes that came, not with what they promise: at
 * most four times the input and 64 KiB, from the datagram to the rules. (Called *_nomem_test because the harness that counts allocations is
 * linked into those; nothing fails here.)
 */

#include <stdlib.h>

#include "tests/unit/alloc_harness.h"
#include "tests/unit/server/server_harness.h"

enum { ROOM = 64 << 10, TIMES = 4 };

static server_bench_t bench;
static size_t worst, cases;

/* What is made once, with the first values, is not counted. */
static void open_bench(void) {
  server_bench_open(&bench, NULL, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=e&lwm2m=1.1&lt=86400", "</1/0>,</3/0>,</3303/0>"), TG_COAP_201);
  server_bench_pass(&bench, 2);
  const far_msg_t msg = {
      .path = "/dp", .format = TG_CF_SENML_JSON, .observe = -1, .body = "[{\"n\":\"/3303/0/5700\",\"v\":1}]"};
  check_int(server_bench_request(&bench, 'a', &msg), TG_COAP_204);
}

static void set_body(far_msg_t *msg, const char *bytes, size_t len) {
  memcpy(msg->body, bytes, len);
  msg->body_len = len;
}

/* The bound, for what was allocated since @p before. */
static void check_bound(size_t before, size_t input, const char *what) {
  size_t used = alloc_harness_bytes() - before;
  cases++;
  if (used > worst) worst = used;
  if (used > TIMES * input + ROOM) fail_msg("%s: %zu bytes for %zu", what, used, input);
}

#define BYTES(text) text, sizeof text - 1

/* Payloads of a Send, by format. Each says that much more is to come than does. */
static const struct {
  const char *what;
  int format;
  const char *bytes;
  size_t len;
} sends[] = {
    {"an array of 2^32 - 1 records", TG_CF_SENML_CBOR, BYTES("\x9a\xff\xff\xff\xff\xa1\x21\x60")},
    {"an array of 2^64 - 1 records", TG_CF_SENML_CBOR, BYTES("\x9b\xff\xff\xff\xff\xff\xff\xff\xff")},
    {"a map of 2^32 - 1 pairs", TG_CF_SENML_CBOR, BYTES("\x81\xba\xff\xff\xff\xff\x21\x60")},
    {"text of 2^31 bytes", TG_CF_SENML_CBOR,
     BYTES("\x81\xa2\x21l/3303/0/5701\x03\x7a\x80\x00\x00\x00"
           "Cel")},
    {"text of 2^63 - 1 bytes", TG_CF_SENML_CBOR,
     BYTES("\x81\xa2\x21l/3303/0/5701\x03\x7b\x7f\xff\xff\xff\xff\xff\xff\xff")},
    {"a byte string of 2^40 bytes", TG_CF_SENML_CBOR,
     BYTES("\x81\xa2\x21l/3303/0/5701\x08\x5b\x00\x00\x01\x00\x00\x00\x00\x00zz")},
    {"nothing but a byte string of 2^62 bytes", TG_CF_SENML_CBOR, BYTES("\x5b\x40\x00\x00\x00\x00\x00\x00\x00")},
    {"a map of 2^63 objects", TG_CF_LWM2M_CBOR, BYTES("\xbb\x80\x00\x00\x00\x00\x00\x00\x00\x19\x0c\xe7")},
    {"text of 2^32 - 1 bytes in a map", TG_CF_LWM2M_CBOR,
     BYTES("\xa1\x19\x0c\xe7\xa1\x00\xa1\x19\x16\x45\x7a\xff\xff\xff\xff"
           "Cel")},
    {"an array without its end", TG_CF_SENML_JSON, BYTES("[{\"n\":\"/3303/0/5701\",\"vs\":\"Cel\"},")},
    {"text without its end", TG_CF_SENML_JSON, BYTES("[{\"n\":\"/3303/0/5701\",\"vs\":\"CelCelCel")},
};

static void a_send_allocates_by_what_came(void **state) {
  (void)state;
  for (size_t i = 0; i < TG_COUNT(sends); i++) {
    open_bench();
    far_msg_t msg = {.path = "/dp", .format = sends[i].format, .observe = -1};
    set_body(&msg, sends[i].bytes, sends[i].len);
    size_t before = alloc_harness_bytes();
    unsigned code = server_bench_request(&bench, 'a', &msg);
    check_bound(before, sends[i].len, sends[i].what);
    check_int(code >> 5, 4); /* and it is refused */
    server_bench_close(&bench);
  }
}

/* Answers to a Read. */
static const struct {
  const char *what;
  int format;
  const char *bytes;
  size_t len;
} answers[] = {
    {"a resource of 2^24 - 1 bytes", TG_CF_TLV, BYTES("\xd8\x00\xff\xff\xff")},
    {"a resource of 2^24 - 1 bytes, of which some came", TG_CF_TLV, BYTES("\xf8\x16\x44\xff\xff\xff\x40\x35\x00\x00")},
    {"an instance of 65535 bytes", TG_CF_TLV, BYTES("\x30\x00\xff\xff\xc1\x00\x01")},
    {"several of 2^24 - 1 bytes within each other", TG_CF_TLV,
     BYTES("\x18\x00\xff\xff\xff\x98\x06\xff\xff\xff\x58\x00\xff\xff\xff")},
    {"an array of 2^32 - 1 records", TG_CF_SENML_CBOR, BYTES("\x9a\xff\xff\xff\xff")},
    {"text of 2^63 - 1 bytes", TG_CF_SENML_CBOR,
     BYTES("\x81\xa2\x21l/3303/0/5701\x03\x7b\x7f\xff\xff\xff\xff\xff\xff\xff")},
};

static unsigned ended;

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  check_int(result->state, TG_COMMAND_FAILED);
  ended++;
}

static void an_answer_allocates_by_what_came(void **state) {
  (void)state;
  for (size_t i = 0; i < TG_COUNT(answers); i++) {
    open_bench();
    tg_id_t id;
    ended = 0;
    bench.sent_count = bench.read_count = 0;
    const tg_command_t command = {.device = tg_twin_find_ep(bench.twin, tg_slice_str("e"))->id,
                                  .op = TG_OP_READ,
                                  .path = tg_path(2, 3303, 0, 0),
                                  .content_format = -1};
    check_rc(tg_twin_submit(bench.twin, &command, on_done, NULL, &id), TG_OK);
    server_bench_pass(&bench, 1);
    const far_msg_t *out = server_bench_out(&bench);
    assert_non_null(out);
    far_msg_t asked = *out, msg = {.code = TG_COAP_205, .format = answers[i].format, .observe = -1};
    set_body(&msg, answers[i].bytes, answers[i].len);
    size_t before = alloc_harness_bytes();
    server_bench_answer(&bench, 'a', &asked, msg);
    server_bench_pass(&bench, 1);
    check_bound(before, answers[i].len, answers[i].what);
    check_int(ended, 1);
    check_int(server_bench_register(&bench, 'a', "ep=e&lwm2m=1.1", "</3303/0>"),
              TG_COAP_201); /* it is served as before */
    server_bench_close(&bench);
  }
}

/* The first block of a body, and one from its far end: what they announce is never reserved. */
static void a_block_allocates_by_what_came(void **state) {
  (void)state;
  static const uint32_t blocks[] = {0x0E, 0x08, 0xFFFFEE, 0x3FFFE8, 0xFFFFF8};
  for (size_t i = 0; i < TG_COUNT(blocks); i++) {
    open_bench();
    far_msg_t msg = {
        .path = "/rd", .query = "ep=b&lwm2m=1.1", .format = TG_CF_LINK, .observe = -1, .block1 = blocks[i] + 1};
    memset(msg.body, 'z', 1024);
    msg.body_len = (size_t)16 << (blocks[i] & 7);
    size_t before = alloc_harness_bytes();
    unsigned code = server_bench_request(&bench, 'b', &msg);
    check_bound(before, msg.body_len, "a block");
    check_true(code == TG_COAP_231 || code >> 5 == 4);
    server_bench_close(&bench);
  }
}

/* That it is counted at all: a body that comes as a whole is kept as a whole. */
static void what_came_is_counted(void **state) {
  (void)state;
  open_bench();
  size_t before = alloc_harness_bytes();
  for (uint32_t number = 0; number < 8; number++) {
    far_msg_t msg = {.path = "/rd",
                     .query = "ep=b&lwm2m=1.1",
                     .format = TG_CF_LINK,
                     .observe = -1,
                     .block1 = (number << 4 | 0x0E) + 1};
    memset(msg.body, ' ', 1024);
    msg.body_len = 1024;
    check_int(server_bench_request(&bench, 'b', &msg), TG_COAP_231);
  }
  size_t used = alloc_harness_bytes() - before;
  check_true(used >= 8 * 1024);
  print_message("# %zu cases, at most %zu bytes for one; 8192 bytes in blocks took %zu\n", cases, worst, used);
  server_bench_close(&bench);
}

/* tests/lib/proof.py notes it where it is asked to. */
static void prove(void) {
  char command[512];
  if (!getenv("TG_PROOFS")) return;
  (void)snprintf(
      command, sizeof command,
      "python3 " TG_SOURCE_DIR "/tests/lib/proof.py N12 'declared lengths and counts' "
      "--command 'build/dev/tests/declared_nomem_test' "
      "--measured 'allocated for one input of at most 1 kB, at most|%zu|<=|%d|bytes' --measured 'inputs|%zu|||'",
      worst, (int)ROOM, cases);
  if (system(command) != 0) print_error("proof.py failed\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_send_allocates_by_what_came),
      cmocka_unit_test(an_answer_allocates_by_what_came),
      cmocka_unit_test(a_block_allocates_by_what_came),
      cmocka_unit_test(what_came_is_counted),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  if (!failed) prove();
  return failed;
}
