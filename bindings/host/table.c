/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the command line: text in columns. Knows no command; called by show.c. See table.h. */

#include "bindings/host/table.h"

#include <stdio.h>

#include "core/base/utf8.h"

enum { CELLS_MAX = 64 << 20, GAP = 2 };

void tg_table_init(tg_table_t *table, const char *const *titles) {
  *table = (tg_table_t){.titles = titles};
  tg_buf_init_growing(&table->cells, CELLS_MAX);
  for (; titles[table->columns] && table->columns < TG_TABLE_COLUMNS; table->columns++) {
    const char *title = titles[table->columns];
    table->widths[table->columns] = strlen(title) - (*title == '>' ? 1 : 0);
  }
}

void tg_table_fini(tg_table_t *table) {
  tg_buf_fini(&table->cells);
}

/* Bytes of the character at the front of @p text, 0 for one that would do something to a terminal or is no UTF-8. */
static size_t visible(tg_slice_t text) {
  uint8_t first = text.p[0];
  size_t len = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (len > text.len || !tg_utf8_valid(tg_slice(text.p, len))) return 0;
  bool control = first < 0x20 || first == 0x7F || (first == 0xC2 && text.p[1] < 0xA0);
  return control ? 0 : len;
}

void tg_table_clean(tg_buf_t *out, tg_slice_t text) {
  while (text.len) {
    size_t len = visible(text);
    if (len) tg_buf_put(out, tg_slice(text.p, len));
    else tg_buf_put_fmt(out, "\\x%02x", text.p[0]);
    text = tg_slice_from(text, len ? len : 1);
  }
}

/* Characters, as far as one is one column wide. */
static size_t width_of(tg_slice_t text) {
  size_t width = 0;
  for (size_t i = 0; i < text.len; i++) width += (text.p[i] & 0xC0) != 0x80;
  return width;
}

void tg_table_widen(tg_table_t *table, size_t column, size_t width) {
  if (column < table->columns && table->widths[column] < width) table->widths[column] = width;
}

void tg_table_put(tg_table_t *table, tg_slice_t text) {
  size_t start = table->cells.len;
  tg_table_clean(&table->cells, text.len ? text : tg_slice_str("-"));
  tg_table_widen(table, table->count % table->columns, width_of(tg_slice_from(tg_buf_slice(&table->cells), start)));
  tg_buf_put_u8(&table->cells, '\0');
  if (table->cells.rc == TG_OK) table->count++;
}

void tg_table_put_int(tg_table_t *table, int64_t value) {
  char text[24];
  (void)snprintf(text, sizeof text, "%lld", (long long)value);
  tg_table_put(table, tg_slice_str(text));
}

size_t tg_table_rows(const tg_table_t *table) {
  return table->count / table->columns;
}

static void put_blanks(tg_buf_t *out, size_t count) {
  while (count--) tg_buf_put_u8(out, ' ');
}

static void write_cell(const tg_table_t *table, size_t column, tg_slice_t text, tg_buf_t *out) {
  size_t width = width_of(text), blanks = table->widths[column] > width ? table->widths[column] - width : 0;
  bool last = column + 1 == table->columns, right = table->titles[column][0] == '>';
  if (right) put_blanks(out, blanks);
  tg_buf_put(out, text);
  if (!right && !last) put_blanks(out, blanks);
  if (last) tg_buf_put_u8(out, '\n');
  else put_blanks(out, GAP);
}

void tg_table_write(tg_table_t *table, tg_buf_t *out) {
  size_t rows = tg_table_rows(table);
  tg_slice_t rest = tg_buf_slice(&table->cells);
  if (rows && !table->headed) {
    table->headed = true;
    for (size_t i = 0; i < table->columns; i++) {
      const char *title = table->titles[i];
      write_cell(table, i, tg_slice_str(title + (*title == '>' ? 1 : 0)), out);
    }
  }
  for (size_t i = 0; i < rows * table->columns; i++)
    write_cell(table, i % table->columns, tg_slice_take(&rest, '\0'), out);
  tg_buf_drop_front(&table->cells, table->cells.len - rest.len);
  table->count -= rows * table->columns;
}
