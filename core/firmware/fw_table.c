/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: the table of updates; see fw_table.h. Called by firmware.c, the machine and its phases. */

#include "core/firmware/fw_table.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/alloc.h"

enum { JOBS_MAX = 100000, ENDED_MAX = 1000, SAVE_BYTES = 65536, SECOND_MS = 1000, LOST_PER_MINUTE = 5 };
#define ENDED_KEPT_MS (INT64_C(30) * 24 * 3600 * 1000)

static const char bucket[] = "firmware";

static uint32_t hash_id(const tg_firmware_t *firmware, uint64_t id) {
  return tg_hash32(&firmware->key, tg_slice(&id, sizeof id));
}

static uint32_t hash_ep(const tg_firmware_t *firmware, const char *ep) {
  return tg_hash32(&firmware->key, tg_slice_str(ep));
}

static bool has_id(const void *table, uint32_t slot, const void *key) {
  const tg_fw_job_t *job = tg_pool_at(table, slot, NULL);
  return job && job->row.id == *(const uint64_t *)key;
}

static bool has_ep(const void *table, uint32_t slot, const void *key) {
  const tg_fw_job_t *job = tg_pool_at(table, slot, NULL);
  return job && tg_slice_is(*(const tg_slice_t *)key, job->row.ep);
}

static uint32_t slot_of(const tg_fw_job_t *job) {
  return tg_id_slot(tg_pool_id(&job->firmware->jobs, job));
}

tg_fw_job_t *tg_fw_table_find(const tg_firmware_t *firmware, uint64_t id) {
  tg_hidx_query_t query = {hash_id(firmware, id), has_id, &firmware->jobs, &id};
  uint32_t slot;
  return tg_hidx_find(&firmware->by_id, &query, &slot) ? tg_pool_at(&firmware->jobs, slot, NULL) : NULL;
}

tg_fw_job_t *tg_fw_table_find_ep(const tg_firmware_t *firmware, tg_slice_t ep) {
  tg_hidx_query_t query = {tg_hash32(&firmware->key, ep), has_ep, &firmware->jobs, &ep};
  uint32_t slot;
  return tg_hidx_find(&firmware->by_ep, &query, &slot) ? tg_pool_at(&firmware->jobs, slot, NULL) : NULL;
}

static void link_in(tg_firmware_t *firmware, tg_fw_job_t *job) {
  job->older = firmware->newest;
  if (job->older) job->older->newer = job;
  else firmware->oldest = job;
  firmware->newest = job;
}

static void link_out(tg_firmware_t *firmware, tg_fw_job_t *job) {
  if (job->older) job->older->newer = job->newer;
  else firmware->oldest = job->newer;
  if (job->newer) job->newer->older = job->older;
  else firmware->newest = job->older;
}

/* The index of devices names the newest update only. */
static tg_rc_t index_ep(tg_firmware_t *firmware, tg_fw_job_t *job, uint32_t slot) {
  tg_fw_job_t *before = tg_fw_table_find_ep(firmware, tg_slice_str(job->row.ep));
  uint32_t hash = hash_ep(firmware, job->row.ep);
  tg_rc_t rc = tg_hidx_add(&firmware->by_ep, hash, slot);
  if (rc == TG_OK && before) tg_hidx_del(&firmware->by_ep, hash, slot_of(before));
  return rc;
}

static tg_rc_t add(tg_firmware_t *firmware, const tg_fw_row_t *row, tg_fw_job_t **out) {
  tg_id_t id;
  tg_fw_job_t *job = tg_pool_take(&firmware->jobs, &id);
  if (!job) return firmware->jobs.count >= JOBS_MAX ? TG_E_FULL : TG_E_NOMEM;
  job->firmware = firmware;
  job->row = *row;
  uint32_t slot = tg_id_slot(id);
  tg_rc_t rc = tg_hidx_add(&firmware->by_id, hash_id(firmware, row->id), slot);
  if (rc == TG_OK) {
    rc = index_ep(firmware, job, slot);
    if (rc != TG_OK) tg_hidx_del(&firmware->by_id, hash_id(firmware, row->id), slot);
  }
  if (rc != TG_OK) {
    tg_pool_give(&firmware->jobs, id);
    return rc;
  }
  tg_fw_facts_init(&job->facts);
  link_in(firmware, job);
  *out = job;
  return TG_OK;
}

tg_rc_t tg_fw_table_add(tg_firmware_t *firmware, const tg_fw_row_t *row, tg_fw_job_t **job) {
  tg_fw_row_t as = *row;
  as.id = firmware->next_id;
  tg_rc_t rc = add(firmware, &as, job);
  if (rc == TG_OK) firmware->next_id++;
  return rc;
}

static void drop(tg_firmware_t *firmware, tg_fw_job_t *job) {
  uint32_t slot = slot_of(job);
  tg_id_t id = tg_pool_id(&firmware->jobs, job);
  tg_hidx_del(&firmware->by_id, hash_id(firmware, job->row.id), slot);
  tg_hidx_del(&firmware->by_ep, hash_ep(firmware, job->row.ep), slot);
  link_out(firmware, job);
  tg_wheel_del(firmware->config.wheel, &job->timer);
  tg_wheel_del(firmware->config.wheel, &job->expiry);
  tg_pool_give(&firmware->jobs, id);
}

void tg_fw_table_drop(tg_fw_job_t *job) {
  drop(job->firmware, job);
}

static tg_slice_t key_of(uint64_t id, uint8_t key[8]) {
  tg_buf_t buf;
  tg_buf_init(&buf, key, 8);
  tg_buf_put_be(&buf, id, 8);
  return tg_buf_slice(&buf);
}

tg_rc_t tg_fw_table_save(tg_fw_job_t *job) {
  tg_firmware_t *firmware = job->firmware;
  uint8_t memory[TG_FW_ROW_MAX], key[8];
  tg_buf_t out;
  if (!firmware->config.store) return TG_OK;
  tg_buf_init(&out, memory, sizeof memory);
  tg_fw_row_encode(&job->row, &out);
  job->saved_sent = job->row.sent;
  job->saved_ms = tg_wheel_now(firmware->config.wheel);
  tg_rc_t rc = out.rc;
  if (rc == TG_OK) rc = tg_store_put(firmware->config.store, bucket, key_of(job->row.id, key), tg_buf_slice(&out));
  if (rc != TG_OK && tg_log_allow(&firmware->store_failed, job->saved_ms, LOST_PER_MINUTE))
    tg_log("firmware", TG_LOG_ERROR, "update_not_kept id=%llu error=%s suppressed=%u", (unsigned long long)job->row.id,
           tg_rc_name(rc), firmware->store_failed.suppressed);
  return rc;
}

static void drop_row(tg_firmware_t *firmware, tg_slice_t key) {
  if (!firmware->config.store) return;
  tg_rc_t rc = tg_store_del(firmware->config.store, bucket, key);
  if (rc != TG_OK) tg_log("firmware", TG_LOG_WARN, "row_not_removed error=%s", tg_rc_name(rc));
}

static bool has_lanes(const tg_fw_job_t *job) {
  for (size_t i = 0; i < TG_FW_LANE_COUNT; i++) {
    if (job->lane[i] != TG_ID_NONE) return true;
  }
  return false;
}

static void trim(tg_firmware_t *firmware) {
  int64_t limit = tg_wheel_unix(firmware->config.wheel) - ENDED_KEPT_MS;
  while (firmware->ended_first) {
    tg_fw_job_t *job = firmware->ended_first;
    bool goes = firmware->ended_count > ENDED_MAX || job->row.changed_ms < limit;
    if (!goes || has_lanes(job)) return;
    uint8_t key[8];
    firmware->ended_first = job->next_ended;
    if (!firmware->ended_first) firmware->ended_last = NULL;
    firmware->ended_count--;
    drop_row(firmware, key_of(job->row.id, key));
    drop(firmware, job);
  }
}

static void append_ended(tg_firmware_t *firmware, tg_fw_job_t *job) {
  if (firmware->ended_last) firmware->ended_last->next_ended = job;
  else firmware->ended_first = job;
  firmware->ended_last = job;
  firmware->ended_count++;
}

void tg_fw_table_ended(tg_fw_job_t *job) {
  if (job->image) tg_fw_image_use(job->image, -1);
  job->image = NULL;
  tg_wheel_del(job->firmware->config.wheel, &job->timer);
  tg_wheel_del(job->firmware->config.wheel, &job->expiry);
  append_ended(job->firmware, job);
  trim(job->firmware);
}

typedef struct restore {
  tg_firmware_t *firmware;
  tg_rc_t rc;
} restore_t;

static bool on_row(void *ud, tg_slice_t key, tg_slice_t value) {
  restore_t *restore = ud;
  tg_fw_row_t row;
  uint8_t wanted[8];
  tg_rc_t rc = tg_fw_row_decode(value, &row);
  if (rc == TG_OK && !tg_slice_eq(key, key_of(row.id, wanted))) rc = TG_E_CORRUPT;
  if (rc != TG_OK) {
    tg_log("firmware", TG_LOG_ERROR, "row_left_out error=%s", tg_rc_name(rc));
    return true;
  }
  tg_fw_job_t *job;
  restore->rc = add(restore->firmware, &row, &job);
  if (restore->rc != TG_OK) return false;
  if (row.id >= restore->firmware->next_id) restore->firmware->next_id = row.id + 1;
  if (tg_fw_job_has_ended(job)) append_ended(restore->firmware, job);
  return true;
}

tg_rc_t tg_fw_table_restore(tg_firmware_t *firmware) {
  restore_t restore = {firmware, TG_OK};
  if (!firmware->config.store) return TG_OK;
  tg_rc_t rc = tg_store_each(firmware->config.store, bucket, on_row, &restore);
  if (rc == TG_OK) rc = restore.rc;
  if (rc == TG_OK) trim(firmware);
  return rc;
}

tg_rc_t tg_fw_table_init(tg_firmware_t *firmware) {
  firmware->config.random(firmware->config.random_ud, &firmware->key, sizeof firmware->key);
  firmware->next_id = 1;
  tg_hidx_init(&firmware->by_id);
  tg_hidx_init(&firmware->by_ep);
  return tg_pool_init(&firmware->jobs, sizeof(tg_fw_job_t), JOBS_MAX);
}

void tg_fw_table_fini(tg_firmware_t *firmware) {
  while (firmware->oldest) drop(firmware, firmware->oldest);
  tg_hidx_fini(&firmware->by_id);
  tg_hidx_fini(&firmware->by_ep);
  tg_pool_fini(&firmware->jobs);
}

tg_fw_update_t tg_fw_table_public(const tg_fw_job_t *job) {
  const tg_fw_row_t *row = &job->row;
  return (tg_fw_update_t){.id = row->id,
                          .ep = row->ep,
                          .image = row->image,
                          .campaign = row->campaign,
                          .tag = row->tag,
                          .state = row->state,
                          .method = row->method,
                          .cause = row->cause,
                          .link = row->link,
                          .version_before = row->version_before,
                          .version_after = row->version_after,
                          .result = row->result,
                          .sent = row->sent,
                          .total = row->total,
                          .begun_ms = row->begun_ms,
                          .changed_ms = row->changed_ms};
}

void tg_fw_table_cause(tg_fw_job_t *job, const char *format, ...) {
  va_list args;
  va_start(args, format);
  (void)vsnprintf(job->row.cause, sizeof job->row.cause, format, args);
  va_end(args);
}

void tg_fw_table_tell(tg_fw_job_t *job) {
  tg_firmware_t *firmware = job->firmware;
  job->told_sent = job->row.sent;
  job->told_ms = tg_wheel_now(firmware->config.wheel);
  tg_fw_update_t update = tg_fw_table_public(job);
  for (size_t i = 0; i < TG_FW_LISTENERS_MAX; i++) {
    if (firmware->listeners[i].fn) firmware->listeners[i].fn(firmware->listeners[i].ud, &update);
  }
}

void tg_fw_table_progress(tg_fw_job_t *job, uint64_t sent) {
  uint64_t now = tg_wheel_now(job->firmware->config.wheel);
  job->row.sent = sent < job->row.total ? sent : job->row.total;
  uint64_t moved = job->row.sent > job->saved_sent ? job->row.sent - job->saved_sent : job->saved_sent - job->row.sent;
  if (moved >= SAVE_BYTES && now - job->saved_ms >= SECOND_MS) (void)tg_fw_table_save(job);
  if (job->row.sent != job->told_sent && now - job->told_ms >= SECOND_MS) tg_fw_table_tell(job);
}

static void unqueue(tg_firmware_t *firmware, tg_fw_job_t *job) {
  if (job->last_turn) job->last_turn->next_turn = job->next_turn;
  else firmware->turn_first = job->next_turn;
  if (job->next_turn) job->next_turn->last_turn = job->last_turn;
  else firmware->turn_last = job->last_turn;
  job->queued = false;
  job->next_turn = job->last_turn = NULL;
}

bool tg_fw_table_turn_take(tg_fw_job_t *job) {
  tg_firmware_t *firmware = job->firmware;
  if (job->turn) return true;
  if (firmware->turns < firmware->config.parallel && (!firmware->turn_first || firmware->turn_first == job)) {
    if (job->queued) unqueue(firmware, job);
    job->turn = true;
    firmware->turns++;
    return true;
  }
  if (job->queued) return false;
  job->queued = true;
  job->next_turn = NULL;
  job->last_turn = firmware->turn_last;
  if (firmware->turn_last) firmware->turn_last->next_turn = job;
  else firmware->turn_first = job;
  firmware->turn_last = job;
  if (firmware->turns < firmware->config.parallel)
    tg_wheel_add(firmware->config.wheel, &firmware->kick, tg_wheel_now(firmware->config.wheel));
  return false;
}

void tg_fw_table_turn_give(tg_fw_job_t *job) {
  tg_firmware_t *firmware = job->firmware;
  if (job->queued) unqueue(firmware, job);
  if (!job->turn) return;
  job->turn = false;
  firmware->turns--;
  if (firmware->turn_first && !firmware->closing)
    tg_wheel_add(firmware->config.wheel, &firmware->kick, tg_wheel_now(firmware->config.wheel));
}

void tg_fw_table_hold(tg_fw_job_t *job, uint64_t ticket) {
  tg_firmware_t *firmware = job->firmware;
  job->ticket = ticket;
  job->last_held = NULL;
  job->next_held = firmware->held_first;
  if (job->next_held) job->next_held->last_held = job;
  firmware->held_first = job;
}

void tg_fw_table_hold_end(tg_fw_job_t *job) {
  if (!job->ticket) return;
  job->ticket = 0;
  if (job->last_held) job->last_held->next_held = job->next_held;
  else job->firmware->held_first = job->next_held;
  if (job->next_held) job->next_held->last_held = job->last_held;
  job->next_held = job->last_held = NULL;
}
