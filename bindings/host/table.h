/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_TABLE_H
#define TG_BINDINGS_HOST_TABLE_H

/** Tables for people: a line of titles, columns as wide as their longest cell. Foreign text can't move the cursor or colour the terminal. */

#include "core/base/buf.h"

/** Most columns of a table. */
#define TG_TABLE_COLUMNS 12

/** Caller's memory; members are private. */
typedef struct tg_table {
  const char *const *titles; /* NULL-terminated; '>' in front: numbers, set to the right */
  size_t columns;
  size_t widths[TG_TABLE_COLUMNS];
  tg_buf_t cells; /* texts, each with a NUL behind it, row by row */
  size_t count;
  bool headed; /* the titles have been written */
} tg_table_t;

/** Begins a table with @p titles (kept; NULL-terminated; a '>' in front of one sets its column to the right). */
void tg_table_init(tg_table_t *table, const char *const *titles);

/** Frees it. */
void tg_table_fini(tg_table_t *table);

/** A column is at least @p width wide: for tables that are written piece by piece. */
void tg_table_widen(tg_table_t *table, size_t column, size_t width);

/** The next cell, row by row; an empty one is shown as `-`. */
void tg_table_put(tg_table_t *table, tg_slice_t text);

/** The next cell, a number. */
void tg_table_put_int(tg_table_t *table, int64_t value);

/** Rows that are whole and not yet written. */
size_t tg_table_rows(const tg_table_t *table);

/** Appends the titles (the first time) and all whole rows to @p out and forgets the rows; columns stay as wide as they were. Without rows nothing is written. */
void tg_table_write(tg_table_t *table, tg_buf_t *out);

/** Appends @p text with control characters as `\xNN` and bytes that are not UTF-8 as `\xNN` too. */
void tg_table_clean(tg_buf_t *out, tg_slice_t text);

#endif
