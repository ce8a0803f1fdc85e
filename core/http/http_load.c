/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads the HTTP module from the folder of the program (a build tree) or from where it is installed, both seen from the program's own file: neither
 * the working directory nor the environment has a say. It is never unloaded. Part of the program only, see http_load.h; called by http.c and `tidegate check`.
 */

#include "core/http/http_load.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MODULE_FILE "tidegate-http.so"

/* Finds the file; where it is in none of the places, @p path is the one where it is installed. False when the program doesn't know where it is itself. */
static bool find_file(char path[PATH_MAX]) {
  static const char *const folders[] = {"", TG_MODULE_DIR "/"}; /* relative to that of the program */
  char program[PATH_MAX];
  ssize_t got = readlink("/proc/self/exe", program, sizeof program);
  while (got > 0 && program[got - 1] != '/')
    got--; /* an upgrade has added " (deleted)" to the name, not to the folder */
  if (got <= 0) return false;
  for (size_t i = 0; i < TG_COUNT(folders); i++) {
    int len = snprintf(path, PATH_MAX, "%.*s%s" MODULE_FILE, (int)got, program, folders[i]);
    if (len < 0 || len >= PATH_MAX) return false;
    if (access(path, F_OK) == 0) break;
  }
  return true;
}

static const tg_http_module_t *refuse(tg_diag_t *diag, const char *why) {
  tg_diag_set(
      diag, NULL, 0,
      "nidd links and firmware.http need the HTTP module: %s; install it as this program was (docs/howto/run-it.md), or configure neither",
      why);
  return NULL;
}

const tg_http_module_t *tg_http_load(tg_diag_t *diag) {
  char path[PATH_MAX];
  if (!find_file(path)) return refuse(diag, "/proc/self/exe doesn't say where " MODULE_FILE " is to be sought");
  void *file = dlopen(path, RTLD_NOW | RTLD_LOCAL); /* the same again when it is there already */
  if (!file) return refuse(diag, dlerror());
  const tg_http_module_t *module = dlsym(file, "tg_http_module");
  if (!module) return refuse(diag, dlerror());
  if (module->abi == TG_HTTP_ABI && strcmp(module->version, TG_VERSION) == 0) return module;
  char why[PATH_MAX + 64];
  (void)snprintf(why, sizeof why, "%s is of another version, %s with ABI %u", path, module->version,
                 (unsigned)module->abi);
  return refuse(diag, why);
}
