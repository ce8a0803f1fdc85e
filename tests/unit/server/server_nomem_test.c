/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What devices and people ask of the server when an allocation fails, in every place in turn: nothing crashes, nothing leaks, the answer is an
 * answer, and a device that comes again is served as if nothing had been.
 */

#include "tests/unit/alloc_harness.h"
#include "tests/unit/server/server_harness.h"

enum { RUNS_MAX = 5000 };

static server_bench_t bench;
static unsigned ended;

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  (void)result;
  ended++;
}

static const tg_device_t *device(void) {
  return tg_twin_find_ep(bench.twin, tg_slice_str("e"));
}

/* What a device says to a request of the server: yes, and a value where one is wanted. */
static void answer_all(void) {
  for (int i = 0; i < 20; i++) {
    const far_msg_t *out = server_bench_out(&bench);
    if (!out) return;
    far_msg_t asked = *out, msg = {.code = TG_COAP_204, .format = -1, .observe = -1};
    if (asked.type != TG_COAP_CON || asked.code == 0 || asked.code >> 5) continue;
    if (asked.code == TG_COAP_GET || asked.code == TG_COAP_FETCH) {
      msg = (far_msg_t){.code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = asked.observe == 0 ? 1 : -1};
      snprintf(msg.body, sizeof msg.body, "[{\"n\":\"/3303/0/5700\",\"v\":1},{\"n\":\"/3303/0/5701\",\"vs\":\"Cel\"}]");
      if (asked.format == TG_CF_LINK) {
        msg.format = TG_CF_LINK;
        snprintf(msg.body, sizeof msg.body, "</3303/0>;pmin=1,</3303/0/5700>");
      }
    } else if (asked.code == TG_COAP_POST && strcmp(asked.path, "/3303") == 0) {
      msg.code = TG_COAP_201;
      snprintf(msg.path, sizeof msg.path, "/3303/1");
    }
    server_bench_answer(&bench, 'a', &asked, msg);
    server_bench_pass(&bench, 1);
  }
}

static unsigned come(const char *query, const char *links) {
  unsigned code = server_bench_register(&bench, 'a', query, links);
  server_bench_pass(&bench, 2);
  answer_all();
  return code;
}

static unsigned post(const char *path, int format, const char *body) {
  far_msg_t msg = {.code = TG_COAP_POST, .format = format, .observe = -1};
  snprintf(msg.path, sizeof msg.path, "%s", path);
  snprintf(msg.body, sizeof msg.body, "%s", body);
  unsigned code = server_bench_request(&bench, 'a', &msg);
  server_bench_pass(&bench, 2);
  answer_all();
  return code;
}

static const tg_record_t values[] = {
    {.path = {{3303, 0, 5700}, 3}, .value = {.type = TG_TYPE_FLOAT, .f = 22.5}},
    {.path = {{3303, 0, 5701}, 3}, .value = {.type = TG_TYPE_STRING, .s = {(const uint8_t *)"Cel", 3}}},
};
static const tg_record_t made[] = {{.path = {{3303, 1, 5700}, 3}, .value = {.type = TG_TYPE_FLOAT, .f = 1}}};

/* @return whether the command was taken and has ended */
static bool ask(tg_command_t command) {
  if (!device()) return false;
  tg_id_t id;
  unsigned before = ended;
  command.device = device()->id;
  command.content_format = -1;
  command.tag = tg_slice_str("tag");
  bench.sent_count = bench.read_count = 0;
  tg_rc_t rc = tg_twin_submit(bench.twin, &command, on_done, NULL, &id);
  server_bench_pass(&bench, 1);
  answer_all();
  server_bench_pass(&bench, 200000);             /* to its deadline */
  if (rc == TG_OK) check_int(ended, before + 1); /* once, whatever failed */
  return rc == TG_OK;
}

#define OP(op_name, ...) ask((tg_command_t){.op = TG_OP_##op_name, __VA_ARGS__})
#define VALUE            tg_path(3, 3303, 0, 5700)

static const char *const V11 = "ep=e&lwm2m=1.1&lt=86400", *const LINKS = "</1/0>,</3/0>,</3303/0>";

static bool registers(void) {
  return come(V11, LINKS) == TG_COAP_201;
}
static bool registers_much(void) {
  return come(
             "ep=e&lwm2m=1.2&lt=86400&b=UN&sms=49151&Q",
             "</lwm2m>;rt=\"oma.lwm2m\";ct=\"110 112 11542\",</lwm2m/1/0>,</lwm2m/3/0>;ver=1.2,</lwm2m/3303/0>,"
             "</lwm2m/3303/1>,</lwm2m/3303/2>,</lwm2m/3304>;ver=1.1,</lwm2m/3304/0>,</lwm2m/3305/0>,</lwm2m/3306/0>") ==
         TG_COAP_201;
}
static bool updates(void) {
  return post(bench.location, -1, "") == TG_COAP_204;
}
static bool updates_links(void) {
  return post(bench.location, TG_CF_LINK, "</1/0>,</3/0>,</3303/0>,</3303/1>,</3304/0>") == TG_COAP_204;
}
static bool leaves(void) {
  far_msg_t msg = {.code = TG_COAP_DELETE, .format = -1, .observe = -1};
  snprintf(msg.path, sizeof msg.path, "%s", bench.location);
  return server_bench_request(&bench, 'a', &msg) == TG_COAP_202;
}
static bool sends_json(void) {
  return post("/dp", TG_CF_SENML_JSON,
              "[{\"bn\":\"/3303/0/\",\"n\":\"5700\",\"v\":1},{\"n\":\"5701\",\"vs\":\"Cel\"}]") == TG_COAP_204;
}
static bool sends_cbor(void) {
  return post("/dp", TG_CF_SENML_CBOR, "\x81\xa2\x21l/3303/0/5700\x02\xf9\x4d\x40") == TG_COAP_204;
}
static bool sends_much(void) {
  char body[2048] = "[{\"bn\":\"/3303/0/\",\"n\":\"5700\",\"v\":0}";
  for (int i = 0; i < 24; i++) {
    size_t len = strlen(body);
    snprintf(body + len, sizeof body - len, ",{\"n\":\"57%02d\",\"vs\":\"%040d\"}", i + 2, i);
  }
  strcat(body, "]");
  return post("/dp", TG_CF_SENML_JSON, body) == TG_COAP_204;
}
static bool reads(void) {
  return OP(READ, .path = VALUE);
}
static bool reads_object(void) {
  return OP(READ, .path = tg_path(1, 3303, 0, 0));
}
static bool writes(void) {
  return OP(WRITE, .path = VALUE, .records = values, .record_count = 1);
}
static bool writes_instance(void) {
  return OP(UPDATE, .path = tg_path(2, 3303, 0, 0), .records = values, .record_count = 2);
}
static bool replaces(void) {
  return OP(WRITE, .path = VALUE, .records = values, .record_count = 1, .replace_key = tg_slice_str("key"));
}
static bool executes(void) {
  return OP(EXECUTE, .path = tg_path(3, 3, 0, 4), .text = tg_slice_str("0='now'"));
}
static bool creates(void) {
  return OP(CREATE, .path = tg_path(2, 3303, 1, 0), .records = made, .record_count = 1);
}
static bool deletes(void) {
  return OP(DELETE, .path = tg_path(2, 3303, 0, 0));
}
static bool discovers(void) {
  return OP(DISCOVER, .path = tg_path(1, 3303, 0, 0));
}
static bool attributes(void) {
  return OP(ATTRIBUTES, .path = VALUE, .text = tg_slice_str("pmin=1&pmax=60"));
}
static bool observes(void) {
  return OP(OBSERVE, .path = VALUE);
}
static bool observes_and_ends(void) {
  return observes() && OP(CANCEL, .path = VALUE);
}
static bool observes_and_hears(void) {
  if (!observes()) return false;
  bench.sent_count = bench.read_count = 0;
  far_msg_t msg = {.type = TG_COAP_CON, .code = TG_COAP_205, .mid = 900, .format = TG_CF_TEXT, .observe = 7};
  snprintf(msg.body, sizeof msg.body, "21.5");
  server_bench_in(&bench, 'a', &msg); /* with a token that nobody knows: a Reset, whatever memory there is */
  return true;
}
static bool reads_composite(void) {
  return OP(READ_COMPOSITE, .records = values, .record_count = 2);
}
static bool writes_composite(void) {
  return OP(WRITE_COMPOSITE, .records = values, .record_count = 2);
}
static bool observes_composite(void) {
  return OP(OBSERVE_COMPOSITE, .records = values, .record_count = 2);
}
static bool comes_from_elsewhere(void) {
  return server_bench_register(&bench, 'n', V11, LINKS) != 0;
}
static bool is_unreachable(void) {
  server_bench_reach(&bench, 'a', TG_LINK_DOWN, 0);
  server_bench_reach(&bench, 'a', TG_LINK_UP, 0);
  return true;
}

/* Everything as it was: the device is taken, read, and what it says is taken. */
static void check_served(void) {
  alloc_harness_fail_at(0);
  bench.sent_count = bench.read_count = 0;
  check_int(come(V11, LINKS), TG_COAP_201);
  assert_non_null(device());
  check_true(device()->online);
  check_true(sends_json());
  check_true(reads());
  check_int(device()->queued + device()->active, 0);
  bench.events[0] = '\0';
}

typedef bool (*act_fn)(void);

static void try_all(size_t nth, act_fn act, bool knows_it, const char *version) {
  size_t n = 1;
  for (bool failed = true; failed && n < RUNS_MAX; n++) {
    server_bench_open(&bench, NULL, NULL);
    if (knows_it) check_int(come(version, LINKS), TG_COAP_201);
    alloc_harness_fail_at(n);
    bool done = act();
    failed = alloc_harness_failed();
    alloc_harness_fail_at(0);
    if (!failed && !done) fail_msg("scenario %zu does not succeed with all memory there is", nth);
    check_served();
    server_bench_close(&bench);
  }
  assert_true(n < RUNS_MAX);
}

static void what_devices_say_is_answered_and_forgotten(void **state) {
  (void)state;
  static const act_fn new_ones[] = {registers, registers_much};
  static const act_fn known[] = {registers,  registers_much,       updates,        updates_links, leaves, sends_json,
                                 sends_cbor, comes_from_elsewhere, is_unreachable, sends_much};
  for (size_t i = 0; i < TG_COUNT(new_ones); i++) try_all(i, new_ones[i], false, V11);
  for (size_t i = 0; i < TG_COUNT(known); i++) try_all(i, known[i], true, V11);
}

static void what_devices_are_asked_ends_once(void **state) {
  (void)state;
  static const act_fn acts[] = {reads,
                                reads_object,
                                writes,
                                writes_instance,
                                replaces,
                                executes,
                                creates,
                                deletes,
                                discovers,
                                attributes,
                                observes,
                                observes_and_ends,
                                reads_composite,
                                writes_composite,
                                observes_composite,
                                observes_and_hears};
  for (size_t i = 0; i < TG_COUNT(acts); i++) try_all(i, acts[i], true, V11);
}

static void what_old_devices_are_asked_in_pieces_does_too(void **state) {
  (void)state;
  static const act_fn acts[] = {reads, writes, reads_composite, writes_composite, observes_composite};
  for (size_t i = 0; i < TG_COUNT(acts); i++) try_all(i, acts[i], true, "ep=e&lwm2m=1.0&lt=86400");
}

CHECK_SUITE(what_devices_say_is_answered_and_forgotten, what_devices_are_asked_ends_once,
            what_old_devices_are_asked_in_pieces_does_too)
