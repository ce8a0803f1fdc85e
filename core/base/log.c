/* SPDX-License-Identifier: Apache-2.0 */
/* One line an event, made on the stack and written with one call, so that threads need no lock; see log.h. */

#include "core/base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/utf8.h"

enum { LINE_MAX_LEN = 1000, PREFIX_MAX_LEN = 96, MINUTE_MS = 60000, PATIENCE_MS = 100 };

/* state: level and sink of the process; why, is in log.h. */
static struct {
  tg_log_level_t level;
  tg_log_sink_fn sink;
  void *ud;
} state = {TG_LOG_INFO, NULL, NULL};

void tg_log_setup(tg_log_level_t level, tg_log_sink_fn sink, void *ud) {
  state.level = level;
  state.sink = sink;
  state.ud = ud;
}

bool tg_log_wants(tg_log_level_t level) {
  return level <= state.level;
}

static const char *level_name(tg_log_level_t level) {
  static const char *const names[] = {"error", "warn", "info", "debug"};
  return (size_t)level < TG_COUNT(names) ? names[level] : "?";
}

/* Lines that went nowhere since one was written. */
static _Atomic unsigned dropped;

/* Whether a line can be written at once: who reads our log may have stopped, and we must not stop with him. He gets a moment once. */
static bool is_taken(void) {
  struct pollfd to = {.fd = STDERR_FILENO, .events = POLLOUT};
  return poll(&to, 1, atomic_load(&dropped) ? 0 : PATIENCE_MS) != 0; /* an error is write()'s to find */
}

/* `2026-01-31T12:00:00.123Z warn coap event key=value`, in one write(2). */
static void to_stderr(tg_log_level_t level, const char *area, const char *line) {
  char text[PREFIX_MAX_LEN + LINE_MAX_LEN + 2];
  int64_t now = tg_clock_wall_ms();
  time_t seconds = (time_t)(now / 1000);
  struct tm t;
  if (!gmtime_r(&seconds, &t)) memset(&t, 0, sizeof t);
  int len =
      snprintf(text, sizeof text - 1, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %-5s %s %s", t.tm_year + 1900, t.tm_mon + 1,
               t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(now % 1000), level_name(level), area, line);
  if (len < 0) return;
  size_t size = (size_t)len < sizeof text - 2 ? (size_t)len : sizeof text - 2;
  text[size] = '\n';
  if (!is_taken()) {
    atomic_fetch_add(&dropped, 1);
    return;
  }
  ssize_t written = write(STDERR_FILENO, text, size + 1);
  (void)written; /* there is nowhere to say that nothing can be said */
}

static void tell_dropped(void) {
  if (!atomic_load(&dropped) || !is_taken()) return;
  char told[48];
  snprintf(told, sizeof told, "lines_dropped count=%u", atomic_exchange(&dropped, 0));
  to_stderr(TG_LOG_WARN, "log", told);
}

void tg_log(const char *area, tg_log_level_t level, const char *format, ...) {
  if (!tg_log_wants(level)) return;
  char line[LINE_MAX_LEN + 1];
  va_list args;
  va_start(args, format);
  int len = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (len < 0) return;
  for (char *c = line; *c; c++) {
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' '; /* one event stays one line, whatever came in */
  }
  if (state.sink) {
    state.sink(state.ud, level, area, line);
    return;
  }
  tell_dropped();
  to_stderr(level, area, line);
}

bool tg_log_allow(tg_log_limit_t *limit, uint64_t now_ms, uint32_t per_minute) {
  if (limit->in_window == 0 || now_ms - limit->window_start_ms >= MINUTE_MS) {
    limit->window_start_ms = now_ms;
    limit->in_window = 0;
  }
  if (limit->in_window == 1) limit->suppressed = 0; /* the line before this one has told it */
  if (limit->in_window >= per_minute) {
    limit->suppressed++;
    if (limit->in_window == 1) limit->in_window = 2;
    return false;
  }
  limit->in_window++;
  return true;
}

const char *tg_log_quote(tg_slice_t text, char *out, size_t cap) {
  static const char more[] = "…";
  size_t room = cap - 3, keep = text.len; /* two quotes and a NUL */
  if (keep > room) {
    keep = room > sizeof more - 1 ? room - (sizeof more - 1) : 0;
    while (keep && (text.p[keep] & 0xc0) == 0x80) keep--; /* not in the middle of a character */
  }
  bool is_utf8 = tg_utf8_valid(tg_slice(text.p, keep));
  size_t len = 0;
  out[len++] = '"';
  for (size_t i = 0; i < keep; i++) {
    uint8_t c = text.p[i];
    bool plain = (c >= 0x20 && c < 0x7f) || (c >= 0x80 && is_utf8);
    out[len++] = c == '"' ? '\'' : plain ? (char)c : ' ';
  }
  if (keep < text.len && room >= sizeof more - 1) {
    memcpy(out + len, more, sizeof more - 1);
    len += sizeof more - 1;
  }
  out[len++] = '"';
  out[len] = '\0';
  return out;
}

const char *tg_log_text(tg_slice_t text, char *out, size_t cap) {
  static const char digits[] = "0123456789abcdef", more[] = "…";
  if (cap == 0) return out;
  size_t len = 0, safe = 0; /* safe: where the cut mark still fits */
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.p[i];
    bool plain = c >= 0x20 && c < 0x7f && c != '\\';
    size_t need = plain ? 1 : 4;
    if (len + need + 1 > cap) {
      size_t mark = safe + sizeof more <= cap ? sizeof more - 1 : 0;
      memcpy(out + safe, more, mark);
      len = safe + mark;
      break;
    }
    if (plain) out[len] = (char)c;
    else memcpy(out + len, (char[]){'\\', 'x', digits[c >> 4], digits[c & 15]}, 4);
    len += need;
    if (len + sizeof more <= cap) safe = len;
  }
  out[len] = '\0';
  return out;
}
