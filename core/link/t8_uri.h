/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_T8_URI_H
#define TG_CORE_LINK_T8_URI_H

/** The few things that T8 needs to do with URIs. Resources are matched by path: scheme and authority may differ behind proxies. */

#include "core/base/buf.h"

/** The path of an absolute URI or of a path reference, without query, fragment and final slashes. Lent from @p uri. */
tg_slice_t tg_t8_uri_path(tg_slice_t uri);

/** Whether both URIs have the same path, not empty. */
bool tg_t8_uri_same(tg_slice_t a, tg_slice_t b);

/** Appends @p text as one path segment: everything but unreserved characters, `@` and `:` percent-encoded (RFC 3986 §3.3). */
void tg_t8_uri_put_segment(tg_buf_t *out, tg_slice_t text);

/**
 * Where @p base has moved when @p asked, which began with it, was answered from @p got (HTTP 308). Lent from @p got; empty when @p got
 * does not end like @p asked.
 */
tg_slice_t tg_t8_uri_moved(tg_slice_t base, tg_slice_t asked, tg_slice_t got);

#endif
