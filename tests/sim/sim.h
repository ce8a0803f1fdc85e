/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_SIM_SIM_H
#define TG_TESTS_SIM_SIM_H

/**
 * What every file of the simulation shares: one virtual clock with its events, one source of randomness, one digest of what happened, and
 * the first invariant that broke. One run at a time in a process; the product's functions that are replaced at the edge (edge_*.c) have no
 * argument to carry it, so it is one object.
 */

#include "core/base/attr.h"
#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/loop/wheel.h"

/** What is broken on purpose, to see that the invariants tell. */
typedef enum sim_break {
  SIM_BREAK_NOTHING,
  SIM_BREAK_NO_SYNC,        /* the disk says that it has synced, and has not */
  SIM_BREAK_ACK_EARLY,      /* commits are told before they are written */
  SIM_BREAK_REPEAT_EXECUTE, /* what changes a device goes out twice, the second time as another message */
  SIM_BREAK_LOSE_PUBLISH,   /* the broker acknowledges a message and drops it */
  SIM_BREAK_SWAP_PUBLISH,   /* the broker gives a message back late */
  SIM_BREAK_LEAK,           /* memory is not freed */
  SIM_BREAK_HOLD,           /* commits are not told any more from some time on */
  SIM_BREAK_FORGET,         /* what was written is not there after a stop in order */
  SIM_BREAK_COUNT
} sim_break_t;

/** One run. */
typedef struct sim {
  uint64_t seed;
  uint64_t now_ms;
  uint64_t end_ms;   /* of the hour with faults */
  tg_wheel_t *wheel; /* of everything but the gateway */
  tg_random_seeded_t world;
  tg_random_seeded_t gateway; /* behind tg_random_fill() */
  uint64_t digest;
  uint64_t events; /* in the digest */
  bool is_calm;    /* the network is whole and nothing fails any more */
  bool is_silent;  /* devices and people say nothing of their own accord any more */
  bool is_dead;    /* the gateway has crashed: what it still does while its memory is freed reaches nobody */
  bool traces;
  bool prints; /* what is traced, at once */
  sim_break_t breaks;
  bool is_broken;
  uint64_t broken_ms;
  char broken[320];
} sim_t;

extern sim_t sim;

/** Virtual time begins here: not 0, which means "never" in places. */
#define SIM_BEGIN_MS UINT64_C(1000000)

/** Begins the run @p seed; ends the process without memory. */
void sim_begin(uint64_t seed);

/** Forgets its events (their memory is their owners'). */
void sim_end(void);

/** A number below @p below (not 0), from the world's randomness. */
uint32_t sim_draw(uint32_t below);

/** True so many times out of 1,000. */
bool sim_chance(uint32_t per_mille);

/** A time of @p mean_ms on average, exponentially distributed as well as whole numbers do. */
uint64_t sim_wait(uint32_t mean_ms);

/** Calls timer->fn when @p in_ms have passed. */
void sim_after(tg_timer_t *timer, uint64_t in_ms);

/** Something happened that a replay has to repeat: goes into the digest with the time. @p what is a letter, @p who a number. */
void sim_note(char what, uint32_t who, tg_slice_t bytes);

/** For people: a line with the virtual time, kept among the last ones where the run traces. */
void sim_trace(const char *format, ...) TG_PRINTF(1, 2);

/** An invariant is broken: the first one counts. */
void sim_fail(const char *format, ...) TG_PRINTF(1, 2);

/** Prints the last lines of sim_trace(). */
void sim_print_trace(void);

/** Memory, or the end of the process. */
void *sim_alloc(size_t size);

#endif
