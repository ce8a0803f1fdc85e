/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of tests/sim: see sim_ledger.h. */

#include "tests/sim/sim_ledger.h"

#include "tests/sim/sim_net.h"

enum { READINGS = 4096, ORDERS = 1024, PRINTS = 4 };

enum { ACKED = 1, RECEIVED = 2, STORED = 4 };

typedef struct series {
  uint8_t readings[READINGS];
  uint32_t checked; /* up to here all that were acknowledged have been received */
} series_t;

typedef struct entry {
  sim_order_t order;
  bool is_taken;
  bool is_accepted;
  bool is_lost;   /* not durable, and the gateway restarted */
  bool is_stored; /* its end is in the outbox, or it is in a queue */
  uint8_t ends;
  uint8_t state;
  uint8_t messages; /* different ones that carried it out */
  uint32_t prints[PRINTS];
} entry_t;

static struct {
  series_t series[SIM_NET_NODES];
  entry_t orders[ORDERS];
  uint32_t order_count;
  uint64_t last_seq;
  sim_ledger_stats_t stats;
} books;

void sim_ledger_begin(void) {
  memset(&books, 0, sizeof books);
}

const sim_ledger_stats_t *sim_ledger_stats(void) {
  return &books.stats;
}

/* ---- readings ---- */

void sim_ledger_acked(uint32_t node, uint32_t number) {
  if (number >= READINGS) return;
  books.stats.acked++;
  books.series[node].readings[number] |= ACKED;
  sim_trace("device %u reading %u is acknowledged", node, number);
}

/* Whoever acknowledged reading n had it in line before the device said n + 1. */
static void check_order(uint32_t node, uint32_t number) {
  series_t *series = &books.series[node];
  for (; series->checked < number; series->checked++) {
    if ((series->readings[series->checked] & (ACKED | RECEIVED)) != ACKED) continue;
    sim_fail("reading %u of device %u was acknowledged, and %u came without it", series->checked, node, number);
    return;
  }
}

static void take_value(const sim_word_t *word) {
  if (word->number >= READINGS || word->node >= SIM_NET_NODES) return;
  uint8_t *reading = &books.series[word->node].readings[word->number];
  if (*reading & RECEIVED) books.stats.twice++;
  else check_order(word->node, word->number);
  *reading |= RECEIVED;
}

/* ---- commands ---- */

bool sim_ledger_ordered(sim_order_t *order) {
  if (books.order_count + 1 >= ORDERS) return false;
  order->number = ++books.order_count;
  books.orders[order->number].order = *order;
  books.stats.orders++;
  return true;
}

static bool is_repeatable(const sim_order_t *order) {
  return order->retry || (order->op != TG_OP_EXECUTE && order->op != TG_OP_CREATE && order->op != TG_OP_DELETE);
}

static entry_t *find(uint32_t number) {
  return number > 0 && number <= books.order_count ? &books.orders[number] : NULL;
}

void sim_ledger_taken(uint32_t number) {
  entry_t *entry = find(number);
  if (entry) entry->is_taken = true;
}

void sim_ledger_executed(uint32_t node, uint32_t number, uint32_t print) {
  entry_t *entry = find(number);
  sim_trace("device %u carries out %u", node, number);
  if (!entry || entry->order.node != node) {
    sim_fail("device %u carries out %u, which nobody asked it for", node, number);
    return;
  }
  for (size_t i = 0; i < entry->messages && i < PRINTS; i++) {
    if (entry->prints[i] == print) return; /* the same message: the device forgot it when it was switched off */
  }
  if (entry->messages < PRINTS) entry->prints[entry->messages++] = print;
  books.stats.executed++;
  if (entry->messages > 1 && !is_repeatable(&entry->order))
    sim_fail("command %u (%s) reached device %u by two messages", number, tg_twin_op_name((tg_op_t)entry->order.op),
             node);
  if (entry->ends && entry->state == TG_COMMAND_EXPIRED)
    sim_fail("command %u was carried out after it had expired", number);
}

static const char *state_name(uint8_t state) {
  return state == SIM_WORD_REFUSED ? "refused" : tg_event_state_name((tg_command_state_t)state);
}

static void check_verdict(uint32_t number, const entry_t *entry) {
  if (is_repeatable(&entry->order)) return;
  if (entry->state == TG_COMMAND_EXPIRED && entry->messages)
    sim_fail("command %u is said to have expired, and was carried out", number);
  if (entry->state == SIM_WORD_REFUSED && entry->messages)
    sim_fail("command %u was refused, and was carried out", number);
  if (entry->state == TG_COMMAND_DONE && !entry->messages)
    sim_fail("command %u is said to be done, and no device carried it out", number);
}

static bool is_end(uint8_t state) {
  return state != TG_COMMAND_ACCEPTED && state != TG_COMMAND_WAITING && state != TG_COMMAND_SENT;
}

static void take_result(const sim_word_t *word) {
  entry_t *entry = find(word->number);
  sim_trace("subscriber: command %u is %s", word->number, state_name(word->state));
  if (!entry) {
    sim_fail("a result for %u, which nobody asked for", word->number);
    return;
  }
  if (word->state == TG_COMMAND_ACCEPTED) {
    entry->is_accepted = true;
    books.stats.accepted++;
  }
  if (!is_end(word->state)) return;
  if (word->state <= TG_COMMAND_ACCEPTED) books.stats.ended[word->state]++;
  if (entry->ends++)
    sim_fail("command %u ended as %s, and then as %s", word->number, state_name(entry->state), state_name(word->state));
  entry->state = word->state;
  check_verdict(word->number, entry);
}

void sim_ledger_received(uint64_t seq, tg_slice_t payload) {
  sim_word_t word;
  books.stats.received++;
  if (payload.len != sizeof word) {
    sim_fail("a message of %zu bytes at the subscriber", payload.len);
    return;
  }
  if (seq <= books.last_seq) {
    books.stats.duplicates++;
    return;
  }
  books.last_seq = seq;
  memcpy(&word, payload.p, sizeof word);
  if (word.kind == 'v') take_value(&word);
  else take_result(&word);
}

/* ---- restarts ---- */

void sim_ledger_stopped(void) {
  for (uint32_t number = 1; number <= books.order_count; number++) {
    entry_t *entry = &books.orders[number];
    if (!entry->order.durable) entry->is_lost = true;
    if (!entry->is_accepted && !entry->ends) entry->is_lost = true; /* nobody was told that it is safe */
    entry->is_stored = false;
  }
  for (size_t node = 0; node < SIM_NET_NODES; node++) {
    for (size_t i = 0; i < READINGS; i++) books.series[node].readings[i] &= (uint8_t)~STORED;
  }
}

void sim_ledger_stored(tg_slice_t payload) {
  sim_word_t word;
  if (payload.len != sizeof word) return;
  memcpy(&word, payload.p, sizeof word);
  entry_t *entry = word.kind == 'r' ? find(word.number) : NULL;
  if (entry && is_end(word.state)) entry->is_stored = true;
  if (word.kind == 'v' && word.number < READINGS) books.series[word.node].readings[word.number] |= STORED;
}

void sim_ledger_queued(uint32_t number) {
  entry_t *entry = find(number);
  if (entry) entry->is_stored = true;
}

/* What was acknowledged and is not there; -1: all is. */
static int find_missing(const series_t *series, uint8_t where) {
  for (int i = 0; i < READINGS; i++) {
    if ((series->readings[i] & ACKED) && !(series->readings[i] & where)) return i;
  }
  return -1;
}

void sim_ledger_restarted(void) {
  for (uint32_t node = 0; node < SIM_NET_NODES; node++) {
    int missing = find_missing(&books.series[node], RECEIVED | STORED);
    if (missing >= 0) sim_fail("reading %d of device %u was acknowledged and is gone after the restart", missing, node);
  }
  for (uint32_t number = 1; number <= books.order_count; number++) {
    const entry_t *entry = &books.orders[number];
    if (entry->is_accepted && !entry->ends && !entry->is_stored && entry->order.durable)
      sim_fail("command %u was accepted and is gone after the restart", number);
  }
}

/* ---- the end ---- */

void sim_ledger_check_end(void) {
  for (uint32_t node = 0; node < SIM_NET_NODES; node++) {
    int missing = find_missing(&books.series[node], RECEIVED);
    if (missing >= 0) sim_fail("reading %d of device %u was acknowledged and never came", missing, node);
  }
  for (uint32_t number = 1; number <= books.order_count; number++) {
    const entry_t *entry = &books.orders[number];
    if (entry->is_accepted && entry->ends != 1)
      sim_fail("command %u was accepted and has %u ends", number, entry->ends);
    if (entry->is_taken && !entry->is_lost && entry->ends != 1)
      sim_fail("command %u was taken by a gateway that went on, and has %u ends", number, entry->ends);
  }
}
