/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_STORE_CUT_DISK_HARNESS_H
#define TG_TESTS_UNIT_STORE_CUT_DISK_HARNESS_H

/**
 * The disks beneath cut_harness.h: of each file what has been synced and what has only been written, and what of both is left when the power
 * goes. Knows nothing of SQLite, and when the cut comes is not its business. One at a time: whoever calls holds a lock. What goes wrong
 * here ends the process.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"

enum { CUT_DISK_SECTOR = 512 };

/** A file as the disk has it. */
typedef struct cut_disk cut_disk_t;

/** Says why on stderr and ends the process. */
TG_NORETURN void cut_disk_die(const char *why);

/** The file of that name, with the bytes that it has when it is first asked for. Lent until cut_disk_begin_anew(). */
cut_disk_t *cut_disk_find(const char *path);

/** The file is opened: if it was deleted it is a new one of the same name. */
void cut_disk_open(cut_disk_t *disk);

/** Writes @p len bytes at offset @p at; not on disk before the next sync. */
void cut_disk_write(cut_disk_t *disk, const void *bytes, size_t len, size_t at);

/** Makes it @p len bytes long; not on disk before the next sync. */
void cut_disk_truncate(cut_disk_t *disk, size_t len);

/** What was written is on disk now; with a new file also the names of all. */
void cut_disk_sync(cut_disk_t *disk);

/** Takes its name away; unless @p syncs it may come back after a cut. */
void cut_disk_delete(cut_disk_t *disk, bool syncs);

/** The power goes: chance says what of the unsynced is left. Disks stay as they are until cut_disk_power_on() or cut_disk_begin_anew(). */
void cut_disk_lose(void);

/** Whether the power has gone. */
bool cut_disk_is_off(void);

/** Writes what is on the disks into the real files, and removes those of which no name is left. */
void cut_disk_leave_files(void);

/** Writes the files as cut_disk_leave_files() does; they are what is on the disks from now on. */
void cut_disk_power_on(void);

/** Removes all files and forgets them; the power is on. */
void cut_disk_begin_anew(void);

/** What survives comes from this @p seed from now on. */
void cut_disk_seed(uint64_t seed);

#endif
