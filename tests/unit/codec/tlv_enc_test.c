/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/tlv_enc_test.c: mirrors core/codec/tlv_enc.c. */

#include <math.h>

#include "tests/unit/codec/payload.h"

static const tg_record_t device[] = {PAYLOAD_STR(PATH3(3, 0, 0), "Open Mobile Alliance"),
                                     PAYLOAD_STR(PATH3(3, 0, 1), "Lightweight M2M Client"),
                                     PAYLOAD_STR(PATH3(3, 0, 2), "345000123"),
                                     PAYLOAD_STR(PATH3(3, 0, 3), "1.0"),
                                     PAYLOAD_INT(PATH4(3, 0, 6, 0), 1),
                                     PAYLOAD_INT(PATH4(3, 0, 6, 1), 5),
                                     PAYLOAD_INT(PATH4(3, 0, 7, 0), 3800),
                                     PAYLOAD_INT(PATH4(3, 0, 7, 1), 5000),
                                     PAYLOAD_INT(PATH4(3, 0, 8, 0), 125),
                                     PAYLOAD_INT(PATH4(3, 0, 8, 1), 900),
                                     PAYLOAD_INT(PATH3(3, 0, 9), 100),
                                     PAYLOAD_INT(PATH3(3, 0, 10), 15),
                                     PAYLOAD_INT(PATH4(3, 0, 11, 0), 0),
                                     PAYLOAD_INT(PATH3(3, 0, 13), 1367491215),
                                     PAYLOAD_STR(PATH3(3, 0, 14), "+02:00"),
                                     PAYLOAD_STR(PATH3(3, 0, 16), "U")};
#define DEVICE                                                                                                         \
  "C8 00 14 4F70656E204D6F62696C6520416C6C69616E6365 C8 01 16 4C69676874776569676874204D324D20436C69656E74 "           \
  "C8 02 09 333435303030313233 C3 03 312E30 86 06 41 00 01 41 01 05 88 07 08 42 00 0E D8 42 01 13 88 "                 \
  "87 08 41 00 7D 42 01 03 84 C1 09 64 C1 0A 0F 83 0B 41 00 00 C4 0D 51 82 42 8F C6 0E 2B30323A3030 C1 10 55"

static void writes_the_published_vectors(void **state) {
  (void)state;
  payload_check_encoded(TG_CF_TLV, "/3/0", device, TG_COUNT(device), DEVICE);
  payload_check_encoded(TG_CF_TLV, "/3", device, TG_COUNT(device), "08 00 79 " DEVICE);
  static const tg_record_t acl[] = {
      PAYLOAD_INT(PATH3(2, 0, 0), 1),      PAYLOAD_INT(PATH3(2, 0, 1), 0),      PAYLOAD_INT(PATH4(2, 0, 2, 127), 7),
      PAYLOAD_INT(PATH3(2, 0, 3), 127),    PAYLOAD_INT(PATH3(2, 2, 0), 3),      PAYLOAD_INT(PATH3(2, 2, 1), 0),
      PAYLOAD_INT(PATH4(2, 2, 2, 127), 7), PAYLOAD_INT(PATH4(2, 2, 2, 310), 1), PAYLOAD_INT(PATH3(2, 2, 3), 127)};
  payload_check_encoded(
      TG_CF_TLV, "/2", acl, TG_COUNT(acl),
      "08 00 0E C1 00 01 C1 01 00 83 02 41 7F 07 C1 03 7F 08 02 12 C1 00 03 C1 01 00 87 02 41 7F 07 61 01 36 01 C1 03 7F");
  static const tg_record_t server[] = {PAYLOAD_INT(PATH3(1, 0, 2), 101), PAYLOAD_INT(PATH3(1, 0, 3), 1010),
                                       PAYLOAD_INT(PATH3(1, 0, 5), 2000), PAYLOAD_BOOL(PATH3(1, 0, 6), true),
                                       PAYLOAD_STR(PATH3(1, 0, 7), "U")};
  payload_check_encoded(TG_CF_TLV, "/1/0", server, TG_COUNT(server),
                        "C1 02 65 C2 03 03 F2 C2 05 07 D0 C1 06 01 C1 07 55");
}

static void writes_each_type_in_its_width(void **state) {
  (void)state;
  static const struct {
    tg_record_t record;
    const char *want;
  } rows[] = {
      {PAYLOAD_INT(PATH3(30000, 0, 1), 0), "C1 01 00"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), 127), "C1 01 7F"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), 128), "C2 01 00 80"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), -1), "C1 01 FF"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), -128), "C1 01 80"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), -129), "C2 01 FF 7F"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), -32768), "C2 01 80 00"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), 86400), "C4 01 00 01 51 80"},
      {PAYLOAD_INT(PATH3(30000, 0, 1), INT64_MIN), "C8 01 08 80 00 00 00 00 00 00 00"},
      {PAYLOAD_UINT(PATH3(30000, 0, 2), 127), "C1 02 7F"},
      {PAYLOAD_UINT(PATH3(30000, 0, 2), 200), "C2 02 00 C8"}, /* the top bit stays clear */
      {PAYLOAD_UINT(PATH3(30000, 0, 2), 40000), "C4 02 00 00 9C 40"},
      {PAYLOAD_UINT(PATH3(30000, 0, 2), 0xFFFFFFFF), "C8 02 08 00 00 00 00 FF FF FF FF"},
      {PAYLOAD_UINT(PATH3(30000, 0, 2), UINT64_MAX), "C8 02 08 FF FF FF FF FF FF FF FF"},
      {PAYLOAD_FLOAT(PATH3(30000, 0, 5700), 22.5), "E4 16 44 41 B4 00 00"},
      {PAYLOAD_FLOAT(PATH3(30000, 0, 5700), 0.1), "E8 16 44 08 3F B9 99 99 99 99 99 9A"},
      {PAYLOAD_FLOAT(PATH3(30000, 0, 5700), 1e300), "E8 16 44 08 7E 37 E4 3C 88 00 75 9C"},
      {PAYLOAD_INT(PATH3(30000, 0, 5700), 22), "E4 16 44 41 B0 00 00"}, /* converted to its type */
      {PAYLOAD_BOOL(PATH3(30000, 0, 4), true), "C1 04 01"},
      {PAYLOAD_INT(PATH3(30000, 0, 4), 0), "C1 04 00"},
      {PAYLOAD_STR(PATH3(30000, 0, 0), ""), "C0 00"},
      {PAYLOAD_OPAQUE(PATH3(30000, 0, 5), "\x00\x01\x02\x03\x04\x05\x06\x07"), "C8 05 08 00 01 02 03 04 05 06 07"},
      {PAYLOAD_LINK(PATH3(0, 1, 17), 21, 0), "C4 11 00 15 00 00"},
      {PAYLOAD_LINK(PATH3(0, 1, 17), 65535, 65535), "C4 11 FF FF FF FF"},
      {PAYLOAD_STR(PATH3(30000, 0, 7), "3:0"), "C4 07 00 03 00 00"},
      {PAYLOAD_INT(PATH3(30000, 0, 6), 1700000000), "C4 06 65 53 F1 00"},
      {PAYLOAD_INT(PATH3(30000, 0, 6), INT64_C(5000000000)), "C8 06 08 00 00 00 01 2A 05 F2 00"},
      {PAYLOAD_NAME(PATH3(3, 0, 6)), "80 06"}, /* a multiple resource with nothing in it */
      {PAYLOAD_INT(PATH4(3, 0, 6, 300), 1), "84 06 61 01 2C 01"},
      {PAYLOAD_UINT(PATH3(999, 0, 1), 1), "C1 01 01"}, /* unknown: as it is */
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_path_t base = rows[i].record.path;
    char text[TG_PATH_TEXT_MAX];
    if (base.len == 4) base.id[3] = 0, base.len = 3;
    payload_check_encoded(TG_CF_TLV, tg_path_text(&base, text), &rows[i].record, 1, rows[i].want);
  }
}

/* Asked for alone, a resource instance has no wrapper: Leshan refuses one. */
static void a_resource_instance_alone_has_no_wrapper(void **state) {
  (void)state;
  static const tg_record_t record = PAYLOAD_INT(PATH4(3, 0, 6, 300), 1);
  payload_check_encoded(TG_CF_TLV, "/3/0/6/300", &record, 1, "61 01 2C 01");
  payload_check_encoded(TG_CF_TLV, "/3/0/6", &record, 1, "84 06 61 01 2C 01");
}

static void writes_long_values_with_long_lengths(void **state) {
  (void)state;
  static const uint8_t bytes[70000];
  static const struct {
    size_t len;
    uint16_t rid;
    const char *head;
  } rows[] = {{300, 5, "D0 05 01 2C"}, {70000, 300, "F8 01 2C 01 11 70"}, {255, 5, "C8 05 FF"}, {7, 5, "C7 05"}};
  static uint8_t memory[71000];
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_record_t record = {.path = PATH3(30000, 0, rows[i].rid),
                          .value = {.type = TG_TYPE_OPAQUE, .s = {bytes, rows[i].len}}};
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    check_rc(payload_encode(TG_CF_TLV, "/30000/0", &record, 1, &out), TG_OK);
    size_t head_len;
    uint8_t *head = payload_bytes(rows[i].head, &head_len);
    check_int(out.len, head_len + rows[i].len);
    check_bytes(tg_slice(memory, head_len), tg_slice(head, head_len));
    test_free(head);
  }
}

static void an_instance_without_resources_is_an_empty_wrapper(void **state) {
  (void)state;
  static const tg_record_t records[] = {PAYLOAD_NAME(PATH2(3, 0)), PAYLOAD_STR(PATH3(3, 3, 0), "a")};
  payload_check_encoded(TG_CF_TLV, "/3", records, 2, "00 00 03 03 C1 00 61");
  payload_check_encoded(TG_CF_TLV, "/3", records, 0, "");
}

static void refuses_what_tlv_cannot_say(void **state) {
  (void)state;
  static const tg_record_t unordered[] = {PAYLOAD_INT(PATH3(3, 0, 10), 1), PAYLOAD_INT(PATH3(3, 0, 9), 1)};
  static const tg_record_t twice[] = {PAYLOAD_INT(PATH3(3, 0, 9), 1), PAYLOAD_INT(PATH3(3, 0, 9), 1)};
  static const tg_record_t mixed[] = {PAYLOAD_INT(PATH3(999, 0, 9), 1), PAYLOAD_INT(PATH4(999, 0, 9, 0), 1)};
  static const tg_record_t elsewhere = PAYLOAD_INT(PATH3(4, 0, 9), 1), high = PAYLOAD_INT(PATH2(3, 0), 1);
  static const tg_record_t object = PAYLOAD_NAME(PATH2(3, 0)), not_instances = PAYLOAD_INT(PATH3(3, 0, 6), 1);
  static const tg_record_t wrong = PAYLOAD_STR(PATH3(3, 0, 9), "x"), lossy = PAYLOAD_FLOAT(PATH3(3, 0, 9), 1.5);
  static const tg_record_t bad_text = PAYLOAD_STR(PATH3(3, 0, 0), "\xFF"), nothing = PAYLOAD_NAME(PATH4(3, 0, 6, 0));
  static const struct {
    const char *base;
    const tg_record_t *records;
    size_t count;
    tg_rc_t rc;
  } rows[] = {
      {"/", unordered, 1, TG_E_FORMAT},       {"/3", unordered, 2, TG_E_ARG},   {"/3", twice, 2, TG_E_ARG},
      {"/999", mixed, 2, TG_E_ARG},           {"/3", &elsewhere, 1, TG_E_ARG},  {"/3", &high, 1, TG_E_ARG},
      {"/3/0", &not_instances, 1, TG_E_TYPE}, {"/3/0", &wrong, 1, TG_E_TYPE},   {"/3/0", &lossy, 1, TG_E_TYPE},
      {"/3/0", &bad_text, 1, TG_E_ENCODING},  {"/3/0", &nothing, 1, TG_E_TYPE}, {"/3/0/0", &object, 1, TG_E_ARG},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    uint8_t memory[64];
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    tg_rc_t rc = payload_encode(TG_CF_TLV, rows[i].base, rows[i].records, rows[i].count, &out);
    if (rc != rows[i].rc) print_error("row %zu\n", i);
    check_rc(rc, rows[i].rc);
  }
}

static void tells_when_the_buffer_is_too_small(void **state) {
  (void)state;
  for (size_t cap = 0; cap < 121; cap++) {
    uint8_t memory[121];
    tg_buf_t out;
    tg_buf_init(&out, memory, cap);
    check_rc(payload_encode(TG_CF_TLV, "/3/0", device, TG_COUNT(device), &out), TG_E_TOO_LONG);
  }
}

CHECK_SUITE(writes_the_published_vectors, writes_each_type_in_its_width, writes_long_values_with_long_lengths,
            a_resource_instance_alone_has_no_wrapper, an_instance_without_resources_is_an_empty_wrapper,
            refuses_what_tlv_cannot_say, tells_when_the_buffer_is_too_small)
