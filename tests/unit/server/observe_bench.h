/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_SERVER_OBSERVE_BENCH_H
#define TG_TESTS_UNIT_SERVER_OBSERVE_BENCH_H

/**
 * A server that observes what its configuration says, device `a`, what that is asked and answers, and a new life over the same store. To be
 * included by one test file, as is policy_bench.h.
 */

#include "core/loop/loop.h"
#include "tests/unit/server/server_harness.h"

static server_bench_t bench;

static const tg_server_observe_t two[] = {{.path = {{3303}, 1}, .query = "pmin=10&pmax=60"},
                                          {.path = {{3304}, 1}, .query = "pmin=10&pmax=60"}};
static const tg_server_config_t grouping = {.observe = two, .observe_count = 2};
static const char links_of_two[] = "</3/0>,</3303/0>,</3304/0>";

static inline void open_bench(const tg_server_config_t *config, tg_store_t *store, const char *query,
                              const char *links) {
  server_bench_open(&bench, config, store);
  check_int(server_bench_register(&bench, 'a', query, links), TG_COAP_201);
  server_bench_pass(&bench, 10);
}

static inline const tg_device_t *device(void) {
  return tg_twin_find_ep(bench.twin, tg_slice_str("a"));
}

static inline uint32_t counted(unsigned bit) {
  return device()->quirk_counts ? device()->quirk_counts[bit] : 0;
}

/* The next request, which must be this one. */
static inline far_msg_t expect(unsigned method, const char *path, int observe) {
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  check_int(out->code, method);
  assert_string_equal(out->path, path);
  check_int(out->observe, observe);
  return *out;
}

static inline void expect_silence(void) {
  assert_null(server_bench_out(&bench));
  bench.sent_count = bench.read_count = 0; /* the bench keeps the last 64 */
}

static inline void answer(const far_msg_t *request, uint8_t code, int format, int observe, const char *body) {
  far_msg_t msg = {.code = code, .format = format, .observe = observe};
  snprintf(msg.body, sizeof msg.body, "%s", body);
  server_bench_answer(&bench, 'a', request, msg);
  server_bench_pass(&bench, 1);
}

static inline void take_attributes(const char *path) {
  far_msg_t out = expect(TG_COAP_PUT, path, -1);
  answer(&out, TG_COAP_204, -1, -1, "");
}

static const char two_values[] = "[{\"n\":\"/3303/0/5700\",\"v\":1},{\"n\":\"/3304/0/5700\",\"v\":2}]";

/* Both get their attributes, both are observed by one request, which is returned. */
static inline far_msg_t begin_group(void) {
  take_attributes("/3303/0");
  take_attributes("/3304/0");
  far_msg_t fetch = expect(TG_COAP_FETCH, "", 0);
  answer(&fetch, TG_COAP_205, TG_CF_SENML_JSON, 1, two_values);
  return fetch;
}

/* The question whether the attributes are there, and its answer. */
static inline void show_attributes(const char *path, const char *links) {
  far_msg_t discover = expect(TG_COAP_GET, path, -1);
  check_int(discover.format, TG_CF_LINK);
  answer(&discover, TG_COAP_205, TG_CF_LINK, -1, links);
}

static inline unsigned notify(const far_msg_t *observed, uint16_t mid, const char *body) {
  far_msg_t msg = {.type = TG_COAP_CON, .code = TG_COAP_205, .mid = mid, .format = TG_CF_SENML_JSON, .observe = mid};
  memcpy(msg.token, observed->token, sizeof msg.token);
  msg.token_len = observed->token_len;
  snprintf(msg.body, sizeof msg.body, "%s", body);
  bench.sent_count = bench.read_count = 0;
  server_bench_in(&bench, 'a', &msg);
  const far_msg_t *out = server_bench_out(&bench);
  return out ? out->type : 99;
}

static inline unsigned update(const char *links) {
  far_msg_t msg = {.format = *links ? TG_CF_LINK : -1, .observe = -1};
  snprintf(msg.path, sizeof msg.path, "%s", bench.location);
  snprintf(msg.body, sizeof msg.body, "%s", links);
  unsigned code = server_bench_request(&bench, 'a', &msg);
  server_bench_pass(&bench, 10);
  return code;
}

static inline tg_store_t *open_store(tg_loop_t **loop) {
  tg_store_t *store;
  const tg_store_config_t kept = {.path = ""};
  *loop = tg_loop_new();
  check_rc(tg_store_open(*loop, &kept, NULL, &store), TG_OK);
  return store;
}

/* A new life over the same store, and the device's next word. */
static inline void restart(const tg_server_config_t *config, tg_store_t *store) {
  char location[sizeof bench.location];
  memcpy(location, bench.location, sizeof location);
  server_bench_close(&bench);
  server_bench_open(&bench, config, store);
  memcpy(bench.location, location, sizeof location);
  tg_link_t *links[] = {&bench.link};
  size_t restored;
  check_rc(tg_server_restore(bench.server, links, 1, &restored), TG_OK);
  check_int(restored, 1);
}

static inline void close_store(tg_store_t *store, tg_loop_t *loop) {
  tg_store_close(store);
  tg_loop_free(loop);
}

#endif
