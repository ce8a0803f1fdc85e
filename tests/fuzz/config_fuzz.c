/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration files: one that is read is whole, and what is wrong is said with the file's name and a line. Input: the file. The
 * reader wants a file; it gets one that lives in memory.
 */

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bindings/host/config.h"
#include "bindings/host/config_lua.h"
#include "tests/fuzz/fuzz.h"

enum { ERRORS_MAX = 1 << 20 };

static void check_whole(const tg_config_t *config) {
  const tg_gateway_config_t *gateway = &config->gateway;
  fuzz_require(config->name && config->data_dir && config->control_socket && gateway->store_path);
  fuzz_require(config->log_level <= TG_LOG_DEBUG && (config->control_mode & ~0777u) == 0);
  for (size_t i = 0; i < gateway->broker_count; i++) fuzz_require(gateway->brokers[i].uri && gateway->brokers[i].name);
  for (size_t i = 0; i < config->script_count; i++) fuzz_require(config->scripts[i].name && config->scripts[i].file);
  for (size_t i = 0; i < config->object_count; i++) fuzz_require(config->objects[i] != NULL);
}

static bool has_line(tg_slice_t errors) {
  for (size_t at = 0; at < errors.len; at++) {
    size_t digits = at + 1;
    while (digits < errors.len && errors.p[digits] >= '0' && errors.p[digits] <= '9') digits++;
    if (errors.p[at] == ':' && digits > at + 1 && digits < errors.len && errors.p[digits] == ':') return true;
  }
  return false;
}

/* `FILE:LINE: message`, one a line. FILE may be one that was included. */
static void check_errors(tg_slice_t errors, const char *file) {
  fuzz_require(errors.len > 0 && errors.p[errors.len - 1] == '\n');
  fuzz_require(tg_slice_begins(errors, tg_slice_str(file)) || has_line(errors));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static int fd = -1;
  static char file[64];
  if (fd < 0) {
    fd = memfd_create("config", MFD_CLOEXEC);
    (void)snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
  }
  fuzz_require(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
  tg_config_t *config = NULL;
  tg_buf_t errors;
  tg_buf_init_growing(&errors, ERRORS_MAX);
  tg_rc_t rc = tg_config_load(file, &errors, &config);
  if (rc == TG_OK) check_whole(config);
  else check_errors(tg_buf_slice(&errors), file);
  fuzz_require((rc == TG_OK) == (errors.len == 0));
  tg_buf_clear(&errors);
  fuzz_require((tg_config_lua_compiles("input.lua", tg_slice(data, size), &errors) == TG_OK) == (errors.len == 0));
  tg_config_free(config);
  tg_buf_fini(&errors);
  return 0;
}
