/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/trigger.c: what is asked by name, as the device sees it (lwm2m.md 3, object 1; 4.3). */

#include "core/server/trigger.h"
#include "tests/unit/server/server_harness.h"

enum { MINUTE = 60000 };
#define N(letter) SERVER_BENCH_SECOND(letter)

static server_bench_t bench;
static int ends;
static tg_command_result_t ended;

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  ends++;
  ended = *result;
}

static void open_with(char peer, const char *version, const char *links) {
  char query[64];
  snprintf(query, sizeof query, "ep=a&lwm2m=%s", version);
  tg_server_config_t config = {.rebind = TG_COAP_REBIND_NEVER};
  server_bench_open(&bench, &config, NULL);
  check_int(server_bench_register(&bench, peer, query, links), TG_COAP_201);
  server_bench_events(&bench);
}

static const tg_device_t *device(void) {
  return tg_twin_find_ep(bench.twin, tg_slice_str("a"));
}

/* Fills and submits. @return what the device gets, or NULL */
static const far_msg_t *send(tg_trigger_t *trigger) {
  tg_command_t command = {.content_format = -1, .priority = 2, .tag = tg_slice_str("mine")};
  tg_diag_t diag = {0};
  tg_id_t id;
  ends = 0;
  bench.sent_count = bench.read_count = 0;
  check_rc(tg_trigger_fill(trigger, device(), &command, &diag), TG_OK);
  check_int(command.priority, 2);
  check_rc(tg_twin_submit(bench.twin, &command, on_done, NULL, &id), TG_OK);
  memset(trigger, 0xEE, sizeof *trigger); /* everything was copied */
  server_bench_pass(&bench, 1);
  return server_bench_out(&bench);
}

static void answer_with(char peer, const far_msg_t *request, uint8_t code) {
  far_msg_t asked = *request;
  server_bench_answer(&bench, peer, &asked, (far_msg_t){.code = code, .format = -1, .observe = -1});
}

static void each_name_is_its_request(void **state) {
  (void)state;
  static const struct {
    tg_trigger_t trigger;
    uint8_t method;
    const char *path;
    int format;
    const char *body;
  } rows[] = {
      {{.kind = TG_TRIGGER_UPDATE, .instance = -1}, TG_COAP_POST, "/1/3/8", -1, ""},
      {{.kind = TG_TRIGGER_UPDATE, .instance = -1, .transport = 'U'}, TG_COAP_POST, "/1/3/8", TG_CF_TEXT, "0='U'"},
      {{.kind = TG_TRIGGER_UPDATE, .instance = 5}, TG_COAP_POST, "/1/5/8", -1, ""},
      {{.kind = TG_TRIGGER_DISABLE, .instance = -1}, TG_COAP_POST, "/1/3/4", -1, ""},
      {{.kind = TG_TRIGGER_BOOTSTRAP, .instance = 5}, TG_COAP_POST, "/1/5/9", -1, ""},
      {{.kind = TG_TRIGGER_PREFER, .instance = -1, .transport = 'N'},
       TG_COAP_PUT,
       "/1/3/22",
       TG_CF_SENML_JSON,
       "\"vs\":\"N\""},
      {{.kind = TG_TRIGGER_MUTE, .instance = -1, .on = false},
       TG_COAP_PUT,
       "/1/3/23",
       TG_CF_SENML_JSON,
       "\"vb\":false"},
      {{.kind = TG_TRIGGER_MUTE, .instance = 5, .on = true}, TG_COAP_PUT, "/1/5/23", TG_CF_SENML_JSON, "\"vb\":true"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    open_with('a', "1.1", "</>;ct=110,</1/3>,</1/5>,</3/0>");
    tg_trigger_t trigger = rows[i].trigger;
    const far_msg_t *out = send(&trigger);
    assert_non_null(out);
    if (strcmp(out->path, rows[i].path) != 0 || !strstr(out->body, rows[i].body))
      print_error("row %zu: %s %s\n", i, out->path, out->body);
    check_int(out->code, rows[i].method);
    assert_string_equal(out->path, rows[i].path);
    check_int(out->format, rows[i].format);
    assert_non_null(strstr(out->body, rows[i].body));
    if (!*rows[i].body) check_int(out->body_len, 0);
    answer_with('a', out, TG_COAP_204);
    check_int(ends, 1);
    check_int(ended.state, TG_COMMAND_DONE);
    server_bench_close(&bench);
  }
}

static void names_are_found_both_spellings_of_letters_too(void **state) {
  (void)state;
  static const char *const names[TG_TRIGGER_COUNT] = {"trigger", "disable", "bootstrap", "prefer", "mute"};
  tg_trigger_kind_t kind;
  for (int i = 0; i < TG_TRIGGER_COUNT; i++) {
    check_rc(tg_trigger_of(tg_slice_str(names[i]), &kind), TG_OK);
    check_int(kind, i);
  }
  check_rc(tg_trigger_of(tg_slice_str("Trigger"), &kind), TG_E_NOT_FOUND);
  check_rc(tg_trigger_of(tg_slice_str(""), &kind), TG_E_NOT_FOUND);
  char letter = 0;
  check_rc(tg_trigger_letter(tg_slice_str("u"), &letter), TG_OK);
  check_int(letter, 'U');
  static const char *const wrong[] = {"", "UQ", "X", "0", "'", " "};
  for (size_t i = 0; i < TG_COUNT(wrong); i++) check_rc(tg_trigger_letter(tg_slice_str(wrong[i]), &letter), TG_E_ARG);
  check_rc(tg_trigger_letter(tg_slice("\0", 1), &letter), TG_E_ARG);
}

static void disable_for_a_time_writes_the_time_first(void **state) {
  (void)state;
  open_with('a', "1.0", "</1/0>,</3/0>");
  tg_trigger_t trigger = {.kind = TG_TRIGGER_DISABLE, .instance = -1, .seconds = 600};
  const far_msg_t *out = send(&trigger);
  assert_non_null(out);
  check_int(out->code, TG_COAP_PUT);
  assert_string_equal(out->path, "/1/0/5");
  check_int(out->format, TG_CF_TLV);
  check_int(out->body_len, 4);
  assert_memory_equal(out->body, "\xC2\x05\x02\x58", 4);
  answer_with('a', out, TG_COAP_415); /* another format */
  out = server_bench_out(&bench);
  assert_non_null(out);
  assert_string_equal(out->path, "/1/0/5");
  check_int(out->format, TG_CF_TEXT);
  check_int(ends, 0);
  answer_with('a', out, TG_COAP_204);
  out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->code, TG_COAP_POST);
  assert_string_equal(out->path, "/1/0/4");
  check_int(out->body_len, 0);
  check_int(ends, 0);
  answer_with('a', out, TG_COAP_204);
  check_int(ends, 1);
  check_int(ended.state, TG_COMMAND_DONE);
  server_bench_close(&bench);
}

static void a_device_that_takes_no_time_is_not_disabled(void **state) {
  (void)state;
  open_with('a', "1.1", "</1/0>,</3/0>");
  tg_trigger_t trigger = {.kind = TG_TRIGGER_DISABLE, .instance = -1, .seconds = 600};
  const far_msg_t *out = send(&trigger);
  answer_with('a', out, TG_COAP_404);
  check_int(ends, 1);
  check_int(ended.state, TG_COMMAND_FAILED);
  check_int(ended.code, TG_COAP_404);
  server_bench_pass(&bench, 10);
  assert_null(server_bench_out(&bench));

  trigger = (tg_trigger_t){.kind = TG_TRIGGER_DISABLE, .instance = -1, .seconds = 600};
  out = send(&trigger);
  answer_with('a', out, TG_COAP_204);
  out = server_bench_out(&bench);
  assert_string_equal(out->path, "/1/0/4");
  answer_with('a', out, TG_COAP_405); /* no Disable */
  check_int(ended.state, TG_COMMAND_FAILED);
  check_int(ended.code, TG_COAP_405);
  server_bench_close(&bench);
}

static void what_a_device_lacks_is_said_before_anything_is_sent(void **state) {
  (void)state;
  static const struct {
    const char *version, *links;
    tg_trigger_t trigger;
    tg_rc_t rc;
    const char *why;
  } rows[] = {
      {"1.1",
       "</3/0>",
       {.kind = TG_TRIGGER_UPDATE, .instance = -1},
       TG_E_NOT_FOUND,
       "announces no instance of object 1"},
      {"1.1",
       "</1>,</3/0>",
       {.kind = TG_TRIGGER_UPDATE, .instance = -1},
       TG_E_NOT_FOUND,
       "announces no instance of object 1"},
      {"1.1", "</1>,</3/0>", {.kind = TG_TRIGGER_UPDATE, .instance = 2}, TG_OK, ""},
      {"1.1",
       "</1/0>,</3/0>",
       {.kind = TG_TRIGGER_DISABLE, .instance = 2},
       TG_E_NOT_FOUND,
       "does not announce /1/2, which is needed for disable"},
      {"1.0",
       "</1/0>,</3/0>",
       {.kind = TG_TRIGGER_UPDATE, .instance = -1, .transport = 'U'},
       TG_E_UNSUPPORTED,
       "trigger with a transport is new in LwM2M 1.1"},
      {"1.0", "</1/0>,</3/0>", {.kind = TG_TRIGGER_UPDATE, .instance = -1}, TG_OK, ""},
      {"1.0",
       "</1/0>,</3/0>",
       {.kind = TG_TRIGGER_BOOTSTRAP, .instance = -1},
       TG_E_UNSUPPORTED,
       "bootstrap is new in LwM2M 1.1"},
      {"1.0", "</1/0>,</3/0>", {.kind = TG_TRIGGER_MUTE, .instance = -1}, TG_E_UNSUPPORTED, "mute is new in LwM2M 1.1"},
      {"1.0",
       "</1/0>,</3/0>",
       {.kind = TG_TRIGGER_PREFER, .instance = -1, .transport = 'U'},
       TG_E_UNSUPPORTED,
       "prefer is new in LwM2M 1.1"},
      {"1.1", "</1/0>,</3/0>", {.kind = TG_TRIGGER_PREFER, .instance = -1}, TG_E_ARG, "prefer takes a transport"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    open_with('a', rows[i].version, rows[i].links);
    tg_trigger_t trigger = rows[i].trigger;
    tg_command_t command = {0};
    tg_diag_t diag = {0};
    tg_rc_t rc = tg_trigger_fill(&trigger, device(), &command, &diag);
    if (rc != rows[i].rc) print_error("row %zu: %s\n", i, diag.message);
    check_rc(rc, rows[i].rc);
    assert_non_null(strstr(diag.message, rows[i].why));
    server_bench_close(&bench);
  }
  static const tg_backend_ops_t driver = {.kind = "driver"};
  server_bench_open(&bench, NULL, NULL);
  tg_path_t account = {{1, 0}, 2};
  tg_device_info_t info = {
      .ep = tg_slice_str("a"), .backend = &driver, .link = "serial", .objects = &account, .object_count = 1};
  tg_id_t id;
  check_rc(tg_twin_online(bench.twin, &info, TG_EVENT_REGISTERED, &id), TG_OK);
  tg_trigger_t trigger = {.kind = TG_TRIGGER_UPDATE, .instance = -1};
  tg_command_t command = {0};
  tg_diag_t diag = {0};
  check_rc(tg_trigger_fill(&trigger, device(), &command, &diag), TG_E_UNSUPPORTED);
  assert_string_equal(diag.message, "trigger is for LwM2M devices");
  server_bench_close(&bench);
}

static unsigned move_to(char peer) {
  return server_bench_register(&bench, peer, "ep=a&lwm2m=1.1", "</1/0>,</3/0>");
}

static void a_trigger_with_a_transport_opens_the_way_for_ten_minutes(void **state) {
  (void)state;
  open_with(N('A'), "1.1", "</1/0>,</3/0>");
  check_int(move_to('a'), TG_COAP_403);
  tg_trigger_t trigger = {.kind = TG_TRIGGER_UPDATE, .instance = -1};
  answer_with(N('A'), send(&trigger), TG_COAP_204); /* no transport: nothing is opened */
  check_int(move_to('a'), TG_COAP_403);
  trigger = (tg_trigger_t){.kind = TG_TRIGGER_UPDATE, .instance = -1, .transport = 'U'};
  answer_with(N('A'), send(&trigger), TG_COAP_204);
  server_bench_pass(&bench, 11 * MINUTE);
  check_int(move_to('a'), TG_COAP_403); /* too late */
  trigger = (tg_trigger_t){.kind = TG_TRIGGER_UPDATE, .instance = -1, .transport = 'U'};
  assert_non_null(send(&trigger)); /* the device is there before its answer */
  check_int(move_to('a'), TG_COAP_201);
  server_bench_close(&bench);
}

static void a_device_that_refuses_to_move_may_not(void **state) {
  (void)state;
  static const tg_trigger_t asks[] = {{.kind = TG_TRIGGER_UPDATE, .instance = -1, .transport = 'U'},
                                      {.kind = TG_TRIGGER_PREFER, .instance = -1, .transport = 'U'}};
  for (size_t i = 0; i < TG_COUNT(asks); i++) {
    open_with(N('A'), "1.1", "</1/0>,</3/0>");
    tg_trigger_t trigger = asks[i];
    answer_with(N('A'), send(&trigger), TG_COAP_400);
    check_int(move_to('a'), TG_COAP_403);
    trigger = asks[i];
    answer_with(N('A'), send(&trigger), TG_COAP_204);
    check_int(move_to('a'), TG_COAP_201);
    server_bench_close(&bench);
  }
}

CHECK_SUITE(each_name_is_its_request, names_are_found_both_spellings_of_letters_too,
            disable_for_a_time_writes_the_time_first, a_device_that_takes_no_time_is_not_disabled,
            what_a_device_lacks_is_said_before_anything_is_sent,
            a_trigger_with_a_transport_opens_the_way_for_ten_minutes, a_device_that_refuses_to_move_may_not)
