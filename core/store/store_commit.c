/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/store under store_writer.c and store_queue.c: one transaction a group; see store_commit.h. */

#include "core/store/store_commit.h"

#include "core/base/alloc.h"
#include "core/base/crash.h"

void tg_store_commit_append(tg_store_group_t **list, tg_store_group_t *group) {
  while (*list) list = &(*list)->next;
  group->next = NULL;
  *list = group;
}

static void append_kept(tg_store_group_t **list, tg_store_group_t *group) {
  while (*list) list = &(*list)->next_kept;
  group->next_kept = NULL;
  *list = group;
}

void tg_store_commit_free(tg_store_group_t *group) {
  if (!group) return;
  tg_store_ops_fini(&group->ops);
  tg_alloc_free(group);
}

void tg_store_commit_drop(tg_store_group_t *group) {
  if (--group->holders == 0) tg_store_commit_free(group);
}

static tg_rc_t apply_all(tg_store_db_t *db, const tg_store_ops_t *ops) {
  tg_store_op_t op;
  tg_rc_t rc = TG_OK;
  for (size_t at = 0; rc == TG_OK && tg_store_ops_next(ops, &at, &op);) rc = tg_store_db_apply(db, &op);
  return rc;
}

tg_rc_t tg_store_commit_write(tg_store_writer_t *writer, tg_store_group_t *group) {
  bool lazy = group && group->lazy && !writer->kept;
  if (group) group->is_synced = !lazy;
  if (!writer->kept && (!group || group->ops.count == 0)) return TG_OK;
  tg_rc_t rc = tg_store_db_begin(writer->db, lazy);
  if (rc != TG_OK) return rc;
  for (const tg_store_group_t *kept = writer->kept; kept && rc == TG_OK; kept = kept->next_kept) {
    rc = apply_all(writer->db, &kept->ops);
  }
  if (group && rc == TG_OK) rc = apply_all(writer->db, &group->ops);
  if (rc != TG_OK) {
    tg_store_db_rollback(writer->db);
    return rc;
  }
  TG_CRASH_PASS(COMMIT_BEFORE);
  rc = tg_store_db_commit(writer->db);
  TG_CRASH_PASS(COMMIT_AFTER);
  return rc;
}

void tg_store_commit_forget_kept(tg_store_writer_t *writer) {
  while (writer->kept) {
    tg_store_group_t *group = writer->kept;
    writer->kept = group->next_kept;
    writer->queued -= group->ops.len;
    tg_store_commit_drop(group);
  }
}

void tg_store_commit_settle(tg_store_writer_t *writer, tg_store_group_t *group, tg_rc_t rc) {
  bool wrote = writer->kept || (group && group->ops.count);
  if (rc == TG_OK) tg_store_commit_forget_kept(writer);
  if (wrote) writer->failing = rc != TG_OK;
  if (!group) return;
  group->rc = rc;
  group->holders = 1;
  writer->queued -= group->ops.len;
  if (rc != TG_OK) {
    tg_store_ops_drop_telemetry(&group->ops);
    if (group->ops.count) {
      writer->queued += group->ops.len;
      group->holders++;
      append_kept(&writer->kept, group);
    }
  }
  tg_store_commit_append(&writer->done, group);
}
