/* SPDX-License-Identifier: Apache-2.0 */
/* SQL and nothing else; see store_db.h. */

#include "core/store/store_db.h"

#include <stdio.h>

#include "core/base/log.h"

static const char *const sql[TG_STORE_STMT_COUNT] = {
    [TG_STORE_STMT_BEGIN] = "BEGIN IMMEDIATE",
    [TG_STORE_STMT_COMMIT] = "COMMIT",
    [TG_STORE_STMT_ROLLBACK] = "ROLLBACK",
    [TG_STORE_STMT_PUT] = "INSERT INTO row VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value",
    [TG_STORE_STMT_DEL] = "DELETE FROM row WHERE bucket = ?1 AND key = ?2",
    [TG_STORE_STMT_ADD] = "INSERT OR REPLACE INTO outbox VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [TG_STORE_STMT_REMOVE] = "DELETE FROM outbox WHERE seq = ?1",
    [TG_STORE_STMT_RESERVE] = "UPDATE meta SET value = ?1 WHERE name = 'next_seq'",
    [TG_STORE_STMT_GET] = "SELECT value FROM row WHERE bucket = ?1 AND key = ?2",
    [TG_STORE_STMT_ENTRY] =
        "SELECT broker, qos, retain, class, time_ms, topic, payload, props FROM outbox WHERE seq = ?1",
};

enum { LOG_PAGES_MAX = 4000 };

static int bind(sqlite3_stmt *stmt, int at, tg_slice_t bytes) {
  return sqlite3_bind_blob64(stmt, at, bytes.p ? (const void *)bytes.p : "", bytes.len, SQLITE_STATIC);
}

static int bind_text(sqlite3_stmt *stmt, int at, tg_slice_t bytes) {
  return sqlite3_bind_text64(stmt, at, bytes.p ? (const char *)bytes.p : "", bytes.len, SQLITE_STATIC, SQLITE_UTF8);
}

static tg_slice_t column(sqlite3_stmt *stmt, int at) {
  const void *p = sqlite3_column_blob(stmt, at); /* before its length, as SQLite asks */
  return tg_slice(p, (size_t)sqlite3_column_bytes(stmt, at));
}

/* Steps a statement that gives no rows and makes it ready for the next use. @return an SQLite result */
static int run(sqlite3_stmt *stmt) {
  int result = sqlite3_step(stmt);
  int after = sqlite3_reset(stmt);
  return result == SQLITE_DONE ? SQLITE_OK : after;
}

static int open_reader(const char *path, tg_store_db_t *db) {
  if (!path || !*path) {
    db->reader = db->file.db;
    return SQLITE_OK;
  }
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX; /* a reader of a WAL writes its shared memory */
  int result = sqlite3_open_v2(path, &db->reader, flags, NULL);
  if (result == SQLITE_OK) result = sqlite3_busy_timeout(db->reader, 100);
  if (result == SQLITE_OK) result = sqlite3_exec(db->reader, "PRAGMA query_only = ON", NULL, NULL, NULL);
  return result;
}

static int prepare_all(tg_store_db_t *db) {
  int result = SQLITE_OK;
  for (int i = 0; i < TG_STORE_STMT_COUNT && result == SQLITE_OK; i++) {
    sqlite3 *connection = i < TG_STORE_STMT_GET ? db->file.db : db->reader;
    result = sqlite3_prepare_v3(connection, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &db->stmts[i], NULL);
  }
  return result;
}

/* Reads what is known once: the identity, and where sequence numbers go on. */
static int read_meta(tg_store_db_t *db) {
  sqlite3_stmt *stmt = NULL;
  static const char query[] = "SELECT (SELECT value FROM meta WHERE name = 'gateway'),"
                              " max((SELECT value FROM meta WHERE name = 'next_seq'),"
                              " (SELECT coalesce(max(seq), 0) + 1 FROM outbox))";
  int result = sqlite3_prepare_v2(db->reader, query, -1, &stmt, NULL);
  if (result == SQLITE_OK) result = sqlite3_step(stmt);
  if (result == SQLITE_ROW) {
    const unsigned char *gateway = sqlite3_column_text(stmt, 0);
    (void)snprintf(db->gateway, sizeof db->gateway, "%s", gateway ? (const char *)gateway : "");
    db->next_seq = (uint64_t)sqlite3_column_int64(stmt, 1);
    result = *db->gateway && db->next_seq ? SQLITE_OK : SQLITE_CORRUPT;
  }
  (void)sqlite3_finalize(stmt);
  return result;
}

/* Seam of SQLite: after each commit, with the size of the log. */
static int on_commit(void *ud, sqlite3 *connection, const char *name, int pages) {
  (void)connection, (void)name;
  tg_store_db_t *db = ud;
  db->log_pages = pages;
  return SQLITE_OK;
}

tg_rc_t tg_store_db_open(const char *path, tg_diag_t *diag, tg_store_db_t *db) {
  *db = (tg_store_db_t){0};
  tg_rc_t rc = tg_store_file_open(path, diag, &db->file);
  if (rc != TG_OK) return rc;
  int result = open_reader(path, db);
  if (result == SQLITE_OK) result = prepare_all(db);
  if (result == SQLITE_OK) result = read_meta(db);
  (void)sqlite3_wal_hook(db->file.db, on_commit, db);
  if (result == SQLITE_OK) return TG_OK;
  tg_diag_set(diag, NULL, 0, "cannot read: %s", sqlite3_errstr(result));
  tg_store_db_close(db);
  return TG_E_STORE;
}

void tg_store_db_close(tg_store_db_t *db) {
  for (int i = 0; i < TG_STORE_STMT_COUNT; i++) (void)sqlite3_finalize(db->stmts[i]);
  if (db->reader != db->file.db) (void)sqlite3_close(db->reader);
  tg_store_file_close(&db->file);
  *db = (tg_store_db_t){.file = {.lock_fd = -1}};
}

/* In WAL mode NORMAL leaves out the sync of each commit, nothing else: what is in the log stays in order. */
static int set_lazy(tg_store_db_t *db, bool lazy) {
  if (lazy == db->lazy) return SQLITE_OK;
  int result =
      sqlite3_exec(db->file.db, lazy ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", NULL, NULL, NULL);
  if (result == SQLITE_OK) db->lazy = lazy;
  return result;
}

tg_rc_t tg_store_db_begin(tg_store_db_t *db, bool lazy) {
  if (set_lazy(db, lazy) != SQLITE_OK) return TG_E_STORE;
  return run(db->stmts[TG_STORE_STMT_BEGIN]) == SQLITE_OK ? TG_OK : TG_E_STORE;
}

tg_rc_t tg_store_db_commit(tg_store_db_t *db) {
  if (run(db->stmts[TG_STORE_STMT_COMMIT]) == SQLITE_OK) return TG_OK;
  tg_store_db_rollback(db);
  return TG_E_STORE;
}

void tg_store_db_rollback(tg_store_db_t *db) {
  /* SQLite has rolled back by itself after some errors (FULL, IOERR, NOMEM). */
  if (!sqlite3_get_autocommit(db->file.db)) (void)run(db->stmts[TG_STORE_STMT_ROLLBACK]);
}

/* A passive one: it waits for nobody, and the next commit begins the log anew when all of it was copied. */
void tg_store_db_tidy(tg_store_db_t *db) {
  if (db->log_pages < LOG_PAGES_MAX) return;
  db->log_pages = 0;
  (void)sqlite3_wal_checkpoint_v2(db->file.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static sqlite3_stmt *bind_add(tg_store_db_t *db, const tg_store_op_t *op) {
  sqlite3_stmt *stmt = db->stmts[TG_STORE_STMT_ADD];
  tg_outbox_entry_t entry;
  tg_store_ops_entry_unpack(op->seq, op->value, &entry);
  (void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)op->seq);
  (void)sqlite3_bind_int64(stmt, 2, entry.broker);
  (void)sqlite3_bind_int(stmt, 3, entry.qos);
  (void)sqlite3_bind_int(stmt, 4, entry.retain);
  (void)sqlite3_bind_int(stmt, 5, entry.shed_class);
  (void)sqlite3_bind_int64(stmt, 6, entry.time_ms);
  (void)bind(stmt, 7, entry.topic);
  (void)bind(stmt, 8, entry.payload);
  (void)bind(stmt, 9, entry.props);
  return stmt;
}

static sqlite3_stmt *bind_op(tg_store_db_t *db, const tg_store_op_t *op) {
  sqlite3_stmt *stmt;
  switch (op->kind) {
  case TG_STORE_OP_PUT:
    stmt = db->stmts[TG_STORE_STMT_PUT];
    (void)bind_text(stmt, 1, op->bucket);
    (void)bind(stmt, 2, op->key);
    (void)bind(stmt, 3, op->value);
    return stmt;
  case TG_STORE_OP_DEL:
    stmt = db->stmts[TG_STORE_STMT_DEL];
    (void)bind_text(stmt, 1, op->bucket);
    (void)bind(stmt, 2, op->key);
    return stmt;
  case TG_STORE_OP_ADD: return bind_add(db, op);
  case TG_STORE_OP_REMOVE:
  case TG_STORE_OP_RESERVE: break;
  }
  stmt = db->stmts[op->kind == TG_STORE_OP_REMOVE ? TG_STORE_STMT_REMOVE : TG_STORE_STMT_RESERVE];
  (void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)op->seq);
  return stmt;
}

/* Errors that another attempt at the same write would meet again whatever the disk does. */
static bool is_hopeless(int result) {
  int primary = result & 0xff;
  return primary == SQLITE_CONSTRAINT || primary == SQLITE_TOOBIG || primary == SQLITE_MISMATCH;
}

tg_rc_t tg_store_db_apply(tg_store_db_t *db, const tg_store_op_t *op) {
  int result = run(bind_op(db, op));
  if (result == SQLITE_OK) return TG_OK;
  if (!is_hopeless(result)) return TG_E_STORE;
  tg_log("store", TG_LOG_ERROR, "write_left_out kind=%d reason=\"%s\"", (int)op->kind, sqlite3_errstr(result));
  return TG_OK;
}

tg_rc_t tg_store_db_get(tg_store_db_t *db, tg_slice_t bucket, tg_slice_t key, tg_buf_t *value) {
  sqlite3_stmt *stmt = db->stmts[TG_STORE_STMT_GET];
  (void)bind_text(stmt, 1, bucket);
  (void)bind(stmt, 2, key);
  int result = sqlite3_step(stmt);
  tg_rc_t rc = result == SQLITE_DONE ? TG_E_NOT_FOUND : TG_E_STORE;
  if (result == SQLITE_ROW) {
    tg_buf_put(value, column(stmt, 0));
    rc = value->rc;
  }
  (void)sqlite3_reset(stmt);
  return rc;
}

tg_rc_t tg_store_db_each(tg_store_db_t *db, tg_slice_t bucket, tg_store_row_fn fn, void *ud) {
  sqlite3_stmt *stmt = NULL; /* of its own: fn may read too */
  static const char query[] = "SELECT key, value FROM row WHERE bucket = ?1 ORDER BY key";
  int result = sqlite3_prepare_v2(db->reader, query, -1, &stmt, NULL);
  if (result == SQLITE_OK) result = bind_text(stmt, 1, bucket);
  if (result == SQLITE_OK) result = sqlite3_step(stmt);
  while (result == SQLITE_ROW && fn(ud, column(stmt, 0), column(stmt, 1))) result = sqlite3_step(stmt);
  (void)sqlite3_finalize(stmt);
  return result == SQLITE_ROW || result == SQLITE_DONE ? TG_OK : TG_E_STORE;
}

tg_rc_t tg_store_db_entry(tg_store_db_t *db, uint64_t seq, tg_outbox_fn fn, void *ud, bool *more) {
  sqlite3_stmt *stmt = db->stmts[TG_STORE_STMT_ENTRY];
  (void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)seq);
  int result = sqlite3_step(stmt);
  if (result == SQLITE_ROW) {
    tg_outbox_entry_t entry = {
        .seq = seq,
        .broker = (uint32_t)sqlite3_column_int64(stmt, 0),
        .qos = (uint8_t)sqlite3_column_int(stmt, 1),
        .retain = sqlite3_column_int(stmt, 2) != 0,
        .durable = true,
        .shed_class = (uint8_t)sqlite3_column_int(stmt, 3),
        .time_ms = sqlite3_column_int64(stmt, 4),
        .topic = column(stmt, 5),
        .payload = column(stmt, 6),
        .props = column(stmt, 7),
    };
    *more = fn(ud, &entry);
  }
  (void)sqlite3_reset(stmt);
  return result == SQLITE_ROW ? TG_OK : result == SQLITE_DONE ? TG_E_NOT_FOUND : TG_E_STORE;
}

tg_rc_t tg_store_db_load(tg_store_db_t *db, tg_store_db_load_fn fn, void *ud) {
  sqlite3_stmt *stmt = NULL;
  static const char query[] =
      "SELECT seq, broker, length(topic) + length(payload) + length(props) FROM outbox ORDER BY seq";
  int result = sqlite3_prepare_v2(db->reader, query, -1, &stmt, NULL);
  if (result == SQLITE_OK) result = sqlite3_step(stmt);
  tg_rc_t rc = TG_OK;
  while (result == SQLITE_ROW && rc == TG_OK) {
    rc = fn(ud, (uint64_t)sqlite3_column_int64(stmt, 0), (uint32_t)sqlite3_column_int64(stmt, 1),
            (uint32_t)sqlite3_column_int64(stmt, 2));
    result = sqlite3_step(stmt);
  }
  (void)sqlite3_finalize(stmt);
  if (rc != TG_OK) return rc;
  return result == SQLITE_DONE ? TG_OK : TG_E_STORE;
}
