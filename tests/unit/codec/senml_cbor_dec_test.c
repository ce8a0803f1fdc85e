/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/senml_cbor_dec_test.c: mirrors core/codec/senml_cbor_dec.c. */

#include "tests/unit/codec/payload.h"

static const payload_row_t vectors[] = {
    {"/3303/0/5700", "81 A2 21 6C 2F333330332F302F35373030 02 F9 4D A0", "/3303/0/5700=float:22.5", TG_OK},
    {"/1/0", "82 A3 21 64 2F312F30 00 62 2F31 02 18 3C A2 00 62 2F37 03 61 55", "/1/0/1=integer:60\n/1/0/7=string:U",
     TG_OK},
    {"/3303", "82 A3 21 6C 2F333330332F302F35373030 22 1A 65 53 F1 00 02 F9 4D A0 A2 06 18 3C 02 F9 4D C0",
     "/3303/0/5700=float:22.5 @1700000000000\n/3303/0/5700=float:23 @1700000060000", TG_OK},
    {"/", "82 A1 00 66 2F332F302F30 A1 00 66 2F312F302F31", "/3/0/0\n/1/0/1", TG_OK},
    {"/", "81 A2 21 67 2F302F312F3137 63 766C6F 64 32313A30", "/0/1/17=objlnk:21:0", TG_OK},
    {"/19/0", "81 A2 21 69 2F31392F302F302F30 08 42 01 02", "/19/0/0/0=opaque:0102", TG_OK},
    {"/3/0/11", "81 A2 00 69 2F332F302F31312F32 02 F6", "/3/0/11/2", TG_OK},
    {"/", "83 A3 21 61 2F 00 65 312F302F32 02 18 65 A2 00 65 312F302F36 04 F5 A2 00 66 332F302F3133 02 00",
     "/1/0/2=integer:101\n/1/0/6=boolean:true\n/3/0/13=time:0", TG_OK},
    {"/3/0", "82 A3 21 65 2F332F302F 00 61 30 03 6A 4F70656E204D6F62696C A2 00 61 39 02 18 64",
     "/3/0/0=string:Open Mobil\n/3/0/9=integer:100", TG_OK},
    {"/3/0", "80", "", TG_OK},
    {"/3/0", "9F FF", "", TG_OK},
    /* a base name is a text before it is a path: with a slash at its end, without one, in the middle of a number, changed on the way */
    {"/", "82 A3 21 67 2F332F302F372F 00 60 02 01 A2 00 62 302F 02 05", "/3/0/7=integer:1\n/3/0/7/0=integer:5", TG_OK},
    {"/", "82 A3 21 65 2F332F302F 00 61 39 02 05 A3 21 64 2F312F30 00 62 2F31 02 06",
     "/3/0/9=integer:5\n/1/0/1=integer:6", TG_OK},
    {"/", "82 A3 21 64 2F312F30 00 62 2F31 02 06 A3 21 65 2F332F302F 00 61 39 02 05",
     "/1/0/1=integer:6\n/3/0/9=integer:5", TG_OK},
    {"/", "82 A3 21 66 2F332F302F31 00 61 33 02 00 A3 21 60 00 66 2F332F302F39 02 05",
     "/3/0/13=time:0\n/3/0/9=integer:5", TG_OK},
    {"/", "81 A3 21 64 332F302F 00 61 39 02 05", "/3/0/9=integer:5", TG_OK},
    {"/", "81 A2 21 61 2F 00 60", "/", TG_OK},
    /* everything indefinite, in pieces */
    {"/3/0", "9F BF 21 7F 62 2F33 63 2F302F FF 00 61 30 03 7F 61 61 60 61 62 FF FF FF", "/3/0/0=string:ab", TG_OK},
    {"/19/0", "81 A2 00 69 2F31392F302F302F30 08 5F 41 01 41 02 FF", "/19/0/0/0=opaque:0102", TG_OK},
    /* single and double floats, an integer for a float, a float for an integer */
    {"/3303", "81 A2 00 6C 2F333330332F302F35373030 02 FA 41 B4 00 00", "/3303/0/5700=float:22.5", TG_OK},
    {"/3303", "81 A2 00 6C 2F333330332F302F35373030 02 FB 3F B9 99 99 99 99 99 9A", "/3303/0/5700=float:0.1", TG_OK},
    {"/3303", "81 A2 00 6C 2F333330332F302F35373030 02 16", "/3303/0/5700=float:22", TG_OK},
    {"/3/0", "81 A2 00 66 2F332F302F39 02 F9 56 40", "/3/0/9=integer:100", TG_OK},
    /* typed from the wire when unknown */
    {"/", "81 A2 00 66 2F392F302F39 02 20", "/9/0/9=integer:-1", TG_OK},
    {"/", "81 A2 00 66 2F392F302F39 02 F9 4D A0", "/9/0/9=float:22.5", TG_OK},
    {"/", "81 A2 00 66 2F392F302F39 02 1B FFFFFFFFFFFFFFFF", "/9/0/9=unsigned:18446744073709551615", TG_OK},
    {"/", "81 A2 00 66 2F392F302F39 02 3B 7FFFFFFFFFFFFFFF", "/9/0/9=integer:-9223372036854775808", TG_OK},
    {"/", "81 A2 00 66 2F392F302F39 08 40", "/9/0/9=opaque:", TG_OK},
    /* what LwM2M does not use is passed over */
    {"/3/0", "81 A8 20 0A 23 63 43656C 25 05 01 63 43656C 05 01 07 01 00 66 2F332F302F39 02 05", "/3/0/9=integer:5",
     TG_OK},
    {"/3/0", "81 A3 63 787878 82 01 A1 02 9F C1 03 FF 00 66 2F332F302F39 02 05", "/3/0/9=integer:5", TG_OK},
    {"/3/0", "81 A3 18 63 5F 41 01 FF 00 66 2F332F302F39 02 05", "/3/0/9=integer:5", TG_OK},
    /* times: relative to now, in the past, with a fraction */
    {"/3/0", "81 A3 00 66 2F332F302F39 02 05 06 29", "/3/0/9=integer:5 @1799999990000", TG_OK},
    {"/3/0", "81 A3 00 66 2F332F302F39 02 05 06 FB 41D9 54FC 4008 0000", "/3/0/9=integer:5 @1700000000125", TG_OK},
    {"/3/0", "81 A3 00 66 2F332F302F39 02 05 06 00", "/3/0/9=integer:5 @1800000000000", TG_OK},
    {"/3/0", "81 A3 00 66 2F332F302F39 02 05 06 1A 0F FF FF FF", "/3/0/9=integer:5 @2068435455000", TG_OK},
    {"/3/0", "81 A3 00 66 2F332F302F39 02 05 06 1A 10 00 00 00", "/3/0/9=integer:5 @268435456000", TG_OK},
};

static void reads_the_published_vectors(void **state) {
  (void)state;
  payload_check_rows(TG_CF_SENML_CBOR, true, vectors, TG_COUNT(vectors));
}

static void survives_every_prefix(void **state) {
  (void)state;
  payload_check_prefixes(TG_CF_SENML_CBOR, true, vectors, TG_COUNT(vectors));
}

static void names_what_is_wrong(void **state) {
  (void)state;
  static const payload_row_t rows[] = {
      {"/3/0", "", NULL, TG_E_TRUNCATED},
      {"/3/0", "81", NULL, TG_E_TRUNCATED},
      {"/3/0", "A0", NULL, TG_E_SYNTAX},
      {"/3/0", "FF", NULL, TG_E_SYNTAX},
      {"/3/0", "9F", NULL, TG_E_TRUNCATED},
      {"/3/0", "5B 7F FF FF FF FF FF FF FF", NULL, TG_E_TRUNCATED},
      {"/3/0", "9B FF FF FF FF FF FF FF FF", NULL, TG_E_TRUNCATED}, /* 2^64 - 1 records */
      {"/3/0", "81 BB FF FF FF FF FF FF FF FF", NULL, TG_E_TRUNCATED},
      {"/3/0", "81 A1 02", NULL, TG_E_TRUNCATED},
      {"/3/0", "81 A1 02 1C", NULL, TG_E_SYNTAX},
      {"/3/0", "81 A2 00 66 2F332F302F39", NULL, TG_E_TRUNCATED},
      {"/3/0", "81 05", NULL, TG_E_SYNTAX},
      {"/3/0", "81 FF", NULL, TG_E_SYNTAX},
      {"/3/0", "80 00", NULL, TG_E_SYNTAX}, /* something behind the array */
      {"/3/0", "9F FF 00", NULL, TG_E_SYNTAX},
      {"/3/0", "BF 00 66 2F332F302F39 02 FF", NULL, TG_E_SYNTAX},
      {"/3/0", "81 BF 00 66 2F332F302F39 02 FF", NULL, TG_E_SYNTAX},      /* no value before the break */
      {"/3/0", "81 A2 00 66 2F332F302F39 02 F9 7E 00", NULL, TG_E_RANGE}, /* NaN */
      {"/3/0", "81 A2 00 66 2F332F302F39 02 FA 7F 80 00 00", NULL, TG_E_RANGE},
      {"/3/0", "81 A3 00 66 2F332F302F39 00 66 2F332F302F38 02 01", NULL, TG_E_DUPLICATE},
      {"/3/0", "81 A2 00 66 2F332F302F39 02 1B FFFFFFFFFFFFFFFF", NULL, TG_E_RANGE},
      {"/3/0", "81 A2 00 66 2F332F302F39 02 3B FFFFFFFFFFFFFFFF", NULL, TG_E_RANGE},
      {"/3/0", "81 A3 00 66 2F332F302F39 02 01 03 61 7A", NULL, TG_E_SYNTAX},   /* two values */
      {"/3/0", "81 A3 20 0B 00 66 2F332F302F39 02 01", NULL, TG_E_SYNTAX},      /* version 11 */
      {"/3/0", "81 A3 24 01 00 66 2F332F302F39 02 01", NULL, TG_E_SYNTAX},      /* base value */
      {"/3/0", "81 A3 62 785F 01 00 66 2F332F302F39 02 01", NULL, TG_E_SYNTAX}, /* x_ must be understood */
      {"/3/0", "81 A2 00 66 2F342F302F39 02 01", NULL, TG_E_DENIED},
      {"/3/0", "81 A2 00 64 2F332F30 02 01", NULL, TG_E_SYNTAX}, /* a value at an instance */
      {"/3/0", "81 A2 00 66 2F332F302F61 02 01", NULL, TG_E_SYNTAX},
      {"/3/0", "81 A1 02 01", NULL, TG_E_SYNTAX},                                /* no name at all */
      {"/", "81 A2 21 61 2F 00 61 2F", NULL, TG_E_SYNTAX},                       /* "/" and "/" */
      {"/", "81 A3 21 62 2F2F 00 65 332F302F39 02 01", NULL, TG_E_SYNTAX},       /* "//" and "3/0/9" */
      {"/", "81 A3 21 65 2F332F302F 00 62 2F39 02 01", NULL, TG_E_SYNTAX},       /* "/3/0/" and "/9" */
      {"/", "81 A3 21 65 2F332F302F 00 61 2F 02 01", NULL, TG_E_SYNTAX},         /* "/3/0/" and "/" */
      {"/", "81 A3 21 65 2F332F302F 00 63 392F2F 02 01", NULL, TG_E_SYNTAX},     /* "/3/0/" and "9//" */
      {"/", "81 A3 21 66 2F332F30302F 00 61 39 02 01", NULL, TG_E_SYNTAX},       /* "/3/00/" and "9" */
      {"/", "81 A3 21 65 2F332F302F 00 62 3039 02 01", NULL, TG_E_SYNTAX},       /* "/3/0/" and "09" */
      {"/", "81 A3 21 69 2F332F302F392F302F 00 61 39 02 01", NULL, TG_E_SYNTAX}, /* five ids */
      {"/", "81 A3 21 67 2F36353533352F 00 63 302F39 02 01", NULL, TG_E_SYNTAX}, /* 65535 */
      {"/3/0", "81 A3 21 65 2F342F302F 00 61 39 02 01", NULL, TG_E_DENIED},
      {"/3/0", "81 A2 00 05 02 01", NULL, TG_E_TYPE},
      {"/3/0", "81 A2 21 05 02 01", NULL, TG_E_TYPE},
      {"/3/0", "81 A2 00 66 2F332F302F39 03 61 78", NULL, TG_E_TYPE}, /* a string for an integer */
      {"/3/0", "81 A2 00 66 2F332F302F39 02 61 78", NULL, TG_E_TYPE}, /* a string as a number */
      {"/3/0", "81 A2 00 66 2F332F302F39 03 05", NULL, TG_E_TYPE},
      {"/3/0", "81 A2 00 66 2F332F302F30 03 61 FF", NULL, TG_E_ENCODING},
      {"/3/0", "81 A2 00 66 2F332F302F39 02 82 01 02", NULL, TG_E_SYNTAX},
      {"/3/0", "81 A2 00 66 2F332F302F39 02 C1 01", NULL, TG_E_SYNTAX},
      {"/3/0", "81 A2 00 66 2F332F302F39 02 F7", NULL, TG_E_SYNTAX},
      {"/3/0", "81 A2 F5 01 00 61", NULL, TG_E_SYNTAX},
      {"/3/0", "81 A3 00 66 2F332F302F39 02 05 06 1B 7FFFFFFFFFFFFFFF", NULL, TG_E_RANGE},
      {"/3/0", "81 A3 00 66 2F332F302F39 02 05 06 1B FFFFFFFFFFFFFFFF", NULL, TG_E_RANGE},
      {"/3/0", "81 A3 00 66 2F332F302F39 02 05 06 3B 7FFFFFFFFFFFFFFF", NULL, TG_E_RANGE},
      {"/3/0", "81 A3 00 66 2F332F302F39 02 05 06 FB 7FEF FFFF FFFF FFFF", NULL, TG_E_RANGE},
      {"/3/0", "81 A3 00 66 2F332F302F39 02 05 06 61 31", NULL, TG_E_TYPE},
      {"/3/0", "81 A3 00 66 2F332F302F39 02 05 18 63 7F 61 61 41 62 FF", NULL, TG_E_SYNTAX}, /* mixed pieces */
      {"/3/0", "81 A2 00 7F 61 61 41 62 FF 02 05", NULL, TG_E_SYNTAX},
      {"/3/0", "81 A2 18 63 818181818181818181818181818181818181 01", NULL, TG_E_TOO_LONG}, /* 18 deep */
      {"/3/0", "1C", NULL, TG_E_SYNTAX},
  };
  payload_check_rows(TG_CF_SENML_CBOR, true, rows, TG_COUNT(rows));
}

/* Only what comes in pieces has to be put together somewhere, be it a label, a name or a value. */
static void needs_a_scratch_buffer_for_pieces_only(void **state) {
  (void)state;
  static const struct {
    const char *hex;
    tg_rc_t rc;
  } rows[] = {{"81 A2 00 66 2F332F302F30 03 61 61", TG_OK},
              {"81 A2 00 66 2F332F302F30 03 7F 61 61 FF", TG_E_ARG},
              {"81 A2 00 7F 66 2F332F302F30 FF 03 61 61", TG_E_ARG},
              {"81 A2 7F 61 6E FF 66 2F332F302F30 03 61 61", TG_E_ARG}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    size_t len;
    uint8_t *bytes = payload_bytes(rows[i].hex, &len);
    tg_codec_input_t input = {.content_format = TG_CF_SENML_CBOR, .payload = tg_slice(bytes, len)};
    tg_codec_dec_t dec;
    tg_record_t record;
    check_rc(tg_codec_dec_init(&dec, &input), TG_OK);
    check_rc(tg_codec_dec_next(&dec, &record), rows[i].rc);
    test_free(bytes);
  }
}

static void refuses_names_that_are_too_long(void **state) {
  (void)state;
  static uint8_t payload[80] = {0x81, 0xA2, 0x21, 0x78, 65};
  memset(payload + 5, '0', 65);
  memcpy(payload + 70, "\x02\x01", 2);
  char text[64];
  tg_buf_t out;
  tg_buf_init(&out, text, sizeof text);
  check_rc(payload_decode(TG_CF_SENML_CBOR, "/3", tg_slice(payload, 72), &out), TG_E_TOO_LONG);
}

static void refuses_more_records_than_1024(void **state) {
  (void)state;
  uint8_t packed[3 + 1025 * 7] = {0x99, 1025 >> 8, 1025 & 0xFF};
  for (size_t i = 0; i < 1025; i++) memcpy(packed + 3 + 7 * i, "\xA1\x00\x64/3/0", 7);
  static char text[65536];
  tg_buf_t out;
  tg_buf_init(&out, text, sizeof text);
  check_rc(payload_decode(TG_CF_SENML_CBOR, "/3", tg_slice(packed, sizeof packed), &out), TG_E_TOO_LONG);
}

CHECK_SUITE(reads_the_published_vectors, survives_every_prefix, names_what_is_wrong,
            needs_a_scratch_buffer_for_pieces_only, refuses_names_that_are_too_long, refuses_more_records_than_1024)
