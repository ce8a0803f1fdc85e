/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/device/twin_window.c: what a device shows by answering or not makes its window longer or shorter. */

#include "core/device/twin_window.h"
#include "tests/unit/check.h"

enum { CONFIGURED = 93000, HOUR = 3600 * 1000, DAY = 24 * HOUR };
#define NOW INT64_C(1795764086498)

/* What happened, in the order in which it did: silence in milliseconds, an answer or none, hours since the one before. */
typedef struct happened {
  uint32_t silence_ms;
  bool answered;
  unsigned hours;
} happened_t;

#define HIT(silence_ms)                                                                                                \
  { (silence_ms), true, 0 }
#define MISS(silence_ms)                                                                                               \
  { (silence_ms), false, 0 }

enum { MOST = 8 };

static uint32_t length_after(const happened_t *list, tg_twin_window_t *window, int64_t *now) {
  *window = (tg_twin_window_t){0};
  *now = NOW;
  for (size_t i = 0; i < MOST && list[i].silence_ms; i++) {
    *now += (int64_t)list[i].hours * HOUR;
    if (list[i].answered) tg_twin_window_answered(window, list[i].silence_ms);
    else tg_twin_window_missed(window, list[i].silence_ms, *now);
  }
  return tg_twin_window_ms(window, CONFIGURED, *now);
}

static void the_window_follows_what_the_device_shows(void **state) {
  (void)state;
  static const struct {
    const char *what;
    happened_t list[MOST];
    uint32_t want_ms;
  } rows[] = {
      {"nothing yet", {HIT(0)}, CONFIGURED},
      {"one miss is none: it may have been lost", {MISS(30000)}, CONFIGURED},
      {"two are: half of the shorter one", {MISS(30000), MISS(20000)}, 10000},
      {"the middle between answered and not", {HIT(8000), MISS(30000), MISS(20000)}, 14000},
      {"an answer in between says nothing of longer silence", {MISS(30000), HIT(5000), MISS(20000)}, 12500},
      {"one after as long a silence does", {MISS(30000), HIT(40000), MISS(50000)}, CONFIGURED},
      {"nearer with each answer", {MISS(30000), MISS(20000), HIT(9000), HIT(12000)}, 16000},
      {"never under two seconds", {MISS(2500), MISS(2100)}, 2000},
      {"what is lost at once is lost on the way", {MISS(100), MISS(1999), MISS(1), MISS(50)}, CONFIGURED},
      {"it was wrong: it answers after that silence", {MISS(30000), MISS(20000), HIT(20000)}, CONFIGURED},
      {"it listens longer than configured", {HIT(120000)}, 120000},
      {"four times as long is the most", {HIT(900000)}, 4 * CONFIGURED},
      {"it did before: two misses are not enough", {HIT(60000), MISS(30000), MISS(30000)}, CONFIGURED},
      {"three are: it is not what it was", {HIT(60000), MISS(30000), MISS(30000), MISS(31000)}, 15000},
      {"misses of different days are chance", {MISS(30000), {20000, false, 24}}, CONFIGURED},
      {"of the same day not", {MISS(30000), {20000, false, 23}}, 10000},
      {"a silence without end is bounded", {MISS(UINT32_MAX), MISS(UINT32_MAX)}, 4 * CONFIGURED},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_twin_window_t window;
    int64_t now;
    uint32_t got = length_after(rows[i].list, &window, &now);
    if (got != rows[i].want_ms) fail_msg("%s: got %u, wanted %u", rows[i].what, got, rows[i].want_ms);
  }
}

static void what_was_found_to_be_short_is_tried_anew_after_a_day(void **state) {
  (void)state;
  static const happened_t misses[MOST] = {MISS(30000), MISS(20000)};
  tg_twin_window_t window;
  int64_t now;
  check_int(length_after(misses, &window, &now), 10000);
  check_int(tg_twin_window_ms(&window, CONFIGURED, now + DAY - 1), 10000);
  check_int(tg_twin_window_ms(&window, CONFIGURED, now + DAY), CONFIGURED);
  check_int(tg_twin_window_ms(&window, CONFIGURED, now - 1), CONFIGURED); /* the clock was set back */
}

static void a_device_that_sleeps_after_ten_seconds_is_found_out(void **state) {
  (void)state;
  tg_twin_window_t window = {0};
  unsigned missed = 0;
  uint32_t listens = CONFIGURED, seed = 7;
  for (unsigned i = 0; i < 500; i++) { /* commands come at any time while it is taken to listen */
    seed = seed * 1103515245 + 12345;
    uint32_t silence = (seed >> 8) % listens;
    bool answers = silence < 10000;
    if (answers) tg_twin_window_answered(&window, silence);
    else tg_twin_window_missed(&window, silence, NOW);
    if (!answers) missed++;
    listens = tg_twin_window_ms(&window, CONFIGURED, NOW);
  }
  assert_in_range(listens, 9000, 11000);
  assert_in_range(missed, 2, 16);
}

static void a_row_from_before_all_time_is_old(void **state) {
  (void)state;
  static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, -DAY, 0, INT64_MAX};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    tg_twin_window_t window = {.longest_ms = 2000, .shortest_ms = 4000, .found_ms = times[i], .missed_at_ms = times[i]};
    check_int(tg_twin_window_ms(&window, CONFIGURED, NOW), CONFIGURED);
    window.misses = 1;
    tg_twin_window_missed(&window, 9000, NOW);
    check_int(window.misses, 1); /* counted anew */
  }
}

static void a_row_comes_back_as_it_was_and_no_other_does(void **state) {
  (void)state;
  uint8_t memory[TG_TWIN_WINDOW_ROW_MAX];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  const tg_twin_window_t window = {.longest_ms = 8000, .shortest_ms = 20000, .found_ms = NOW, .misses = 1};
  tg_twin_window_encode(&window, &out);
  check_rc(out.rc, TG_OK);
  tg_slice_t row = tg_buf_slice(&out);
  tg_twin_window_t back;
  check_rc(tg_twin_window_decode(row, &back), TG_OK);
  check_int(tg_twin_window_ms(&back, CONFIGURED, NOW), 14000);
  check_int(back.misses, 0);
  for (size_t len = 0; len < row.len; len++) {
    check_rc(tg_twin_window_decode(tg_slice(row.p, len), &back), TG_E_CORRUPT);
    check_int(tg_twin_window_ms(&back, CONFIGURED, NOW), CONFIGURED);
  }
  check_rc(tg_twin_window_decode(tg_slice(row.p, row.len + 1), &back), TG_E_CORRUPT);
  memory[0]++;
  check_rc(tg_twin_window_decode(row, &back), TG_E_CORRUPT);
}

CHECK_SUITE(the_window_follows_what_the_device_shows, what_was_found_to_be_short_is_tried_anew_after_a_day,
            a_device_that_sleeps_after_ten_seconds_is_found_out, a_row_comes_back_as_it_was_and_no_other_does,
            a_row_from_before_all_time_is_old)
