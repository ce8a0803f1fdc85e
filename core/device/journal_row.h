/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_DEVICE_JOURNAL_ROW_H
#define TG_CORE_DEVICE_JOURNAL_ROW_H

/** A command as a row of the store, and back. Pure functions; the reader believes nothing. */

#include "core/device/device.h"

enum { TG_JOURNAL_ROW_RECORDS_MAX = 1024, TG_JOURNAL_ROW_EP_MAX = 255, TG_JOURNAL_ROW_KEY_MAX = 64 };

/** What a row says. */
typedef struct tg_journal_row {
  tg_slice_t ep;
  bool sent;            /* it may have left: what can't be repeated must not go again */
  tg_command_t command; /* without id and device; timeout_s is 0, deadline_ms counts */
} tg_journal_row_t;

/** Appends @p row (borrowed) to @p out, whose `rc` tells of errors. */
void tg_journal_row_encode(const tg_journal_row_t *row, tg_buf_t *out);

/** Reads a row; its slices and records borrow from @p bytes and @p records (TG_JOURNAL_ROW_RECORDS_MAX of them). TG_E_VERSION for a row of a newer program; TG_E_CORRUPT. */
TG_MUST_CHECK tg_rc_t tg_journal_row_decode(tg_slice_t bytes, tg_record_t *records, tg_journal_row_t *row);

#endif
