/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_STORE_STORE_DB_H
#define TG_CORE_STORE_STORE_DB_H

/**
 * Private to core/store: prepared statements over two connections. The writing functions belong to the writer thread once it runs, the
 * reading ones to the loop's thread. In memory both share one connection.
 */

#include "core/store/store_file.h"
#include "core/store/store_ops.h"

typedef enum tg_store_stmt {
  TG_STORE_STMT_BEGIN,
  TG_STORE_STMT_COMMIT,
  TG_STORE_STMT_ROLLBACK,
  TG_STORE_STMT_PUT,
  TG_STORE_STMT_DEL,
  TG_STORE_STMT_ADD,
  TG_STORE_STMT_REMOVE,
  TG_STORE_STMT_RESERVE,
  TG_STORE_STMT_GET, /* from here on the reader's */
  TG_STORE_STMT_ENTRY,
  TG_STORE_STMT_COUNT
} tg_store_stmt_t;

/** An open database. */
typedef struct tg_store_db {
  tg_store_file_t file; /* the writer's connection */
  sqlite3 *reader;
  sqlite3_stmt *stmts[TG_STORE_STMT_COUNT];
  char gateway[17];
  uint64_t next_seq; /* as stored at opening, above every seq in the outbox */
  bool lazy;         /* how the writer's connection syncs now */
  int log_pages;     /* in the log after the last commit, what was copied from it included */
} tg_store_db_t;

/** Opens both connections. Errors of tg_store_file_open(). @p db stays where it is until it is closed. */
TG_MUST_CHECK tg_rc_t tg_store_db_open(const char *path, tg_diag_t *diag, tg_store_db_t *db);

/** Closes both. */
void tg_store_db_close(tg_store_db_t *db);

/** Begins a transaction; a @p lazy one outlives the process as others do, but not a power cut before the next that is not. TG_E_STORE. */
TG_MUST_CHECK tg_rc_t tg_store_db_begin(tg_store_db_t *db, bool lazy);

/** Carries out @p op. TG_E_STORE when the disk is full or failing; a write that can never succeed is logged and left out. */
TG_MUST_CHECK tg_rc_t tg_store_db_apply(tg_store_db_t *db, const tg_store_op_t *op);

/** Commits; TG_E_STORE after which nothing of the transaction is there. */
TG_MUST_CHECK tg_rc_t tg_store_db_commit(tg_store_db_t *db);

/** Undoes the transaction. */
void tg_store_db_rollback(tg_store_db_t *db);

/**
 * Copies what the log holds into the database when that is 16 MiB or more. To be called when whoever waited for the commit has been told: it writes
 * and syncs as much again, and after a crash the log may be full at the start. Fails silently: the next call tries again.
 */
void tg_store_db_tidy(tg_store_db_t *db);

/** Appends the value of a row. TG_E_NOT_FOUND, TG_E_STORE, errors of the buffer. */
TG_MUST_CHECK tg_rc_t tg_store_db_get(tg_store_db_t *db, tg_slice_t bucket, tg_slice_t key, tg_buf_t *value);

/** All rows of @p bucket in key order. TG_E_STORE. */
TG_MUST_CHECK tg_rc_t tg_store_db_each(tg_store_db_t *db, tg_slice_t bucket, tg_store_row_fn fn, void *ud);

/** Calls @p fn with one outbox message. @p more is what it returned. TG_E_NOT_FOUND, TG_E_STORE. */
TG_MUST_CHECK tg_rc_t tg_store_db_entry(tg_store_db_t *db, uint64_t seq, tg_outbox_fn fn, void *ud, bool *more);

/** Called with each message of the outbox, in order: its seq, broker and bytes. */
typedef tg_rc_t (*tg_store_db_load_fn)(void *ud, uint64_t seq, uint32_t broker, uint32_t size);

/** Walks the outbox without reading its messages. TG_E_STORE, or what @p fn returned. */
TG_MUST_CHECK tg_rc_t tg_store_db_load(tg_store_db_t *db, tg_store_db_load_fn fn, void *ud);

#endif
