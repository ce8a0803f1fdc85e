/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/observe.c: devices are asked who they are at a pace, as they see it; what becomes of one that leaves, sleeps or comes again before its turn. */

#include "core/loop/loop.h"
#include "core/server/quirk.h"
#include "core/server/server_state.h"
#include "tests/unit/server/server_harness.h"

enum { MANY = 200, ON_A_LINK = 100, AT_ONCE_MAX = 51, COME_ROUND_MS = 500 };

static server_bench_t bench;

static const tg_server_quirk_t profile = {.select = {.who = {"ACME"}},
                                          .quirks = TG_QUIRK_NO_COMPOSITE,
                                          .content_format = TG_CF_NONE,
                                          .block_szx = 255};
static const tg_server_config_t asking = {.quirks = &profile, .quirk_count = 1, .rebind = TG_COAP_REBIND_SAME_HOST};

static unsigned asked[MANY]; /* how often each device was asked who it is */
static unsigned order[MANY]; /* who was asked, the first first */
static unsigned order_count;

static char peer_of(unsigned device) {
  char letter = (char)(device % ON_A_LINK + 1);
  return device < ON_A_LINK ? letter : SERVER_BENCH_SECOND(letter);
}

static unsigned device_of(char peer) {
  unsigned byte = (unsigned char)peer;
  return (byte & 0x7F) - 1 + (byte & 0x80 ? ON_A_LINK : 0);
}

static void open_bench(const tg_server_config_t *config, tg_store_t *store) {
  memset(asked, 0, sizeof asked);
  order_count = 0;
  server_bench_open(&bench, config, store);
}

static void enter(unsigned device, const char *more) {
  char query[64];
  snprintf(query, sizeof query, "ep=dev%u&lwm2m=1.1&lt=300%s", device, more);
  check_int(server_bench_register(&bench, peer_of(device), query, "</3/0>"), TG_COAP_201);
}

/* Lets time pass and counts who is asked. @return how many were, at most, within one millisecond */
static size_t pass(unsigned ms) {
  size_t most = 0;
  bench.sent_count = bench.read_count = 0;
  for (; ms > 0; ms--) {
    server_bench_pass(&bench, 1);
    for (size_t i = 0; i < bench.sent_count; i++) {
      assert_string_equal(bench.sent[i].path, "/3/0/0");
      assert_true(order_count < MANY);
      order[order_count++] = device_of(bench.to[i]);
      asked[device_of(bench.to[i])]++;
    }
    if (bench.sent_count > most) most = bench.sent_count;
    bench.sent_count = bench.read_count = 0;
  }
  return most;
}

static tg_server_stats_t stats(void) {
  tg_server_stats_t counted;
  tg_server_stats(bench.server, &counted);
  return counted;
}

static void a_storm_of_registrations_is_no_storm_of_reads(void **state) {
  (void)state;
  open_bench(&asking, NULL);
  for (unsigned i = 0; i < MANY; i++) enter(i, "");
  check_int(pass(COME_ROUND_MS - 1), 0);
  check_int(bench.server->plans.count, 0); /* nor one of memory */
  assert_in_range(pass(1), 2, AT_ONCE_MAX);
  check_true(pass(MANY) <= 11);
  check_int(order_count, MANY);
  for (unsigned i = 0; i < MANY; i++) check_int(order[i], i);
  assert_in_range(stats().plans_late, MANY - AT_ONCE_MAX - 20, MANY - AT_ONCE_MAX);
  check_int(stats().over_plans, 0);
  server_bench_close(&bench);
}

static void who_sleeps_soon_does_not_wait_behind_the_others(void **state) {
  (void)state;
  enum { SLEEPERS = 20 };
  open_bench(&asking, NULL);
  for (unsigned i = 0; i < MANY; i++) enter(i, i < MANY - SLEEPERS ? "" : "&Q");
  (void)pass(COME_ROUND_MS);
  for (unsigned i = MANY - SLEEPERS; i < MANY; i++) check_int(asked[i], 1);
  for (unsigned i = 0, sleepers = 0; sleepers < SLEEPERS; i++) {
    sleepers += order[i] >= MANY - SLEEPERS;
    check_true(i < 2 * SLEEPERS);
  }
  (void)pass(MANY);
  check_int(order_count, MANY);
  server_bench_close(&bench);
}

static void who_sleeps_by_then_is_asked_when_it_is_heard_again(void **state) {
  (void)state;
  tg_server_config_t config = asking;
  config.awake_ms = 60; /* so that the pace can't reach all of them */
  open_bench(&config, NULL);
  for (unsigned i = 0; i < MANY; i++) enter(i, "&Q");
  far_msg_t update = {.code = TG_COAP_POST, .format = -1, .observe = -1};
  snprintf(update.path, sizeof update.path, "%s", bench.location);
  check_int(pass(14), 0); /* a quarter of its time is given to it */
  (void)pass(1000);
  assert_in_range(order_count, AT_ONCE_MAX + 20, AT_ONCE_MAX + 60);
  check_int(asked[MANY - 1], 0);
  check_int(server_bench_request(&bench, peer_of(MANY - 1), &update), TG_COAP_204);
  (void)pass(16);
  check_int(asked[MANY - 1], 1);
  server_bench_close(&bench);
}

static void who_leaves_before_its_turn_is_asked_nothing(void **state) {
  (void)state;
  open_bench(&asking, NULL);
  for (unsigned i = 0; i < 3; i++) {
    enter(i, "");
    far_msg_t leave = {.code = TG_COAP_DELETE, .format = -1, .observe = -1};
    snprintf(leave.path, sizeof leave.path, "%s", bench.location);
    if (i != 2) check_int(server_bench_request(&bench, peer_of(i), &leave), TG_COAP_202);
  }
  (void)pass(1000);
  check_int(asked[0] + asked[1], 0);
  check_int(asked[2], 1);
  server_bench_close(&bench);
}

static void who_comes_again_before_its_turn_is_asked_once(void **state) {
  (void)state;
  open_bench(&asking, NULL);
  enter(0, "");
  (void)pass(300);
  far_msg_t update = {.code = TG_COAP_POST, .format = -1, .observe = -1};
  snprintf(update.path, sizeof update.path, "%s", bench.location);
  check_int(server_bench_request(&bench, peer_of(0), &update), TG_COAP_204);
  (void)pass(COME_ROUND_MS - 300);
  check_int(asked[0], 1); /* an Update does not put it off */
  enter(1, "");
  (void)pass(300);
  enter(1, ""); /* a Register does: it may have restarted */
  (void)pass(COME_ROUND_MS - 1);
  check_int(asked[1], 0);
  (void)pass(600);
  check_int(asked[1], 1);
  server_bench_close(&bench);
}

static void who_waits_over_a_restart_is_asked_when_it_is_heard_again(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  tg_store_t *store;
  const tg_store_config_t kept = {.path = ""};
  check_rc(tg_store_open(loop, &kept, NULL, &store), TG_OK);
  open_bench(&asking, store);
  for (unsigned i = 0; i < 3; i++) enter(i, "");
  far_msg_t update = {.code = TG_COAP_POST, .format = -1, .observe = -1};
  snprintf(update.path, sizeof update.path, "%s", bench.location);
  (void)pass(100);
  server_bench_close(&bench);

  open_bench(&asking, store);
  tg_link_t *links[] = {&bench.link};
  size_t restored;
  check_rc(tg_server_restore(bench.server, links, 1, &restored), TG_OK);
  check_int(restored, 3);
  check_int(pass(1000), 0);
  check_int(server_bench_request(&bench, peer_of(2), &update), TG_COAP_204);
  (void)pass(1000);
  check_int(asked[2], 1);
  check_int(order_count, 1);
  server_bench_close(&bench);
  tg_store_close(store);
  tg_loop_free(loop);
}

static void say(unsigned device, const char *maker) {
  server_bench_pass(&bench, COME_ROUND_MS);
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  far_msg_t request = *out, msg = {.code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = -1};
  snprintf(msg.body, sizeof msg.body, "[{\"n\":\"/3/0/0\",\"vs\":\"%s\"}]", maker);
  server_bench_answer(&bench, peer_of(device), &request, msg);
}

static void what_many_say_is_kept_once(void **state) {
  (void)state;
  static const char *const makers[] = {"ACME", "Other", "ACME", "Other", "ACME"};
  char places[TG_COUNT(makers)][sizeof bench.location];
  const tg_pool_t *texts;
  open_bench(&asking, NULL);
  texts = &bench.server->whos.pool;
  for (unsigned i = 0; i < TG_COUNT(makers); i++) {
    enter(i, "");
    memcpy(places[i], bench.location, sizeof places[i]);
    say(i, makers[i]);
    check_int(texts->count, i ? 2 : 1);
  }
  for (unsigned i = 0; i < TG_COUNT(makers); i++) {
    far_msg_t leave = {.code = TG_COAP_DELETE, .format = -1, .observe = -1};
    memcpy(leave.path, places[i], sizeof places[i]);
    check_int(server_bench_request(&bench, peer_of(i), &leave), TG_COAP_202);
    check_int(texts->count, i == 4 ? 0 : i == 3 ? 1 : 2);
  }
  server_bench_close(&bench);
}

CHECK_SUITE(a_storm_of_registrations_is_no_storm_of_reads, who_sleeps_soon_does_not_wait_behind_the_others,
            who_sleeps_by_then_is_asked_when_it_is_heard_again, who_leaves_before_its_turn_is_asked_nothing,
            who_comes_again_before_its_turn_is_asked_once, who_waits_over_a_restart_is_asked_when_it_is_heard_again,
            what_many_say_is_kept_once)
