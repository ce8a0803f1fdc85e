/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, closing, rows and counters; see store.h. The outbox is in store_outbox.c, tickets are in store_queue.c. */

#include "core/base/alloc.h"
#include "core/store/store_state.h"

#define OUTBOX_MAX      ((uint64_t)64 << 20)
#define RING_MEMORY_MAX ((size_t)8 << 20)

static tg_rc_t load_entry(void *ud, uint64_t seq, uint32_t broker, uint32_t size) {
  tg_store_t *store = ud;
  store->last_seq = seq;
  return tg_store_ring_load(&store->ring, seq, broker, size);
}

/* The first reservation of sequence numbers has to be on disk before one of them is used. */
static tg_rc_t reserve(tg_store_t *store) {
  store->next_seq = store->db.next_seq;
  tg_store_op_t op = {.kind = TG_STORE_OP_RESERVE, .seq = store->next_seq + TG_STORE_RESERVE};
  tg_rc_t rc = tg_store_db_begin(&store->db, false);
  if (rc == TG_OK) rc = tg_store_db_apply(&store->db, &op);
  if (rc == TG_OK) rc = tg_store_db_commit(&store->db);
  store->reserved = store->reserve_queued = op.seq;
  return rc;
}

static tg_rc_t open_parts(tg_store_t *store, tg_diag_t *diag) {
  tg_rc_t rc = tg_store_db_open(store->config.path, diag, &store->db);
  if (rc != TG_OK) return rc;
  rc = tg_store_db_load(&store->db, load_entry, store);
  if (rc == TG_OK) rc = reserve(store);
  if (rc == TG_OK) rc = tg_store_queue_start(store);
  if (rc == TG_OK) return TG_OK;
  tg_diag_set(diag, NULL, 0, "cannot start the store: %s", tg_rc_text(rc));
  tg_store_ring_fini(&store->ring);
  tg_store_db_close(&store->db);
  return rc;
}

tg_rc_t tg_store_open(tg_loop_t *loop, const tg_store_config_t *config, tg_diag_t *diag, tg_store_t **store) {
  tg_store_t *made = tg_alloc_array(1, sizeof *made);
  if (!made) return TG_E_NOMEM;
  made->loop = loop;
  made->config = *config;
  if (made->config.outbox_max == 0) made->config.outbox_max = OUTBOX_MAX;
  made->ring.memory_max = RING_MEMORY_MAX;
  tg_rc_t rc = open_parts(made, diag);
  made->config.path = NULL; /* the caller's, and only for opening */
  if (rc != TG_OK) {
    tg_alloc_free(made);
    return rc;
  }
  tg_store_expire_start(made);
  *store = made;
  return TG_OK;
}

void tg_store_close(tg_store_t *store) {
  if (!store) return;
  tg_store_expire_stop(store);
  /* Numbers go on without a gap. If this can't be written, they begin after the reservation. */
  tg_store_op_t op = {.kind = TG_STORE_OP_RESERVE, .seq = store->next_seq};
  tg_rc_t rc = tg_store_queue_add(store, &op);
  if (rc != TG_OK) tg_log("store", TG_LOG_DEBUG, "reservation_left error=%s", tg_rc_name(rc));
  tg_store_queue_stop(store);
  tg_store_ring_fini(&store->ring);
  tg_store_db_close(&store->db);
  tg_alloc_free(store);
}

const char *tg_store_gateway_id(const tg_store_t *store) {
  return store->db.gateway;
}

tg_rc_t tg_store_put(tg_store_t *store, const char *bucket, tg_slice_t key, tg_slice_t value) {
  tg_store_op_t op = {.kind = TG_STORE_OP_PUT, .bucket = tg_slice_str(bucket), .key = key, .value = value};
  return tg_store_queue_add(store, &op);
}

tg_rc_t tg_store_del(tg_store_t *store, const char *bucket, tg_slice_t key) {
  return tg_store_queue_add(store,
                            &(tg_store_op_t){.kind = TG_STORE_OP_DEL, .bucket = tg_slice_str(bucket), .key = key});
}

tg_rc_t tg_store_each(tg_store_t *store, const char *bucket, tg_store_row_fn fn, void *ud) {
  tg_rc_t rc = tg_store_queue_flush(store);
  return rc == TG_OK ? tg_store_db_each(&store->db, tg_slice_str(bucket), fn, ud) : rc;
}

tg_rc_t tg_store_get(tg_store_t *store, const char *bucket, tg_slice_t key, tg_buf_t *value) {
  tg_rc_t rc = tg_store_queue_flush(store);
  return rc == TG_OK ? tg_store_db_get(&store->db, tg_slice_str(bucket), key, value) : rc;
}

void tg_store_stats(const tg_store_t *store, tg_store_stats_t *stats) {
  *stats = store->stats;
  stats->outbox_bytes = store->ring.bytes;
  stats->outbox_rows = store->ring.rows;
  stats->outbox_max = store->config.outbox_max;
  stats->outbox_max_age_ms = store->config.outbox_max_age_ms;
  stats->next_seq = store->next_seq;
}
