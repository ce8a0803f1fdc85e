/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_DIAG_H
#define TG_CORE_BASE_DIAG_H

/** What is wrong with a text that people wrote (configuration, script, XML): file, line and a sentence with the cure. */

#include "core/base/attr.h"

/** Caller's memory; `{0}` to begin. Long names and messages are cut. */
typedef struct tg_diag {
  char file[192];
  int line; /* 1-based; 0 = not known */
  char message[512];
} tg_diag_t;

/** Sets all members; @p file may be NULL (kept as it is). @p diag may be NULL: then nothing happens. */
void tg_diag_set(tg_diag_t *diag, const char *file, int line, const char *format, ...) TG_PRINTF(4, 5);

/** The name among the NULL-ended @p known that is nearest to @p name (edit distance at most 2, or 3 for long names); NULL if none is near. */
const char *tg_diag_nearest(const char *name, const char *const known[]);

#endif
