/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/senml_json_enc_test.c: mirrors core/codec/senml_json_enc.c. */

#include "tests/unit/codec/payload.h"

static void check_text(const char *base, const tg_record_t *records, size_t count, const char *want) {
  char memory[1024];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  check_rc(payload_encode(TG_CF_SENML_JSON, base, records, count, &out), TG_OK);
  check_slice(tg_buf_slice(&out), want);
}

static void writes_packs_with_a_base_name(void **state) {
  (void)state;
  static const tg_record_t device[] = {PAYLOAD_STR(PATH3(3, 0, 0), "Open \"Mobile\""),
                                       PAYLOAD_INT(PATH4(3, 0, 6, 1), 5), PAYLOAD_INT(PATH3(3, 0, 9), 100)};
  check_text(
      "/3/0", device, 3,
      "[{\"bn\":\"/3/0/\",\"n\":\"0\",\"vs\":\"Open \\\"Mobile\\\"\"},{\"n\":\"6/1\",\"v\":5},{\"n\":\"9\",\"v\":100}]");
  check_text("/", device, 1, "[{\"n\":\"/3/0/0\",\"vs\":\"Open \\\"Mobile\\\"\"}]");
  check_text("/3/0/9", device + 2, 1, "[{\"bn\":\"/3/0/9\",\"v\":100}]");
  check_text("/3/0", device, 0, "[]");
  static const tg_record_t names[] = {PAYLOAD_NAME(PATH3(3, 0, 0)), PAYLOAD_NAME(PATH2(1, 0))};
  check_text("/", names, 2, "[{\"n\":\"/3/0/0\"},{\"n\":\"/1/0\"}]");
}

static void writes_every_type_under_its_label(void **state) {
  (void)state;
  static const struct {
    tg_record_t record;
    const char *want;
  } rows[] = {
      {PAYLOAD_STR(PATH3(30000, 0, 0), "\xC3\xBC\n"), "\"vs\":\"\xC3\xBC\\n\""},
      {PAYLOAD_INT(PATH3(30000, 0, 1), INT64_MIN), "\"v\":-9223372036854775808"},
      {PAYLOAD_UINT(PATH3(30000, 0, 2), UINT64_MAX), "\"v\":18446744073709551615"},
      {PAYLOAD_FLOAT(PATH3(30000, 0, 3), 22.5), "\"v\":22.5"},
      {PAYLOAD_INT(PATH3(30000, 0, 3), 22), "\"v\":22.0"},
      {PAYLOAD_BOOL(PATH3(30000, 0, 4), true), "\"vb\":true"},
      {PAYLOAD_OPAQUE(PATH3(30000, 0, 5), "\xFF\xEF"), "\"vd\":\"_-8\""},
      {PAYLOAD_INT(PATH3(30000, 0, 6), 1700000000), "\"v\":1700000000"},
      {PAYLOAD_LINK(PATH3(30000, 0, 7), 65535, 65535), "\"vlo\":\"65535:65535\""},
      {PAYLOAD_STR(PATH3(30000, 0, 8), "</1>"), "\"vs\":\"</1>\""},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char want[128], base[TG_PATH_TEXT_MAX];
    (void)tg_path_text(&rows[i].record.path, base);
    snprintf(want, sizeof want, "[{\"bn\":\"%s\",%s}]", base, rows[i].want);
    check_text(base, &rows[i].record, 1, want);
  }
}

static void writes_times_of_the_device_against_the_first_one(void **state) {
  (void)state;
  tg_record_t records[3] = {PAYLOAD_INT(PATH3(3, 0, 9), 1), PAYLOAD_INT(PATH3(3, 0, 9), 2),
                            PAYLOAD_INT(PATH3(3, 0, 9), 3)};
  static const int64_t times[3] = {INT64_C(1700000000250), INT64_C(1700000060250), INT64_C(1699999999950)};
  for (size_t i = 0; i < 3; i++) {
    records[i].time_ms = times[i];
    records[i].time_source = TG_TIME_DEVICE;
  }
  check_text("/3/0/9", records, 3,
             "[{\"bn\":\"/3/0/9\",\"bt\":1700000000.250,\"v\":1},{\"t\":60,\"v\":2},{\"t\":-0.300,\"v\":3}]");
  records[0].time_source = TG_TIME_RECEIVED;
  check_text("/3/0/9", records, 2, "[{\"bn\":\"/3/0/9\",\"v\":1},{\"t\":1700000060.250,\"v\":2}]");
}

/* What is before 1978 would be read as relative to now, and after the year 9999 no reader takes it. */
static void writes_no_time_that_does_not_read_back(void **state) {
  (void)state;
  static const struct {
    int64_t time_ms;
    tg_rc_t rc;
  } rows[] = {{INT64_C(268435455999), TG_E_RANGE},
              {INT64_C(268435456000), TG_OK},
              {INT64_C(253402300799999), TG_OK},
              {INT64_C(253402300800000), TG_E_RANGE}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint8_t memory[128];
    tg_buf_t out;
    tg_record_t record = PAYLOAD_INT(PATH3(3, 0, 9), 1);
    record.time_ms = rows[i].time_ms;
    record.time_source = TG_TIME_DEVICE;
    tg_buf_init(&out, memory, sizeof memory);
    check_rc(payload_encode(TG_CF_SENML_JSON, "/3/0/9", &record, 1, &out), rows[i].rc);
    tg_buf_init(&out, memory, sizeof memory);
    check_rc(payload_encode(TG_CF_SENML_CBOR, "/3/0/9", &record, 1, &out), rows[i].rc);
  }
}

static void tells_when_the_buffer_is_too_small(void **state) {
  (void)state;
  static const tg_record_t record = PAYLOAD_INT(PATH3(3, 0, 9), 100);
  for (size_t cap = 0; cap < 25; cap++) {
    uint8_t memory[25];
    tg_buf_t out;
    tg_buf_init(&out, memory, cap);
    check_rc(payload_encode(TG_CF_SENML_JSON, "/3/0/9", &record, 1, &out), TG_E_TOO_LONG);
    tg_buf_init(&out, memory, cap > 14 ? 14 : cap);
    check_rc(payload_encode(TG_CF_SENML_CBOR, "/3/0/9", &record, 1, &out), cap >= 13 ? TG_OK : TG_E_TOO_LONG);
  }
}

CHECK_SUITE(writes_packs_with_a_base_name, writes_every_type_under_its_label,
            writes_times_of_the_device_against_the_first_one, writes_no_time_that_does_not_read_back,
            tells_when_the_buffer_is_too_small)
