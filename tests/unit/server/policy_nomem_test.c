/* SPDX-License-Identifier: Apache-2.0 */
/* Policies, profiles and the planner when an allocation fails, in every place in turn: nothing crashes, nothing leaks, and a device that comes again is served. */

#include "core/server/quirk.h"
#include "tests/unit/alloc_harness.h"
#include "tests/unit/server/server_harness.h"

enum { RUNS_MAX = 2000 };

static server_bench_t bench;

static const tg_server_observe_t chosen[] = {{.path = {{3303}, 1}, .query = "pmax=60"},
                                             {.path = {{3304}, 1}, .query = "pmax=60"}};
static const tg_server_quirk_t profiles[] = {
    {.select = {.who = {"ACME"}}, .quirks = TG_QUIRK_UNSIGNED_TLV, .content_format = TG_CF_NONE, .block_szx = 3}};

static tg_rc_t admit(void *ud, const tg_server_candidate_t *candidate, tg_server_decision_t *decision) {
  (void)ud;
  (void)candidate;
  decision->ep = tg_slice_str("hall");
  decision->tags = tg_slice_str("plant meter");
  decision->chooses = true;
  decision->observe = chosen;
  decision->observe_count = TG_COUNT(chosen);
  return TG_OK;
}

/* Answers whatever the server asks next; false when it asks nothing. */
static bool answer_next(void) {
  const far_msg_t *out = server_bench_out(&bench);
  if (!out) return false;
  far_msg_t asked = *out, msg = {.code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = -1};
  if (asked.code == TG_COAP_PUT) msg.code = TG_COAP_204, msg.format = -1;
  else if (strcmp(asked.path, "/3/0/0") == 0)
    snprintf(msg.body, sizeof msg.body, "[{\"n\":\"/3/0/0\",\"vs\":\"ACME\"}]");
  else snprintf(msg.body, sizeof msg.body, "[{\"n\":\"/3303/0/5700\",\"v\":1}]");
  if (asked.observe == 0) msg.observe = 1;
  if (asked.type != TG_COAP_CON) return true;
  server_bench_answer(&bench, 'a', &asked, msg);
  server_bench_pass(&bench, 1);
  return true;
}

/* The plan begins, and gives the device half a second. */
static void pass_a_while(void) {
  server_bench_pass(&bench, 10);
  server_bench_pass(&bench, 600);
}

static void come(void) {
  (void)server_bench_register(&bench, 'a', "ep=a&lwm2m=1.1", "</3/0>,</3303/0>,</3304/0>");
  pass_a_while();
  for (int i = 0; i < 40 && answer_next(); i++) continue;
}

static void whatever_fails_the_device_is_served_the_next_time(void **state) {
  (void)state;
  const tg_server_config_t config = {
      .admit = admit, .quirks = profiles, .quirk_count = 1, .rebind = TG_COAP_REBIND_SAME_HOST};
  size_t n = 1;
  for (bool failed = true; failed && n < RUNS_MAX; n++) {
    server_bench_open(&bench, &config, NULL);
    alloc_harness_fail_at(n);
    come();
    failed = alloc_harness_failed();
    alloc_harness_fail_at(0);
    bench.sent_count = bench.read_count = 0;
    come();
    const tg_device_t *device = tg_twin_find_ep(bench.twin, tg_slice_str("hall"));
    assert_non_null(device);
    check_true(device->online);
    assert_string_equal(device->wire_ep, "a");
    assert_string_equal(device->tags, "plant meter");
    check_int(device->quirks & TG_QUIRK_PROFILES, TG_QUIRK_UNSIGNED_TLV);
    tg_server_stats_t stats;
    tg_server_stats(bench.server, &stats);
    assert_true(stats.observed > 0);
    server_bench_close(&bench);
  }
  assert_true(n > 10 && n < RUNS_MAX);
}

CHECK_SUITE(whatever_fails_the_device_is_served_the_next_time)
