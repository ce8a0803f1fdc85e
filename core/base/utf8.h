/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_UTF8_H
#define TG_CORE_BASE_UTF8_H

/** UTF-8 checking (RFC 3629). */

#include "core/base/slice.h"

/** Whether @p bytes are well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool tg_utf8_valid(tg_slice_t bytes);

#endif
