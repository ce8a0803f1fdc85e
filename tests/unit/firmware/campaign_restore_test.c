/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/campaign_restore.c: campaigns over a store, killed at any moment; no device is begun twice. */

#include "core/firmware/campaign_restore.h"

#include "core/firmware/campaign_device.h"
#include "core/firmware/campaign_run.h"
#include "tests/unit/device/twin_harness.h"
#include "tests/unit/firmware/firmware_fake.h"
#include "tests/unit/store/store_harness.h"

static twin_bench_t bench;
static store_harness_t grave; /* what a killed process still writes goes here */
static tg_campaigns_t *campaigns;

static void open_over(store_harness_t *h) {
  twin_bench_open(&bench, 512);
  check_rc(tg_campaigns_open(&fake, bench.twin, bench.wheel, h->store, &campaigns), TG_OK);
}

static int set_up(void **state) {
  static store_harness_t h;
  store_harness_init(&h, true);
  store_harness_init(&grave, true);
  check_rc(store_harness_open(&grave, NULL), TG_OK);
  check_rc(store_harness_open(&h, NULL), TG_OK);
  fake = (tg_firmware_t){.has_image = true};
  *state = &h;
  return 0;
}

static void leave(void) {
  tg_campaigns_close(campaigns);
  campaigns = NULL;
  twin_bench_close(&bench);
}

static int tear_down(void **state) {
  if (campaigns) leave();
  store_harness_fini(*state);
  store_harness_fini(&grave);
  return 0;
}

static void commit(store_harness_t *h) {
  check_rc(tg_store_put(h->store, "test", tg_slice_str("x"), tg_slice_str("x")), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
}

/* The process is killed and begins again; the updates are as they were. */
static void kill_and_open(store_harness_t *h) {
  commit(h);
  campaigns->store = grave.store;
  leave();
  open_over(h);
}

static void online(const char *prefix, int count) {
  for (int i = 0; i < count; i++) {
    char ep[32];
    snprintf(ep, sizeof ep, "%s%d", prefix, i);
    const tg_path_t objects[] = {tg_path(2, 3, 0, 0), tg_path(2, 5, 0, 0)};
    const tg_device_info_t info = {.ep = tg_slice_str(ep),
                                   .backend = &twin_bench_backend,
                                   .backend_ud = &bench,
                                   .link = prefix,
                                   .lifetime_s = 300,
                                   .enabler = TG_VERSION_1_1,
                                   .objects = objects,
                                   .object_count = 2};
    tg_id_t id = TG_ID_NONE;
    check_rc(tg_twin_online(bench.twin, &info, TG_EVENT_REGISTERED, &id), TG_OK);
  }
}

static tg_campaign_spec_t plain(void) {
  return (tg_campaign_spec_t){.name = "c", .image = "fw2", .severity = -1, .defer_s = -1};
}

static void start(const tg_campaign_spec_t *spec) {
  check_rc(tg_campaigns_start(campaigns, spec, NULL), TG_OK);
  twin_bench_pass(&bench, 10);
}

static void pass(uint64_t ms) {
  twin_bench_pass(&bench, ms);
}

static tg_campaign_t view(void) {
  tg_campaign_t campaign;
  check_true(tg_campaigns_find(campaigns, tg_slice_str("c"), &campaign));
  return campaign;
}

static void nobody_twice(int devices) {
  for (int i = 0; i < devices; i++) {
    char ep[32];
    snprintf(ep, sizeof ep, "d%d", i);
    check_int(fake_updates_of(ep), 1);
  }
}

static void a_campaign_goes_on_in_its_wave(void **state) {
  store_harness_t *h = *state;
  open_over(h);
  online("d", 20);
  tg_campaign_spec_t spec = plain();
  spec.wave = 5;
  spec.parallel = 3;
  spec.wave_growth = 100;
  start(&spec);
  check_int(fake.count, 3);
  fake_set("d0", TG_FW_DONE);
  pass(10);
  kill_and_open(h);
  online("d", 20);
  check_int(view().state, TG_CAMPAIGN_RUNNING);
  check_int(view().done, 1);
  check_int(view().running, 3);
  pass(6000);
  check_int(fake.count, 4);
  for (int i = 0; i < 4 && fake.count == 4; i++) {
    fake_set_all(TG_FW_DONE);
    pass(10);
  }
  check_int(view().wave, 1);
  check_int(fake.count, 5); /* and no more: the wave has 5 */
  fake_set_all(TG_FW_DONE);
  pass(10);
  check_int(view().wave, 2);
  for (int i = 0; i < 40; i++) {
    fake_set_all(TG_FW_DONE);
    pass(10);
  }
  check_int(view().state, TG_CAMPAIGN_DONE);
  check_int(view().done, 20);
  nobody_twice(20);
}

static void what_ended_while_it_was_away_is_counted(void **state) {
  store_harness_t *h = *state;
  open_over(h);
  online("d", 3);
  tg_campaign_spec_t spec = plain();
  start(&spec);
  fake.is_deaf = true; /* nobody hears it */
  fake_set("d0", TG_FW_DONE);
  fake_set("d1", TG_FW_FAILED);
  fake.is_deaf = false;
  fake.list[2].id = 0; /* and this one was lost */
  kill_and_open(h);
  check_int(view().done, 1);
  check_int(view().failed, 1);
  check_int(view().unknown, 1);
  online("d", 3);
  pass(6000);
  check_int(view().state, TG_CAMPAIGN_DONE);
  nobody_twice(3);
}

static void an_update_without_its_row_is_not_begun_again(void **state) {
  store_harness_t *h = *state;
  open_over(h);
  online("d", 2);
  tg_campaign_spec_t spec = plain();
  start(&spec);
  commit(h);
  for (int i = 0; i < 2; i++) { /* the power goes between the two writes */
    char key[8];
    snprintf(key, sizeof key, "c/d%d", i);
    check_rc(tg_store_del(h->store, TG_CAMPAIGN_DEVICE_BUCKET, tg_slice_str(key)), TG_OK);
  }
  kill_and_open(h);
  check_int(view().running, 2);
  online("d", 2);
  pass(60000);
  nobody_twice(2);
  kill_and_open(h); /* it has rows again */
  check_int(view().running, 2);
}

static void a_row_from_before_the_first_wave_is_caught_up(void **state) {
  store_harness_t *h = *state;
  open_over(h);
  online("d", 5);
  tg_campaign_spec_t spec = plain();
  spec.wave = 2;
  start(&spec);
  check_int(fake.count, 2);
  tg_campaign_row_t row =
      campaigns->list[0]->row; /* the power goes: neither this row nor those of devices got to the disk */
  row.wave = row.wave_size = 0;
  uint8_t memory[1024];
  tg_buf_t bytes;
  tg_buf_init(&bytes, memory, sizeof memory);
  tg_campaign_row_encode(&row, &bytes);
  check_rc(tg_store_put(h->store, TG_CAMPAIGN_DEVICE_BUCKET, tg_slice_str("c"), tg_buf_slice(&bytes)), TG_OK);
  check_rc(tg_store_del(h->store, TG_CAMPAIGN_DEVICE_BUCKET, tg_slice_str("c/d0")), TG_OK);
  check_rc(tg_store_del(h->store, TG_CAMPAIGN_DEVICE_BUCKET, tg_slice_str("c/d1")), TG_OK);
  kill_and_open(h);
  online("d", 5);
  for (int i = 0; i < 20; i++) {
    pass(6000);
    fake_set_all(TG_FW_DONE);
  }
  pass(10);
  check_int(view().state, TG_CAMPAIGN_DONE);
  check_int(view().done, 5);
  check_int(view().wave, 3);
  nobody_twice(5);
}

static void a_pause_and_a_stop_last(void **state) {
  store_harness_t *h = *state;
  open_over(h);
  online("d", 6);
  tg_campaign_spec_t spec = plain();
  spec.parallel = 1;
  spec.stop_failures = 1;
  start(&spec);
  fake_set("d0", TG_FW_FAILED);
  pass(10);
  kill_and_open(h);
  online("d", 6);
  pass(60000);
  check_int(view().state, TG_CAMPAIGN_STOPPED);
  assert_string_equal(view().cause, "1 of 1 updates failed; it stops at 1");
  check_rc(tg_campaigns_resume(campaigns, tg_slice_str("c")), TG_OK);
  pass(10);
  check_int(fake.count, 2);
  check_rc(tg_campaigns_pause(campaigns, tg_slice_str("c")), TG_OK);
  kill_and_open(h);
  online("d", 6);
  pass(60000);
  check_int(view().state, TG_CAMPAIGN_PAUSED);
  check_int(fake.count, 2);
  check_rc(tg_campaigns_resume(campaigns, tg_slice_str("c")), TG_OK);
  fake_set_all(TG_FW_DONE);
  pass(60000);
  check_int(view().state, TG_CAMPAIGN_RUNNING); /* the failure from before its resumption does not stop it again */
  check_int(fake.count, 3);
}

static size_t rows;

static bool count_row(void *ud, tg_slice_t key, tg_slice_t value) {
  (void)ud;
  (void)value;
  rows += tg_slice_find(key, '/') < key.len;
  return true;
}

static size_t device_rows(store_harness_t *h) {
  rows = 0;
  check_rc(tg_store_each(h->store, TG_CAMPAIGN_DEVICE_BUCKET, count_row, NULL), TG_OK);
  return rows;
}

static void devices_rows_go_when_it_has_ended_and_its_numbers_stay(void **state) {
  store_harness_t *h = *state;
  open_over(h);
  online("d", 300);
  tg_campaign_spec_t spec = plain();
  spec.parallel = 300;
  start(&spec);
  for (int i = 0; i < 20; i++) pass(10);
  check_int(fake.count, 300);
  check_int(device_rows(h), 300);
  fake_set("d7", TG_FW_FAILED);
  fake_set_all(TG_FW_DONE);
  pass(10); /* a part of them has gone */
  check_true(device_rows(h) > 0 && device_rows(h) < 300);
  check_int(view().done, 299);
  kill_and_open(h);
  check_int(view().state, TG_CAMPAIGN_DONE);
  check_int(view().done, 299);
  check_int(view().failed, 1);
  for (int i = 0; i < 100; i++) pass(1000);
  check_int(device_rows(h), 0);
  kill_and_open(h);
  check_int(view().done, 299);
}

static void a_limit_holds_after_a_restart(void **state) {
  store_harness_t *h = *state;
  open_over(h);
  online("d", 9);
  const tg_campaign_limit_t limits[] = {{"d", 2}};
  tg_campaign_spec_t spec = plain();
  spec.limits = limits;
  spec.limit_count = 1;
  start(&spec);
  check_int(fake.count, 2);
  kill_and_open(h);
  online("d", 9);
  pass(60000);
  check_int(fake.count, 2);
  fake_set("d0", TG_FW_DONE);
  pass(10);
  check_int(fake.count, 3);
}

static void bad_rows_are_left_out_and_stay(void **state) {
  store_harness_t *h = *state;
  static const char *const keys[] = {"x", "x/d0", "c/", "c/d0", "gone/d0", "c\xff", "/", "c//"};
  open_over(h);
  tg_campaign_spec_t spec = plain();
  online("d", 1);
  start(&spec);
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    check_rc(tg_store_put(h->store, TG_CAMPAIGN_DEVICE_BUCKET, tg_slice_str(keys[i]), tg_slice_str("\1\7rubbish")),
             TG_OK);
  kill_and_open(h);
  tg_campaign_t campaign;
  check_false(tg_campaigns_find(campaigns, tg_slice_str("x"), &campaign));
  check_int(view().running, 1); /* the update says so, its row does not */
  nobody_twice(1);
}

static void the_order_is_that_of_their_beginning(void **state) {
  store_harness_t *h = *state;
  open_over(h);
  static const char *const names[] = {"z", "a", "m"};
  for (size_t i = 0; i < 3; i++) {
    tg_campaign_spec_t spec = plain();
    spec.name = names[i];
    start(&spec);
    campaigns->list[i]->row.begun_ms = (int64_t)i + 1; /* the clock on the wall may stand still that long */
    tg_campaign_run_enter(campaigns->list[i], TG_CAMPAIGN_PAUSED, "a test");
  }
  kill_and_open(h);
  for (size_t i = 0; i < 3; i++) assert_string_equal(campaigns->list[i]->row.spec.name, names[i]);
}

#define RESTORED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      RESTORED(a_campaign_goes_on_in_its_wave),
      RESTORED(what_ended_while_it_was_away_is_counted),
      RESTORED(an_update_without_its_row_is_not_begun_again),
      RESTORED(a_row_from_before_the_first_wave_is_caught_up),
      RESTORED(a_pause_and_a_stop_last),
      RESTORED(devices_rows_go_when_it_has_ended_and_its_numbers_stay),
      RESTORED(a_limit_holds_after_a_restart),
      RESTORED(bad_rows_are_left_out_and_stay),
      RESTORED(the_order_is_that_of_their_beginning),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
