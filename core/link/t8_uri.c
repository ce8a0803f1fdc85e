/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/link: URI parts. See t8_uri.h. */

#include "core/link/t8_uri.h"

tg_slice_t tg_t8_uri_path(tg_slice_t uri) {
  size_t colon = tg_slice_find(uri, ':');
  if (tg_slice_begins(tg_slice_from(uri, colon), tg_slice_str("://"))) {
    tg_slice_t rest = tg_slice_from(uri, colon + 3);
    uri = tg_slice_from(rest, tg_slice_find(rest, '/'));
  }
  uri.len = tg_slice_find(uri, '?');
  uri.len = tg_slice_find(uri, '#');
  while (uri.len && uri.p[uri.len - 1] == '/') uri.len--;
  return uri;
}

bool tg_t8_uri_same(tg_slice_t a, tg_slice_t b) {
  a = tg_t8_uri_path(a);
  b = tg_t8_uri_path(b);
  return a.len && tg_slice_eq(a, b);
}

static bool is_plain(uint8_t byte) {
  bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
  return letter || byte == '-' || byte == '.' || byte == '_' || byte == '~' || byte == '@' || byte == ':';
}

void tg_t8_uri_put_segment(tg_buf_t *out, tg_slice_t text) {
  static const char digits[] = "0123456789ABCDEF";
  for (size_t i = 0; i < text.len; i++) {
    uint8_t byte = text.p[i];
    if (is_plain(byte)) {
      tg_buf_put_u8(out, byte);
    } else {
      tg_buf_put_u8(out, '%');
      tg_buf_put_u8(out, (uint8_t)digits[byte >> 4]);
      tg_buf_put_u8(out, (uint8_t)digits[byte & 15]);
    }
  }
}

tg_slice_t tg_t8_uri_moved(tg_slice_t base, tg_slice_t asked, tg_slice_t got) {
  if (!tg_slice_begins(asked, base)) return tg_slice(NULL, 0);
  tg_slice_t rest = tg_slice_from(asked, base.len);
  if (got.len <= rest.len) return tg_slice(NULL, 0);
  size_t head = got.len - rest.len;
  return tg_slice_eq(tg_slice_from(got, head), rest) ? tg_slice(got.p, head) : tg_slice(NULL, 0);
}
