/* SPDX-License-Identifier: Apache-2.0 */
/* See cut_harness.h. Beneath it files are real, so that locks and shared memory are SQLite's own; only their syncs are left out. */

#include "tests/unit/store/cut_harness.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 16, SECTOR = 512, TRACKED = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL };

/* A write that no sync followed yet; without bytes: a truncation to `at`. */
typedef struct op {
  struct op *next;
  size_t at, len;
  bool truncates;
  uint8_t bytes[];
} op_t;

/* A file as the disk has it. */
typedef struct disk {
  char path[512];
  uint8_t *bytes;
  size_t len, cap;
  bool is_new;  /* its name is not on disk */
  bool deleted; /* and may come back, where its name is on disk */
  bool is_gone; /* of a cut: no such file is left */
  op_t *first, **last;
} disk_t;

typedef struct cut_file {
  sqlite3_file base;
  disk_t *disk;
  sqlite3_file *real; /* lies behind this */
} cut_file_t;

static struct {
  sqlite3_vfs vfs, *real;
  sqlite3_io_methods methods;
  pthread_mutex_t lock;
  uint64_t left, random;
  bool goes_on; /* the process outlives the cut */
  bool lies;    /* syncs do nothing */
  bool is_off;  /* there was one: the disks stay as they are */
  disk_t disks[FILES];
} cut;

/* A 64-bit xorshift*: the same everywhere from the same seed. */
static uint64_t next_random(void) {
  cut.random ^= cut.random >> 12;
  cut.random ^= cut.random << 25;
  cut.random ^= cut.random >> 27;
  return cut.random * 2685821657736338717U;
}

static bool chance(unsigned percent) {
  return next_random() % 100 < percent;
}

static void die(const char *why) {
  (void)fprintf(stderr, "cut_harness: %s\n", why);
  _exit(98);
}

static void set_len(disk_t *disk, size_t len) {
  if (len > disk->cap) {
    size_t cap = len * 2 + 4096;
    disk->bytes = realloc(disk->bytes, cap);
    if (!disk->bytes) die("no memory");
    disk->cap = cap;
  }
  if (len > disk->len) memset(disk->bytes + disk->len, 0, len - disk->len);
  disk->len = len;
}

/* Part of a write: all of it, or those of its sectors that are chosen. */
static void put(disk_t *disk, const op_t *op, bool by_sectors) {
  for (size_t at = 0, len; at < op->len; at += len) {
    len = SECTOR - (op->at + at) % SECTOR;
    if (len > op->len - at) len = op->len - at;
    if (by_sectors && chance(50)) continue;
    if (op->at + at + len > disk->len) set_len(disk, op->at + at + len);
    memcpy(disk->bytes + op->at + at, op->bytes + at, len);
    if (by_sectors && chance(5)) memset(disk->bytes + op->at + at, (int)(next_random() & 0xFF), len);
  }
}

static void apply(disk_t *disk, const op_t *op, bool by_sectors) {
  if (op->truncates) set_len(disk, op->at);
  else put(disk, op, by_sectors);
}

static void sync_disk(disk_t *disk) {
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
  for (size_t i = 0; i < FILES && *cut.disks[i].path; i++) cut.disks[i].is_new = cut.disks[i].deleted;
}

/* How much of what was not synced survives: nothing, all, a random part of the writes, of their sectors. */
static void survive(disk_t *disk) {
  unsigned way = (unsigned)(next_random() % 4);
  for (const op_t *op = disk->first; op; op = op->next) {
    if (way == 1 || (way > 1 && chance(60))) apply(disk, op, way == 3);
  }
}

static void write_back(const disk_t *disk) {
  int fd = open(disk->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || (disk->len && write(fd, disk->bytes, disk->len) != (ssize_t)disk->len))
    die("cannot write what is left");
  (void)close(fd);
}

/* What is on the disks from now on. */
static void lose(void) {
  for (size_t i = 0; i < FILES && *cut.disks[i].path; i++) {
    disk_t *disk = &cut.disks[i];
    survive(disk);
    disk->is_gone = disk->deleted ? disk->is_new || chance(50) : disk->is_new && chance(50);
  }
}

static void leave_files(void) {
  for (size_t i = 0; i < FILES && *cut.disks[i].path; i++) {
    disk_t *disk = &cut.disks[i];
    char shm[520];
    (void)snprintf(shm, sizeof shm, "%s-shm", disk->path);
    (void)unlink(shm);
    if (disk->is_gone) (void)unlink(disk->path);
    else write_back(disk);
  }
}

static void cut_power(void) {
  lose();
  cut.is_off = true;
  if (cut.goes_on) return;
  leave_files();
  _exit(CUT_HARNESS_EXIT);
}

/* With the lock, which it keeps: one operation more. */
static void count_down(void) {
  (void)pthread_mutex_lock(&cut.lock);
  if (!cut.is_off && --cut.left == 0) cut_power();
}

static disk_t *find_disk(const char *path) {
  for (size_t i = 0; i < FILES; i++) {
    disk_t *disk = &cut.disks[i];
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
    if (disk->len && fread(disk->bytes, 1, disk->len, file) != disk->len) die("cannot read what is there");
    (void)fclose(file);
    return disk;
  }
  die("too many files");
  return NULL;
}

static void add_op(disk_t *disk, const void *bytes, size_t len, size_t at, bool truncates) {
  if (cut.is_off) return;
  op_t *op = malloc(sizeof *op + len);
  if (!op) die("no memory");
  *op = (op_t){.at = at, .len = len, .truncates = truncates};
  if (len) memcpy(op->bytes, bytes, len);
  *disk->last = op;
  disk->last = &op->next;
}

static cut_file_t *of(sqlite3_file *file) {
  return (cut_file_t *)(void *)file;
}

#define REAL(file) (of(file)->real)

static int cut_close(sqlite3_file *file) {
  return REAL(file)->pMethods->xClose(REAL(file));
}

static int cut_read(sqlite3_file *file, void *to, int len, sqlite3_int64 at) {
  return REAL(file)->pMethods->xRead(REAL(file), to, len, at);
}

static int cut_write(sqlite3_file *file, const void *from, int len, sqlite3_int64 at) {
  count_down();
  int result = REAL(file)->pMethods->xWrite(REAL(file), from, len, at);
  if (result == SQLITE_OK) add_op(of(file)->disk, from, (size_t)len, (size_t)at, false);
  (void)pthread_mutex_unlock(&cut.lock);
  return result;
}

static int cut_truncate(sqlite3_file *file, sqlite3_int64 len) {
  count_down();
  int result = REAL(file)->pMethods->xTruncate(REAL(file), len);
  if (result == SQLITE_OK) add_op(of(file)->disk, NULL, 0, (size_t)len, true);
  (void)pthread_mutex_unlock(&cut.lock);
  return result;
}

static int cut_sync(sqlite3_file *file, int flags) {
  (void)flags;
  count_down();
  bool is_done = !cut.is_off && !cut.lies;
  if (is_done) sync_disk(of(file)->disk);
  if (is_done && of(file)->disk->is_new) sync_folder();
  (void)pthread_mutex_unlock(&cut.lock);
  return SQLITE_OK;
}

static int cut_size(sqlite3_file *file, sqlite3_int64 *len) {
  return REAL(file)->pMethods->xFileSize(REAL(file), len);
}

static int cut_lock(sqlite3_file *file, int level) {
  return REAL(file)->pMethods->xLock(REAL(file), level);
}

static int cut_unlock(sqlite3_file *file, int level) {
  return REAL(file)->pMethods->xUnlock(REAL(file), level);
}

static int cut_reserved(sqlite3_file *file, int *is_reserved) {
  return REAL(file)->pMethods->xCheckReservedLock(REAL(file), is_reserved);
}

static int cut_control(sqlite3_file *file, int op, void *arg) {
  return REAL(file)->pMethods->xFileControl(REAL(file), op, arg);
}

static int cut_sector(sqlite3_file *file) {
  (void)file;
  return SECTOR;
}

static int cut_traits(sqlite3_file *file) {
  return REAL(file)->pMethods->xDeviceCharacteristics(REAL(file));
}

static int cut_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **to) {
  return REAL(file)->pMethods->xShmMap(REAL(file), page, size, extend, to);
}

static int cut_shm_lock(sqlite3_file *file, int at, int n, int flags) {
  return REAL(file)->pMethods->xShmLock(REAL(file), at, n, flags);
}

static void cut_shm_barrier(sqlite3_file *file) {
  REAL(file)->pMethods->xShmBarrier(REAL(file));
}

static int cut_shm_unmap(sqlite3_file *file, int deletes) {
  return REAL(file)->pMethods->xShmUnmap(REAL(file), deletes);
}

static int cut_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
  (void)vfs;
  if (!name || !(flags & TRACKED)) return cut.real->xOpen(cut.real, name, file, flags, out);
  cut_file_t *mine = of(file);
  (void)pthread_mutex_lock(&cut.lock);
  *mine = (cut_file_t){.disk = find_disk(name), .real = (sqlite3_file *)(void *)(mine + 1)};
  if (mine->disk->deleted && !cut.is_off) { /* a new file of that name */
    mine->disk->deleted = false;
    sync_disk(mine->disk);
    set_len(mine->disk, 0);
    mine->disk->is_new = true;
  }
  (void)pthread_mutex_unlock(&cut.lock);
  int result = cut.real->xOpen(cut.real, name, mine->real, flags, out);
  if (mine->real->pMethods) mine->base.pMethods = &cut.methods;
  return result;
}

static int cut_delete(sqlite3_vfs *vfs, const char *name, int syncs) {
  (void)vfs;
  count_down();
  disk_t *disk = find_disk(name);
  if (!cut.is_off) disk->deleted = true;
  if (syncs && !cut.is_off) { /* gone for good */
    sync_disk(disk);
    set_len(disk, 0);
    disk->is_new = true;
  }
  int result = cut.real->xDelete(cut.real, name, 0);
  (void)pthread_mutex_unlock(&cut.lock);
  return result;
}

void cut_harness_install(uint64_t after, uint64_t seed) {
  cut.real = sqlite3_vfs_find(NULL);
  cut.vfs = *cut.real;
  cut.vfs.zName = "cut";
  cut.vfs.szOsFile = (int)sizeof(cut_file_t) + cut.real->szOsFile;
  cut.vfs.xOpen = cut_open;
  cut.vfs.xDelete = cut_delete;
  cut.methods = (sqlite3_io_methods){2,          cut_close,   cut_read,     cut_write,       cut_truncate,  cut_sync,
                                     cut_size,   cut_lock,    cut_unlock,   cut_reserved,    cut_control,   cut_sector,
                                     cut_traits, cut_shm_map, cut_shm_lock, cut_shm_barrier, cut_shm_unmap, NULL,
                                     NULL};
  (void)pthread_mutex_init(&cut.lock, NULL);
  cut.left = after;
  cut.lies = false;
  cut.random = seed * 2 + 1;
  if (sqlite3_vfs_register(&cut.vfs, 1) != SQLITE_OK) die("cannot be installed");
}

void cut_harness_go_on(void) {
  cut.goes_on = true;
}

void cut_harness_cut_after(uint64_t after) {
  (void)pthread_mutex_lock(&cut.lock);
  cut.left = after;
  if (after == 0 && !cut.is_off) cut_power();
  (void)pthread_mutex_unlock(&cut.lock);
}

static void forget_ops(disk_t *disk) {
  while (disk->first) {
    op_t *op = disk->first;
    disk->first = op->next;
    free(op);
  }
  disk->last = &disk->first;
}

void cut_harness_lie(bool lies) {
  cut.lies = lies;
}

void cut_harness_power_on(void) {
  leave_files();
  for (size_t i = 0; i < FILES && *cut.disks[i].path; i++) {
    disk_t *disk = &cut.disks[i];
    forget_ops(disk);
    if (disk->is_gone) set_len(disk, 0);
    disk->is_new = disk->is_gone;
    disk->deleted = disk->is_gone = false;
  }
  cut.is_off = false;
  cut.left = UINT64_MAX;
}

void cut_harness_begin_anew(uint64_t seed) {
  for (size_t i = 0; i < FILES && *cut.disks[i].path; i++) {
    disk_t *disk = &cut.disks[i];
    forget_ops(disk);
    free(disk->bytes);
    (void)unlink(disk->path);
    *disk = (disk_t){.path = ""};
  }
  cut.is_off = false;
  cut.left = UINT64_MAX;
  cut.lies = false;
  cut.random = seed * 2 + 1;
}
