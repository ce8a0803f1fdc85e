/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_CODEC_PAYLOAD_H
#define TG_TESTS_UNIT_CODEC_PAYLOAD_H

/** What the tests of payload formats share: a small model, and payloads and records as text, so that tables can hold them. */

#include "core/base/hex.h"
#include "core/codec/codec.h"
#include "tests/unit/check.h"

#define PAYLOAD_NOW_MS INT64_C(1800000000000)

/** Object 30000 has a resource of every type: ids 0 to 8 single, 10 to 18 multiple, 9 executable; 300 and 5700 for wide ids. */
enum { PAYLOAD_OBJECT = 30000 };

static const tg_type_t payload_types[] = {TG_TYPE_STRING, TG_TYPE_INTEGER, TG_TYPE_UNSIGNED,
                                          TG_TYPE_FLOAT,  TG_TYPE_BOOLEAN, TG_TYPE_OPAQUE,
                                          TG_TYPE_TIME,   TG_TYPE_OBJLNK,  TG_TYPE_CORELNK};

typedef struct payload_resource {
  uint16_t oid, rid;
  tg_type_t type;
  bool multiple;
} payload_resource_t;

static const payload_resource_t payload_resources[] = {
    {0, 17, TG_TYPE_OBJLNK, false},      {1, 0, TG_TYPE_INTEGER, false},      {1, 1, TG_TYPE_INTEGER, false},
    {1, 2, TG_TYPE_INTEGER, false},      {1, 3, TG_TYPE_INTEGER, false},      {1, 5, TG_TYPE_INTEGER, false},
    {1, 6, TG_TYPE_BOOLEAN, false},      {1, 7, TG_TYPE_STRING, false},       {2, 0, TG_TYPE_INTEGER, false},
    {2, 1, TG_TYPE_INTEGER, false},      {2, 2, TG_TYPE_INTEGER, true},       {2, 3, TG_TYPE_INTEGER, false},
    {3, 0, TG_TYPE_STRING, false},       {3, 1, TG_TYPE_STRING, false},       {3, 2, TG_TYPE_STRING, false},
    {3, 3, TG_TYPE_STRING, false},       {3, 6, TG_TYPE_INTEGER, true},       {3, 7, TG_TYPE_INTEGER, true},
    {3, 8, TG_TYPE_INTEGER, true},       {3, 9, TG_TYPE_INTEGER, false},      {3, 10, TG_TYPE_INTEGER, false},
    {3, 11, TG_TYPE_INTEGER, true},      {3, 13, TG_TYPE_TIME, false},        {3, 14, TG_TYPE_STRING, false},
    {3, 15, TG_TYPE_STRING, false},      {3, 16, TG_TYPE_STRING, false},      {19, 0, TG_TYPE_OPAQUE, true},
    {65, 0, TG_TYPE_OBJLNK, true},       {65, 1, TG_TYPE_STRING, false},      {65, 2, TG_TYPE_INTEGER, false},
    {3303, 5700, TG_TYPE_FLOAT, false},  {3303, 5701, TG_TYPE_STRING, false}, {30000, 9, TG_TYPE_NONE, false},
    {30000, 300, TG_TYPE_OPAQUE, false}, {30000, 5700, TG_TYPE_FLOAT, false}};

static inline void payload_add(tg_objdef_t *def, uint16_t rid, tg_type_t type, bool multiple) {
  tg_resdef_t res = {
      .id = rid, .type = (uint8_t)type, .multiple = multiple, .ops = TG_OPS_READ | TG_OPS_WRITE, .name = "r"};
  check_rc(tg_objdef_add(def, &res), TG_OK);
}

/** The model; made once, lives as long as the program. */
static inline const tg_model_t *payload_model(void) {
  static tg_model_t model;
  if (model.registry) return &model;
  tg_registry_t *registry = tg_registry_new();
  tg_objdef_t *def = NULL;
  for (size_t i = 0; i < TG_COUNT(payload_resources); i++) {
    const payload_resource_t *row = payload_resources + i;
    if (!def || def->id != row->oid) {
      def = tg_objdef_new(&(tg_objdef_head_t){.id = row->oid, .multiple = true, .version = TG_VERSION_1_0});
      check_rc(tg_registry_add(registry, def), TG_OK);
    }
    payload_add(def, row->rid, row->type, row->multiple);
  }
  for (uint16_t i = 0; i < TG_COUNT(payload_types); i++) {
    payload_add(def, i, payload_types[i], false);
    payload_add(def, (uint16_t)(10 + i), payload_types[i], true);
  }
  model = (tg_model_t){.registry = registry, .enabler = TG_VERSION_1_0};
  return &model;
}

static inline tg_path_t payload_path(const char *text) {
  tg_path_t path;
  check_rc(tg_path_parse(tg_slice_str(text), &path), TG_OK);
  return path;
}

/** The bytes that hexadecimal text spells (blanks allowed), in a block of the heap that ends where they do: test_free() it. */
static inline uint8_t *payload_bytes(const char *hex, size_t *len) {
  uint8_t memory[2048];
  tg_buf_t buf;
  tg_buf_init(&buf, memory, sizeof memory);
  for (; *hex; hex++) {
    if (*hex == ' ') continue;
    check_rc(tg_hex_get(tg_slice(hex, 2), &buf), TG_OK);
    hex++;
  }
  uint8_t *exact = test_malloc(buf.len ? buf.len : 1);
  memcpy(exact, memory, buf.len);
  *len = buf.len;
  return exact;
}

/** One record as text: `/3/0/9=integer:100`, with ` @ms` for a time of the device. Opaque values in hexadecimal, times in seconds. */
static inline void payload_describe(tg_buf_t *out, const tg_record_t *record) {
  if (out->len) tg_buf_put_u8(out, '\n');
  tg_path_put(out, &record->path);
  if (record->value.type != TG_TYPE_NONE) {
    tg_value_t value = record->value;
    tg_buf_put_fmt(out, "=%s:", tg_value_type_name(value.type));
    if (value.type == TG_TYPE_TIME) value.type = TG_TYPE_INTEGER;
    tg_value_put_text(out, &value);
  }
  if (record->time_source == TG_TIME_DEVICE) tg_buf_put_fmt(out, " @%lld", (long long)record->time_ms);
}

/** What payload_decode() and payload_encode() are for; REPORT unless a test says otherwise. */
static tg_codec_use_t payload_use;

/** Decodes a payload of @p format asked for at @p base and describes its records, one a line. */
static inline tg_rc_t payload_decode(int format, const char *base, tg_slice_t payload, tg_buf_t *out) {
  tg_buf_t scratch;
  tg_buf_init_growing(&scratch, 65536);
  tg_codec_input_t input = {.content_format = format,
                            .base = payload_path(base),
                            .model = payload_model(),
                            .payload = payload,
                            .now_ms = PAYLOAD_NOW_MS,
                            .scratch = &scratch,
                            .use = payload_use};
  tg_codec_dec_t dec;
  tg_rc_t rc = tg_codec_dec_init(&dec, &input);
  static tg_record_t records[1200];
  size_t count = 0;
  while (rc == TG_OK) {
    rc = tg_codec_dec_next(&dec, &records[count]);
    if (rc == TG_OK) count++;
  }
  /* Described at the end, so that a value which does not last until then is seen. */
  for (size_t i = 0; i < count; i++) payload_describe(out, records + i);
  tg_buf_fini(&scratch);
  return rc == TG_END ? TG_OK : rc;
}

/** A vector: what the bytes (hexadecimal, or text where the format is text) mean, or how they fail. */
typedef struct payload_row {
  const char *base;
  const char *bytes;
  const char *want; /* NULL: only rc counts */
  tg_rc_t rc;
} payload_row_t;

static inline void payload_check_rows(int format, bool is_hex, const payload_row_t *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    static char text[65536];
    tg_buf_t out;
    size_t len = strlen(rows[i].bytes);
    uint8_t *bytes = is_hex ? payload_bytes(rows[i].bytes, &len) : test_malloc(len ? len : 1);
    if (!is_hex) memcpy(bytes, rows[i].bytes, len);
    tg_buf_init(&out, text, sizeof text);
    tg_rc_t rc = payload_decode(format, rows[i].base, tg_slice(bytes, len), &out);
    test_free(bytes);
    if (rc != rows[i].rc) print_error("row %zu at %s: %s\n", i, rows[i].base, rows[i].bytes);
    check_rc(rc, rows[i].rc);
    if (rows[i].want) check_slice(tg_buf_slice(&out), rows[i].want);
  }
}

/** Every prefix of every row decodes cleanly or fails; a sanitizer sees reads beyond it. */
static inline void payload_check_prefixes(int format, bool is_hex, const payload_row_t *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    size_t whole = strlen(rows[i].bytes);
    uint8_t *bytes = is_hex ? payload_bytes(rows[i].bytes, &whole) : NULL;
    for (size_t len = 0; len < whole; len++) {
      static char text[65536];
      tg_buf_t out;
      uint8_t *exact = test_malloc(len ? len : 1);
      memcpy(exact, bytes ? bytes : (const uint8_t *)rows[i].bytes, len);
      tg_buf_init(&out, text, sizeof text);
      tg_rc_t rc = payload_decode(format, rows[i].base, tg_slice(exact, len), &out);
      check_true(rc < TG_RC_COUNT && rc != TG_E_INTERNAL);
      test_free(exact);
    }
    if (bytes) test_free(bytes);
  }
}

/** Encodes records whose descriptions a table holds; see payload_records(). */
static inline tg_rc_t payload_encode(int format, const char *base, const tg_record_t *records, size_t count,
                                     tg_buf_t *out) {
  tg_codec_output_t output = {.content_format = format,
                              .base = payload_path(base),
                              .records = records,
                              .count = count,
                              .model = payload_model(),
                              .use = payload_use};
  return tg_codec_encode(&output, out);
}

/** Checks that @p records make exactly the bytes (hexadecimal or text), or fail with @p rc where @p want is NULL. */
static inline void payload_check_encoded(int format, const char *base, const tg_record_t *records, size_t count,
                                         const char *want_hex) {
  uint8_t memory[2048];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  check_rc(payload_encode(format, base, records, count, &out), TG_OK);
  size_t len;
  uint8_t *want = payload_bytes(want_hex, &len);
  char hex[4096];
  tg_buf_t spelled;
  tg_buf_init(&spelled, hex, sizeof hex);
  tg_hex_put(&spelled, tg_buf_slice(&out));
  if (!tg_slice_eq(tg_buf_slice(&out), tg_slice(want, len))) print_error("%s: got %.*s\n", base, (int)spelled.len, hex);
  check_bytes(tg_buf_slice(&out), tg_slice(want, len));
  test_free(want);
}

#define PAYLOAD_STR(path_, text)                                                                                       \
  {                                                                                                                    \
    .path = path_, .value = {.type = TG_TYPE_STRING, .s = {(const uint8_t *)(text), sizeof(text) - 1} }                \
  }
#define PAYLOAD_OPAQUE(path_, text)                                                                                    \
  {                                                                                                                    \
    .path = path_, .value = {.type = TG_TYPE_OPAQUE, .s = {(const uint8_t *)(text), sizeof(text) - 1} }                \
  }
#define PAYLOAD_INT(path_, n)                                                                                          \
  {                                                                                                                    \
    .path = path_, .value = {.type = TG_TYPE_INTEGER, .i = (n) }                                                       \
  }
#define PAYLOAD_UINT(path_, n)                                                                                         \
  {                                                                                                                    \
    .path = path_, .value = {.type = TG_TYPE_UNSIGNED, .u = (n) }                                                      \
  }
#define PAYLOAD_FLOAT(path_, x)                                                                                        \
  {                                                                                                                    \
    .path = path_, .value = {.type = TG_TYPE_FLOAT, .f = (x) }                                                         \
  }
#define PAYLOAD_BOOL(path_, x)                                                                                         \
  {                                                                                                                    \
    .path = path_, .value = {.type = TG_TYPE_BOOLEAN, .b = (x) }                                                       \
  }
#define PAYLOAD_LINK(path_, o, n)                                                                                      \
  {                                                                                                                    \
    .path = path_, .value = {.type = TG_TYPE_OBJLNK, .link = {(o), (n)} }                                              \
  }
#define PAYLOAD_NAME(path_)                                                                                            \
  { .path = path_ }
#define PATH2(a, b)                                                                                                    \
  { {(a), (b)}, 2 }
#define PATH3(a, b, c)                                                                                                 \
  { {(a), (b), (c)}, 3 }
#define PATH4(a, b, c, d)                                                                                              \
  { {(a), (b), (c), (d)}, 4 }

#endif
