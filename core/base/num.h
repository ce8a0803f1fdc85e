/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_NUM_H
#define TG_CORE_BASE_NUM_H

/** Numbers as text, read and written without locale and without NUL-terminated views of foreign bytes. */

#include "core/base/buf.h"

/** Decimal digits only (no sign, no blanks, leading zeros allowed), at most @p max. TG_E_SYNTAX, TG_E_RANGE. */
TG_MUST_CHECK tg_rc_t tg_num_parse_u64(tg_slice_t text, uint64_t max, uint64_t *value);

/** The same without leading zeros: for path segments and identities, where only one spelling may count. */
TG_MUST_CHECK tg_rc_t tg_num_parse_strict(tg_slice_t text, uint64_t max, uint64_t *value);

/** Optional '-' and decimal digits in the range of int64_t. TG_E_SYNTAX, TG_E_RANGE. */
TG_MUST_CHECK tg_rc_t tg_num_parse_i64(tg_slice_t text, int64_t *value);

/** A JSON-like decimal number (digits, fraction, exponent; no inf, nan or hex; at most 64 characters). TG_E_SYNTAX, TG_E_RANGE on overflow. */
TG_MUST_CHECK tg_rc_t tg_num_parse_double(tg_slice_t text, double *value);

/** Writes the shortest decimal text that reads back as the same double; @p exponent false forbids an exponent (LwM2M text, §2.2). Non-finite values write `null`. */
void tg_num_put_double(tg_buf_t *buf, double value, bool exponent);

#endif
