/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of core/server: whose turn it is to be asked and observed. When thousands of devices register at a time, what the server wants
 * of them must not come at once: their own messages go first, and what a plan needs of memory is taken only by so many at a time. A
 * device in queue mode soon sleeps, so it goes before the others, which get every fourth turn at least. All is O(1). See observe.h and
 * docs/adr/0019-devices-are-asked-at-a-pace.md.
 */

#include "core/server/observe.h"

enum {
  STEP_MS = 1000 / TG_REG_PLANS_PER_SECOND,
  ALLOWANCE_MS = 50 * STEP_MS, /* after some quiet so many begin without a pause */
  TICK_MS = 10,                /* then a tick's worth at a time, not a timer for each */
  SHARE = 4
};

static tg_reg_t *reg_of(const tg_server_t *server, uint32_t ref) {
  return ref ? tg_pool_at(&server->regs, ref - 1, NULL) : NULL;
}

/* Of two low halves of times that are not weeks apart; above 0: @p a is later. */
static int32_t later(uint32_t a, uint32_t b) {
  return (int32_t)(a - b);
}

static bool is_full(const tg_server_t *server) {
  return server->plans.count >= TG_REG_PLANS_MAX;
}

/* Lanes stand in pairs: first those whose devices sleep. In a lane all have the same delay, so the first one is due first. */
static tg_reg_t *first_of(const tg_server_t *server, bool sleeps) {
  const uint32_t *lane = &server->queue.first_ref[sleeps ? 0 : 2];
  tg_reg_t *plain = reg_of(server, lane[0]), *asked = reg_of(server, lane[1]);
  if (!plain || !asked) return plain ? plain : asked;
  return later(plain->queue_due, asked->queue_due) > 0 ? asked : plain;
}

static tg_reg_t *due_of(const tg_server_t *server, bool sleeps, uint32_t now) {
  tg_reg_t *reg = first_of(server, sleeps);
  return reg && later(reg->queue_due, now) <= 0 ? reg : NULL;
}

static tg_reg_t *next(tg_server_t *server, uint32_t now) {
  bool sleepers_first = ++server->queue.turns % SHARE != 0;
  tg_reg_t *reg = due_of(server, sleepers_first, now);
  return reg ? reg : due_of(server, !sleepers_first, now);
}

/* For when the first of them is due and the pace allows it; while all plans are under way, the end of one of them is waited for. */
static void arm(tg_server_t *server) {
  tg_wheel_t *wheel = server->config.wheel;
  tg_observe_queue_t *queue = &server->queue;
  uint64_t now = tg_wheel_now(wheel), at = UINT64_MAX;
  for (int sleeps = 0; sleeps < 2; sleeps++) {
    const tg_reg_t *reg = first_of(server, sleeps != 0);
    int32_t left = reg ? later(reg->queue_due, (uint32_t)now) : 0;
    uint64_t due = left > 0 ? now + (uint64_t)left : now;
    if (reg && due < at) at = due;
  }
  if (queue->paced_ms > now && at < queue->paced_ms) at = queue->paced_ms + TICK_MS - 1;
  if (at == UINT64_MAX || is_full(server)) tg_wheel_del(wheel, &queue->timer);
  else tg_wheel_add(wheel, &queue->timer, at);
}

static void keep_pace(tg_observe_queue_t *queue, uint64_t now) {
  if (queue->paced_ms + ALLOWANCE_MS < now) queue->paced_ms = now - ALLOWANCE_MS;
  queue->paced_ms += STEP_MS;
}

static void on_timer(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_server_t *server = ud;
  tg_observe_queue_t *queue = &server->queue;
  uint64_t now = tg_wheel_now(server->config.wheel);
  while (queue->paced_ms <= now && !is_full(server)) {
    tg_reg_t *reg = next(server, (uint32_t)now);
    if (!reg) break;
    server->stats.plans_late += later((uint32_t)now, reg->queue_due) > TICK_MS;
    tg_observe_queue_del(server, reg);
    keep_pace(queue, now);
    queue->begin(server, reg);
  }
  server->stats.over_plans += is_full(server) && (first_of(server, true) || first_of(server, false));
  arm(server);
}

void tg_observe_queue_init(tg_server_t *server, tg_observe_begin_fn begin) {
  server->queue = (tg_observe_queue_t){.timer = {.fn = on_timer, .ud = server}, .begin = begin};
}

void tg_observe_queue_fini(tg_server_t *server) {
  tg_wheel_del(server->config.wheel, &server->queue.timer);
}

void tg_observe_queue_add(tg_server_t *server, tg_reg_t *reg, const tg_observe_turn_t *turn) {
  tg_observe_queue_t *queue = &server->queue;
  unsigned lane = (turn->sleeps ? 0U : 2U) + turn->asks;
  uint32_t ref = tg_id_slot(tg_reg_table_id(server, reg)) + 1;
  tg_reg_t *last = reg_of(server, queue->last_ref[lane]);
  reg->queue_lane = (uint8_t)(lane + 1);
  reg->queue_due = (uint32_t)tg_wheel_now(server->config.wheel) + turn->delay_ms;
  reg->queue_prev_ref = queue->last_ref[lane];
  reg->queue_next_ref = 0;
  queue->last_ref[lane] = ref;
  if (last) {
    last->queue_next_ref = ref;
    return; /* the timer runs for one before it */
  }
  queue->first_ref[lane] = ref;
  arm(server);
}

void tg_observe_queue_del(tg_server_t *server, tg_reg_t *reg) {
  tg_observe_queue_t *queue = &server->queue;
  if (!reg->queue_lane) return;
  unsigned lane = reg->queue_lane - 1U;
  if (reg->queue_prev_ref) reg_of(server, reg->queue_prev_ref)->queue_next_ref = reg->queue_next_ref;
  else queue->first_ref[lane] = reg->queue_next_ref;
  if (reg->queue_next_ref) reg_of(server, reg->queue_next_ref)->queue_prev_ref = reg->queue_prev_ref;
  else queue->last_ref[lane] = reg->queue_prev_ref;
  reg->queue_prev_ref = reg->queue_next_ref = 0;
  reg->queue_lane = 0;
}

void tg_observe_queue_go_on(tg_server_t *server) {
  if (!tg_timer_active(&server->queue.timer)) arm(server);
}
