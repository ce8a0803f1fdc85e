/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/gateway: the kernel's clocks, compared; see gateway_clock.h. Called by gateway.c at the start and in every turn. */

#include "core/gateway/gateway_clock.h"

#include "core/base/clock.h"
#include "core/base/log.h"

#define BUCKET      "clock"
#define POSSIBLE_MS INT64_C(1704067200000) /* 2024-01-01: before it the program did not exist */

enum { JUMP_MS = 5 * 60 * 1000, KEEP_MS = 3600 * 1000, ROW_VERSION = 1, ROW_MAX = 64 };

void tg_gateway_clock_read(tg_gateway_clock_read_t *read) {
  *read = (tg_gateway_clock_read_t){.wall_ms = tg_clock_wall_ms(), .up_ms = tg_clock_up_ms()};
}

void tg_gateway_clock_ask(bool with_boot, tg_gateway_clock_read_t *read) {
  read->is_synced = tg_clock_is_synced();
  if (with_boot) tg_clock_boot(read->boot);
}

static int64_t now_of(const tg_gateway_clock_t *clock, const tg_gateway_clock_read_t *read) {
  return clock->unix_at_boot + read->up_ms;
}

/* Version, kept time, time since the start, name of the start. */
static void keep(tg_gateway_clock_t *clock, const tg_gateway_clock_read_t *read, tg_store_t *store) {
  uint8_t memory[ROW_MAX];
  tg_buf_t row;
  tg_buf_init(&row, memory, sizeof memory);
  tg_buf_put_u8(&row, ROW_VERSION);
  tg_buf_put_be(&row, (uint64_t)now_of(clock, read), 8);
  tg_buf_put_be(&row, (uint64_t)read->up_ms, 8);
  tg_buf_put(&row, tg_slice_str(clock->boot));
  clock->kept_up_ms = read->up_ms;
  tg_rc_t rc = store ? tg_store_put(store, BUCKET, tg_slice_str("kept"), tg_buf_slice(&row)) : TG_OK;
  if (rc != TG_OK) tg_log("gateway", TG_LOG_WARN, "time_not_kept rc=%s", tg_rc_name(rc));
}

static int64_t get_be(const uint8_t *p) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value = value << 8 | p[i];
  return (int64_t)value;
}

/* A row of the same start of the machine tells exactly what time it is. After another start that is not known: it is not earlier than it was. */
static int64_t kept_time(const tg_gateway_clock_read_t *read, tg_slice_t row) {
  if (row.len < 17 || row.p[0] != ROW_VERSION) return read->wall_ms;
  int64_t unix_ms = get_be(row.p + 1), up_ms = get_be(row.p + 9);
  bool same_start = *read->boot && tg_slice_is(tg_slice(row.p + 17, row.len - 17), read->boot);
  bool is_sane = unix_ms >= 0 && unix_ms < INT64_MAX / 4 && up_ms >= 0 && up_ms < INT64_MAX / 4;
  if (!is_sane) return read->wall_ms;
  if (same_start && read->up_ms >= up_ms) return unix_ms + (read->up_ms - up_ms);
  return read->wall_ms > unix_ms ? read->wall_ms : unix_ms;
}

void tg_gateway_clock_begin(tg_gateway_clock_t *clock, const tg_gateway_clock_read_t *read, tg_store_t *store,
                            tg_wheel_t *wheel) {
  uint8_t memory[ROW_MAX];
  tg_buf_t row;
  tg_buf_init(&row, memory, sizeof memory);
  tg_rc_t rc = store ? tg_store_get(store, BUCKET, tg_slice_str("kept"), &row) : TG_E_NOT_FOUND;
  *clock = (tg_gateway_clock_t){.begun = true};
  memcpy(clock->boot, read->boot, sizeof clock->boot);
  clock->unix_at_boot = (rc == TG_OK ? kept_time(read, tg_buf_slice(&row)) : read->wall_ms) - read->up_ms;
  tg_gateway_clock_judge(clock, read, NULL, wheel);
  clock->kept_up_ms =
      read->up_ms - KEEP_MS; /* due in the first turn: a write now would have to succeed before anything is restored */
}

static int64_t difference(const tg_gateway_clock_t *clock, const tg_gateway_clock_read_t *read) {
  return read->wall_ms - now_of(clock, read);
}

static bool is_far(int64_t difference_ms) {
  return difference_ms > JUMP_MS || difference_ms < -(int64_t)JUMP_MS;
}

bool tg_gateway_clock_differs(const tg_gateway_clock_t *clock, const tg_gateway_clock_read_t *read) {
  return is_far(difference(clock, read));
}

/* Whether a clock that is far from the kept time is right all the same. */
static bool is_better(const tg_gateway_clock_t *clock, const tg_gateway_clock_read_t *read) {
  if (read->wall_ms < POSSIBLE_MS) return false;
  return read->is_synced || now_of(clock, read) < POSSIBLE_MS;
}

static void tell(tg_gateway_clock_t *clock, bool is_doubtful, int64_t apart_ms) {
  if (is_doubtful == clock->is_doubtful) return;
  clock->is_doubtful = is_doubtful;
  tg_log("gateway", is_doubtful ? TG_LOG_WARN : TG_LOG_INFO, "%s apart_s=%lld",
         is_doubtful ? "clock_unsynced" : "clock_believed", (long long)(apart_ms / 1000));
}

void tg_gateway_clock_judge(tg_gateway_clock_t *clock, const tg_gateway_clock_read_t *read, tg_store_t *store,
                            tg_wheel_t *wheel) {
  int64_t apart_ms = difference(clock, read);
  bool is_far_off = is_far(apart_ms), was_doubtful = clock->is_doubtful;
  bool follows = !is_far_off || is_better(clock, read);
  if (follows) clock->unix_at_boot += apart_ms;
  tell(clock, !follows || read->wall_ms < POSSIBLE_MS, apart_ms);
  tg_wheel_set_unix(wheel, now_of(clock, read));
  bool has_changed = (is_far_off && follows) || clock->is_doubtful != was_doubtful;
  if (has_changed || read->up_ms - clock->kept_up_ms >= KEEP_MS) keep(clock, read, store);
}

bool tg_gateway_clock_is_doubtful(const tg_gateway_clock_t *clock) {
  return clock && clock->is_doubtful;
}

/* The state is asked for only where it matters: a message's turn costs two readings of a clock. */
void tg_gateway_clock_look(tg_gateway_clock_t *clock, tg_store_t *store, tg_wheel_t *wheel) {
  if (!clock->begun) return;
  tg_gateway_clock_read_t read;
  tg_gateway_clock_read(&read);
  if (tg_gateway_clock_differs(clock, &read)) tg_gateway_clock_ask(false, &read);
  tg_gateway_clock_judge(clock, &read, store, wheel);
}
