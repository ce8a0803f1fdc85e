/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_STORE_CUT_HARNESS_H
#define TG_TESTS_UNIT_STORE_CUT_HARNESS_H

/**
 * A file layer for SQLite that simulates power cuts. What was written since a file's last sync is kept apart; at the cut a random part of it
 * has reached the disk, whole writes or sectors of 512 bytes, some of them torn to garbage; then the process ends. For a child process
 * of a test: installed once, never taken away. Threads may share it.
 */

#include <stdint.h>

/** Exit code of a process whose power was cut. */
#define CUT_HARNESS_EXIT 99

/**
 * Becomes the file layer of every database that is opened from now on.
 * @param after  the cut comes before this many operations on the disk (write, truncate, sync, delete) are complete; from 1 on
 * @param seed   of what survives
 */
void cut_harness_install(uint64_t after, uint64_t seed);

#endif
