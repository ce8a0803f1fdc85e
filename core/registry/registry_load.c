/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/registry: object definitions from XML text and from folders of files. See registry.h. */

#include <dirent.h>
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/registry/objxml.h"
#include "core/registry/registry.h"

enum { PATH_MAX_LEN = 4096 };

tg_rc_t tg_registry_load_xml(tg_registry_t *registry, const char *file_name, tg_slice_t xml, tg_diag_t *diag) {
  tg_objdef_t *def = NULL;
  tg_rc_t rc = tg_objxml_read(file_name, xml, diag, &def);
  if (rc != TG_OK) return rc;
  rc = tg_registry_add(registry, def);
  if (rc != TG_OK) tg_objdef_free(def);
  return rc;
}

static bool is_xml(const char *name) {
  size_t len = strlen(name);
  return len > 4 && name[0] != '.' && strcmp(name + len - 4, ".xml") == 0;
}

static tg_rc_t load_file(tg_registry_t *registry, const char *path, uint8_t *memory, tg_diag_t *diag) {
  tg_buf_t content;
  tg_buf_init(&content, memory, TG_OBJXML_SIZE_MAX);
  tg_rc_t rc = tg_file_read(path, &content);
  if (rc != TG_OK) {
    tg_diag_set(diag, path, 0, "cannot be read: %s", tg_file_why(rc));
    return rc;
  }
  return tg_registry_load_xml(registry, path, tg_buf_slice(&content), diag);
}

/* Loads what is good; tells the first file that is bad, or else the first that is XML of another kind. */
static tg_rc_t load_entries(tg_registry_t *registry, DIR *dir, const char *folder, size_t *loaded, tg_diag_t *diag) {
  uint8_t *memory = tg_alloc(TG_OBJXML_SIZE_MAX);
  if (!memory) return TG_E_NOMEM;
  tg_rc_t told = TG_OK, rc = TG_OK;
  for (const struct dirent *entry; rc != TG_E_NOMEM && (entry = readdir(dir));) {
    char path[PATH_MAX_LEN];
    if (!is_xml(entry->d_name)) continue;
    tg_diag_t one = {0};
    int n = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    rc = n < 0 || (size_t)n >= sizeof path ? TG_E_TOO_LONG : load_file(registry, path, memory, &one);
    if (rc == TG_OK) ++*loaded;
    bool is_news = told == TG_OK || (told == TG_E_NOT_FOUND && rc != TG_E_NOT_FOUND);
    if (rc == TG_OK || !is_news) continue;
    told = rc;
    if (diag) *diag = one;
  }
  tg_alloc_free(memory);
  return rc == TG_E_NOMEM ? rc : TG_OK;
}

tg_rc_t tg_registry_load_folder(tg_registry_t *registry, const char *folder, size_t *loaded, tg_diag_t *diag) {
  *loaded = 0;
  DIR *dir = opendir(folder);
  if (!dir) {
    tg_diag_set(diag, folder, 0, "the folder cannot be read");
    return TG_E_IO;
  }
  tg_rc_t rc = load_entries(registry, dir, folder, loaded, diag);
  (void)closedir(dir);
  return rc;
}
