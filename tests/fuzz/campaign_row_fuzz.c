/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of campaigns and of their devices: what can be read is written again to the same bytes. */

#include "core/firmware/campaign_row.h"
#include "tests/fuzz/fuzz.h"

static void campaign(tg_slice_t bytes) {
  static uint8_t memory[8192];
  tg_campaign_row_t row;
  tg_buf_t out;
  if (tg_campaign_row_decode(bytes, &row) != TG_OK) return;
  fuzz_require(strlen(row.spec.name) <= TG_FW_NAME_MAX && row.spec.limit_count <= TG_CAMPAIGN_LIMITS_MAX);
  fuzz_require((unsigned)row.state < TG_CAMPAIGN_STATE_COUNT && (unsigned)row.spec.method < TG_FW_METHOD_COUNT);
  tg_buf_init(&out, memory, sizeof memory);
  tg_campaign_row_encode(&row, &out);
  fuzz_require(out.rc == TG_OK && tg_slice_eq(tg_buf_slice(&out), bytes));
}

static void device(tg_slice_t bytes) {
  uint8_t memory[32];
  tg_campaign_row_device_t row;
  tg_buf_t out;
  if (tg_campaign_row_decode_device(bytes, &row) != TG_OK) return;
  fuzz_require((unsigned)row.state < TG_CAMPAIGN_DEVICE_STATES);
  tg_buf_init(&out, memory, sizeof memory);
  tg_campaign_row_encode_device(&row, &out);
  fuzz_require(out.rc == TG_OK && tg_slice_eq(tg_buf_slice(&out), bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 4096) return 0;
  campaign(tg_slice(data, size));
  device(tg_slice(data, size));
  return 0;
}
