/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the command journal: what can be read is written again to the same bytes. */

#include "core/device/journal_row.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static tg_record_t records[TG_JOURNAL_ROW_RECORDS_MAX];
  static uint8_t memory[1 << 20];
  tg_journal_row_t row;
  tg_buf_t out;
  if (size > sizeof memory || tg_journal_row_decode(tg_slice(data, size), records, &row) != TG_OK) return 0;
  fuzz_require(row.ep.len > 0 && row.ep.len <= TG_JOURNAL_ROW_EP_MAX && (unsigned)row.command.op < TG_OP_COUNT);
  tg_buf_init(&out, memory, sizeof memory);
  tg_journal_row_encode(&row, &out);
  fuzz_require(out.rc == TG_OK && tg_slice_eq(tg_buf_slice(&out), tg_slice(data, size)));
  return 0;
}
