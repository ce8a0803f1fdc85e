/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/codec: compact JSON, front to back. Called by the JSON encoders, the command line, the admin API and rules. See json_write.h. */

#include "core/codec/json_write.h"

#include <math.h>

#include "core/base/base64.h"
#include "core/base/num.h"
#include "core/base/utf8.h"

void tg_json_write_begin(tg_json_out_t *json, tg_buf_t *out) {
  *json = (tg_json_out_t){out, false};
}

/* What every value does first: a comma, if one is due; after the value the next one is. */
static void before_value(tg_json_out_t *json) {
  if (json->comma) tg_buf_put_u8(json->out, ',');
  json->comma = true;
}

void tg_json_write_open(tg_json_out_t *json, char bracket) {
  before_value(json);
  tg_buf_put_u8(json->out, (uint8_t)bracket);
  json->comma = false;
}

void tg_json_write_close(tg_json_out_t *json, char bracket) {
  tg_buf_put_u8(json->out, (uint8_t)bracket);
  json->comma = true;
}

static void put_escape(tg_buf_t *out, uint8_t c) {
  switch (c) {
  case '"': tg_buf_put_str(out, "\\\""); break;
  case '\\': tg_buf_put_str(out, "\\\\"); break;
  case '\b': tg_buf_put_str(out, "\\b"); break;
  case '\f': tg_buf_put_str(out, "\\f"); break;
  case '\n': tg_buf_put_str(out, "\\n"); break;
  case '\r': tg_buf_put_str(out, "\\r"); break;
  case '\t': tg_buf_put_str(out, "\\t"); break;
  default: tg_buf_put_fmt(out, "\\u%04x", c); break;
  }
}

/* Text that is UTF-8: runs as they are, escapes between them. */
static void put_valid(tg_buf_t *out, tg_slice_t text) {
  size_t start = 0;
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.p[i];
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    tg_buf_put(out, tg_slice(text.p + start, i - start));
    put_escape(out, c);
    start = i + 1;
  }
  if (start < text.len) tg_buf_put(out, tg_slice(text.p + start, text.len - start));
}

/* Length of the well-formed character at the start of @p s, or 0. */
static size_t char_len(tg_slice_t s) {
  for (size_t n = 1; n <= 4 && n <= s.len; n++) {
    if (tg_utf8_valid(tg_slice(s.p, n))) return n;
  }
  return 0;
}

static void put_repaired(tg_buf_t *out, tg_slice_t text) {
  while (text.len) {
    size_t n = char_len(text);
    if (n) put_valid(out, tg_slice(text.p, n));
    else tg_buf_put_str(out, "\xEF\xBF\xBD");
    text = tg_slice_from(text, n ? n : 1);
  }
}

static void put_quoted(tg_buf_t *out, tg_slice_t text) {
  tg_buf_put_u8(out, '"');
  if (tg_utf8_valid(text)) put_valid(out, text);
  else put_repaired(out, text);
  tg_buf_put_u8(out, '"');
}

void tg_json_write_key(tg_json_out_t *json, const char *key) {
  before_value(json);
  put_quoted(json->out, tg_slice_str(key));
  tg_buf_put_u8(json->out, ':');
  json->comma = false;
}

void tg_json_write_str(tg_json_out_t *json, tg_slice_t text) {
  before_value(json);
  put_quoted(json->out, text);
}

static void put_digits(tg_buf_t *out, uint64_t value, bool negative) {
  char text[24];
  size_t at = sizeof text;
  do text[--at] = (char)('0' + value % 10);
  while (value /= 10);
  if (negative) text[--at] = '-';
  tg_buf_put(out, tg_slice(text + at, sizeof text - at));
}

void tg_json_write_int(tg_json_out_t *json, int64_t value) {
  before_value(json);
  put_digits(json->out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
}

void tg_json_write_uint(tg_json_out_t *json, uint64_t value) {
  before_value(json);
  put_digits(json->out, value, false);
}

void tg_json_write_double(tg_json_out_t *json, double value) {
  before_value(json);
  tg_buf_t *out = json->out;
  size_t start = out->len;
  tg_num_put_double(out, value, true);
  if (!isfinite(value) || out->rc != TG_OK) return;
  for (size_t i = start; i < out->len; i++) {
    if (out->p[i] == '.' || out->p[i] == 'e') return;
  }
  tg_buf_put_str(out, ".0"); /* so that a reader knows it from an integer */
}

void tg_json_write_bool(tg_json_out_t *json, bool value) {
  before_value(json);
  tg_buf_put_str(json->out, value ? "true" : "false");
}

void tg_json_write_null(tg_json_out_t *json) {
  before_value(json);
  tg_buf_put_str(json->out, "null");
}

/* Whole seconds as an integer, others with three digits: a float would show its rounding. */
void tg_json_write_seconds(tg_json_out_t *json, const char *key, int64_t ms) {
  tg_json_write_key(json, key);
  int64_t seconds = ms / 1000, rest = ms % 1000;
  if (rest < 0) rest = -rest;
  if (ms < 0 && seconds == 0 && rest) {
    tg_buf_put_str(json->out, "-0");
    json->comma = true;
  } else {
    tg_json_write_int(json, seconds);
  }
  if (rest) tg_buf_put_fmt(json->out, ".%03d", (int)rest);
}

static void write_opaque(tg_json_out_t *json, tg_slice_t bytes) {
  tg_json_write_open(json, '{');
  tg_json_write_key(json, "base64");
  before_value(json);
  tg_buf_put_u8(json->out, '"');
  tg_base64_put(json->out, bytes);
  tg_buf_put_u8(json->out, '"');
  tg_json_write_close(json, '}');
}

void tg_json_write_value(tg_json_out_t *json, const tg_value_t *value) {
  switch (value->type) {
  case TG_TYPE_INTEGER:
  case TG_TYPE_TIME: tg_json_write_int(json, value->i); break;
  case TG_TYPE_UNSIGNED: tg_json_write_uint(json, value->u); break;
  case TG_TYPE_FLOAT: tg_json_write_double(json, value->f); break;
  case TG_TYPE_BOOLEAN: tg_json_write_bool(json, value->b); break;
  case TG_TYPE_STRING:
  case TG_TYPE_CORELNK: tg_json_write_str(json, value->s); break;
  case TG_TYPE_OPAQUE: write_opaque(json, value->s); break;
  case TG_TYPE_OBJLNK:
    before_value(json);
    tg_buf_put_fmt(json->out, "\"%u:%u\"", (unsigned)value->link.oid, (unsigned)value->link.iid);
    break;
  case TG_TYPE_NONE:
  case TG_TYPE_COUNT: tg_json_write_null(json); break;
  }
}
