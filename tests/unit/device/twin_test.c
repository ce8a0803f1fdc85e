/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/device/twin.c, twin_awake.c and twin_op.c. */

#include "tests/unit/device/twin_harness.h"

static void a_device_is_found_by_id_and_by_endpoint(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "meter", false);
  const tg_device_t *device = tg_twin_find(bench.twin, id);
  assert_ptr_equal(device, tg_twin_find_ep(bench.twin, tg_slice_str("meter")));
  assert_null(tg_twin_find_ep(bench.twin, tg_slice_str("meter2")));
  assert_null(tg_twin_find(bench.twin, id + 1));
  assert_string_equal(device->ep, "meter");
  check_true(device->online && device->awake);
  check_int(tg_twin_count(bench.twin), 1);
  assert_string_equal(twin_bench_events(&bench), "registered:meter ");
  twin_bench_close(&bench);
}

static void announced_objects_are_kept_ascending_and_once(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  const tg_device_t *device = tg_twin_find(bench.twin, twin_bench_online(&bench, "a", false));
  check_int(device->object_count, 2);
  check_int(device->objects[0].id[0], 3);
  check_int(device->objects[1].id[0], 3303);
  twin_bench_close(&bench);
}

static void coming_again_keeps_the_id_and_the_values(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", false);
  tg_record_t record = {.path = tg_path(3, 3, 0, 9), .value = {.type = TG_TYPE_INTEGER, .i = 87}};
  check_rc(tg_twin_put(bench.twin, id, &(tg_event_records_t){.items = &record, .count = 1}), TG_OK);
  tg_twin_offline(bench.twin, id, TG_EVENT_EXPIRED, tg_slice_str("lifetime over"));
  check_false(tg_twin_find(bench.twin, id)->online);
  check_int(twin_bench_online(&bench, "a", true), id);
  check_rc(tg_twin_value(bench.twin, id, &record.path, &record), TG_OK);
  assert_string_equal(twin_bench_events(&bench), "registered:a records:a expired:a registered:a ");
  twin_bench_close(&bench);
}

static void refuses_endpoints_that_cannot_be_names(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  static char long_ep[300];
  memset(long_ep, 'e', 256);
  tg_slice_t bad[] = {tg_slice_str(""), tg_slice_str(long_ep), tg_slice("a\0b", 3)};
  for (size_t i = 0; i < TG_COUNT(bad); i++) {
    tg_device_info_t info = {.ep = bad[i], .backend = &twin_bench_backend, .link = "x"};
    tg_id_t id;
    check_rc(tg_twin_online(bench.twin, &info, TG_EVENT_REGISTERED, &id), TG_E_ARG);
  }
  check_int(tg_twin_count(bench.twin), 0);
  twin_bench_close(&bench);
}

static void a_full_table_forgets_the_longest_offline_device_only(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 3);
  tg_id_t a = twin_bench_online(&bench, "a", false), b = twin_bench_online(&bench, "b", false);
  twin_bench_online(&bench, "c", false);
  tg_device_info_t info = {.ep = tg_slice_str("d"), .backend = &twin_bench_backend, .link = "x"};
  tg_id_t id;
  check_rc(tg_twin_online(bench.twin, &info, TG_EVENT_REGISTERED, &id), TG_E_FULL);
  tg_twin_offline(bench.twin, b, TG_EVENT_EXPIRED, tg_slice_str(""));
  tg_twin_offline(bench.twin, a, TG_EVENT_EXPIRED, tg_slice_str(""));
  check_rc(tg_twin_online(bench.twin, &info, TG_EVENT_REGISTERED, &id), TG_OK);
  assert_null(tg_twin_find(bench.twin, b));
  assert_non_null(tg_twin_find(bench.twin, a));
  check_int(tg_twin_count(bench.twin), 3);
  twin_bench_close(&bench);
}

static void an_offline_device_is_forgotten_after_a_day(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t a = twin_bench_online(&bench, "a", false), b = twin_bench_online(&bench, "b", false);
  tg_twin_offline(bench.twin, a, TG_EVENT_EXPIRED, tg_slice_str(""));
  twin_bench_pass(&bench, 3600 * 1000);
  tg_twin_offline(bench.twin, b, TG_EVENT_DEREGISTERED, tg_slice_str(""));
  twin_bench_pass(&bench, 23 * 3600 * 1000);
  assert_null(tg_twin_find(bench.twin, a));
  assert_non_null(tg_twin_find(bench.twin, b));
  twin_bench_pass(&bench, 3600 * 1000);
  check_int(tg_twin_count(bench.twin), 0);
  twin_bench_close(&bench);
}

static void an_event_that_does_not_fit_leaves_everything_as_it_was(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", false);
  tg_event_t filler = {.type = TG_EVENT_MOVED};
  while (tg_event_emit(bench.bus, &filler) == TG_OK) {
  }
  tg_device_info_t info = {.ep = tg_slice_str("b"), .backend = &twin_bench_backend, .link = "x"};
  tg_id_t other;
  check_rc(tg_twin_online(bench.twin, &info, TG_EVENT_REGISTERED, &other), TG_E_FULL);
  info.ep = tg_slice_str("a");
  check_rc(tg_twin_online(bench.twin, &info, TG_EVENT_UPDATED, &other), TG_E_FULL);
  check_int(tg_twin_find(bench.twin, id)->object_count, 2);
  check_int(tg_twin_count(bench.twin), 1);
  tg_record_t record = {.path = tg_path(3, 3, 0, 9), .value = {.type = TG_TYPE_INTEGER, .i = 1}};
  check_rc(tg_twin_put(bench.twin, id, &(tg_event_records_t){.items = &record, .count = 1}), TG_E_FULL);
  check_rc(tg_twin_value(bench.twin, id, &record.path, &record), TG_E_NOT_FOUND);
  twin_bench_close(&bench);
}

static void a_device_in_queue_mode_falls_asleep_when_its_window_ends(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", true);
  tg_twin_awake(bench.twin, id, bench.now + 93000);
  twin_bench_pass(&bench, 92000);
  tg_twin_awake(bench.twin, id, bench.now + 93000); /* it was heard */
  twin_bench_pass(&bench, 92000);
  check_true(tg_twin_find(bench.twin, id)->awake);
  twin_bench_pass(&bench, 1001);
  check_false(tg_twin_find(bench.twin, id)->awake);
  tg_twin_awake(bench.twin, id, bench.now + 93000);
  tg_twin_asleep(bench.twin, id);
  tg_twin_asleep(bench.twin, id);
  assert_string_equal(twin_bench_events(&bench), "registered:a asleep:a awake:a asleep:a ");
  twin_bench_close(&bench);
}

static void a_device_without_queue_mode_never_sleeps(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", false);
  tg_twin_awake(bench.twin, id, bench.now + 10);
  tg_twin_asleep(bench.twin, id);
  twin_bench_pass(&bench, 100000);
  check_true(tg_twin_find(bench.twin, id)->awake);
  assert_string_equal(twin_bench_events(&bench), "registered:a ");
  twin_bench_close(&bench);
}

static void a_restored_device_comes_quietly_and_asleep(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_device_info_t info = {
      .ep = tg_slice_str("a"), .backend = &twin_bench_backend, .backend_ud = &bench, .link = "x", .queue_mode = true};
  tg_id_t id;
  check_rc(tg_twin_online(bench.twin, &info, TG_EVENT_TYPE_COUNT, &id), TG_OK);
  check_true(tg_twin_find(bench.twin, id)->online);
  check_false(tg_twin_find(bench.twin, id)->awake);
  assert_string_equal(twin_bench_events(&bench), "");
  twin_bench_close(&bench);
}

static bool count_device(void *ud, const tg_device_t *device) {
  (void)device;
  return ++*(int *)ud < 2;
}

static void the_leave_to_move_and_the_link_stay_with_the_device(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 4);
  tg_id_t id = twin_bench_online(&bench, "a", false), other = twin_bench_online(&bench, "b", false);
  check_int(tg_twin_find(bench.twin, id)->may_move_until_ms, 0);
  tg_twin_may_move(bench.twin, id, 5000);
  tg_twin_moved(bench.twin, id, "udp7");
  tg_twin_may_move(bench.twin, id + 1000, 6000); /* nobody */
  tg_twin_moved(bench.twin, id + 1000, "nidd");
  assert_string_equal(tg_twin_find(bench.twin, id)->link, "udp7");
  tg_twin_offline(bench.twin, id, TG_EVENT_DEREGISTERED, tg_slice_str(""));
  check_int(tg_twin_find(bench.twin, id)->may_move_until_ms, 5000);
  check_int(twin_bench_online(&bench, "a", true), id);
  check_int(tg_twin_find(bench.twin, id)->may_move_until_ms, 5000);
  check_int(tg_twin_find(bench.twin, other)->may_move_until_ms, 0);
  tg_twin_may_move(bench.twin, id, 0);
  check_int(tg_twin_find(bench.twin, id)->may_move_until_ms, 0);
  twin_bench_close(&bench);
}

static void walking_stops_when_told(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  for (int i = 0; i < 4; i++) twin_bench_online(&bench, (const char *[]){"a", "b", "c", "d"}[i], false);
  int count = 0;
  tg_twin_each(bench.twin, count_device, &count);
  check_int(count, 2);
  twin_bench_close(&bench);
}

static void operations_have_names_both_ways(void **state) {
  (void)state;
  for (int i = 0; i < TG_OP_COUNT; i++) {
    tg_op_t op;
    check_rc(tg_twin_op_of(tg_slice_str(tg_twin_op_name((tg_op_t)i)), &op), TG_OK);
    check_int(op, i);
  }
  tg_op_t op;
  check_rc(tg_twin_op_of(tg_slice_str("reed"), &op), TG_E_NOT_FOUND);
}

CHECK_SUITE(a_device_is_found_by_id_and_by_endpoint, announced_objects_are_kept_ascending_and_once,
            coming_again_keeps_the_id_and_the_values, refuses_endpoints_that_cannot_be_names,
            a_full_table_forgets_the_longest_offline_device_only, an_offline_device_is_forgotten_after_a_day,
            an_event_that_does_not_fit_leaves_everything_as_it_was,
            a_device_in_queue_mode_falls_asleep_when_its_window_ends, a_device_without_queue_mode_never_sleeps,
            a_restored_device_comes_quietly_and_asleep, the_leave_to_move_and_the_link_stay_with_the_device,
            walking_stops_when_told, operations_have_names_both_ways)
