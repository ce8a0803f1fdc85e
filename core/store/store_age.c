/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/store under store_expire.c: which messages are too old; see store_age.h. Pure functions over the marks. */

#include "core/store/store_age.h"

enum { SPACING_MIN_MS = 20, NUMBER = 8 };

uint64_t tg_store_age_spacing(const tg_store_age_t *age) {
  uint64_t spacing = age->max_ms / TG_STORE_AGE_MARKS;
  return spacing > SPACING_MIN_MS ? spacing : SPACING_MIN_MS;
}

/* They may have been set under a shorter maximum: every second one tells as much about how old the oldest are. */
static void thin_out(tg_store_age_t *age) {
  size_t kept = 0;
  for (size_t i = 0; i < age->count; i += 2) age->marks[kept++] = age->marks[i];
  age->count = kept;
}

void tg_store_age_mark(tg_store_age_t *age, uint64_t seq, uint64_t ran_ms) {
  const tg_store_age_mark_t *last = age->count ? &age->marks[age->count - 1] : NULL;
  /* Nothing came, so nothing younger is to be told apart; or it is too soon. */
  if (last && (last->seq >= seq || ran_ms < last->ran_ms + tg_store_age_spacing(age) / 2)) return;
  if (age->count == TG_COUNT(age->marks)) thin_out(age);
  age->marks[age->count++] = (tg_store_age_mark_t){seq, ran_ms};
}

uint64_t tg_store_age_limit(tg_store_age_t *age, uint64_t ran_ms) {
  size_t past = 0;
  while (past < age->count && age->marks[past].ran_ms + age->max_ms <= ran_ms) past++;
  if (past == 0) return 0;
  uint64_t limit = age->marks[past - 1].seq;
  memmove(age->marks, age->marks + past - 1, (age->count - past + 1) * sizeof *age->marks);
  age->count -= past - 1;
  return limit;
}

void tg_store_age_encode(const tg_store_age_t *age, uint64_t ran_ms, tg_buf_t *out) {
  tg_buf_put_be(out, ran_ms, NUMBER);
  for (size_t i = 0; i < age->count; i++) {
    tg_buf_put_be(out, age->marks[i].seq, NUMBER);
    tg_buf_put_be(out, age->marks[i].ran_ms, NUMBER);
  }
}

static uint64_t take_number(tg_slice_t *row) {
  uint64_t number = 0;
  for (size_t i = 0; i < NUMBER; i++) number = number << 8 | row->p[i];
  *row = tg_slice_from(*row, NUMBER);
  return number;
}

static bool is_good(const tg_store_age_t *age) {
  for (size_t i = 0; i < age->count; i++) {
    const tg_store_age_mark_t *mark = &age->marks[i];
    if (mark->ran_ms > age->ran_ms) return false;
    if (i && (mark->seq <= mark[-1].seq || mark->ran_ms < mark[-1].ran_ms)) return false;
  }
  return age->ran_ms < UINT64_MAX / 4; /* sums must not wrap */
}

void tg_store_age_decode(tg_store_age_t *age, tg_slice_t row) {
  size_t marks = row.len / NUMBER / 2;
  age->count = 0;
  age->ran_ms = 0;
  if (row.len != NUMBER + marks * NUMBER * 2 || marks > TG_COUNT(age->marks)) return;
  age->ran_ms = take_number(&row);
  while (row.len) {
    uint64_t seq = take_number(&row);
    age->marks[age->count++] = (tg_store_age_mark_t){seq, take_number(&row)};
  }
  if (is_good(age)) return;
  age->count = 0;
  age->ran_ms = 0;
}
