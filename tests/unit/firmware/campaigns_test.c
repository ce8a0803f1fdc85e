/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/campaigns.c: campaigns are begun, refused, paused, cancelled, listed and told of. */

#include "tests/unit/firmware/campaign_bench.h"

static void everybody_who_announces_object_5_gets_it(void **state) {
  (void)state;
  online("a");
  online("b");
  online_over("thermometer", "udp0", 3303);
  tg_campaign_spec_t spec = plain();
  spec.severity = 1;
  spec.defer_s = 60;
  spec.update_expiry_s = 3600;
  spec.method = TG_FW_PUSH;
  start(&spec);
  check_int(fake.count, 2);
  check_int(fake_updates_of("thermometer"), 0);
  check_int(fake.last.severity, 1);
  check_true(fake.last.defer_s == 60);
  check_int(fake.last.expiry_s, 3600);
  check_int(fake.last.method, TG_FW_PUSH);
  check_slice(fake.last.campaign, "c");
  tg_campaign_t now = view();
  check_int(now.running, 2);
  check_int(now.wave, 1);
  check_int(now.left, 0);
  fake_set("a", TG_FW_TRANSFERRING);
  fake_set("a", TG_FW_DONE);
  pass(10);
  check_int(view().done, 1);
  check_int(view().state, TG_CAMPAIGN_RUNNING);
  fake_set("b", TG_FW_FAILED);
  pass(10);
  now = view();
  check_int(now.state, TG_CAMPAIGN_DONE);
  check_int(now.failed, 1);
  assert_string_equal(now.cause, "every device it is for has ended");
  assert_string_equal(told, "running done ");
}

static void nobody_is_an_answer_too(void **state) {
  (void)state;
  tg_campaign_spec_t spec = plain();
  start(&spec);
  check_int(view().state, TG_CAMPAIGN_DONE);
  assert_string_equal(view().cause, "no device that is known is one it is for");
}

static void a_pause_lets_what_runs_go_on_and_begins_nothing(void **state) {
  (void)state;
  online_many("d", 4);
  tg_campaign_spec_t spec = plain();
  spec.parallel = 1;
  start(&spec);
  check_rc(tg_campaigns_pause(campaigns, tg_slice_str("c")), TG_OK);
  check_rc(tg_campaigns_pause(campaigns, tg_slice_str("c")), TG_E_STATE);
  fake_set_all(TG_FW_DONE);
  pass(3600000);
  check_int(fake.count, 1);
  check_int(view().done, 1);
  check_int(view().left, 3);
  check_rc(tg_campaigns_resume(campaigns, tg_slice_str("c")), TG_OK);
  check_rc(tg_campaigns_resume(campaigns, tg_slice_str("c")), TG_E_STATE);
  pass(10);
  check_int(fake.count, 2);
}

static void cancelling_ends_what_can_be_ended(void **state) {
  (void)state;
  online_many("d", 4);
  tg_campaign_spec_t spec = plain();
  spec.parallel = 3;
  start(&spec);
  fake_set("d0", TG_FW_APPLYING);
  check_rc(tg_campaigns_cancel(campaigns, tg_slice_str("c")), TG_OK);
  pass(10);
  check_int(fake.cancelled, 2);
  check_int(view().running, 1);
  check_int(view().cancelled, 2);
  check_int(view().left, 0);
  fake_set("d0", TG_FW_DONE);
  pass(3600000);
  check_int(view().done, 1);
  check_int(view().running, 0);
  check_int(fake.count, 3);
  check_rc(tg_campaigns_cancel(campaigns, tg_slice_str("c")), TG_E_STATE);
  check_rc(tg_campaigns_resume(campaigns, tg_slice_str("c")), TG_E_STATE);
}

static void what_can_not_be_is_refused_with_a_reason(void **state) {
  (void)state;
  static char long_text[300];
  memset(long_text, 'x', sizeof long_text - 1);
  static const tg_campaign_limit_t twice[] = {{"nb", 1}, {"nb", 2}}, none[] = {{"nb", 0}}, nobody[] = {{"", 1}};
  static tg_campaign_limit_t many[TG_CAMPAIGN_LIMITS_MAX + 1];
  const tg_campaign_spec_t good = plain();
  tg_campaign_spec_t bad[16];
  for (size_t i = 0; i < 16; i++) bad[i] = good;
  size_t n = 0;
  bad[n++].name = "a/b";
  bad[n++].name = "";
  bad[n++].name = NULL;
  bad[n++].ep = long_text;
  bad[n++].model = long_text;
  bad[n++].method = TG_FW_METHOD_COUNT;
  bad[n++].severity = 3;
  bad[n++].defer_s = -2;
  bad[n++].stop_percent = 101;
  bad[n++].wave_growth = 10001;
  bad[n].limits = twice, bad[n++].limit_count = 2;
  bad[n].limits = none, bad[n++].limit_count = 1;
  bad[n].limits = nobody, bad[n++].limit_count = 1;
  bad[n].limits = many, bad[n++].limit_count = TG_CAMPAIGN_LIMITS_MAX + 1;
  for (size_t i = 0; i < n; i++) {
    tg_diag_t diag = {0};
    check_rc(tg_campaigns_start(campaigns, &bad[i], &diag), TG_E_ARG);
    check_true(diag.message[0] != '\0');
  }
  tg_campaign_spec_t spec = good;
  spec.image = "fw9";
  check_rc(tg_campaigns_start(campaigns, &spec, NULL), TG_E_NOT_FOUND);
  spec.image = NULL;
  check_rc(tg_campaigns_start(campaigns, &spec, NULL), TG_E_NOT_FOUND);
  check_rc(tg_campaigns_pause(campaigns, tg_slice_str("c")), TG_E_NOT_FOUND);
  check_rc(tg_campaigns_resume(campaigns, tg_slice_str("c")), TG_E_NOT_FOUND);
  check_rc(tg_campaigns_cancel(campaigns, tg_slice_str("c")), TG_E_NOT_FOUND);
  start(&good);
  check_rc(tg_campaigns_start(campaigns, &good, NULL), TG_E_EXISTS);
}

static bool count_one(void *ud, const tg_campaign_t *campaign) {
  char *names = ud;
  snprintf(names + strlen(names), 16, "%s ", campaign->spec->name);
  return strlen(names) < 40;
}

static void campaigns_are_bounded_and_listed_newest_first(void **state) {
  (void)state;
  online("d");
  char name[16];
  tg_campaign_spec_t spec = plain();
  spec.name = name;
  fake.refuse = TG_E_EXISTS; /* so that none ends */
  for (int i = 0; i < 32; i++) {
    snprintf(name, sizeof name, "c%d", i);
    start(&spec);
  }
  snprintf(name, sizeof name, "more");
  tg_diag_t diag = {0};
  check_rc(tg_campaigns_start(campaigns, &spec, &diag), TG_E_FULL);
  assert_string_equal(diag.message, "32 campaigns have not ended");
  char names[64] = "";
  tg_campaigns_each(campaigns, count_one, names);
  assert_memory_equal(names, "c31 c30 c29 ", 12);
  for (int i = 0; i < 32; i++) {
    snprintf(name, sizeof name, "c%d", i);
    check_rc(tg_campaigns_cancel(campaigns, tg_slice_str(name)), TG_OK);
  }
  pass(1000);
  for (int i = 32; i < 200; i++) { /* the oldest that have ended make room */
    snprintf(name, sizeof name, "c%d", i);
    start(&spec);
    check_rc(tg_campaigns_cancel(campaigns, tg_slice_str(name)), TG_OK);
    pass(1000);
  }
  tg_campaign_t campaign;
  check_false(tg_campaigns_find(campaigns, tg_slice_str("c0"), &campaign));
  check_true(tg_campaigns_find(campaigns, tg_slice_str("c199"), &campaign));
}

static void numbers_are_told_once_a_second_at_most(void **state) {
  (void)state;
  online_many("d", 50);
  tg_campaign_spec_t spec = plain();
  start(&spec);
  pass(2000);
  uint32_t before = told_count;
  for (int i = 0; i < 40; i++) {
    fake_set(fake.ep[i], TG_FW_DONE);
    pass(50); /* two seconds in all */
  }
  check_true(told_count - before >= 2 && told_count - before <= 3);
  tg_campaigns_unlisten(campaigns, on_changed, NULL);
  before = told_count;
  fake_set_all(TG_FW_DONE);
  pass(2000);
  check_int(view().state, TG_CAMPAIGN_DONE);
  check_int(told_count, before);
}

static void somebody(void *ud, const tg_campaign_t *campaign) {
  (void)ud;
  (void)campaign;
}

static void listeners_are_bounded(void **state) {
  (void)state;
  static int who[8];
  for (int i = 0; i < 7; i++) check_rc(tg_campaigns_listen(campaigns, somebody, &who[i]), TG_OK);
  check_rc(tg_campaigns_listen(campaigns, somebody, &who[7]), TG_E_FULL);
  tg_campaigns_unlisten(campaigns, somebody, &who[3]);
  check_rc(tg_campaigns_listen(campaigns, somebody, &who[7]), TG_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CAMPAIGN(everybody_who_announces_object_5_gets_it),
      CAMPAIGN(nobody_is_an_answer_too),
      CAMPAIGN(a_pause_lets_what_runs_go_on_and_begins_nothing),
      CAMPAIGN(cancelling_ends_what_can_be_ended),
      CAMPAIGN(what_can_not_be_is_refused_with_a_reason),
      CAMPAIGN(campaigns_are_bounded_and_listed_newest_first),
      CAMPAIGN(numbers_are_told_once_a_second_at_most),
      CAMPAIGN(listeners_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
