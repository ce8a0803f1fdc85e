/* SPDX-License-Identifier: Apache-2.0 */
/* The only callers of malloc, calloc, realloc and free in the product; see alloc.h. */

#include "core/base/alloc.h"

#include <malloc.h>
#include <stdlib.h>

void tg_alloc_setup(void) {
#ifdef M_ARENA_MAX /* glibc's */
  (void)mallopt(M_ARENA_MAX, 1);
#endif
}

void *tg_alloc(size_t size) {
  return malloc(size ? size : 1);
}

void *tg_alloc_array(size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  if (count == 0 || size == 0) return calloc(1, 1);
  return calloc(count, size);
}

void *tg_alloc_resize(void *p, size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  size_t bytes = count * size;
  return realloc(p, bytes ? bytes : 1); /* realloc(p, 0) would free p */
}

void tg_alloc_free(void *p) {
  free(p);
}

char *tg_alloc_str(tg_slice_t bytes) {
  if (bytes.len == SIZE_MAX) return NULL;
  char *copy = tg_alloc(bytes.len + 1);
  if (!copy) return NULL;
  if (bytes.len) memcpy(copy, bytes.p, bytes.len);
  copy[bytes.len] = '\0';
  return copy;
}
