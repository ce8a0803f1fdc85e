/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the command line: numbers and values for people; called by show.c. See human.h. */

#include "bindings/host/human.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/num.h"

void tg_human_duration(tg_buf_t *out, int64_t seconds) {
  static const struct {
    int64_t seconds;
    char name;
  } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
  if (seconds < 0) seconds = 0;
  size_t at = 0;
  while (at < 3 && seconds < units[at].seconds) at++;
  tg_buf_put_fmt(out, "%lld%c", (long long)(seconds / units[at].seconds), units[at].name);
  if (at == 3) return;
  int64_t more = seconds % units[at].seconds / units[at + 1].seconds;
  if (more) tg_buf_put_fmt(out, " %lld%c", (long long)more, units[at + 1].name);
}

void tg_human_time(tg_buf_t *out, int64_t ms, bool exact) {
  struct tm tm;
  char text[40];
  time_t seconds = (time_t)(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
  int rest = (int)(ms - (int64_t)seconds * 1000);
  if (!gmtime_r(&seconds, &tm) || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
    tg_buf_put_fmt(out, "%lld", (long long)seconds);
    return;
  }
  tg_buf_put_str(out, text);
  if (rest || exact) tg_buf_put_fmt(out, ".%03d", rest);
  tg_buf_put_u8(out, 'Z');
}

void tg_human_size(tg_buf_t *out, int64_t bytes) {
  static const char *const units[] = {"kB", "MB", "GB", "TB"};
  double size = (double)bytes;
  size_t at = 0;
  if (bytes < 1024) {
    tg_buf_put_fmt(out, "%lld B", (long long)bytes);
    return;
  }
  for (size /= 1024; size >= 999.5 && at < 3; at++) size /= 1024;
  long long tenths = llround(size * 10);
  tg_buf_put_fmt(out, tenths < 100 && tenths % 10 ? "%.1f %s" : "%.0f %s", size, units[at]);
}

static void put_string(tg_buf_t *out, tg_slice_t text) {
  tg_buf_put(out, text.len ? text : tg_slice_str("\"\""));
}

void tg_human_value(tg_buf_t *out, const tg_json_node_t *record) {
  const tg_json_node_t *value = tg_json_read_get(record, "value");
  bool flag = false;
  int64_t number = 0;
  uint64_t big = 0;
  double real = 0;
  switch (tg_json_read_kind(value)) {
  case TG_JSON_NULL:
    if (tg_json_read_get(record, "hidden")) tg_buf_put_str(out, "(hidden)");
    break;
  case TG_JSON_BOOL:
    if (tg_json_read_bool(value, &flag) == TG_OK) tg_buf_put_str(out, flag ? "true" : "false");
    break;
  case TG_JSON_INT:
    if (tg_json_read_int(value, &number) != TG_OK) break;
    if (tg_slice_is(tg_json_read_str(tg_json_read_get(record, "type")), "time") && llabs(number) < INT64_MAX / 1000)
      tg_human_time(out, number * 1000, false);
    else tg_buf_put_fmt(out, "%lld", (long long)number);
    break;
  case TG_JSON_UINT:
    if (tg_json_read_uint(value, &big) == TG_OK) tg_buf_put_fmt(out, "%llu", (unsigned long long)big);
    break;
  case TG_JSON_DOUBLE:
    if (tg_json_read_double(value, &real) == TG_OK) tg_num_put_double(out, real, true);
    break;
  case TG_JSON_STRING: put_string(out, tg_json_read_str(value)); break;
  case TG_JSON_OBJECT:
    tg_buf_put_str(out, "base64:");
    tg_buf_put(out, tg_json_read_str(tg_json_read_get(value, "base64")));
    break;
  case TG_JSON_ARRAY: break;
  }
}
