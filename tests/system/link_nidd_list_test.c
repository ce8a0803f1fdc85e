/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/link/link_nidd_list.c, link_nidd_find.c and link_nidd_recall.c against tg-fake-scef: what a process before left at the SCEF. */

#include "tests/system/scef_bench.h"

static void a_restart_finds_the_configurations_again(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_close_link(&bench); /* another port, so another destination: found by the remembered resource */
  scef_bench_open_link(&bench, scef_bench_two);
  scef_bench_until_ready(&bench, 2);
  check_int(scef_bench_stats(&bench).adopted, 1);
  check_int(scef_bench_stats(&bench).created, 1);
  check_int(scef_bench_configurations(&bench), 2);
  scef_bench_uplink(&bench, 0, "to the new port");
  scef_bench_until(&bench, &bench.rx_count, 1);
  scef_bench_close(&bench);
}

/* The process before died with datagrams at the SCEF: their answers find nobody, and they must not come behind what is sent now. */
static void what_an_earlier_process_left_at_the_scef_is_taken_back(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_set(&bench, "{\"mode\":\"buffer\",\"modeCount\":2}");
  scef_bench_send(&bench, SCEF_DEV1, "stale", 3600, true);
  scef_bench_send(&bench, SCEF_DEV1, "staler", 3600, true);
  scef_bench_until(&bench, &bench.tx_count, 2);
  scef_bench_close_link(&bench);
  scef_bench_open_link(&bench, scef_bench_one);
  uint64_t handle = scef_bench_send(&bench, SCEF_DEV1, "fresh", 3600, true);
  scef_bench_until_tx(&bench, 0, handle, TG_LINK_TX_SENT);
  scef_bench_control(&bench, "{\"op\":\"release\"}"); /* nothing is held any more */
  scef_bench_send(&bench, SCEF_DEV1, "last", 3600, true);
  scef_bench_check_downlink(&bench, 0, "fresh");
  scef_bench_check_downlink(&bench, 0, "last");
  check_int(scef_bench_stats(&bench).adopted, 1);
  scef_bench_close(&bench);
}

/* An SCEF that can't list deliveries is none the worse for it. */
static void an_scef_that_does_not_tell_what_it_holds_is_served_all_the_same(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_close_link(&bench);
  scef_bench_open_link(&bench, scef_bench_one);
  scef_bench_send(&bench, SCEF_DEV1, "fresh", 3600, true);
  scef_bench_control(&bench, "{\"op\":\"drop\"}"); /* 404 for everything that was there */
  scef_bench_check_downlink(&bench, 0, "fresh");
  scef_bench_close(&bench);
}

static void without_memory_configurations_are_found_by_their_destination(void **state) {
  (void)state;
  scef_bench_t bench;
  char url[64];
  char before[256];
  char after[256];
  scef_bench_open_ready(&bench);
  unsigned port = tg_link_nidd_port(bench.link);
  snprintf(url, sizeof url, "http://127.0.0.1:%u/t8/nidd", port);
  scef_bench_configurations(&bench);
  scef_bench_member(&bench, "notificationDestination", before, sizeof before);
  scef_bench_close_link(&bench);
  memset(bench.kept, 0, sizeof bench.kept);
  bench.config.notify_url = url; /* as behind a proxy: the same URL whatever port we listen on */
  bench.config.listen.port = (uint16_t)port;
  scef_bench_open_link(&bench, scef_bench_one);
  scef_bench_until_ready(&bench, 1);
  check_int(scef_bench_stats(&bench).adopted, 1);
  check_int(scef_bench_stats(&bench).created, 0);
  check_int(scef_bench_configurations(&bench), 1);
  scef_bench_member(&bench, "notificationDestination", after, sizeof after);
  assert_string_not_equal(before, after); /* the old path was lost, a new one is in force */
  scef_bench_uplink(&bench, 0, "to the new path");
  scef_bench_until(&bench, &bench.rx_count, 1);
  scef_bench_close(&bench);
}

CHECK_SUITE(a_restart_finds_the_configurations_again, what_an_earlier_process_left_at_the_scef_is_taken_back,
            an_scef_that_does_not_tell_what_it_holds_is_served_all_the_same,
            without_memory_configurations_are_found_by_their_destination)
