/* SPDX-License-Identifier: Apache-2.0 */
/* Well-formedness by the byte ranges of RFC 3629 §4; see utf8.h. */

#include "core/base/utf8.h"

static bool is_tail(uint8_t byte) {
  return (byte & 0xC0) == 0x80;
}

/* Length of the sequence that begins at @p p with @p left bytes behind it, or 0. The second byte's range excludes overlong forms, surrogates and what is above U+10FFFF. */
static size_t sequence(const uint8_t *p, size_t left) {
  uint8_t lead = p[0];
  if (lead < 0x80) return 1;
  size_t len = lead >= 0xC2 && lead <= 0xDF ? 2 : (lead & 0xF0) == 0xE0 ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
  if (len == 0 || len > left || !is_tail(p[1])) return 0;
  if (lead == 0xE0 && p[1] < 0xA0) return 0;
  if (lead == 0xED && p[1] > 0x9F) return 0;
  if (lead == 0xF0 && p[1] < 0x90) return 0;
  if (lead == 0xF4 && p[1] > 0x8F) return 0;
  for (size_t i = 2; i < len; i++) {
    if (!is_tail(p[i])) return 0;
  }
  return len;
}

bool tg_utf8_valid(tg_slice_t bytes) {
  size_t i = 0;
  while (i < bytes.len) {
    uint64_t word;
    if (bytes.len - i >= sizeof word) {
      memcpy(&word, bytes.p + i, sizeof word);
      if (!(word & UINT64_C(0x8080808080808080))) {
        i += sizeof word;
        continue;
      }
    }
    size_t len = sequence(bytes.p + i, bytes.len - i);
    if (len == 0) return false;
    i += len;
  }
  return true;
}
