/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_REQUIRE_H
#define TG_CORE_BASE_REQUIRE_H

/** Assertions about our own code; bytes from outside are checked and answered, never asserted. */

#include "core/base/attr.h"

/** Writes what failed and where, then aborts. */
TG_NORETURN void tg_require_failed(const char *condition, const char *file, int line);

/** Always on: the programmer broke a contract. */
#define TG_REQUIRE(condition)                                                                                          \
  do {                                                                                                                 \
    if (TG_UNLIKELY(!(condition))) tg_require_failed(#condition, __FILE__, __LINE__);                                  \
  } while (0)

#ifdef NDEBUG
#define TG_DEBUG_ASSERT(condition) ((void)0)
#else
/** On in debug builds: an invariant on a hot path. */
#define TG_DEBUG_ASSERT(condition) TG_REQUIRE(condition)
#endif

#endif
