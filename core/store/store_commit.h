/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_STORE_STORE_COMMIT_H
#define TG_CORE_STORE_STORE_COMMIT_H

/**
 * Private to core/store: groups of writes and how one becomes a transaction; what survives a failed one. Knows no thread and no lock:
 * those are store_writer.c's, and a simulation may have a writer without either.
 */

#include "core/store/store_writer.h"

/** Puts @p group (taken) at the end of @p list. */
void tg_store_commit_append(tg_store_group_t **list, tg_store_group_t *group);

/** Frees a group that nobody else holds; NULL is allowed. */
void tg_store_commit_free(tg_store_group_t *group);

/** One of the holders of @p group gives it up; the last one frees it. */
void tg_store_commit_drop(tg_store_group_t *group);

/** One transaction: what earlier ones left, then @p group (borrowed; NULL: only the former). Changes no list, so it needs no lock. TG_E_STORE: nothing of it is on disk. */
TG_MUST_CHECK tg_rc_t tg_store_commit_write(tg_store_writer_t *writer, tg_store_group_t *group);

/** Takes down the result @p rc of tg_store_commit_write(): @p group (taken; NULL: none) goes to writer->done, and what has to be tried again of it to writer->kept. With the lock. */
void tg_store_commit_settle(tg_store_writer_t *writer, tg_store_group_t *group, tg_rc_t rc);

/** Forgets what was to be tried again. With the lock. */
void tg_store_commit_forget_kept(tg_store_writer_t *writer);

#endif
