/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_SHOW_PARTS_H
#define TG_BINDINGS_HOST_SHOW_PARTS_H

/** What views of answers are made of. For show.c and show_*.c. */

#include "bindings/host/show.h"

/** Titles of the table of `status`. */
extern const char *const tg_show_status_titles[];

/** The answer to `status`, one line, as a table. */
void tg_show_status_end(tg_show_t *show, const tg_json_node_t *line);

/** Titles of the table of `explain`. */
extern const char *const tg_show_explain_titles[];

/** One finding of `explain`. */
void tg_show_explain_row(tg_show_t *show, const tg_json_node_t *line);

/** Titles of the tables of `firmware images`, `status` and `campaigns`, and of one campaign. */
extern const char *const tg_show_firmware_image_titles[];
extern const char *const tg_show_firmware_update_titles[];
extern const char *const tg_show_firmware_campaign_titles[];
extern const char *const tg_show_firmware_fact_titles[];

/** An image as a row. */
void tg_show_firmware_image(tg_show_t *show, const tg_json_node_t *line);

/** An update as a row. */
void tg_show_firmware_update(tg_show_t *show, const tg_json_node_t *line);

/** An update on its way, written at once: a bar on a terminal, else a line for each state and every tenth of the image. */
void tg_show_firmware_step(tg_show_t *show, const tg_json_node_t *line);

/** The last line about an update that was asked for. */
void tg_show_firmware_update_end(tg_show_t *show, const tg_json_node_t *line);

/** A campaign as a row. */
void tg_show_firmware_campaign(tg_show_t *show, const tg_json_node_t *line);

/** One campaign as a table of names and values. */
void tg_show_firmware_campaign_end(tg_show_t *show, const tg_json_node_t *line);

/** The text member @p name, or the empty text. Lent as long as the line is. */
static inline tg_slice_t tg_show_parts_text(const tg_json_node_t *line, const char *name) {
  return tg_json_read_str(tg_json_read_get(line, name));
}

/** The integer member @p name, or 0. */
static inline int64_t tg_show_parts_int(const tg_json_node_t *line, const char *name) {
  int64_t value = 0;
  return tg_json_read_int(tg_json_read_get(line, name), &value) == TG_OK ? value : 0;
}

/** Ends a cell that is made of more than one thing: it goes into the table, @p cell begins anew. */
static inline void tg_show_parts_cell(tg_show_t *show, tg_buf_t *cell) {
  tg_table_put(&show->table, tg_buf_slice(cell));
  tg_buf_clear(cell);
}

/** Appends @p text, after a blank where there is something already. */
static inline void tg_show_parts_what(tg_buf_t *cell, tg_slice_t text) {
  if (cell->len && text.len) tg_buf_put_u8(cell, ' ');
  tg_buf_put(cell, text);
}

#endif
