/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/senml_cbor_enc_test.c: mirrors core/codec/senml_cbor_enc.c. */

#include <math.h>

#include "tests/unit/codec/payload.h"

#define AT(record_, ms)                                                                                                \
  { .path = (record_).path, .value = (record_).value, .time_ms = (ms), .time_source = TG_TIME_DEVICE }

static void writes_packs_as_the_standard_shows_them(void **state) {
  (void)state;
  static const tg_record_t temperature[] = {PAYLOAD_FLOAT(PATH3(3303, 0, 5700), 22.5)};
  payload_check_encoded(TG_CF_SENML_CBOR, "/3303/0/5700", temperature, 1,
                        "81 A2 21 6C 2F333330332F302F35373030 02 FA 41 B4 00 00");
  static const tg_record_t device[] = {PAYLOAD_STR(PATH3(3, 0, 0), "Open"), PAYLOAD_INT(PATH4(3, 0, 6, 1), 5),
                                       PAYLOAD_INT(PATH3(3, 0, 9), 100)};
  payload_check_encoded(TG_CF_SENML_CBOR, "/3/0", device, 3,
                        "83 A3 21 65 2F332F302F 00 61 30 03 64 4F70656E A2 00 63 362F31 02 05 A2 00 61 39 02 18 64");
  static const tg_record_t instances[] = {PAYLOAD_INT(PATH4(3, 0, 6, 0), 1)};
  payload_check_encoded(TG_CF_SENML_CBOR, "/3/0/6", instances, 1, "81 A3 21 67 2F332F302F362F 00 61 30 02 01");
  static const tg_record_t root[] = {PAYLOAD_INT(PATH3(1, 0, 1), 60), PAYLOAD_BOOL(PATH3(1, 0, 6), true)};
  payload_check_encoded(TG_CF_SENML_CBOR, "/", root, 2,
                        "82 A2 00 66 2F312F302F31 02 18 3C A2 00 66 2F312F302F36 04 F5");
  static const tg_record_t names[] = {PAYLOAD_NAME(PATH3(3, 0, 0)), PAYLOAD_NAME(PATH3(1, 0, 1))};
  payload_check_encoded(TG_CF_SENML_CBOR, "/", names, 2, "82 A1 00 66 2F332F302F30 A1 00 66 2F312F302F31");
  static const tg_record_t mixed[] = {PAYLOAD_NAME(PATH2(3, 0)), PAYLOAD_INT(PATH3(3, 0, 9), 1)};
  payload_check_encoded(TG_CF_SENML_CBOR, "/3/0", mixed, 2, "82 A1 00 64 2F332F30 A2 00 66 2F332F302F39 02 01");
  payload_check_encoded(TG_CF_SENML_CBOR, "/3/0", mixed, 0, "80");
}

static void writes_every_type_under_its_label(void **state) {
  (void)state;
  static const struct {
    tg_record_t record;
    const char *want;
  } rows[] = {
      {PAYLOAD_OPAQUE(PATH3(30000, 0, 5), "\x01\x02"), "08 42 01 02"},
      {PAYLOAD_LINK(PATH3(30000, 0, 7), 21, 0), "63 766C6F 64 32313A30"},
      {PAYLOAD_STR(PATH3(30000, 0, 8), "</1>"), "03 64 3C2F313E"},
      {PAYLOAD_INT(PATH3(30000, 0, 6), 1700000000), "02 1A 65 53 F1 00"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), -1), "02 20"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), INT64_MIN), "02 3B 7FFFFFFFFFFFFFFF"},
      {PAYLOAD_UINT(PATH3(30000, 0, 2), UINT64_MAX), "02 1B FFFFFFFFFFFFFFFF"},
      {PAYLOAD_FLOAT(PATH3(30000, 0, 3), 0.1), "02 FB 3FB999999999999A"},
      {PAYLOAD_FLOAT(PATH3(30000, 0, 3), -0.0), "02 FA 80000000"},
      {PAYLOAD_INT(PATH3(30000, 0, 3), 22), "02 FA 41B00000"},
      {PAYLOAD_BOOL(PATH3(30000, 0, 4), false), "04 F4"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char want[128];
    snprintf(want, sizeof want, "81 A2 21 6A 2F33303030302F302F3%u %s", rows[i].record.path.id[2], rows[i].want);
    char base[TG_PATH_TEXT_MAX];
    payload_check_encoded(TG_CF_SENML_CBOR, tg_path_text(&rows[i].record.path, base), &rows[i].record, 1, want);
  }
}

static void writes_times_of_the_device_against_the_first_one(void **state) {
  (void)state;
  static const tg_record_t at = PAYLOAD_FLOAT(PATH3(3303, 0, 5700), 22.5);
  const tg_record_t all[] = {AT(at, INT64_C(1700000000000)), AT(at, INT64_C(1700000060000)),
                             AT(at, INT64_C(1700000000500))};
  payload_check_encoded(TG_CF_SENML_CBOR, "/3303/0/5700", all, 3,
                        "83 A3 21 6C 2F333330332F302F35373030 22 1A 65 53 F1 00 02 FA 41 B4 00 00 "
                        "A2 06 18 3C 02 FA 41 B4 00 00 A2 06 FA 3F 00 00 00 02 FA 41 B4 00 00");
  const tg_record_t some[] = {at, AT(at, INT64_C(1700000060000))};
  payload_check_encoded(
      TG_CF_SENML_CBOR, "/3303/0/5700", some, 2,
      "82 A2 21 6C 2F333330332F302F35373030 02 FA 41 B4 00 00 A2 06 1A 65 53 F1 3C 02 FA 41 B4 00 00");
}

static void refuses_what_senml_cannot_say(void **state) {
  (void)state;
  static const tg_record_t nan_ = PAYLOAD_FLOAT(PATH3(3303, 0, 5700), (double)NAN),
                           infinite = PAYLOAD_FLOAT(PATH3(9, 0, 0), -(double)INFINITY);
  static const tg_record_t old = {
      .path = PATH3(3, 0, 9), .value = {.type = TG_TYPE_INTEGER}, .time_ms = 5000, .time_source = TG_TIME_DEVICE};
  static const tg_record_t elsewhere = PAYLOAD_INT(PATH3(4, 0, 9), 1), high = PAYLOAD_INT(PATH2(3, 0), 1),
                           wrong = PAYLOAD_STR(PATH3(3, 0, 9), "x");
  static const struct {
    const tg_record_t *record;
    const char *base;
    tg_rc_t rc;
  } rows[] = {{&nan_, "/", TG_E_RANGE},     {&infinite, "/", TG_E_RANGE}, {&old, "/", TG_E_RANGE},
              {&elsewhere, "/3", TG_E_ARG}, {&high, "/", TG_E_ARG},       {&wrong, "/", TG_E_TYPE}};
  static const int formats[] = {TG_CF_SENML_CBOR, TG_CF_SENML_JSON};
  for (size_t i = 0; i < TG_COUNT(rows) * 2; i++) {
    uint8_t memory[128];
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    check_rc(payload_encode(formats[i % 2], rows[i / 2].base, rows[i / 2].record, 1, &out), rows[i / 2].rc);
  }
}

CHECK_SUITE(writes_packs_as_the_standard_shows_them, writes_every_type_under_its_label,
            writes_times_of_the_device_against_the_first_one, refuses_what_senml_cannot_say)
