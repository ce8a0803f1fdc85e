/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_T8_TIME_H
#define TG_CORE_LINK_T8_TIME_H

/** Points in time as T8 spells them: RFC 3339 date-time (OpenAPI format `date-time`). */

#include "core/base/buf.h"

/** Reads `2026-11-22T20:00:00Z`, with or without fraction, with `Z` or an offset. Milliseconds since 1970. TG_E_SYNTAX, TG_E_RANGE (no such day, hour …). */
TG_MUST_CHECK tg_rc_t tg_t8_time_parse(tg_slice_t text, int64_t *wall_ms);

/** Appends @p wall_ms, rounded up to whole seconds, in UTC. Years 1970 to 9999; other times are clamped to these. */
void tg_t8_time_put(tg_buf_t *out, int64_t wall_ms);

#endif
