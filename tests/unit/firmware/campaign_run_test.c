/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/campaign_run.c: waves, limits, failures that stop it, and updates that can not begin yet. */

#include "tests/unit/firmware/campaign_bench.h"

static void a_wave_begins_when_the_one_before_has_ended_and_grows(void **state) {
  (void)state;
  online_many("d", 12);
  tg_campaign_spec_t spec = plain();
  spec.wave = 2;
  spec.wave_growth = 100;
  start(&spec);
  check_int(fake.count, 2);
  check_int(view().left, 10);
  fake.list[0].state = TG_FW_DONE;
  fake_tell(&fake.list[0]);
  pass(120000);
  check_int(fake.count, 2); /* one of the wave has not ended */
  fake_set_all(TG_FW_DONE);
  pass(10);
  check_int(fake.count, 6);
  check_int(view().wave, 2);
  fake_set_all(TG_FW_DONE);
  pass(10);
  check_int(fake.count, 12); /* 8 could go, 6 are left */
  check_int(view().wave, 3);
  fake_set_all(TG_FW_DONE);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_DONE);
  check_int(view().done, 12);
}

static void waves_without_growth_are_equal(void **state) {
  (void)state;
  online_many("d", 7);
  tg_campaign_spec_t spec = plain();
  spec.wave = 3;
  start(&spec);
  for (size_t want = 3; want <= 6; want += 3) {
    check_int(fake.count, want);
    fake_set_all(TG_FW_DONE);
    pass(10);
  }
  check_int(fake.count, 7);
}

static void no_more_run_at_once_than_may(void **state) {
  (void)state;
  online_many("d", 100);
  tg_campaign_spec_t spec = plain();
  spec.parallel = 5;
  start(&spec);
  size_t most = 0;
  for (int i = 0; i < 100 && view().state == TG_CAMPAIGN_RUNNING; i++) {
    most = fake_running() > most ? fake_running() : most;
    fake_set(fake.ep[i], TG_FW_DONE);
    pass(2);
    check_true(fake_running() <= 5);
  }
  check_int(most, 5);
  check_int(fake.count, 100);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_DONE);
}

static void a_link_has_its_own_limit_and_holds_nobody_else(void **state) {
  (void)state;
  for (int i = 0; i < 20; i++) {
    char ep[32];
    snprintf(ep, sizeof ep, "nb%d", i);
    online_over(ep, "nb", 5);
  }
  online_many("ip", 20);
  const tg_campaign_limit_t limits[] = {{"nb", 2}};
  tg_campaign_spec_t spec = plain();
  spec.limits = limits;
  spec.limit_count = 1;
  start(&spec);
  size_t over_nb = 0;
  for (size_t i = 0; i < fake.count; i++) over_nb += fake.ep[i][0] == 'n';
  check_int(over_nb, 2);
  check_int(fake.count, 22);
  for (int i = 0; i < 20; i++) {
    for (size_t j = 0; j < fake.count; j++) {
      if (fake.ep[j][0] == 'n' && fake.list[j].state < TG_FW_DONE) {
        fake_set(fake.ep[j], TG_FW_DONE);
        break;
      }
    }
    pass(10);
    size_t running = 0;
    for (size_t j = 0; j < fake.count; j++) running += fake.ep[j][0] == 'n' && fake.list[j].state < TG_FW_DONE;
    check_true(running <= 2);
  }
  check_int(fake.count, 40);
}

static void it_stops_at_so_many_failures_and_counts_anew_when_it_goes_on(void **state) {
  (void)state;
  online_many("d", 12);
  tg_campaign_spec_t spec = plain();
  spec.parallel = 1;
  spec.stop_failures = 2;
  start(&spec);
  fake_set("d0", TG_FW_FAILED);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_RUNNING);
  fake_set_all(TG_FW_UNKNOWN);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_STOPPED);
  assert_string_equal(view().cause, "2 of 2 updates failed; it stops at 2");
  pass(3600000);
  check_int(fake.count, 2);
  check_rc(tg_campaigns_resume(campaigns, tg_slice_str("c")), TG_OK);
  pass(10);
  check_int(fake.count, 3);
  fake_set_all(TG_FW_FAILED);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_RUNNING);
  fake_set_all(TG_FW_FAILED);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_STOPPED);
  assert_string_equal(told, "running stopped running stopped ");
}

static void a_share_of_failures_counts_from_ten_or_a_whole_wave_on(void **state) {
  (void)state;
  online_many("d", 30);
  tg_campaign_spec_t spec = plain();
  spec.parallel = 1;
  spec.stop_percent = 20;
  start(&spec);
  for (int i = 0; i < 9; i++) {
    fake_set_all(i == 0 || i == 5 ? TG_FW_FAILED : TG_FW_DONE); /* 100 % after the first */
    pass(10);
    check_int(view().state, TG_CAMPAIGN_RUNNING);
  }
  fake_set_all(TG_FW_DONE);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_STOPPED); /* 2 of 10 */
  check_int(fake.count, 10);
}

static void a_whole_small_wave_is_enough_to_stop_it(void **state) {
  (void)state;
  online_many("d", 10);
  tg_campaign_spec_t spec = plain();
  spec.wave = 3;
  spec.stop_percent = 34;
  start(&spec);
  fake_set("d0", TG_FW_FAILED);
  fake_set("d1", TG_FW_FAILED);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_RUNNING);
  fake_set_all(TG_FW_DONE);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_STOPPED);
  check_int(fake.count, 3);
}

static void who_has_an_update_already_comes_later(void **state) {
  (void)state;
  online("busy");
  fake.refuse = TG_E_EXISTS;
  tg_campaign_spec_t spec = plain();
  start(&spec);
  check_int(view().left, 1);
  check_int(view().running, 0);
  pass(30000);
  check_int(view().state, TG_CAMPAIGN_RUNNING);
  fake.refuse = TG_OK;
  pass(61000);
  check_int(fake_updates_of("busy"), 1);
}

static void where_there_is_no_room_it_tries_again(void **state) {
  (void)state;
  online_many("d", 3);
  fake.refuse = TG_E_FULL;
  tg_campaign_spec_t spec = plain();
  start(&spec);
  check_int(fake.count, 0);
  fake.refuse = TG_OK;
  for (int i = 0; i < 20; i++) pass(6000);
  check_int(fake.count, 3);
}

static void it_stops_when_its_image_goes(void **state) {
  (void)state;
  online_many("d", 2);
  tg_campaign_spec_t spec = plain();
  spec.parallel = 1;
  start(&spec);
  check_int(fake.count, 1);
  fake.has_image = false;
  fake_set_all(TG_FW_DONE);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_STOPPED);
  assert_string_equal(view().cause, "image fw2 is gone");
  fake.has_image = true;
  fake.other_image = 7; /* under the same name */
  check_rc(tg_campaigns_resume(campaigns, tg_slice_str("c")), TG_OK);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_STOPPED);
  assert_string_equal(view().cause, "image fw2 is another one now");
  check_int(view().left, 1);
  fake.other_image = 0;
  check_rc(tg_campaigns_resume(campaigns, tg_slice_str("c")), TG_OK);
  for (int i = 0; i < 20; i++) pass(6000);
  check_int(fake.count, 2);
}

static void an_update_may_end_inside_the_call(void **state) {
  (void)state;
  online_many("d", 40);
  fake.at_once = TG_FW_DONE;
  fake.tells_inside = true;
  tg_campaign_spec_t spec = plain();
  spec.wave = 10;
  start(&spec);
  for (int i = 0; i < 20; i++) pass(10);
  check_int(fake.count, 40);
  check_int(view().done, 40);
  check_int(view().state, TG_CAMPAIGN_DONE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CAMPAIGN(a_wave_begins_when_the_one_before_has_ended_and_grows),
      CAMPAIGN(waves_without_growth_are_equal),
      CAMPAIGN(no_more_run_at_once_than_may),
      CAMPAIGN(a_link_has_its_own_limit_and_holds_nobody_else),
      CAMPAIGN(it_stops_at_so_many_failures_and_counts_anew_when_it_goes_on),
      CAMPAIGN(a_share_of_failures_counts_from_ten_or_a_whole_wave_on),
      CAMPAIGN(a_whole_small_wave_is_enough_to_stop_it),
      CAMPAIGN(who_has_an_update_already_comes_later),
      CAMPAIGN(where_there_is_no_room_it_tries_again),
      CAMPAIGN(it_stops_when_its_image_goes),
      CAMPAIGN(an_update_may_end_inside_the_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
