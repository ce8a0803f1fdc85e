/* SPDX-License-Identifier: Apache-2.0 */
/* From an answer's lines to tables, one view for each command; called by cmd_ask.c. See show.h. */

#include "bindings/host/show.h"

#include <stdio.h>

#include "bindings/host/human.h"
#include "bindings/host/show_parts.h"
#include "core/base/clock.h"
#include "core/codec/link_dec.h"

enum { OUT_MAX = 64 << 20, CELL_MAX = 1 << 20, RECORDS_TOLD = 6 };

/* How the lines of an answer become rows; `end` says what the last line has for people. */
typedef struct tg_show_view {
  const char *command;
  const char *const *titles;
  void (*row)(tg_show_t *show, const tg_json_node_t *line);
  void (*end)(tg_show_t *show, const tg_json_node_t *line);
} view_t;

static void put_text(tg_show_t *show, const tg_json_node_t *line, const char *name) {
  tg_table_put(&show->table, tg_show_parts_text(line, name));
}

static void put_int(tg_show_t *show, const tg_json_node_t *line, const char *name) {
  tg_table_put_int(&show->table, tg_show_parts_int(line, name));
}

static int64_t ms_of(const tg_json_node_t *line, int64_t otherwise) {
  double seconds = 0;
  return tg_json_read_double(tg_json_read_get(line, "t"), &seconds) == TG_OK ? (int64_t)(seconds * 1000 + 0.5)
                                                                             : otherwise;
}

static void note(tg_show_t *show, const char *name, tg_slice_t text) {
  tg_buf_put_fmt(&show->notes, "%s", name);
  tg_table_clean(&show->notes, text);
  tg_buf_put_u8(&show->notes, '\n');
}

/* Devices */

static const char *const device_titles[] = {"NAME",      "STATE",    "LINK",    "KIND", "LIFETIME", "SINCE",
                                            "LAST SEEN", ">WAITING", "OBJECTS", "TAGS", "QUIRKS",   NULL};

static void put_list(tg_show_t *show, tg_buf_t *cell, const tg_json_node_t *list) {
  for (size_t i = 0; i < tg_json_read_count(list); i++)
    tg_show_parts_what(cell, tg_json_read_str(tg_json_read_at(list, i)));
  tg_show_parts_cell(show, cell);
}

/* A name, and how often it was tolerated where that is not 0: `bare_answer×12 no_accept`. */
static bool put_name(void *ud, tg_slice_t name, const tg_json_node_t *value) {
  int64_t count = 0;
  tg_show_parts_what(ud, name);
  if (tg_json_read_int(value, &count) == TG_OK && count) tg_buf_put_fmt(ud, "×%lld", (long long)count);
  return true;
}

static void device_row(tg_show_t *show, const tg_json_node_t *line) {
  tg_buf_t cell;
  tg_buf_init_growing(&cell, CELL_MAX);
  put_text(show, line, "ep");
  put_text(show, line, "state");
  put_text(show, line, "link");
  put_text(show, line, "kind");
  if (tg_show_parts_int(line, "lifetime")) tg_human_duration(&cell, tg_show_parts_int(line, "lifetime"));
  tg_show_parts_cell(show, &cell);
  bool is_seen =
      tg_show_parts_int(line, "last_seen") != 0; /* else only commands for it are there, from before a restart */
  if (is_seen) tg_human_time(&cell, tg_show_parts_int(line, "since") * 1000, false);
  tg_show_parts_cell(show, &cell);
  if (is_seen) tg_human_duration(&cell, show->now_ms / 1000 - tg_show_parts_int(line, "last_seen"));
  if (is_seen) tg_buf_put_str(&cell, " ago");
  tg_show_parts_cell(show, &cell);
  put_int(show, line, "waiting");
  put_list(show, &cell, tg_json_read_get(line, "objects"));
  put_list(show, &cell, tg_json_read_get(line, "tags"));
  tg_json_read_each(tg_json_read_get(line, "quirks"), put_name, &cell);
  tg_show_parts_cell(show, &cell);
  tg_buf_fini(&cell);
}

static void list_end(tg_show_t *show, const tg_json_node_t *line) {
  (void)line;
  const char *what = show->command;
  if (strcmp(what, "queue") == 0) what = "commands";
  if (strcmp(what, "firmware status") == 0) what = "firmware updates";
  if (!show->any) note(show, "no ", tg_slice_str(what));
}

/* Commands that have not ended */

static const char *const queue_titles[] = {"ID",        ">PRIORITY", "NAME", "STATE",       "OP", "PATH",
                                           "TIME LEFT", "DURABLE",   "TAG",  "REPLACE KEY", NULL};

static void queue_row(tg_show_t *show, const tg_json_node_t *line) {
  static const char *const members[] = {"ep", "state", "op", "path"};
  bool durable = false;
  tg_buf_t cell;
  tg_buf_init_growing(&cell, CELL_MAX);
  put_text(show, line, "command");
  put_int(show, line, "priority");
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) put_text(show, line, members[i]);
  tg_human_duration(&cell, tg_show_parts_int(line, "deadline") - show->now_ms / 1000);
  tg_show_parts_cell(show, &cell);
  if (tg_json_read_bool(tg_json_read_get(line, "durable"), &durable) != TG_OK) durable = false;
  tg_table_put(&show->table, tg_slice_str(durable ? "yes" : "no"));
  put_text(show, line, "tag");
  put_text(show, line, "replace_key");
  tg_buf_fini(&cell);
}

static void cancel_end(tg_show_t *show, const tg_json_node_t *line) {
  (void)line;
  note(show, "cancelled", tg_slice(NULL, 0));
}

/* Values */

static const char *const value_titles[] = {"PATH", "VALUE", "UNIT", "NAME", NULL};
static const char *const follow_titles[] = {"TIME", "PATH", "VALUE", "UNIT", "NAME", NULL};

static void put_record(tg_show_t *show, const tg_json_node_t *record, int64_t ms) {
  tg_buf_t cell;
  tg_buf_init_growing(&cell, CELL_MAX);
  if (show->follow) {
    tg_human_time(&cell, ms_of(record, ms), true);
    tg_show_parts_cell(show, &cell);
  }
  put_text(show, record, "path");
  tg_human_value(&cell, record);
  tg_show_parts_cell(show, &cell);
  put_text(show, record, "unit");
  put_text(show, record, "name");
  tg_buf_fini(&cell);
}

/* A value of its own, an event with several, or the word that a command waits. */
static void value_row(tg_show_t *show, const tg_json_node_t *line) {
  const tg_json_node_t *records = tg_json_read_get(line, "records");
  if (tg_json_read_get(line, "path")) put_record(show, line, show->now_ms);
  for (size_t i = 0; i < tg_json_read_count(records); i++)
    put_record(show, tg_json_read_at(records, i), ms_of(line, show->now_ms));
  if (tg_slice_is(tg_show_parts_text(line, "state"), "waiting")) {
    tg_buf_t text;
    tg_buf_init_growing(&text, CELL_MAX);
    tg_table_clean(&text, tg_show_parts_text(line, "message"));
    (void)fprintf(stderr, "tidegate %s: %.*s\n", show->command, (int)text.len, text.len ? (const char *)text.p : "");
    tg_buf_fini(&text);
  }
}

/* A Create tells where the new instance is. */
static void value_end(tg_show_t *show, const tg_json_node_t *line) {
  tg_slice_t text = tg_show_parts_text(line, "text");
  if (text.len && strcmp(show->command, "create") == 0) note(show, "created ", text);
  else if (!show->any) note(show, "done ", tg_show_parts_text(line, "code"));
}

/* Discover */

static const char *const discover_titles[] = {"PATH", "ATTRIBUTES", NULL};

static void discover_end(tg_show_t *show, const tg_json_node_t *line) {
  tg_link_dec_t dec;
  tg_link_item_t item;
  tg_buf_t cell;
  tg_buf_init_growing(&cell, CELL_MAX);
  tg_link_dec_init(&dec, tg_show_parts_text(line, "text"));
  while (tg_link_dec_next(&dec, &item) == TG_OK) {
    tg_slice_t name, value;
    tg_table_put(&show->table, item.target);
    while (tg_link_dec_attr(&dec, &item, &name, &value) == TG_OK) {
      if (cell.len) tg_buf_put_u8(&cell, ' ');
      tg_buf_put(&cell, name);
      if (value.len) tg_buf_put_u8(&cell, '=');
      tg_buf_put(&cell, value);
    }
    tg_show_parts_cell(show, &cell);
  }
  tg_buf_fini(&cell);
}

/* The log */

static const char *const log_titles[] = {"TIME", "DEVICE", "EVENT", "WHAT", NULL};

static void log_row(tg_show_t *show, const tg_json_node_t *line) {
  static const char *const members[] = {"op", "path", "state", "code", "error", "note"};
  const tg_json_node_t *records = tg_json_read_get(line, "records");
  size_t count = tg_json_read_count(records);
  tg_buf_t cell;
  tg_buf_init_growing(&cell, CELL_MAX);
  tg_human_time(&cell, ms_of(line, show->now_ms), true);
  tg_show_parts_cell(show, &cell);
  put_text(show, line, "ep");
  put_text(show, line, "event");
  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    tg_show_parts_what(&cell, tg_show_parts_text(line, members[i]));
  for (size_t i = 0; i < count && i < RECORDS_TOLD; i++) {
    const tg_json_node_t *record = tg_json_read_at(records, i);
    if (i) tg_buf_put_u8(&cell, ',');
    tg_show_parts_what(&cell, tg_show_parts_text(record, "path"));
    tg_buf_put_u8(&cell, '=');
    tg_human_value(&cell, record);
  }
  if (count > RECORDS_TOLD) tg_buf_put_fmt(&cell, " and %zu more", count - RECORDS_TOLD);
  tg_show_parts_cell(show, &cell);
  tg_buf_fini(&cell);
}

/* Scripts */

static const char *const script_titles[] = {"NAME",      "STATE",   "VERSION",    ">GENERATION", ">CALLS",  ">ERRORS",
                                            ">OVERRUNS", ">STREAK", ">PUBLISHED", ">HANDLES",    ">MEMORY", NULL};

static void script_row(tg_show_t *show, const tg_json_node_t *line) {
  static const char *const numbers[] = {"generation",      "calls",     "errors", "overruns",
                                        "failures_in_row", "published", "handles"};
  tg_buf_t cell;
  tg_buf_init_growing(&cell, CELL_MAX);
  put_text(show, line, "name");
  put_text(show, line, "state");
  put_text(show, line, "version");
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) put_int(show, line, numbers[i]);
  tg_human_size(&cell, tg_show_parts_int(line, "memory"));
  tg_show_parts_cell(show, &cell);
  if (tg_json_read_get(line, "last_error")) {
    tg_buf_put(&cell, tg_show_parts_text(line, "name"));
    tg_buf_put_str(&cell, ": ");
    tg_buf_put(&cell, tg_show_parts_text(line, "last_error"));
    note(show, "", tg_buf_slice(&cell));
  }
  tg_buf_fini(&cell);
}

/* Limits */

static const char *const limit_titles[] = {"NAME", ">MAX", "UNIT", "SET BY", "OVER IT", "COUNTER", ">HITS", NULL};

static void limit_row(tg_show_t *show, const tg_json_node_t *line) {
  put_text(show, line, "limit");
  put_int(show, line, "max");
  put_text(show, line, "unit");
  put_text(show, line, "key");
  put_text(show, line, "over");
  put_text(show, line, "counter");
  if (tg_json_read_get(line, "counter")) put_int(show, line, "hits");
  else tg_table_put(&show->table, tg_slice(NULL, 0));
}

static void reload_end(tg_show_t *show, const tg_json_node_t *line) {
  (void)line;
  note(show, "loaded", tg_slice(NULL, 0));
}

static void done_end(tg_show_t *show, const tg_json_node_t *line) {
  (void)line;
  note(show, "done", tg_slice(NULL, 0));
}

static void added_end(tg_show_t *show, const tg_json_node_t *line) {
  tg_show_firmware_image(show, line);
}

static const view_t views[] = {
    {"devices", device_titles, device_row, list_end},
    {"scripts", script_titles, script_row, list_end},
    {"status", tg_show_status_titles, NULL, tg_show_status_end},
    {"limits", limit_titles, limit_row, NULL},
    {"discover", discover_titles, value_row, discover_end},
    {"explain", tg_show_explain_titles, tg_show_explain_row, NULL},
    {"queue", queue_titles, queue_row, list_end},
    {"cancel", value_titles, NULL, cancel_end},
    {"log", log_titles, log_row, NULL},
    {"reload", value_titles, NULL, reload_end},
    {"firmware images", tg_show_firmware_image_titles, tg_show_firmware_image, list_end},
    {"firmware add", tg_show_firmware_image_titles, NULL, added_end},
    {"firmware remove", value_titles, NULL, done_end},
    {"firmware update", value_titles, tg_show_firmware_step, tg_show_firmware_update_end},
    {"firmware status", tg_show_firmware_update_titles, tg_show_firmware_update, list_end},
    {"firmware apply", value_titles, NULL, done_end},
    {"firmware cancel", value_titles, NULL, done_end},
    {"firmware campaigns", tg_show_firmware_campaign_titles, tg_show_firmware_campaign, list_end},
    {"firmware campaign", tg_show_firmware_fact_titles, NULL, tg_show_firmware_campaign_end},
    {"", value_titles, value_row, value_end}, /* the others */
};

void tg_show_init(tg_show_t *show, const char *command, bool follow) {
  size_t at = 0;
  while (*views[at].command && strcmp(views[at].command, command) != 0) at++;
  *show = (tg_show_t){.command = command, .view = &views[at], .follow = follow, .now_ms = tg_clock_wall_ms()};
  bool timed = follow && views[at].row == value_row;
  tg_table_init(&show->table, timed ? follow_titles : views[at].titles);
  tg_buf_init_growing(&show->notes, OUT_MAX);
  if (!follow) return;
  static const size_t widths[] = {24, 20, 14};
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) tg_table_widen(&show->table, i, widths[i]);
}

void tg_show_fini(tg_show_t *show) {
  tg_table_fini(&show->table);
  tg_buf_fini(&show->notes);
}

static void write_out(tg_show_t *show) {
  tg_buf_t out;
  tg_buf_init_growing(&out, OUT_MAX);
  show->any = show->any || tg_table_rows(&show->table);
  tg_table_write(&show->table, &out);
  tg_buf_put(&out, tg_buf_slice(&show->notes));
  tg_buf_clear(&show->notes);
  if (out.len) (void)fwrite(out.p, 1, out.len, stdout);
  (void)fflush(stdout);
  tg_buf_fini(&out);
}

static void complain(const tg_show_t *show, const tg_json_node_t *line) {
  tg_buf_t text;
  tg_buf_init_growing(&text, OUT_MAX);
  tg_buf_put_fmt(&text, "tidegate %s: ", show->command);
  tg_slice_t message = tg_show_parts_text(line, "message"), code = tg_show_parts_text(line, "code");
  tg_table_clean(&text, message.len ? message : tg_show_parts_text(line, "state"));
  if (code.len) tg_buf_put_fmt(&text, " (%.*s)", (int)code.len, (const char *)code.p);
  tg_buf_put_u8(&text, '\n');
  if (text.len) (void)fwrite(text.p, 1, text.len, stderr);
  tg_buf_fini(&text);
}

void tg_show_line(tg_show_t *show, const tg_json_node_t *line, bool last) {
  tg_slice_t state = tg_show_parts_text(line, "state");
  bool failed = tg_json_read_get(line, "error") || tg_slice_is(state, "cancelled") || tg_slice_is(state, "expired") ||
                tg_slice_is(state, "unknown") || tg_slice_is(state, "failed");
  if (!last) {
    if (show->view->row) show->view->row(show, line);
    return;
  }
  show->any = show->any || tg_table_rows(&show->table);
  if (!failed && show->view->end) show->view->end(show, line);
  write_out(show);
  if (failed && show->drawn) (void)fputs("\n", stdout); /* behind the bar */
  if (failed) complain(show, line);
}

void tg_show_pause(tg_show_t *show) {
  if (show->follow) write_out(show);
}
