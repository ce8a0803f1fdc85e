/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of core/store/store_writer.c: a group is written when the virtual time of its commit is over and told a little later, on the
 * one thread there is. What a transaction is, is the product's (store_commit.c); the disk beneath it is tests/unit/store/cut_harness.c.
 */

#include "core/store/store_commit.h"
#include "tests/sim/sim_edge.h"
#include "tests/unit/store/cut_harness.h"

enum { COMMIT_MS = 8, SLOW_PER_MILLE = 30, SLOW_MS = 400, TELL_MS = 3, EARLY_MS = 20000, TORN_OPS = 10 };

#define HOLDS_FROM_MS (SIM_BEGIN_MS + 20 * 60 * 1000)

/* At most: a good disk, a card, a bad card. */
static const uint32_t commits_ms[] = {COMMIT_MS, COMMIT_MS, 60, 500};

/* The group under way: first `writes` runs, then `tells`. */
static struct {
  tg_store_writer_t *writer;
  tg_timer_t writes;
  tg_timer_t tells;
  tg_store_group_t *group;
  tg_rc_t rc;
  bool is_failing;
} at;

void sim_edge_writer_fail(bool is_failing) {
  at.is_failing = is_failing;
}

static void begin(void);

static void write_now(void) {
  if (!sim.is_dead) at.rc = at.is_failing ? TG_E_STORE : tg_store_commit_write(at.writer, at.group);
}

static void settle(void) {
  tg_store_writer_t *writer = at.writer;
  tg_store_group_t *group = at.group;
  at.group = NULL;
  if (group)
    sim_trace("disk: tickets up to %u%s, %zu writes, messages %u to %u: %s", (unsigned)group->ticket,
              group->partial ? " and part of the next" : "", group->count, (unsigned)group->first_seq,
              (unsigned)group->last_seq, tg_rc_name(at.rc));
  bool is_first = group && !writer->done;
  tg_store_commit_settle(writer, group, at.rc);
  writer->running = false;
  bool is_told = sim.breaks != SIM_BREAK_HOLD || sim.now_ms < HOLDS_FROM_MS;
  if (is_first && is_told && writer->notify(writer->ud) != TG_OK) sim_fail("the loop takes no post");
  if (!sim.is_dead) tg_store_db_tidy(writer->db);
}

static void on_tell(tg_timer_t *timer, void *ud) {
  (void)timer, (void)ud;
  settle();
  begin();
}

static void on_write(tg_timer_t *timer, void *ud) {
  (void)timer, (void)ud;
  write_now();
  sim_after(&at.tells, sim_draw(TELL_MS));
}

/* SIM_BREAK_ACK_EARLY: told first, written later. */
static void on_late_write(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_store_group_t *group = ud;
  if (!sim.is_dead) (void)!tg_store_commit_write(at.writer, group);
  tg_store_commit_drop(group);
  begin();
}

static void tell_early(void) {
  tg_store_group_t *group = at.group;
  at.rc = TG_OK;
  settle();
  if (!group) return;
  group->holders++;
  at.writes = (tg_timer_t){.fn = on_late_write, .ud = group};
  sim_after(&at.writes, 1 + sim_draw(EARLY_MS));
}

static void begin(void) {
  tg_store_writer_t *writer = at.writer;
  if (sim.is_dead || writer->running || tg_timer_active(&at.writes) || (!writer->inbox && !writer->retry)) return;
  at.group = writer->inbox;
  if (at.group) writer->inbox = at.group->next;
  writer->retry = false;
  writer->running = true;
  if (sim.breaks == SIM_BREAK_ACK_EARLY && !sim.is_calm) {
    tell_early();
    return;
  }
  uint64_t takes_ms = 1 + sim_draw(sim.is_calm ? COMMIT_MS : commits_ms[sim.seed % TG_COUNT(commits_ms)]);
  if (sim_chance(SLOW_PER_MILLE)) takes_ms += sim_draw(SLOW_MS);
  at.writes.fn = on_write;
  sim_after(&at.writes, takes_ms);
}

tg_rc_t tg_store_writer_start(tg_store_writer_t *writer, tg_store_db_t *db, tg_store_writer_notify_fn notify,
                              void *ud) {
  *writer = (tg_store_writer_t){.db = db, .notify = notify, .ud = ud};
  at.writer = writer;
  at.writes = (tg_timer_t){.fn = on_write};
  at.tells = (tg_timer_t){.fn = on_tell};
  at.group = NULL;
  cut_harness_lie(sim.breaks == SIM_BREAK_NO_SYNC);
  return TG_OK;
}

void tg_store_writer_push(tg_store_writer_t *writer, tg_store_group_t *group) {
  group->count = group->ops.count;
  writer->queued += group->ops.len;
  tg_store_commit_append(&writer->inbox, group);
  begin();
}

bool tg_store_writer_idle(tg_store_writer_t *writer) {
  return !writer->inbox && !writer->running;
}

size_t tg_store_writer_queued(tg_store_writer_t *writer) {
  return writer->queued;
}

bool tg_store_writer_keeps(tg_store_writer_t *writer) {
  return writer->kept != NULL;
}

void tg_store_writer_retry(tg_store_writer_t *writer) {
  writer->retry = true;
  begin();
}

/* The loop waits while the writer goes on: in no virtual time. */
static void run_out(tg_store_writer_t *writer) {
  if (sim.is_dead) return;
  while (writer->inbox || writer->retry || writer->running || tg_timer_active(&at.writes)) {
    tg_timer_t *timer = tg_timer_active(&at.writes) ? &at.writes : &at.tells;
    if (!tg_timer_active(timer)) begin();
    else {
      tg_wheel_del(sim.wheel, timer);
      timer->fn(timer, timer->ud);
    }
  }
}

tg_rc_t tg_store_writer_wait(tg_store_writer_t *writer) {
  run_out(writer);
  return writer->failing && !sim.is_dead ? TG_E_STORE : TG_OK;
}

tg_store_group_t *tg_store_writer_take_done(tg_store_writer_t *writer) {
  tg_store_group_t *list = writer->done;
  writer->done = NULL;
  return list;
}

bool tg_store_writer_give(tg_store_writer_t *writer, tg_store_group_t *group) {
  (void)writer;
  return group && --group->holders == 0;
}

static void free_list(tg_store_group_t **list) {
  while (*list) {
    tg_store_group_t *group = *list;
    *list = group->next;
    tg_store_commit_drop(group);
  }
}

/* What a crash leaves in memory. */
static void forget_all(tg_store_writer_t *writer) {
  if (tg_timer_active(&at.writes) && at.writes.fn == on_late_write) on_late_write(&at.writes, at.writes.ud);
  tg_wheel_del(sim.wheel, &at.writes);
  tg_wheel_del(sim.wheel, &at.tells);
  tg_store_commit_free(at.group);
  at.group = NULL;
  while (writer->inbox) {
    tg_store_group_t *group = writer->inbox;
    writer->inbox = group->next;
    tg_store_commit_free(group);
  }
}

size_t tg_store_writer_stop(tg_store_writer_t *writer) {
  writer->retry = writer->kept != NULL;
  run_out(writer);
  if (sim.is_dead) forget_all(writer);
  free_list(&writer->done);
  size_t lost = 0;
  for (const tg_store_group_t *group = writer->kept; group; group = group->next_kept) lost += group->ops.count;
  tg_store_commit_forget_kept(writer);
  at.writer = NULL;
  return sim.is_dead ? 0 : lost;
}

void sim_edge_writer_crash(void) {
  bool is_writing = at.writer && tg_timer_active(&at.writes) && at.writes.fn == on_write;
  if (is_writing && sim_chance(700)) {
    cut_harness_cut_after(1 + sim_draw(TORN_OPS));
    (void)!tg_store_commit_write(at.writer, at.group);
  }
  cut_harness_cut_after(0);
}
