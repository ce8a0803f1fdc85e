/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/link/link_nidd_up.c against tg-fake-scef, over loopback: notifications that are believed, held and refused. */

#include "tests/system/scef_bench.h"

static void uplinks_carry_bytes_and_identity(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open(&bench, scef_bench_plain);
  scef_bench_open_link(&bench, scef_bench_two);
  scef_bench_until_ready(&bench, 2);
  scef_bench_uplink(&bench, 1, "\x41\x02\x01\xff\xfe");
  scef_bench_until(&bench, &bench.rx_count, 1);
  assert_string_equal(bench.rx[0].from, SCEF_DEV2);
  check_bytes(tg_slice(bench.rx[0].data, bench.rx[0].len), tg_slice("\x41\x02\x01\xff\xfe", 5));
  scef_bench_uplink(&bench, 0, "one");
  scef_bench_until(&bench, &bench.rx_count, 2);
  assert_string_equal(bench.rx[1].from, SCEF_DEV1);
  scef_bench_close(&bench);
}

static void duplicates_are_handed_up_and_losses_are_not_invented(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_set(&bench, "{\"duplicateUplink\":true}");
  scef_bench_uplink(&bench, 0, "twice");
  scef_bench_until(&bench, &bench.rx_count, 3); /* the exchange layer tells duplicates */
  check_bytes(tg_slice(bench.rx[1].data, bench.rx[1].len), tg_slice_str("twice"));
  check_bytes(tg_slice(bench.rx[2].data, bench.rx[2].len), tg_slice_str("twice"));
  scef_bench_close(&bench);
}

static void a_held_notification_is_answered_when_it_is_released(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  bench.hold = true;
  scef_bench_uplink(&bench, 0, "durable");
  scef_bench_until(&bench, &bench.rx_count, 2);
  uint64_t first = bench.ticket;
  scef_bench_uplink(&bench, 0, "behind"); /* comes only after the answer */
  for (int i = 0; i < 10; i++) tg_loop_turn(bench.loop, 10);
  check_int(bench.rx_count, 2);
  tg_link_nidd_release(bench.link, first, TG_E_STORE); /* not kept: the SCEF sends it again */
  scef_bench_until(&bench, &bench.rx_count, 3);
  check_bytes(tg_slice(bench.rx[2].data, bench.rx[2].len), tg_slice_str("durable"));
  bench.hold = false;
  tg_link_nidd_release(bench.link, bench.ticket, TG_OK);
  tg_link_nidd_release(bench.link, bench.ticket, TG_OK); /* stale: ignored */
  scef_bench_until(&bench, &bench.rx_count, 4);
  check_bytes(tg_slice(bench.rx[3].data, bench.rx[3].len), tg_slice_str("behind"));
  scef_bench_close(&bench);
}

static void test_and_unknown_notifications_are_taken_note_of(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_control(&bench, "{\"op\":\"test\"}");
  scef_bench_control(&bench, "{\"op\":\"status\",\"status\":\"RDS_PORT_UNKNOWN\"}");
  scef_bench_uplink(&bench, 0, "next"); /* notifications come in order */
  scef_bench_until(&bench, &bench.rx_count, 2);
  check_int(scef_bench_stats(&bench).refused, 0);
  check_int(scef_bench_stats(&bench).ready, 1);
  scef_bench_close(&bench);
}

/* What a stranger, or a broken SCEF, may post: status, and nothing reaches the exchange layer. CONF and PATH are put in. */
static const struct {
  const char *method, *path, *type, *body;
  int status;
} posts[] = {
    {"POST", "PATH", "application/json", "not json", 400},
    {"POST", "PATH", "application/json", "", 400},
    {"POST", "PATH", "application/json", "[]", 400},
    {"POST", "PATH", "application/json", "{}", 400},
    {"POST", "PATH", "text/plain", "{}", 415},
    {"POST", "PATH", NULL, NULL, 415},
    {"GET", "PATH", NULL, NULL, 405},
    {"POST", "/t8/nidd/00000000000000000000000000000000", "application/json", "{}", 404},
    {"POST", "/t8/nidd/", "application/json", "{}", 404},
    {"POST", "/t8/nidd", "application/json", "{}", 404},
    {"POST", "/", "application/json", "{}", 404},
    {"POST", "PATH", "application/json",
     "{\"niddConfiguration\":\"https://scef/other\",\"externalId\":\"" SCEF_DEV1 "\",\"data\":\"QAF9AQ==\"}", 404},
    {"POST", "PATH", "application/json", "{\"externalId\":\"" SCEF_DEV1 "\",\"data\":\"QAF9AQ==\"}", 404},
    {"POST", "PATH", "application/json",
     "{\"niddConfiguration\":\"CONF\",\"externalId\":\"" SCEF_DEV2 "\",\"data\":\"QAF9AQ==\"}", 404},
    {"POST", "PATH", "application/json",
     "{\"niddConfiguration\":\"CONF\",\"externalId\":\"" SCEF_DEV1
     "\",\"msisdn\":\"4915112345678\",\"data\":\"QAF9AQ==\"}",
     400},
    {"POST", "PATH", "application/json",
     "{\"niddConfiguration\":\"CONF\",\"externalId\":\"" SCEF_DEV1 "\",\"data\":\"QAF9AQ\"}", 400},
    {"POST", "PATH", "application/json", "{\"niddConfiguration\":\"CONF\",\"externalId\":\"" SCEF_DEV1 "\",\"data\":7}",
     400},
    {"POST", "PATH", "application/json",
     "{\"niddConfiguration\":\"CONF\",\"externalId\":\"" SCEF_DEV1
     "\",\"status\":\"TERMINATED\",\"status\":\"ACTIVE\"}",
     400},
    {"POST", "PATH", "application/json; charset=utf-8",
     "{\"niddConfiguration\":\"https://proxied.example.net/CONFPATH\",\"externalId\":\"" SCEF_DEV1
     "\",\"data\":\"QAF9AQ==\",\"more\":[1]}",
     204},
};

static void spoofed_and_broken_notifications_are_refused(void **state) {
  (void)state;
  scef_bench_t bench;
  char self[256], destination[256], url[512], body[1024];
  scef_bench_open_ready(&bench);
  scef_bench_configurations(&bench);
  scef_bench_member(&bench, "self", self, sizeof self);
  scef_bench_member(&bench, "notificationDestination", destination, sizeof destination);
  for (unsigned i = 0; i < TG_COUNT(posts); i++) {
    if (strcmp(posts[i].path, "PATH") == 0) snprintf(url, sizeof url, "%s", destination);
    else snprintf(url, sizeof url, "http://127.0.0.1:%u%s", (unsigned)tg_link_nidd_port(bench.link), posts[i].path);
    const char *at = posts[i].body ? strstr(posts[i].body, "CONF") : NULL;
    bool path_only = at && strncmp(at, "CONFPATH", 8) == 0;
    if (at)
      snprintf(body, sizeof body, "%.*s%s%s", (int)(at - posts[i].body), posts[i].body,
               path_only ? self + strlen(bench.api_root) + 1 : self, at + (path_only ? 8 : 4));
    int status = scef_bench_request(&bench, posts[i].method, url, posts[i].type, at ? body : posts[i].body);
    if (status != posts[i].status) fail_msg("row %u: got %d, want %d", i, status, posts[i].status);
    check_int(bench.rx_count, posts[i].status == 204 ? 2 : 1);
  }
  check_int(scef_bench_stats(&bench).ready, 1);
  scef_bench_close(&bench);
}

CHECK_SUITE(uplinks_carry_bytes_and_identity, duplicates_are_handed_up_and_losses_are_not_invented,
            a_held_notification_is_answered_when_it_is_released, test_and_unknown_notifications_are_taken_note_of,
            spoofed_and_broken_notifications_are_refused)
