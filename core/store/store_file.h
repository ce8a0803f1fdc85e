/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_STORE_STORE_FILE_H
#define TG_CORE_STORE_STORE_FILE_H

/** Private to core/store: the database file: its folder and lock, its check, setting a damaged one aside, its schema and migrations. */

#include <sqlite3.h>

#include "core/store/store.h"

/** An open database file. */
typedef struct tg_store_file {
  sqlite3 *db;
  int lock_fd; /* -1: in memory */
} tg_store_file_t;

/** Opens, checks and migrates the database at @p path (NULL or "": in memory). TG_E_STATE when another process has it, TG_E_VERSION, TG_E_STORE, each with @p diag. */
TG_MUST_CHECK tg_rc_t tg_store_file_open(const char *path, tg_diag_t *diag, tg_store_file_t *file);

/** Closes it and gives up the lock. */
void tg_store_file_close(tg_store_file_t *file);

#endif
