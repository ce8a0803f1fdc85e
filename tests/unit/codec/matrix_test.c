/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/matrix_test.c: every type in every format (lwm2m.md 2.2): how it is written, that it reads back, what else is read. */

#include <float.h>
#include <math.h>

#include "tests/unit/codec/payload.h"

/* The columns, in the order of lwm2m.md 2.2. ETCH is spelled like SenML, opaque (42) has a test of its own. */
enum { TEXT, CBOR, SENML_JSON, SENML_CBOR, TLV, JSON, LWM2M_CBOR, COLUMNS };

typedef struct column {
  int format;
  int twin; /* another number under which the same bytes go, or NONE */
  bool is_hex;
  const char *around; /* of a cell: # stands for the resource's id, @ for the cell */
} column_t;

static const column_t columns[] = {
    [TEXT] = {TG_CF_TEXT, 1541, false, "@"},
    [CBOR] = {TG_CF_CBOR, TG_CF_NONE, true, "@"},
    [SENML_JSON] = {TG_CF_SENML_JSON, TG_CF_ETCH_JSON, false, "[{\"bn\":\"/30000/0/#\",@}]"},
    [SENML_CBOR] = {TG_CF_SENML_CBOR, TG_CF_ETCH_CBOR, true, "81 A2 21 6A 2F33303030302F302F 3# @"},
    [TLV] = {TG_CF_TLV, 1542, true, NULL}, /* the length stands before the cell */
    [JSON] = {TG_CF_JSON, 1543, false, "{\"bn\":\"/30000/0/#\",\"e\":[{@}]}"},
    [LWM2M_CBOR] = {TG_CF_LWM2M_CBOR, TG_CF_NONE, true, "A1 83 19 7530 00 0# @"},
};

/* Resources of object 30000 by type; see payload.h. */
enum { STRING, INTEGER, UNSIGNED, FLOAT, BOOLEAN, OPAQUE, TIME, OBJLNK, CORELNK, TYPES };

typedef struct row {
  uint16_t rid;
  tg_value_t value;
  const char *cells[COLUMNS];
} row_t;

#define VALUE(rid_, kind, member, x) .rid = (rid_), .value = {.type = TG_TYPE_##kind, .member = (x)}
#define BYTES(rid_, kind, text)                                                                                        \
  .rid = (rid_), .value = {.type = TG_TYPE_##kind, .s = {(const uint8_t *)(text), sizeof(text) - 1}}
#define STR(text)  BYTES(STRING, STRING, text)
#define INT(n)     VALUE(INTEGER, INTEGER, i, n)
#define UINT(n)    VALUE(UNSIGNED, UNSIGNED, u, n)
#define REAL(x)    VALUE(FLOAT, FLOAT, f, x)
#define BOOL(x)    VALUE(BOOLEAN, BOOLEAN, b, x)
#define RAW(text)  BYTES(OPAQUE, OPAQUE, text)
#define DATE(n)    VALUE(TIME, TIME, i, n)
#define LINK(o, n) .rid = OBJLNK, .value = {.type = TG_TYPE_OBJLNK, .link = {(o), (n)}}
#define CORE(text) BYTES(CORELNK, CORELNK, text)

/* The first row of each type is what reads_only_what_the_type_may_become() tries on the others. */
static const row_t rows[] = {
    {STR("x"), {"x", "61 78", "\"vs\":\"x\"", "03 61 78", "78", "\"sv\":\"x\"", "61 78"}},
    {STR(""), {"", "60", "\"vs\":\"\"", "03 60", "", "\"sv\":\"\"", "60"}},
    {STR("\xC3\xBC\"\n"),
     {"\xC3\xBC\"\n", "64 C3BC220A", "\"vs\":\"\xC3\xBC\\\"\\n\"", "03 64 C3BC220A", "C3BC220A",
      "\"sv\":\"\xC3\xBC\\\"\\n\"", "64 C3BC220A"}},
    {INT(1), {"1", "01", "\"v\":1", "02 01", "01", "\"v\":1", "01"}},
    {INT(0), {"0", "00", "\"v\":0", "02 00", "00", "\"v\":0", "00"}},
    {INT(-1), {"-1", "20", "\"v\":-1", "02 20", "FF", "\"v\":-1", "20"}},
    {INT(INT8_MAX), {"127", "187F", "\"v\":127", "02 187F", "7F", "\"v\":127", "187F"}},
    {INT(INT8_MIN), {"-128", "387F", "\"v\":-128", "02 387F", "80", "\"v\":-128", "387F"}},
    {INT(128), {"128", "1880", "\"v\":128", "02 1880", "0080", "\"v\":128", "1880"}},
    {INT(INT16_MIN), {"-32768", "397FFF", "\"v\":-32768", "02 397FFF", "8000", "\"v\":-32768", "397FFF"}},
    {INT(86400), {"86400", "1A00015180", "\"v\":86400", "02 1A00015180", "00015180", "\"v\":86400", "1A00015180"}},
    {INT(INT32_MIN),
     {"-2147483648", "3A7FFFFFFF", "\"v\":-2147483648", "02 3A7FFFFFFF", "80000000", "\"v\":-2147483648",
      "3A7FFFFFFF"}},
    {INT(INT64_MAX),
     {"9223372036854775807", "1B7FFFFFFFFFFFFFFF", "\"v\":9223372036854775807", "02 1B7FFFFFFFFFFFFFFF",
      "7FFFFFFFFFFFFFFF", "\"v\":9223372036854775807", "1B7FFFFFFFFFFFFFFF"}},
    {INT(INT64_MIN),
     {"-9223372036854775808", "3B7FFFFFFFFFFFFFFF", "\"v\":-9223372036854775808", "02 3B7FFFFFFFFFFFFFFF",
      "8000000000000000", "\"v\":-9223372036854775808", "3B7FFFFFFFFFFFFFFF"}},
    {UINT(1), {"1", "01", "\"v\":1", "02 01", "01", "\"v\":1", "01"}},
    {UINT(200), {"200", "18C8", "\"v\":200", "02 18C8", "00C8", "\"v\":200", "18C8"}},
    {UINT(UINT32_MAX),
     {"4294967295", "1AFFFFFFFF", "\"v\":4294967295", "02 1AFFFFFFFF", "00000000FFFFFFFF", "\"v\":4294967295",
      "1AFFFFFFFF"}},
    {UINT(UINT64_MAX),
     {"18446744073709551615", "1BFFFFFFFFFFFFFFFF", "\"v\":18446744073709551615", "02 1BFFFFFFFFFFFFFFFF",
      "FFFFFFFFFFFFFFFF", "\"v\":18446744073709551615", "1BFFFFFFFFFFFFFFFF"}},
    {REAL(22.5), {"22.5", "FA41B40000", "\"v\":22.5", "02 FA41B40000", "41B40000", "\"v\":22.5", "FA41B40000"}},
    {REAL(0.1),
     {"0.1", "FB3FB999999999999A", "\"v\":0.1", "02 FB3FB999999999999A", "3FB999999999999A", "\"v\":0.1",
      "FB3FB999999999999A"}},
    {REAL(5.0), {"5", "FA40A00000", "\"v\":5.0", "02 FA40A00000", "40A00000", "\"v\":5.0", "FA40A00000"}},
    {REAL(-0.0), {"-0", "FA80000000", "\"v\":-0.0", "02 FA80000000", "80000000", "\"v\":-0.0", "FA80000000"}},
    {REAL((double)FLT_MAX),
     {"340282346638528860000000000000000000000", "FA7F7FFFFF", "\"v\":3.4028234663852886e38", "02 FA7F7FFFFF",
      "7F7FFFFF", "\"v\":3.4028234663852886e38", "FA7F7FFFFF"}},
    {REAL(DBL_MAX),
     {NULL, "FB7FEFFFFFFFFFFFFF", "\"v\":1.7976931348623157e308", "02 FB7FEFFFFFFFFFFFFF", "7FEFFFFFFFFFFFFF",
      "\"v\":1.7976931348623157e308", "FB7FEFFFFFFFFFFFFF"}},
    {BOOL(true), {"1", "F5", "\"vb\":true", "04 F5", "01", "\"bv\":true", "F5"}},
    {BOOL(false), {"0", "F4", "\"vb\":false", "04 F4", "00", "\"bv\":false", "F4"}},
    {RAW("\xFF\xEF"), {"/+8=", "42 FFEF", "\"vd\":\"_-8\"", "08 42 FFEF", "FFEF", "\"sv\":\"/+8=\"", "42 FFEF"}},
    {RAW(""), {"", "40", "\"vd\":\"\"", "08 40", "", "\"sv\":\"\"", "40"}},
    {DATE(1700000000),
     {"1700000000", "C1 1A6553F100", "\"v\":1700000000", "02 1A6553F100", "6553F100", "\"v\":1700000000",
      "1A6553F100"}},
    {DATE(INT64_C(5000000000)),
     {"5000000000", "C1 1B000000012A05F200", "\"v\":5000000000", "02 1B000000012A05F200", "000000012A05F200",
      "\"v\":5000000000", "1B000000012A05F200"}},
    {DATE(-1), {"-1", "C1 20", "\"v\":-1", "02 20", "FF", "\"v\":-1", "20"}},
    {LINK(21, 0),
     {"21:0", "64 32313A30", "\"vlo\":\"21:0\"", "63 766C6F 64 32313A30", "00150000", "\"ov\":\"21:0\"",
      "64 32313A30"}},
    {LINK(65535, 65535), /* null */
     {"65535:65535", "6B 36353533353A3635353335", "\"vlo\":\"65535:65535\"", "63 766C6F 6B 36353533353A3635353335",
      "FFFFFFFF", "\"ov\":\"65535:65535\"", "6B 36353533353A3635353335"}},
    {CORE("</3>"),
     {"</3>", "64 3C2F333E", "\"vs\":\"</3>\"", "03 64 3C2F333E", "3C2F333E", "\"sv\":\"</3>\"", "64 3C2F333E"}},
};

/* A whole payload for the resource @p rid around a cell, as hexadecimal or text. */
static void put_around(tg_buf_t *out, int column, uint16_t rid, const char *cell) {
  size_t digits = 0;
  for (const char *c = cell; *c; c++) digits += *c != ' ';
  if (column == TLV && digits / 2 < 8) tg_buf_put_fmt(out, "C%zu 0%u %s", digits / 2, (unsigned)rid, cell);
  else if (column == TLV) tg_buf_put_fmt(out, "C8 0%u %02zX %s", (unsigned)rid, digits / 2, cell);
  for (const char *c = columns[column].around; c && *c; c++) {
    if (*c == '#') tg_buf_put_fmt(out, "%u", (unsigned)rid);
    else if (*c == '@') tg_buf_put_str(out, cell);
    else tg_buf_put_u8(out, (uint8_t)*c);
  }
  assert_non_null(tg_buf_cstr(out));
}

/* The payload's bytes, in memory that test_free() takes. */
static uint8_t *payload_of(int column, uint16_t rid, const char *cell, size_t *len) {
  char text[256];
  tg_buf_t spelled;
  tg_buf_init(&spelled, text, sizeof text);
  put_around(&spelled, column, rid, cell);
  if (columns[column].is_hex) return payload_bytes(text, len);
  uint8_t *bytes = test_malloc(spelled.len + 1);
  memcpy(bytes, text, spelled.len);
  *len = spelled.len;
  return bytes;
}

/* Reads one record at the resource @p rid; @p value lives as long as @p scratch and the payload. */
static tg_rc_t read_one(int format, uint16_t rid, tg_slice_t payload, tg_buf_t *scratch, tg_value_t *value) {
  tg_codec_input_t input = {.content_format = format,
                            .base = tg_path(3, PAYLOAD_OBJECT, 0, rid),
                            .model = payload_model(),
                            .payload = payload,
                            .now_ms = PAYLOAD_NOW_MS,
                            .scratch = scratch};
  tg_codec_dec_t dec;
  tg_record_t record, more;
  tg_rc_t rc = tg_codec_dec_init(&dec, &input);
  if (rc == TG_OK) rc = tg_codec_dec_next(&dec, &record);
  if (rc != TG_OK) return rc;
  check_true(tg_path_eq(&record.path, &input.base));
  check_true(record.time_source != TG_TIME_DEVICE);
  check_rc(tg_codec_dec_next(&dec, &more), TG_END);
  *value = record.value;
  return TG_OK;
}

static void check_read(int format, const row_t *row, tg_slice_t payload) {
  uint8_t memory[512];
  tg_buf_t scratch;
  tg_value_t value;
  tg_buf_init(&scratch, memory, sizeof memory);
  check_rc(read_one(format, row->rid, payload, &scratch, &value), TG_OK);
  check_true(tg_value_eq(&value, &row->value));
  check_true(value.type != TG_TYPE_FLOAT || signbit(value.f) == signbit(row->value.f));
}

static void check_cell(const row_t *row, int column) {
  const int formats[] = {columns[column].format, columns[column].twin};
  const tg_record_t record = {.path = tg_path(3, PAYLOAD_OBJECT, 0, row->rid), .value = row->value};
  for (size_t i = 0; i < TG_COUNT(formats) && formats[i] != TG_CF_NONE; i++) {
    uint8_t memory[512];
    char base[TG_PATH_TEXT_MAX];
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    tg_rc_t rc = payload_encode(formats[i], tg_path_text(&record.path, base), &record, 1, &out);
    if (rc == TG_OK) check_read(formats[i], row, tg_buf_slice(&out));
    else check_rc(rc, formats[i] >= 1541 && formats[i] <= 1544 ? TG_E_FORMAT : TG_OK);
    if (!row->cells[column]) continue; /* too long for the table */
    size_t len;
    uint8_t *want = payload_of(column, row->rid, row->cells[column], &len);
    if (rc == TG_OK) check_bytes(tg_buf_slice(&out), tg_slice(want, len));
    check_read(formats[i], row, tg_slice(want, len));
    test_free(want);
  }
}

static void every_type_is_written_and_read_in_every_format(void **state) {
  (void)state;
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    for (int column = 0; column < COLUMNS; column++) check_cell(&rows[i], column);
  }
}

/* Content format 42 is for bytes only. */
static void opaque_carries_bytes_only(void **state) {
  (void)state;
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    const tg_record_t record = {.path = tg_path(3, PAYLOAD_OBJECT, 0, rows[i].rid), .value = rows[i].value};
    uint8_t memory[64];
    char base[TG_PATH_TEXT_MAX];
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    tg_rc_t rc = payload_encode(TG_CF_OPAQUE, tg_path_text(&record.path, base), &record, 1, &out);
    check_rc(rc, rows[i].rid == OPAQUE ? TG_OK : TG_E_TYPE);
    if (rc == TG_OK) check_bytes(tg_buf_slice(&out), rows[i].value.s);
    if (rc == TG_OK) check_read(TG_CF_OPAQUE, &rows[i], tg_buf_slice(&out));
    if (rc == TG_OK) check_read(1544, &rows[i], tg_buf_slice(&out));
  }
}

/* What peers send that nobody here writes; the value is that of the row. */
static const struct {
  int column;
  row_t row;
  const char *cell;
} tolerated[] = {
    {TEXT, {INT(7)}, "007"},
    {TEXT, {REAL(6.667e-11)}, "6.667E-11"},
    {TEXT, {REAL(5.0)}, "5.0"},
    {CBOR, {REAL(22.5)}, "F94DA0"},
    {CBOR, {REAL(22.5)}, "FB4036800000000000"},
    {CBOR, {REAL(5.0)}, "05"},
    {CBOR, {INT(5)}, "F94500"},
    {CBOR, {INT(5)}, "1B0000000000000005"},
    {CBOR, {DATE(5)}, "05"},
    {CBOR, {DATE(5)}, "C005"},
    {CBOR, {STR("ab")}, "7F 61 61 61 62 FF"},
    {CBOR, {RAW("\x01\x02")}, "5F 41 01 41 02 FF"},
    {SENML_JSON, {REAL(5.0)}, "\"v\":5"},
    {SENML_JSON, {REAL(500.0)}, "\"v\":5E+2"},
    {SENML_JSON, {INT(5)}, "\"v\":5.0"},
    {SENML_JSON, {RAW("\xFF\xEF")}, "\"vd\":\"/+8=\""},
    {SENML_JSON, {STR("\xC3\xBC")}, "\"vs\":\"\\u00FC\""},
    {SENML_CBOR, {REAL(22.5)}, "02 F94DA0"},
    {SENML_CBOR, {REAL(5.0)}, "02 05"},
    {SENML_CBOR, {INT(5)}, "02 F94500"},
    {SENML_CBOR, {STR("ab")}, "03 7F 61 61 61 62 FF"},
    {TLV, {INT(5)}, "0000000000000005"},
    {TLV, {INT(-56)}, "C8"},
    {TLV, {UINT(200)}, "C8"},
    {TLV, {REAL(22.5)}, "4036800000000000"},
    {JSON, {REAL(5.0)}, "\"v\":5"},
    {JSON, {INT(5)}, "\"v\":5.0"},
    {JSON, {LINK(21, 0)}, "\"sv\":\"21:0\""},
    {LWM2M_CBOR, {REAL(22.5)}, "F94DA0"},
    {LWM2M_CBOR, {REAL(5.0)}, "05"},
    {LWM2M_CBOR, {INT(5)}, "F94500"},
    {LWM2M_CBOR, {DATE(5)}, "C105"},
    {LWM2M_CBOR, {RAW("\x01\x02")}, "5F 41 01 41 02 FF"},
};

static void reads_what_peers_write_otherwise(void **state) {
  (void)state;
  for (size_t i = 0; i < TG_COUNT(tolerated); i++) {
    size_t len;
    uint8_t *bytes = payload_of(tolerated[i].column, tolerated[i].row.rid, tolerated[i].cell, &len);
    check_read(columns[tolerated[i].column].format, &tolerated[i].row, tg_slice(bytes, len));
    test_free(bytes);
  }
}

/* The first row of a type. */
static const row_t *sample(uint16_t rid) {
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    if (rows[i].rid == rid) return rows + i;
  }
  return NULL;
}

/*
 * Whether the sample of a type, as a format has it, is read where another type is defined: a word for what was sent, a letter for what is
 * defined, both in the order string, integer, unsigned, float, boolean, opaque, time, objlnk, corelnk; a dot where it is refused. TEXT
 * and TLV tell no types: there the definition decides, and what has the form of another type is read as that.
 */
static const char *const readable[COLUMNS] = {
    [TEXT] = "s.......c siufb.t.c siufb.t.c s..f....c siufb.t.c s....o..c siuf..t.c s......lc s.......c",
    [CBOR] = "s.......c .iufb.t.. .iufb.t.. ...f..... ....b.... .....o... .iuf..t.. s......lc s.......c",
    [SENML_JSON] = "s.......c .iufb.t.. .iufb.t.. ...f..... ....b.... .....o... .iuf..t.. .......l. s.......c",
    [SENML_CBOR] = "s.......c .iufb.t.. .iufb.t.. ...f..... ....b.... .....o... .iuf..t.. .......l. s.......c",
    [TLV] = "siu..ot.c siu.bot.c siu.bot.c .iuf.otl. siu.bot.c .iu..ot.. .iuf.otl. siuf.otlc siuf.otlc",
    [JSON] = "s.......c .iufb.t.. .iufb.t.. ...f..... ....b.... s....o..c .iuf..t.. .......l. s.......c",
    [LWM2M_CBOR] = "s.......c .iufb.t.. .iufb.t.. ...f..... ....b.... .....o... .iuf..t.. s......lc s.......c",
};

static void reads_only_what_the_type_may_become(void **state) {
  (void)state;
  for (int column = 0; column < COLUMNS; column++) {
    char got[TYPES * (TYPES + 1) + 1] = "";
    for (uint16_t sent = 0; sent < TYPES; sent++) {
      for (uint16_t defined = 0; defined < TYPES; defined++) {
        uint8_t memory[64];
        tg_buf_t scratch;
        tg_value_t value;
        size_t len;
        uint8_t *bytes = payload_of(column, defined, sample(sent)->cells[column], &len);
        tg_buf_init(&scratch, memory, sizeof memory);
        tg_rc_t rc = read_one(columns[column].format, defined, tg_slice(bytes, len), &scratch, &value);
        check_true(rc != TG_E_INTERNAL);
        if (rc == TG_OK) check_int(value.type, payload_types[defined]);
        got[sent * (TYPES + 1) + defined] = rc == TG_OK ? "siufbotlc"[defined] : '.';
        test_free(bytes);
      }
      if (sent) got[sent * (TYPES + 1) - 1] = ' ';
    }
    assert_string_equal(got, readable[column]);
  }
}

/* The last line of the matrix: an executable resource has no value; what can't say so refuses it, what has names writes its name. */
static void nothing_is_written_where_there_is_no_value(void **state) {
  (void)state;
  static const tg_record_t none = PAYLOAD_NAME(PATH3(30000, 0, 9));
  static const char *const cells[COLUMNS] = {
      [SENML_JSON] = "[{\"bn\":\"/30000/0/9\"}]",
      [SENML_CBOR] = "81 A1 21 6A 2F33303030302F302F39",
      [TLV] = "80 09",
      [LWM2M_CBOR] = "A1 83 19 7530 00 09 A0",
  };
  for (int column = 0; column < COLUMNS; column++) {
    uint8_t memory[64];
    tg_buf_t out;
    tg_buf_init(&out, memory, sizeof memory);
    tg_rc_t rc = payload_encode(columns[column].format, "/30000/0/9", &none, 1, &out);
    check_rc(rc, cells[column] ? TG_OK : TG_E_TYPE);
    if (!cells[column]) continue;
    if (columns[column].is_hex) payload_check_encoded(columns[column].format, "/30000/0/9", &none, 1, cells[column]);
    else check_slice(tg_buf_slice(&out), cells[column]);
  }
}

CHECK_SUITE(every_type_is_written_and_read_in_every_format, opaque_carries_bytes_only, reads_what_peers_write_otherwise,
            reads_only_what_the_type_may_become, nothing_is_written_where_there_is_no_value)
