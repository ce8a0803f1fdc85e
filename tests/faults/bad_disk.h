/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAULTS_BAD_DISK_H
#define TG_TESTS_FAULTS_BAD_DISK_H

/**
 * A disk that says no: the C library's functions by which SQLite and the product change files, in front of the kernel's, fail as they are
 * told for files below one folder. Two ways to use it:
 *   - linked into a test program, which calls bad_disk_order();
 *   - as tg-bad-disk.so with LD_PRELOAD. TG_BAD_DISK names a file of one line, `KINDS ERRNO SKIP COUNT`, that is read at each operation
 *     (empty: all is well), TG_BAD_DISK_FOLDER the folder. Each failure adds a line `KIND PATH` to TG_BAD_DISK with `.failed` behind it.
 * Syncs are not carried out: nobody cuts the power here.
 */

#include <stdint.h>

/** What an operation does; may be added up. */
enum {
  BAD_DISK_OPEN = 1,
  BAD_DISK_WRITE = 2,
  BAD_DISK_SYNC = 4,
  BAD_DISK_TRUNCATE = 8,
  BAD_DISK_DELETE = 16,
  BAD_DISK_ALL = 31
};

/**
 * From now on operations of @p kinds on files below @p folder (kept) fail with @p error, but for the first @p skip of them, and only @p count
 * of them; 0 of them: all is well, they are only counted. Opening counts where the file is opened for writing.
 */
void bad_disk_order(const char *folder, unsigned kinds, int error, uint64_t skip, uint64_t count);

/** How many operations there were of the kinds of the last order, and how many of these failed. */
uint64_t bad_disk_seen(void);

/** How many of these failed. */
uint64_t bad_disk_failed(void);

#endif
