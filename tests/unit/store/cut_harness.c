/* SPDX-License-Identifier: Apache-2.0 */
/* See cut_harness.h. Beneath it files are real, so that locks and shared memory are SQLite's own; only their syncs are left out. What a disk would hold is in cut_disk_harness.c. */

#include "tests/unit/store/cut_harness.h"

#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>

#include "tests/unit/store/cut_disk_harness.h"

enum { TRACKED = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL };

typedef struct cut_file {
  sqlite3_file base;
  cut_disk_t *disk;
  sqlite3_file *real; /* lies behind this */
} cut_file_t;

static struct {
  sqlite3_vfs vfs, *real;
  sqlite3_io_methods methods;
  pthread_mutex_t lock;
  uint64_t left;
  bool goes_on; /* the process outlives the cut */
  bool lies;    /* syncs do nothing */
} cut;

static void cut_power(void) {
  cut_disk_lose();
  if (cut.goes_on) return;
  cut_disk_leave_files();
  _exit(CUT_HARNESS_EXIT);
}

/* With the lock, which it keeps: one operation more. */
static void count_down(void) {
  (void)pthread_mutex_lock(&cut.lock);
  if (!cut_disk_is_off() && --cut.left == 0) cut_power();
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
  if (result == SQLITE_OK) cut_disk_write(of(file)->disk, from, (size_t)len, (size_t)at);
  (void)pthread_mutex_unlock(&cut.lock);
  return result;
}

static int cut_truncate(sqlite3_file *file, sqlite3_int64 len) {
  count_down();
  int result = REAL(file)->pMethods->xTruncate(REAL(file), len);
  if (result == SQLITE_OK) cut_disk_truncate(of(file)->disk, (size_t)len);
  (void)pthread_mutex_unlock(&cut.lock);
  return result;
}

static int cut_sync(sqlite3_file *file, int flags) {
  (void)flags;
  count_down();
  if (!cut.lies) cut_disk_sync(of(file)->disk);
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
  return CUT_DISK_SECTOR;
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
  *mine = (cut_file_t){.disk = cut_disk_find(name), .real = (sqlite3_file *)(void *)(mine + 1)};
  cut_disk_open(mine->disk);
  (void)pthread_mutex_unlock(&cut.lock);
  int result = cut.real->xOpen(cut.real, name, mine->real, flags, out);
  if (mine->real->pMethods) mine->base.pMethods = &cut.methods;
  return result;
}

static int cut_delete(sqlite3_vfs *vfs, const char *name, int syncs) {
  (void)vfs;
  count_down();
  cut_disk_delete(cut_disk_find(name), syncs != 0);
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
  cut_disk_seed(seed);
  if (sqlite3_vfs_register(&cut.vfs, 1) != SQLITE_OK) cut_disk_die("cannot be installed");
}

void cut_harness_go_on(void) {
  cut.goes_on = true;
}

void cut_harness_cut_after(uint64_t after) {
  (void)pthread_mutex_lock(&cut.lock);
  cut.left = after;
  if (after == 0 && !cut_disk_is_off()) cut_power();
  (void)pthread_mutex_unlock(&cut.lock);
}

void cut_harness_lie(bool lies) {
  cut.lies = lies;
}

void cut_harness_power_on(void) {
  cut_disk_power_on();
  cut.left = UINT64_MAX;
}

void cut_harness_begin_anew(uint64_t seed) {
  cut_disk_begin_anew();
  cut_disk_seed(seed);
  cut.left = UINT64_MAX;
  cut.lies = false;
}
