/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/json_enc_test.c: mirrors core/codec/json_enc.c. */

#include <math.h>

#include "tests/unit/codec/payload.h"

#define AT(record_, ms)                                                                                                \
  { .path = (record_).path, .value = (record_).value, .time_ms = (ms), .time_source = TG_TIME_DEVICE }

static void check_text(const char *base, const tg_record_t *records, size_t count, const char *want) {
  char memory[1024];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  check_rc(payload_encode(TG_CF_JSON, base, records, count, &out), TG_OK);
  check_slice(tg_buf_slice(&out), want);
}

static void writes_objects_as_the_standard_shows_them(void **state) {
  (void)state;
  static const tg_record_t device[] = {PAYLOAD_STR(PATH3(3, 0, 0), "Open"), PAYLOAD_INT(PATH4(3, 0, 6, 0), 1),
                                       PAYLOAD_INT(PATH3(3, 0, 9), 100)};
  check_text(
      "/3/0", device, 3,
      "{\"bn\":\"/3/0/\",\"e\":[{\"n\":\"0\",\"sv\":\"Open\"},{\"n\":\"6/0\",\"v\":1},{\"n\":\"9\",\"v\":100}]}");
  check_text("/3/0/9", device + 2, 1, "{\"bn\":\"/3/0/9\",\"e\":[{\"v\":100}]}");
  check_text("/", device + 2, 1, "{\"e\":[{\"n\":\"/3/0/9\",\"v\":100}]}");
  check_text("/3", device, 0, "{\"bn\":\"/3/\",\"e\":[]}");
  check_text("/", device, 0, "{\"e\":[]}");
}

static void writes_every_type_under_its_label(void **state) {
  (void)state;
  static const struct {
    tg_record_t record;
    const char *want;
  } rows[] = {
      {PAYLOAD_STR(PATH3(30000, 0, 0), "a\"\n\xC3\xBC"), "\"sv\":\"a\\\"\\n\xC3\xBC\""},
      {PAYLOAD_INT(PATH3(30000, 0, 1), INT64_MIN), "\"v\":-9223372036854775808"},
      {PAYLOAD_UINT(PATH3(30000, 0, 2), UINT64_MAX), "\"v\":18446744073709551615"},
      {PAYLOAD_FLOAT(PATH3(30000, 0, 3), 22.5), "\"v\":22.5"},
      {PAYLOAD_BOOL(PATH3(30000, 0, 4), true), "\"bv\":true"},
      {PAYLOAD_OPAQUE(PATH3(30000, 0, 5), "\xFF\xEF"), "\"sv\":\"/+8=\""},
      {PAYLOAD_OPAQUE(PATH3(30000, 0, 5), ""), "\"sv\":\"\""},
      {PAYLOAD_INT(PATH3(30000, 0, 6), 1700000000), "\"v\":1700000000"},
      {PAYLOAD_LINK(PATH3(30000, 0, 7), 65535, 65535), "\"ov\":\"65535:65535\""},
      {PAYLOAD_STR(PATH3(30000, 0, 8), "</1>"), "\"sv\":\"</1>\""},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char base[TG_PATH_TEXT_MAX], want[128];
    tg_path_text(&rows[i].record.path, base);
    snprintf(want, sizeof want, "{\"bn\":\"%s\",\"e\":[{%s}]}", base, rows[i].want);
    check_text(base, &rows[i].record, 1, want);
  }
}

static void writes_times_of_the_device_against_the_first_one(void **state) {
  (void)state;
  static const tg_record_t at = PAYLOAD_FLOAT(PATH3(3303, 0, 5700), 22.5);
  const tg_record_t all[] = {AT(at, INT64_C(1700000000000)), AT(at, INT64_C(1700000060000)),
                             AT(at, INT64_C(1699999999500))};
  check_text("/3303", all, 3,
             "{\"bn\":\"/3303/\",\"bt\":1700000000,\"e\":[{\"n\":\"0/5700\",\"v\":22.5},"
             "{\"n\":\"0/5700\",\"t\":60,\"v\":22.5},{\"n\":\"0/5700\",\"t\":-0.500,\"v\":22.5}]}");
}

static void refuses_what_it_cannot_say(void **state) {
  (void)state;
  static const struct {
    tg_record_t record;
    const char *base;
    tg_rc_t rc;
  } rows[] = {
      {PAYLOAD_NAME(PATH3(3, 0, 9)), "/3/0", TG_E_TYPE},
      {PAYLOAD_NAME(PATH2(3, 0)), "/3", TG_E_TYPE},
      {PAYLOAD_FLOAT(PATH3(3303, 0, 5700), (double)NAN), "/3303", TG_E_RANGE},
      {PAYLOAD_STR(PATH3(3, 0, 9), "x"), "/3/0", TG_E_TYPE},
      {PAYLOAD_STR(PATH3(3, 0, 0), "\xFF"), "/3/0", TG_E_ENCODING},
      {PAYLOAD_INT(PATH3(3, 0, 6), 1), "/3/0", TG_E_TYPE}, /* an array has instances */
      {PAYLOAD_INT(PATH3(4, 0, 9), 1), "/3", TG_E_ARG},
      {PAYLOAD_INT(PATH2(3, 0), 1), "/3", TG_E_ARG},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char memory[128];
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    check_rc(payload_encode(TG_CF_JSON, rows[i].base, &rows[i].record, 1, &out), rows[i].rc);
  }
}

/* The numbers of drafts before 1.0 are read as what they became, and never written. */
static void old_numbers_are_never_written(void **state) {
  (void)state;
  static const tg_record_t record = PAYLOAD_INT(PATH3(3, 0, 9), 1);
  static const int formats[] = {TG_CF_LINK, 1541, 1542, 1543, 1544, 50, TG_CF_NONE};
  for (size_t i = 0; i < TG_COUNT(formats); i++) {
    uint8_t memory[64];
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    check_rc(payload_encode(formats[i], "/3/0/9", &record, 1, &out), TG_E_FORMAT);
  }
}

static void stops_where_the_buffer_ends(void **state) {
  (void)state;
  static const tg_record_t record = PAYLOAD_STR(PATH3(3, 0, 0), "Open Mobile");
  for (size_t cap = 1; cap < 40; cap++) {
    uint8_t memory[40];
    tg_buf_t out;
    tg_buf_init(&out, memory, cap);
    check_rc(payload_encode(TG_CF_JSON, "/3/0", &record, 1, &out), TG_E_TOO_LONG);
  }
}

CHECK_SUITE(writes_objects_as_the_standard_shows_them, writes_every_type_under_its_label,
            writes_times_of_the_device_against_the_first_one, refuses_what_it_cannot_say, old_numbers_are_never_written,
            stops_where_the_buffer_ends)
