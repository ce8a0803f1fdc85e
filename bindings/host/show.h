/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_SHOW_H
#define TG_BINDINGS_HOST_SHOW_H

/** Answers of the gateway for people: which command makes which table. */

#include "bindings/host/table.h"
#include "core/codec/json_read.h"

/** Caller's memory; members are private. */
typedef struct tg_show {
  const char *command;
  const struct tg_show_view *view;
  bool follow;
  tg_table_t table;
  tg_buf_t notes; /* lines below the table */
  bool any;       /* there were rows */
  int64_t now_ms;
  char last_state[16];  /* of a firmware update, as it was said last */
  int64_t last_percent; /* likewise */
  bool drawn;           /* there is a bar on the terminal */
} tg_show_t;

/** Begins to show the answer to @p command (kept); @p follow: it goes on until interrupted. */
void tg_show_init(tg_show_t *show, const char *command, bool follow);

/** Frees it. */
void tg_show_fini(tg_show_t *show);

/** One line of the answer. Tables go to standard output, what went wrong to standard error. */
void tg_show_line(tg_show_t *show, const tg_json_node_t *line, bool last);

/** Nothing more has come yet: what follows is shown so far. */
void tg_show_pause(tg_show_t *show);

#endif
