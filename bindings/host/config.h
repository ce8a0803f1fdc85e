/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONFIG_H
#define TG_BINDINGS_HOST_CONFIG_H

/**
 * The configuration as the process uses it: read from a Lua file, checked by config/check.lua against config/schema.lua, with every
 * default filled in and every relative path made one from the file's folder. Everything lives in one arena.
 */

#include "bindings/api/api.h"
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/gateway/gateway.h"

/** A script of the operator's, or the dialect. */
typedef struct tg_config_script {
  const char *name;   /* of the bundle; `[A-Za-z0-9._-]+` */
  const char *file;   /* as written, from the configuration's folder */
  tg_slice_t options; /* Lua data as text; empty = none */
} tg_config_script_t;

/** All of it; strings and arrays belong to the configuration. */
typedef struct tg_config {
  tg_arena_t arena; /* private */
  const char *file;
  const char *folder; /* of the file, without a slash at the end */
  const char *name;
  const char *data_dir;
  tg_log_level_t log_level;
  const char *control_socket;
  unsigned control_mode;
  tg_gateway_config_t gateway; /* all but on_message, on_state, admit and ud */
  tg_api_limits_t script_limits;
  bool policy_refuses;        /* devices that a failing on_register() could not decide about */
  const char *const *objects; /* folders */
  size_t object_count;
  const tg_config_script_t *scripts; /* the dialect first, if there is one */
  size_t script_count;
} tg_config_t;

/**
 * Reads @p file.
 * @param errors  growing; one line `FILE:LINE: message` for each thing that is wrong is appended
 * @param config  owned by the caller; free with tg_config_free()
 * @return TG_OK; TG_E_CONFIG, TG_E_NOMEM with at least one line in @p errors
 */
TG_MUST_CHECK tg_rc_t tg_config_load(const char *file, tg_buf_t *errors, tg_config_t **config);

/** Frees it; NULL is allowed. */
void tg_config_free(tg_config_t *config);

#endif
