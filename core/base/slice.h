/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_SLICE_H
#define TG_CORE_BASE_SLICE_H

/** Borrowed bytes, passed by value. A slice owns nothing and is never NUL-terminated. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** @p len bytes at @p p; p may be NULL only when len is 0. */
typedef struct tg_slice {
  const uint8_t *p;
  size_t len;
} tg_slice_t;

/** The slice of @p len bytes at @p p. */
static inline tg_slice_t tg_slice(const void *p, size_t len) {
  return (tg_slice_t){(const uint8_t *)p, len};
}

/** The bytes of a C string without its NUL; NULL gives the empty slice. */
static inline tg_slice_t tg_slice_str(const char *text) {
  return text ? tg_slice(text, strlen(text)) : tg_slice(NULL, 0);
}

/** What remains of @p s from offset @p from; empty when from is beyond the end. */
static inline tg_slice_t tg_slice_from(tg_slice_t s, size_t from) {
  return from < s.len ? tg_slice(s.p + from, s.len - from) : tg_slice(s.p ? s.p + s.len : NULL, 0);
}

/** Whether both hold the same bytes. */
static inline bool tg_slice_eq(tg_slice_t a, tg_slice_t b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/** Whether @p s holds exactly the characters of the C string @p text. */
static inline bool tg_slice_is(tg_slice_t s, const char *text) {
  return tg_slice_eq(s, tg_slice_str(text));
}

/** Offset of the first @p byte in @p s, or s.len. */
static inline size_t tg_slice_find(tg_slice_t s, uint8_t byte) {
  const void *at = s.len ? memchr(s.p, byte, s.len) : NULL;
  return at ? (size_t)((const uint8_t *)at - s.p) : s.len;
}

/** Whether @p s begins with @p prefix. */
static inline bool tg_slice_begins(tg_slice_t s, tg_slice_t prefix) {
  return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.p, prefix.p, prefix.len) == 0);
}

/**
 * Takes the part of @p rest before the next @p byte and moves @p rest behind it; without one takes all.
 * A loop runs `while (rest.len)`; a trailing separator is not one more empty part.
 */
static inline tg_slice_t tg_slice_take(tg_slice_t *rest, uint8_t byte) {
  size_t at = tg_slice_find(*rest, byte);
  tg_slice_t part = tg_slice(rest->p, at);
  *rest = tg_slice_from(*rest, at < rest->len ? at + 1 : at);
  return part;
}

#endif
