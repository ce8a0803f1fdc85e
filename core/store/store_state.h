/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_STORE_STORE_STATE_H
#define TG_CORE_STORE_STORE_STATE_H

/** Private to core/store: the members of tg_store_t, shared by store.c, store_outbox.c and store_queue.c. All on the loop's thread. */

#include "core/base/log.h"
#include "core/store/store_age.h"
#include "core/store/store_ring.h"
#include "core/store/store_writer.h"

/** How many sequence numbers are reserved at a time: the jump after a crash. */
#define TG_STORE_RESERVE ((uint64_t)1 << 20)

struct tg_store {
  tg_loop_t *loop;
  tg_store_config_t config;
  tg_store_db_t db;
  tg_store_writer_t writer;
  tg_store_ring_t ring;
  tg_timer_t timer; /* the group's wait for more, or the next try after a failure */
  tg_store_stats_t stats;
  tg_store_age_t age;
  tg_store_gap_t refused; /* since there was room last */
  bool full;              /* the outbox refused a message, and a quarter of it has not become free since */

  /* tickets and the group that is being filled */
  tg_store_group_t *open;
  tg_store_group_t *spare;
  uint64_t ticket;        /* open */
  uint64_t handed_ticket; /* the last one that went to the writer whole */
  uint64_t told_ticket;   /* the last one that on_commit was called with */
  bool turn_dirty;        /* something was queued under the open ticket */
  bool turn_durable;      /* an outbox message was */
  bool urgent;            /* the open group holds more than deletions of outbox messages */
  uint64_t open_since;    /* when its first write was queued */
  size_t handed_bytes;    /* bytes with the writer, as of the last look */
  bool partial_failed;    /* writes of the next ticket to be told went down with a group before its own */
  bool failing;
  uint64_t failed_at;
  uint64_t kept_first; /* messages among these wait in the ring for the writer's next try; 0 = none */
  uint64_t kept_last;

  /* sequence numbers */
  uint64_t next_seq;
  uint64_t last_seq;       /* of the message added last */
  uint64_t reserve_queued; /* restarts begin here once the reservation is on disk */
  uint64_t reserved;       /* restarts begin here: every number below may be used */
};

/** Queues @p op under the open ticket. TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_store_queue_add(tg_store_t *store, const tg_store_op_t *op);

/** Writes what is queued and waits for it. TG_E_STORE when it could not be written. */
TG_MUST_CHECK tg_rc_t tg_store_queue_flush(tg_store_t *store);

/** Hands the open group over without waiting for more: before stopping the writer. */
void tg_store_queue_hand_over(tg_store_t *store);

/** Begins to look for messages that are too old. */
void tg_store_expire_start(tg_store_t *store);

/** Ends that; to be called while rows can still be queued. */
void tg_store_expire_stop(tg_store_t *store);

/** Starts the writer. */
TG_MUST_CHECK tg_rc_t tg_store_queue_start(tg_store_t *store);

/** Writes what waits, ends the writer, frees groups. No callback comes afterwards. */
void tg_store_queue_stop(tg_store_t *store);

#endif
