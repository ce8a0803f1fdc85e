/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/server under command.c: what an answer means for its command: records into the twin, observations begun and ended, how the command ended (lwm2m.md 1.3). */

#include <stdio.h>

#include "core/server/observe.h"

static void take_records(const tg_server_call_t *call, tg_reg_t *reg, const tg_coap_result_t *answer,
                         tg_command_result_t *result) {
  tg_server_t *server = call->server;
  tg_report_payload_t payload = {.base = call->path,
                                 .content_format = answer->content_format,
                                 .asked = call->format,
                                 .body = answer->body,
                                 .source = tg_command_observes((tg_op_t)call->op) ? TG_SOURCE_NOTIFY : TG_SOURCE_READ};
  bool may_be_empty = call->op == TG_OP_CANCEL || tg_composite_is((tg_op_t)call->op);
  if (may_be_empty && answer->body.len == 0) return;
  tg_rc_t rc = tg_report_take(server, reg, &payload);
  tg_server_hold_values(server, answer->reply, rc);
  if (rc != TG_OK && rc != TG_E_FULL) {
    *result = (tg_command_result_t){.state = TG_COMMAND_FAILED, .rc = rc, .code = answer->code};
    return;
  }
  result->records = server->records;
  result->record_count = server->record_count;
}

/* Where the new instance is: what the device says, if that is an instance of the object, or what was asked for. */
static bool find_created(const tg_server_call_t *call, const tg_coap_result_t *answer, char created[TG_PATH_TEXT_MAX]) {
  tg_path_t path;
  int len =
      snprintf(created, TG_PATH_TEXT_MAX, "/%.*s/%.*s", (int)answer->location[0].len,
               (const char *)answer->location[0].p, (int)answer->location[1].len, (const char *)answer->location[1].p);
  if (len < TG_PATH_TEXT_MAX && tg_path_parse(tg_slice_str(created), &path) == TG_OK && path.len == TG_PATH_INSTANCE &&
      path.id[0] == call->path.id[0])
    return true;
  if (call->path.len != TG_PATH_INSTANCE) return false;
  tg_path_text(&call->path, created);
  return true;
}

/* Whatever the answer to a cancellation: it is not wanted any more, and what still comes is reset (RFC 7641 §3.6). */
static void end_observation(const tg_server_call_t *call, tg_reg_t *reg) {
  tg_reg_obs_t *obs = tg_reg_table_obs_find(reg, &call->path);
  if (obs) tg_observe_ended(call->server, reg, obs, "cancelled");
}

static void take_answer(const tg_server_call_t *call, tg_reg_t *reg, const tg_coap_result_t *answer,
                        tg_command_result_t *result, char created[TG_PATH_TEXT_MAX]) {
  tg_op_t op = (tg_op_t)call->op;
  if (op == TG_OP_DISCOVER) result->text = answer->body;
  if (op == TG_OP_CREATE && find_created(call, answer, created)) result->text = tg_slice_str(created);
  if (tg_command_reads(op) || op == TG_OP_READ_COMPOSITE || op == TG_OP_OBSERVE_COMPOSITE)
    take_records(call, reg, answer, result);
  if (tg_command_reads(op) || tg_command_writes(op)) tg_format_worked(reg, call->format);
  if (!tg_command_observes(op)) return;
  if (answer->observing) {
    tg_observe_granted(call, reg, answer->observation);
  } else if (result->state == TG_COMMAND_DONE) {
    result->state = TG_COMMAND_FAILED;
    result->rc = TG_E_UNSUPPORTED;
  }
}

void tg_command_judge(const tg_server_call_t *call, tg_reg_t *reg, const tg_coap_result_t *answer,
                      tg_command_result_t *result, char created[TG_PATH_TEXT_MAX]) {
  *result = (tg_command_result_t){.state = TG_COMMAND_FAILED, .rc = answer->rc, .code = answer->code};
  if (answer->unsent) result->rc = TG_E_ASLEEP;
  if (answer->rc == TG_E_CANCELLED) { /* the registration was replaced under it, or its device has moved */
    result->rc = TG_E_AGAIN;
    result->unsent = !call->steps && (answer->unsent || !call->once);
  }
  if (answer->rc != TG_OK || !reg) return;
  if (call->late != TG_OK) {
    *result = (tg_command_result_t){.state = TG_COMMAND_FAILED, .rc = call->late};
    return;
  }
  if (call->op == TG_OP_CANCEL) end_observation(call, reg);
  bool good = answer->code >> 5 == 2;
  result->state = good ? TG_COMMAND_DONE : TG_COMMAND_FAILED;
  result->rc = good ? TG_OK : TG_E_PEER;
  if (good) take_answer(call, reg, answer, result, created);
}
