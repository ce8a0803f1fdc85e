/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of core/device under twin_awake.c: see twin_window.h. The truth lies between the longest silence that was answered and the
 * shortest that was not; the middle is taken, so that every request tells more. A request may also be lost on the way: one miss is
 * none, and what was found to be short is tried anew after a day.
 */

#include "core/device/twin_window.h"

#include "core/registry/row.h"

enum { DAY_MS = 24 * 3600 * 1000, ROW_VERSION = 1 };

static uint32_t cut(uint64_t ms) {
  return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

static bool is_old(int64_t since_ms, int64_t wall_ms) {
  if (wall_ms < since_ms) return true;                     /* the clock was set back: who knows */
  return (uint64_t)wall_ms - (uint64_t)since_ms >= DAY_MS; /* a row may say anything: no sum of both is */
}

void tg_twin_window_answered(tg_twin_window_t *window, uint64_t silence_ms) {
  uint32_t silence = cut(silence_ms);
  if (silence > window->longest_ms) window->longest_ms = silence;
  if (window->misses && silence >= window->missed_ms) window->misses = 0;
  if (window->shortest_ms && silence >= window->shortest_ms) window->shortest_ms = 0;
}

void tg_twin_window_missed(tg_twin_window_t *window, uint64_t silence_ms, int64_t wall_ms) {
  uint32_t silence = cut(silence_ms);
  if (silence < TG_TWIN_WINDOW_LEAST_MS) return;
  if (window->misses == 0 || is_old(window->missed_at_ms, wall_ms)) {
    window->misses = 0;
    window->missed_ms = UINT32_MAX;
    window->missed_at_ms = wall_ms;
  }
  window->misses++;
  if (silence < window->missed_ms) window->missed_ms = silence;
  bool is_doubtful = window->missed_ms <= window->longest_ms;
  if (window->misses < (is_doubtful ? TG_TWIN_WINDOW_DOUBTS : TG_TWIN_WINDOW_MISSES)) return;
  if (is_doubtful) window->longest_ms = 0; /* it is not what it was */
  window->shortest_ms = window->missed_ms;
  window->found_ms = wall_ms;
  window->misses = 0;
}

uint32_t tg_twin_window_ms(const tg_twin_window_t *window, uint32_t configured_ms, int64_t wall_ms) {
  uint64_t most = (uint64_t)configured_ms * TG_TWIN_WINDOW_GROWTH;
  uint64_t listens = configured_ms;
  if (window->shortest_ms && !is_old(window->found_ms, wall_ms)) {
    listens = ((uint64_t)window->longest_ms + window->shortest_ms) / 2;
    if (listens < TG_TWIN_WINDOW_LEAST_MS) listens = TG_TWIN_WINDOW_LEAST_MS;
  } else if (window->longest_ms > listens) {
    listens = window->longest_ms;
  }
  return cut(listens < most ? listens : most);
}

void tg_twin_window_encode(const tg_twin_window_t *window, tg_buf_t *out) {
  tg_buf_put_u8(out, ROW_VERSION);
  tg_buf_put_be32(out, window->longest_ms);
  tg_buf_put_be32(out, window->shortest_ms);
  tg_buf_put_be(out, (uint64_t)window->found_ms, 8);
}

tg_rc_t tg_twin_window_decode(tg_slice_t bytes, tg_twin_window_t *window) {
  tg_row_t in = {.rest = bytes};
  *window = (tg_twin_window_t){0};
  bool is_ours = tg_row_get(&in, 1) == ROW_VERSION;
  window->longest_ms = (uint32_t)tg_row_get(&in, 4);
  window->shortest_ms = (uint32_t)tg_row_get(&in, 4);
  window->found_ms = (int64_t)tg_row_get(&in, 8);
  if (is_ours && !in.bad && in.rest.len == 0) return TG_OK;
  *window = (tg_twin_window_t){0};
  return TG_E_CORRUPT;
}
