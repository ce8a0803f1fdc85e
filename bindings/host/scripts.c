/* SPDX-License-Identifier: Apache-2.0 */
/* Finds, loads and reloads script bundles; called by cmd_run.c. See scripts.h. */

#include "bindings/host/scripts.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "bindings/host/config_lua.h"
#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/base/hash.h"

enum { FILE_MAX = 1 << 20, DEBOUNCE_MS = 200 };

/* What is known of a script's file, as it was read last. */
typedef struct known {
  size_t len;
  uint32_t crc;
  bool is_read;
  char error[256]; /* why that version is not loaded; "" when it is */
} known_t;

struct tg_scripts {
  tg_loop_t *loop;
  tg_api_t *api;
  const tg_config_t *config;
  tg_timer_t settle; /* editors write in several steps */
  known_t *known;    /* one for each script */
  size_t watch_count;
  tg_loop_path_t *watches[]; /* two for each script: its folder, and itself if it is one */
};

/* The path of a script in the configuration's folder; false when it is too long to be one. */
static bool path_of(const tg_config_t *config, const char *file, char path[PATH_MAX]) {
  int len =
      file[0] == '/' ? snprintf(path, PATH_MAX, "%s", file) : snprintf(path, PATH_MAX, "%s/%s", config->folder, file);
  return len > 0 && len < PATH_MAX;
}

/* The operator's file, else the folder's init.lua, else ours of that name. @p search becomes the folder of a bundle that is one. */
static tg_rc_t find_source(const tg_config_t *config, const char *file, tg_buf_t *content, char search[PATH_MAX]) {
  char path[PATH_MAX];
  search[0] = '\0';
  if (!path_of(config, file, path)) return TG_E_TOO_LONG;
  char inner[PATH_MAX + 16];
  (void)snprintf(inner, sizeof inner, "%s/init.lua", path);
  tg_rc_t rc = tg_file_read(inner, content);
  if (rc == TG_OK) {
    memcpy(search, path, sizeof path);
    return TG_OK;
  }
  rc = tg_file_read(path, content);
  if (rc != TG_E_NOT_FOUND) return rc;

  (void)snprintf(inner, sizeof inner, "scripts/%s", file);
  const tg_embedded_file_t *own = tg_api_embedded(inner);
  if (!own) return TG_E_NOT_FOUND;
  tg_buf_put(content, tg_slice(own->bytes, own->len));
  return content->rc;
}

/* Whether a file has other content than last time. A bundle that is a folder may have changed in any of its files. */
static bool has_changed(known_t *known, const tg_buf_t *content, const char *search) {
  uint32_t crc = tg_hash_crc32(0, tg_buf_slice(content));
  bool same = known->is_read && known->len == content->len && known->crc == crc;
  *known = (known_t){.len = content->len, .crc = crc, .is_read = true};
  return !same || search[0];
}

static tg_rc_t load_content(tg_scripts_t *scripts, const tg_config_script_t *script, const tg_buf_t *content,
                            const char *search, tg_diag_t *diag) {
  const tg_api_bundle_t bundle = {.name = script->name,
                                  .file = script->file,
                                  .source = tg_buf_slice(content),
                                  .options = script->options,
                                  .search = search[0] ? search : NULL,
                                  .limits = scripts->config->script_limits};
  tg_rc_t rc = tg_api_load(scripts->api, &bundle, diag);
  if (rc == TG_OK) tg_log("script", TG_LOG_INFO, "loaded name=%s file=%s", script->name, script->file);
  return rc;
}

/* @p if_changed: not when the file is as it was. */
static tg_rc_t load_one(tg_scripts_t *scripts, size_t index, bool if_changed, tg_diag_t *diag) {
  const tg_config_script_t *script = &scripts->config->scripts[index];
  known_t *known = &scripts->known[index], before = *known;
  char search[PATH_MAX];
  tg_buf_t content;
  tg_buf_init_growing(&content, FILE_MAX);
  tg_rc_t rc = find_source(scripts->config, script->file, &content, search);
  if (rc != TG_OK)
    tg_diag_set(diag, script->file, 0, "can't be read from %s: %s", scripts->config->folder, tg_file_why(rc));
  else if (!has_changed(known, &content, search) && if_changed) *known = before;
  else rc = load_content(scripts, script, &content, search, diag);
  tg_buf_fini(&content);
  if (rc == TG_OK) return TG_OK;
  (void)snprintf(known->error, sizeof known->error, "%.80s:%d: %.160s", diag->file, diag->line, diag->message);
  char why[sizeof diag->message];
  tg_log("script", TG_LOG_ERROR, "not_loaded name=%s at=%s:%d why=%s", script->name, diag->file, diag->line,
         tg_log_quote(tg_slice_str(diag->message), why, sizeof why));
  return rc;
}

static tg_rc_t check_one(const tg_config_t *config, const tg_config_script_t *script, tg_buf_t *errors) {
  char search[PATH_MAX];
  tg_buf_t content;
  tg_buf_init_growing(&content, FILE_MAX);
  tg_rc_t rc = find_source(config, script->file, &content, search);
  if (rc != TG_OK) tg_buf_put_fmt(errors, "%s: script %s: %s\n", config->file, script->file, tg_file_why(rc));
  else rc = tg_config_lua_compiles(script->file, tg_buf_slice(&content), errors);
  tg_buf_fini(&content);
  return rc;
}

tg_rc_t tg_scripts_check(const tg_config_t *config, tg_buf_t *errors) {
  tg_rc_t rc = TG_OK;
  for (size_t i = 0; i < config->script_count; i++) {
    tg_rc_t own = check_one(config, &config->scripts[i], errors);
    if (own != TG_OK) rc = own == TG_E_NOMEM ? own : TG_E_CONFIG;
  }
  return rc;
}

tg_rc_t tg_scripts_reload(tg_scripts_t *scripts, tg_slice_t name, tg_diag_t *diag) {
  tg_rc_t first = name.len ? TG_E_NOT_FOUND : TG_OK;
  char text[80];
  if (name.len)
    tg_diag_set(diag, NULL, 0, "no script is called \"%s\"; `tidegate scripts` lists them",
                tg_log_text(name, text, sizeof text));
  for (size_t i = 0; i < scripts->config->script_count; i++) {
    if (name.len && !tg_slice_is(name, scripts->config->scripts[i].name)) continue;
    tg_diag_t own = {0};
    tg_rc_t rc = load_one(scripts, i, false, &own);
    if (name.len) first = TG_OK;
    if (rc == TG_OK || first != TG_OK) continue;
    first = rc;
    *diag = own;
  }
  return first;
}

/* A walk over what runs, that adds what is known here. */
typedef struct listing {
  const tg_scripts_t *scripts;
  bool (*fn)(void *ud, const tg_api_status_t *status);
  void *ud;
  bool goes_on;
  bool *seen;
} listing_t;

static bool on_status(void *ud, const tg_api_status_t *status) {
  listing_t *listing = ud;
  tg_api_status_t told = *status;
  for (size_t i = 0; i < listing->scripts->config->script_count; i++) {
    if (strcmp(listing->scripts->config->scripts[i].name, status->name) != 0) continue;
    if (listing->scripts->known[i].error[0]) told.last_error = listing->scripts->known[i].error;
    listing->seen[i] = true;
  }
  return listing->goes_on = listing->fn(listing->ud, &told);
}

void tg_scripts_each(const tg_scripts_t *scripts, bool (*fn)(void *ud, const tg_api_status_t *status), void *ud) {
  size_t count = scripts->config->script_count;
  bool *seen = tg_alloc_array(count, sizeof *seen);
  if (!seen) return;
  listing_t listing = {scripts, fn, ud, true, seen};
  tg_api_each(scripts->api, on_status, &listing);
  for (size_t i = 0; i < count && listing.goes_on; i++) {
    if (seen[i]) continue;
    const tg_api_status_t status = {.name = scripts->config->scripts[i].name,
                                    .file = scripts->config->scripts[i].file,
                                    .version = "",
                                    .state = TG_API_DISABLED,
                                    .last_error = scripts->known[i].error};
    listing.goes_on = fn(ud, &status);
  }
  tg_alloc_free(seen);
}

static void on_settled(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_scripts_t *scripts = ud;
  for (size_t i = 0; i < scripts->config->script_count; i++) {
    tg_diag_t diag = {0};
    (void)!load_one(scripts, i, true, &diag); /* logged there */
  }
}

static void on_change(void *ud, const char *name) {
  tg_scripts_t *scripts = ud;
  size_t len = name ? strlen(name) : 0;
  if (name && (len < 4 || strcmp(name + len - 4, ".lua") != 0)) return;
  tg_wheel_add(tg_loop_wheel(scripts->loop), &scripts->settle, tg_loop_now(scripts->loop) + DEBOUNCE_MS);
}

static void watch(tg_scripts_t *scripts, const char *path) {
  tg_loop_path_t *watched = tg_loop_on_path(scripts->loop, path, on_change, scripts);
  if (watched) scripts->watches[scripts->watch_count++] = watched;
}

/* Folders, not files: editors replace files. */
static void watch_folders(tg_scripts_t *scripts) {
  for (size_t i = 0; i < scripts->config->script_count; i++) {
    char path[PATH_MAX];
    struct stat found;
    if (!path_of(scripts->config, scripts->config->scripts[i].file, path)) continue;
    if (stat(path, &found) == 0 && S_ISDIR(found.st_mode)) watch(scripts, path);
    char *slash = strrchr(path, '/');
    if (slash && slash != path) *slash = '\0';
    watch(scripts, path);
  }
}

tg_scripts_t *tg_scripts_new(tg_loop_t *loop, tg_api_t *api, const tg_config_t *config) {
  tg_scripts_t *scripts = tg_alloc(sizeof *scripts + 2 * config->script_count * sizeof scripts->watches[0]);
  known_t *known = tg_alloc_array(config->script_count, sizeof *known);
  if (!scripts || !known) {
    tg_alloc_free(known);
    tg_alloc_free(scripts);
    return NULL;
  }
  *scripts = (tg_scripts_t){.loop = loop, .api = api, .config = config, .known = known};
  scripts->settle.fn = on_settled;
  scripts->settle.ud = scripts;
  on_settled(&scripts->settle, scripts);
  watch_folders(scripts);
  return scripts;
}

void tg_scripts_free(tg_scripts_t *scripts) {
  if (!scripts) return;
  tg_wheel_del(tg_loop_wheel(scripts->loop), &scripts->settle);
  for (size_t i = 0; i < scripts->watch_count; i++) tg_loop_path_end(scripts->watches[i]);
  tg_alloc_free(scripts->known);
  tg_alloc_free(scripts);
}
