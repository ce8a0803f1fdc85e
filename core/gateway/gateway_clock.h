/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_GATEWAY_GATEWAY_CLOCK_H
#define TG_CORE_GATEWAY_GATEWAY_CLOCK_H

/**
 * Whether the wall clock is to be believed, and a Unix time that does not follow it where it is not: tg_wheel_unix(). Timers run on the
 * monotonic clock anyway; what is kept on disk (deadlines, when a device was heard) can't, because that clock ends with the machine.
 *
 * A wall clock that moves by more than five minutes against the time since the machine started is doubted: the kept time goes on as if
 * nothing had happened, and messages are marked. It is believed again when it is back, when the kernel says that it is synchronised (as
 * chrony, ntpd and systemd-timesyncd tell it), or when it came out of a time before 2024, which is that of a machine without a battery.
 * What the kept time was is a row of the store, so that a new process goes on with it.
 */

#include "core/loop/wheel.h"
#include "core/store/store.h"

/** What the kernel's clocks say. */
typedef struct tg_gateway_clock_read {
  int64_t wall_ms; /* Unix time */
  int64_t up_ms;   /* since the machine started, also while it was suspended */
  bool is_synced;  /* something disciplines the wall clock */
  char boot[40];   /* names this start of the machine; "" = not known */
} tg_gateway_clock_read_t;

/** Private members; `{0}` before tg_gateway_clock_begin(). */
typedef struct tg_gateway_clock {
  int64_t unix_at_boot; /* the kept time when up_ms was 0 */
  int64_t kept_up_ms;   /* when the row was written */
  bool is_doubtful;
  bool begun;
  char boot[40];
} tg_gateway_clock_t;

/** Reads the clocks, and nothing else: what every turn can afford. */
void tg_gateway_clock_read(tg_gateway_clock_read_t *read);

/** Asks the kernel for is_synced, too; @p with_boot: and for boot, which is in a file. */
void tg_gateway_clock_ask(bool with_boot, tg_gateway_clock_read_t *read);

/** Begins with what @p read says and, where there is one, the row that an earlier process kept in @p store; sets the time of @p wheel. Writes nothing yet. */
void tg_gateway_clock_begin(tg_gateway_clock_t *clock, const tg_gateway_clock_read_t *read, tg_store_t *store,
                            tg_wheel_t *wheel);

/** Whether @p read does not fit to what the clock has said so far, so that its state is worth asking for. */
bool tg_gateway_clock_differs(const tg_gateway_clock_t *clock, const tg_gateway_clock_read_t *read);

/** Judges @p read (with its state, where it differs), sets the time of @p wheel, keeps a row once an hour and after every change. */
void tg_gateway_clock_judge(tg_gateway_clock_t *clock, const tg_gateway_clock_read_t *read, tg_store_t *store,
                            tg_wheel_t *wheel);

/** Whether times of the wall clock are doubted. NULL is allowed: they are not. */
bool tg_gateway_clock_is_doubtful(const tg_gateway_clock_t *clock);

/** Once a loop turn: reads and judges. */
void tg_gateway_clock_look(tg_gateway_clock_t *clock, tg_store_t *store, tg_wheel_t *wheel);

#endif
