/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_LOG_H
#define TG_CORE_BASE_LOG_H

/**
 * The log: one line an event, `key=value`. An error is logged once, by the file that decides what to do about it. Keys, payloads
 * and secrets never appear above debug; secrets never at all. Foreign text goes through tg_log_text().
 *
 * The level and the sink are the only process-wide state of the core: a log that had to be handed to every leaf would be
 * handed to none. Set once at start, before other threads run.
 */

#include "core/base/attr.h"
#include "core/base/buf.h"

typedef enum tg_log_level { TG_LOG_ERROR, TG_LOG_WARN, TG_LOG_INFO, TG_LOG_DEBUG } tg_log_level_t;

/** Where lines go. @p line is NUL-terminated, without a newline, lent for the call; may be called from any thread. */
typedef void (*tg_log_sink_fn)(void *ud, tg_log_level_t level, const char *area, const char *line);

/** Sets level and sink (NULL: standard error with time, level and area). */
void tg_log_setup(tg_log_level_t level, tg_log_sink_fn sink, void *ud);

/** Whether lines of @p level are wanted. */
bool tg_log_wants(tg_log_level_t level);

/** Writes one line: @p area is the folder or feature (`coap`, `server`, `mqtt` …), @p format gives `event key=value …`. Lines over 1,000 bytes are cut. Where nobody reads standard error for 100 ms, lines are dropped until somebody does, and their number is told: nothing waits for a log. */
void tg_log(const char *area, tg_log_level_t level, const char *format, ...) TG_PRINTF(3, 4);

/** A limiter for repeats: one a call site, in the owner's state; `{0}` to begin. */
typedef struct tg_log_limit {
  uint64_t window_start_ms;
  uint32_t in_window;
  uint32_t suppressed;
} tg_log_limit_t;

/** True at most @p per_minute times a minute for this limiter. When it is true and limit->suppressed is not 0, this is the first line of a new minute: print that number; the next call clears it. */
bool tg_log_allow(tg_log_limit_t *limit, uint64_t now_ms, uint32_t per_minute);

/** Writes foreign bytes into @p out (@p cap bytes) as printable ASCII: other bytes as \xNN, cut at the end with `…`; returns @p out. */
const char *tg_log_text(tg_slice_t text, char *out, size_t cap);

/** The same for a sentence, in double quotes; those inside it become single ones and a backslash stays, so that people can read it. @p cap at least 3. */
const char *tg_log_quote(tg_slice_t text, char *out, size_t cap);

#endif
