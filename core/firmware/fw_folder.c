/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: files of images; see fw_folder.h. Called by fw_image.c. */

#include "core/firmware/fw_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/crypto/sha256.h"
#include "core/firmware/fw_info.h"
#include "core/firmware/fw_name.h"

enum { CHUNK = 65536, INFO_MAX = 512, FILE_NAME_MAX = TG_FW_NAME_MAX + 16 };

static const char temporary[] = "new.tmp";

struct tg_fw_folder {
  int dir;
};

static tg_rc_t fail(tg_diag_t *diag, const char *what, const char *name) {
  tg_diag_set(diag, NULL, 0, "%s %s: %s", what, name, strerror(errno));
  return errno == ENOMEM ? TG_E_NOMEM : TG_E_IO;
}

static const char *file_name(const char *name, const char *suffix, char out[FILE_NAME_MAX]) {
  (void)snprintf(out, FILE_NAME_MAX, "%.*s%s", TG_FW_NAME_MAX, name, suffix);
  return out;
}

tg_rc_t tg_fw_folder_open(const char *path, tg_diag_t *diag, tg_fw_folder_t **out) {
  if (mkdir(path, 0700) != 0 && errno != EEXIST) return fail(diag, "can't make the folder of firmware images", path);
  int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return fail(diag, "can't open the folder of firmware images", path);
  tg_fw_folder_t *folder = tg_alloc_array(1, sizeof *folder);
  if (!folder) {
    (void)close(dir);
    return TG_E_NOMEM;
  }
  folder->dir = dir;
  *out = folder;
  return TG_OK;
}

void tg_fw_folder_close(tg_fw_folder_t *folder) {
  if (!folder) return;
  (void)close(folder->dir);
  tg_alloc_free(folder);
}

int tg_fw_folder_fd(const tg_fw_folder_t *folder, const char *name) {
  char file[FILE_NAME_MAX];
  return openat(folder->dir, file_name(name, ".img", file), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static tg_rc_t write_all(int fd, tg_slice_t bytes) {
  while (bytes.len) {
    ssize_t put = write(fd, bytes.p, bytes.len);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return TG_E_IO;
    bytes = tg_slice_from(bytes, (size_t)put);
  }
  return TG_OK;
}

static tg_rc_t copy_bytes(int from, int to, uint64_t size_max, tg_fw_image_t *image) {
  tg_sha256_t *digest = tg_sha256_new();
  uint8_t *chunk = tg_alloc(CHUNK);
  tg_rc_t rc = digest && chunk ? TG_OK : TG_E_NOMEM;
  image->size = 0;
  while (rc == TG_OK) {
    ssize_t got = read(from, chunk, CHUNK);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) rc = TG_E_IO;
    if (got <= 0) break;
    tg_slice_t bytes = tg_slice(chunk, (size_t)got);
    image->size += bytes.len;
    if (image->size > size_max) rc = TG_E_TOO_LONG;
    else rc = write_all(to, bytes);
    tg_sha256_put(digest, bytes);
  }
  if (rc == TG_OK) tg_sha256_end(digest, image->sha256);
  if (rc == TG_OK && fsync(to) != 0) rc = TG_E_IO;
  tg_sha256_free(digest);
  tg_alloc_free(chunk);
  return rc;
}

/* A FIFO or a device would hold the loop up. */
static int open_source(const char *file, tg_diag_t *diag) {
  struct stat found;
  int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 || fstat(fd, &found) != 0) {
    (void)fail(diag, "can't read", file);
    if (fd >= 0) (void)close(fd);
    return -1;
  }
  if (S_ISREG(found.st_mode)) return fd;
  tg_diag_set(diag, NULL, 0, "%s is no file", file);
  (void)close(fd);
  return -1;
}

tg_rc_t tg_fw_folder_copy(tg_fw_folder_t *folder, const char *file, uint64_t size_max, tg_fw_image_t *image,
                          tg_diag_t *diag) {
  int from = open_source(file, diag);
  if (from < 0) return TG_E_IO;
  int to = openat(folder->dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  tg_rc_t rc = to >= 0 ? copy_bytes(from, to, size_max, image) : TG_E_IO;
  if (rc == TG_E_IO) rc = fail(diag, "can't copy", file);
  if (rc == TG_OK && image->size == 0) rc = TG_E_ARG;
  if (rc == TG_E_ARG) tg_diag_set(diag, NULL, 0, "%s is empty", file);
  if (rc == TG_E_TOO_LONG)
    tg_diag_set(diag, NULL, 0, "%s is longer than firmware.image_max, %llu bytes", file, (unsigned long long)size_max);
  (void)close(from);
  if (to >= 0) (void)close(to);
  if (rc != TG_OK) tg_fw_folder_discard(folder);
  return rc;
}

void tg_fw_folder_discard(tg_fw_folder_t *folder) {
  (void)unlinkat(folder->dir, temporary, 0);
}

static tg_rc_t write_info(const tg_fw_folder_t *folder, const tg_fw_image_t *image) {
  uint8_t memory[INFO_MAX];
  char name[FILE_NAME_MAX];
  tg_buf_t text;
  tg_buf_init(&text, memory, sizeof memory);
  tg_fw_info_encode(image, &text);
  if (text.rc != TG_OK) return text.rc;
  int fd = openat(folder->dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return TG_E_IO;
  tg_rc_t rc = write_all(fd, tg_buf_slice(&text));
  if (rc == TG_OK && fsync(fd) != 0) rc = TG_E_IO;
  if (close(fd) != 0) rc = TG_E_IO;
  if (rc == TG_OK && renameat(folder->dir, temporary, folder->dir, file_name(image->name, ".info", name)) != 0)
    rc = TG_E_IO;
  if (rc == TG_OK && fsync(folder->dir) != 0) rc = TG_E_IO;
  return rc;
}

tg_rc_t tg_fw_folder_commit(tg_fw_folder_t *folder, const tg_fw_image_t *image, tg_diag_t *diag) {
  char name[FILE_NAME_MAX];
  tg_rc_t rc = TG_OK;
  if (renameat(folder->dir, temporary, folder->dir, file_name(image->name, ".img", name)) != 0) rc = TG_E_IO;
  if (rc == TG_OK) rc = write_info(folder, image);
  if (rc == TG_OK) return TG_OK;
  rc = fail(diag, "can't keep image", image->name);
  tg_fw_folder_discard(folder);
  tg_fw_folder_del(folder, image->name);
  return rc;
}

void tg_fw_folder_del(tg_fw_folder_t *folder, const char *name) {
  char file[FILE_NAME_MAX];
  (void)unlinkat(folder->dir, file_name(name, ".info", file), 0); /* first: without it there is no image */
  (void)unlinkat(folder->dir, file_name(name, ".img", file), 0);
}

static tg_rc_t read_info(const tg_fw_folder_t *folder, const char *name, char version[TG_FW_VERSION_MAX + 1],
                         tg_fw_image_t *image) {
  char file[FILE_NAME_MAX];
  uint8_t text[INFO_MAX];
  int fd = openat(folder->dir, file_name(name, ".info", file), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  ssize_t got = fd >= 0 ? read(fd, text, sizeof text) : -1;
  if (fd >= 0) (void)close(fd);
  return got < 0 ? TG_E_IO : tg_fw_info_decode(tg_slice(text, (size_t)got), version, image);
}

static bool is_whole(const tg_fw_folder_t *folder, const char *name, const tg_fw_image_t *image) {
  uint8_t digest[TG_FW_SHA256];
  uint64_t size = 0;
  int fd = tg_fw_folder_fd(folder, name);
  if (fd < 0) return false;
  tg_rc_t rc = tg_sha256_file(fd, digest, &size);
  (void)close(fd);
  return rc == TG_OK && size == image->size && memcmp(digest, image->sha256, sizeof digest) == 0;
}

/* Whatever is wrong with it, people may want to look: nothing is deleted. */
static void set_aside(const tg_fw_folder_t *folder, const char *name) {
  char from[FILE_NAME_MAX], to[FILE_NAME_MAX];
  tg_log("firmware", TG_LOG_ERROR, "image_damaged name=%s set_aside=%s", name, file_name(name, ".img.damaged", to));
  (void)renameat(folder->dir, file_name(name, ".img", from), folder->dir, to);
  (void)unlinkat(folder->dir, file_name(name, ".info", from), 0);
}

/* NAME of NAME.img; the folder may hold anything. */
static bool image_name(const char *file, char name[TG_FW_NAME_MAX + 1]) {
  size_t len = strlen(file);
  if (len < 5 || len - 4 > TG_FW_NAME_MAX || strcmp(file + len - 4, ".img") != 0) return false;
  memcpy(name, file, len - 4);
  name[len - 4] = '\0';
  return tg_fw_name_is_valid(tg_slice_str(name));
}

static tg_rc_t read_one(tg_fw_folder_t *folder, const char *name, tg_fw_folder_fn fn, void *ud) {
  char version[TG_FW_VERSION_MAX + 1], file[FILE_NAME_MAX];
  tg_fw_image_t image = {.name = name};
  if (faccessat(folder->dir, file_name(name, ".info", file), F_OK, 0) != 0) { /* stopped between the two renames */
    tg_log("firmware", TG_LOG_WARN, "image_half_made name=%s removed=yes", name);
    tg_fw_folder_del(folder, name);
    return TG_OK;
  }
  if (read_info(folder, name, version, &image) == TG_OK && is_whole(folder, name, &image))
    return fn(ud, tg_slice_str(name), &image);
  set_aside(folder, name);
  return TG_OK;
}

tg_rc_t tg_fw_folder_read(tg_fw_folder_t *folder, tg_fw_folder_fn fn, void *ud) {
  tg_fw_folder_discard(folder);
  int fd = openat(folder->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
  if (!dir) {
    if (fd >= 0) (void)close(fd);
    return TG_E_IO;
  }
  tg_rc_t rc = TG_OK;
  for (const struct dirent *entry; rc == TG_OK && (entry = readdir(dir));) {
    char name[TG_FW_NAME_MAX + 1];
    if (image_name(entry->d_name, name)) rc = read_one(folder, name, fn, ud);
  }
  (void)closedir(dir);
  return rc;
}
