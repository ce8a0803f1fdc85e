/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CRYPTO_SHA256_H
#define TG_CORE_CRYPTO_SHA256_H

/** SHA-256 (FIPS 180-4) of bytes and of files, by mbedTLS. */

#include "core/base/rc.h"
#include "core/base/slice.h"

enum { TG_SHA256_SIZE = 32 };

/** A digest being made. */
typedef struct tg_sha256 tg_sha256_t;

/** Begins a digest; NULL without memory. Owned by the caller. */
tg_sha256_t *tg_sha256_new(void);

/** Adds @p bytes (borrowed). */
void tg_sha256_put(tg_sha256_t *digest, tg_slice_t bytes);

/** Writes the digest of all that was added; afterwards only tg_sha256_free() is of use. */
void tg_sha256_end(tg_sha256_t *digest, uint8_t out[TG_SHA256_SIZE]);

/** Frees it. NULL is allowed. */
void tg_sha256_free(tg_sha256_t *digest);

/** The digest of the open file @p fd (borrowed) from its present position to its end; @p size (may be NULL) is set to how many bytes that were. TG_E_IO (errno says why), TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_sha256_file(int fd, uint8_t out[TG_SHA256_SIZE], uint64_t *size);

#endif
