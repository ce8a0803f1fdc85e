/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/store/store_test.c: rows, tickets and opening; mirrors core/store/store.c, store_queue.c and store_file.c. */

#include "core/store/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "tests/unit/store/store_suite.h"

static void check_value(store_harness_t *h, const char *bucket, const char *key, const char *want) {
  char memory[256];
  tg_buf_t value;
  tg_buf_init(&value, memory, sizeof memory);
  tg_rc_t rc = tg_store_get(h->store, bucket, tg_slice_str(key), &value);
  check_rc(rc, want ? TG_OK : TG_E_NOT_FOUND);
  if (want) check_slice(tg_buf_slice(&value), want);
}

static void put(store_harness_t *h, const char *bucket, const char *key, const char *value) {
  check_rc(tg_store_put(h->store, bucket, tg_slice_str(key), tg_slice_str(value)), TG_OK);
}

static void a_row_is_read_back_before_and_after_its_commit(void **state) {
  store_harness_t *h = *state;
  put(h, "reg", "ep1", "one");
  check_value(h, "reg", "ep1", "one");
  check_rc(store_harness_commit(h), TG_OK);
  check_value(h, "reg", "ep1", "one");
  put(h, "reg", "ep1", "two");
  check_value(h, "reg", "ep1", "two");
  check_value(h, "other", "ep1", NULL);
  check_rc(tg_store_del(h->store, "reg", tg_slice_str("ep1")), TG_OK);
  check_rc(tg_store_del(h->store, "reg", tg_slice_str("never there")), TG_OK);
  check_value(h, "reg", "ep1", NULL);
}

static void empty_keys_and_values_and_bytes_of_all_kinds_are_kept(void **state) {
  store_harness_t *h = *state;
  put(h, "b", "", "");
  check_value(h, "b", "", "");
  static const uint8_t key[] = {0, 1, 0xff, 0}, value[] = {0, 0xfe, 0};
  check_rc(tg_store_put(h->store, "b", tg_slice(key, sizeof key), tg_slice(value, sizeof value)), TG_OK);
  uint8_t memory[8];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  check_rc(tg_store_get(h->store, "b", tg_slice(key, sizeof key), &out), TG_OK);
  check_bytes(tg_buf_slice(&out), tg_slice(value, sizeof value));
  check_rc(tg_store_get(h->store, "b", tg_slice(key, 3), &out), TG_E_NOT_FOUND);
  tg_buf_init(&out, memory, 2);
  check_rc(tg_store_get(h->store, "b", tg_slice(key, sizeof key), &out), TG_E_TOO_LONG);
}

typedef struct list {
  tg_buf_t *out;
  size_t stop_after;
  size_t count;
  tg_store_t *store; /* deletes while it walks, if set */
} list_t;

static bool on_row(void *ud, tg_slice_t key, tg_slice_t value) {
  list_t *list = ud;
  tg_buf_put(list->out, key);
  tg_buf_put_u8(list->out, '=');
  tg_buf_put(list->out, value);
  tg_buf_put_u8(list->out, ' ');
  if (list->store) check_rc(tg_store_del(list->store, "reg", key), TG_OK);
  return ++list->count != list->stop_after;
}

static void rows_come_in_key_order_and_only_those_of_the_bucket(void **state) {
  store_harness_t *h = *state;
  char memory[128];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  put(h, "reg", "b", "2");
  put(h, "reg", "c", "3");
  put(h, "reg", "a", "1");
  put(h, "rex", "z", "9");
  list_t list = {.out = &out};
  check_rc(tg_store_each(h->store, "reg", on_row, &list), TG_OK);
  check_slice(tg_buf_slice(&out), "a=1 b=2 c=3 ");
  tg_buf_clear(&out);
  list = (list_t){.out = &out, .stop_after = 2};
  check_rc(tg_store_each(h->store, "reg", on_row, &list), TG_OK);
  check_slice(tg_buf_slice(&out), "a=1 b=2 ");
  list = (list_t){.out = &out, .store = h->store};
  check_rc(tg_store_each(h->store, "reg", on_row, &list), TG_OK);
  tg_buf_clear(&out);
  check_rc(tg_store_each(h->store, "reg", on_row, &list), TG_OK);
  check_int(out.len, 0);
}

static void rows_and_identity_survive_a_restart(void **state) {
  store_harness_t *h = *state;
  char gateway[17];
  check_int(strlen(tg_store_gateway_id(h->store)), 16);
  (void)snprintf(gateway, sizeof gateway, "%s", tg_store_gateway_id(h->store));
  put(h, "reg", "ep", "kept");
  store_harness_reopen(h); /* closing writes what is queued */
  check_value(h, "reg", "ep", "kept");
  assert_string_equal(tg_store_gateway_id(h->store), gateway);
}

static void the_last_of_many_writes_to_a_key_wins(void **state) {
  store_harness_t *h = *state;
  for (int i = 0; i < 500; i++) {
    char value[16];
    (void)snprintf(value, sizeof value, "%d", i);
    put(h, "reg", "ep", value);
    if (i % 3 == 0) check_rc(tg_store_del(h->store, "reg", tg_slice_str("ep")), TG_OK);
    if (i % 50 == 0) (void)tg_store_end_turn(h->store);
  }
  check_value(h, "reg", "ep", "499");
}

static void tickets_are_told_in_order_and_only_when_something_was_written(void **state) {
  store_harness_t *h = *state;
  uint64_t first = tg_store_ticket(h->store);
  check_false(tg_store_end_turn(h->store));
  assert_true(tg_store_ticket(h->store) == first); /* nothing was queued */
  put(h, "reg", "a", "1");
  check_false(tg_store_end_turn(h->store)); /* a row is no reason to wait */
  assert_true(tg_store_ticket(h->store) == first + 1);
  check_rc(store_harness_add(h, 1, true, "m", NULL), TG_OK);
  check_true(tg_store_end_turn(h->store));
  check_rc(store_harness_add(h, 1, false, "m", NULL), TG_OK);
  check_false(tg_store_end_turn(h->store)); /* queued in memory only */
  put(h, "reg", "a", "2");
  check_rc(store_harness_commit(h), TG_OK);
  assert_true(h->told == tg_store_ticket(h->store) - 1);
  check_int(h->failures, 0);
}

static void a_ticket_whose_writes_were_flushed_by_a_read_is_told_all_the_same(void **state) {
  store_harness_t *h = *state;
  put(h, "reg", "a", "1");
  check_value(h, "reg", "a", "1"); /* in the middle of the turn */
  uint64_t ticket = tg_store_ticket(h->store);
  for (int i = 0; i < 5; i++) tg_loop_turn(h->loop, 0);
  assert_true(h->told < ticket);
  check_rc(store_harness_commit(h), TG_OK);
  assert_true(h->told == ticket);
}

static void writes_during_a_commit_gather_in_one_group(void **state) {
  store_harness_t *h = *state;
  for (int i = 0; i < 2000; i++) {
    put(h, "reg", "k", "v");
    (void)tg_store_end_turn(h->store);
  }
  put(h, "reg", "k", "v");
  check_rc(store_harness_commit(h), TG_OK);
  tg_store_stats_t stats;
  tg_store_stats(h->store, &stats);
  check_int(stats.writes, 2001);
  check_true(stats.commits >= 1 && stats.commits < 1000);
}

static void a_group_waits_for_more_as_long_as_it_is_told_to(void **state) {
  store_harness_t *h = *state;
  store_harness_close(h);
  h->commit_max_ms = 30;
  check_rc(store_harness_open(h, NULL), TG_OK);
  uint64_t start = tg_loop_now(h->loop);
  for (int i = 0; i < 10; i++) {
    put(h, "reg", "k", "v");
    (void)tg_store_end_turn(h->store);
  }
  put(h, "reg", "k", "v");
  check_rc(store_harness_commit(h), TG_OK);
  check_true(tg_loop_now(h->loop) >= start + 30);
  tg_store_stats_t stats;
  tg_store_stats(h->store, &stats);
  check_int(stats.commits, 1);
}

static void too_much_in_the_queue_is_refused_until_it_is_written(void **state) {
  store_harness_t *h = *state;
  static uint8_t megabyte[1 << 20];
  tg_slice_t value = tg_slice(megabyte, sizeof megabyte);
  tg_rc_t rc = TG_OK;
  int put_in = 0;
  while (rc == TG_OK && put_in < 100) {
    rc = tg_store_put(h->store, "big", tg_slice(&put_in, sizeof put_in), value);
    put_in += rc == TG_OK;
  }
  check_rc(rc, TG_E_FULL);
  check_true(put_in >= 14 && put_in <= 16);
  check_rc(store_harness_commit(h), TG_OK);
  check_rc(tg_store_put(h->store, "big", tg_slice_str("x"), value), TG_OK);
  static uint8_t too_long[(16 << 20) + 1];
  check_rc(tg_store_put(h->store, "big", tg_slice_str("x"), tg_slice(too_long, sizeof too_long)), TG_E_TOO_LONG);
}

static void files_are_for_their_owner_only(void **state) {
  store_harness_t *h = *state;
  struct stat st;
  put(h, "reg", "a", "1");
  check_rc(store_harness_commit(h), TG_OK);
  assert_int_equal(stat(h->path, &st), 0);
  check_int(st.st_mode & 0777, 0600);
  char path[160];
  (void)snprintf(path, sizeof path, "%s-wal", h->path);
  assert_int_equal(stat(path, &st), 0);
  check_int(st.st_mode & 0777, 0600);
  (void)snprintf(path, sizeof path, "%s/data", h->dir);
  assert_int_equal(stat(path, &st), 0);
  check_int(st.st_mode & 0777, 0700);
}

static void a_second_opener_is_refused(void **state) {
  store_harness_t *h = *state;
  tg_store_t *second = NULL;
  tg_diag_t diag = {0};
  tg_store_config_t config = {.path = h->path};
  check_rc(tg_store_open(h->loop, &config, &diag, &second), TG_E_STATE);
  assert_null(second);
  assert_non_null(strstr(diag.message, "another process"));
  assert_string_equal(diag.file, h->path);
}

static void a_newer_schema_is_refused_and_left_alone(void **state) {
  store_harness_t *h = *state;
  put(h, "reg", "a", "1");
  store_harness_close(h);
  store_harness_sql(h, "PRAGMA user_version = 99");
  tg_diag_t diag = {0};
  check_rc(store_harness_open(h, &diag), TG_E_VERSION);
  assert_non_null(strstr(diag.message, "newer"));
  check_int(store_harness_files(h, "damaged"), 0);
  store_harness_sql(h, "PRAGMA user_version = 1");
  check_rc(store_harness_open(h, &diag), TG_OK);
  check_value(h, "reg", "a", "1");
}

static void the_database_of_another_program_is_refused(void **state) {
  store_harness_t *h = *state;
  store_harness_close(h);
  store_harness_sql(h, "PRAGMA application_id = 1234");
  tg_diag_t diag = {0};
  check_rc(store_harness_open(h, &diag), TG_E_STATE);
  assert_non_null(strstr(diag.message, "another program"));
}

static void overwrite(const store_harness_t *h, off_t at, size_t len) {
  int fd = open(h->path, O_RDWR);
  assert_true(fd >= 0);
  for (size_t i = 0; i < len; i++) assert_int_equal(pwrite(fd, "\xA5", 1, at + (off_t)i), 1);
  (void)close(fd);
}

static void silent(void *ud, tg_log_level_t level, const char *area, const char *line) {
  (void)area, (void)line;
  if (level == TG_LOG_ERROR) ++*(int *)ud;
}

/* Wherever the damage is: a new store begins, the old file is kept, the log says so once. */
static void a_damaged_file_is_set_aside_and_a_new_one_begun(void **state) {
  store_harness_t *h = *state;
  char gateway[17];
  (void)snprintf(gateway, sizeof gateway, "%s", tg_store_gateway_id(h->store));
  static const struct {
    off_t at;
    size_t len;
  } damages[] = {{0, 16}, {100, 3000}, {4096, 4096}};
  for (size_t i = 0; i < TG_COUNT(damages); i++) {
    for (int k = 0; k < 200; k++)
      put(h, "reg", (char[]){(char)('A' + k % 50), (char)('A' + k / 50), 0}, "some value to fill pages");
    store_harness_close(h);
    overwrite(h, damages[i].at, damages[i].len);
    int errors = 0;
    tg_log_setup(TG_LOG_INFO, silent, &errors);
    check_rc(store_harness_open(h, NULL), TG_OK);
    tg_log_setup(TG_LOG_INFO, NULL, NULL);
    check_int(errors, 1);
    check_value(h, "reg", "AA", NULL);
    assert_string_not_equal(tg_store_gateway_id(h->store), gateway);
  }
  check_true(store_harness_files(h, "damaged") >= TG_COUNT(damages));
}

static void an_empty_file_is_a_new_store(void **state) {
  store_harness_t *h = *state;
  store_harness_close(h);
  assert_int_equal(truncate(h->path, 0), 0);
  check_rc(store_harness_open(h, NULL), TG_OK);
  check_int(store_harness_files(h, "damaged"), 0);
  put(h, "reg", "a", "1");
  check_value(h, "reg", "a", "1");
}

static void a_path_that_cannot_be_made_is_named(void **state) {
  store_harness_t *h = *state;
  tg_store_t *store = NULL;
  tg_diag_t diag = {0};
  tg_store_config_t config = {.path = "/dev/null/store.db"};
  check_rc(tg_store_open(h->loop, &config, &diag, &store), TG_E_STORE);
  assert_string_equal(diag.file, "/dev/null/store.db");
  check_true(strlen(diag.message) > 10);
  tg_store_close(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FILE(a_row_is_read_back_before_and_after_its_commit),
      IN_MEMORY(a_row_is_read_back_before_and_after_its_commit),
      IN_FILE(empty_keys_and_values_and_bytes_of_all_kinds_are_kept),
      IN_FILE(rows_come_in_key_order_and_only_those_of_the_bucket),
      IN_MEMORY(rows_come_in_key_order_and_only_those_of_the_bucket),
      IN_FILE(rows_and_identity_survive_a_restart),
      IN_FILE(the_last_of_many_writes_to_a_key_wins),
      IN_FILE(tickets_are_told_in_order_and_only_when_something_was_written),
      IN_MEMORY(tickets_are_told_in_order_and_only_when_something_was_written),
      IN_FILE(a_ticket_whose_writes_were_flushed_by_a_read_is_told_all_the_same),
      IN_FILE(writes_during_a_commit_gather_in_one_group),
      IN_FILE(a_group_waits_for_more_as_long_as_it_is_told_to),
      IN_FILE(too_much_in_the_queue_is_refused_until_it_is_written),
      IN_FILE(files_are_for_their_owner_only),
      IN_FILE(a_second_opener_is_refused),
      IN_FILE(a_newer_schema_is_refused_and_left_alone),
      IN_FILE(the_database_of_another_program_is_refused),
      IN_FILE(a_damaged_file_is_set_aside_and_a_new_one_begun),
      IN_FILE(an_empty_file_is_a_new_store),
      IN_FILE(a_path_that_cannot_be_made_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
