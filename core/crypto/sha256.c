/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/crypto: digests; see sha256.h. */

#include "core/crypto/sha256.h"

#include <errno.h>
#include <unistd.h>

#include <mbedtls/sha256.h>

#include "core/base/alloc.h"

enum { CHUNK = 65536 };

struct tg_sha256 {
  mbedtls_sha256_context context;
  bool bad; /* an accelerator of the library failed: the digest will be all zeros, which equals none */
};

tg_sha256_t *tg_sha256_new(void) {
  tg_sha256_t *digest = tg_alloc_array(1, sizeof *digest);
  if (!digest) return NULL;
  mbedtls_sha256_init(&digest->context);
  digest->bad = mbedtls_sha256_starts_ret(&digest->context, 0) != 0;
  return digest;
}

void tg_sha256_put(tg_sha256_t *digest, tg_slice_t bytes) {
  if (bytes.len && mbedtls_sha256_update_ret(&digest->context, bytes.p, bytes.len) != 0) digest->bad = true;
}

void tg_sha256_end(tg_sha256_t *digest, uint8_t out[TG_SHA256_SIZE]) {
  if (mbedtls_sha256_finish_ret(&digest->context, out) != 0) digest->bad = true;
  if (digest->bad) memset(out, 0, TG_SHA256_SIZE);
}

void tg_sha256_free(tg_sha256_t *digest) {
  if (!digest) return;
  mbedtls_sha256_free(&digest->context);
  tg_alloc_free(digest);
}

static tg_rc_t put_file(tg_sha256_t *digest, int fd, uint8_t *chunk, uint64_t *size) {
  for (;;) {
    ssize_t got = read(fd, chunk, CHUNK);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return TG_E_IO;
    if (got == 0) return TG_OK;
    tg_sha256_put(digest, tg_slice(chunk, (size_t)got));
    *size += (uint64_t)got;
  }
}

tg_rc_t tg_sha256_file(int fd, uint8_t out[TG_SHA256_SIZE], uint64_t *size) {
  uint64_t count = 0;
  tg_sha256_t *digest = tg_sha256_new();
  uint8_t *chunk = tg_alloc(CHUNK);
  tg_rc_t rc = digest && chunk ? put_file(digest, fd, chunk, &count) : TG_E_NOMEM;
  if (rc == TG_OK) tg_sha256_end(digest, out);
  if (size) *size = count;
  tg_alloc_free(chunk);
  tg_sha256_free(digest);
  return rc;
}
