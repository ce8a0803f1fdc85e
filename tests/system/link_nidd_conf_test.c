/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/link/link_nidd_conf.c, t8_oauth.c and link_nidd.c against tg-fake-scef, over loopback: configurations and tokens, and how they end. */

#include "core/base/clock.h"
#include "tests/system/scef_bench.h"

static void configurations_are_created_and_devices_come_up(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open(&bench, scef_bench_plain);
  scef_bench_open_link(&bench, scef_bench_two);
  scef_bench_until_ready(&bench, 2);
  check_int(scef_bench_configurations(&bench), 2);
  check_int(bench.up, 2);
  check_int(scef_bench_stats(&bench).created, 2);
  check_int(bench.link->mtu, 1358);
  check_int(bench.limits, 0); /* 10864 bits are what we assumed */
  scef_bench_close(&bench);
}

static void a_terminated_configuration_is_made_anew(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  for (unsigned i = 0; i < 3; i++) {
    scef_bench_control(&bench, "{\"op\":\"status\",\"status\":\"TERMINATED\"}");
    uint64_t end = tg_clock_mono_ms() + 10000;
    while (scef_bench_stats(&bench).created < i + 2) {
      assert_true(tg_clock_mono_ms() < end);
      tg_loop_turn(bench.loop, 20);
    }
    scef_bench_until_ready(&bench, 1);
  }
  scef_bench_uplink(&bench, 0, "again");
  scef_bench_until(&bench, &bench.rx_count, 2);
  scef_bench_close(&bench);
}

static void a_device_that_loses_its_permission_is_down(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  scef_bench_set(&bench, "{\"delayMs\":50}");
  uint64_t handle = scef_bench_send(&bench, SCEF_DEV1, "in flight", 60, true);
  uint64_t queued = scef_bench_send(&bench, SCEF_DEV1, "behind it", 60, true);
  scef_bench_control(&bench, "{\"op\":\"status\",\"status\":\"TERMINATED_UE_NOT_AUTHORIZED\",\"keep\":true}");
  scef_bench_until(&bench, &bench.down, 1);
  scef_bench_until(&bench, &bench.tx_count, 2);
  check_int(bench.tx[0].handle, handle);
  scef_bench_check_tx(&bench, 1, queued, TG_LINK_TX_FAILED);
  check_int(scef_bench_stats(&bench).ready, 0);
  tg_addr_t peer = {.len = sizeof SCEF_DEV1 - 1, .b = SCEF_DEV1};
  tg_link_send_t send = {.peer = &peer, .datagram = tg_slice_str("x")};
  uint64_t none;
  check_rc(bench.link->ops->send(bench.link, &send, &none), TG_E_LINK);
  scef_bench_control(&bench, "{\"op\":\"status\",\"status\":\"ACTIVE\"}");
  scef_bench_until(&bench, &bench.up, 2);
  check_int(scef_bench_stats(&bench).ready, 1);
  scef_bench_close(&bench);
}

static void tokens_are_fetched_cached_and_renewed_once_after_401(void **state) {
  (void)state;
  static const char *const oauth[] = {"--relay", SCEF_DEV1, "--relay", SCEF_DEV2, "--oauth", "me:s e/c:ret", NULL};
  for (int in_body = 0; in_body < 2; in_body++) {
    scef_bench_t bench;
    scef_bench_open(&bench, oauth);
    bench.config = (tg_link_nidd_config_t){
        .token_url = bench.token_url, .client_id = "me", .client_secret = "s e/c:ret", .secret_in_body = in_body == 1};
    scef_bench_open_link(&bench, scef_bench_two);
    scef_bench_until_ready(&bench, 2);
    scef_bench_uplink(&bench, 0, "hello");
    scef_bench_until(&bench, &bench.rx_count, 1);
    scef_bench_control(&bench, "{\"op\":\"revoke\"}");
    uint64_t handle = scef_bench_send(&bench, SCEF_DEV1, "with a new token", 60, true);
    scef_bench_until_tx(&bench, 0, handle, TG_LINK_TX_SENT);
    scef_bench_close(&bench);
  }
}

static void wrong_credentials_make_nothing_ready_and_no_storm(void **state) {
  (void)state;
  static const char *const oauth[] = {"--relay", SCEF_DEV1, "--oauth", "me:secret", NULL};
  scef_bench_t bench;
  scef_bench_open(&bench, oauth);
  bench.config = (tg_link_nidd_config_t){.token_url = bench.token_url, .client_id = "me", .client_secret = "wrong"};
  scef_bench_open_link(&bench, scef_bench_one);
  uint64_t end = tg_clock_mono_ms() + 300;
  while (tg_clock_mono_ms() < end) tg_loop_turn(bench.loop, 20);
  check_int(scef_bench_stats(&bench).ready, 0);
  scef_bench_close(&bench);
}

static void the_start_survives_an_scef_that_fails_at_first(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open(&bench, scef_bench_plain);
  scef_bench_control(&bench, "{\"op\":\"fail\",\"status\":503,\"count\":4}");
  scef_bench_open_link(&bench, scef_bench_two);
  scef_bench_until_ready(&bench, 2);
  check_int(scef_bench_configurations(&bench), 2);
  scef_bench_close(&bench);
}

static void a_short_configuration_is_renewed_before_it_ends(void **state) {
  (void)state;
  for (int no_content = 0; no_content < 2; no_content++) {
    scef_bench_t bench;
    scef_bench_open(&bench, scef_bench_plain);
    if (no_content) scef_bench_set(&bench, "{\"noContent\":true}");
    bench.config = (tg_link_nidd_config_t){.duration_s = 2};
    scef_bench_open_link(&bench, scef_bench_one);
    scef_bench_until_ready(&bench, 1);
    uint64_t end = tg_clock_mono_ms() + 10000;
    while (scef_bench_stats(&bench).renewed < 2) {
      assert_true(tg_clock_mono_ms() < end);
      tg_loop_turn(bench.loop, 20);
    }
    scef_bench_until_ready(&bench, 1);
    check_int(scef_bench_stats(&bench).created, 1);
    check_int(scef_bench_configurations(&bench), 1);
    scef_bench_close(&bench);
  }
}

static void devices_come_and_go_while_the_link_runs(void **state) {
  (void)state;
  scef_bench_t bench;
  scef_bench_open_ready(&bench);
  check_rc(tg_link_nidd_add_device(bench.link, tg_slice_str(SCEF_DEV2)), TG_OK);
  check_rc(tg_link_nidd_add_device(bench.link, tg_slice_str(SCEF_DEV2)), TG_E_EXISTS);
  check_rc(tg_link_nidd_add_device(bench.link, tg_slice_str("two@@ats")), TG_E_SYNTAX);
  scef_bench_until_ready(&bench, 2);
  scef_bench_uplink(&bench, 1, "me too");
  scef_bench_until(&bench, &bench.rx_count, 2);
  scef_bench_send(&bench, SCEF_DEV1, "never told of", 60, true);
  check_rc(tg_link_nidd_del_device(bench.link, tg_slice_str(SCEF_DEV1)), TG_OK);
  check_rc(tg_link_nidd_del_device(bench.link, tg_slice_str(SCEF_DEV1)), TG_E_NOT_FOUND);
  uint64_t end = tg_clock_mono_ms() + 10000;
  while (scef_bench_configurations(&bench) != 1) assert_true(tg_clock_mono_ms() < end);
  check_int(bench.tx_count, 0);
  check_int(scef_bench_stats(&bench).devices, 1);
  scef_bench_close(&bench);
}

static void a_configuration_that_makes_no_sense_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"nobody", NULL};
  static const tg_link_nidd_config_t rows[] = {
      {.api_root = "http://x", .scs_as_id = "a"},
      {.name = "n", .scs_as_id = "a"},
      {.name = "n", .api_root = "ftp://x", .scs_as_id = "a"},
      {.name = "n", .api_root = "http://x"},
      {.name = "n", .api_root = "http://x", .scs_as_id = "a", .notify_url = "gw:8443"},
      {.name = "n", .api_root = "http://x", .scs_as_id = "a", .token_url = "http://x/t"},
      {.name = "n", .api_root = "http://x", .scs_as_id = "a", .devices = bad, .device_count = 1},
      {.name = "n", .api_root = "http://x", .scs_as_id = "a", .http = {.tls = {.ca_file = "/nonexistent"}}},
  };
  tg_loop_t *loop = tg_loop_new();
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_diag_t diag = {0};
    tg_link_t *link = NULL;
    check_rc(tg_link_nidd_new(loop, &rows[i], &diag, &link), TG_E_CONFIG);
    assert_true(diag.message[0] != 0);
  }
  tg_loop_free(loop);
}

CHECK_SUITE(configurations_are_created_and_devices_come_up, a_terminated_configuration_is_made_anew,
            a_device_that_loses_its_permission_is_down, tokens_are_fetched_cached_and_renewed_once_after_401,
            wrong_credentials_make_nothing_ready_and_no_storm, the_start_survives_an_scef_that_fails_at_first,
            a_short_configuration_is_renewed_before_it_ends, devices_come_and_go_while_the_link_runs,
            a_configuration_that_makes_no_sense_is_refused)
