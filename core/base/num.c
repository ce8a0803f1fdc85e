/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as text; see num.h. The C library converts doubles; its locale's decimal point never gets through. */

#include "core/base/num.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DOUBLE_TEXT_MAX = 64, DIGITS_MAX = 17 };

static bool is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}

tg_rc_t tg_num_parse_u64(tg_slice_t text, uint64_t max, uint64_t *value) {
  if (text.len == 0) return TG_E_SYNTAX;
  uint64_t sum = 0;
  bool over = false;
  for (size_t i = 0; i < text.len; i++) {
    if (!is_digit(text.p[i])) return TG_E_SYNTAX;
    uint64_t digit = text.p[i] - (uint64_t)'0';
    if (sum > (UINT64_MAX - digit) / 10) over = true;
    else sum = sum * 10 + digit;
  }
  if (over || sum > max) return TG_E_RANGE;
  *value = sum;
  return TG_OK;
}

tg_rc_t tg_num_parse_strict(tg_slice_t text, uint64_t max, uint64_t *value) {
  if (text.len > 1 && text.p[0] == '0') return TG_E_SYNTAX;
  return tg_num_parse_u64(text, max, value);
}

tg_rc_t tg_num_parse_i64(tg_slice_t text, int64_t *value) {
  bool negative = text.len && text.p[0] == '-';
  uint64_t sum;
  tg_rc_t rc = tg_num_parse_u64(tg_slice_from(text, negative), (uint64_t)INT64_MAX + negative, &sum);
  if (rc != TG_OK) return rc;
  if (!negative) *value = (int64_t)sum;
  else *value = sum ? -(int64_t)(sum - 1) - 1 : 0;
  return TG_OK;
}

/* Moves @p i over digits; false if there is none. */
static bool skip_digits(tg_slice_t text, size_t *i) {
  size_t start = *i;
  while (*i < text.len && is_digit(text.p[*i])) (*i)++;
  return *i > start;
}

/* The JSON number grammar, with leading zeros allowed (RFC 8259 §6). */
static bool is_number(tg_slice_t text) {
  size_t i = text.len && text.p[0] == '-';
  if (!skip_digits(text, &i)) return false;
  if (i < text.len && text.p[i] == '.') {
    i++;
    if (!skip_digits(text, &i)) return false;
  }
  if (i < text.len && (text.p[i] | 0x20) == 'e') {
    i++;
    if (i < text.len && (text.p[i] == '+' || text.p[i] == '-')) i++;
    if (!skip_digits(text, &i)) return false;
  }
  return i == text.len;
}

/* Short decimals without exponent: an exact integer over an exact power of ten is correctly rounded (Clinger 1990). */
static bool parse_simple(tg_slice_t text, double *value) {
  static const double power[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  if (text.len > 16) return false;
  uint64_t sum = 0;
  size_t fraction = 0;
  bool negative = text.p[0] == '-', point = false;
  for (size_t i = negative; i < text.len; i++) {
    if (text.p[i] == '.') {
      point = true;
      continue;
    }
    if (!is_digit(text.p[i])) return false;
    sum = sum * 10 + (text.p[i] - (uint64_t)'0');
    fraction += point;
  }
  if (sum > UINT64_C(1) << 53 || fraction >= TG_COUNT(power)) return false;
  double magnitude = (double)sum / power[fraction];
  *value = negative ? -magnitude : magnitude;
  return true;
}

/* Copies @p text as a C string with the locale's decimal point in place of '.'. */
static void localise(tg_slice_t text, char *out, size_t cap) {
  const char *point = localeconv()->decimal_point;
  tg_buf_t buf;
  tg_buf_init(&buf, out, cap - 1);
  for (size_t i = 0; i < text.len; i++) {
    if (text.p[i] == '.') tg_buf_put_str(&buf, point);
    else tg_buf_put_u8(&buf, text.p[i]);
  }
  out[buf.len] = '\0';
}

tg_rc_t tg_num_parse_double(tg_slice_t text, double *value) {
  if (text.len > DOUBLE_TEXT_MAX || !is_number(text)) return TG_E_SYNTAX;
  if (parse_simple(text, value)) return TG_OK;
  char copy[DOUBLE_TEXT_MAX + 16];
  localise(text, copy, sizeof copy);
  double result = strtod(copy, NULL);
  if (isinf(result)) return TG_E_RANGE; /* underflow is the nearest value, possibly 0 */
  *value = result;
  return TG_OK;
}

/* A finite positive number as digits d.ddd times ten to the power of exponent. */
typedef struct decimal {
  char digits[DIGITS_MAX + 1];
  int len;
  int exponent;
} decimal_t;

/* The fewest digits that read back as @p value. %e gives them in any locale once its decimal point is stepped over. */
static void shortest(double value, decimal_t *d) {
  char text[64];
  for (int digits = value < 2.3e-308 ? 1 : 15; digits <= DIGITS_MAX; digits++) {
    (void)snprintf(text, sizeof text, "%.*e", digits - 1, value);
    if (!(strtod(text, NULL) < value) && !(strtod(text, NULL) > value)) break;
  }
  d->len = 0;
  const char *c = text;
  for (; *c && *c != 'e'; c++) {
    if (is_digit((uint8_t)*c) && d->len < DIGITS_MAX) d->digits[d->len++] = *c;
  }
  d->exponent = *c ? (int)strtol(c + 1, NULL, 10) : 0;
  while (d->len > 1 && d->digits[d->len - 1] == '0') d->len--;
}

static void put_zeros(tg_buf_t *buf, int count) {
  for (int i = 0; i < count; i++) tg_buf_put_u8(buf, '0');
}

static void put_plain(tg_buf_t *buf, const decimal_t *d) {
  int whole = d->exponent + 1; /* digits before the point */
  if (whole <= 0) {
    tg_buf_put_str(buf, "0.");
    put_zeros(buf, -whole);
    tg_buf_put(buf, tg_slice(d->digits, (size_t)d->len));
  } else if (whole >= d->len) {
    tg_buf_put(buf, tg_slice(d->digits, (size_t)d->len));
    put_zeros(buf, whole - d->len);
  } else {
    tg_buf_put(buf, tg_slice(d->digits, (size_t)whole));
    tg_buf_put_u8(buf, '.');
    tg_buf_put(buf, tg_slice(d->digits + whole, (size_t)(d->len - whole)));
  }
}

static void put_scientific(tg_buf_t *buf, const decimal_t *d) {
  tg_buf_put(buf, tg_slice(d->digits, 1));
  if (d->len > 1) {
    tg_buf_put_u8(buf, '.');
    tg_buf_put(buf, tg_slice(d->digits + 1, (size_t)(d->len - 1)));
  }
  tg_buf_put_fmt(buf, "e%d", d->exponent);
}

/*
 * Values with a few decimals, as sensors have them, without the C library: an integer of at most 15 digits over an exact power of
 * ten is correctly rounded, so the first power that gives the value back gives its shortest text.
 */
static bool put_short(tg_buf_t *buf, double magnitude) {
  double power = 1;
  for (int fraction = 1; fraction <= 6; fraction++) {
    power *= 10;
    double scaled = magnitude * power;
    if (scaled >= 1e15) return false;
    uint64_t whole = (uint64_t)(scaled + 0.5);
    double back = (double)whole / power;
    if (back < magnitude || back > magnitude) continue;
    uint64_t rest = whole % (uint64_t)power;
    char text[24];
    size_t at = sizeof text;
    for (int i = 0; i < fraction; i++, rest /= 10) text[--at] = (char)('0' + rest % 10);
    text[--at] = '.';
    whole /= (uint64_t)power;
    do text[--at] = (char)('0' + whole % 10);
    while (whole /= 10);
    tg_buf_put(buf, tg_slice(text + at, sizeof text - at));
    return true;
  }
  return false;
}

void tg_num_put_double(tg_buf_t *buf, double value, bool exponent) {
  if (!isfinite(value)) {
    tg_buf_put_str(buf, "null");
    return;
  }
  if (signbit(value)) tg_buf_put_u8(buf, '-');
  double magnitude = fabs(value);
  if (magnitude < 9007199254740992.0 &&
      !(magnitude > (double)(uint64_t)magnitude)) { /* below 2^53 the cast cuts exactly */
    tg_buf_put_fmt(buf, "%llu", (unsigned long long)magnitude);
    return;
  }
  if (magnitude >= 1e-5 && put_short(buf, magnitude)) return;
  decimal_t d;
  shortest(magnitude, &d);
  if (exponent && (d.exponent < -5 || d.exponent > 16)) put_scientific(buf, &d);
  else put_plain(buf, &d);
}
