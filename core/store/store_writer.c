/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that carries groups out, and its locks; what a transaction is, is in store_commit.c. See store_writer.h. */

#include "core/store/store_writer.h"

#include <time.h>

#include "core/base/batch.h"
#include "core/store/store_commit.h"

/* With the lock, which it gives up meanwhile. There is no other way to tell the loop, so it does not give up. */
static void tell(tg_store_writer_t *writer) {
  (void)pthread_mutex_unlock(&writer->lock);
  while (writer->notify(writer->ud) == TG_E_NOMEM) {
    (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  }
  (void)pthread_mutex_lock(&writer->lock);
}

/* With the lock, which it gives up meanwhile. */
static void tidy(tg_store_writer_t *writer) {
  (void)pthread_mutex_unlock(&writer->lock);
  tg_store_db_tidy(writer->db);
  (void)pthread_mutex_lock(&writer->lock);
}

static void *thread_main(void *ud) {
  tg_store_writer_t *writer = ud;
  (void)tg_batch_begin(); /* one commit for what a whole turn of the loop brings */
  (void)pthread_mutex_lock(&writer->lock);
  for (;;) {
    while (!writer->inbox && !writer->retry && !writer->stopping) (void)pthread_cond_wait(&writer->work, &writer->lock);
    if (!writer->inbox && !writer->retry) break;
    tg_store_group_t *group = writer->inbox;
    if (group) writer->inbox = group->next;
    writer->retry = false;
    writer->running = true;
    (void)pthread_mutex_unlock(&writer->lock);

    tg_rc_t rc = tg_store_commit_write(writer, group);

    (void)pthread_mutex_lock(&writer->lock);
    bool first = group && !writer->done;
    tg_store_commit_settle(writer, group, rc);
    writer->running = false; /* before the loop is told: it looks whether it may hand over the next group */
    (void)pthread_cond_broadcast(&writer->idle);
    if (first) tell(writer);
    tidy(writer);
  }
  (void)pthread_mutex_unlock(&writer->lock);
  return NULL;
}

tg_rc_t tg_store_writer_start(tg_store_writer_t *writer, tg_store_db_t *db, tg_store_writer_notify_fn notify,
                              void *ud) {
  *writer = (tg_store_writer_t){.db = db, .notify = notify, .ud = ud};
  (void)pthread_mutex_init(&writer->lock, NULL);
  (void)pthread_cond_init(&writer->work, NULL);
  (void)pthread_cond_init(&writer->idle, NULL);
  if (pthread_create(&writer->thread, NULL, thread_main, writer) == 0) return TG_OK;
  (void)pthread_cond_destroy(&writer->idle);
  (void)pthread_cond_destroy(&writer->work);
  (void)pthread_mutex_destroy(&writer->lock);
  return TG_E_NOMEM;
}

void tg_store_writer_push(tg_store_writer_t *writer, tg_store_group_t *group) {
  (void)pthread_mutex_lock(&writer->lock);
  group->count = group->ops.count;
  writer->queued += group->ops.len;
  tg_store_commit_append(&writer->inbox, group);
  (void)pthread_cond_signal(&writer->work);
  (void)pthread_mutex_unlock(&writer->lock);
}

bool tg_store_writer_idle(tg_store_writer_t *writer) {
  (void)pthread_mutex_lock(&writer->lock);
  bool idle = !writer->inbox && !writer->running;
  (void)pthread_mutex_unlock(&writer->lock);
  return idle;
}

size_t tg_store_writer_queued(tg_store_writer_t *writer) {
  (void)pthread_mutex_lock(&writer->lock);
  size_t queued = writer->queued;
  (void)pthread_mutex_unlock(&writer->lock);
  return queued;
}

bool tg_store_writer_keeps(tg_store_writer_t *writer) {
  (void)pthread_mutex_lock(&writer->lock);
  bool keeps = writer->kept != NULL;
  (void)pthread_mutex_unlock(&writer->lock);
  return keeps;
}

void tg_store_writer_retry(tg_store_writer_t *writer) {
  (void)pthread_mutex_lock(&writer->lock);
  writer->retry = true;
  (void)pthread_cond_signal(&writer->work);
  (void)pthread_mutex_unlock(&writer->lock);
}

tg_rc_t tg_store_writer_wait(tg_store_writer_t *writer) {
  (void)pthread_mutex_lock(&writer->lock);
  while (writer->inbox || writer->running) (void)pthread_cond_wait(&writer->idle, &writer->lock);
  tg_rc_t rc = writer->failing ? TG_E_STORE : TG_OK;
  (void)pthread_mutex_unlock(&writer->lock);
  return rc;
}

tg_store_group_t *tg_store_writer_take_done(tg_store_writer_t *writer) {
  (void)pthread_mutex_lock(&writer->lock);
  tg_store_group_t *list = writer->done;
  writer->done = NULL;
  (void)pthread_mutex_unlock(&writer->lock);
  return list;
}

bool tg_store_writer_give(tg_store_writer_t *writer, tg_store_group_t *group) {
  (void)pthread_mutex_lock(&writer->lock);
  bool last = --group->holders == 0;
  (void)pthread_mutex_unlock(&writer->lock);
  return last;
}

size_t tg_store_writer_stop(tg_store_writer_t *writer) {
  (void)pthread_mutex_lock(&writer->lock);
  writer->stopping = true;
  writer->retry = writer->kept != NULL; /* a last try */
  (void)pthread_cond_signal(&writer->work);
  (void)pthread_mutex_unlock(&writer->lock);
  (void)pthread_join(writer->thread, NULL);

  size_t lost = 0;
  while (writer->done) {
    tg_store_group_t *group = writer->done;
    writer->done = group->next;
    tg_store_commit_drop(group);
  }
  for (tg_store_group_t *group = writer->kept; group; group = group->next_kept) lost += group->ops.count;
  tg_store_commit_forget_kept(writer);
  (void)pthread_cond_destroy(&writer->idle);
  (void)pthread_cond_destroy(&writer->work);
  (void)pthread_mutex_destroy(&writer->lock);
  return lost;
}
