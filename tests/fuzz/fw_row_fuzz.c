/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of firmware updates: what can be read is written again to the same bytes. */

#include "core/firmware/fw_row.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t memory[TG_FW_ROW_MAX];
  tg_fw_row_t row;
  tg_buf_t out;
  if (tg_fw_row_decode(tg_slice(data, size), &row) != TG_OK) return 0;
  fuzz_require(row.ep[0] && strlen(row.ep) <= TG_FW_EP_MAX && (unsigned)row.state < TG_FW_STATE_COUNT);
  fuzz_require(row.sent <= row.total && strlen(row.cause) < sizeof row.cause);
  tg_buf_init(&out, memory, sizeof memory);
  tg_fw_row_encode(&row, &out);
  fuzz_require(out.rc == TG_OK && tg_slice_eq(tg_buf_slice(&out), tg_slice(data, size)));
  return 0;
}
