/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/quirk.c, and what its bits change on the wire: format.c, report_take.c, command.c. */

#include "core/server/quirk.h"

#include <ctype.h>

#include "tests/unit/server/server_harness.h"

static server_bench_t bench;

static void every_quirk_has_a_name_of_its_own_and_a_phrase(void **state) {
  (void)state;
  size_t count = 0;
  for (unsigned i = 0; i < 40; i++) {
    const char *name = tg_quirk_name(i);
    assert_true((name != NULL) == (tg_quirk_text(i) != NULL));
    if (!name) continue;
    count++;
    for (const char *p = name; *p; p++) assert_true(islower((unsigned char)*p) || *p == '_');
    for (unsigned k = 0; k < i; k++) {
      if (tg_quirk_name(k)) assert_string_not_equal(name, tg_quirk_name(k));
    }
  }
  assert_true(count >= 20);
  assert_string_equal(tg_quirk_name(16), "unsigned_tlv");
  check_int(TG_QUIRK_UNSIGNED_TLV, 1 << 16);
  assert_null(tg_quirk_name(32));
}

static void a_device_is_selected_by_all_that_is_given(void **state) {
  (void)state;
  const tg_quirk_device_t device = {.ep = "hall-7",
                                    .wire_ep = "urn:imei:35",
                                    .who = {"ACME", "M1", NULL},
                                    .link = "udp0",
                                    .tags = "plant meter:cold"};
  static const struct {
    tg_server_select_t select;
    bool fits;
  } rows[] = {
      {{0}, true},
      {{.ep = "hall-*"}, true},
      {{.ep = "hall"}, false},
      {{.ep = "urn:imei:*"}, true}, /* what it calls itself counts too */
      {{.who = {"AC*"}}, true},
      {{.who = {"ACME", "M?"}}, true},
      {{.who = {"ACME", "M2"}}, false},
      {{.who = {NULL, NULL, "*"}}, false}, /* what is not known fits nothing */
      {{.link = "udp?"}, true},
      {{.link = "nb"}, false},
      {{.tag = "plant"}, true},
      {{.tag = "meter:*"}, true},
      {{.tag = "lant"}, false},
      {{.tag = "plant meter:cold"}, false}, /* words, not the whole */
      {{.ep = "hall-*", .tag = "roof"}, false},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    bool fits = tg_quirk_selects(&rows[i].select, &device);
    if (fits != rows[i].fits) print_error("row %zu\n", i);
    check_int(fits, rows[i].fits);
  }
  const tg_quirk_device_t bare = {.ep = "x"};
  check_false(tg_quirk_selects(&(tg_server_select_t){.tag = "*"}, &bare));
  check_int(tg_quirk_needs(&(tg_server_select_t){.who = {"a", NULL, "b"}}), 5);
}

static void all_profiles_that_fit_count(void **state) {
  (void)state;
  static const tg_server_quirk_t quirks[] = {
      {.select = {.ep = "a*"},
       .quirks = TG_QUIRK_NO_ACCEPT,
       .content_format = TG_CF_NONE,
       .block_szx = TG_SERVER_SZX_ANY},
      {.select = {.ep = "b*"},
       .quirks = TG_QUIRK_TEXT_ONLY,
       .content_format = TG_CF_NONE,
       .block_szx = TG_SERVER_SZX_ANY},
      {.quirks = TG_QUIRK_OWN_FORMAT | TG_QUIRK_SMALL_BLOCKS, .content_format = TG_CF_TLV, .block_szx = 2},
      {.quirks = TG_QUIRK_OWN_FORMAT, .content_format = TG_CF_JSON, .block_szx = TG_SERVER_SZX_ANY},
  };
  const tg_server_config_t config = {.quirks = quirks, .quirk_count = TG_COUNT(quirks)};
  tg_server_quirk_t found;
  tg_quirk_find(&config, &(tg_quirk_device_t){.ep = "ab"}, &found);
  check_int(found.quirks, TG_QUIRK_NO_ACCEPT | TG_QUIRK_OWN_FORMAT | TG_QUIRK_SMALL_BLOCKS);
  check_int(found.content_format, TG_CF_JSON);
  check_int(found.block_szx, 2);
  tg_quirk_find(&(tg_server_config_t){0}, &(tg_quirk_device_t){.ep = "ab"}, &found);
  check_int(found.quirks, 0);
  check_int(found.content_format, TG_CF_NONE);
  check_int(found.block_szx, TG_SERVER_SZX_ANY);
}

static int ends;
static tg_command_result_t ended;
static tg_record_t ended_record;

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  ends++;
  ended = *result;
  if (result->record_count) ended_record = result->records[0];
}

static const tg_device_t *device(void) {
  return tg_twin_find_ep(bench.twin, tg_slice_str("a"));
}

/* A device `a` with the quirks of one profile for it alone. */
static void open_with(uint32_t quirks, int format, const char *query) {
  static tg_server_quirk_t profile;
  profile = (tg_server_quirk_t){
      .select = {.ep = "a"}, .quirks = quirks, .content_format = format, .block_szx = TG_SERVER_SZX_ANY};
  const tg_server_config_t config = {.quirks = &profile, .quirk_count = 1};
  server_bench_open(&bench, &config, NULL);
  check_int(server_bench_register(&bench, 'a', query, "</3/0>,</3303/0>"), TG_COAP_201);
}

static const far_msg_t *submit(tg_op_t op, tg_path_t path) {
  const tg_command_t command = {.device = device()->id, .op = op, .path = path, .content_format = -1};
  tg_id_t id;
  ends = 0;
  bench.sent_count = bench.read_count = 0;
  check_rc(tg_twin_submit(bench.twin, &command, on_done, NULL, &id), TG_OK);
  server_bench_pass(&bench, 1);
  return server_bench_out(&bench);
}

static void answer(const far_msg_t *request, uint8_t code, int format, const char *body, size_t len) {
  far_msg_t asked = *request, msg = {.code = code, .format = format, .observe = -1, .body_len = len};
  memcpy(msg.body, body, len);
  server_bench_answer(&bench, 'a', &asked, msg);
  server_bench_pass(&bench, 1);
}

static void who_speaks_only_text_is_offered_nothing_else(void **state) {
  (void)state;
  open_with(TG_QUIRK_TEXT_ONLY, TG_CF_NONE, "ep=a&lwm2m=1.1");
  check_true((device()->quirks & TG_QUIRK_TEXT_ONLY) != 0);
  const far_msg_t *out = submit(TG_OP_READ, tg_path(3, 3, 0, 0));
  assert_non_null(out);
  check_int(out->format, TG_CF_TEXT);
  answer(out, TG_COAP_406, -1, "", 0);
  assert_null(server_bench_out(&bench)); /* no other is tried */
  check_int(ended.state, TG_COMMAND_FAILED);
  assert_null(submit(TG_OP_READ, tg_path(2, 3303, 0, 0))); /* text holds no instance */
  check_rc(ended.rc, TG_E_FORMAT);
  server_bench_close(&bench);
}

static void who_stumbles_over_accept_gets_none(void **state) {
  (void)state;
  open_with(TG_QUIRK_NO_ACCEPT, TG_CF_NONE, "ep=a&lwm2m=1.1");
  const far_msg_t *out = submit(TG_OP_READ, tg_path(3, 3, 0, 9));
  assert_non_null(out);
  check_int(out->format, -1);
  answer(out, TG_COAP_205, TG_CF_TEXT, "87", 2);
  check_int(ended.state, TG_COMMAND_DONE);
  server_bench_close(&bench);
}

static void a_format_of_its_own_is_believed_more_than_the_message(void **state) {
  (void)state;
  open_with(TG_QUIRK_OWN_FORMAT, TG_CF_TLV, "ep=a&lwm2m=1.0");
  const far_msg_t *out = submit(TG_OP_READ, tg_path(3, 3303, 0, 5701));
  answer(out, TG_COAP_205, TG_CF_TEXT,
         "\xE3\x16\x45"
         "Cel",
         6);
  check_int(ended.state, TG_COMMAND_DONE);
  check_slice(ended_record.value.s, "Cel");
  check_int(device()->quirk_counts[22], 1);
  out = submit(TG_OP_READ, tg_path(3, 3303, 0, 5701));
  answer(out, TG_COAP_205, TG_CF_TLV,
         "\xE3\x16\x45"
         "Cel",
         6);
  check_int(device()->quirk_counts[22], 1); /* nothing to tolerate this time */
  server_bench_close(&bench);
}

static void what_says_nothing_is_what_was_asked_for_and_counted(void **state) {
  (void)state;
  open_with(0, TG_CF_NONE, "ep=a&lwm2m=1.0");
  assert_null(device()->quirk_counts);
  for (uint32_t i = 1; i <= 2; i++) {
    const far_msg_t *out = submit(TG_OP_READ, tg_path(3, 3303, 0, 5701));
    check_int(out->format, TG_CF_TLV);
    answer(out, TG_COAP_205, -1,
           "\xE3\x16\x45"
           "Cel",
           6);
    check_int(ended.state, TG_COMMAND_DONE);
    check_true((device()->quirks & TG_QUIRK_BARE_ANSWER) != 0);
    check_int(device()->quirk_counts[12], i);
  }
  server_bench_close(&bench);
}

static void bodies_go_in_blocks_that_the_device_can_hold(void **state) {
  (void)state;
  static const tg_server_quirk_t small = {
      .quirks = TG_QUIRK_SMALL_BLOCKS, .content_format = TG_CF_NONE, .block_szx = 1};
  const tg_server_config_t config = {.quirks = &small, .quirk_count = 1, .rebind = TG_COAP_REBIND_SAME_HOST};
  server_bench_open(&bench, &config, NULL);
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  const tg_record_t text = {
      .path = {{3, 0, 15}, 3},
      .value = {.type = TG_TYPE_STRING, .s = {(const uint8_t *)"Central European Time, somewhat daylight-saved", 46}}};
  for (int moved = 0; moved < 2; moved++) { /* also at its next address */
    const tg_command_t write = {.device = device()->id,
                                .op = TG_OP_WRITE,
                                .path = text.path,
                                .records = &text,
                                .record_count = 1,
                                .content_format = TG_CF_TEXT};
    tg_id_t id;
    bench.sent_count = bench.read_count = 0;
    check_rc(tg_twin_submit(bench.twin, &write, on_done, NULL, &id), TG_OK);
    server_bench_pass(&bench, 1);
    const far_msg_t *out = server_bench_out(&bench);
    assert_non_null(out);
    check_int(out->code, TG_COAP_PUT);
    check_int(out->body_len, 32);
    check_rc(tg_twin_cancel(bench.twin, id), TG_OK);
    far_msg_t update = {.format = -1, .observe = -1};
    snprintf(update.path, sizeof update.path, "%s", bench.location);
    check_int(server_bench_request(&bench, 'n', &update), TG_COAP_204);
  }
  server_bench_close(&bench);
}

static void composite_operations_of_who_has_none_are_not_tried(void **state) {
  (void)state;
  static const tg_record_t names[] = {{.path = {{3, 0, 0}, 3}}, {.path = {{3, 0, 1}, 3}}};
  open_with(TG_QUIRK_NO_COMPOSITE, TG_CF_NONE, "ep=a&lwm2m=1.1");
  const tg_command_t command = {
      .device = device()->id, .op = TG_OP_READ_COMPOSITE, .records = names, .record_count = 2, .content_format = -1};
  tg_id_t id;
  check_rc(tg_twin_submit(bench.twin, &command, on_done, NULL, &id), TG_OK);
  bench.sent_count = bench.read_count = 0;
  server_bench_pass(&bench, 1);
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->code, TG_COAP_GET);
  assert_string_equal(out->path, "/3/0/0");
  server_bench_close(&bench);
}

static void oddities_of_an_object_list_are_counted_each_time(void **state) {
  (void)state;
  server_bench_open(&bench, NULL, NULL);
  far_msg_t msg = {.path = "/rd", .query = "ep=a&lwm2m=1.1", .format = -1, .observe = -1, .body = "</3/0>, <3303/0>"};
  check_int(server_bench_request(&bench, 'a', &msg), TG_COAP_201);
  check_int(device()->quirks, TG_QUIRK_NO_FORMAT | TG_QUIRK_LINK_BLANKS | TG_QUIRK_LINK_NO_SLASH);
  check_int(device()->quirk_counts[8], 1);
  far_msg_t update = {.path = "", .format = TG_CF_LINK, .observe = -1, .body = "</3/0>, </3304/0>"};
  snprintf(update.path, sizeof update.path, "%s", bench.location);
  check_int(server_bench_request(&bench, 'a', &update), TG_COAP_204);
  check_int(device()->quirk_counts[0], 2);
  check_int(device()->quirk_counts[8], 1);
  check_int(device()->quirk_counts[5], 1);
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3/0>"), TG_COAP_201);
  check_int(device()->quirks, 0); /* it has mended its ways; the counts stay */
  check_int(device()->quirk_counts[0], 2);
  server_bench_close(&bench);
}

CHECK_SUITE(every_quirk_has_a_name_of_its_own_and_a_phrase, a_device_is_selected_by_all_that_is_given,
            all_profiles_that_fit_count, who_speaks_only_text_is_offered_nothing_else,
            who_stumbles_over_accept_gets_none, a_format_of_its_own_is_believed_more_than_the_message,
            what_says_nothing_is_what_was_asked_for_and_counted, composite_operations_of_who_has_none_are_not_tried,
            bodies_go_in_blocks_that_the_device_can_hold, oddities_of_an_object_list_are_counted_each_time)
