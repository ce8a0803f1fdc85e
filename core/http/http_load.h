/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_HTTP_HTTP_LOAD_H
#define TG_CORE_HTTP_HTTP_LOAD_H

/**
 * Where the HTTP client and server come from. The program has http_load.c, which loads them from a file when they are first needed: most gateways
 * have no use for them, and their libraries would take a third of the memory of one that idles. What links core/http/module itself, as
 * tests do, has core/http/module/http_load.c.
 */

#include "core/base/diag.h"
#include "core/http/http_module.h"

/**
 * The module, for the rest of the process; asking again is cheap enough for once a client or server. NULL when it isn't there, can't be loaded or is
 * another build's; @p diag (may be NULL) has why and the cure.
 */
const tg_http_module_t *tg_http_load(tg_diag_t *diag);

#endif
