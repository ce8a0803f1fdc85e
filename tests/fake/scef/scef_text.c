/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the fake SCEF: memory and text. See scef_text.h. */

#include "tests/fake/scef/scef_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const char B64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char HEX[] = "0123456789ABCDEF";

static void *or_end(void *memory) {
  if (memory == NULL) {
    fputs("tg-fake-scef: out of memory\n", stderr);
    exit(70);
  }
  return memory;
}

void *tg_scef_text_alloc(size_t size) {
  return or_end(calloc(1, size == 0 ? 1 : size));
}

char *tg_scef_text_dup(const char *text, size_t len) {
  char *copy = tg_scef_text_alloc(len + 1);
  if (len > 0) memcpy(copy, text, len);
  return copy;
}

char *tg_scef_text_format(const char *format, ...) {
  va_list args;
  char *text = NULL;
  va_start(args, format);
  int len = vasprintf(&text, format, args);
  va_end(args);
  return len < 0 ? or_end(NULL) : text;
}

bool tg_scef_text_put(char *out, size_t size, const char *text) {
  size_t len = strlen(text);
  if (len >= size) return false;
  memcpy(out, text, len + 1);
  return true;
}

static int b64_value(char c) {
  const char *at = c == '\0' ? NULL : strchr(B64, c);
  return at == NULL ? -1 : (int)(at - B64);
}

bool tg_scef_text_b64_decode(const char *text, size_t len, uint8_t **data, size_t *size) {
  if (len % 4 != 0) return false;
  size_t pad = len > 0 && text[len - 1] == '=' ? (text[len - 2] == '=' ? 2 : 1) : 0;
  uint8_t *out = tg_scef_text_alloc(len / 4 * 3);
  size_t at = 0;
  uint32_t bits = 0;
  for (size_t i = 0; i < len; i++) {
    int value = i < len - pad ? b64_value(text[i]) : 0;
    if (value < 0) {
      free(out);
      return false;
    }
    bits = bits << 6 | (uint32_t)value;
    if (i % 4 != 3) continue;
    out[at++] = (uint8_t)(bits >> 16);
    out[at++] = (uint8_t)(bits >> 8);
    out[at++] = (uint8_t)bits;
  }
  *data = out;
  *size = at - pad;
  return true;
}

char *tg_scef_text_b64_encode(const uint8_t *data, size_t size) {
  char *out = tg_scef_text_alloc((size + 2) / 3 * 4 + 1);
  char *p = out;
  for (size_t i = 0; i < size; i += 3) {
    size_t left = size - i;
    uint32_t bits = (uint32_t)data[i] << 16;
    if (left > 1) bits |= (uint32_t)data[i + 1] << 8;
    if (left > 2) bits |= data[i + 2];
    *p++ = B64[bits >> 18 & 63];
    *p++ = B64[bits >> 12 & 63];
    *p++ = left > 1 ? B64[bits >> 6 & 63] : '=';
    *p++ = left > 2 ? B64[bits & 63] : '=';
  }
  return out;
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char *tg_scef_text_unescape(const char *text, size_t len) {
  char *out = tg_scef_text_alloc(len + 1);
  size_t at = 0;
  for (size_t i = 0; i < len; i++) {
    if (text[i] != '%') {
      out[at++] = text[i];
      continue;
    }
    int high = i + 2 < len ? hex_value(text[i + 1]) : -1;
    int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0 || high + low == 0) {
      free(out);
      return NULL;
    }
    out[at++] = (char)(high << 4 | low);
    i += 2;
  }
  return out;
}

static bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && strchr("-._~", c) != NULL);
}

char *tg_scef_text_escape(const char *text) {
  char *out = tg_scef_text_alloc(strlen(text) * 3 + 1);
  char *p = out;
  for (; *text != '\0'; text++) {
    if (is_unreserved(*text)) {
      *p++ = *text;
      continue;
    }
    *p++ = '%';
    *p++ = HEX[(unsigned char)*text >> 4];
    *p++ = HEX[(unsigned char)*text & 15];
  }
  return out;
}

void tg_scef_text_random_hex(char *out, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) {
    uint8_t byte = 0;
    if (getrandom(&byte, 1, 0) != 1) abort(); /* single bytes can't be cut short once the pool is ready */
    snprintf(out + 2 * i, 3, "%02x", byte);
  }
}

/* Length of the sequence that starts with this byte and the smallest code point it may carry; 0 for no lead byte. */
static size_t utf8_lead(unsigned char lead, uint32_t *least, uint32_t *code) {
  if (lead < 0x80) return *least = 0, *code = lead, 1;
  if (lead >= 0xc2 && lead < 0xe0) return *least = 0x80, *code = lead & 0x1fu, 2;
  if (lead >= 0xe0 && lead < 0xf0) return *least = 0x800, *code = lead & 0x0fu, 3;
  if (lead >= 0xf0 && lead < 0xf5) return *least = 0x10000, *code = lead & 0x07u, 4;
  return 0;
}

bool tg_scef_text_is_utf8(const char *text, size_t len) {
  for (size_t i = 0; i < len;) {
    uint32_t least = 0;
    uint32_t code = 0;
    size_t size = utf8_lead((unsigned char)text[i], &least, &code);
    if (size == 0 || size > len - i) return false;
    for (size_t k = 1; k < size; k++) {
      unsigned char next = (unsigned char)text[i + k];
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3fu);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    i += size;
  }
  return true;
}
