/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_DEVICE_JOURNAL_H
#define TG_CORE_DEVICE_JOURNAL_H

/** Durable commands as rows of the store, numbered in the order of their acceptance. For core/device only. */

#include "core/device/journal_row.h"
#include "core/store/store.h"

/** Called for each row in order of numbers; @p row is lent for the call. @return TG_OK, or why the row can't be used: that is reported and the row left out */
typedef tg_rc_t (*tg_journal_fn)(void *ud, uint64_t number, const tg_journal_row_t *row);

/** What reading found. */
typedef struct tg_journal_found {
  size_t rows;
  size_t left_out;  /* damaged, of a newer program, or refused by the caller */
  uint64_t highest; /* number of any row; 0 for none */
} tg_journal_found_t;

/** Queues the writing of row @p number; replaces what is there. The store's errors. */
TG_MUST_CHECK tg_rc_t tg_journal_put(tg_store_t *store, uint64_t number, const tg_journal_row_t *row);

/** Queues its removal; a failure is logged, the row then comes again at the next start. */
void tg_journal_del(tg_store_t *store, uint64_t number);

/** Reads all rows; blocks: for the start. Bad ones stay in the store for whoever wants to look at them. TG_E_STORE, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_journal_each(tg_store_t *store, tg_journal_fn fn, void *ud, tg_journal_found_t *found);

#endif
