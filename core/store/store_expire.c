/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outbox messages that are older than they may be are given up, counted and told, those of brokers that are not configured any more,
 * too. A timer looks now and then at the oldest one: nothing is looked for. One that is on its way to its broker just then may be counted and
 * arrive all the same. Called by store.c; calls store_age.c, store_outbox.c and store_queue.c.
 */

#include "core/store/store_state.h"

#define BUCKET "store"
#define KEY    "age"
enum { BATCH = 1024, ROW_MAX = 4096 };

static uint64_t ran(const tg_store_t *store) {
  return store->age.ran_ms + (tg_loop_now(store->loop) - store->age.begun_ms);
}

static void schedule(tg_store_t *store, uint64_t delay_ms) {
  tg_wheel_add(tg_loop_wheel(store->loop), &store->age.timer, tg_loop_now(store->loop) + delay_ms);
}

static void save(tg_store_t *store) {
  uint8_t bytes[ROW_MAX];
  tg_buf_t row;
  tg_buf_init(&row, bytes, sizeof bytes);
  tg_store_age_encode(&store->age, ran(store), &row);
  const tg_store_op_t op = {
      .kind = TG_STORE_OP_PUT, .bucket = tg_slice_str(BUCKET), .key = tg_slice_str(KEY), .value = tg_buf_slice(&row)};
  tg_rc_t rc = row.rc == TG_OK ? tg_store_queue_add(store, &op) : row.rc;
  if (rc != TG_OK) tg_log("store", TG_LOG_DEBUG, "age_not_kept error=%s", tg_rc_name(rc));
}

/* @return whether there may be more */
static bool sweep(tg_store_t *store, uint64_t limit) {
  tg_store_gap_t *gap = &store->age.gap;
  for (int i = 0; i < BATCH; i++) {
    const tg_store_ring_entry_t *oldest = tg_store_ring_first(&store->ring);
    if (!oldest || oldest->seq >= limit || oldest->state == TG_STORE_RING_PENDING) return false;
    uint64_t seq = oldest->seq;
    if (tg_store_outbox_del(store, seq) != TG_OK) return false; /* too much waits for the disk: later */
    if (!gap->count++) gap->first_seq = seq;
    gap->last_seq = seq;
    store->stats.outbox_expired++;
  }
  return true;
}

static void tell(tg_store_t *store) {
  tg_store_gap_t gap = store->age.gap;
  store->age.gap = (tg_store_gap_t){.expired = true};
  if (!gap.count) return;
  tg_log("store", TG_LOG_WARN, "outbox_expired messages=%llu first_seq=%llu last_seq=%llu max_age_s=%llu",
         (unsigned long long)gap.count, (unsigned long long)gap.first_seq, (unsigned long long)gap.last_seq,
         (unsigned long long)store->age.max_ms / 1000);
  if (store->config.on_gap) store->config.on_gap(store->config.ud, &gap);
}

static void on_timer(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_store_t *store = ud;
  tg_store_age_mark(&store->age, store->next_seq, ran(store));
  if (sweep(store, tg_store_age_limit(&store->age, ran(store)))) {
    schedule(store, 1);
    return;
  }
  tell(store);
  save(store);
  schedule(store, tg_store_age_spacing(&store->age));
}

void tg_store_expire_start(tg_store_t *store) {
  tg_store_age_t *age = &store->age;
  uint8_t bytes[ROW_MAX];
  tg_buf_t row;
  age->max_ms = store->config.outbox_max_age_ms;
  age->timer = (tg_timer_t){.fn = on_timer, .ud = store};
  age->begun_ms = tg_loop_now(store->loop);
  age->gap.expired = true;
  if (!age->max_ms) return;
  tg_buf_init(&row, bytes, sizeof bytes);
  if (tg_store_db_get(&store->db, tg_slice_str(BUCKET), tg_slice_str(KEY), &row) == TG_OK)
    tg_store_age_decode(age, tg_buf_slice(&row));
  tg_store_age_mark(age, store->next_seq, ran(store));
  schedule(store, tg_store_age_spacing(age));
}

void tg_store_expire_stop(tg_store_t *store) {
  tg_wheel_del(tg_loop_wheel(store->loop), &store->age.timer);
  if (store->age.max_ms) save(store);
}
