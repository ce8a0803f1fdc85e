/* SPDX-License-Identifier: Apache-2.0 */
/* The one way to write bytes; see buf.h. */

#include "core/base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/alloc.h"

enum { FIRST_CAP = 128 };

void tg_buf_init(tg_buf_t *buf, void *memory, size_t cap) {
  *buf = (tg_buf_t){.p = memory, .cap = cap};
}

void tg_buf_init_growing(tg_buf_t *buf, size_t max) {
  *buf = (tg_buf_t){.max = max ? max : 1}; /* 0 would mean fixed */
}

void tg_buf_fini(tg_buf_t *buf) {
  if (buf->max) {
    tg_alloc_free(buf->p);
    buf->p = NULL;
    buf->cap = 0;
  }
  tg_buf_clear(buf);
}

void tg_buf_clear(tg_buf_t *buf) {
  buf->len = 0;
  buf->rc = TG_OK;
}

/* Makes the capacity at least @p need bytes, at least doubling it so that many small writes stay linear. */
static tg_rc_t grow(tg_buf_t *buf, size_t need) {
  if (buf->max == 0 || need > buf->max) return TG_E_TOO_LONG;
  size_t cap = buf->cap ? buf->cap : FIRST_CAP;
  while (cap < need) cap = cap > buf->max / 2 ? buf->max : cap * 2;
  if (cap > buf->max) cap = buf->max;
  uint8_t *p = tg_alloc_resize(buf->p, cap, 1);
  if (!p) return TG_E_NOMEM;
  buf->p = p;
  buf->cap = cap;
  return TG_OK;
}

uint8_t *tg_buf_reserve(tg_buf_t *buf, size_t len) {
  if (TG_UNLIKELY(buf->rc != TG_OK)) return NULL;
  if (TG_UNLIKELY(len > buf->cap - buf->len || !buf->p)) {
    buf->rc = len > SIZE_MAX - buf->len ? TG_E_TOO_LONG : grow(buf, buf->len + len);
    if (buf->rc != TG_OK) return NULL;
  }
  uint8_t *at = buf->p + buf->len;
  buf->len += len;
  return at;
}

void tg_buf_put(tg_buf_t *buf, tg_slice_t bytes) {
  if (bytes.len == 0) return;
  uint8_t *at = tg_buf_reserve(buf, bytes.len);
  if (at) memcpy(at, bytes.p, bytes.len);
}

void tg_buf_put_u8(tg_buf_t *buf, uint8_t byte) {
  uint8_t *at = tg_buf_reserve(buf, 1);
  if (at) *at = byte;
}

void tg_buf_put_be16(tg_buf_t *buf, uint16_t value) {
  tg_buf_put_be(buf, value, 2);
}

void tg_buf_put_be32(tg_buf_t *buf, uint32_t value) {
  tg_buf_put_be(buf, value, 4);
}

void tg_buf_put_be(tg_buf_t *buf, uint64_t value, size_t width) {
  if (width > 8) width = 8;
  if (width == 0) return;
  uint8_t *at = tg_buf_reserve(buf, width);
  if (!at) return;
  for (size_t i = width; i-- > 0; value >>= 8) at[i] = (uint8_t)value;
}

void tg_buf_put_str(tg_buf_t *buf, const char *text) {
  tg_buf_put(buf, tg_slice_str(text));
}

void tg_buf_put_fmt(tg_buf_t *buf, const char *format, ...) {
  char small[256];
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int len = vsnprintf(small, sizeof small, format, args);
  va_end(args);
  if (len > 0 && (size_t)len < sizeof small) {
    tg_buf_put(buf, tg_slice(small, (size_t)len));
  } else if (len > 0) {
    char *large = tg_alloc((size_t)len + 1);
    if (large) {
      (void)vsnprintf(large, (size_t)len + 1, format, again);
      tg_buf_put(buf, tg_slice(large, (size_t)len));
      tg_alloc_free(large);
    } else if (buf->rc == TG_OK) {
      buf->rc = TG_E_NOMEM;
    }
  }
  va_end(again);
}

void tg_buf_drop_front(tg_buf_t *buf, size_t len) {
  if (len >= buf->len) {
    buf->len = 0;
    return;
  }
  memmove(buf->p, buf->p + len, buf->len - len);
  buf->len -= len;
}

const char *tg_buf_cstr(tg_buf_t *buf) {
  uint8_t *nul = tg_buf_reserve(buf, 1);
  if (!nul) return NULL;
  *nul = '\0';
  buf->len--;
  return (const char *)buf->p;
}
