/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf under show.c: firmware images, updates (with a bar that fills up on a terminal) and campaigns. See show_parts.h. */

#include <stdio.h>
#include <unistd.h>

#include "bindings/host/human.h"
#include "bindings/host/show_parts.h"

enum { CELL_MAX = 1 << 20, BAR_WIDTH = 30, STEP_PERCENT = 10 };

const char *const tg_show_firmware_image_titles[] = {"NAME", "VERSION", ">SIZE", "SHA-256", "ADDED", ">IN USE", NULL};
const char *const tg_show_firmware_update_titles[] = {"NAME", "IMAGE", "STATE",    ">PROGRESS", "METHOD",
                                                      "LINK", "SINCE", "CAMPAIGN", "CAUSE",     NULL};
const char *const tg_show_firmware_campaign_titles[] = {"NAME",     "IMAGE", "STATE",   ">WAVE",
                                                        ">RUNNING", ">DONE", ">FAILED", ">CANCELLED",
                                                        ">UNKNOWN", ">LEFT", "CAUSE",   NULL};
const char *const tg_show_firmware_fact_titles[] = {"NAME", "VALUE", NULL};

static void put_text(tg_show_t *show, const tg_json_node_t *line, const char *name) {
  tg_table_put(&show->table, tg_show_parts_text(line, name));
}

static void put_since(tg_show_t *show, tg_buf_t *cell, int64_t seconds) {
  tg_human_duration(cell, show->now_ms / 1000 - seconds);
  tg_buf_put_str(cell, " ago");
  tg_show_parts_cell(show, cell);
}

void tg_show_firmware_image(tg_show_t *show, const tg_json_node_t *line) {
  tg_buf_t cell;
  tg_buf_init_growing(&cell, CELL_MAX);
  put_text(show, line, "name");
  put_text(show, line, "version");
  tg_human_size(&cell, tg_show_parts_int(line, "size"));
  tg_show_parts_cell(show, &cell);
  put_text(show, line, "sha256");
  put_since(show, &cell, tg_show_parts_int(line, "added"));
  tg_table_put_int(&show->table, tg_show_parts_int(line, "users"));
  tg_buf_fini(&cell);
}

/* Updates -------------------------------------------------------------------------------------------------------------- */

/* Of the image, in whole per cent; 100 only when all of it has gone. */
static int64_t percent_of(const tg_json_node_t *line) {
  int64_t total = tg_show_parts_int(line, "total"), sent = tg_show_parts_int(line, "sent");
  if (total <= 0 || sent <= 0) return 0;
  return sent >= total ? 100 : (int64_t)((double)sent * 100 / (double)total);
}

void tg_show_firmware_update(tg_show_t *show, const tg_json_node_t *line) {
  tg_buf_t cell;
  tg_buf_init_growing(&cell, CELL_MAX);
  put_text(show, line, "ep");
  put_text(show, line, "image");
  put_text(show, line, "state");
  tg_buf_put_fmt(&cell, "%lld %%", (long long)percent_of(line));
  tg_show_parts_cell(show, &cell);
  put_text(show, line, "method");
  put_text(show, line, "link");
  put_since(show, &cell, tg_show_parts_int(line, "changed"));
  put_text(show, line, "campaign");
  put_text(show, line, "cause");
  tg_buf_fini(&cell);
}

static void put_bytes(tg_buf_t *text, const tg_json_node_t *line) {
  tg_human_size(text, tg_show_parts_int(line, "sent"));
  tg_buf_put_str(text, " of ");
  tg_human_size(text, tg_show_parts_int(line, "total"));
}

/* One line on a terminal that is written over and over. */
static void draw_bar(tg_buf_t *text, const tg_json_node_t *line) {
  int64_t percent = percent_of(line), filled = percent * BAR_WIDTH / 100;
  tg_buf_put_str(text, "\r[");
  for (int64_t i = 0; i < BAR_WIDTH; i++) tg_buf_put_u8(text, i < filled ? '#' : '.');
  tg_buf_put_fmt(text, "] %3lld %%  ", (long long)percent);
  put_bytes(text, line);
  tg_buf_put_str(text, "  ");
  tg_table_clean(text, tg_show_parts_text(line, "state"));
  tg_buf_put_str(text, "\033[K");
}

static void write_text(tg_buf_t *text) {
  if (text->len) (void)fwrite(text->p, 1, text->len, stdout);
  (void)fflush(stdout);
  tg_buf_fini(text);
}

/* A line for each state, and for every tenth of the image. */
static void say_step(tg_show_t *show, tg_buf_t *text, const tg_json_node_t *line) {
  tg_slice_t state = tg_show_parts_text(line, "state");
  int64_t percent = percent_of(line);
  bool same = tg_slice_is(state, show->last_state);
  if (same && percent / STEP_PERCENT == show->last_percent / STEP_PERCENT) return;
  (void)snprintf(show->last_state, sizeof show->last_state, "%.*s", (int)state.len,
                 state.len ? (const char *)state.p : "");
  show->last_percent = percent;
  tg_table_clean(text, state);
  if (tg_slice_is(state, "transferring")) {
    tg_buf_put_fmt(text, " %lld %%, ", (long long)percent);
    put_bytes(text, line);
  }
  tg_slice_t cause = tg_show_parts_text(line, "cause");
  if (!same && cause.len) {
    tg_buf_put_str(text, ": ");
    tg_table_clean(text, cause);
  }
  tg_buf_put_u8(text, '\n');
}

void tg_show_firmware_step(tg_show_t *show, const tg_json_node_t *line) {
  tg_buf_t text;
  tg_buf_init_growing(&text, CELL_MAX);
  if (isatty(STDOUT_FILENO)) draw_bar(&text, line);
  else say_step(show, &text, line);
  show->drawn = show->drawn || isatty(STDOUT_FILENO);
  write_text(&text);
}

void tg_show_firmware_update_end(tg_show_t *show, const tg_json_node_t *line) {
  tg_buf_t *text = &show->notes;
  if (show->drawn) {
    draw_bar(text, line);
    tg_buf_put_u8(text, '\n');
  }
  tg_table_clean(text, tg_show_parts_text(line, "ep"));
  tg_buf_put_str(text, ": ");
  tg_table_clean(text, tg_show_parts_text(line, "state"));
  tg_slice_t cause = tg_show_parts_text(line, "cause");
  if (cause.len) tg_buf_put_str(text, ", ");
  tg_table_clean(text, cause);
  tg_buf_put_u8(text, '\n');
}

/* Campaigns ------------------------------------------------------------------------------------------------------------ */

void tg_show_firmware_campaign(tg_show_t *show, const tg_json_node_t *line) {
  static const char *const numbers[] = {"wave", "running", "done", "failed", "cancelled", "unknown", "left"};
  put_text(show, line, "name");
  put_text(show, line, "image");
  put_text(show, line, "campaign");
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    tg_table_put_int(&show->table, tg_show_parts_int(line, numbers[i]));
  put_text(show, line, "cause");
}

static void put_fact(tg_show_t *show, const char *name, tg_buf_t *cell) {
  tg_table_put(&show->table, tg_slice_str(name));
  tg_show_parts_cell(show, cell);
}

static void put_numbers(tg_show_t *show, const tg_json_node_t *line, tg_buf_t *cell) {
  static const struct {
    const char *key, *name;
  } numbers[] = {{"wave", "wave"},
                 {"running", "running"},
                 {"done", "done"},
                 {"failed", "failed"},
                 {"cancelled", "cancelled"},
                 {"unknown", "unknown"},
                 {"left", "left"},
                 {"wave_first", "first wave"},
                 {"growth", "growth, %"},
                 {"parallel", "at once"},
                 {"stop_failures", "stops at failures"},
                 {"stop_percent", "stops at %"},
                 {"severity", "severity"},
                 {"defer", "defer, s"},
                 {"expiry", "expiry, s"}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    if (!tg_json_read_get(line, numbers[i].key)) continue;
    tg_buf_put_fmt(cell, "%lld", (long long)tg_show_parts_int(line, numbers[i].key));
    put_fact(show, numbers[i].name, cell);
  }
}

/* What tg_json_read_each() hands to put_limit(). */
typedef struct facts {
  tg_show_t *show;
  tg_buf_t *cell;
} facts_t;

static bool put_limit(void *ud, tg_slice_t link, const tg_json_node_t *value) {
  facts_t *facts = ud;
  int64_t parallel = 0;
  if (tg_json_read_int(value, &parallel) != TG_OK) return true;
  tg_buf_put(facts->cell, link);
  tg_buf_put_fmt(facts->cell, ": %lld", (long long)parallel);
  put_fact(facts->show, "at once over", facts->cell);
  return true;
}

void tg_show_firmware_campaign_end(tg_show_t *show, const tg_json_node_t *line) {
  static const char *const texts[][2] = {{"name", "name"},
                                         {"image", "image"},
                                         {"campaign", "state"},
                                         {"cause", "cause"},
                                         {"ep", "ep"},
                                         {"link", "link"},
                                         {"manufacturer", "manufacturer"},
                                         {"model", "model"},
                                         {"from_version", "from version"},
                                         {"tag", "tag"},
                                         {"method", "method"}};
  tg_buf_t cell;
  tg_buf_init_growing(&cell, CELL_MAX);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    tg_slice_t text = tg_show_parts_text(line, texts[i][0]);
    tg_buf_put(&cell, text);
    if (text.len) put_fact(show, texts[i][1], &cell);
  }
  put_numbers(show, line, &cell);
  facts_t facts = {show, &cell};
  const tg_json_node_t *limits = tg_json_read_get(line, "limits");
  if (limits) tg_json_read_each(limits, put_limit, &facts);
  tg_human_time(&cell, tg_show_parts_int(line, "begun") * 1000, false);
  put_fact(show, "begun", &cell);
  tg_human_time(&cell, tg_show_parts_int(line, "changed") * 1000, false);
  put_fact(show, "changed", &cell);
  tg_buf_fini(&cell);
}
