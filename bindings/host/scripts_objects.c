/* SPDX-License-Identifier: Apache-2.0 */
/* Object definitions at start-up: ours, then those of the operator's folders, which win. Called by cmd_run.c. See scripts.h. */

#include <glob.h>
#include <limits.h>
#include <stdio.h>

#include "bindings/host/scripts.h"
#include "core/base/file.h"

static void complain(const tg_diag_t *diag, tg_rc_t rc) {
  char why[sizeof diag->message];
  tg_log("objects", TG_LOG_ERROR, "not_loaded at=%s:%d error=%s why=%s", diag->file, diag->line, tg_rc_name(rc),
         tg_log_quote(tg_slice_str(diag->message), why, sizeof why));
}

static void load_file(tg_registry_t *registry, const char *file) {
  tg_buf_t content;
  tg_diag_t diag = {0};
  tg_buf_init_growing(&content, (size_t)1 << 20);
  tg_rc_t rc = tg_file_read(file, &content);
  if (rc != TG_OK) tg_diag_set(&diag, file, 0, "%s", tg_file_why(rc));
  else rc = tg_api_objects_load(registry, file, tg_buf_slice(&content), &diag);
  if (rc != TG_OK) complain(&diag, rc);
  tg_buf_fini(&content);
}

static void load_folder(tg_registry_t *registry, const char *folder) {
  char pattern[PATH_MAX];
  size_t loaded = 0;
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_registry_load_folder(registry, folder, &loaded, &diag);
  if (rc != TG_OK || diag.message[0]) complain(&diag, rc);
  int len = snprintf(pattern, sizeof pattern, "%s/*.lua", folder);
  if (len < 0 || (size_t)len >= sizeof pattern) return;
  glob_t found = {0};
  if (glob(pattern, 0, NULL, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; i++) load_file(registry, found.gl_pathv[i]);
  }
  globfree(&found);
}

tg_rc_t tg_scripts_objects(const tg_config_t *config, tg_registry_t *registry) {
  for (const tg_embedded_file_t *file = tg_embedded_scripts; file->name; file++) {
    if (strncmp(file->name, "objects/", 8) != 0 || strcmp(file->name, "objects/quirks.lua") == 0) continue;
    tg_diag_t diag = {0};
    tg_rc_t rc = tg_api_objects_load(registry, file->name, tg_slice(file->bytes, file->len), &diag);
    if (rc == TG_E_NOMEM) return rc;
    if (rc != TG_OK) complain(&diag, rc);
  }
  for (size_t i = 0; i < config->object_count; i++) load_folder(registry, config->objects[i]);
  return TG_OK;
}
