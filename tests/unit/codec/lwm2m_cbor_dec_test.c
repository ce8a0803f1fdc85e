/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/lwm2m_cbor_dec_test.c: mirrors core/codec/lwm2m_cbor_dec.c. */

#include "tests/unit/codec/payload.h"

static const payload_row_t vectors[] = {
    /* lwm2m.md 2.7 */
    {"/3303/0/5700", "A1 19 0C E7 A1 00 A1 19 16 44 F9 4D A0", "/3303/0/5700=float:22.5", TG_OK},
    {"/3303/0/5700", "A1 83 19 0C E7 00 19 16 44 F9 4D A0", "/3303/0/5700=float:22.5", TG_OK},
    {"/3/0/6", "A1 83 03 00 06 A2 00 01 01 05", "/3/0/6/0=integer:1\n/3/0/6/1=integer:5", TG_OK},
    /* both ways of nesting, mixed */
    {"/3", "A1 03 A1 00 A3 00 61 61 06 A2 00 01 01 05 82 07 09 19 13 88",
     "/3/0/0=string:a\n/3/0/6/0=integer:1\n/3/0/6/1=integer:5\n/3/0/7/9=integer:5000", TG_OK},
    {"/", "A2 82 01 00 A2 01 18 3C 07 61 55 83 03 00 09 07", "/1/0/1=integer:60\n/1/0/7=string:U\n/3/0/9=integer:7",
     TG_OK},
    {"/3", "A2 83 03 00 09 01 82 03 01 A1 09 02", "/3/0/9=integer:1\n/3/1/9=integer:2", TG_OK},
    {"/3", "A0", "", TG_OK},
    {"/3", "BF FF", "", TG_OK},
    /* everything indefinite */
    {"/3", "BF 9F 03 00 FF BF 00 7F 61 61 61 62 FF 06 BF 00 01 FF FF FF", "/3/0/0=string:ab\n/3/0/6/0=integer:1",
     TG_OK},
    {"/19/0", "A1 82 13 00 A1 82 00 00 5F 41 01 41 02 FF", "/19/0/0/0=opaque:0102", TG_OK},
    /* nothing in an instance, in an array */
    {"/3", "A1 03 A2 00 A0 01 A2 06 BF FF 09 01", "/3/0\n/3/1/6\n/3/1/9=integer:1", TG_OK},
    {"/3", "A1 03 A0", "/3", TG_OK},
    /* numbers of other kinds, tags of times, links */
    {"/30000/0", "A1 82 19 7530 00 A2 03 05 01 F9 45 00", "/30000/0/3=float:5\n/30000/0/1=integer:5", TG_OK},
    {"/3/0/13", "A1 83 03 00 0D C1 1A 65 53 F1 00", "/3/0/13=time:1700000000", TG_OK},
    {"/3/0/13", "A1 83 03 00 0D 1A 65 53 F1 00", "/3/0/13=time:1700000000", TG_OK},
    {"/0/1", "A1 83 00 01 11 64 32313A30", "/0/1/17=objlnk:21:0", TG_OK},
    /* typed from the wire when unknown; the highest ids */
    {"/", "A1 83 09 00 09 1B FFFFFFFFFFFFFFFF", "/9/0/9=unsigned:18446744073709551615", TG_OK},
    {"/", "A1 84 19 FFFE 19 FFFE 19 FFFE 19 FFFE F4", "/65534/65534/65534/65534=boolean:false", TG_OK},
};

static const payload_row_t writes[] = {
    {"/1/0", "A2 01 18 3C 07 61 55", "/1/0/1=integer:60\n/1/0/7=string:U", TG_OK}, /* lwm2m.md 2.7 */
    {"/1", "A1 04 A2 00 18 65 01 18 3C", "/1/4/0=integer:101\n/1/4/1=integer:60", TG_OK},
    {"/3/0/6", "A2 00 01 01 05", "/3/0/6/0=integer:1\n/3/0/6/1=integer:5", TG_OK},
    {"/3/0/6", "A0", "/3/0/6", TG_OK},
    {"/1/0", "A0", "", TG_OK},
    {"/1/0/1", "18 3C", "/1/0/1=integer:60", TG_OK},
    {"/3/0/6/1", "05", "/3/0/6/1=integer:5", TG_OK},
    {"/3/0/13", "C1 00", "/3/0/13=time:0", TG_OK},
    {"/", "A1 83 01 00 01 18 3C", "/1/0/1=integer:60", TG_OK},
    /* whoever begins at the root is understood where nothing else could be meant */
    {"/1/0", "A1 01 A1 00 A2 01 18 3C 07 61 55", "/1/0/1=integer:60\n/1/0/7=string:U", TG_OK},
    {"/1/0/1", "A1 83 01 00 01 18 3C", "/1/0/1=integer:60", TG_OK},
    {"/1/0", "A1 83 02 00 01 18 3C", NULL, TG_E_DENIED},
    {"/1/0", "A1 01 F6", NULL, TG_E_SYNTAX},
    {"/1/0", "18 3C", NULL, TG_E_SYNTAX}, /* an instance is no value */
    {"/1/0/1", "18 3C 00", NULL, TG_E_SYNTAX},
    {"/1/0/1", "F6", NULL, TG_E_SYNTAX},
    {"/1/0/1", "80", NULL, TG_E_SYNTAX},
};

static const payload_row_t patches[] = {
    {"/", "A1 84 03 00 0B 02 F6", "/3/0/11/2", TG_OK}, /* lwm2m.md 2.7 */
    {"/", "A1 03 A1 00 A2 09 01 0B A2 02 F6 03 07", "/3/0/9=integer:1\n/3/0/11/2\n/3/0/11/3=integer:7", TG_OK},
    {"/", "A1 83 03 00 0B A0", NULL, TG_E_SYNTAX}, /* nothing is not null */
    {"/", "A1 84 03 00 0B 02 F7", NULL, TG_E_SYNTAX},
};

static void reads_the_published_vectors(void **state) {
  (void)state;
  payload_check_rows(TG_CF_LWM2M_CBOR, true, vectors, TG_COUNT(vectors));
  payload_check_prefixes(TG_CF_LWM2M_CBOR, true, vectors, TG_COUNT(vectors));
}

static void reads_requests_behind_their_path(void **state) {
  (void)state;
  payload_use = TG_CODEC_USE_WRITE;
  payload_check_rows(TG_CF_LWM2M_CBOR, true, writes, TG_COUNT(writes));
  payload_check_prefixes(TG_CF_LWM2M_CBOR, true, writes, TG_COUNT(writes));
  payload_use = TG_CODEC_USE_REPORT;
}

static void reads_null_where_it_deletes(void **state) {
  (void)state;
  payload_use = TG_CODEC_USE_PATCH;
  payload_check_rows(TG_CF_LWM2M_CBOR, true, patches, TG_COUNT(patches));
  payload_check_prefixes(TG_CF_LWM2M_CBOR, true, patches, TG_COUNT(patches));
  payload_use = TG_CODEC_USE_REPORT;
}

static void names_what_is_wrong(void **state) {
  (void)state;
  static const payload_row_t rows[] = {
      {"/3", "", NULL, TG_E_TRUNCATED},
      {"/3", "A1", NULL, TG_E_TRUNCATED},
      {"/3", "BF", NULL, TG_E_TRUNCATED},
      {"/3", "A1 03", NULL, TG_E_TRUNCATED},
      {"/3", "80", NULL, TG_E_SYNTAX},
      {"/3", "05", NULL, TG_E_SYNTAX},
      {"/3/0/9", "05", NULL, TG_E_SYNTAX}, /* a value alone is only for a Write */
      {"/3", "FF", NULL, TG_E_SYNTAX},
      {"/3", "F6", NULL, TG_E_SYNTAX},
      {"/3", "A0 00", NULL, TG_E_SYNTAX}, /* something behind the map */
      {"/3", "A1 83 03 00 09 01 FF", NULL, TG_E_SYNTAX},
      {"/3", "BF 83 03 00 09 FF", NULL, TG_E_SYNTAX}, /* no value before the break */
      {"/3", "BB FF FF FF FF FF FF FF FF", NULL, TG_E_TRUNCATED},
      {"/3", "A1 9B FF FF FF FF FF FF FF FF", NULL, TG_E_TRUNCATED},
      {"/3", "A1 5B 7F FF FF FF FF FF FF FF", NULL, TG_E_TRUNCATED},
      {"/3", "A1 80 A1 80 A0", NULL, TG_E_SYNTAX}, /* a key without ids */
      {"/3", "A1 9F FF 05", NULL, TG_E_SYNTAX},
      {"/3", "A1 85 03 00 06 00 01 05", NULL, TG_E_SYNTAX}, /* five ids */
      {"/3", "A1 84 03 00 06 00 A1 01 05", NULL, TG_E_SYNTAX},
      {"/3", "A1 84 03 00 06 00 A0", NULL, TG_E_SYNTAX}, /* nothing in an array's instance */
      {"/3", "A1 82 03 81 00 A0", NULL, TG_E_SYNTAX},
      {"/", "A1 83 19 FFFF 00 00 05", NULL, TG_E_RANGE},
      {"/", "A1 83 1B 0000000100000003 00 09 05", NULL, TG_E_RANGE},
      {"/3", "A1 20 05", NULL, TG_E_SYNTAX},
      {"/3", "A1 61 33 05", NULL, TG_E_SYNTAX},
      {"/3", "A1 C1 03 05", NULL, TG_E_SYNTAX},
      {"/3", "A1 83 03 00 09 F6", NULL, TG_E_SYNTAX}, /* null is for iPATCH */
      {"/3", "A1 83 03 00 09 F7", NULL, TG_E_SYNTAX},
      {"/3", "A1 83 03 00 09 81 05", NULL, TG_E_SYNTAX},
      {"/3", "A1 83 03 00 09 C2 41 05", NULL, TG_E_SYNTAX},
      {"/3", "A1 83 03 00 09 61 78", NULL, TG_E_TYPE},
      {"/3", "A1 83 03 00 00 61 FF", NULL, TG_E_ENCODING},
      {"/3", "A1 83 03 00 09 1B FFFFFFFFFFFFFFFF", NULL, TG_E_RANGE},
      {"/3303", "A1 83 19 0CE7 00 19 1644 F9 7E 00", NULL, TG_E_RANGE}, /* NaN */
      {"/3", "A1 83 04 00 09 05", NULL, TG_E_DENIED},
      {"/3/0", "A1 82 03 01 A0", NULL, TG_E_DENIED},
      {"/3", "A1 82 03 00 05", NULL, TG_E_SYNTAX}, /* a value at an instance */
      {"/3/0/9", "A1 01 02", NULL, TG_E_DENIED},
      {"/3", "1C", NULL, TG_E_SYNTAX},
  };
  payload_check_rows(TG_CF_LWM2M_CBOR, true, rows, TG_COUNT(rows));
}

static void refuses_more_records_than_1024(void **state) {
  (void)state;
  static uint8_t packed[7 + 1025 * 4] = {0xA1, 0x19, 0x75, 0x30, 0xB9};
  uint8_t *p = packed + 5;
  *p++ = 1025 >> 8;
  *p++ = 1025 & 0xFF;
  for (size_t i = 0; i < 1025 && p + 4 <= packed + sizeof packed; i++, p += 4) memcpy(p, "\x19\x00\x00\xA0", 4);
  static char text[65536];
  tg_buf_t out;
  tg_buf_init(&out, text, sizeof text);
  check_rc(payload_decode(TG_CF_LWM2M_CBOR, "/30000", tg_slice(packed, sizeof packed), &out), TG_E_TOO_LONG);
}

CHECK_SUITE(reads_the_published_vectors, reads_requests_behind_their_path, reads_null_where_it_deletes,
            names_what_is_wrong, refuses_more_records_than_1024)
