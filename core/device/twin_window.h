/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_DEVICE_TWIN_WINDOW_H
#define TG_CORE_DEVICE_TWIN_WINDOW_H

/**
 * How long a device in queue mode listens after its last message, as it has shown: a request that goes out after some silence is
 * answered, or is not. The configured time (LwM2M: MAX_TRANSMIT_WAIT) counts until there is evidence. Pure; for core/device only.
 */

#include "core/base/buf.h"

enum {
  TG_TWIN_WINDOW_LEAST_MS = 2000, /* no window is shorter; what is lost sooner than this was lost on the way */
  TG_TWIN_WINDOW_MISSES = 2,      /* so many unanswered requests are evidence … */
  TG_TWIN_WINDOW_DOUBTS = 3,      /* … or so many, where it did answer after as long a silence before */
  TG_TWIN_WINDOW_GROWTH = 4,      /* times the configured time is the most */
  TG_TWIN_WINDOW_ROW_MAX = 32
};

/** What a device has shown; all zero: nothing. */
typedef struct tg_twin_window {
  uint32_t longest_ms;  /* longest silence after which it answered */
  uint32_t shortest_ms; /* shortest one after which it did not, 0 = not known; holds for a day */
  int64_t found_ms;     /* Unix time when shortest_ms was found */
  uint32_t missed_ms;   /* shortest silence of the misses being counted */
  int64_t missed_at_ms; /* Unix time of the first of them: they count for a day */
  uint8_t misses;
} tg_twin_window_t;

/** It answered after @p silence_ms without a message. */
void tg_twin_window_answered(tg_twin_window_t *window, uint64_t silence_ms);

/** It did not answer what went out after @p silence_ms without a message, nor has it said anything since. @p unix_ms is Unix time. */
void tg_twin_window_missed(tg_twin_window_t *window, uint64_t silence_ms, int64_t unix_ms);

/** How long it is taken to listen, where @p configured_ms is what counts without evidence. */
uint32_t tg_twin_window_ms(const tg_twin_window_t *window, uint32_t configured_ms, int64_t unix_ms);

/** Appends what is worth keeping over a restart. */
void tg_twin_window_encode(const tg_twin_window_t *window, tg_buf_t *out);

/** Reads that back. TG_E_CORRUPT. */
TG_MUST_CHECK tg_rc_t tg_twin_window_decode(tg_slice_t bytes, tg_twin_window_t *window);

#endif
