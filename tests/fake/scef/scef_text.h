/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_TEXT_H
#define TG_TESTS_FAKE_SCEF_TEXT_H

/**
 * Memory and text helpers of the fake SCEF: allocation that ends the program when memory is out (a test peer has
 * nothing better to do), base64, percent coding, random ids, UTF-8 check.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Zeroed memory; never NULL, the program ends when there is none. The caller takes it and frees it with free(). */
void *tg_scef_text_alloc(size_t size);

/** A copy of @p len bytes of @p text (borrowed) with a NUL behind; the caller takes it. */
char *tg_scef_text_dup(const char *text, size_t len);

/** printf into new memory; the caller takes it. */
char *tg_scef_text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Copies @p text (borrowed) into @p out of @p size bytes. @return false, and @p out untouched, where it doesn't fit. */
bool tg_scef_text_put(char *out, size_t size, const char *text);

/**
 * Decodes base64 with the standard alphabet and padding (RFC 4648 §4), as T8 sends it.
 *
 * @param data  set on true; the caller takes it (never NULL, also for zero bytes)
 * @return false on any other character, bad padding or a length that is no multiple of four
 */
bool tg_scef_text_b64_decode(const char *text, size_t len, uint8_t **data, size_t *size);

/** Encodes bytes (borrowed) as base64 with padding; the caller takes the text. */
char *tg_scef_text_b64_encode(const uint8_t *data, size_t size);

/** Decodes percent escapes of one path segment or form value; the caller takes it. NULL on a broken escape or %00. */
char *tg_scef_text_unescape(const char *text, size_t len);

/** Percent-encodes everything but RFC 3986 unreserved characters; the caller takes it. */
char *tg_scef_text_escape(const char *text);

/** Writes 2 * @p bytes hex digits and a NUL of fresh randomness. */
void tg_scef_text_random_hex(char *out, size_t bytes);

/** True where the bytes are well-formed UTF-8 (RFC 3629). */
bool tg_scef_text_is_utf8(const char *text, size_t len);

#endif
