/* SPDX-License-Identifier: Apache-2.0 */
/* Campaigns when an allocation of ours fails, in every place in turn: they say so, or try again, and no device is lost or begun twice. */

#include "core/firmware/campaign_device.h"
#include "tests/unit/alloc_harness.h"
#include "tests/unit/device/twin_harness.h"
#include "tests/unit/firmware/firmware_fake.h"
#include "tests/unit/store/store_harness.h"

enum { DEVICES = 40 };

/* What a scenario works on. */
typedef struct bench {
  twin_bench_t twin;
  store_harness_t store;
} bench_t;

static void online(bench_t *bench) {
  for (int i = 0; i < DEVICES; i++) {
    char ep[16];
    snprintf(ep, sizeof ep, "d%d", i);
    const tg_path_t objects[] = {tg_path(2, 5, 0, 0)};
    const tg_device_info_t info = {.ep = tg_slice_str(ep),
                                   .backend = &twin_bench_backend,
                                   .backend_ud = &bench->twin,
                                   .link = "udp0",
                                   .lifetime_s = 300,
                                   .objects = objects,
                                   .object_count = 1};
    tg_id_t id;
    check_rc(tg_twin_online(bench->twin.twin, &info, TG_EVENT_REGISTERED, &id), TG_OK);
  }
}

static void pass(bench_t *bench, uint64_t ms) {
  bench->twin.now += ms;
  tg_wheel_advance(bench->twin.wheel, bench->twin.now);
}

static bool run(bench_t *bench, tg_campaigns_t *campaigns) {
  const tg_campaign_spec_t spec = {.name = "c", .image = "fw2", .severity = -1, .defer_s = -1, .wave = 15};
  tg_rc_t rc = tg_campaigns_start(campaigns, &spec, NULL);
  tg_campaign_t view;
  if (rc != TG_OK) {
    check_rc(rc, TG_E_NOMEM);
    check_false(tg_campaigns_find(campaigns, tg_slice_str("c"), &view));
    return false;
  }
  for (int i = 0; i < 60; i++) {
    pass(bench, 6000);
    fake_set_all(TG_FW_DONE);
  }
  check_true(tg_campaigns_find(campaigns, tg_slice_str("c"), &view));
  check_int(view.state, TG_CAMPAIGN_DONE);
  check_int(view.done, DEVICES);
  check_int(fake.count, DEVICES);
  return true;
}

static bool use_campaigns(void *ud) {
  bench_t *bench = ud;
  tg_campaigns_t *campaigns = NULL;
  fake = (tg_firmware_t){.has_image = true};
  tg_rc_t rc = tg_campaigns_open(&fake, bench->twin.twin, bench->twin.wheel, NULL, &campaigns);
  if (rc != TG_OK) {
    check_rc(rc, TG_E_NOMEM);
    assert_null(campaigns);
    return false;
  }
  bool is_fine = run(bench, campaigns);
  tg_campaigns_close(campaigns);
  return is_fine && !alloc_harness_failed();
}

static void without_memory_a_campaign_goes_on_later(void **state) {
  (void)state;
  static bench_t bench;
  twin_bench_open(&bench.twin, DEVICES);
  online(&bench);
  check_true(alloc_harness_each_failure(use_campaigns, &bench) >= DEVICES);
  twin_bench_close(&bench.twin);
}

static bool restore(void *ud) {
  bench_t *bench = ud;
  tg_campaigns_t *campaigns = NULL;
  tg_rc_t rc = tg_campaigns_open(&fake, bench->twin.twin, bench->twin.wheel, bench->store.store, &campaigns);
  if (rc != TG_OK) {
    check_rc(rc, TG_E_NOMEM);
    return false;
  }
  tg_campaign_t view;
  check_true(tg_campaigns_find(campaigns, tg_slice_str("c"), &view));
  check_int(view.running, 15);
  tg_campaigns_close(campaigns);
  return true;
}

static void without_memory_campaigns_are_not_restored_by_halves(void **state) {
  (void)state;
  static bench_t bench;
  twin_bench_open(&bench.twin, DEVICES);
  online(&bench);
  store_harness_init(&bench.store, true);
  check_rc(store_harness_open(&bench.store, NULL), TG_OK);
  fake = (tg_firmware_t){.has_image = true};
  tg_campaigns_t *campaigns;
  check_rc(tg_campaigns_open(&fake, bench.twin.twin, bench.twin.wheel, bench.store.store, &campaigns), TG_OK);
  const tg_campaign_spec_t spec = {.name = "c", .image = "fw2", .severity = -1, .defer_s = -1, .wave = 15};
  check_rc(tg_campaigns_start(campaigns, &spec, NULL), TG_OK);
  pass(&bench, 10);
  tg_campaigns_close(campaigns);
  check_rc(store_harness_commit(&bench.store), TG_OK);
  check_true(alloc_harness_each_failure(restore, &bench) >= 15);
  store_harness_fini(&bench.store);
  twin_bench_close(&bench.twin);
}

CHECK_SUITE(without_memory_a_campaign_goes_on_later, without_memory_campaigns_are_not_restored_by_halves)
