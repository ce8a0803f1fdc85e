/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_BUF_H
#define TG_CORE_BASE_BUF_H

/**
 * A bounded buffer that is written front to back. Overrun is sticky: what does not fit is not written, nor anything after it,
 * and the caller asks `rc` once at the end. A fixed buffer writes into the caller's memory; a growing one into the heap up to its maximum.
 */

#include "core/base/rc.h"
#include "core/base/slice.h"

/** Caller's memory; members may be read, and are written only here. */
typedef struct tg_buf {
  uint8_t *p;
  size_t len;
  size_t cap;
  size_t max; /* what a growing buffer may grow to; 0 = fixed */
  tg_rc_t rc; /* TG_OK until a write did not fit (TG_E_TOO_LONG) or the heap gave nothing (TG_E_NOMEM) */
} tg_buf_t;

/** A fixed buffer over @p memory of @p cap bytes (kept until the last use of @p buf). */
void tg_buf_init(tg_buf_t *buf, void *memory, size_t cap);

/** A growing buffer that may reach @p max bytes; nothing is allocated until the first write. Free with tg_buf_fini(). */
void tg_buf_init_growing(tg_buf_t *buf, size_t max);

/** Frees what a growing buffer holds; harmless on a fixed one. The buffer is empty and usable afterwards. */
void tg_buf_fini(tg_buf_t *buf);

/** Forgets the content and the error; keeps the memory. */
void tg_buf_clear(tg_buf_t *buf);

/** Appends bytes. All or nothing. */
void tg_buf_put(tg_buf_t *buf, tg_slice_t bytes);

/** Appends one byte. */
void tg_buf_put_u8(tg_buf_t *buf, uint8_t byte);

/** Appends a 16-bit number, most significant byte first. */
void tg_buf_put_be16(tg_buf_t *buf, uint16_t value);

/** Appends a 32-bit number, most significant byte first. */
void tg_buf_put_be32(tg_buf_t *buf, uint32_t value);

/** Appends the @p width (0 to 8) least significant bytes of @p value, most significant first. */
void tg_buf_put_be(tg_buf_t *buf, uint64_t value, size_t width);

/** Appends the characters of a C string, without its NUL. */
void tg_buf_put_str(tg_buf_t *buf, const char *text);

/** Appends formatted text (the C locale's printf), without a NUL. */
void tg_buf_put_fmt(tg_buf_t *buf, const char *format, ...) TG_PRINTF(2, 3);

/** Adds @p len bytes, not cleared, at the end and returns where they are for the caller to fill (lent until the next call), or NULL with the error set. */
uint8_t *tg_buf_reserve(tg_buf_t *buf, size_t len);

/** Removes @p len bytes from the front (all, if fewer are there). */
void tg_buf_drop_front(tg_buf_t *buf, size_t len);

/** NUL-terminates the content (the NUL is not part of it) and returns it as a C string, lent until the next write; NULL if it does not fit. */
const char *tg_buf_cstr(tg_buf_t *buf);

/** The content, lent until the next write. */
static inline tg_slice_t tg_buf_slice(const tg_buf_t *buf) {
  return tg_slice(buf->p, buf->len);
}

#endif
