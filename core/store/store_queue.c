/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tickets, and the way to the writer and back: writes gather in the open group; a turn's end hands it over when the writer is idle, so
 * that what comes while it writes becomes the next group. Called by store.c and store_outbox.c; calls the ring and the writer.
 */

#include "core/base/alloc.h"
#include "core/store/store_commit.h"
#include "core/store/store_state.h"

enum { DELETIONS_WAIT_MS = 2, DELETIONS_FEW = 8, NOMEM_WAIT_MS = 10 };

static tg_store_group_t *new_group(tg_store_t *store) {
  tg_store_group_t *group = store->spare;
  store->spare = NULL;
  if (!group) return tg_alloc_array(1, sizeof *group);
  tg_store_ops_t ops = group->ops;
  tg_store_ops_clear(&ops);
  *group = (tg_store_group_t){.ops = ops};
  return group;
}

/* Deletions may go above the maximum by a quarter: they are what makes room. */
static size_t max_for(const tg_store_op_t *op) {
  if (op->kind == TG_STORE_OP_REMOVE || op->kind == TG_STORE_OP_RESERVE) return TG_STORE_OPS_MAX + TG_STORE_OPS_MAX / 4;
  return op->yields ? TG_STORE_OPS_MAX - TG_STORE_OPS_MAX / 8 : TG_STORE_OPS_MAX;
}

/* Whether @p size bytes more may wait. */
static bool has_room(tg_store_t *store, const tg_store_op_t *op, size_t size) {
  size_t max = max_for(op);
  if (store->open->ops.len + store->handed_bytes + size <= max) return true;
  store->handed_bytes = tg_store_writer_queued(&store->writer);
  return store->open->ops.len + store->handed_bytes + size <= max;
}

tg_rc_t tg_store_queue_add(tg_store_t *store, const tg_store_op_t *op) {
  size_t size = tg_store_ops_size(op);
  if (size > TG_STORE_OPS_MAX) return TG_E_TOO_LONG;
  if (!has_room(store, op, size)) return TG_E_FULL;
  if (store->open->ops.len == 0) store->open_since = tg_loop_now(store->loop);
  tg_rc_t rc = tg_store_ops_add(&store->open->ops, op);
  if (rc != TG_OK) return rc;
  store->turn_dirty = true;
  if (op->kind != TG_STORE_OP_REMOVE) store->urgent = true;
  if (op->kind == TG_STORE_OP_ADD) {
    if (!store->open->first_seq) store->open->first_seq = op->seq;
    store->open->last_seq = op->seq;
    store->turn_durable = true;
  }
  return TG_OK;
}

void tg_store_queue_hand_over(tg_store_t *store) {
  tg_store_group_t *next = new_group(store);
  if (!next) {
    tg_wheel_add(tg_loop_wheel(store->loop), &store->timer, tg_loop_now(store->loop) + NOMEM_WAIT_MS);
    return;
  }
  tg_store_group_t *group = store->open;
  store->open = next;
  group->ticket = store->handed_ticket = store->ticket - 1;
  group->partial = store->turn_dirty;
  group->lazy = !store->urgent;
  group->reserved = store->reserve_queued;
  store->urgent = false;
  store->handed_bytes += group->ops.len;
  tg_wheel_del(tg_loop_wheel(store->loop), &store->timer);
  tg_store_writer_push(&store->writer, group);
}

/* What is not deleted comes twice after a crash; so few deletions go at once, and many, which would keep the writer busy, wait for more. */
static uint64_t group_wait(const tg_store_t *store) {
  if (store->urgent) return store->config.commit_max_ms;
  return store->open->ops.count <= DELETIONS_FEW ? 0 : DELETIONS_WAIT_MS;
}

/* When the open group is to go, UINT64_MAX if there is nothing to do. */
static uint64_t due_at(tg_store_t *store) {
  bool nothing = store->open->ops.len == 0;
  if (store->failing) {
    if (nothing && store->handed_ticket == store->ticket - 1 && !tg_store_writer_keeps(&store->writer))
      return UINT64_MAX;
    return store->failed_at + store->config.retry_ms;
  }
  if (nothing) return store->handed_ticket == store->ticket - 1 ? UINT64_MAX : 0;
  return store->open_since + group_wait(store);
}

static void schedule(tg_store_t *store) {
  uint64_t due = due_at(store);
  if (due == UINT64_MAX || !tg_store_writer_idle(&store->writer)) return;
  if (due > tg_loop_now(store->loop)) {
    if (store->timer.due_ms != due || !tg_timer_active(&store->timer)) {
      tg_wheel_add(tg_loop_wheel(store->loop), &store->timer, due);
    }
  } else if (store->open->ops.len || store->handed_ticket != store->ticket - 1 || store->kept_first) {
    tg_store_queue_hand_over(store); /* an empty group tells when what was kept is on disk */
  } else {
    store->failed_at = tg_loop_now(store->loop);
    tg_store_writer_retry(&store->writer);
    tg_wheel_add(tg_loop_wheel(store->loop), &store->timer, store->failed_at + store->config.retry_ms);
  }
}

/* What a turn writes belongs together, such as the end of a command and the removal of its row: not half of it. Its end comes here, too. */
static void on_timer(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_store_t *store = ud;
  if (!store->turn_dirty) schedule(store);
}

uint64_t tg_store_ticket(const tg_store_t *store) {
  return store->ticket;
}

bool tg_store_end_turn(tg_store_t *store) {
  bool durable = store->turn_durable;
  if (store->turn_dirty) store->ticket++;
  store->turn_dirty = store->turn_durable = false;
  schedule(store);
  return durable;
}

/* Messages that outlast a failed transaction are written first in the next one. */
static void settle(tg_store_t *store, const tg_store_group_t *group) {
  bool is_good = group->rc == TG_OK;
  if (is_good && store->kept_first) {
    tg_store_ring_settle(&store->ring, store->kept_first, store->kept_last, true);
    store->kept_first = 0;
  }
  if (!group->first_seq) return;
  tg_store_ring_settle(&store->ring, group->first_seq, group->last_seq, is_good);
  if (is_good) return;
  if (!store->kept_first) store->kept_first = group->first_seq;
  store->kept_last = group->last_seq;
}

/* Where only syncs fail, deletions that were not synced say nothing about the disk. */
static void note_good(tg_store_t *store, const tg_store_group_t *group) {
  store->stats.commits++;
  if (!store->failing || !group->is_synced) return;
  tg_log("store", TG_LOG_WARN, "writes_again");
  store->failing = false;
}

static void note_result(tg_store_t *store, const tg_store_group_t *group) {
  if (group->rc == TG_OK) {
    if (group->count || store->kept_first) note_good(store, group);
    store->stats.writes += group->count;
    store->reserved = group->reserved;
  } else {
    if (group->count) store->stats.failed_commits++; /* else a further try of what failed before */
    if (!store->failing)
      tg_log("store", TG_LOG_ERROR, "write_failed writes=%zu tried_again_in_ms=%llu", group->count,
             (unsigned long long)store->config.retry_ms);
    store->failing = true;
    store->failed_at = tg_loop_now(store->loop);
  }
  settle(store, group);
}

/* A ticket fails with any of the groups that hold its writes. */
static void tell(tg_store_t *store, const tg_store_group_t *group) {
  bool failed = group->rc != TG_OK;
  if (group->ticket > store->told_ticket) {
    tg_rc_t rc = failed || store->partial_failed ? TG_E_STORE : TG_OK;
    store->told_ticket = group->ticket;
    store->partial_failed = false;
    if (store->config.on_commit) store->config.on_commit(store->config.ud, group->ticket, rc);
  }
  if (failed && group->partial) store->partial_failed = true;
}

/* On the loop's thread, posted by the writer. */
static void on_done(void *ud) {
  tg_store_t *store = ud;
  tg_store_group_t *list = tg_store_writer_take_done(&store->writer);
  for (const tg_store_group_t *group = list; group; group = group->next) note_result(store, group);
  store->handed_bytes = tg_store_writer_queued(&store->writer);
  while (list) {
    tg_store_group_t *group = list;
    list = group->next;
    tell(store, group);
    if (!tg_store_writer_give(&store->writer, group)) continue;
    tg_store_commit_free(store->spare);
    store->spare = group;
  }
  if (!store->turn_dirty) schedule(store);
}

static tg_rc_t notify(void *ud) {
  tg_store_t *store = ud;
  return tg_loop_post(store->loop, on_done, store);
}

tg_rc_t tg_store_queue_flush(tg_store_t *store) {
  if (store->open->ops.len) tg_store_queue_hand_over(store);
  if (store->open->ops.len) return TG_E_NOMEM;
  return tg_store_writer_wait(&store->writer);
}

tg_rc_t tg_store_queue_start(tg_store_t *store) {
  store->timer.fn = on_timer;
  store->timer.ud = store;
  store->ticket = 1;
  store->open = new_group(store);
  if (!store->open) return TG_E_NOMEM;
  tg_rc_t rc = tg_store_writer_start(&store->writer, &store->db, notify, store);
  if (rc == TG_OK) return TG_OK;
  tg_store_commit_free(store->open);
  store->open = NULL;
  return rc;
}

void tg_store_queue_stop(tg_store_t *store) {
  tg_wheel_del(tg_loop_wheel(store->loop), &store->timer);
  tg_store_writer_push(&store->writer, store->open);
  size_t lost = tg_store_writer_stop(&store->writer);
  if (lost) tg_log("store", TG_LOG_ERROR, "writes_lost_at_close count=%zu", lost);
  tg_loop_unpost(store->loop, on_done, store);
  tg_store_commit_free(store->spare);
  store->open = store->spare = NULL;
}
