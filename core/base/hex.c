/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal text; see hex.h. */

#include "core/base/hex.h"

int tg_hex_digit(uint8_t digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  uint8_t lower = digit | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void tg_hex_put(tg_buf_t *out, tg_slice_t bytes) {
  static const char digits[] = "0123456789abcdef";
  if (bytes.len == 0) return;
  uint8_t *at = tg_buf_reserve(out, bytes.len > SIZE_MAX / 2 ? SIZE_MAX : bytes.len * 2);
  if (!at) return;
  for (size_t i = 0; i < bytes.len; i++) {
    *at++ = (uint8_t)digits[bytes.p[i] >> 4];
    *at++ = (uint8_t)digits[bytes.p[i] & 15];
  }
}

tg_rc_t tg_hex_get(tg_slice_t text, tg_buf_t *out) {
  if (text.len % 2) return TG_E_SYNTAX;
  for (size_t i = 0; i < text.len; i++) {
    if (tg_hex_digit(text.p[i]) < 0) return TG_E_SYNTAX;
  }
  if (text.len == 0) return out->rc;
  uint8_t *at = tg_buf_reserve(out, text.len / 2);
  if (!at) return out->rc;
  for (size_t i = 0; i < text.len; i += 2) {
    *at++ = (uint8_t)(tg_hex_digit(text.p[i]) << 4 | tg_hex_digit(text.p[i + 1]));
  }
  return TG_OK;
}
