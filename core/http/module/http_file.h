/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_HTTP_MODULE_HTTP_FILE_H
#define TG_CORE_HTTP_MODULE_HTTP_FILE_H

/** A part of a file as an answer: read piece by piece as the client takes it, never as a whole in memory. Inner part of the HTTP server. */

#include <microhttpd.h>

#include "core/http/http_server.h"

/** Called as bytes are taken: the client is alive. */
typedef void (*tg_http_file_alive_fn)(void *ud);

/** A response that sends @p file and closes its descriptor when it is destroyed; NULL without memory (the descriptor is closed then, too). @p alive (may be NULL) is called with @p ud. */
struct MHD_Response *tg_http_file_response(const tg_http_file_t *file, tg_http_file_alive_fn alive, void *ud);

#endif
