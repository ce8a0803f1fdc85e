/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eleven levels of 64 slots, six bits of the due time each, so that every 64-bit time has a place. A timer stands on the level of the
 * highest bits in which its time differs from the cursor; all timers of a level share the bits above it with the cursor. So the
 * lowest level that holds anything holds the next timer, and a bitmap per level finds the slot without walking.
 */

#include "core/loop/wheel.h"

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/require.h"

enum { BITS = 6, SLOTS = 1 << BITS, MASK = SLOTS - 1, LEVELS = 11 };

struct tg_wheel {
  uint64_t now;          /* what the owner said last */
  uint64_t unix_at_zero; /* Unix time when `now` was 0, modulo 2^64 */
  uint64_t cursor;       /* the tick being called; now, outside of an advance */
  bool advancing;
  uint32_t levels;       /* which levels hold timers */
  uint64_t maps[LEVELS]; /* which slots do */
  tg_timer_t overdue;    /* started for a time not after the cursor; heads of circular lists use next and prev only */
  tg_timer_t slots[LEVELS * SLOTS];
};

static void list_init(tg_timer_t *head) {
  head->next = head->prev = head;
}

static void list_append(tg_timer_t *head, tg_timer_t *timer) {
  timer->next = head;
  timer->prev = head->prev;
  head->prev->next = timer;
  head->prev = timer;
}

/* Moves all timers of @p from to the empty list @p to. */
static void list_move(tg_timer_t *to, tg_timer_t *from) {
  list_init(to);
  if (from->next == from) return;
  to->next = from->next;
  to->prev = from->prev;
  to->next->prev = to->prev->next = to;
  list_init(from);
}

tg_wheel_t *tg_wheel_new(uint64_t now_ms) {
  tg_wheel_t *wheel = tg_alloc_array(1, sizeof *wheel);
  if (!wheel) return NULL;
  wheel->now = wheel->cursor = now_ms;
  tg_wheel_set_unix(wheel, tg_clock_wall_ms());
  list_init(&wheel->overdue);
  for (size_t i = 0; i < TG_COUNT(wheel->slots); i++) list_init(&wheel->slots[i]);
  return wheel;
}

void tg_wheel_free(tg_wheel_t *wheel) {
  tg_alloc_free(wheel);
}

uint64_t tg_wheel_now(const tg_wheel_t *wheel) {
  return wheel->now;
}

int64_t tg_wheel_unix(const tg_wheel_t *wheel) {
  return (int64_t)(wheel->unix_at_zero + wheel->now);
}

void tg_wheel_set_unix(tg_wheel_t *wheel, int64_t unix_ms) {
  wheel->unix_at_zero = (uint64_t)unix_ms - wheel->now;
}

void tg_wheel_clock(tg_wheel_t *wheel, uint64_t now_ms) {
  if (now_ms > wheel->now) wheel->now = now_ms;
}

static void mark(tg_wheel_t *wheel, unsigned level, unsigned slot) {
  wheel->maps[level] |= UINT64_C(1) << slot;
  wheel->levels |= UINT32_C(1) << level;
}

static void unmark(tg_wheel_t *wheel, unsigned level, unsigned slot) {
  wheel->maps[level] &= ~(UINT64_C(1) << slot);
  if (!wheel->maps[level]) wheel->levels &= ~(UINT32_C(1) << level);
}

/* Puts @p timer, due at the cursor or later, into its slot. */
static void place(tg_wheel_t *wheel, tg_timer_t *timer) {
  uint64_t differs = timer->due_ms ^ wheel->cursor;
  unsigned level = differs ? (63u - (unsigned)__builtin_clzll(differs)) / BITS : 0;
  unsigned slot = (unsigned)(timer->due_ms >> (level * BITS)) & MASK;
  list_append(&wheel->slots[level * SLOTS + slot], timer);
  mark(wheel, level, slot);
}

void tg_wheel_add(tg_wheel_t *wheel, tg_timer_t *timer, uint64_t due_ms) {
  if (timer->next) tg_wheel_del(wheel, timer);
  timer->due_ms = due_ms;
  if (due_ms <= wheel->cursor) list_append(&wheel->overdue, timer);
  else place(wheel, timer);
}

void tg_wheel_del(tg_wheel_t *wheel, tg_timer_t *timer) {
  if (!timer->next) return;
  tg_timer_t *next = timer->next;
  bool last = next == timer->prev; /* then it is the list's head */
  next->prev = timer->prev;
  timer->prev->next = next;
  timer->next = timer->prev = NULL;

  uintptr_t at = (uintptr_t)next, first = (uintptr_t)wheel->slots;
  if (!last || at < first || at >= first + sizeof wheel->slots) return;
  size_t index = (at - first) / sizeof *wheel->slots;
  unmark(wheel, (unsigned)(index / SLOTS), (unsigned)(index % SLOTS));
}

/* The first slot that holds timers and the time at which it begins; false when there is none. */
static bool first_slot(const tg_wheel_t *wheel, unsigned *level, unsigned *slot, uint64_t *begins) {
  if (!wheel->levels) return false;
  *level = (unsigned)__builtin_ctz(wheel->levels);
  *slot = (unsigned)__builtin_ctzll(wheel->maps[*level]);
  unsigned shift = *level * BITS;
  uint64_t above = shift + BITS < 64 ? wheel->cursor >> (shift + BITS) << (shift + BITS) : 0;
  *begins = above | (uint64_t)*slot << shift;
  return true;
}

static size_t call_all(tg_wheel_t *wheel, tg_timer_t *due) {
  size_t called = 0;
  while (due->next != due) {
    tg_timer_t *timer = due->next;
    tg_wheel_del(wheel, timer);
    timer->fn(timer, timer->ud);
    called++;
  }
  return called;
}

/* Spreads the timers of a slot whose time has come over the levels below. */
static void cascade(tg_wheel_t *wheel, tg_timer_t *due) {
  while (due->next != due) {
    tg_timer_t *timer = due->next;
    tg_wheel_del(wheel, timer);
    place(wheel, timer);
  }
}

size_t tg_wheel_advance(tg_wheel_t *wheel, uint64_t now_ms) {
  TG_REQUIRE(!wheel->advancing);
  wheel->advancing = true;
  tg_wheel_clock(wheel, now_ms);

  tg_timer_t due;
  list_move(&due, &wheel->overdue);
  size_t called = call_all(wheel, &due);

  unsigned level, slot;
  uint64_t begins;
  while (first_slot(wheel, &level, &slot, &begins) && begins <= wheel->now) {
    wheel->cursor = begins;
    list_move(&due, &wheel->slots[level * SLOTS + slot]);
    unmark(wheel, level, slot);
    if (level == 0) called += call_all(wheel, &due);
    else cascade(wheel, &due);
  }
  wheel->cursor = wheel->now;
  wheel->advancing = false;
  return called;
}

uint64_t tg_wheel_next(const tg_wheel_t *wheel) {
  if (wheel->overdue.next != &wheel->overdue) return wheel->now;
  unsigned level, slot;
  uint64_t begins;
  return first_slot(wheel, &level, &slot, &begins) ? begins : UINT64_MAX;
}
