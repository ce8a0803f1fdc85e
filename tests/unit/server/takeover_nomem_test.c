/* SPDX-License-Identifier: Apache-2.0 */
/* Moves between links and what is asked again after them, when an allocation fails, in every place in turn: nothing crashes, nothing leaks, and the device may come back. */

#include "core/server/trigger.h"
#include "tests/unit/alloc_harness.h"
#include "tests/unit/server/server_harness.h"

enum { RUNS_MAX = 2000, MINUTE = 60000 };
#define N(letter) SERVER_BENCH_SECOND(letter)

static server_bench_t bench;

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  (void)result;
}

static const tg_device_t *device(void) {
  return tg_twin_find_ep(bench.twin, tg_slice_str("e"));
}

/* Whatever @p peer is asked it grants. */
static void answer_all(char peer) {
  for (int i = 0; i < 20; i++) {
    const far_msg_t *out = server_bench_out(&bench);
    if (!out) return;
    far_msg_t asked = *out, msg = {.code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = asked.observe};
    snprintf(msg.body, sizeof msg.body, "[{\"n\":\"/3303/0/5700\",\"v\":1}]");
    if (asked.code != TG_COAP_GET && asked.code != TG_COAP_FETCH)
      msg = (far_msg_t){.code = TG_COAP_204, .format = -1, .observe = -1};
    if (asked.type != TG_COAP_CON) continue;
    server_bench_answer(&bench, peer, &asked, msg);
    server_bench_pass(&bench, 1);
  }
}

static void ask(tg_command_t command) {
  tg_id_t id;
  command.device = device()->id;
  command.content_format = -1;
  tg_rc_t rc = tg_twin_submit(bench.twin, &command, on_done, NULL, &id);
  if (rc == TG_OK) server_bench_pass(&bench, 1);
}

static unsigned come(char peer, bool updates) {
  far_msg_t msg = {.code = TG_COAP_POST, .format = -1, .observe = -1};
  snprintf(msg.path, sizeof msg.path, "%s", bench.location);
  unsigned code = updates ? server_bench_request(&bench, peer, &msg)
                          : server_bench_register(&bench, peer, "ep=e&lwm2m=1.1", "</1/0>,</3/0>,</3303/0>");
  server_bench_pass(&bench, 2);
  answer_all(peer);
  return code;
}

static void live_on_nidd(void) {
  static const tg_record_t paths[] = {{.path = {{3303, 0, 5700}, 3}}, {.path = {{3, 0}, 2}}};
  tg_server_config_t config = {.rebind = TG_COAP_REBIND_NEVER};
  server_bench_open(&bench, &config, NULL);
  check_int(come(N('A'), false), TG_COAP_201);
  ask((tg_command_t){.op = TG_OP_OBSERVE, .path = tg_path(3, 3303, 0, 5700)});
  answer_all(N('A'));
  ask((tg_command_t){.op = TG_OP_OBSERVE_COMPOSITE, .records = paths, .record_count = TG_COUNT(paths)});
  answer_all(N('A'));
}

static void disable(void) {
  tg_trigger_t trigger = {.kind = TG_TRIGGER_DISABLE, .instance = -1, .seconds = 60};
  tg_command_t command = {0};
  tg_diag_t diag = {0};
  check_rc(tg_trigger_fill(&trigger, device(), &command, &diag), TG_OK);
  ask(command);
}

static size_t try_all(bool updates) {
  size_t n = 1;
  for (bool failed = true; failed && n < RUNS_MAX; n++) {
    live_on_nidd();
    tg_twin_may_move(bench.twin, device()->id, bench.now + MINUTE);
    alloc_harness_fail_at(n);
    unsigned code = come('a', updates);
    if (code / 32 == 2) disable();
    answer_all('a');
    failed = alloc_harness_failed();
    alloc_harness_fail_at(0);
    bench.sent_count = bench.read_count = 0;
    check_int(come(N('A'), false), TG_COAP_201); /* home always may */
    check_true(device()->online);
    assert_string_equal(device()->link, "bench1");
    tg_twin_may_move(bench.twin, device()->id, 0);
    check_int(come('a', false), TG_COAP_403);
    server_bench_close(&bench);
  }
  return n;
}

static void a_register_that_fails_anywhere_leaves_a_device_that_may_come_back(void **state) {
  (void)state;
  size_t runs = try_all(false);
  assert_true(runs > 10 && runs < RUNS_MAX);
}

static void an_update_that_fails_anywhere_does_too(void **state) {
  (void)state;
  size_t runs = try_all(true);
  assert_true(runs > 3 && runs < RUNS_MAX);
}

CHECK_SUITE(a_register_that_fails_anywhere_leaves_a_device_that_may_come_back, an_update_that_fails_anywhere_does_too)
