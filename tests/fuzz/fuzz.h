/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FUZZ_FUZZ_H
#define TG_TESTS_FUZZ_FUZZ_H

/** What every fuzz target needs: its entry, a check that ends the process, and an input that is taken apart from the front. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"

/** One input. @return 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Says what does not hold and where, and ends the process. */
TG_NORETURN static inline void fuzz_fail(const char *what, const char *file, int line) {
  fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
  abort();
}

/** What must hold for every input. */
#define fuzz_require(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))

/** The next byte of @p in; 0 behind the end. */
static inline uint8_t fuzz_byte(tg_slice_t *in) {
  uint8_t byte = in->len ? in->p[0] : 0;
  if (in->len) *in = tg_slice_from(*in, 1);
  return byte;
}

/** A number of two bytes. */
static inline uint16_t fuzz_u16(tg_slice_t *in) {
  uint16_t high = fuzz_byte(in);
  return (uint16_t)(high << 8 | fuzz_byte(in));
}

/** So many bytes of @p in as its next byte says, or as there are. */
static inline tg_slice_t fuzz_part(tg_slice_t *in) {
  size_t len = fuzz_byte(in);
  if (len > in->len) len = in->len;
  tg_slice_t part = tg_slice(in->p, len);
  *in = tg_slice_from(*in, len);
  return part;
}

/** @p bytes as a C string in @p memory of @p cap bytes, cut short where they are longer or at a NUL. */
static inline const char *fuzz_str(tg_slice_t bytes, char *memory, size_t cap) {
  size_t len = bytes.len < cap ? bytes.len : cap - 1;
  if (len) memcpy(memory, bytes.p, len);
  memory[len] = '\0';
  return memory;
}

/** Reads every byte, so that a slice which points nowhere is seen. */
static inline void fuzz_touch(tg_slice_t bytes) {
  volatile uint8_t sum = 0;
  for (size_t i = 0; i < bytes.len; i++) sum = (uint8_t)(sum + bytes.p[i]);
}

#endif
