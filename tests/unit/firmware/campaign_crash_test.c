/* SPDX-License-Identifier: Apache-2.0 */
/* Campaigns with the updates of the product and devices that play object 5, killed at every second: each device gets the image, and once. */

#include "core/firmware/campaign_state.h"
#include "tests/unit/firmware/fw_harness.h"

enum { SECONDS_MAX = 200, HOUR_MS = 3600000 };

static fw_bench_t bench;
static tg_campaigns_t *campaigns;

static void open_campaigns(void) {
  check_rc(tg_campaigns_open(bench.firmware, bench.twin, bench.wheel, bench.store.store, &campaigns), TG_OK);
}

static void open_all(void) {
  fw_bench_open(&bench, 20000);
  for (int i = 1; i < FW_DEVICES; i++) {
    static const char *const names[] = {"dev", "two", "three", "four"};
    fw_bench_register(&bench, fw_bench_device(&bench, names[i]));
  }
  fw_bench_register(&bench, &bench.devices[0]);
  open_campaigns();
}

static void close_all(void) {
  tg_campaigns_close(campaigns);
  fw_bench_close(&bench);
}

static void kill_all(bool wire) {
  campaigns->store = bench.grave.store;
  tg_campaigns_close(campaigns);
  fw_bench_kill(&bench, wire);
  open_campaigns();
}

static tg_campaign_t view(void) {
  tg_campaign_t campaign;
  check_true(tg_campaigns_find(campaigns, tg_slice_str("c"), &campaign));
  return campaign;
}

static void start(void) {
  const tg_campaign_spec_t spec = {
      .name = "c", .image = "app", .severity = -1, .defer_s = -1, .wave = 1, .wave_growth = 100};
  check_rc(tg_campaigns_start(campaigns, &spec, NULL), TG_OK);
}

static void pass_until_done(void) {
  for (int i = 0; i < HOUR_MS / 1000 && view().state == TG_CAMPAIGN_RUNNING; i++) fw_bench_pass(&bench, 1000);
  check_int(view().state, TG_CAMPAIGN_DONE);
}

static bool count_of_dev(void *ud, const tg_fw_update_t *update) {
  unsigned *counts = ud;
  for (size_t i = 0; i < bench.device_count; i++) counts[i] += strcmp(bench.devices[i].ep, update->ep) == 0;
  return true;
}

/* Every device was begun once, was told to update at most once, and those that are done have the image. */
static void check_devices(void) {
  unsigned counts[FW_DEVICES] = {0};
  tg_firmware_updates(bench.firmware, count_of_dev, counts);
  for (size_t i = 0; i < bench.device_count; i++) {
    check_int(counts[i], 1);
    check_true(bench.devices[i].updates <= 1);
    check_true(fw_bench_has_image(&bench, &bench.devices[i]));
  }
  tg_campaign_t campaign = view();
  check_int(campaign.done + campaign.unknown, bench.device_count);
  check_int(campaign.running, 0);
}

static void a_campaign_goes_through_all_devices(void **state) {
  (void)state;
  open_all();
  start();
  pass_until_done();
  check_int(view().done, FW_DEVICES);
  check_int(view().wave, 3); /* 1, 2, and the last of 4 */
  check_devices();
  close_all();
}

static void killed_at_any_second_it_goes_on(void **state) {
  (void)state;
  bool over = false;
  int runs = 0;
  for (int seconds = 0; seconds < SECONDS_MAX && !over; seconds++, runs++) {
    open_all();
    start();
    for (int i = 0; i < seconds; i++) fw_bench_pass(&bench, 1000);
    over = view().state == TG_CAMPAIGN_DONE;
    kill_all(seconds % 2 == 0);
    pass_until_done();
    check_devices();
    close_all();
  }
  check_true(over);
  check_true(runs > 5);
}

static void killed_again_and_again_it_comes_to_an_end(void **state) {
  (void)state;
  open_all();
  start();
  for (int i = 0; i < 60 && view().state == TG_CAMPAIGN_RUNNING; i++) {
    fw_bench_pass(&bench, 7000);
    kill_all(true);
  }
  pass_until_done();
  check_devices();
  close_all();
}

static void a_device_that_refuses_stops_the_next_wave(void **state) {
  (void)state;
  open_all();
  for (size_t i = 0; i < bench.device_count; i++) bench.devices[i].image_result = 5; /* whichever comes first */
  const tg_campaign_spec_t spec = {
      .name = "c", .image = "app", .severity = -1, .defer_s = -1, .wave = 1, .stop_percent = 50};
  check_rc(tg_campaigns_start(campaigns, &spec, NULL), TG_OK);
  for (int i = 0; i < HOUR_MS / 1000 && view().state == TG_CAMPAIGN_RUNNING; i++) fw_bench_pass(&bench, 1000);
  check_int(view().state, TG_CAMPAIGN_STOPPED);
  check_int(view().failed, 1);
  check_int(view().left, FW_DEVICES - 1);
  close_all();
}

static void cancelling_cancels_the_updates(void **state) {
  (void)state;
  open_all();
  for (size_t i = 0; i < bench.device_count; i++) bench.devices[i].chunk = 100;
  start();
  fw_bench_pass(&bench, 3000);
  check_int(view().running, 1);
  check_rc(tg_campaigns_cancel(campaigns, tg_slice_str("c")), TG_OK);
  fw_bench_pass(&bench, 3000);
  check_int(view().cancelled, 1);
  check_int(view().running, 0);
  kill_all(true);
  fw_bench_pass(&bench, 60000);
  check_int(view().state, TG_CAMPAIGN_CANCELLED);
  check_int(view().cancelled, 1);
  close_all();
}

CHECK_SUITE(a_campaign_goes_through_all_devices, killed_at_any_second_it_goes_on,
            killed_again_and_again_it_comes_to_an_end, a_device_that_refuses_stops_the_next_wave,
            cancelling_cancels_the_updates)
