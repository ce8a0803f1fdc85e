/* SPDX-License-Identifier: Apache-2.0 */
/* What the shared object shows to http_load.c; see core/http/http_module.h. */

#include "core/http/http_module.h"

const tg_http_module_t tg_http_module = {
    .abi = TG_HTTP_ABI,
    .version = TG_VERSION,
    .client_new = tg_http_client_make,
    .server_new = tg_http_server_make,
};
