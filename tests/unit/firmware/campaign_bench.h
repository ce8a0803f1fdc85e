/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_FIRMWARE_CAMPAIGN_BENCH_H
#define TG_TESTS_UNIT_FIRMWARE_CAMPAIGN_BENCH_H

/**
 * Campaigns over a twin and over updates that go as the test says, under the test's clock; no store. To be included by one test file, as is
 * firmware_fake.h.
 */

#include "core/firmware/campaign.h"
#include "tests/unit/device/twin_harness.h"
#include "tests/unit/firmware/firmware_fake.h"

static twin_bench_t bench;
static tg_campaigns_t *campaigns;
static char told[4096]; /* states as they were told, `running paused …`, without repeats */
static uint32_t told_count;

static inline void on_changed(void *ud, const tg_campaign_t *campaign) {
  (void)ud;
  const char *name = tg_campaigns_state_name(campaign->state);
  size_t used = strlen(told), len = strlen(name);
  told_count++;
  if (used > len && strncmp(told + used - len - 1, name, len) == 0) return;
  snprintf(told + used, sizeof told - used, "%s ", name);
}

static inline int set_up(void **state) {
  (void)state;
  fake = (tg_firmware_t){.has_image = true};
  told[0] = '\0';
  told_count = 0;
  twin_bench_open(&bench, 8192);
  check_rc(tg_campaigns_open(&fake, bench.twin, bench.wheel, NULL, &campaigns), TG_OK);
  check_rc(tg_campaigns_listen(campaigns, on_changed, NULL), TG_OK);
  return 0;
}

static inline int tear_down(void **state) {
  (void)state;
  tg_campaigns_close(campaigns);
  twin_bench_close(&bench);
  return 0;
}

/* A device with object 3 and @p object comes online. */
static inline tg_id_t online_tagged(const char *ep, const char *link, uint16_t object, const char *tags) {
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

static inline tg_id_t online_over(const char *ep, const char *link, uint16_t object) {
  return online_tagged(ep, link, object, "");
}

static inline tg_id_t online(const char *ep) {
  return online_over(ep, "udp0", 5);
}

/* Devices PREFIX0, PREFIX1 … with object 5 come online over udp0. */
static inline void online_many(const char *prefix, int count) {
  for (int i = 0; i < count; i++) {
    char ep[32];
    snprintf(ep, sizeof ep, "%s%d", prefix, i);
    online(ep);
    if (i % 100 == 99) tg_event_drain(bench.bus);
  }
}

/* A device says so of its object 3. */
static inline void put(tg_id_t device, uint16_t resource, const char *text) {
  tg_record_t record = {
      .path = tg_path(3, 3, 0, resource), .value = {.type = TG_TYPE_STRING, .s = tg_slice_str(text)}, .time_ms = 1};
  const tg_event_records_t records = {&record, 1, TG_SOURCE_READ};
  check_rc(tg_twin_put(bench.twin, device, &records), TG_OK);
}

/* Campaign `c` to image fw2, with no limits. */
static inline tg_campaign_spec_t plain(void) {
  return (tg_campaign_spec_t){.name = "c", .image = "fw2", .severity = -1, .defer_s = -1};
}

/* It begins, and looks at the first devices. */
static inline void start(const tg_campaign_spec_t *spec) {
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_campaigns_start(campaigns, spec, &diag);
  if (rc != TG_OK) print_error("%s\n", diag.message);
  check_rc(rc, TG_OK);
  twin_bench_pass(&bench, 10);
}

/* How campaign `c` stands. */
static inline tg_campaign_t view(void) {
  tg_campaign_t campaign;
  check_true(tg_campaigns_find(campaigns, tg_slice_str("c"), &campaign));
  return campaign;
}

static inline void pass(uint64_t ms) {
  twin_bench_pass(&bench, ms);
}

/** A test with all of that. */
#define CAMPAIGN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
