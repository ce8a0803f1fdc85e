/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_FILE_H
#define TG_CORE_BASE_FILE_H

/** Files that people name, read as a whole: a pipe, a terminal or a device in their place would have the program wait, maybe for ever. */

#include "core/base/buf.h"

/**
 * Appends the content of the regular file @p path to @p content, up to what fits.
 * @return TG_OK; TG_E_NOT_FOUND; TG_E_TYPE when it is no regular file; TG_E_IO with errno set; TG_E_TOO_LONG or TG_E_NOMEM, as @p content says
 */
TG_MUST_CHECK tg_rc_t tg_file_read(const char *path, tg_buf_t *content);

/** Why tg_file_read() has failed, in words. */
const char *tg_file_why(tg_rc_t rc);

#endif
