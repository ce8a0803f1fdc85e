/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_RANDOM_H
#define TG_CORE_BASE_RANDOM_H

/** Randomness from the kernel (getrandom), and a seeded source of the same shape for tests and simulations. */

#include "core/base/rc.h"
#include "core/base/slice.h"

/** Fills @p len bytes at @p p. Seam: components that need randomness take one of these. */
typedef void (*tg_random_fn)(void *ud, void *p, size_t len);

/** Kernel randomness; @p ud is ignored. Ends the process if the kernel gives none (tokens must not be guessable, RFC 7252 §5.3.1). */
void tg_random_fill(void *ud, void *p, size_t len);

/** A repeatable source (splitmix64); NOT for production use. */
typedef struct tg_random_seeded {
  uint64_t state;
} tg_random_seeded_t;

/** Same signature as tg_random_fill(); @p ud is a tg_random_seeded_t. */
void tg_random_fill_seeded(void *ud, void *p, size_t len);

#endif
