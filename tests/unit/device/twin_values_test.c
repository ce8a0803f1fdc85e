/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/device/twin_values.c; the bench's twin keeps four values a device. */

#include "core/base/clock.h"
#include "tests/unit/device/twin_harness.h"

static tg_record_t number(uint16_t resource, int64_t value) {
  return (tg_record_t){.path = tg_path(3, 3, 0, resource), .value = {.type = TG_TYPE_INTEGER, .i = value}};
}

static void put(twin_bench_t *bench, tg_id_t id, const tg_record_t *records, size_t count) {
  check_rc(tg_twin_put(bench->twin, id, &(tg_event_records_t){.items = records, .count = count}), TG_OK);
  tg_event_drain(bench->bus);
}

static void put_one(twin_bench_t *bench, tg_id_t id, tg_record_t record) {
  put(bench, id, &record, 1);
}

static tg_rc_t value_at(twin_bench_t *bench, tg_id_t id, uint16_t resource, tg_record_t *record) {
  tg_path_t path = tg_path(3, 3, 0, resource);
  return tg_twin_value(bench->twin, id, &path, record);
}

static void every_type_comes_back_as_it_was_put(void **state) {
  (void)state;
  static const tg_value_t values[] = {
      {.type = TG_TYPE_STRING, .s = {(const uint8_t *)"text", 4}},
      {.type = TG_TYPE_INTEGER, .i = INT64_MIN},
      {.type = TG_TYPE_UNSIGNED, .u = UINT64_MAX},
      {.type = TG_TYPE_FLOAT, .f = -0.5},
      {.type = TG_TYPE_BOOLEAN, .b = true},
      {.type = TG_TYPE_OPAQUE, .s = {(const uint8_t *)"\0\1", 2}},
      {.type = TG_TYPE_TIME, .i = 1763990000},
      {.type = TG_TYPE_OBJLNK, .link = {3, 65535}},
      {.type = TG_TYPE_CORELNK, .s = {(const uint8_t *)"</3>", 4}},
      {.type = TG_TYPE_STRING, .s = {NULL, 0}},
  };
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", false);
  for (size_t i = 0; i < TG_COUNT(values); i++) {
    tg_record_t record = {
        .path = tg_path(3, 3, 0, 1), .value = values[i], .time_ms = (int64_t)i, .time_source = TG_TIME_RECEIVED};
    put_one(&bench, id, record);
    tg_record_t got;
    check_rc(value_at(&bench, id, 1, &got), TG_OK);
    check_true(tg_value_eq(&got.value, &values[i]));
    check_int(got.time_ms, i);
    check_int(got.time_source, TG_TIME_RECEIVED);
  }
  twin_bench_close(&bench);
}

static bool note_resource(void *ud, const tg_record_t *record) {
  char *text = ud;
  snprintf(text + strlen(text), 16, "%u ", record->path.id[2]);
  return true;
}

static void values_are_walked_in_order_below_a_path(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", false);
  put(&bench, id, (tg_record_t[]){number(9, 1), number(2, 1), number(5, 1)}, 3);
  put_one(&bench, id, (tg_record_t){.path = tg_path(3, 3303, 0, 5700), .value = {.type = TG_TYPE_FLOAT, .f = 1}});
  char text[64] = "";
  tg_path_t instance = tg_path(2, 3, 0, 0), root = {0};
  tg_twin_values(bench.twin, id, &instance, note_resource, text);
  assert_string_equal(text, "2 5 9 ");
  text[0] = '\0';
  tg_twin_values(bench.twin, id, &root, note_resource, text);
  assert_string_equal(text, "2 5 9 5700 ");
  twin_bench_close(&bench);
}

static void a_fifth_value_pushes_out_the_one_written_longest_ago(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", false);
  for (uint16_t i = 1; i <= 4; i++) put_one(&bench, id, number(i, i));
  put_one(&bench, id, number(1, 10));
  put_one(&bench, id, number(0, 5));
  tg_record_t got;
  check_rc(value_at(&bench, id, 2, &got), TG_E_NOT_FOUND);
  check_rc(value_at(&bench, id, 1, &got), TG_OK);
  check_int(got.value.i, 10);
  check_rc(value_at(&bench, id, 0, &got), TG_OK);
  twin_bench_close(&bench);
}

static void history_that_comes_late_does_not_replace_what_is_newer(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", false);
  int64_t now = tg_clock_wall_ms();
  tg_record_t newer = number(1, 2), older = number(1, 1), got;
  newer.time_source = older.time_source = TG_TIME_DEVICE;
  newer.time_ms = now - 1000;
  older.time_ms = now - 5000;
  put(&bench, id, (tg_record_t[]){newer, older}, 2);
  check_rc(value_at(&bench, id, 1, &got), TG_OK);
  check_int(got.value.i, 2);
  newer.time_ms = now + 86400000; /* a clock that was wrong must not block for ever */
  put_one(&bench, id, newer);
  put_one(&bench, id, older);
  check_rc(value_at(&bench, id, 1, &got), TG_OK);
  check_int(got.value.i, 1);
  twin_bench_close(&bench);
}

static void a_null_removes_and_a_long_text_is_not_kept(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_id_t id = twin_bench_online(&bench, "a", false);
  put_one(&bench, id, number(1, 1));
  put_one(&bench, id, (tg_record_t){.path = tg_path(3, 3, 0, 1)});
  tg_record_t got;
  check_rc(value_at(&bench, id, 1, &got), TG_E_NOT_FOUND);
  static uint8_t bytes[5000];
  put_one(&bench, id, number(1, 1));
  tg_record_t text = {.path = tg_path(3, 3, 0, 1),
                      .value = {.type = TG_TYPE_OPAQUE, .s = tg_slice(bytes, sizeof bytes)}};
  put_one(&bench, id, text);
  check_rc(value_at(&bench, id, 1, &got), TG_E_NOT_FOUND);
  twin_bench_close(&bench);
}

static void an_unknown_device_is_gone(void **state) {
  (void)state;
  twin_bench_t bench;
  twin_bench_open(&bench, 8);
  tg_record_t record = number(1, 1);
  check_rc(tg_twin_put(bench.twin, 99, &(tg_event_records_t){.items = &record, .count = 1}), TG_E_GONE);
  check_rc(value_at(&bench, 99, 1, &record), TG_E_GONE);
  twin_bench_close(&bench);
}

CHECK_SUITE(every_type_comes_back_as_it_was_put, values_are_walked_in_order_below_a_path,
            a_fifth_value_pushes_out_the_one_written_longest_ago,
            history_that_comes_late_does_not_replace_what_is_newer, a_null_removes_and_a_long_text_is_not_kept,
            an_unknown_device_is_gone)
