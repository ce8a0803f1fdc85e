/* SPDX-License-Identifier: Apache-2.0 */
/* Randomness from the kernel; see random.h. */

#include "core/base/random.h"

#include <errno.h>
#include <sys/random.h>

#include "core/base/require.h"

void tg_random_fill(void *ud, void *p, size_t len) {
  (void)ud;
  uint8_t *at = p;
  while (len) {
    ssize_t got = getrandom(at, len, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) tg_require_failed("the kernel gives random bytes", __FILE__, __LINE__);
    at += got;
    len -= (size_t)got;
  }
}
