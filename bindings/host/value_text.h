/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_VALUE_TEXT_H
#define TG_BINDINGS_HOST_VALUE_TEXT_H

/** Values as people type them: the inverse of tg_value_put_text(). */

#include "core/base/buf.h"
#include "core/registry/value.h"

/**
 * Reads @p text as a value of @p type: numbers in decimal, true/false/1/0, opaque in hexadecimal or as `base64:…`, times as
 * 2026-01-31T12:00:00Z or Unix seconds, links as `oid:iid`.
 * @param scratch  decoded bytes are put here; @p value borrows from it and from @p text
 * @return TG_OK, TG_E_SYNTAX, TG_E_RANGE, TG_E_TYPE (a type without values), TG_E_TOO_LONG
 */
TG_MUST_CHECK tg_rc_t tg_value_text_parse(tg_type_t type, tg_slice_t text, tg_buf_t *scratch, tg_value_t *value);

#endif
