/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the fake SCEF: clocks and date-times. See scef_time.h. */

#include "tests/fake/scef/scef_time.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t tg_scef_time_now(void) {
  return read_clock(CLOCK_MONOTONIC);
}

int64_t tg_scef_time_wall(void) {
  return read_clock(CLOCK_REALTIME);
}

void tg_scef_time_format(int64_t wall, char out[TG_SCEF_TIME_SIZE]) {
  time_t seconds = (time_t)(wall / 1000);
  struct tm utc;
  if (gmtime_r(&seconds, &utc) == NULL) memset(&utc, 0, sizeof utc);
  size_t len = strftime(out, TG_SCEF_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
  int fraction = (int)(wall % 1000);
  if (fraction != 0) len += (size_t)snprintf(out + len, TG_SCEF_TIME_SIZE - len, ".%03d", fraction);
  snprintf(out + len, TG_SCEF_TIME_SIZE - len, "Z");
}

/* Reads exactly @p digits digits and the character @p after (0 for any). */
static bool take(const char **p, int digits, char after, int *value) {
  int sum = 0;
  for (int i = 0; i < digits; i++, (*p)++) {
    if (!isdigit((unsigned char)**p)) return false;
    sum = sum * 10 + (**p - '0');
  }
  *value = sum;
  if (after == 0) return true;
  return *(*p)++ == after;
}

static bool take_offset(const char **p, int *minutes) {
  char sign = *(*p)++;
  *minutes = 0;
  if (sign == 'Z' || sign == 'z') return true;
  if (sign != '+' && sign != '-') return false;
  int hours;
  int rest;
  if (!take(p, 2, ':', &hours) || !take(p, 2, 0, &rest) || hours > 23 || rest > 59) return false;
  *minutes = (hours * 60 + rest) * (sign == '-' ? -1 : 1);
  return true;
}

static int take_fraction(const char **p) {
  int ms = 0;
  int weight = 100;
  for (; isdigit((unsigned char)**p); (*p)++, weight /= 10) ms += (**p - '0') * weight;
  return ms;
}

static bool take_clock(const char **p, struct tm *utc) {
  if (!take(p, 4, '-', &utc->tm_year) || !take(p, 2, '-', &utc->tm_mon) || !take(p, 2, 0, &utc->tm_mday)) return false;
  if (**p != 'T' && **p != 't') return false;
  (*p)++;
  if (!take(p, 2, ':', &utc->tm_hour) || !take(p, 2, ':', &utc->tm_min) || !take(p, 2, 0, &utc->tm_sec)) return false;
  if (utc->tm_mon < 1 || utc->tm_mon > 12 || utc->tm_mday < 1 || utc->tm_mday > 31) return false;
  return utc->tm_hour < 24 && utc->tm_min < 60 && utc->tm_sec < 61;
}

bool tg_scef_time_parse(const char *text, int64_t *wall) {
  struct tm utc = {0};
  const char *p = text;
  if (!take_clock(&p, &utc)) return false;
  int ms = 0;
  if (*p == '.') {
    p++;
    if (!isdigit((unsigned char)*p)) return false;
    ms = take_fraction(&p);
  }
  int offset;
  if (*p == '\0' || !take_offset(&p, &offset) || *p != '\0') return false;
  int day = utc.tm_mday;
  utc.tm_year -= 1900;
  utc.tm_mon -= 1;
  time_t seconds = timegm(&utc);
  if (utc.tm_mday != day && utc.tm_sec != 60) return false; /* 31 February and the like were carried over */
  *wall = ((int64_t)seconds - offset * 60) * 1000 + ms;
  return true;
}
