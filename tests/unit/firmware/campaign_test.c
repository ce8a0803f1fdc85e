/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/campaigns.c, campaign_run.c, campaign_look.c and campaign_device.c, under the test's clock. */

#include "core/firmware/campaign.h"

#include "tests/unit/device/twin_harness.h"
#include "tests/unit/firmware/firmware_fake.h"

static twin_bench_t bench;
static tg_campaigns_t *campaigns;
static char told[4096]; /* states as they were told, `running paused …`, without repeats */
static uint32_t told_count;

static void on_changed(void *ud, const tg_campaign_t *campaign) {
  (void)ud;
  const char *name = tg_campaigns_state_name(campaign->state);
  size_t used = strlen(told), len = strlen(name);
  told_count++;
  if (used > len && strncmp(told + used - len - 1, name, len) == 0) return;
  snprintf(told + used, sizeof told - used, "%s ", name);
}

static int set_up(void **state) {
  (void)state;
  fake = (tg_firmware_t){.has_image = true};
  told[0] = '\0';
  told_count = 0;
  twin_bench_open(&bench, 8192);
  check_rc(tg_campaigns_open(&fake, bench.twin, bench.wheel, NULL, &campaigns), TG_OK);
  check_rc(tg_campaigns_listen(campaigns, on_changed, NULL), TG_OK);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  tg_campaigns_close(campaigns);
  twin_bench_close(&bench);
  return 0;
}

static tg_id_t online_tagged(const char *ep, const char *link, uint16_t object, const char *tags) {
  tg_path_t objects[] = {tg_path(2, 3, 0, 0), tg_path(2, object, 0, 0)};
  tg_device_info_t info = {.ep = tg_slice_str(ep),
                           .backend = &twin_bench_backend,
                           .backend_ud = &bench,
                           .link = link,
                           .lifetime_s = 300,
                           .tags = tg_slice_str(tags),
                           .enabler = TG_VERSION_1_1,
                           .objects = objects,
                           .object_count = 2};
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_online(bench.twin, &info, TG_EVENT_REGISTERED, &id), TG_OK);
  return id;
}

static tg_id_t online_over(const char *ep, const char *link, uint16_t object) {
  return online_tagged(ep, link, object, "");
}

static tg_id_t online(const char *ep) {
  return online_over(ep, "udp0", 5);
}

static void online_many(const char *prefix, int count) {
  for (int i = 0; i < count; i++) {
    char ep[32];
    snprintf(ep, sizeof ep, "%s%d", prefix, i);
    online(ep);
    if (i % 100 == 99) tg_event_drain(bench.bus);
  }
}

static void put(tg_id_t device, uint16_t resource, const char *text) {
  tg_record_t record = {
      .path = tg_path(3, 3, 0, resource), .value = {.type = TG_TYPE_STRING, .s = tg_slice_str(text)}, .time_ms = 1};
  const tg_event_records_t records = {&record, 1, TG_SOURCE_READ};
  check_rc(tg_twin_put(bench.twin, device, &records), TG_OK);
}

static tg_campaign_spec_t plain(void) {
  return (tg_campaign_spec_t){.name = "c", .image = "fw2", .severity = -1, .defer_s = -1};
}

static void start(const tg_campaign_spec_t *spec) {
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_campaigns_start(campaigns, spec, &diag);
  if (rc != TG_OK) print_error("%s\n", diag.message);
  check_rc(rc, TG_OK);
  twin_bench_pass(&bench, 10);
}

static tg_campaign_t view(void) {
  tg_campaign_t campaign;
  check_true(tg_campaigns_find(campaigns, tg_slice_str("c"), &campaign));
  return campaign;
}

static void pass(uint64_t ms) {
  twin_bench_pass(&bench, ms);
}

/* The tests ------------------------------------------------------------------------------------------------------------ */

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

#define CAMPAIGN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
      CAMPAIGN(everybody_who_announces_object_5_gets_it),
      CAMPAIGN(nobody_is_an_answer_too),
      CAMPAIGN(a_query_chooses_by_name_link_and_what_devices_say),
      CAMPAIGN(a_tag_chooses_by_whole_words),
      CAMPAIGN(who_has_not_said_is_asked_first),
      CAMPAIGN(who_never_answers_does_not_hold_it_for_ever),
      CAMPAIGN(a_campaign_that_ends_forgets_whom_it_asked),
      CAMPAIGN(a_wave_begins_when_the_one_before_has_ended_and_grows),
      CAMPAIGN(waves_without_growth_are_equal),
      CAMPAIGN(no_more_run_at_once_than_may),
      CAMPAIGN(a_link_has_its_own_limit_and_holds_nobody_else),
      CAMPAIGN(it_stops_at_so_many_failures_and_counts_anew_when_it_goes_on),
      CAMPAIGN(a_share_of_failures_counts_from_ten_or_a_whole_wave_on),
      CAMPAIGN(a_whole_small_wave_is_enough_to_stop_it),
      CAMPAIGN(a_pause_lets_what_runs_go_on_and_begins_nothing),
      CAMPAIGN(cancelling_ends_what_can_be_ended),
      CAMPAIGN(who_comes_later_is_found_while_it_runs),
      CAMPAIGN(who_is_offline_is_waited_for),
      CAMPAIGN(who_has_an_update_already_comes_later),
      CAMPAIGN(where_there_is_no_room_it_tries_again),
      CAMPAIGN(it_stops_when_its_image_goes),
      CAMPAIGN(an_update_may_end_inside_the_call),
      CAMPAIGN(what_can_not_be_is_refused_with_a_reason),
      CAMPAIGN(campaigns_are_bounded_and_listed_newest_first),
      CAMPAIGN(numbers_are_told_once_a_second_at_most),
      CAMPAIGN(listeners_are_bounded),
      CAMPAIGN(a_large_fleet_is_looked_at_in_parts),
      CAMPAIGN(one_that_is_cancelled_while_it_looks_begins_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
