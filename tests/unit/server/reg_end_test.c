/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/server/reg_end_test.c: mirrors core/server/reg_end.c: many lifetimes that are over. */

#include <stdio.h>

#include "tests/unit/server/server_harness.h"

static size_t expired(server_bench_t *bench) {
  size_t count = 0;
  for (const char *at = server_bench_events(bench); (at = strstr(at, "expired:")); at++) count++;
  return count;
}

/* As after a long absence of the gateway: more ends at once than events find room. */
static void lifetimes_that_are_over_together_end_one_after_the_other(void **state) {
  (void)state;
  static server_bench_t bench;
  enum { DEVICES = 20, A_MS = 8, SPAN_MS = (60 + 247) * 1000 };
  server_bench_open(&bench, NULL, NULL);
  for (int i = 0; i < DEVICES; i++) {
    char query[] = "ep=a&lt=60&lwm2m=1.1";
    query[3] = (char)('a' + i);
    check_int(server_bench_register(&bench, query[3], query, "</3/0>"), TG_COAP_201);
  }
  check_int(expired(&bench), 0);
  server_bench_pass(&bench, SPAN_MS - 1);
  check_int(expired(&bench), 0);
  server_bench_pass(&bench, 1);
  check_int(expired(&bench), A_MS);
  far_msg_t update = {.code = TG_COAP_POST, .format = -1, .observe = -1};
  (void)snprintf(update.path, sizeof update.path, "%s", bench.location);
  check_int(server_bench_request(&bench, 'a' + DEVICES - 1, &update), TG_COAP_204); /* it came just in time */
  server_bench_pass(&bench, 1);
  check_int(expired(&bench), A_MS);
  server_bench_pass(&bench, 1);
  check_int(expired(&bench), DEVICES - 1 - 2 * A_MS);
  server_bench_pass(&bench, SPAN_MS - 10);
  check_int(expired(&bench), 0);
  check_int(tg_twin_count(bench.twin), DEVICES);
  server_bench_pass(&bench, 10);
  check_int(expired(&bench), 1);
  server_bench_close(&bench);
}

CHECK_SUITE(lifetimes_that_are_over_together_end_one_after_the_other)
