/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_SCRIPTS_H
#define TG_BINDINGS_HOST_SCRIPTS_H

/** The configured scripts: found, loaded, and each loaded again when its file changes. A version that does not load leaves the old one running. */

#include "bindings/host/config.h"

typedef struct tg_scripts tg_scripts_t;

/** Loads every configured script into @p api; one that fails is logged and left out. @p config, @p api and @p loop are kept. NULL without memory. */
tg_scripts_t *tg_scripts_new(tg_loop_t *loop, tg_api_t *api, const tg_config_t *config);

/** Stops watching files and frees; bundles are the api's. NULL is allowed. */
void tg_scripts_free(tg_scripts_t *scripts);

/** Loads the script called @p name again, all for the empty name. TG_E_NOT_FOUND; the first script's error with @p diag, after trying all. */
TG_MUST_CHECK tg_rc_t tg_scripts_reload(tg_scripts_t *scripts, tg_slice_t name, tg_diag_t *diag);

/** As tg_api_each(), with the configured scripts that are not loaded behind those that are; `last_error` says why the file as it is now is not loaded. */
void tg_scripts_each(const tg_scripts_t *scripts, bool (*fn)(void *ud, const tg_api_status_t *status), void *ud);

/** Adds the object definitions in the program and those of the configured folders; what is wrong is logged and left out. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_scripts_objects(const tg_config_t *config, tg_registry_t *registry);

/** Whether every configured script is there and is Lua; a line for each that is not is appended to @p errors. Nothing is run. TG_OK, TG_E_CONFIG, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_scripts_check(const tg_config_t *config, tg_buf_t *errors);

#endif
