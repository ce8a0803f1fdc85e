/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_STORE_STORE_WRITER_H
#define TG_CORE_STORE_STORE_WRITER_H

/**
 * Private to core/store: the one thread that writes. It takes groups of writes in order, each one transaction, and gives them back with
 * their results. What is not telemetry survives a failed transaction: it is carried out first in the next one.
 */

#include <pthread.h>

#include "core/store/store_db.h"

typedef struct tg_store_group tg_store_group_t;

/** Writes that are committed together. */
struct tg_store_group {
  tg_store_group_t *next;      /* in the list it waits in */
  tg_store_group_t *next_kept; /* among those that the writer tries again */
  tg_store_ops_t ops;
  uint64_t ticket; /* the last one that is complete with this group */
  bool partial;    /* it holds writes of the ticket after that, too */
  bool
      lazy; /* nothing but deletions of messages: losing it to a power cut costs duplicates only, so it is not synced */
  uint64_t first_seq; /* outbox messages in it; first 0: none */
  uint64_t last_seq;
  uint64_t reserved; /* sequence numbers below are safe once it is committed */
  size_t count;      /* writes */
  tg_rc_t rc;        /* result */
  bool is_synced;    /* and whether the disk had to sync for it */
  int holders;       /* the one who handles the result, and the writer while it keeps the group */
};

/** Wakes the owner: called on the writer's thread when there are results after there were none. TG_E_NOMEM: called again later. */
typedef tg_rc_t (*tg_store_writer_notify_fn)(void *ud);

/** The thread and what it shares. Caller's memory. */
typedef struct tg_store_writer {
  pthread_t thread;
  pthread_mutex_t lock; /* guards everything below but `db` */
  pthread_cond_t work;
  pthread_cond_t idle;
  tg_store_db_t *db;
  tg_store_writer_notify_fn notify;
  void *ud;
  tg_store_group_t *inbox;
  tg_store_group_t *done;
  tg_store_group_t *kept; /* of failed transactions */
  bool running;
  bool retry;
  bool stopping;
  bool failing;  /* the last transaction failed */
  size_t queued; /* bytes in inbox, being written and kept */
} tg_store_writer_t;

/** Starts the thread. @p db is kept until stop. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_store_writer_start(tg_store_writer_t *writer, tg_store_db_t *db,
                                            tg_store_writer_notify_fn notify, void *ud);

/** Hands a group over. Takes. */
void tg_store_writer_push(tg_store_writer_t *writer, tg_store_group_t *group);

/** Whether nothing waits or runs. */
bool tg_store_writer_idle(tg_store_writer_t *writer);

/** Bytes handed over and not yet on disk. */
size_t tg_store_writer_queued(tg_store_writer_t *writer);

/** Whether something of a failed transaction waits for another try. */
bool tg_store_writer_keeps(tg_store_writer_t *writer);

/** Orders another try. */
void tg_store_writer_retry(tg_store_writer_t *writer);

/** Blocks until idle. TG_E_STORE when the last transaction failed. */
TG_MUST_CHECK tg_rc_t tg_store_writer_wait(tg_store_writer_t *writer);

/** The groups with results, oldest first, as a list; NULL when there are none. Give each back with tg_store_writer_give(). */
tg_store_group_t *tg_store_writer_take_done(tg_store_writer_t *writer);

/** Gives up a group whose result was handled. @return whether it may be used again, else it is the writer's or freed */
bool tg_store_writer_give(tg_store_writer_t *writer, tg_store_group_t *group);

/** Writes what waits, ends the thread, frees all groups. @return how many writes could not be carried out */
size_t tg_store_writer_stop(tg_store_writer_t *writer);

#endif
