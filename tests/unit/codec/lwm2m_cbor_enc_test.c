/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/lwm2m_cbor_enc_test.c: mirrors core/codec/lwm2m_cbor_enc.c. */

#include <math.h>

#include "tests/unit/codec/payload.h"

/* The vectors of lwm2m.md 2.7; floats are single, for nobody has to read half ones. */
static void writes_maps_as_the_standard_shows_them(void **state) {
  (void)state;
  static const tg_record_t temperature[] = {PAYLOAD_FLOAT(PATH3(3303, 0, 5700), 22.5)},
                           sources[] = {PAYLOAD_INT(PATH4(3, 0, 6, 0), 1), PAYLOAD_INT(PATH4(3, 0, 6, 1), 5)},
                           account[] = {PAYLOAD_INT(PATH3(1, 0, 1), 60), PAYLOAD_STR(PATH3(1, 0, 7), "U")},
                           gone[] = {PAYLOAD_NAME(PATH4(3, 0, 11, 2))};
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/3303/0/5700", temperature, 1, "A1 83 19 0C E7 00 19 16 44 FA 41 B4 00 00");
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/3/0/6", sources, 2, "A1 83 03 00 06 A2 00 01 01 05");
  payload_use = TG_CODEC_USE_WRITE;
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/1/0", account, 2, "A2 01 18 3C 07 61 55");
  payload_use = TG_CODEC_USE_PATCH;
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/", gone, 1, "A1 84 03 00 0B 02 F6");
  payload_use = TG_CODEC_USE_REPORT;
}

static void nests_where_paths_part(void **state) {
  (void)state;
  static const tg_record_t device[] = {
      PAYLOAD_STR(PATH3(3, 0, 0), "a"),     PAYLOAD_INT(PATH4(3, 0, 6, 0), 1), PAYLOAD_INT(PATH4(3, 0, 6, 1), 5),
      PAYLOAD_INT(PATH4(3, 0, 7, 9), 5000), PAYLOAD_INT(PATH3(3, 0, 9), 100),
  };
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/3", device, 5,
                        "A1 82 03 00 A4 00 61 61 06 A2 00 01 01 05 82 07 09 19 13 88 09 18 64");
  static const tg_record_t several[] = {PAYLOAD_INT(PATH3(1, 0, 1), 60), PAYLOAD_INT(PATH3(1, 2, 1), 61),
                                        PAYLOAD_INT(PATH3(3, 0, 9), 7)};
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/", several, 3, "A2 01 A2 82 00 01 18 3C 82 02 01 18 3D 83 03 00 09 07");
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/", several, 0, "A0");
  /* every level at once */
  static const tg_record_t deep[] = {PAYLOAD_INT(PATH4(3, 0, 6, 0), 1), PAYLOAD_INT(PATH4(3, 0, 6, 1), 2),
                                     PAYLOAD_INT(PATH3(3, 0, 9), 3), PAYLOAD_INT(PATH3(3, 1, 9), 4),
                                     PAYLOAD_INT(PATH3(30000, 0, 1), 5)};
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/", deep, 5,
                        "A2 03 A2 00 A2 06 A2 00 01 01 02 09 03 82 01 09 04 83 19 75 30 00 01 05");
}

static void writes_a_request_behind_its_path(void **state) {
  (void)state;
  static const tg_record_t created[] = {PAYLOAD_INT(PATH3(1, 4, 0), 101), PAYLOAD_INT(PATH3(1, 4, 1), 60)},
                           one[] = {PAYLOAD_INT(PATH3(1, 0, 1), 60)},
                           array[] = {PAYLOAD_INT(PATH4(3, 0, 6, 0), 1), PAYLOAD_INT(PATH4(3, 0, 6, 1), 5)},
                           none[] = {PAYLOAD_NAME(PATH3(3, 0, 6))};
  payload_use = TG_CODEC_USE_WRITE;
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/1", created, 2, "A1 04 A2 00 18 65 01 18 3C");
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/1/0/1", one, 1, "18 3C");
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/3/0/6", array, 2, "A2 00 01 01 05");
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/3/0/6/1", array + 1, 1, "05");
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/3/0/6", none, 1, "A0");
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/", one, 1, "A1 83 01 00 01 18 3C");
  payload_use = TG_CODEC_USE_REPORT;
}

static void empty_instances_and_arrays_are_empty_maps(void **state) {
  (void)state;
  static const tg_record_t records[] = {PAYLOAD_NAME(PATH2(3, 0)), PAYLOAD_NAME(PATH3(3, 1, 6)),
                                        PAYLOAD_INT(PATH3(3, 1, 9), 1)};
  payload_check_encoded(TG_CF_LWM2M_CBOR, "/3", records, 3, "A1 03 A2 00 A0 01 A2 06 A0 09 01");
}

static void writes_every_type(void **state) {
  (void)state;
  static const struct {
    tg_record_t record;
    const char *want;
  } rows[] = {
      {PAYLOAD_STR(PATH3(30000, 0, 0), ""), "60"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), INT64_MIN), "3B 7FFFFFFFFFFFFFFF"},
      {PAYLOAD_UINT(PATH3(30000, 0, 2), UINT64_MAX), "1B FFFFFFFFFFFFFFFF"},
      {PAYLOAD_FLOAT(PATH3(30000, 0, 3), 0.1), "FB 3FB999999999999A"},
      {PAYLOAD_INT(PATH3(30000, 0, 3), 22), "FA 41B00000"},
      {PAYLOAD_BOOL(PATH3(30000, 0, 4), false), "F4"},
      {PAYLOAD_OPAQUE(PATH3(30000, 0, 5), "\x01\x02"), "42 01 02"},
      {PAYLOAD_INT(PATH3(30000, 0, 6), 1700000000), "1A 65 53 F1 00"},
      {PAYLOAD_LINK(PATH3(30000, 0, 7), 21, 0), "64 32313A30"},
      {PAYLOAD_STR(PATH3(30000, 0, 8), "</1>"), "64 3C2F313E"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char want[128], base[TG_PATH_TEXT_MAX];
    snprintf(want, sizeof want, "A1 83 19 7530 00 0%u %s", rows[i].record.path.id[2], rows[i].want);
    payload_check_encoded(TG_CF_LWM2M_CBOR, tg_path_text(&rows[i].record.path, base), &rows[i].record, 1, want);
  }
}

static void refuses_what_it_cannot_say(void **state) {
  (void)state;
  static const tg_record_t unordered[] = {PAYLOAD_INT(PATH3(3, 0, 10), 1), PAYLOAD_INT(PATH3(3, 0, 9), 1)},
                           twice[] = {PAYLOAD_INT(PATH3(3, 0, 9), 1), PAYLOAD_INT(PATH3(3, 0, 9), 2)},
                           covered[] = {PAYLOAD_NAME(PATH2(3, 0)), PAYLOAD_INT(PATH3(3, 0, 9), 1)},
                           nan_[] = {PAYLOAD_FLOAT(PATH3(3303, 0, 5700), (double)NAN)},
                           wrong[] = {PAYLOAD_STR(PATH3(3, 0, 9), "x")}, array[] = {PAYLOAD_INT(PATH3(3, 0, 6), 1)},
                           high[] = {PAYLOAD_INT(PATH2(3, 0), 1)}, name[] = {PAYLOAD_NAME(PATH4(3, 0, 6, 0))},
                           root[] = {PAYLOAD_NAME({.len = 0})};
  static const struct {
    const tg_record_t *records;
    size_t count;
    const char *base;
    tg_rc_t rc;
  } rows[] = {{unordered, 2, "/3", TG_E_ARG}, {twice, 2, "/3", TG_E_ARG},  {covered, 2, "/3", TG_E_ARG},
              {wrong, 1, "/4", TG_E_ARG},     {wrong, 1, "/3", TG_E_TYPE}, {nan_, 1, "/", TG_E_RANGE},
              {array, 1, "/3", TG_E_TYPE},    {high, 1, "/3", TG_E_ARG},   {name, 1, "/3", TG_E_TYPE},
              {root, 1, "/", TG_E_ARG}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint8_t memory[128];
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    check_rc(payload_encode(TG_CF_LWM2M_CBOR, rows[i].base, rows[i].records, rows[i].count, &out), rows[i].rc);
  }
  uint8_t memory[128];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  payload_use = TG_CODEC_USE_WRITE;
  check_rc(payload_encode(TG_CF_LWM2M_CBOR, "/3/0", covered, 2, &out), TG_E_ARG);
  payload_use = TG_CODEC_USE_REPORT;
}

CHECK_SUITE(writes_maps_as_the_standard_shows_them, nests_where_paths_part, writes_a_request_behind_its_path,
            empty_instances_and_arrays_are_empty_maps, writes_every_type, refuses_what_it_cannot_say)
