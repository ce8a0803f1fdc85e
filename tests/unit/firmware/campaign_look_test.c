/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/campaign_look.c and campaign_device.c: which devices a campaign is for, and when it knows. */

#include "tests/unit/firmware/campaign_bench.h"

static void a_query_chooses_by_name_link_and_what_devices_say(void **state) {
  (void)state;
  static const struct {
    const char *ep, *link, *manufacturer, *model, *version;
    bool fits;
  } cases[] = {{"meter-1", "nb", "Acme", "M1", "1.4", true},   {"meter-2", "udp0", "Acme", "M1", "1.4", false},
               {"pump-1", "nb", "Acme", "M1", "1.4", false},   {"meter-3", "nb", "acme", "M1", "1.4", false},
               {"meter-4", "nb", "Acme", "M10", "1.4", false}, {"meter-5", "nb", "Acme", "M1", "2.0", false},
               {"meter-6", "nb", "Acme", "M1", "1.", true}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    tg_id_t id = online_over(cases[i].ep, cases[i].link, 5);
    put(id, 0, cases[i].manufacturer);
    put(id, 1, cases[i].model);
    put(id, 3, cases[i].version);
  }
  tg_campaign_spec_t spec = plain();
  spec.ep = "meter-*";
  spec.link = "nb";
  spec.manufacturer = "Acme";
  spec.model = "M1";
  spec.from_version = "1.*";
  start(&spec);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_int(fake_updates_of(cases[i].ep), cases[i].fits);
  check_int(bench.start_count, 0); /* nobody had to be asked */
}

static void a_tag_chooses_by_whole_words(void **state) {
  (void)state;
  static const struct {
    const char *ep, *tags;
    bool fits;
  } cases[] = {{"a", "pilot", true},           {"b", "north pilot", true},     {"c", "pilot-2 north", true},
               {"d", "pilots2", false},        {"e", "north my-pilot", false}, {"f", "", false},
               {"g", "  north   pilot ", true}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) online_tagged(cases[i].ep, "udp0", 5, cases[i].tags);
  tg_campaign_spec_t spec = plain();
  spec.tag = "pilot";
  start(&spec);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    check_int(fake_updates_of(cases[i].ep), cases[i].fits && strcmp(cases[i].ep, "c") != 0);
  check_rc(tg_campaigns_cancel(campaigns, tg_slice_str("c")), TG_OK);
  spec.name = "d";
  spec.tag = "pilot-*";
  start(&spec);
  check_int(fake_updates_of("c"), 1);
  spec.name = "e";
  spec.tag = "two words";
  tg_diag_t diag = {0};
  check_rc(tg_campaigns_start(campaigns, &spec, &diag), TG_E_ARG);
  assert_string_equal(diag.message, "a tag is one word");
}

static void who_has_not_said_is_asked_first(void **state) {
  (void)state;
  tg_id_t right = online("right"), wrong = online("wrong");
  online("mute");
  tg_campaign_spec_t spec = plain();
  spec.model = "M1";
  start(&spec);
  check_int(fake.count, 0);
  check_int(bench.start_count, 3);
  check_int(view().state, TG_CAMPAIGN_RUNNING);
  const tg_command_result_t done = {.state = TG_COMMAND_DONE, .code = 0x45};
  put(right, 1, "M1");
  put(wrong, 1, "M2");
  for (int i = 0; i < 2; i++) tg_twin_finish(bench.twin, bench.started[i], &done);
  pass(10);
  check_int(fake_updates_of("right"), 1);
  check_int(fake.count, 1);
  const tg_command_result_t refused = {.state = TG_COMMAND_FAILED, .rc = TG_E_PEER, .code = 0x84};
  tg_twin_finish(bench.twin, bench.started[2], &refused); /* it has no object 3: it is none of them */
  fake_set("right", TG_FW_DONE);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_DONE);
  check_int(fake.count, 1);
  check_int(bench.start_count, 3);
}

static void who_never_answers_does_not_hold_it_for_ever(void **state) {
  (void)state;
  online("mute");
  tg_campaign_spec_t spec = plain();
  spec.model = "M1";
  start(&spec);
  for (size_t asks = 1; asks <= 3; asks++) {
    check_int(view().state, TG_CAMPAIGN_RUNNING);
    check_int(bench.start_count, asks);
    const tg_command_result_t silent = {.state = TG_COMMAND_FAILED, .rc = TG_E_TIMEOUT};
    tg_twin_finish(bench.twin, bench.started[asks - 1], &silent);
    for (int i = 0; i < 372 && bench.start_count == asks; i++) pass(10000); /* shorter than a deadline */
  }
  check_int(view().state, TG_CAMPAIGN_DONE);
  check_int(fake.count, 0);
}

static void a_campaign_that_ends_forgets_whom_it_asked(void **state) {
  (void)state;
  online("mute");
  tg_campaign_spec_t spec = plain();
  spec.model = "M1";
  start(&spec);
  check_int(bench.start_count, 1);
  check_rc(tg_campaigns_cancel(campaigns, tg_slice_str("c")), TG_OK);
  pass(10);
  check_int(bench.cancel_count, 1);
  const tg_command_result_t late = {.state = TG_COMMAND_DONE};
  tg_twin_finish(bench.twin, bench.started[0], &late);
  pass(60000);
  check_int(view().state, TG_CAMPAIGN_CANCELLED);
}

static void who_comes_later_is_found_while_it_runs(void **state) {
  (void)state;
  online("early");
  tg_campaign_spec_t spec = plain();
  start(&spec);
  online("late");
  pass(61000);
  check_int(fake_updates_of("late"), 1);
  fake_set_all(TG_FW_DONE);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_DONE);
  check_int(view().done, 2);
}

static void who_is_offline_is_waited_for(void **state) {
  (void)state;
  tg_id_t away = online("away");
  online("here");
  tg_twin_offline(bench.twin, away, TG_EVENT_EXPIRED, tg_slice_str("x"));
  tg_campaign_spec_t spec = plain();
  start(&spec);
  check_int(fake.count, 1);
  check_int(view().left, 1);
  fake_set_all(TG_FW_DONE);
  pass(3600000);
  check_int(view().state, TG_CAMPAIGN_RUNNING);
  online("away");
  pass(61000);
  check_int(fake_updates_of("away"), 1);
  fake_set_all(TG_FW_DONE);
  pass(10);
  check_int(view().state, TG_CAMPAIGN_DONE);
}

/* A fleet is looked at in parts of 2,000; a millisecond lies between two of them. */
static void a_large_fleet_is_looked_at_in_parts(void **state) {
  (void)state;
  online_many("d", 4500);
  tg_event_drain(bench.bus);
  tg_campaign_spec_t spec = plain();
  spec.wave = 100;
  tg_diag_t diag = {0};
  check_rc(tg_campaigns_start(campaigns, &spec, &diag), TG_OK);
  twin_bench_pass(&bench, 1);
  check_int(fake.count, 0);
  check_int(view().wave, 0); /* the wave begins when all have been seen */
  check_rc(tg_campaigns_pause(campaigns, tg_slice_str("c")), TG_OK);
  pass(60000);
  check_int(fake.count, 0);
  check_rc(tg_campaigns_resume(campaigns, tg_slice_str("c")), TG_OK);
  for (int i = 0; i < 20; i++) twin_bench_pass(&bench, 1);
  check_int(view().wave, 1);
  check_int(view().left + view().running, 4500);
  check_int(view().running, 64);
  assert_string_equal(view().cause, "wave 1 begins with 100 devices");
  check_rc(tg_campaigns_cancel(campaigns, tg_slice_str("c")), TG_OK);
}

static void one_that_is_cancelled_while_it_looks_begins_nothing(void **state) {
  (void)state;
  online_many("d", 2500);
  tg_event_drain(bench.bus);
  tg_campaign_spec_t spec = plain();
  tg_diag_t diag = {0};
  check_rc(tg_campaigns_start(campaigns, &spec, &diag), TG_OK);
  twin_bench_pass(&bench, 1);
  check_rc(tg_campaigns_cancel(campaigns, tg_slice_str("c")), TG_OK);
  pass(60000);
  check_int(fake.count, 0);
  check_int(view().state, TG_CAMPAIGN_CANCELLED);
  check_int(view().left, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CAMPAIGN(a_query_chooses_by_name_link_and_what_devices_say),
      CAMPAIGN(a_tag_chooses_by_whole_words),
      CAMPAIGN(who_has_not_said_is_asked_first),
      CAMPAIGN(who_never_answers_does_not_hold_it_for_ever),
      CAMPAIGN(a_campaign_that_ends_forgets_whom_it_asked),
      CAMPAIGN(who_comes_later_is_found_while_it_runs),
      CAMPAIGN(who_is_offline_is_waited_for),
      CAMPAIGN(a_large_fleet_is_looked_at_in_parts),
      CAMPAIGN(one_that_is_cancelled_while_it_looks_begins_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
