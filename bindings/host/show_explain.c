/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf under show.c: what was found out about a value, one finding a row. See show_parts.h. */

#include "bindings/host/human.h"
#include "bindings/host/show_parts.h"

enum { CELL_MAX = 1 << 20 };

const char *const tg_show_explain_titles[] = {"FINDING", "SINCE", "UNTIL", "WHAT", NULL};

static void put_time(tg_show_t *show, const tg_json_node_t *line, const char *name, tg_buf_t *cell) {
  double seconds = 0;
  if (tg_json_read_double(tg_json_read_get(line, name), &seconds) == TG_OK)
    tg_human_time(cell, (int64_t)seconds * 1000, false);
  tg_show_parts_cell(show, cell);
}

void tg_show_explain_row(tg_show_t *show, const tg_json_node_t *line) {
  tg_buf_t cell;
  tg_buf_init_growing(&cell, CELL_MAX);
  tg_table_put(&show->table, tg_show_parts_text(line, "code"));
  put_time(show, line, "since", &cell);
  put_time(show, line, "until", &cell);
  tg_buf_put(&cell, tg_show_parts_text(line, "message"));
  if (tg_json_read_get(line, "path")) {
    tg_buf_put_str(&cell, ": ");
    tg_buf_put(&cell, tg_show_parts_text(line, "path"));
    tg_buf_put_str(&cell, " = ");
    tg_human_value(&cell, line);
    tg_show_parts_what(&cell, tg_show_parts_text(line, "unit"));
  }
  tg_show_parts_cell(show, &cell);
  tg_buf_fini(&cell);
}
