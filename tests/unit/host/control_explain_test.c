/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/host/control_explain.c: which findings, in which order. The devices are those of the server's test bench. */

#include "bindings/host/control_explain.h"

#include <sys/socket.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "tests/unit/server/server_harness.h"

static server_bench_t bench;
static tg_control_t control;
static tg_loop_t *loop;
static tg_control_conn_t *conn;
static int far_end;
static char answer[16384];
static const tg_api_status_t *script; /* NULL: there is none */

static void on_line(void *ud, tg_control_conn_t *from, tg_slice_t line) {
  (void)ud, (void)from, (void)line;
}

static void on_closed(void *ud, tg_control_conn_t *from, bool slow) {
  (void)ud, (void)from, (void)slow;
}

static void each_script(void *ud, bool (*fn)(void *fn_ud, const tg_api_status_t *status), void *fn_ud) {
  (void)ud;
  if (script) fn(fn_ud, script);
}

static int open_all(void **state) {
  (void)state;
  static const tg_control_conn_events_t events = {on_line, on_closed, NULL, NULL};
  int fds[2];
  server_bench_open(&bench, NULL, NULL);
  script = NULL;
  loop = tg_loop_new();
  if (!loop || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) return -1;
  far_end = fds[1];
  conn = tg_control_conn_new(loop, fds[0], &events);
  control = (tg_control_t){.config = {.parts = {.events = bench.bus, .twin = bench.twin, .server = bench.server},
                                      .scripts = {.each = each_script}},
                           .facts = tg_control_facts_new(bench.bus)};
  return conn && control.facts ? 0 : -1;
}

static int close_all(void **state) {
  (void)state;
  tg_control_facts_free(control.facts);
  tg_control_conn_free(conn);
  (void)close(far_end);
  tg_loop_free(loop);
  server_bench_close(&bench);
  return 0;
}

/* Asks; the codes found, in order, each with a `!` where it blocks. */
static const char *explain(const char *ep, const char *path) {
  static char codes[512];
  char body[512];
  tg_json_t *doc = NULL;
  (void)snprintf(body, sizeof body, "{\"ep\":\"%s\",\"path\":\"%s\"}", ep, path);
  check_rc(tg_json_read(tg_slice_str(body), sizeof body, NULL, &doc), TG_OK);
  const tg_control_request_t request = {.conn = conn, .body = tg_json_read_root(doc)};
  tg_control_explain(&control, &request);
  tg_json_read_free(doc);
  ssize_t len = recv(far_end, answer, sizeof answer - 1, MSG_DONTWAIT);
  assert_true(len > 0);
  answer[len] = '\0';
  codes[0] = '\0';
  for (const char *at = answer; (at = strstr(at, "{\"code\":\"")); at++) {
    size_t used = strlen(codes);
    const char *code = at + 9, *line_end = strchr(at, '\n'), *blocks = strstr(at, "\"blocks\":true");
    (void)snprintf(codes + used, sizeof codes - used, "%s%.*s%s", used ? " " : "", (int)strcspn(code, "\""), code,
                   blocks && blocks < line_end ? "!" : "");
  }
  return codes;
}

static void answers(const char *part) {
  if (!strstr(answer, part)) print_error("no %s in %s", part, answer);
  assert_non_null(strstr(answer, part));
}

static void registers(const char *query, const char *links) {
  check_int(server_bench_register(&bench, 'a', query, links), TG_COAP_201);
  server_bench_pass(&bench, 10);
}

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud, (void)command, (void)result;
}

/* A command whose request is answered with code and, where it is a value, body. */
static void runs(tg_op_t op, const tg_path_t *path, uint8_t code, const char *body) {
  const tg_command_t command = {.device = tg_twin_find_ep(bench.twin, tg_slice_str("a"))->id,
                                .op = op,
                                .path = *path,
                                .content_format = TG_CF_TEXT};
  tg_id_t id;
  bench.sent_count = bench.read_count = 0;
  check_rc(tg_twin_submit(bench.twin, &command, on_done, NULL, &id), TG_OK);
  server_bench_pass(&bench, 1);
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  far_msg_t asked = *out;
  bool observes = op == TG_OP_OBSERVE && code >> 5 == 2;
  far_msg_t msg = {.code = code, .format = *body ? TG_CF_TEXT : -1, .observe = observes ? 1 : -1};
  (void)snprintf(msg.body, sizeof msg.body, "%s", body);
  server_bench_answer(&bench, 'a', &asked, msg);
  server_bench_pass(&bench, 1);
}

static const tg_path_t temperature = {{3303, 0, 5700, 0}, 3};

static void a_stranger_is_unknown_and_why_it_was_refused_is_told(void **state) {
  (void)state;
  assert_string_equal(explain("a", "/3303/0/5700"), "unknown_device!");
  answers("\"values\":0,\"count\":1,\"end\":true}\n");
  check_int(server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1&lt=x", "</3/0>"), TG_COAP_400);
  assert_string_equal(explain("a", "/3303/0/5700"), "unknown_device! register_refused!");
  assert_string_equal(explain("b", "/3303/0/5700"), "unknown_device!");
}

static void what_is_asked_for_is_checked(void **state) {
  (void)state;
  static const char *const rows[][2] = {{"a", "kitchen"}, {"a", ""}, {"", "/3"}, {"a", "/3/0/1/2/3"}, {"a", "/65536"}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    const char *codes = explain(rows[i][0], rows[i][1]);
    bool is_root = rows[i][0][0] && !rows[i][1][0]; /* the whole device */
    assert_string_equal(codes, is_root ? "unknown_device!" : "");
    answers(is_root ? "\"target\":\"/\"" : "\"error\":\"");
  }
}

static void a_device_that_left_says_how_and_when(void **state) {
  (void)state;
  registers("ep=a&lwm2m=1.1&lt=60", "</3303/0>");
  server_bench_pass(&bench, 400000);
  assert_string_equal(explain("a", "/3303/0/5700"), "offline! undefined_object");
  answers("it is not registered: lifetime over");
  answers("\"since\":");
}

static void what_was_not_announced_is_not_there(void **state) {
  (void)state;
  registers("ep=a&lwm2m=1.1", "</1/0>,</3/0>,</3303/0>");
  assert_string_equal(explain("a", "/3304/0/5700"), "no_object! undefined_object not_observed!");
  assert_string_equal(explain("a", "/3303/1/5700"), "no_instance! undefined_object not_observed!");
  assert_string_equal(explain("a", "/3303"), "undefined_object not_observed!");
  assert_string_equal(explain("a", "/0/0/5"), "forbidden! not_observed!");
}

static void an_observation_that_was_refused_says_its_code(void **state) {
  (void)state;
  registers("ep=a&lwm2m=1.1", "</3303/0>");
  assert_string_equal(explain("a", "/3303/0/5700"), "undefined_object not_observed!");
  runs(TG_OP_OBSERVE, &temperature, TG_COAP_405, "");
  assert_string_equal(explain("a", "/3303/0/5700"), "undefined_object observe_refused!");
  answers("an observation of /3303/0/5700 came to nothing: 4.05");
  assert_string_equal(explain("a", "/3303/0/5601"), "undefined_object not_observed!"); /* that was another one */
  runs(TG_OP_OBSERVE, &temperature, TG_COAP_205, "21.5");
  assert_string_equal(explain("a", "/3303/0/5700"), "value undefined_object observed");
  answers("\"path\":\"/3303/0/5700\",\"value\":");
}

static void a_read_that_failed_counts_until_a_value_comes(void **state) {
  (void)state;
  registers("ep=a&lwm2m=1.1", "</3303/0>");
  runs(TG_OP_READ, &temperature, TG_COAP_404, "");
  assert_string_equal(explain("a", "/3303/0/5700"), "undefined_object not_observed! read_failed!");
  answers("the last read of /3303/0/5700 failed: 4.04");
  usleep(2000); /* values have the time at which they came, in milliseconds */
  runs(TG_OP_READ, &temperature, TG_COAP_205, "21.5");
  assert_string_equal(explain("a", "/3303/0/5700"), "value undefined_object not_observed");
  answers("\"values\":1,");
}

static void a_sleeper_is_asleep_and_what_waits_for_it_is_counted(void **state) {
  (void)state;
  registers("ep=a&lwm2m=1.1&lt=3600&Q", "</3303/0>");
  assert_string_equal(explain("a", "/3303/0/5700"), "undefined_object not_observed!");
  server_bench_pass(&bench, 100000);
  assert_string_equal(explain("a", "/3303/0/5700"), "asleep! undefined_object not_observed!");
  answers("\"until\":");
  const tg_command_t command = {.device = tg_twin_find_ep(bench.twin, tg_slice_str("a"))->id,
                                .op = TG_OP_READ,
                                .path = tg_path(2, 3303, 0, 0),
                                .content_format = -1};
  tg_id_t id;
  check_rc(tg_twin_submit(bench.twin, &command, on_done, NULL, &id), TG_OK);
  assert_string_equal(explain("a", "/3303/0/5700"), "asleep! undefined_object not_observed! command_waits");
  assert_string_equal(explain("a", "/3/0/9"), "asleep! no_object! undefined_object not_observed!");
  tg_twin_stop(bench.twin);
}

/* Its bearer knows when it can be reached again; without that the end of its registration is the latest it will be heard. */
static void a_sleeper_says_until_when_where_its_bearer_knows(void **state) {
  (void)state;
  char until[64];
  registers("ep=a&lwm2m=1.1&lt=3600", "</3303/0>");
  const tg_device_t *device = tg_twin_find_ep(bench.twin, tg_slice_str("a"));
  tg_twin_held(bench.twin, device->id, tg_wheel_now(bench.wheel) + 90000);
  assert_string_equal(explain("a", "/3303/0/5700"), "asleep! undefined_object not_observed!");
  assert_true(device->asleep_until_ms > 0 && device->asleep_until_ms < device->last_seen_ms + 3600000);
  snprintf(until, sizeof until, "\"until\":%lld.", (long long)(device->asleep_until_ms / 1000));
  answers(until);
  tg_twin_held(bench.twin, device->id, 0);
  assert_string_equal(explain("a", "/3303/0/5700"), "asleep! undefined_object not_observed!");
  snprintf(until, sizeof until, "\"until\":%lld.", (long long)((device->last_seen_ms + 3600000) / 1000));
  answers(until);
}

static void what_is_observed_but_never_came_is_said_so(void **state) {
  (void)state;
  registers("ep=a&lwm2m=1.1", "</3303/0>");
  const tg_path_t instance = {{3303, 0, 0, 0}, 2};
  runs(TG_OP_OBSERVE, &instance, TG_COAP_406, "");
  assert_string_equal(explain("a", "/3303/0/5700"), "undefined_object observe_refused!");
  runs(TG_OP_OBSERVE, &temperature, TG_COAP_205, "21.5");
  const tg_path_t other = {{3303, 0, 5601, 0}, 3};
  runs(TG_OP_OBSERVE, &other, TG_COAP_205, "20");
  assert_string_equal(explain("a", "/3303/0"), "value undefined_object observed");
  answers("2 values are known, this one is the newest");
}

static void a_muted_device_is_told(void **state) {
  (void)state;
  registers("ep=a&lwm2m=1.1", "</1/0>,</3303/0>");
  const tg_device_t *device = tg_twin_find_ep(bench.twin, tg_slice_str("a"));
  tg_record_t record = {.path = {{1, 0, 23, 0}, 3}, .value = {.type = TG_TYPE_BOOLEAN, .b = true}, .time_ms = 5000};
  const tg_event_records_t records = {&record, 1, TG_SOURCE_READ};
  check_rc(tg_twin_put(bench.twin, device->id, &records), TG_OK);
  assert_string_equal(explain("a", "/3303/0/5700"), "undefined_object not_observed! muted");
  answers("it is muted (/1/0/23)");
  record.value.b = false;
  record.time_ms = 6000;
  check_rc(tg_twin_put(bench.twin, device->id, &records), TG_OK);
  assert_string_equal(explain("a", "/3303/0/5700"), "undefined_object not_observed!");
}

static void scripts_in_trouble_are_named(void **state) {
  (void)state;
  tg_api_status_t status = {.name = "hall", .state = TG_API_RUNNING, .errors = 3, .last_error = "hall.lua:7: boom"};
  script = &status;
  registers("ep=a&lwm2m=1.1", "</3303/0>");
  assert_string_equal(explain("a", "/3303/0/5700"), "undefined_object not_observed! script_error");
  answers("script hall failed in 3 calls, the last time: hall.lua:7: boom");
  status.state = TG_API_DISABLED;
  assert_string_equal(explain("a", "/3303/0/5700"), "undefined_object not_observed! script_disabled");
  status = (tg_api_status_t){.name = "hall", .state = TG_API_RUNNING, .last_error = ""};
  assert_string_equal(explain("a", "/3303/0/5700"), "undefined_object not_observed!");
}

int main(void) {
#define CASE(test) cmocka_unit_test_setup_teardown(test, open_all, close_all)
  const struct CMUnitTest tests[] = {CASE(a_stranger_is_unknown_and_why_it_was_refused_is_told),
                                     CASE(what_is_asked_for_is_checked),
                                     CASE(a_device_that_left_says_how_and_when),
                                     CASE(what_was_not_announced_is_not_there),
                                     CASE(an_observation_that_was_refused_says_its_code),
                                     CASE(a_read_that_failed_counts_until_a_value_comes),
                                     CASE(a_sleeper_is_asleep_and_what_waits_for_it_is_counted),
                                     CASE(a_sleeper_says_until_when_where_its_bearer_knows),
                                     CASE(what_is_observed_but_never_came_is_said_so),
                                     CASE(a_muted_device_is_told),
                                     CASE(scripts_in_trouble_are_named)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
