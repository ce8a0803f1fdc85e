/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_HUMAN_H
#define TG_BINDINGS_HOST_HUMAN_H

/** Durations, times, sizes and values as people read them; each is appended to a buffer. */

#include "core/codec/json_read.h"

#include "core/base/buf.h"

/** A duration in its two largest units: `45s`, `5m`, `3m 12s`, `12d 4h`. Less than nothing is `0s`. */
void tg_human_duration(tg_buf_t *out, int64_t seconds);

/** A time as in the log: `2026-01-31T12:00:00.250Z`; without milliseconds where there are none and @p exact is false. */
void tg_human_time(tg_buf_t *out, int64_t ms, bool exact);

/** Bytes: `512 B`, `3.4 kB`, `64 MB` (powers of 1,024). */
void tg_human_size(tg_buf_t *out, int64_t bytes);

/** The members `value`, `type` and `hidden` of a record in an answer, as `tidegate write` would take the value. */
void tg_human_value(tg_buf_t *out, const tg_json_node_t *record);

#endif
