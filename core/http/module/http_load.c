/* SPDX-License-Identifier: Apache-2.0 */
/* The module where it is linked in: nothing to load. See core/http/http_load.h; called by http.c. */

#include "core/http/http_load.h"

const tg_http_module_t *tg_http_load(tg_diag_t *diag) {
  (void)diag;
  return &tg_http_module;
}
