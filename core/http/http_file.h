/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_HTTP_HTTP_FILE_H
#define TG_CORE_HTTP_HTTP_FILE_H

/** A part of a file as an answer: read piece by piece as the client takes it, never as a whole in memory. Inner part of the HTTP server. */

#include <microhttpd.h>

#include "core/http/http_server.h"

/** Called as bytes are taken: the client is alive. */
typedef void (*tg_http_file_alive_fn)(void *ud);

/** A response that sends @p file and closes its descriptor when it is destroyed; NULL without memory (the descriptor is closed then, too). @p alive (may be NULL) is called with @p ud. */
struct MHD_Response *tg_http_file_response(const tg_http_file_t *file, tg_http_file_alive_fn alive, void *ud);

/** Which bytes of @p size a Range header asks for (RFC 9110 §14.2). Anything but one range of bytes is as if there were none. TG_OK with @p from and @p len; TG_E_NOT_FOUND: all of it; TG_E_RANGE: none of it is there. */
TG_MUST_CHECK tg_rc_t tg_http_file_range(tg_slice_t header, uint64_t size, uint64_t *from, uint64_t *len);

#endif
