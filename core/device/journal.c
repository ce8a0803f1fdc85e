/* SPDX-License-Identifier: Apache-2.0 */
/* The command journal's bucket in the store; which command has a row, and when, is decided by twin_durable.c. See journal.h. */

#include "core/device/journal.h"

#include "core/base/alloc.h"
#include "core/base/log.h"

#define BUCKET "command"
enum { KEY_LEN = 8, ROW_MAX = 1 << 20 };

static tg_slice_t key_of(uint64_t number, uint8_t key[KEY_LEN]) {
  for (int i = KEY_LEN - 1; i >= 0; i--, number >>= 8) key[i] = (uint8_t)(number & 0xFF);
  return tg_slice(key, KEY_LEN);
}

tg_rc_t tg_journal_put(tg_store_t *store, uint64_t number, const tg_journal_row_t *row) {
  uint8_t key[KEY_LEN];
  tg_buf_t bytes;
  tg_buf_init_growing(&bytes, ROW_MAX);
  tg_journal_row_encode(row, &bytes);
  tg_rc_t rc = bytes.rc;
  if (rc == TG_OK) rc = tg_store_put(store, BUCKET, key_of(number, key), tg_buf_slice(&bytes));
  tg_buf_fini(&bytes);
  return rc;
}

void tg_journal_del(tg_store_t *store, uint64_t number) {
  uint8_t key[KEY_LEN];
  tg_rc_t rc = tg_store_del(store, BUCKET, key_of(number, key));
  if (rc != TG_OK)
    tg_log("device", TG_LOG_ERROR, "command_not_removed row=%llu rc=%s", (unsigned long long)number, tg_rc_name(rc));
}

/* What reading hands from row to row. */
typedef struct reading {
  tg_journal_fn fn;
  void *ud;
  tg_record_t *records;
  tg_journal_found_t *found;
} reading_t;

static bool on_row(void *ud, tg_slice_t key, tg_slice_t value) {
  reading_t *reading = ud;
  tg_journal_row_t row = {0};
  uint64_t number = 0;
  for (size_t i = 0; key.len == KEY_LEN && i < KEY_LEN; i++) number = number << 8 | key.p[i];
  tg_rc_t rc = number ? tg_journal_row_decode(value, reading->records, &row) : TG_E_CORRUPT;
  if (rc == TG_OK) rc = reading->fn(reading->ud, number, &row);
  /* One at the very end of the numbers can't be ours: the next would begin anew. */
  if (number > reading->found->highest && number < UINT64_MAX / 2) reading->found->highest = number;
  reading->found->rows++;
  if (rc == TG_OK) return true;
  reading->found->left_out++;
  char ep[128];
  tg_log("device", TG_LOG_WARN, "command_not_restored row=%llu ep=%s rc=%s", (unsigned long long)number,
         tg_log_text(row.ep, ep, sizeof ep), tg_rc_name(rc));
  return true;
}

tg_rc_t tg_journal_each(tg_store_t *store, tg_journal_fn fn, void *ud, tg_journal_found_t *found) {
  *found = (tg_journal_found_t){0};
  reading_t reading = {.fn = fn, .ud = ud, .found = found};
  reading.records = tg_alloc_array(TG_JOURNAL_ROW_RECORDS_MAX, sizeof *reading.records);
  if (!reading.records) return TG_E_NOMEM;
  tg_rc_t rc = tg_store_each(store, BUCKET, on_row, &reading);
  tg_alloc_free(reading.records);
  return rc;
}
