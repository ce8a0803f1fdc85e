/* SPDX-License-Identifier: Apache-2.0 */
/* See store_harness.h. */

#include "tests/unit/store/store_harness.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/unit/check.h"

enum { DEADLINE_MS = 20000 };

static void on_commit(void *ud, uint64_t ticket, tg_rc_t rc) {
  store_harness_t *h = ud;
  assert_true(ticket > h->told);
  h->told = ticket;
  h->told_rc = rc;
  h->failures += rc != TG_OK;
}

void store_harness_init(store_harness_t *h, bool in_memory) {
  *h = (store_harness_t){0};
  const char *tmp = getenv("TMPDIR");
  (void)snprintf(h->dir, sizeof h->dir, "%.40s/store_test.XXXXXX", tmp ? tmp : "/tmp");
  assert_non_null(mkdtemp(h->dir));
  if (!in_memory) (void)snprintf(h->path, sizeof h->path, "%s/data/store.db", h->dir);
  h->loop = tg_loop_new();
  assert_non_null(h->loop);
}

static void each_file(const char *folder, void (*fn)(const char *path, void *ud), void *ud) {
  DIR *dir = opendir(folder);
  if (!dir) return;
  for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (entry->d_name[0] != '.') fn(path, ud);
  }
  (void)closedir(dir);
}

static void remove_file(const char *path, void *ud) {
  (void)ud;
  (void)unlink(path);
}

void store_harness_fini(store_harness_t *h) {
  store_harness_close(h);
  tg_loop_free(h->loop);
  char data[96];
  (void)snprintf(data, sizeof data, "%s/data", h->dir);
  each_file(data, remove_file, NULL);
  (void)rmdir(data);
  (void)rmdir(h->dir);
}

static void on_gap(void *ud, const tg_store_gap_t *gap) {
  store_harness_t *h = ud;
  h->gaps++;
  h->gap = *gap;
}

tg_rc_t store_harness_open(store_harness_t *h, tg_diag_t *diag) {
  tg_store_config_t config = {
      .path = h->path,
      .outbox_max = h->outbox_max,
      .commit_max_ms = h->commit_max_ms,
      .outbox_max_age_ms = h->outbox_max_age_ms,
      .on_commit = on_commit,
      .on_gap = on_gap,
      .ud = h,
  };
  h->told = 0;
  return tg_store_open(h->loop, &config, diag, &h->store);
}

void store_harness_close(store_harness_t *h) {
  tg_store_close(h->store);
  h->store = NULL;
}

void store_harness_reopen(store_harness_t *h) {
  store_harness_close(h);
  tg_diag_t diag = {0};
  tg_rc_t rc = store_harness_open(h, &diag);
  if (rc != TG_OK) fail_msg("%s: %s", tg_rc_name(rc), diag.message);
}

tg_rc_t store_harness_commit(store_harness_t *h) {
  uint64_t ticket = tg_store_ticket(h->store);
  uint64_t end = tg_clock_mono_ms() + DEADLINE_MS;
  (void)tg_store_end_turn(h->store);
  while (h->told < ticket) {
    assert_true(tg_clock_mono_ms() < end);
    tg_loop_turn(h->loop, 50);
    (void)tg_store_end_turn(h->store);
  }
  return h->told_rc;
}

tg_rc_t store_harness_add(store_harness_t *h, uint32_t broker, bool durable, const char *text, uint64_t *seq) {
  tg_outbox_entry_t entry = {
      .seq = tg_store_outbox_next_seq(h->store),
      .broker = broker,
      .qos = 1,
      .durable = durable,
      .shed_class = h->shed_class,
      .time_ms = 1785000000000,
      .topic = tg_slice_str("t"),
      .payload = tg_slice_str(text),
  };
  if (seq) *seq = entry.seq;
  return tg_store_outbox_add(h->store, &entry);
}

typedef struct reading {
  tg_buf_t *out;
  size_t count;
  uint64_t last;
} reading_t;

static bool on_entry(void *ud, const tg_outbox_entry_t *entry) {
  reading_t *reading = ud;
  assert_true(entry->seq > reading->last);
  reading->last = entry->seq;
  if (reading->count++) tg_buf_put_u8(reading->out, ' ');
  tg_buf_put(reading->out, entry->payload);
  return true;
}

size_t store_harness_read(store_harness_t *h, uint32_t broker, uint64_t after, tg_buf_t *out) {
  reading_t reading = {.out = out, .last = after};
  tg_buf_clear(out);
  tg_outbox_read_t read = {.broker = broker, .after = after, .max = SIZE_MAX};
  check_rc(tg_store_outbox_read(h->store, &read, on_entry, &reading), TG_OK);
  return reading.count;
}

void store_harness_sql(const store_harness_t *h, const char *sql) {
  sqlite3 *db = NULL;
  assert_int_equal(sqlite3_open(h->path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

typedef struct counting {
  const char *part;
  size_t count;
} counting_t;

static void count_file(const char *path, void *ud) {
  counting_t *counting = ud;
  const char *name = strrchr(path, '/');
  if (name && strstr(name, counting->part)) counting->count++;
}

size_t store_harness_files(const store_harness_t *h, const char *part) {
  char data[96];
  (void)snprintf(data, sizeof data, "%s/data", h->dir);
  counting_t counting = {part, 0};
  each_file(data, count_file, &counting);
  return counting.count;
}
