/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/link: RFC 3339 times to milliseconds and back, without locale or time zone. See t8_time.h. */

#include "core/link/t8_time.h"

enum { DAY_S = 86400 };

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar; March is the first month, so that leap days come last. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
  int64_t y = (month > 2 ? year : year - 1) + 400; /* one cycle later, so that no division rounds up */
  int64_t era_day = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return y * 365 + y / 4 - y / 100 + y / 400 + era_day - 719468 - 146097;
}

static bool is_leap(int64_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t month_length(int64_t year, int64_t month) {
  static const int8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return lengths[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Exactly @p count digits at the front of @p rest. */
static bool take_number(tg_slice_t *rest, size_t count, int64_t *value) {
  if (rest->len < count) return false;
  *value = 0;
  for (size_t i = 0; i < count; i++) {
    if (rest->p[i] < '0' || rest->p[i] > '9') return false;
    *value = *value * 10 + (rest->p[i] - '0');
  }
  *rest = tg_slice_from(*rest, count);
  return true;
}

static bool take_byte(tg_slice_t *rest, uint8_t upper) {
  if (!rest->len || (rest->p[0] != upper && rest->p[0] != (upper | 0x20))) return false;
  *rest = tg_slice_from(*rest, 1);
  return true;
}

/* `.123456`: milliseconds, the rest is cut off. */
static bool take_fraction(tg_slice_t *rest, int64_t *ms) {
  *ms = 0;
  if (!rest->len || rest->p[0] != '.') return true;
  *rest = tg_slice_from(*rest, 1);
  size_t digits = 0;
  for (; rest->len && rest->p[0] >= '0' && rest->p[0] <= '9'; *rest = tg_slice_from(*rest, 1), digits++) {
    if (digits < 3) *ms = *ms * 10 + (rest->p[0] - '0');
  }
  for (size_t i = digits; i < 3; i++) *ms *= 10;
  return digits > 0;
}

/* `Z` or `+hh:mm`: seconds east of Greenwich. */
static tg_rc_t take_zone(tg_slice_t *rest, int64_t *seconds) {
  *seconds = 0;
  if (take_byte(rest, 'Z')) return TG_OK;
  if (!rest->len || (rest->p[0] != '+' && rest->p[0] != '-')) return TG_E_SYNTAX;
  int64_t sign = rest->p[0] == '-' ? -1 : 1;
  int64_t hours;
  int64_t minutes;
  *rest = tg_slice_from(*rest, 1);
  if (!take_number(rest, 2, &hours) || !take_byte(rest, ':') || !take_number(rest, 2, &minutes)) return TG_E_SYNTAX;
  if (hours > 23 || minutes > 59) return TG_E_RANGE;
  *seconds = sign * (hours * 3600 + minutes * 60);
  return TG_OK;
}

tg_rc_t tg_t8_time_parse(tg_slice_t text, int64_t *wall_ms) {
  int64_t year, month, day, hour, minute, second, ms, zone;
  bool ok = take_number(&text, 4, &year) && take_byte(&text, '-') && take_number(&text, 2, &month) &&
            take_byte(&text, '-') && take_number(&text, 2, &day) && take_byte(&text, 'T') &&
            take_number(&text, 2, &hour) && take_byte(&text, ':') && take_number(&text, 2, &minute) &&
            take_byte(&text, ':') && take_number(&text, 2, &second) && take_fraction(&text, &ms);
  if (!ok) return TG_E_SYNTAX;
  tg_rc_t rc = take_zone(&text, &zone);
  if (rc != TG_OK) return rc;
  if (text.len) return TG_E_SYNTAX;
  if (month < 1 || month > 12 || day < 1 || day > month_length(year, month)) return TG_E_RANGE;
  if (hour > 23 || minute > 59 || second > 60) return TG_E_RANGE; /* 60: a leap second counts as the next one */
  int64_t seconds = days_of(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second - zone;
  *wall_ms = seconds * 1000 + ms;
  return TG_OK;
}

void tg_t8_time_put(tg_buf_t *out, int64_t wall_ms) {
  static const int64_t last = INT64_C(253402300799); /* 9999-12-31T23:59:59Z */
  int64_t seconds = wall_ms <= 0 ? 0 : wall_ms / 1000 + (wall_ms % 1000 ? 1 : 0);
  if (seconds > last) seconds = last;
  int64_t days = seconds / DAY_S;
  int64_t rest = seconds % DAY_S;
  int64_t year = 1970 + days / 366; /* at most; the true one is a few steps ahead */
  while (days_of(year + 1, 1, 1) <= days) year++;
  int64_t day = days - days_of(year, 1, 1);
  int64_t month = 1;
  while (day >= month_length(year, month)) day -= month_length(year, month++);
  tg_buf_put_fmt(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, (int)month, (int)day + 1, (int)(rest / 3600),
                 (int)(rest / 60 % 60), (int)(rest % 60));
}
