/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of what a device has shown of when it listens: what can be read means the same when it is written and read again, whatever comes then. */

#include "core/device/twin_window.h"
#include "tests/fuzz/fuzz.h"

enum { CONFIGURED_MS = 93000 };

static void compare(const tg_twin_window_t *a, const tg_twin_window_t *b) {
  fuzz_require(a->longest_ms == b->longest_ms && a->shortest_ms == b->shortest_ms && a->found_ms == b->found_ms);
  fuzz_require(a->missed_ms == b->missed_ms && a->missed_at_ms == b->missed_at_ms && a->misses == b->misses);
}

/* What is shown later, from the bytes behind the row. */
static void live_on(tg_twin_window_t *window, tg_slice_t in) {
  int64_t wall_ms = INT64_C(1800000000000);
  while (in.len) {
    uint8_t what = fuzz_byte(&in);
    uint64_t silence_ms = (uint64_t)fuzz_u16(&in) << (what & 15);
    wall_ms += (int64_t)(what >> 5) * 40000000 * (what & 16 ? -1 : 1);
    if (what & 8) tg_twin_window_answered(window, silence_ms);
    else tg_twin_window_missed(window, silence_ms, wall_ms);
    uint32_t ms = tg_twin_window_ms(window, CONFIGURED_MS, wall_ms);
    fuzz_require(ms >= TG_TWIN_WINDOW_LEAST_MS && ms <= CONFIGURED_MS * TG_TWIN_WINDOW_GROWTH);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tg_slice_t in = tg_slice(data, size), row = fuzz_part(&in);
  uint8_t memory[TG_TWIN_WINDOW_ROW_MAX];
  tg_twin_window_t window, again;
  tg_buf_t out;
  if (tg_twin_window_decode(row, &window) != TG_OK) return 0;
  for (int turn = 0; turn < 2; turn++) {
    tg_buf_init(&out, memory, sizeof memory);
    tg_twin_window_encode(&window, &out);
    fuzz_require(out.rc == TG_OK && tg_twin_window_decode(tg_buf_slice(&out), &again) == TG_OK);
    if (turn == 0) compare(&window, &again);
    live_on(&window, in);
  }
  return 0;
}
