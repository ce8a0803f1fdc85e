/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_CRASH_H
#define TG_CORE_BASE_CRASH_H

/**
 * Test builds can end the process at the N-th pass of a named place (`tidegate run --crash-at SITE:N`), as a crash would: no destructor, no
 * flush, no good-bye. The places are in crash.def. Builds without TG_CRASH (anything but CMake's Debug) hold none of it.
 */

#include <stdbool.h>
#include <stddef.h>

/** The places. */
typedef enum tg_crash_site {
#define X(constant, name, what) TG_CRASH_##constant,
#include "core/base/crash.def"
#undef X
  TG_CRASH_COUNT
} tg_crash_site_t;

/** The exit code of a process that ended so. */
#define TG_CRASH_EXIT 137

/** Name of a site, such as `commit-before`; NULL beyond the last. Never freed. */
const char *tg_crash_name(size_t site);

/** What has just happened at a site; NULL beyond the last. Never freed. */
const char *tg_crash_what(size_t site);

/** Arms one site from `SITE:N`, N from 1 on; to be called before threads run. @return false when the text is nothing of the kind, or this build has no sites */
bool tg_crash_setup(const char *text);

/** Whether this build has sites. */
bool tg_crash_is_built(void);

/** Counts a pass of @p site; ends the process with TG_CRASH_EXIT at the one that was asked for. From any thread. Through TG_CRASH_PASS only. */
void tg_crash_pass(tg_crash_site_t site);

#ifdef TG_CRASH
/** Marks a place: TG_CRASH_PASS(COMMIT_BEFORE). Nothing in builds without TG_CRASH. */
#define TG_CRASH_PASS(constant) tg_crash_pass(TG_CRASH_##constant)
#else
#define TG_CRASH_PASS(constant) ((void)0)
#endif

#endif
