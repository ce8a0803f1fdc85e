/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 in both alphabets; see base64.h. */

#include "core/base/base64.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void put(tg_buf_t *out, tg_slice_t bytes, const char *alphabet, bool padded) {
  size_t i = 0;
  for (; i + 3 <= bytes.len; i += 3) {
    uint32_t w = (uint32_t)bytes.p[i] << 16 | (uint32_t)bytes.p[i + 1] << 8 | bytes.p[i + 2];
    char four[4] = {alphabet[w >> 18], alphabet[w >> 12 & 63], alphabet[w >> 6 & 63], alphabet[w & 63]};
    tg_buf_put(out, tg_slice(four, 4));
  }
  size_t left = bytes.len - i;
  if (left == 0) return;
  uint32_t w = (uint32_t)bytes.p[i] << 16 | (left == 2 ? (uint32_t)bytes.p[i + 1] << 8 : 0);
  char four[4] = {alphabet[w >> 18], alphabet[w >> 12 & 63], left == 2 ? alphabet[w >> 6 & 63] : '=', '='};
  tg_buf_put(out, tg_slice(four, padded ? 4 : left + 1));
}

void tg_base64_put(tg_buf_t *out, tg_slice_t bytes) {
  put(out, bytes, standard, true);
}

void tg_base64_put_url(tg_buf_t *out, tg_slice_t bytes) {
  put(out, bytes, url_safe, false);
}

/* Value of one character, or -1. */
static int value_of(uint8_t c, bool any) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || (any && c == '-')) return 62;
  if (c == '/' || (any && c == '_')) return 63;
  return -1;
}

/* @p text without padding, all of its characters and its length checked before anything is written. */
static tg_rc_t get(tg_slice_t text, bool any, tg_buf_t *out) {
  if (text.len % 4 == 1) return TG_E_SYNTAX;
  for (size_t i = 0; i < text.len; i++) {
    if (value_of(text.p[i], any) < 0) return TG_E_SYNTAX;
  }
  size_t len = text.len / 4 * 3 + (text.len % 4 ? text.len % 4 - 1 : 0);
  if (len == 0) return out->rc;
  uint8_t *at = tg_buf_reserve(out, len);
  if (!at) return out->rc;
  uint32_t bits = 0;
  unsigned have = 0;
  for (size_t i = 0; i < text.len; i++) {
    bits = bits << 6 | (uint32_t)value_of(text.p[i], any);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    *at++ = (uint8_t)(bits >> have);
  }
  return TG_OK;
}

static tg_slice_t without_padding(tg_slice_t text) {
  for (int i = 0; i < 2 && text.len && text.p[text.len - 1] == '='; i++) text.len--;
  return text;
}

/* Whether the bits that the last character carries beyond the last byte are zero (RFC 4648 §3.5). */
static bool ends_clean(tg_slice_t text) {
  static const int spare[4] = {0, 0, 15, 3};
  return text.len % 4 == 0 || !(value_of(text.p[text.len - 1], false) & spare[text.len % 4]);
}

tg_rc_t tg_base64_get(tg_slice_t text, tg_buf_t *out) {
  if (text.len % 4) return TG_E_SYNTAX;
  tg_slice_t bare = without_padding(text);
  return ends_clean(bare) ? get(bare, false, out) : TG_E_SYNTAX;
}

tg_rc_t tg_base64_get_any(tg_slice_t text, tg_buf_t *out) {
  tg_slice_t bare = without_padding(text);
  if (bare.len != text.len && text.len % 4) return TG_E_SYNTAX; /* padding, if there is any, is complete */
  return get(bare, true, out);
}
