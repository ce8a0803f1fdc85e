/* SPDX-License-Identifier: Apache-2.0 */
/* `limits`: what is in force, what happens over it, how often that was; called by control_ops.c. See control_limits.h. */

#include "bindings/host/control_limits.h"

#include "core/gateway/limits.h"

static void put_row(const tg_control_request_t *request, const tg_limits_row_t *row) {
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &request->tag);
  tg_control_reply_text(&reply, "limit", row->name);
  tg_control_reply_int(&reply, "max", (int64_t)row->value);
  tg_control_reply_text(&reply, "unit", row->unit);
  tg_control_reply_text(&reply, "over", row->over);
  if (row->key) tg_control_reply_text(&reply, "key", row->key);
  if (row->counter) {
    tg_control_reply_text(&reply, "counter", row->counter);
    tg_control_reply_int(&reply, "hits", (int64_t)row->hits);
  }
  tg_control_reply_send(&reply, request->conn, false);
}

/* What scripts went over, all together. */
typedef struct overruns {
  uint64_t memory;
  uint64_t instructions;
  uint64_t time;
} overruns_t;

static bool add_overruns(void *ud, const tg_api_status_t *status) {
  overruns_t *sum = ud;
  sum->memory += status->over_memory;
  sum->instructions += status->over_instructions;
  sum->time += status->overruns - status->over_instructions;
  return true;
}

static int64_t put_scripts(const tg_control_t *control, const tg_control_request_t *request) {
  const tg_api_limits_t *limits = &control->config.script_limits;
  const tg_control_scripts_t *scripts = &control->config.scripts;
  overruns_t sum = {0};
  if (scripts->each) scripts->each(scripts->ud, add_overruns, &sum);
  const tg_limits_row_t rows[] = {
      {"script_memory", "script_limits.memory", limits->memory, "bytes", "the call fails",
       "calls ended, of all scripts", sum.memory},
      {"script_instructions", "script_limits.instructions", limits->instructions, "a call", "the call fails",
       "calls ended, of all scripts", sum.instructions},
      {"script_burst", "script_limits.burst", limits->burst_ms, "ms a call", "the call fails",
       "calls ended, of all scripts", sum.time},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) put_row(request, &rows[i]);
  return (int64_t)TG_COUNT(rows);
}

void tg_control_limits(tg_control_t *control, const tg_control_request_t *request) {
  tg_limits_row_t row;
  int64_t count = 0;
  for (; tg_limits_get(&control->config.parts, (size_t)count, &row); count++) put_row(request, &row);
  count += put_scripts(control, request);
  const tg_limits_row_t own[] = {
      {"control_clients", NULL, TG_CONTROL_CONNS_MAX, "clients", "the connection is closed", "clients refused",
       control->refused},
      {"control_line", NULL, TG_CONTROL_LINE_MAX, "bytes", "an error: too_long", "lines refused", control->long_lines},
  };
  for (size_t i = 0; i < TG_COUNT(own); i++) put_row(request, &own[i]);
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &request->tag);
  tg_control_reply_int(&reply, "count", count + (int64_t)TG_COUNT(own));
  tg_control_reply_send(&reply, request->conn, true);
}
