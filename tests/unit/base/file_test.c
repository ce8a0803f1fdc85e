/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/base/file.c: a file is read as a whole; what is none is refused at once, whoever is not at its other end. */

#include "core/base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/unit/check.h"

static char folder[64];

static const char *path_of(const char *name) {
  static char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void make(const char *name, size_t size) {
  FILE *file = fopen(path_of(name), "wb");
  assert_non_null(file);
  for (size_t i = 0; i < size; i++) fputc("abcdefg"[i % 7], file);
  fclose(file);
}

static void a_file_is_read_as_a_whole(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 8191, 8192, 8193, 100000};
  for (size_t i = 0; i < TG_COUNT(sizes); i++) {
    tg_buf_t content;
    make("file", sizes[i]);
    tg_buf_init_growing(&content, 100000);
    check_rc(tg_file_read(path_of("file"), &content), TG_OK);
    check_int(content.len, sizes[i]);
    for (size_t at = 0; at < content.len; at++) check_true(content.p[at] == (uint8_t) "abcdefg"[at % 7]);
    tg_buf_fini(&content);
  }
}

static void what_does_not_fit_is_an_error(void **state) {
  (void)state;
  uint8_t memory[100];
  tg_buf_t content;
  make("file", 101);
  tg_buf_init(&content, memory, sizeof memory);
  check_rc(tg_file_read(path_of("file"), &content), TG_E_TOO_LONG);
  make("file", 100);
  tg_buf_init(&content, memory, sizeof memory);
  check_rc(tg_file_read(path_of("file"), &content), TG_OK);
  check_rc(tg_file_read(path_of("file"), &content), TG_E_TOO_LONG); /* it appends */
}

/* The pipe has nobody at its other end; a device never ends. */
static void what_is_no_file_is_refused_at_once(void **state) {
  (void)state;
  char pipe[128];
  snprintf(pipe, sizeof pipe, "%s", path_of("pipe"));
  check_int(mkfifo(pipe, 0600), 0);
  const char *const names[] = {pipe, folder, "/dev/zero", "/dev/tty", "/dev/random"};
  uint64_t begin = tg_clock_mono_ms();
  for (size_t i = 0; i < TG_COUNT(names); i++) {
    tg_buf_t content;
    tg_buf_init_growing(&content, 1000);
    tg_rc_t rc = tg_file_read(names[i], &content);
    if (rc != TG_E_TYPE && !(rc == TG_E_IO && i == 3)) fail_msg("%s: %s", names[i], tg_rc_name(rc)); /* no terminal */
    check_int(content.len, 0);
    tg_buf_fini(&content);
  }
  check_true(tg_clock_mono_ms() - begin < 2000);
  assert_string_equal(tg_file_why(TG_E_TYPE), "not a file");
  unlink(pipe);
}

static void what_is_not_there_is_told_from_what_fails(void **state) {
  (void)state;
  tg_buf_t content;
  make("file", 1);
  tg_buf_init_growing(&content, 1000);
  check_rc(tg_file_read(path_of("none"), &content), TG_E_NOT_FOUND);
  check_rc(tg_file_read(path_of("file/none"), &content), TG_E_NOT_FOUND);
  char name[300];
  memset(name, 'x', sizeof name - 1);
  name[sizeof name - 1] = 0;
  check_rc(tg_file_read(name, &content), TG_E_IO);
  check_int(errno, ENAMETOOLONG);
  assert_string_equal(tg_file_why(TG_E_IO), tg_rc_text(TG_E_IO));
  tg_buf_fini(&content);
}

static void with_a_folder(void) {
  snprintf(folder, sizeof folder, "/tmp/tg-file-XXXXXX");
  assert_non_null(mkdtemp(folder));
}

static void a_folder_of_its_own_comes_and_goes(void **state) {
  with_a_folder();
  a_file_is_read_as_a_whole(state);
  what_does_not_fit_is_an_error(state);
  what_is_no_file_is_refused_at_once(state);
  what_is_not_there_is_told_from_what_fails(state);
  unlink(path_of("file"));
  check_int(rmdir(folder), 0);
}

CHECK_SUITE(a_folder_of_its_own_comes_and_goes)
