/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/device/twin_quirks.c, and names and tags of twin.c: what sources know of their devices beside values. */

#include "tests/unit/device/twin_harness.h"

static twin_bench_t bench;

static tg_id_t online(const char *ep, const char *wire_ep, const char *tags) {
  const tg_device_info_t info = {.ep = tg_slice_str(ep),
                                 .wire_ep = tg_slice_str(wire_ep),
                                 .tags = tg_slice_str(tags),
                                 .backend = &twin_bench_backend,
                                 .backend_ud = &bench};
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_online(bench.twin, &info, TG_EVENT_REGISTERED, &id), TG_OK);
  return id;
}

static void quirks_are_noted_and_counted_each(void **state) {
  (void)state;
  twin_bench_open(&bench, 4);
  tg_id_t id = online("a", "", "");
  const tg_device_t *device = tg_twin_find(bench.twin, id);
  assert_null(device->quirk_counts);
  tg_twin_quirks_count(bench.twin, id, 0);
  assert_null(device->quirk_counts); /* most devices need no memory for it */
  tg_twin_quirks_count(bench.twin, id, 1U << 31 | 1);
  tg_twin_quirks_count(bench.twin, id, 1);
  check_int(device->quirks, 1U << 31 | 1);
  check_int(device->quirk_counts[0], 2);
  check_int(device->quirk_counts[31], 1);
  check_int(device->quirk_counts[5], 0);
  tg_twin_quirks_set(bench.twin, id, 4);
  check_int(device->quirks, 4);
  check_int(device->quirk_counts[0], 2);
  tg_twin_quirks_set(bench.twin, TG_ID_NONE, 8);
  tg_twin_quirks_count(bench.twin, TG_ID_NONE, 8);
  check_int(device->quirks, 4);
  twin_bench_close(&bench);
}

static void names_and_tags_are_what_the_source_said_last(void **state) {
  (void)state;
  twin_bench_open(&bench, 4);
  tg_id_t id = online("a", "", "");
  const tg_device_t *device = tg_twin_find(bench.twin, id);
  assert_null(device->wire_ep);
  assert_null(device->tags);
  check_int(online("a", "urn:imei:1", "one two"), id);
  assert_string_equal(device->wire_ep, "urn:imei:1");
  assert_string_equal(device->tags, "one two");
  tg_device_info_t info = {.ep = tg_slice_str("a"), /* from the device itself, as an Update does it */
                           .wire_ep = tg_slice_str(device->wire_ep),
                           .tags = tg_slice_str(device->tags),
                           .backend = &twin_bench_backend,
                           .backend_ud = &bench};
  check_rc(tg_twin_online(bench.twin, &info, TG_EVENT_UPDATED, &id), TG_OK);
  assert_string_equal(device->wire_ep, "urn:imei:1");
  assert_string_equal(device->tags, "one two");
  tg_twin_offline(bench.twin, id, TG_EVENT_EXPIRED, tg_slice_str(""));
  assert_string_equal(device->tags, "one two");
  check_int(online("a", "", ""), id);
  assert_null(device->tags);
  twin_bench_close(&bench);
}

CHECK_SUITE(quirks_are_noted_and_counted_each, names_and_tags_are_what_the_source_said_last)
