/* SPDX-License-Identifier: Apache-2.0 */
/* See cut_disk_harness.h. Leaf under cut_harness.c. */

#include "tests/unit/store/cut_disk_harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 16 };

/* A write that no sync followed yet; without bytes: a truncation to `at`. */
typedef struct op {
  struct op *next;
  size_t at, len;
  bool truncates;
  uint8_t bytes[];
} op_t;

struct cut_disk {
  char path[512];
  uint8_t *bytes;
  size_t len, cap;
  bool is_new;  /* its name is not on disk */
  bool deleted; /* and may come back, where its name is on disk */
  bool is_gone; /* of a cut: no such file is left */
  op_t *first, **last;
};

static struct {
  uint64_t random;
  bool is_off; /* there was a cut: the disks stay as they are */
  cut_disk_t files[FILES];
} disks;

/* A 64-bit xorshift*: the same everywhere from the same seed. */
static uint64_t next_random(void) {
  disks.random ^= disks.random >> 12;
  disks.random ^= disks.random << 25;
  disks.random ^= disks.random >> 27;
  return disks.random * 2685821657736338717U;
}

static bool chance(unsigned percent) {
  return next_random() % 100 < percent;
}

void cut_disk_die(const char *why) {
  (void)fprintf(stderr, "cut_harness: %s\n", why);
  _exit(98);
}

static void set_len(cut_disk_t *disk, size_t len) {
  if (len > disk->cap) {
    size_t cap = len * 2 + 4096;
    disk->bytes = realloc(disk->bytes, cap);
    if (!disk->bytes) cut_disk_die("no memory");
    disk->cap = cap;
  }
  if (len > disk->len) memset(disk->bytes + disk->len, 0, len - disk->len);
  disk->len = len;
}

/* Part of a write: all of it, or those of its sectors that are chosen. */
static void put(cut_disk_t *disk, const op_t *op, bool by_sectors) {
  for (size_t at = 0, len; at < op->len; at += len) {
    len = CUT_DISK_SECTOR - (op->at + at) % CUT_DISK_SECTOR;
    if (len > op->len - at) len = op->len - at;
    if (by_sectors && chance(50)) continue;
    if (op->at + at + len > disk->len) set_len(disk, op->at + at + len);
    memcpy(disk->bytes + op->at + at, op->bytes + at, len);
    if (by_sectors && chance(5)) memset(disk->bytes + op->at + at, (int)(next_random() & 0xFF), len);
  }
}

static void apply(cut_disk_t *disk, const op_t *op, bool by_sectors) {
  if (op->truncates) set_len(disk, op->at);
  else put(disk, op, by_sectors);
}

static void sync_disk(cut_disk_t *disk) {
  while (disk->first) {
    op_t *op = disk->first;
    disk->first = op->next;
    apply(disk, op, false);
    free(op);
  }
  disk->last = &disk->first;
}

/* SQLite's own layer syncs the folder with the first sync of a new journal or log (UNIXFILE_DIRSYNC): what was deleted before stays away. */
static void sync_folder(void) {
  for (size_t i = 0; i < FILES && *disks.files[i].path; i++) disks.files[i].is_new = disks.files[i].deleted;
}

/* How much of what was not synced survives: nothing, all, a random part of the writes, of their sectors. */
static void survive(cut_disk_t *disk) {
  unsigned way = (unsigned)(next_random() % 4);
  for (const op_t *op = disk->first; op; op = op->next) {
    if (way == 1 || (way > 1 && chance(60))) apply(disk, op, way == 3);
  }
}

static void write_back(const cut_disk_t *disk) {
  int fd = open(disk->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || (disk->len && write(fd, disk->bytes, disk->len) != (ssize_t)disk->len))
    cut_disk_die("cannot write what is left");
  (void)close(fd);
}

void cut_disk_lose(void) {
  for (size_t i = 0; i < FILES && *disks.files[i].path; i++) {
    cut_disk_t *disk = &disks.files[i];
    survive(disk);
    disk->is_gone = disk->deleted ? disk->is_new || chance(50) : disk->is_new && chance(50);
  }
  disks.is_off = true;
}

bool cut_disk_is_off(void) {
  return disks.is_off;
}

void cut_disk_leave_files(void) {
  for (size_t i = 0; i < FILES && *disks.files[i].path; i++) {
    cut_disk_t *disk = &disks.files[i];
    char shm[520];
    (void)snprintf(shm, sizeof shm, "%s-shm", disk->path);
    (void)unlink(shm);
    if (disk->is_gone) (void)unlink(disk->path);
    else write_back(disk);
  }
}

cut_disk_t *cut_disk_find(const char *path) {
  for (size_t i = 0; i < FILES; i++) {
    cut_disk_t *disk = &disks.files[i];
    if (*disk->path && strcmp(disk->path, path) == 0) return disk;
    if (*disk->path) continue;
    (void)snprintf(disk->path, sizeof disk->path, "%s", path);
    disk->last = &disk->first;
    FILE *file = fopen(path, "rb");
    struct stat st;
    if (!file) {
      disk->is_new = true;
      return disk;
    }
    if (fstat(fileno(file), &st) == 0) set_len(disk, (size_t)st.st_size);
    if (disk->len && fread(disk->bytes, 1, disk->len, file) != disk->len) cut_disk_die("cannot read what is there");
    (void)fclose(file);
    return disk;
  }
  cut_disk_die("too many files");
}

static void add_op(cut_disk_t *disk, const void *bytes, size_t len, size_t at, bool truncates) {
  if (disks.is_off) return;
  op_t *op = malloc(sizeof *op + len);
  if (!op) cut_disk_die("no memory");
  *op = (op_t){.at = at, .len = len, .truncates = truncates};
  if (len) memcpy(op->bytes, bytes, len);
  *disk->last = op;
  disk->last = &op->next;
}

void cut_disk_open(cut_disk_t *disk) {
  if (!disk->deleted || disks.is_off) return;
  disk->deleted = false;
  sync_disk(disk);
  set_len(disk, 0);
  disk->is_new = true;
}

void cut_disk_write(cut_disk_t *disk, const void *bytes, size_t len, size_t at) {
  add_op(disk, bytes, len, at, false);
}

void cut_disk_truncate(cut_disk_t *disk, size_t len) {
  add_op(disk, NULL, 0, len, true);
}

void cut_disk_sync(cut_disk_t *disk) {
  if (disks.is_off) return;
  sync_disk(disk);
  if (disk->is_new) sync_folder();
}

void cut_disk_delete(cut_disk_t *disk, bool syncs) {
  if (disks.is_off) return;
  disk->deleted = true;
  if (!syncs) return;
  sync_disk(disk); /* gone for good */
  set_len(disk, 0);
  disk->is_new = true;
}

static void forget_ops(cut_disk_t *disk) {
  while (disk->first) {
    op_t *op = disk->first;
    disk->first = op->next;
    free(op);
  }
  disk->last = &disk->first;
}

void cut_disk_power_on(void) {
  cut_disk_leave_files();
  for (size_t i = 0; i < FILES && *disks.files[i].path; i++) {
    cut_disk_t *disk = &disks.files[i];
    forget_ops(disk);
    if (disk->is_gone) set_len(disk, 0);
    disk->is_new = disk->is_gone;
    disk->deleted = disk->is_gone = false;
  }
  disks.is_off = false;
}

void cut_disk_begin_anew(void) {
  for (size_t i = 0; i < FILES && *disks.files[i].path; i++) {
    cut_disk_t *disk = &disks.files[i];
    forget_ops(disk);
    free(disk->bytes);
    (void)unlink(disk->path);
    *disk = (cut_disk_t){.path = ""};
  }
  disks.is_off = false;
}

void cut_disk_seed(uint64_t seed) {
  disks.random = seed * 2 + 1;
}
