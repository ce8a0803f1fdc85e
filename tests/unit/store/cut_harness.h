/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_STORE_CUT_HARNESS_H
#define TG_TESTS_UNIT_STORE_CUT_HARNESS_H

/**
 * A file layer for SQLite that simulates power cuts. What was written since a file's last sync is kept apart; at the cut a random part of it
 * has reached the disk, whole writes or sectors of 512 bytes, some of them torn to garbage; then the process ends. For a child process
 * of a test: installed once, never taken away. Threads may share it. A simulation that outlives its cuts says so with cut_harness_go_on().
 */

#include <stdbool.h>
#include <stdint.h>

/** Exit code of a process whose power was cut. */
#define CUT_HARNESS_EXIT 99

/**
 * Becomes the file layer of every database that is opened from now on.
 * @param after  the cut comes before this many operations on the disk (write, truncate, sync, delete) are complete; from 1 on
 * @param seed   of what survives
 */
void cut_harness_install(uint64_t after, uint64_t seed);

/** From now on the process goes on after a cut: what is on disk stays as the cut left it, while the files themselves still take what is written, so that databases can be closed. */
void cut_harness_go_on(void);

/** The next cut comes before @p after operations are complete; 0: now. */
void cut_harness_cut_after(uint64_t after);

/** Whether syncs from now on only say that they were done. */
void cut_harness_lie(bool lies);

/** Once all databases are closed: the files are what the cut left on disk, and no cut is due. */
void cut_harness_power_on(void);

/** Once all databases are closed: removes all files, forgets what it knew, and takes another seed. */
void cut_harness_begin_anew(uint64_t seed);

#endif
