/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_GATEWAY_LIMITS_H
#define TG_CORE_GATEWAY_LIMITS_H

/** Every limit of the core in one table (limits.def): what is in force, what happens over it, how often that was. */

#include "core/gateway/gateway.h"

/** One limit; texts are static. */
typedef struct tg_limits_row {
  const char *name;
  const char *key; /* of the configuration that sets it; NULL: nothing does */
  uint64_t value;  /* in force */
  const char *unit;
  const char *over;    /* what happens over it */
  const char *counter; /* what hits counts; NULL: nothing can be met once the gateway runs */
  uint64_t hits;       /* since the start */
} tg_limits_row_t;

/** Row number @p at as of now. @return false beyond the last */
bool tg_limits_get(const tg_gateway_parts_t *parts, size_t at, tg_limits_row_t *row);

#endif
