/* SPDX-License-Identifier: Apache-2.0 */
/* The database file from nothing to ready; see store_file.h. Called once, before the writer thread runs. */

#include "core/store/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"

enum { PATH_MAX_LEN = 1024, APPLICATION_ID = 0x54676174, BUSY_MS = 2000 };

/* Migration i brings a database of version i to version i + 1. Never change one that was released; add the next. */
static const char *const migrations[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE row (bucket TEXT, key BLOB, value BLOB NOT NULL, PRIMARY KEY (bucket, key)) WITHOUT ROWID;"
    "CREATE TABLE outbox (seq INTEGER PRIMARY KEY, broker INTEGER NOT NULL, qos INTEGER NOT NULL, retain INTEGER NOT NULL,"
    " class INTEGER NOT NULL, time_ms INTEGER NOT NULL, topic BLOB NOT NULL, payload BLOB NOT NULL, props BLOB NOT NULL);"
    "INSERT INTO meta VALUES ('gateway', lower(hex(randomblob(8)))), ('next_seq', 1);"
    "PRAGMA application_id = 0x54676174;",
};

enum { VERSION = sizeof migrations / sizeof *migrations };

/* Makes every missing folder above @p path, for its owner only. */
static tg_rc_t make_folders(const char *path, tg_diag_t *diag) {
  char part[PATH_MAX_LEN];
  (void)snprintf(part, sizeof part, "%s", path);
  for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (mkdir(part, 0700) != 0 && errno != EEXIST) {
      tg_diag_set(diag, NULL, 0, "cannot make the folder %s: %s", part, strerror(errno));
      return TG_E_STORE;
    }
    *slash = '/';
  }
  return TG_OK;
}

/* One process at a time. The lock is a file of its own: closing another descriptor of the database would drop SQLite's locks. */
static tg_rc_t take_lock(const char *path, tg_diag_t *diag, int *fd) {
  char name[PATH_MAX_LEN + 8];
  (void)snprintf(name, sizeof name, "%s-lock", path);
  *fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (*fd < 0) {
    tg_diag_set(diag, NULL, 0, "cannot open %s: %s", name, strerror(errno));
    return TG_E_STORE;
  }
  if (flock(*fd, LOCK_EX | LOCK_NB) == 0) return TG_OK;
  tg_diag_set(diag, NULL, 0, "another process uses this store; stop it or choose another path");
  (void)close(*fd);
  *fd = -1;
  return TG_E_STATE;
}

/* Creates the file with the right mode before SQLite would, and makes its name durable. */
static tg_rc_t create(const char *path, tg_diag_t *diag) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    tg_diag_set(diag, NULL, 0, "cannot open: %s", strerror(errno));
    return TG_E_STORE;
  }
  (void)fchmod(fd, 0600);
  (void)close(fd);
  char folder[PATH_MAX_LEN];
  (void)snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  if (slash) slash[slash == folder] = '\0';
  fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return TG_OK;
  (void)fsync(fd);
  (void)close(fd);
  return TG_OK;
}

/* Runs a query of one number. @return an SQLite result */
static int number(sqlite3 *db, const char *sql, int64_t *value) {
  sqlite3_stmt *stmt = NULL;
  int result = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
  if (result == SQLITE_OK) {
    result = sqlite3_step(stmt);
    if (result == SQLITE_ROW) {
      *value = sqlite3_column_int64(stmt, 0);
      result = SQLITE_OK;
    } else if (result == SQLITE_DONE) {
      result = SQLITE_CORRUPT;
    }
  }
  (void)sqlite3_finalize(stmt);
  return result;
}

static int check(sqlite3 *db) {
  sqlite3_stmt *stmt = NULL;
  int result = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
  if (result == SQLITE_OK) result = sqlite3_step(stmt);
  if (result == SQLITE_ROW) {
    const unsigned char *said = sqlite3_column_text(stmt, 0);
    result = said && strcmp((const char *)said, "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
  }
  (void)sqlite3_finalize(stmt);
  return result;
}

static int migrate(sqlite3 *db, int64_t version) {
  int result = SQLITE_OK;
  for (; version < VERSION && result == SQLITE_OK; version++) {
    char set_version[64];
    (void)snprintf(set_version, sizeof set_version, "PRAGMA user_version = %d; COMMIT", (int)version + 1);
    result = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (result == SQLITE_OK) result = sqlite3_exec(db, migrations[version], NULL, NULL, NULL);
    if (result == SQLITE_OK) result = sqlite3_exec(db, set_version, NULL, NULL, NULL);
    if (result != SQLITE_OK) (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
  }
  return result;
}

static bool is_damage(int result) {
  return (result & 0xff) == SQLITE_CORRUPT || (result & 0xff) == SQLITE_NOTADB;
}

static const char pragmas[] = "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL;"
                              "PRAGMA wal_autocheckpoint = 0;" /* tg_store_db_tidy() does that */
                              "PRAGMA journal_size_limit = 33554432;"
                              "PRAGMA temp_store = MEMORY;"
                              "PRAGMA cache_size = -2048;"
                              "PRAGMA trusted_schema = OFF";

/* Opens once. @p result is SQLite's, for telling damage from the rest. */
static tg_rc_t open_once(const char *path, tg_diag_t *diag, sqlite3 **db, int *result) {
  /* In memory two threads share the connection; a file's connections have one each. */
  int threads = *path == ':' ? SQLITE_OPEN_FULLMUTEX : SQLITE_OPEN_NOMUTEX;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | threads;
  *result = sqlite3_open_v2(path, db, flags, NULL);
  if (*result == SQLITE_OK) *result = sqlite3_busy_timeout(*db, BUSY_MS);
  if (*result == SQLITE_OK) *result = sqlite3_exec(*db, pragmas, NULL, NULL, NULL);
  if (*result == SQLITE_OK) *result = check(*db);
  int64_t version = 0, application = 0, tables = 0;
  if (*result == SQLITE_OK) *result = number(*db, "PRAGMA user_version", &version);
  if (*result == SQLITE_OK) *result = number(*db, "PRAGMA application_id", &application);
  if (*result == SQLITE_OK) *result = number(*db, "SELECT count(*) FROM sqlite_schema", &tables);
  if (*result == SQLITE_OK && tables > 0 && application != APPLICATION_ID) {
    tg_diag_set(diag, NULL, 0, "is a database of another program; choose another path");
    return TG_E_STATE;
  }
  if (*result == SQLITE_OK && version > VERSION) {
    tg_diag_set(diag, NULL, 0,
                "was written by a newer version (schema %lld, this program knows %d); upgrade or choose another path",
                (long long)version, (int)VERSION);
    return TG_E_VERSION;
  }
  if (*result == SQLITE_OK) *result = migrate(*db, version);
  if (*result == SQLITE_OK) return TG_OK;
  tg_diag_set(diag, NULL, 0, "cannot open: %s", *db ? sqlite3_errmsg(*db) : sqlite3_errstr(*result));
  return TG_E_STORE;
}

/* Renames the database and what belongs to it; nothing is deleted. */
static tg_rc_t set_aside(const char *path, tg_diag_t *diag) {
  static const char *const suffixes[] = {"", "-wal", "-shm"};
  time_t now = (time_t)(tg_clock_wall_ms() / 1000);
  struct tm t;
  char date[32] = "undated";
  if (gmtime_r(&now, &t)) (void)strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &t);
  char base[PATH_MAX_LEN + 64];
  int length = snprintf(base, sizeof base, "%s.damaged-%s", path, date);
  for (int i = 2; access(base, F_OK) == 0 && i < 100; i++) {
    (void)snprintf(base + length, sizeof base - (size_t)length, ".%d", i);
  }
  for (size_t i = 0; i < TG_COUNT(suffixes); i++) {
    char from[PATH_MAX_LEN + 8], to[PATH_MAX_LEN + 80];
    (void)snprintf(from, sizeof from, "%s%s", path, suffixes[i]);
    (void)snprintf(to, sizeof to, "%s%s", base, suffixes[i]);
    if (rename(from, to) != 0 && errno != ENOENT) {
      tg_diag_set(diag, NULL, 0, "is damaged and cannot be set aside: %s", strerror(errno));
      return TG_E_STORE;
    }
  }
  tg_log("store", TG_LOG_ERROR, "damaged_database_set_aside path=%s as=%s", path, base);
  return TG_OK;
}

static tg_rc_t open_file(const char *path, tg_diag_t *diag, sqlite3 **db) {
  for (int attempt = 0;; attempt++) {
    int result = SQLITE_OK;
    tg_rc_t rc = create(path, diag);
    if (rc == TG_OK) rc = open_once(path, diag, db, &result);
    if (rc == TG_OK) return TG_OK;
    (void)sqlite3_close(*db);
    *db = NULL;
    if (!is_damage(result) || attempt > 0) return rc;
    rc = set_aside(path, diag);
    if (rc != TG_OK) return rc;
  }
}

tg_rc_t tg_store_file_open(const char *path, tg_diag_t *diag, tg_store_file_t *file) {
  *file = (tg_store_file_t){.lock_fd = -1};
  tg_rc_t rc;
  if (!path || !*path) {
    int result;
    rc = open_once(":memory:", diag, &file->db, &result);
  } else if (strlen(path) >= PATH_MAX_LEN) {
    tg_diag_set(diag, NULL, 0, "the path is too long");
    rc = TG_E_TOO_LONG;
  } else {
    tg_diag_set(diag, path, 0, "%s", "");
    rc = make_folders(path, diag);
    if (rc == TG_OK) rc = take_lock(path, diag, &file->lock_fd);
    if (rc == TG_OK) rc = open_file(path, diag, &file->db);
  }
  if (rc != TG_OK) tg_store_file_close(file);
  return rc;
}

void tg_store_file_close(tg_store_file_t *file) {
  (void)sqlite3_close(file->db);
  if (file->lock_fd >= 0) (void)close(file->lock_fd);
  *file = (tg_store_file_t){.lock_fd = -1};
}
