/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_SIM_SIM_LEDGER_H
#define TG_TESTS_SIM_SIM_LEDGER_H

/**
 * The books: what devices were told is safe, what commands were given and accepted, what reached the subscriber, what devices carried out.
 * Every entry is compared with the others at once; what the promise says of the end is checked there.
 */

#include "core/device/device.h"
#include "tests/sim/sim.h"

/** A command as its asker gives it. */
typedef struct sim_order {
  uint32_t number; /* its id, from 1 on */
  uint32_t node;
  uint32_t timeout_s;
  uint8_t op; /* tg_op_t */
  bool durable;
  bool retry;
  bool replaces; /* an older one that waits */
} sim_order_t;

/** States in a sim_word_t beyond tg_command_state_t. */
#define SIM_WORD_REFUSED 100

/** What the gateway's rules publish. Made with memset() first. */
typedef struct sim_word {
  char kind; /* `v`: a value; `r`: a result */
  uint8_t state;
  uint32_t node;
  uint32_t number;
} sim_word_t;

/** Sums for people. */
typedef struct sim_ledger_stats {
  uint64_t acked;      /* readings */
  uint64_t received;   /* messages at the subscriber */
  uint64_t duplicates; /* dropped by their sequence number */
  uint64_t twice;      /* readings that came again under a new number */
  uint64_t orders;
  uint64_t accepted;
  uint64_t ended[TG_COMMAND_ACCEPTED + 1];
  uint64_t executed;
} sim_ledger_stats_t;

/** Empty books. */
void sim_ledger_begin(void);

/** Sums of this run. */
const sim_ledger_stats_t *sim_ledger_stats(void);

/** A device was told that its reading @p number is safe. */
void sim_ledger_acked(uint32_t node, uint32_t number);

/** A message at the subscriber. */
void sim_ledger_received(uint64_t seq, tg_slice_t payload);

/** A new command: @p order->number is set. @return false when the books are full */
bool sim_ledger_ordered(sim_order_t *order);

/** The gateway has the command @p number. */
void sim_ledger_taken(uint32_t number);

/** A device carried @p number out; @p print tells the message that asked for it. */
void sim_ledger_executed(uint32_t node, uint32_t number, uint32_t print);

/** The gateway stops or crashes: what is not durable need not come to an end any more. */
void sim_ledger_stopped(void);

/** After a start: each message in the outbox (a sim_word_t), then each command in a queue, then sim_ledger_restarted(). */
void sim_ledger_stored(tg_slice_t payload);
/** See sim_ledger_stored(). */
void sim_ledger_queued(uint32_t number);
/** What was promised before has to be at the subscriber, in the outbox or in a queue. */
void sim_ledger_restarted(void);

/** Everything has settled: what was promised has come. */
void sim_ledger_check_end(void);

#endif
