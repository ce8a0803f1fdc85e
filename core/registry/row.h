/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_REGISTRY_ROW_H
#define TG_CORE_REGISTRY_ROW_H

/**
 * Fields of rows that outlive the process, in a fixed order, numbers big-endian. Whoever has a row decides what stands in it; here is
 * how a short text and a path are written, and a reader that believes nothing.
 */

#include "core/registry/path.h"

/** Appends a text of at most 255 bytes with its length before it. */
void tg_row_put_text(tg_buf_t *out, tg_slice_t text);

/** Appends a path. */
void tg_row_put_path(tg_buf_t *out, const tg_path_t *path);

/** A row being read front to back. After the first thing that can't be there `bad` is set, and everything read is 0 or empty. */
typedef struct tg_row {
  tg_slice_t rest; /* borrowed; what is not read yet */
  bool bad;
} tg_row_t;

/** The next @p len bytes, borrowed from the row. */
tg_slice_t tg_row_get_bytes(tg_row_t *row, size_t len);

/** A number of @p width (1 to 8) bytes. */
uint64_t tg_row_get(tg_row_t *row, size_t width);

/** A number that may be @p max at most. */
uint64_t tg_row_get_max(tg_row_t *row, size_t width, uint64_t max);

/** What tg_row_put_text() wrote, borrowed from the row. */
tg_slice_t tg_row_get_text(tg_row_t *row);

/** What tg_row_put_path() wrote. */
tg_path_t tg_row_get_path(tg_row_t *row);

#endif
