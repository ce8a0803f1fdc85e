/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/command_body.c: a Write whose value is lent, as the device sees it and as its asker hears of it. */

#include "tests/unit/server/server_harness.h"

enum { BLOCK = 1024, BLOCKS = 4, SIZE = BLOCK * (BLOCKS - 1) + 100 };

static server_bench_t bench;
static uint8_t image[SIZE];
static int ends, reads;
static tg_command_result_t ended;
static uint64_t told;
static tg_id_t running;
static bool cancels;

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  if (!command->body.len) {
    reads++;
    return;
  }
  ends++;
  ended = *result;
}

static void on_progress(void *ud, const tg_command_t *command, uint64_t sent) {
  (void)ud;
  told = sent;
  if (cancels) check_rc(tg_twin_cancel(bench.twin, command->id), TG_OK);
}

static void open_bench(const char *query) {
  server_bench_open(&bench, NULL, NULL);
  ends = reads = 0;
  told = 0;
  cancels = false;
  for (size_t i = 0; i < sizeof image; i++) image[i] = (uint8_t)(i * 7 + i / 256);
  check_int(server_bench_register(&bench, 'a', query, "</5/0>,</3/0>"), TG_COAP_201);
  bench.sent_count = bench.read_count = 0;
}

static tg_command_t image_from(uint64_t from) {
  return (tg_command_t){.device = tg_twin_find_ep(bench.twin, tg_slice_str("a"))->id,
                        .op = TG_OP_WRITE,
                        .path = tg_path(3, 5, 0, 0),
                        .content_format = -1,
                        .body = tg_slice(image, SIZE),
                        .body_from = from,
                        .progress = on_progress};
}

static tg_rc_t submit(const tg_command_t *command) {
  tg_rc_t rc = tg_twin_submit(bench.twin, command, on_done, NULL, &running);
  server_bench_pass(&bench, 1);
  return rc;
}

static void push_from(uint64_t from) {
  tg_command_t command = image_from(from);
  check_rc(submit(&command), TG_OK);
}

/* The next message is the block with that number. */
static far_msg_t check_block(uint32_t num) {
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  bool more = num < BLOCKS - 1;
  check_int(out->code, TG_COAP_PUT);
  assert_string_equal(out->path, "/5/0/0");
  check_int(out->format, TG_CF_OPAQUE);
  check_int(out->block1 - 1, num << 4 | (more ? 8 : 0) | 6);
  check_int(out->body_len, more ? BLOCK : SIZE % BLOCK);
  assert_memory_equal(out->body, image + num * BLOCK, out->body_len);
  return *out;
}

static void take_block(char peer, const far_msg_t *block) {
  bool more = (block->block1 - 1) & 8;
  far_msg_t answer = {.code = more ? TG_COAP_231 : TG_COAP_204, .format = -1, .observe = -1, .block1 = block->block1};
  server_bench_answer(&bench, peer, block, answer);
}

static void check_failed(tg_rc_t rc) {
  check_int(ends, 1);
  check_int(ended.state, TG_COMMAND_FAILED);
  check_rc(ended.rc, rc);
}

static void an_image_goes_in_blocks_and_each_is_told(void **state) {
  (void)state;
  open_bench("ep=a&lwm2m=1.1");
  push_from(0);
  for (uint32_t i = 0; i < BLOCKS; i++) {
    far_msg_t block = check_block(i);
    check_int(told, i * BLOCK);
    take_block('a', &block);
  }
  check_int(told, SIZE);
  check_int(ends, 1);
  check_int(ended.state, TG_COMMAND_DONE);
  check_int(ended.code, TG_COAP_204);
  assert_null(server_bench_out(&bench));
  server_bench_close(&bench);
}

static void a_read_is_answered_between_two_blocks(void **state) {
  (void)state;
  open_bench("ep=a&lwm2m=1.1");
  push_from(0);
  far_msg_t block = check_block(0);
  tg_command_t read = {.device = tg_twin_find_ep(bench.twin, tg_slice_str("a"))->id,
                       .op = TG_OP_READ,
                       .path = tg_path(3, 3, 0, 9),
                       .content_format = -1}; /* of the same priority */
  check_rc(submit(&read), TG_OK);
  take_block('a', &block);
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->code, TG_COAP_GET);
  far_msg_t asked = *out;
  server_bench_answer(&bench, 'a', &asked, (far_msg_t){.code = TG_COAP_404, .format = -1, .observe = -1});
  check_int(reads, 1);
  check_int(ends, 0);
  for (uint32_t i = 1; i < BLOCKS; i++) {
    block = check_block(i);
    take_block('a', &block);
  }
  check_int(ends, 1);
  check_int(ended.state, TG_COMMAND_DONE);
  server_bench_close(&bench);
}

static void it_goes_on_behind_what_the_device_has(void **state) {
  (void)state;
  open_bench("ep=a&lwm2m=1.1");
  push_from(2 * BLOCK + 5);
  far_msg_t block = check_block(2);
  take_block('a', &block);
  check_int(told, 3 * BLOCK);
  block = check_block(3);
  take_block('a', &block);
  check_int(ended.state, TG_COMMAND_DONE);
  server_bench_close(&bench);
}

static void it_begins_anew_where_the_device_has_forgotten(void **state) {
  (void)state;
  open_bench("ep=a&lwm2m=1.1");
  push_from(2 * BLOCK);
  far_msg_t block = check_block(2);
  server_bench_answer(&bench, 'a', &block, (far_msg_t){.code = TG_COAP_408, .format = -1, .observe = -1});
  check_int(ends, 0);
  for (uint32_t i = 0; i < BLOCKS; i++) {
    block = check_block(i);
    take_block('a', &block);
  }
  check_int(ended.state, TG_COMMAND_DONE);
  server_bench_close(&bench);
}

static void the_device_may_refuse_it(void **state) {
  (void)state;
  static const uint8_t codes[] = {TG_COAP_404, TG_COAP_405, TG_COAP_413, TG_COAP_415, TG_COAP_500};
  for (size_t i = 0; i < TG_COUNT(codes); i++) {
    open_bench("ep=a&lwm2m=1.0");
    push_from(0);
    far_msg_t block = check_block(0);
    server_bench_answer(&bench, 'a', &block, (far_msg_t){.code = codes[i], .format = -1, .observe = -1});
    check_failed(TG_E_PEER);
    check_int(ended.code, codes[i]);
    check_int(told, 0);
    assert_null(server_bench_out(&bench)); /* there is no other format for it */
    server_bench_close(&bench);
  }
}

static void only_the_opaque_format_can_be_asked_for(void **state) {
  (void)state;
  open_bench("ep=a&lwm2m=1.1");
  tg_command_t command = image_from(0);
  command.content_format = TG_CF_TLV;
  check_rc(submit(&command), TG_OK);
  check_failed(TG_E_FORMAT);
  ends = 0;
  command.content_format = TG_CF_OPAQUE;
  check_rc(submit(&command), TG_OK);
  check_block(0);
  server_bench_close(&bench);
}

static void security_is_not_written_so_either(void **state) {
  (void)state;
  open_bench("ep=a&lwm2m=1.1");
  tg_command_t command = image_from(0);
  command.path = tg_path(3, 0, 0, 3);
  check_rc(submit(&command), TG_OK);
  check_failed(TG_E_DENIED);
  assert_null(server_bench_out(&bench));
  server_bench_close(&bench);
}

static void a_new_registration_ends_it_and_its_asker_goes_on(void **state) {
  (void)state;
  open_bench("ep=a&lwm2m=1.1");
  push_from(0);
  far_msg_t block = check_block(0);
  take_block('a', &block);
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</5/0>,</3/0>"), TG_COAP_201);
  check_failed(TG_E_AGAIN);
  server_bench_pass(&bench, 1);
  assert_null(server_bench_out(&bench)); /* not queued anew */
  push_from(told);
  block = check_block(1);
  check_int(tg_twin_find_ep(bench.twin, tg_slice_str("a"))->active, 1);
  server_bench_close(&bench);
}

static void a_new_address_ends_it(void **state) {
  (void)state;
  open_bench("ep=a&lwm2m=1.1");
  push_from(0);
  far_msg_t block = check_block(0);
  take_block('a', &block);
  far_msg_t update = {.format = -1, .observe = -1};
  snprintf(update.path, sizeof update.path, "%s", bench.location);
  check_int(server_bench_request(&bench, 'n', &update), TG_COAP_204); /* another port of the same host */
  check_failed(TG_E_AGAIN);
  bench.sent_count = bench.read_count = 0;
  push_from(told);
  block = check_block(1);
  check_int(bench.to[0], 'n');
  server_bench_close(&bench);
}

static void a_deregistration_ends_it(void **state) {
  (void)state;
  open_bench("ep=a&lwm2m=1.1");
  push_from(0);
  far_msg_t gone = {.code = TG_COAP_DELETE, .format = -1, .observe = -1};
  snprintf(gone.path, sizeof gone.path, "%s", bench.location);
  check_int(server_bench_request(&bench, 'a', &gone), TG_COAP_202);
  check_failed(TG_E_AGAIN);
  server_bench_close(&bench);
}

static void it_may_be_cancelled_while_it_is_told(void **state) {
  (void)state;
  open_bench("ep=a&lwm2m=1.1");
  push_from(0);
  far_msg_t block = check_block(0);
  cancels = true;
  take_block('a', &block);
  check_int(ends, 1);
  check_int(ended.state, TG_COMMAND_CANCELLED);
  server_bench_pass(&bench, 100000);
  assert_null(server_bench_out(&bench));
  server_bench_close(&bench);
}

static void a_sleeper_stays_awake_while_its_blocks_flow(void **state) {
  (void)state;
  open_bench("ep=a&lwm2m=1.1&b=U&Q");
  push_from(0);
  for (uint32_t i = 0; i < BLOCKS - 1; i++) {
    far_msg_t block = check_block(i);
    server_bench_pass(&bench, 1500); /* before it is sent again */
    take_block('a', &block);
  }
  server_bench_pass(&bench, 91500);
  check_true(tg_twin_find_ep(bench.twin, tg_slice_str("a"))->awake);
  server_bench_close(&bench);
}

/* Ten minutes without a block: several messages, each with its retransmissions. */
static void silence_ends_it_at_last(void **state) {
  (void)state;
  open_bench("ep=a&lwm2m=1.1&lt=86400");
  push_from(0);
  far_msg_t block = check_block(0);
  take_block('a', &block);
  server_bench_pass(&bench, 590000);
  check_int(ends, 0);
  check_true(bench.sent_count > 30);
  server_bench_pass(&bench, 110000);
  check_failed(TG_E_TIMEOUT);
  check_int(told, BLOCK);
  server_bench_close(&bench);
}

static void nothing_is_left_when_the_server_goes_first(void **state) {
  (void)state;
  open_bench("ep=a&lwm2m=1.1");
  push_from(0);
  check_block(0);
  server_bench_close(&bench); /* frees the server, then exchanges, then the twin */
  check_int(ends, 1);
}

CHECK_SUITE(an_image_goes_in_blocks_and_each_is_told, a_read_is_answered_between_two_blocks,
            it_goes_on_behind_what_the_device_has, it_begins_anew_where_the_device_has_forgotten,
            the_device_may_refuse_it, only_the_opaque_format_can_be_asked_for, security_is_not_written_so_either,
            a_new_registration_ends_it_and_its_asker_goes_on, a_new_address_ends_it, a_deregistration_ends_it,
            it_may_be_cancelled_while_it_is_told, a_sleeper_stays_awake_while_its_blocks_flow, silence_ends_it_at_last,
            nothing_is_left_when_the_server_goes_first)
