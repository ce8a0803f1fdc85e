/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_HEX_H
#define TG_CORE_BASE_HEX_H

/** Hexadecimal text. */

#include "core/base/buf.h"

/** Appends @p bytes as lower-case hexadecimal digits. */
void tg_hex_put(tg_buf_t *out, tg_slice_t bytes);

/** Appends the bytes that @p text spells (either case, even number of digits). TG_E_SYNTAX; TG_E_TOO_LONG when @p out is full. */
TG_MUST_CHECK tg_rc_t tg_hex_get(tg_slice_t text, tg_buf_t *out);

/** Value of one hexadecimal digit, or -1. */
int tg_hex_digit(uint8_t digit);

#endif
