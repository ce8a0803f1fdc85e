/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_BASE64_H
#define TG_CORE_BASE_BASE64_H

/** Base64 (RFC 4648 §4) and base64url (§5). */

#include "core/base/buf.h"

/** Appends @p bytes in the standard alphabet, padded. */
void tg_base64_put(tg_buf_t *out, tg_slice_t bytes);

/** Appends @p bytes in the URL-safe alphabet without padding, as SenML wants (RFC 8428 §4.3). */
void tg_base64_put_url(tg_buf_t *out, tg_slice_t bytes);

/** Appends the decoded bytes. Strict: standard alphabet, padding required. TG_E_SYNTAX; TG_E_TOO_LONG when @p out is full. */
TG_MUST_CHECK tg_rc_t tg_base64_get(tg_slice_t text, tg_buf_t *out);

/** The lenient reader for SenML: either alphabet, padding optional. TG_E_SYNTAX; TG_E_TOO_LONG when @p out is full. */
TG_MUST_CHECK tg_rc_t tg_base64_get_any(tg_slice_t text, tg_buf_t *out);

#endif
