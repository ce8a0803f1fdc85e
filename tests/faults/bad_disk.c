/* SPDX-License-Identifier: Apache-2.0 */
/* See bad_disk.h. The kernel is called by number, so that nothing has to be looked up while the program starts. */

#include "tests/faults/bad_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static struct {
  pthread_mutex_t lock;
  const char *folder, *control; /* NULL: not asked for */
  char line[128];               /* of the control file, as read last */
  unsigned kinds;
  int error;
  uint64_t skip, count, seen, failed;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void order(unsigned kinds, int error, uint64_t skip, uint64_t count) {
  disk.kinds = kinds;
  disk.error = error;
  disk.skip = skip;
  disk.count = count;
  disk.seen = disk.failed = 0;
}

void bad_disk_order(const char *folder, unsigned kinds, int error, uint64_t skip, uint64_t count) {
  (void)pthread_mutex_lock(&disk.lock);
  disk.folder = folder;
  order(kinds, error, skip, count);
  (void)pthread_mutex_unlock(&disk.lock);
}

static uint64_t look(const uint64_t *number) {
  (void)pthread_mutex_lock(&disk.lock);
  uint64_t is = *number;
  (void)pthread_mutex_unlock(&disk.lock);
  return is;
}

uint64_t bad_disk_seen(void) {
  return look(&disk.seen);
}

uint64_t bad_disk_failed(void) {
  return look(&disk.failed);
}

__attribute__((constructor)) static void begin(void) {
  disk.control = getenv("TG_BAD_DISK");
  if (disk.control) disk.folder = getenv("TG_BAD_DISK_FOLDER");
}

/* A new line is a new order. */
static void read_control(void) {
  char line[sizeof disk.line] = "";
  int fd = (int)syscall(SYS_openat, AT_FDCWD, disk.control, O_RDONLY | O_CLOEXEC, 0);
  if (fd >= 0) {
    (void)!syscall(SYS_read, fd, line, sizeof line - 1);
    (void)syscall(SYS_close, fd);
  }
  if (strcmp(line, disk.line) == 0) return;
  unsigned kinds = 0;
  int error = 0;
  unsigned long long skip = 0, count = 0;
  (void)sscanf(line, "%u %d %llu %llu", &kinds, &error, &skip, &count);
  order(kinds, error, skip, count);
  memcpy(disk.line, line, sizeof line);
}

static void note(unsigned kind, const char *path) {
  char name[PATH_MAX], text[PATH_MAX + 16];
  if (!disk.control) return;
  (void)snprintf(name, sizeof name, "%s.failed", disk.control);
  int len = snprintf(text, sizeof text, "%u %s\n", kind, path);
  int fd = (int)syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;
  (void)!syscall(SYS_write, fd, text, (size_t)len);
  (void)syscall(SYS_close, fd);
}

static bool is_below(const char *path) {
  char here[PATH_MAX];
  size_t len = strlen(disk.folder);
  if (*path != '/' && syscall(SYS_getcwd, here, sizeof here) > 0 && strncmp(here, disk.folder, len) == 0) return true;
  return strncmp(path, disk.folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* Whether an operation on @p path fails; errno says why. */
static bool fails(unsigned kind, const char *path) {
  if (!disk.folder || !is_below(path)) return false;
  (void)pthread_mutex_lock(&disk.lock);
  if (disk.control) read_control();
  bool is_bad = false;
  if (disk.kinds & kind) {
    uint64_t nth = disk.seen++;
    is_bad = nth >= disk.skip && nth - disk.skip < disk.count;
  }
  if (is_bad) {
    disk.failed++;
    note(kind, path);
    errno = disk.error;
  }
  (void)pthread_mutex_unlock(&disk.lock);
  return is_bad;
}

static bool fd_fails(unsigned kind, int fd) {
  char name[40], path[PATH_MAX];
  if (!disk.folder) return false;
  (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  long len = syscall(SYS_readlinkat, AT_FDCWD, name, path, sizeof path - 1);
  if (len <= 0) return false;
  path[len] = '\0';
  return fails(kind, path);
}

static int open_at(const char *path, int flags, va_list more) {
  int mode = flags & O_CREAT ? va_arg(more, int) : 0;
  if ((flags & O_ACCMODE) != O_RDONLY && fails(BAD_DISK_OPEN, path)) return -1;
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

EXPORT int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  int fd = open_at(path, flags, more);
  va_end(more);
  return fd;
}

EXPORT int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  int fd = open_at(path, flags, more);
  va_end(more);
  return fd;
}

EXPORT ssize_t pwrite64(int fd, const void *from, size_t len, off_t at) {
  return fd_fails(BAD_DISK_WRITE, fd) ? -1 : syscall(SYS_pwrite64, fd, from, len, at);
}

EXPORT ssize_t pwrite(int fd, const void *from, size_t len, off_t at) {
  return pwrite64(fd, from, len, at);
}

EXPORT ssize_t write(int fd, const void *from, size_t len) {
  return fd_fails(BAD_DISK_WRITE, fd) ? -1 : syscall(SYS_write, fd, from, len);
}

EXPORT int fdatasync(int fd) {
  return fd_fails(BAD_DISK_SYNC, fd) ? -1 : 0;
}

EXPORT int fsync(int fd) {
  return fd_fails(BAD_DISK_SYNC, fd) ? -1 : 0;
}

EXPORT int ftruncate64(int fd, off_t len) {
  return fd_fails(BAD_DISK_TRUNCATE, fd) ? -1 : (int)syscall(SYS_ftruncate, fd, len);
}

EXPORT int ftruncate(int fd, off_t len) {
  return ftruncate64(fd, len);
}

EXPORT int unlink(const char *path) {
  return fails(BAD_DISK_DELETE, path) ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
