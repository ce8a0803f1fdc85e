/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/registry: typed values, their names, comparison, lossless conversion and text. See value.h. */

#include "core/registry/value.h"

#include <inttypes.h>
#include <math.h>
#include <time.h>

#include "core/base/hex.h"
#include "core/base/num.h"

static const char *const type_names[TG_TYPE_COUNT] = {
    [TG_TYPE_NONE] = "none",         [TG_TYPE_STRING] = "string", [TG_TYPE_INTEGER] = "integer",
    [TG_TYPE_UNSIGNED] = "unsigned", [TG_TYPE_FLOAT] = "float",   [TG_TYPE_BOOLEAN] = "boolean",
    [TG_TYPE_OPAQUE] = "opaque",     [TG_TYPE_TIME] = "time",     [TG_TYPE_OBJLNK] = "objlnk",
    [TG_TYPE_CORELNK] = "corelnk",
};

const char *tg_value_type_name(tg_type_t type) {
  return (unsigned)type < TG_TYPE_COUNT ? type_names[type] : "none";
}

tg_rc_t tg_value_type_of(tg_slice_t name, tg_type_t *type) {
  for (int i = 0; i < TG_TYPE_COUNT; i++) {
    if (!tg_slice_is(name, type_names[i])) continue;
    *type = (tg_type_t)i;
    return TG_OK;
  }
  return TG_E_NOT_FOUND;
}

static bool float_eq(double a, double b) {
  return (isnan(a) && isnan(b)) || (a <= b && a >= b);
}

bool tg_value_eq(const tg_value_t *a, const tg_value_t *b) {
  if (a->type != b->type) return false;
  switch (a->type) {
  case TG_TYPE_INTEGER:
  case TG_TYPE_TIME: return a->i == b->i;
  case TG_TYPE_UNSIGNED: return a->u == b->u;
  case TG_TYPE_FLOAT: return float_eq(a->f, b->f);
  case TG_TYPE_BOOLEAN: return a->b == b->b;
  case TG_TYPE_STRING:
  case TG_TYPE_OPAQUE:
  case TG_TYPE_CORELNK: return tg_slice_eq(a->s, b->s);
  case TG_TYPE_OBJLNK: return a->link.oid == b->link.oid && a->link.iid == b->link.iid;
  case TG_TYPE_NONE:
  case TG_TYPE_COUNT: break;
  }
  return true;
}

/* A whole number of either sign: what integer, unsigned, time and integral float have in common. */
typedef struct whole {
  bool negative;
  uint64_t magnitude;
} whole_t;

static whole_t whole_of_int(int64_t i) {
  return (whole_t){i < 0, i < 0 ? 0 - (uint64_t)i : (uint64_t)i};
}

static tg_rc_t whole_of_float(double f, whole_t *whole) {
  if (isnan(f) || isinf(f)) return TG_E_RANGE;
  double magnitude = fabs(f);
  if (magnitude >= 18446744073709551616.0) return TG_E_RANGE;
  if (floor(magnitude) < magnitude) return TG_E_TYPE;
  *whole = (whole_t){f < 0, (uint64_t)magnitude};
  return TG_OK;
}

static tg_rc_t whole_of(const tg_value_t *value, whole_t *whole) {
  switch (value->type) {
  case TG_TYPE_INTEGER:
  case TG_TYPE_TIME: *whole = whole_of_int(value->i); return TG_OK;
  case TG_TYPE_UNSIGNED: *whole = (whole_t){false, value->u}; return TG_OK;
  case TG_TYPE_FLOAT: return whole_of_float(value->f, whole);
  case TG_TYPE_NONE:
  case TG_TYPE_STRING:
  case TG_TYPE_BOOLEAN:
  case TG_TYPE_OPAQUE:
  case TG_TYPE_OBJLNK:
  case TG_TYPE_CORELNK:
  case TG_TYPE_COUNT: break;
  }
  return TG_E_TYPE;
}

static tg_rc_t to_signed(whole_t whole, tg_type_t type, tg_value_t *out) {
  uint64_t limit = (uint64_t)INT64_MAX + (whole.negative ? 1 : 0);
  if (whole.magnitude > limit) return TG_E_RANGE;
  int64_t i = whole.negative ? -(int64_t)(whole.magnitude - 1) - 1 : (int64_t)whole.magnitude;
  *out = (tg_value_t){.type = type, .i = whole.negative && whole.magnitude == 0 ? 0 : i};
  return TG_OK;
}

static tg_rc_t to_unsigned(whole_t whole, tg_value_t *out) {
  if (whole.negative && whole.magnitude) return TG_E_RANGE;
  *out = (tg_value_t){.type = TG_TYPE_UNSIGNED, .u = whole.magnitude};
  return TG_OK;
}

static tg_rc_t to_float(whole_t whole, tg_value_t *out) {
  double f = (double)whole.magnitude;
  bool exact = f < 18446744073709551616.0 && (uint64_t)f == whole.magnitude;
  if (!exact) return TG_E_RANGE;
  *out = (tg_value_t){.type = TG_TYPE_FLOAT, .f = whole.negative ? -f : f};
  return TG_OK;
}

static tg_rc_t to_boolean(const tg_value_t *value, tg_value_t *out) {
  whole_t whole;
  if (value->type == TG_TYPE_FLOAT || whole_of(value, &whole) != TG_OK) return TG_E_TYPE;
  if (whole.magnitude > 1 || whole.negative) return TG_E_RANGE;
  *out = (tg_value_t){.type = TG_TYPE_BOOLEAN, .b = whole.magnitude == 1};
  return TG_OK;
}

static tg_rc_t to_number(const tg_value_t *value, tg_type_t type, tg_value_t *out) {
  whole_t whole;
  tg_rc_t rc = whole_of(value, &whole);
  if (rc != TG_OK) return rc;
  if (type == TG_TYPE_UNSIGNED) return to_unsigned(whole, out);
  if (type == TG_TYPE_FLOAT) return to_float(whole, out);
  return to_signed(whole, type, out);
}

static tg_rc_t to_text(const tg_value_t *value, tg_type_t type, tg_value_t *out) {
  if (value->type != TG_TYPE_STRING && value->type != TG_TYPE_CORELNK) return TG_E_TYPE;
  *out = (tg_value_t){.type = type, .s = value->s};
  return TG_OK;
}

static tg_rc_t to_objlnk(const tg_value_t *value, tg_value_t *out) {
  if (value->type != TG_TYPE_STRING) return TG_E_TYPE;
  tg_objlnk_t link;
  tg_rc_t rc = tg_value_parse_objlnk(value->s, &link);
  if (rc == TG_OK) *out = (tg_value_t){.type = TG_TYPE_OBJLNK, .link = link};
  return rc;
}

tg_rc_t tg_value_convert(const tg_value_t *value, tg_type_t type, tg_value_t *out) {
  if (value->type == type) {
    *out = *value;
    return TG_OK;
  }
  switch (type) {
  case TG_TYPE_INTEGER:
  case TG_TYPE_UNSIGNED:
  case TG_TYPE_FLOAT:
  case TG_TYPE_TIME: return to_number(value, type, out);
  case TG_TYPE_BOOLEAN: return to_boolean(value, out);
  case TG_TYPE_STRING:
  case TG_TYPE_CORELNK: return to_text(value, type, out);
  case TG_TYPE_OBJLNK: return to_objlnk(value, out);
  case TG_TYPE_NONE:
  case TG_TYPE_OPAQUE:
  case TG_TYPE_COUNT: break;
  }
  return TG_E_TYPE;
}

tg_rc_t tg_value_parse_objlnk(tg_slice_t text, tg_objlnk_t *link) {
  size_t colon = tg_slice_find(text, ':');
  if (colon == text.len) return TG_E_SYNTAX;
  uint64_t oid, iid;
  tg_rc_t rc = tg_num_parse_u64(tg_slice(text.p, colon), UINT16_MAX, &oid);
  if (rc == TG_OK) rc = tg_num_parse_u64(tg_slice_from(text, colon + 1), UINT16_MAX, &iid);
  if (rc == TG_OK) *link = (tg_objlnk_t){(uint16_t)oid, (uint16_t)iid};
  return rc;
}

/* ISO 8601 for the years that it can write in four digits, the plain number of seconds for others. */
static void put_time(tg_buf_t *out, int64_t seconds) {
  struct tm tm;
  time_t t = (time_t)seconds;
  bool plain = seconds < INT64_C(-62167219200) || seconds > INT64_C(253402300799) || !gmtime_r(&t, &tm);
  if (plain) {
    tg_buf_put_fmt(out, "%" PRId64, seconds);
    return;
  }
  tg_buf_put_fmt(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                 tm.tm_min, tm.tm_sec);
}

void tg_value_put_text(tg_buf_t *out, const tg_value_t *value) {
  switch (value->type) {
  case TG_TYPE_INTEGER: tg_buf_put_fmt(out, "%" PRId64, value->i); break;
  case TG_TYPE_UNSIGNED: tg_buf_put_fmt(out, "%" PRIu64, value->u); break;
  case TG_TYPE_FLOAT:
    if (isfinite(value->f)) tg_num_put_double(out, value->f, true);
    else tg_buf_put_str(out, isnan(value->f) ? "nan" : value->f < 0 ? "-inf" : "inf");
    break;
  case TG_TYPE_BOOLEAN: tg_buf_put_str(out, value->b ? "true" : "false"); break;
  case TG_TYPE_STRING:
  case TG_TYPE_CORELNK: tg_buf_put(out, value->s); break;
  case TG_TYPE_OPAQUE: tg_hex_put(out, value->s); break;
  case TG_TYPE_TIME: put_time(out, value->i); break;
  case TG_TYPE_OBJLNK: tg_buf_put_fmt(out, "%u:%u", (unsigned)value->link.oid, (unsigned)value->link.iid); break;
  case TG_TYPE_NONE:
  case TG_TYPE_COUNT: break;
  }
}
