/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_HTTP_HTTP_RANGE_H
#define TG_CORE_HTTP_HTTP_RANGE_H

/** The Range header, for handlers that answer with parts of files (RFC 9110 §14.2). */

#include "core/base/attr.h"
#include "core/base/rc.h"
#include "core/base/slice.h"

/** Which bytes of @p size a Range header asks for (RFC 9110 §14.2). Anything but one range of bytes is as if there were none. TG_OK with @p from and @p len; TG_E_NOT_FOUND: all of it; TG_E_RANGE: none of it is there. */
TG_MUST_CHECK tg_rc_t tg_http_range_get(tg_slice_t header, uint64_t size, uint64_t *from, uint64_t *len);

#endif
