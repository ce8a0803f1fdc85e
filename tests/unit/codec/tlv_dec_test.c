/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/tlv_dec_test.c: mirrors core/codec/tlv_dec.c. */

#include "tests/unit/codec/payload.h"

#define OMA    "C8 00 14 4F70656E204D6F62696C6520416C6C69616E6365 "
#define CLIENT "C8 01 16 4C69676874776569676874204D324D20436C69656E74 "
#define DEVICE                                                                                                         \
  OMA CLIENT                                                                                                           \
      "C8 02 09 333435303030313233 C3 03 312E30 86 06 41 00 01 41 01 05 88 07 08 42 00 0E D8 42 01 13 88 "             \
      "87 08 41 00 7D 42 01 03 84 C1 09 64 C1 0A 0F 83 0B 41 00 00 C4 0D 51 82 42 8F C6 0E 2B30323A3030 C1 10 55"
#define DEVICE_RECORDS                                                                                                 \
  "/3/0/0=string:Open Mobile Alliance\n/3/0/1=string:Lightweight M2M Client\n/3/0/2=string:345000123\n"                \
  "/3/0/3=string:1.0\n/3/0/6/0=integer:1\n/3/0/6/1=integer:5\n/3/0/7/0=integer:3800\n/3/0/7/1=integer:5000\n"          \
  "/3/0/8/0=integer:125\n/3/0/8/1=integer:900\n/3/0/9=integer:100\n/3/0/10=integer:15\n/3/0/11/0=integer:0\n"          \
  "/3/0/13=time:1367491215\n/3/0/14=string:+02:00\n/3/0/16=string:U"

static const payload_row_t vectors[] = {
    {"/3/0", DEVICE, DEVICE_RECORDS, TG_OK},
    {"/3", "08 00 79 " DEVICE, DEVICE_RECORDS, TG_OK},
    {"/3/0", "08 00 79 " DEVICE, DEVICE_RECORDS, TG_OK}, /* a wrapper where none is needed */
    {"/2",
     "08 00 0E C1 00 01 C1 01 00 83 02 41 7F 07 C1 03 7F 08 02 12 C1 00 03 C1 01 00 87 02 41 7F 07 61 01 36 01 C1 03 7F",
     "/2/0/0=integer:1\n/2/0/1=integer:0\n/2/0/2/127=integer:7\n/2/0/3=integer:127\n/2/2/0=integer:3\n/2/2/1=integer:0\n"
     "/2/2/2/127=integer:7\n/2/2/2/310=integer:1\n/2/2/3=integer:127",
     TG_OK},
    {"/65/0", "88 00 0C 44 00 00 42 00 00 44 01 00 42 00 01 C8 01 0D 38613164663231652D31303131 C4 02 12 34 56 78",
     "/65/0/0/0=objlnk:66:0\n/65/0/0/1=objlnk:66:1\n/65/0/1=string:8a1df21e-1011\n/65/0/2=integer:305419896", TG_OK},
    {"/1/0", "C1 02 65 C2 03 03 F2 C2 05 07 D0 C1 06 01 C1 07 55",
     "/1/0/2=integer:101\n/1/0/3=integer:1010\n/1/0/5=integer:2000\n/1/0/6=boolean:true\n/1/0/7=string:U", TG_OK},
    {"/30000/0/1", "C1 01 00", "/30000/0/1=integer:0", TG_OK},
    {"/30000/0/1", "C1 01 7F", "/30000/0/1=integer:127", TG_OK},
    {"/30000/0/1", "C2 01 00 80", "/30000/0/1=integer:128", TG_OK},
    {"/30000/0/1", "C1 01 FF", "/30000/0/1=integer:-1", TG_OK},
    {"/30000/0/1", "C2 01 80 00", "/30000/0/1=integer:-32768", TG_OK},
    {"/30000/0/1", "C4 01 00 01 51 80", "/30000/0/1=integer:86400", TG_OK},
    {"/30000/0/2", "C1 02 C8", "/30000/0/2=unsigned:200", TG_OK}, /* minimal, as some write it */
    {"/30000/0/2", "C2 02 00 C8", "/30000/0/2=unsigned:200", TG_OK},
    {"/30000/0/2", "C8 02 08 00 00 00 00 FF FF FF FF", "/30000/0/2=unsigned:4294967295", TG_OK},
    {"/30000/0/2", "C8 02 08 FF FF FF FF FF FF FF FF", "/30000/0/2=unsigned:18446744073709551615", TG_OK},
    {"/3303/0/5700", "E4 16 44 41 B4 00 00", "/3303/0/5700=float:22.5", TG_OK},
    {"/3303/0/5700", "E8 16 44 08 3F B9 99 99 99 99 99 9A", "/3303/0/5700=float:0.1", TG_OK},
    {"/1/0", "C1 06 01", "/1/0/6=boolean:true", TG_OK},
    {"/1/0", "C1 06 00", "/1/0/6=boolean:false", TG_OK},
    {"/3/0", "C0 01", "/3/0/1=string:", TG_OK},
    {"/1/0", "C2 07 55 51", "/1/0/7=string:UQ", TG_OK},
    {"/30000/0/5", "C8 05 08 00 01 02 03 04 05 06 07", "/30000/0/5=opaque:0001020304050607", TG_OK},
    {"/0/1", "C4 11 00 15 00 00", "/0/1/17=objlnk:21:0", TG_OK},
    {"/0/1", "C4 11 FF FF FF FF", "/0/1/17=objlnk:65535:65535", TG_OK},
    {"/3/0", "87 06 41 00 01 42 05 01 2C", "/3/0/6/0=integer:1\n/3/0/6/5=integer:300", TG_OK},
    {"/3/0/6", "80 06", "", TG_OK},
    {"/3", "03 03 C1 00 61", "/3/3/0=string:a", TG_OK},
    {"/3", "00 05", "", TG_OK}, /* an instance with nothing in it */
    {"/3/0/13", "C4 0D 65 53 F1 00", "/3/0/13=time:1700000000", TG_OK},
    {"/3/0/13", "C8 0D 08 00 00 00 01 2A 05 F2 00", "/3/0/13=time:5000000000", TG_OK},
    {"/3/0/6/1", "83 06 41 01 05", "/3/0/6/1=integer:5", TG_OK},
    {"/3/0/6/1", "41 01 05", "/3/0/6/1=integer:5", TG_OK},
    {"/3/0/6/1", "41 01 05", "/3/0/6/1=integer:5", TG_OK},
    {"/3/0", "", "", TG_OK},
    {"/3/0", "C2 63 01 02", "/3/0/99=opaque:0102", TG_OK},        /* unknown resource */
    {"/999", "04 00 C2 00 01 02", "/999/0/0=opaque:0102", TG_OK}, /* unknown object */
    {"/30000/0", "C1 09 01", "/30000/0/9=opaque:01", TG_OK},      /* an executable has no type */
};

static void reads_the_published_vectors(void **state) {
  (void)state;
  payload_check_rows(TG_CF_TLV, true, vectors, TG_COUNT(vectors));
  payload_check_rows(1542, true, vectors, TG_COUNT(vectors));
}

static void names_what_is_wrong(void **state) {
  (void)state;
  static const payload_row_t rows[] = {
      {"/", "C1 00 01", NULL, TG_E_FORMAT},
      {"/3/0", "C8", NULL, TG_E_TRUNCATED},
      {"/3/0", "D8 00 FF FF FF", NULL, TG_E_TRUNCATED},
      {"/3/0", "C1 09", NULL, TG_E_TRUNCATED},
      {"/3/0", "E0 01", NULL, TG_E_TRUNCATED},
      {"/3/0", "88 00 0A 88 01 07 88 02 04 41 00 41 01", NULL, TG_E_SYNTAX}, /* multiple in multiple */
      {"/3/0", "83 06 C1 00 01", NULL, TG_E_SYNTAX},                         /* resource in multiple */
      {"/3/0", "03 00 01 00 61", NULL, TG_E_SYNTAX},                         /* instance in instance */
      {"/3/0", "83 06 01 00 01", NULL, TG_E_SYNTAX},                         /* instance in multiple */
      {"/3/0", "C3 01 01 02 03", "/3/0/1=string:\x01\x02\x03", TG_OK},
      {"/30000/0", "C3 01 01 02 03", NULL, TG_E_TYPE}, /* integer of 3 bytes */
      {"/30000/0", "C0 01", NULL, TG_E_TYPE},          /* integer of none */
      {"/30000/0", "C3 02 01 02 03", NULL, TG_E_TYPE}, /* unsigned of 3 */
      {"/30000/0", "C0 02", NULL, TG_E_TYPE},
      {"/30000/0", "C2 03 00 01", NULL, TG_E_TYPE}, /* float of 2 */
      {"/30000/0", "C0 03", NULL, TG_E_TYPE},
      {"/30000/0", "C1 04 02", NULL, TG_E_RANGE}, /* boolean 2 */
      {"/30000/0", "C2 04 00 01", NULL, TG_E_TYPE},
      {"/30000/0", "C3 07 00 00 00", NULL, TG_E_TYPE},
      {"/30000/0", "C1 00 FF", NULL, TG_E_ENCODING},     /* not UTF-8 */
      {"/30000/0", "C1 01 01 FF", NULL, TG_E_TRUNCATED}, /* a trailing byte */
      {"/3/0", "41 00 01", NULL, TG_E_SYNTAX},           /* resource instance at the top */
      {"/3/0", "03 00 41 00 01", NULL, TG_E_SYNTAX},     /* in an instance without its resource */
      {"/3", "C1 00 61", NULL, TG_E_SYNTAX},             /* whose instance? */
      {"/3", "80 06", NULL, TG_E_SYNTAX},
      {"/3/0", "E1 FF FF 01", NULL, TG_E_RANGE},           /* id 65535 */
      {"/3/0", "03 01 C1 00 61", NULL, TG_E_DENIED},       /* another instance */
      {"/3/0/0", "C1 01 61", NULL, TG_E_DENIED},           /* another resource */
      {"/3/0/6/1", "83 06 41 00 05", NULL, TG_E_DENIED},   /* another resource instance */
      {"/3/0", "04 00 C3 00 61 62", NULL, TG_E_TRUNCATED}, /* child longer than its parent */
      {"/3/0", "84 06 43 00 01 02", NULL, TG_E_TRUNCATED},
      {"/3/0", "C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8", NULL, TG_E_TRUNCATED},
  };
  payload_check_rows(TG_CF_TLV, true, rows, TG_COUNT(rows));
}

static void survives_every_prefix(void **state) {
  (void)state;
  payload_check_prefixes(TG_CF_TLV, true, vectors, TG_COUNT(vectors));
}

static tg_rc_t read_integer(const tg_model_t *model, bool quirk, tg_slice_t payload, int64_t *value) {
  tg_codec_input_t input = {.content_format = TG_CF_TLV,
                            .base = payload_path("/7/0/0"),
                            .model = model,
                            .payload = payload,
                            .unsigned_tlv = quirk};
  tg_codec_dec_t dec;
  tg_record_t record;
  tg_rc_t rc = tg_codec_dec_init(&dec, &input);
  if (rc == TG_OK) rc = tg_codec_dec_next(&dec, &record);
  if (rc == TG_OK) *value = record.value.i;
  return rc;
}

/* Devices that know no signs write 129 as 81: the range of the definition tells, or the device's quirk. */
static void reads_integers_without_a_sign_where_it_must(void **state) {
  (void)state;
  static const struct {
    bool has_range;
    double min, max;
    bool quirk;
    const char *bytes;
    tg_rc_t rc;
    int64_t want;
  } rows[] = {
      {false, 0, 0, false, "\xC1\x00\x81", TG_OK, -127},
      {false, 0, 0, true, "\xC1\x00\x81", TG_OK, 129},
      {true, 0, 255, false, "\xC1\x00\x81", TG_OK, 129},
      {true, 0, 100, false, "\xC1\x00\x81", TG_OK, -127}, /* wrong either way */
      {true, -128, 127, false, "\xC1\x00\x81", TG_OK, -127},
      {true, 0, 65535, false, "\xC2\x00\xFF\xFF", TG_OK, 65535},
      {false, 0, 0, true, "\xC4\x00\xFF\xFF\xFF\xFF", TG_OK, INT64_C(4294967295)},
      {false, 0, 0, true, "\xC8\x00\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", TG_E_RANGE, 0},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_registry_t *registry = tg_registry_new();
    tg_objdef_t *def = tg_objdef_new(&(tg_objdef_head_t){.id = 7, .version = TG_VERSION_1_0});
    tg_resdef_t res = {
        .type = TG_TYPE_INTEGER, .has_range = rows[i].has_range, .min = rows[i].min, .max = rows[i].max, .name = "n"};
    check_rc(tg_objdef_add(def, &res), TG_OK);
    check_rc(tg_registry_add(registry, def), TG_OK);
    tg_model_t model = {.registry = registry, .enabler = TG_VERSION_1_0};
    size_t len = (rows[i].bytes[0] & 7) ? 2 + (size_t)(rows[i].bytes[0] & 7) : 11;
    int64_t value = 0;
    check_rc(read_integer(&model, rows[i].quirk, tg_slice(rows[i].bytes, len), &value), rows[i].rc);
    check_true(value == rows[i].want);
    tg_registry_free(registry);
  }
}

static void refuses_more_records_than_1024(void **state) {
  (void)state;
  uint8_t payload[4 + 1025 * 3] = {0x90, 0x06, 1025 * 3 >> 8, (uint8_t)(1025 * 3)};
  for (size_t i = 0; i < 1025; i++) memcpy(payload + 4 + 3 * i, "\x41\x00\x01", 3);
  char text[65536];
  tg_buf_t out;
  tg_buf_init(&out, text, sizeof text);
  check_rc(payload_decode(TG_CF_TLV, "/3/0", tg_slice(payload, sizeof payload), &out), TG_E_TOO_LONG);
}

CHECK_SUITE(reads_the_published_vectors, names_what_is_wrong, survives_every_prefix,
            reads_integers_without_a_sign_where_it_must, refuses_more_records_than_1024)
