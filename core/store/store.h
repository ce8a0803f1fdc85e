/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_STORE_STORE_H
#define TG_CORE_STORE_STORE_H

/**
 * Durable state behind one interface; SQLite (WAL) in this process. Knows no LwM2M and no MQTT: it keeps
 *   - rows: (bucket, key) -> value, for registrations, observations, NIDD configurations, scripts' own data …
 *   - the outbox: messages in the order of their sequence numbers until they are deleted.
 * Writes are queued on the loop's thread and carried out in order by one writer thread, many in one transaction (group commit).
 * Nothing blocks the loop. Durability is told by tickets: every write belongs to the ticket that is open when it is queued.
 *
 * When a transaction fails (disk full, I/O error) nothing of it is on disk and its tickets are told TG_E_STORE. Its outbox messages of
 * class 0 (telemetry) are dropped: whoever waits for the ticket tells the sender, who keeps the data. Its other writes (rows, deletions, messages
 * of higher classes, such as the end of a command, whose row goes in the same transaction) are kept, in order, and carried out before
 * anything newer, with the next group or twice a second, so that the disk catches up with memory without the callers doing anything. They count towards the 16 MiB; above that, tg_store_put() says TG_E_FULL.
 */

#include "core/base/buf.h"
#include "core/base/diag.h"
#include "core/base/pool.h"
#include "core/loop/loop.h"

typedef struct tg_store tg_store_t;

/** Called on the loop's thread when everything of the tickets after the last one told and up to @p ticket is on disk (rc TG_OK), or part of it could not be written (TG_E_STORE: disk full, I/O error). Must not close the store. */
typedef void (*tg_store_commit_fn)(void *ud, uint64_t ticket, tg_rc_t rc);

/** Outbox messages that no broker gets: numbers between first and last that are missing there. */
typedef struct tg_store_gap {
  uint64_t first_seq;
  uint64_t last_seq;
  uint64_t count;
  bool expired; /* they were too old; else the outbox was full when they came */
} tg_store_gap_t;

/** Called on the loop's thread when messages have been given up, and when there is room again after some were refused. */
typedef void (*tg_store_gap_fn)(void *ud, const tg_store_gap_t *gap);

/** Classes of outbox messages: the lower is refused first when the outbox fills up. */
enum { TG_STORE_TELEMETRY, TG_STORE_EVENT, TG_STORE_STATE, TG_STORE_RESULT, TG_STORE_CLASSES };

/** How a store is opened. */
typedef struct tg_store_config {
  const char *path;           /* database file, its folder is created (0700); NULL or "" = in memory, nothing durable */
  uint64_t outbox_max;        /* bytes of topics and payloads; 0 = 64 MiB */
  uint64_t outbox_max_age_ms; /* of running time; older messages are given up; 0 = none is */
  uint64_t commit_max_ms;     /* a group waits at most this long for more; 0 = commit as soon as the writer is free */
  uint64_t retry_ms;          /* after a failed transaction the next one waits that long; 0 = 500 */
  tg_store_commit_fn on_commit;
  tg_store_gap_fn on_gap; /* may be NULL */
  void *ud;
} tg_store_config_t;

/** Counters for metrics and `tidegate log`. */
typedef struct tg_store_stats {
  uint64_t commits;
  uint64_t writes;
  uint64_t failed_commits;
  uint64_t outbox_bytes;
  uint64_t outbox_rows;
  uint64_t outbox_refused;                      /* messages that found no room */
  uint64_t outbox_refused_by[TG_STORE_CLASSES]; /* of them, by class */
  uint64_t outbox_expired;                      /* messages given up as too old */
  uint64_t outbox_max;                          /* bytes, in force */
  uint64_t outbox_max_age_ms;
  uint64_t next_seq;
} tg_store_stats_t;

/**
 * Opens (creates, migrates) the store. A file that fails its integrity check is set aside under a dated name, logged, and a new
 * one begun; a schema newer than the program is refused (TG_E_VERSION with @p diag). Other errors, with @p diag: TG_E_STATE when another
 * process has the file or it is another program's database; TG_E_STORE when it can't be opened; TG_E_TOO_LONG; TG_E_NOMEM.
 * @param loop   kept; commits are announced on it
 * @param store  owned by the caller, close with tg_store_close()
 */
TG_MUST_CHECK tg_rc_t tg_store_open(tg_loop_t *loop, const tg_store_config_t *config, tg_diag_t *diag,
                                    tg_store_t **store);

/** Writes what is queued, waits for it, closes. NULL is allowed. No callback comes afterwards. */
void tg_store_close(tg_store_t *store);

/** Random identity of this store (hexadecimal, 16 characters), made at creation: the `gw` of every message. Lent. */
const char *tg_store_gateway_id(const tg_store_t *store);

/** Queues a row (replaces one of the same bucket and key). Copies. TG_E_NOMEM; TG_E_FULL when too much is queued (16 MiB); TG_E_TOO_LONG for a row above that. */
TG_MUST_CHECK tg_rc_t tg_store_put(tg_store_t *store, const char *bucket, tg_slice_t key, tg_slice_t value);

/** Queues the removal of a row; one that is not there is fine. */
TG_MUST_CHECK tg_rc_t tg_store_del(tg_store_t *store, const char *bucket, tg_slice_t key);

/** Row by row; key and value are lent for the call. Return false to stop. */
typedef bool (*tg_store_row_fn)(void *ud, tg_slice_t key, tg_slice_t value);

/** Reads all rows of @p bucket in key order, after writing what is queued; @p fn may write. Blocks: for start-up and tools, not for the message path. TG_E_STORE. */
TG_MUST_CHECK tg_rc_t tg_store_each(tg_store_t *store, const char *bucket, tg_store_row_fn fn, void *ud);

/** Reads one row (what is queued is written first) and appends its value to @p value. TG_E_NOT_FOUND; TG_E_STORE; the buffer's errors. Blocks for a read, and for a commit if anything is queued. */
TG_MUST_CHECK tg_rc_t tg_store_get(tg_store_t *store, const char *bucket, tg_slice_t key, tg_buf_t *value);

/** One message on its way to a broker. */
typedef struct tg_outbox_entry {
  uint64_t seq;    /* rises strictly, survives restarts, set by the store */
  uint32_t broker; /* who drains it: hash or index chosen by core/mqtt, stable across restarts */
  uint8_t qos;     /* 0, 1, 2 */
  bool retain;
  bool durable;       /* false: kept in memory only (policy `queued`) */
  uint8_t shed_class; /* TG_STORE_TELEMETRY … TG_STORE_RESULT */
  int64_t time_ms;    /* wall clock at which it was queued */
  tg_slice_t topic;
  tg_slice_t payload;
  tg_slice_t props; /* encoded MQTT 5 user properties, opaque here */
} tg_outbox_entry_t;

/** Takes the next sequence number without writing anything: a publisher puts it into the payload, then appends under it. */
uint64_t tg_store_outbox_next_seq(tg_store_t *store);

/** Whether @p bytes more of @p shed_class fit into the outbox now: telemetry into seven eighths of it, events into fifteen sixteenths, states into all but the last thirty-second, results into all. */
bool tg_store_outbox_has_room(const tg_store_t *store, uint8_t shed_class, uint64_t bytes);

/** A message of @p shed_class could not even be made for want of memory: counts as one that found no room, so that who caused it is not acknowledged. */
void tg_store_outbox_refuse(tg_store_t *store, uint8_t shed_class);

/** Queues a message under entry->seq (from tg_store_outbox_next_seq(), in that order). Copies. TG_E_FULL without room for its class or with 16 MiB queued; TG_E_TOO_LONG above 8 MiB; TG_E_ARG when seq does not rise; TG_E_STORE when the disk has failed for so long that seq could repeat after a restart; TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_store_outbox_add(tg_store_t *store, const tg_outbox_entry_t *entry);

/** Which messages tg_store_outbox_read() hands out. */
typedef struct tg_outbox_read {
  uint32_t broker;
  uint64_t after;
  size_t max;
} tg_outbox_read_t;

/** Called with messages in order of seq; the entry is lent for the call. Return false to stop. */
typedef bool (*tg_outbox_fn)(void *ud, const tg_outbox_entry_t *entry);

/** Hands out up to read->max messages of read->broker with seq > read->after in order, from memory, older ones from disk; stops before the first that is not yet committed. @p fn may add and delete messages. read->after is moved behind what was handed out and behind what is for others, up to where the walk was stopped: who goes on from there passes nothing twice, however much waits for another broker. TG_E_STORE when the disk can't be read. */
TG_MUST_CHECK tg_rc_t tg_store_outbox_read(tg_store_t *store, tg_outbox_read_t *read, tg_outbox_fn fn, void *ud);

/** Queues the deletion of one message: its broker has taken it (PUBACK) or it was given up. Batched: a group of nothing but deletions goes at once while they are few, waits 5 ms for more when they are many, and is not synced: it outlives the process, and a power cut makes duplicates of it at most. One that is not there is fine. TG_E_FULL, TG_E_NOMEM: it stays. */
TG_MUST_CHECK tg_rc_t tg_store_outbox_del(tg_store_t *store, uint64_t seq);

/** The open ticket: rows queued now will be reported under it. */
uint64_t tg_store_ticket(const tg_store_t *store);

/** Closes the open ticket at the end of a loop turn, if anything was queued under it, and hands its writes to the writer when that is idle. To be called every turn. @return whether a durable outbox message was queued under it (only then need replies wait) */
bool tg_store_end_turn(tg_store_t *store);

/** Counters as of now. */
void tg_store_stats(const tg_store_t *store, tg_store_stats_t *stats);

#endif
