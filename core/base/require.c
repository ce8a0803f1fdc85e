/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a process whose programmer broke a contract. Uses nothing that could itself be broken: no heap, no log sink. */

#include "core/base/require.h"

#include <stdio.h>
#include <stdlib.h>

void tg_require_failed(const char *condition, const char *file, int line) {
  (void)fprintf(stderr, "tidegate: %s:%d: required: %s\n", file, line, condition);
  abort();
}
