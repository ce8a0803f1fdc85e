/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_SERVER_POLICY_BENCH_H
#define TG_TESTS_UNIT_SERVER_POLICY_BENCH_H

/** A server that asks a policy, which says what the test wants; and what a device is asked after its Register. To be included by one test file. */

#include "tests/unit/server/server_harness.h"

static server_bench_t bench;

/* What the policy of the test says, and what it was asked. */
static tg_server_decision_t say;
static tg_rc_t say_rc;
static size_t asked_count;
static char asked[256];

static inline tg_rc_t admit(void *ud, const tg_server_candidate_t *candidate, tg_server_decision_t *decision) {
  assert_ptr_equal(ud, &bench);
  asked_count++;
  snprintf(asked, sizeof asked, "%.*s %.*s %s %u %u %d %zu", (int)candidate->ep.len, (const char *)candidate->ep.p,
           (int)candidate->identity.len, candidate->identity.len ? (const char *)candidate->identity.p : "",
           candidate->request->link->name, (unsigned)candidate->version & 0xFFFF, (unsigned)candidate->lifetime_s,
           candidate->queue_mode, candidate->object_count);
  check_int(decision->content_format, TG_CF_NONE);
  assert_null(decision->refused);
  *decision = say;
  return say_rc;
}

static const tg_server_config_t asking = {.admit = admit, .admit_ud = &bench, .rebind = TG_COAP_REBIND_SAME_HOST};

static inline void open_bench(const tg_server_config_t *config, tg_store_t *store) {
  say = (tg_server_decision_t){.content_format = TG_CF_NONE};
  say_rc = TG_OK;
  asked_count = 0;
  server_bench_open(&bench, config, store);
}

/* The plan begins, and gives the device half a second. */
static inline void pass_a_while(void) {
  server_bench_pass(&bench, 10);
  server_bench_pass(&bench, 600);
}

static inline const tg_device_t *device(const char *ep) {
  return tg_twin_find_ep(bench.twin, tg_slice_str(ep));
}

/* Device `a` answers. */
static inline void answer(const far_msg_t *request, uint8_t code, int format, const char *body, int observe) {
  far_msg_t to = *request, msg = {.code = code, .format = format, .observe = observe};
  snprintf(msg.body, sizeof msg.body, "%s", body);
  server_bench_answer(&bench, 'a', &to, msg);
  server_bench_pass(&bench, 1);
}

/* The next request, by method, path and query. */
static inline const far_msg_t *expect(unsigned method, const char *path, const char *query) {
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->code, method);
  assert_string_equal(out->path, path);
  assert_string_equal(out->query, query);
  return out;
}

#endif
