/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `lwm2m` backend of the twin: a command becomes a request, its answer the command's result (lwm2m.md 1.3, 2.8). A format that
 * the device does not speak (4.06, 4.15) is followed by the next one; what worked is remembered.
 *
 * Path: core/device/twin_command.c | core/coap/coap_response.c -> core/server/command.c -> core/coap/coap_egress.c
 */

#include <stdio.h>

#include "core/codec/codec.h"
#include "core/codec/link_enc.h"
#include "core/server/observe.h"
#include "core/server/operation.h"
#include "core/server/trigger.h"

enum {
  CALLS_MAX = 65536,
  ANNOUNCED_MAX = 1 << 20,
  LEAST_BLOCK = 16,
  LEAVE_MS = 5000 /* an answer that was under way when its device moved has come by then, or does not */
};

tg_rc_t tg_command_init(tg_server_t *server) {
  return tg_pool_init(&server->calls, sizeof(tg_server_call_t), CALLS_MAX);
}

static uint8_t method_of(tg_op_t op) {
  switch (op) {
  case TG_OP_WRITE:
  case TG_OP_ATTRIBUTES: return TG_COAP_PUT;
  case TG_OP_UPDATE:
  case TG_OP_EXECUTE:
  case TG_OP_CREATE: return TG_COAP_POST;
  case TG_OP_DELETE: return TG_COAP_DELETE;
  case TG_OP_READ_COMPOSITE:
  case TG_OP_OBSERVE_COMPOSITE: return TG_COAP_FETCH;
  case TG_OP_WRITE_COMPOSITE: return TG_COAP_IPATCH;
  case TG_OP_READ:
  case TG_OP_DISCOVER:
  case TG_OP_OBSERVE:
  case TG_OP_CANCEL:
  case TG_OP_COUNT: break;
  }
  return TG_COAP_GET;
}

static void on_done(void *ud, const tg_coap_result_t *answer);

static tg_rc_t fill_composite(tg_server_call_t *call, const tg_device_t *device, const tg_command_t *command,
                              tg_coap_call_t *out) {
  tg_server_t *server = call->server;
  if (!tg_composite_format(command, call->attempt, &call->format)) return TG_E_FORMAT;
  tg_rc_t rc = tg_command_write_payload(server, device, command, call->format);
  if (rc != TG_OK) return rc;
  out->content_format = call->format;
  out->payload = tg_buf_slice(&server->out);
  if (command->op != TG_OP_WRITE_COMPOSITE) out->accept = call->format;
  return TG_OK;
}

/* Format, payload and Accept of one attempt. */
static tg_rc_t fill_content(tg_server_call_t *call, const tg_reg_t *reg, const tg_device_t *device,
                            const tg_command_t *command, tg_coap_call_t *out) {
  tg_server_t *server = call->server;
  if (tg_composite_is(command->op)) return fill_composite(call, device, command, out);
  if (command->body.len) return tg_command_body_fill(call->server, reg, command, out);
  if (tg_command_reads(command->op) || tg_command_writes(command->op)) {
    call->format = command->content_format;
    bool chosen = command->content_format >= 0 && call->attempt == 0;
    if (!chosen && (command->content_format >= 0 || !tg_command_wire_format(call, reg, device, command)))
      return TG_E_FORMAT;
  }
  if (tg_command_reads(command->op)) {
    out->accept = call->format;
  } else if (tg_command_writes(command->op)) {
    tg_rc_t rc = tg_command_write_payload(server, device, command, call->format);
    if (rc != TG_OK) return rc;
    out->content_format = call->format;
    out->payload = tg_buf_slice(&server->out);
  } else if (command->op == TG_OP_DISCOVER) {
    out->accept = TG_CF_LINK;
  } else if (command->op == TG_OP_EXECUTE && command->text.len) {
    out->content_format = TG_CF_TEXT;
    out->payload = command->text;
  }
  return TG_OK;
}

static tg_rc_t fill_observe(const tg_server_call_t *call, const tg_reg_t *reg, tg_coap_call_t *out) {
  out->observe = tg_command_observes((tg_op_t)call->op) ? 0 : -1;
  if (call->op != TG_OP_CANCEL) return TG_OK;
  const tg_reg_obs_t *obs = tg_reg_table_obs_find(reg, &call->path);
  tg_coap_observation_t kept;
  if (!obs || !tg_coap_observation_get(call->server->coap, obs->id, &kept)) return TG_E_NOT_FOUND;
  out->observe = 1;
  memcpy(out->token, kept.token, sizeof out->token);
  out->token_len = sizeof out->token;
  return TG_OK;
}

/* How long a bearer that keeps datagrams may keep it: a little beyond the command's deadline, when it is taken back. The blocks of a body: as long as the exchange layer's patience has it. */
static uint32_t patience_s(const tg_command_t *command, int64_t now_ms) {
  int64_t left_s = (command->deadline_ms - now_ms + 1999) / 1000;
  if (!command->deadline_ms || command->body.len) return 0;
  return left_s < 1 ? 1 : left_s > UINT32_MAX ? UINT32_MAX : (uint32_t)left_s;
}

static tg_rc_t send_call(tg_server_call_t *call, const tg_reg_t *reg, const tg_device_t *device,
                         const tg_command_t *asked) {
  char path[TG_FORMAT_PATH_MAX], query[512] = "";
  tg_command_t wire, *command = &wire;
  tg_command_wire(call, device, asked, &wire);
  call->once = wire.op == asked->op && !tg_twin_op_is_repeatable(asked);
  tg_path_t target = command->path;
  if (command->op == TG_OP_CREATE) target = tg_path(1, target.id[0], 0, 0);
  if (command->op == TG_OP_ATTRIBUTES || command->op == TG_OP_DISCOVER) {
    if (command->text.len >= sizeof query) return TG_E_ARG;
    if (command->text.len) memcpy(query, command->text.p, command->text.len);
  }
  tg_coap_call_t out = {.peer = reg->peer,
                        .method = method_of(command->op),
                        .path = tg_format_path(reg, &target, path),
                        .query = query[0] ? query : NULL,
                        .accept = TG_CF_NONE,
                        .content_format = TG_CF_NONE,
                        .priority = command->priority,
                        .max_latency_s = patience_s(command, tg_wheel_unix(call->server->config.wheel)),
                        .cookie = call->reg,
                        .done = on_done,
                        .ud = call};
  tg_rc_t rc = fill_observe(call, reg, &out);
  if (rc == TG_OK) rc = fill_content(call, reg, device, command, &out);
  if (device->quirks & TG_QUIRK_NO_ACCEPT) out.accept = TG_CF_NONE;
  if (rc == TG_OK) rc = tg_coap_send(call->server->coap, &out, &call->exchange);
  if (rc == TG_OK) call->server->stats.commands++;
  return rc;
}

/* LwM2M has no Discover without an object (1.1 §6.3.2): what the device announced is the answer. */
static tg_rc_t tell_announced(const tg_server_t *server, const tg_device_t *device, const tg_command_t *command) {
  tg_buf_t text;
  tg_link_enc_t links;
  tg_buf_init_growing(&text, ANNOUNCED_MAX);
  tg_link_enc_begin(&links, &text);
  for (size_t i = 0; i < device->object_count; i++) tg_link_enc_path(&links, tg_slice_str(""), &device->objects[i]);
  tg_rc_t rc = text.rc;
  if (rc == TG_OK) {
    const tg_command_result_t result = {.state = TG_COMMAND_DONE, .code = TG_COAP_205, .text = tg_buf_slice(&text)};
    tg_twin_finish(server->config.twin, command->id, &result);
  }
  tg_buf_fini(&text);
  return rc;
}

/* Its names and its token go to the device; whatever that answers, what still comes is reset (RFC 7641 §3.6). */
static tg_rc_t cancel_composite(tg_server_t *server, tg_reg_t *reg, const tg_command_t *command) {
  tg_reg_obs_t *obs = tg_reg_table_obs_find(reg, &command->path);
  if (!obs) return TG_E_NOT_FOUND;
  tg_observe_cancel(server, reg, obs, "cancelled");
  const tg_command_result_t result = {.state = TG_COMMAND_DONE};
  tg_twin_finish(server->config.twin, command->id, &result);
  return TG_OK;
}

/* Sends the next single request of a composite command; one that can't be sent counts as a step that failed. TG_END: there is none left. */
static tg_rc_t send_step(tg_server_call_t *call, const tg_reg_t *reg, const tg_device_t *device,
                         const tg_command_t *command) {
  const tg_command_t *step;
  while ((step = tg_composite_next(call->steps, command))) {
    call->op = (uint8_t)step->op;
    call->path = step->path;
    call->attempt = 0;
    tg_rc_t rc = send_call(call, reg, device, step);
    if (rc == TG_OK) return TG_OK;
    tg_composite_add(call->steps, &(tg_command_result_t){.state = TG_COMMAND_FAILED, .rc = rc});
  }
  return TG_END;
}

static tg_rc_t send_first(tg_server_call_t *call, const tg_reg_t *reg, const tg_device_t *device,
                          const tg_command_t *command) {
  if (!tg_composite_is_refused(reg, device, command->op)) return send_call(call, reg, device, command);
  call->steps = tg_composite_new();
  if (!call->steps) return TG_E_NOMEM;
  tg_rc_t rc = send_step(call, reg, device, command);
  if (rc == TG_OK) return TG_OK;
  tg_command_result_t result;
  tg_composite_end(call->steps, &result);
  tg_composite_free(call->steps);
  return result.rc;
}

/* Queued for a device that nobody knew then, or that has another version now: it is told why it can't go. */
static void refuse(tg_server_t *server, const tg_command_t *command, tg_rc_t rc, const tg_diag_t *diag) {
  const tg_command_result_t result = {.state = TG_COMMAND_FAILED, .rc = rc, .text = tg_slice_str(diag->message)};
  tg_twin_finish(server->config.twin, command->id, &result);
}

/* Where the request of a command is noted: those with a body run beside the others. */
static uint32_t *noted(tg_reg_t *reg, const tg_command_t *command) {
  return command->body.len ? &reg->bulk_ref : &reg->call_ref;
}

static tg_server_call_t *call_at(const tg_server_t *server, uint32_t ref) {
  return ref ? tg_pool_at(&server->calls, ref - 1, NULL) : NULL;
}

static tg_rc_t start(void *ud, const tg_device_t *device, const tg_command_t *command) {
  tg_server_t *server = ud;
  tg_reg_t *reg = tg_reg_table_get(server, device->backend_cookie);
  tg_diag_t diag = {0};
  if (!reg) return TG_E_GONE;
  tg_rc_t rc = tg_operation_check(server->config.twin, device, command, &diag);
  if (rc != TG_OK) {
    refuse(server, command, rc, &diag);
    return TG_OK;
  }
  if (command->unless_observed && tg_reg_table_obs_find(reg, &command->path)) return TG_E_EXISTS;
  if (command->op == TG_OP_DISCOVER && command->path.len == 0) return tell_announced(server, device, command);
  if (command->op == TG_OP_CANCEL && command->path.len == 0) return cancel_composite(server, reg, command);
  tg_id_t id;
  tg_server_call_t *call = tg_pool_take(&server->calls, &id);
  if (!call) return TG_E_FULL;
  *call = (tg_server_call_t){.server = server,
                             .reg = tg_reg_table_id(server, reg),
                             .command = command->id,
                             .path = command->path,
                             .op = (uint8_t)command->op,
                             .format = TG_CF_NONE};
  rc = send_first(call, reg, device, command);
  if (rc == TG_OK) tg_trigger_sent(server->config.twin, command, tg_wheel_now(server->config.wheel));
  if (rc == TG_OK) {
    *noted(reg, command) = tg_id_slot(id) + 1;
    if (command->body.len == 0) tg_server_asked(server, reg); /* a body takes its time: that shows nothing */
  } else {
    tg_pool_give(&server->calls, id);
  }
  return rc;
}

static void cancel(void *ud, const tg_device_t *device, tg_id_t command) {
  tg_server_t *server = ud;
  tg_reg_t *reg = tg_reg_table_get(server, device->backend_cookie);
  tg_server_call_t *call = reg ? call_at(server, reg->call_ref) : NULL;
  if (!call || call->command != command) call = reg ? call_at(server, reg->bulk_ref) : NULL;
  if (!call || call->command != command) return;
  call->command = TG_ID_NONE; /* on_done() must not finish it */
  tg_coap_cancel(server->coap, call->exchange);
}

void tg_command_drop(tg_server_t *server, tg_reg_t *reg) {
  const uint32_t refs[] = {reg->bulk_ref, reg->call_ref};
  for (size_t i = 0; i < TG_COUNT(refs); i++) {
    const tg_server_call_t *call = call_at(server, refs[i]);
    if (call) tg_coap_cancel(server->coap, call->exchange);
  }
}

/* What one address has of a body, another one has not: whoever asked begins anew. */
void tg_command_leave(tg_server_t *server, tg_reg_t *reg) {
  const uint32_t refs[] = {reg->bulk_ref, reg->call_ref};
  for (size_t i = 0; i < TG_COUNT(refs); i++) {
    const tg_server_call_t *call = call_at(server, refs[i]);
    if (call) tg_coap_leave(server->coap, call->exchange, call->once ? LEAVE_MS : 0);
  }
}

const tg_backend_ops_t tg_command_backend = {.kind = "lwm2m", .start = start, .cancel = cancel};

/* @return whether the request went out again in another format */
static bool retry(tg_server_call_t *call, const tg_reg_t *reg, const tg_coap_result_t *answer) {
  if (answer->rc != TG_OK || (answer->code != TG_COAP_406 && answer->code != TG_COAP_415)) return false;
  const tg_command_t *command = tg_twin_command(call->server->config.twin, call->command);
  const tg_device_t *device = reg ? tg_twin_find(call->server->config.twin, reg->device) : NULL;
  if (!command || !device || command->body.len) return false;
  call->attempt++;
  return send_call(call, reg, device, call->steps ? tg_composite_current(call->steps) : command) == TG_OK;
}

/* A composite command goes on: by its next step, or by its first one where the device has no such operation. @return whether a request went out */
static bool go_on(tg_server_call_t *call, tg_reg_t *reg, const tg_coap_result_t *answer) {
  const tg_command_t *command = tg_twin_command(call->server->config.twin, call->command);
  const tg_device_t *device = reg ? tg_twin_find(call->server->config.twin, reg->device) : NULL;
  if (!command || !device || answer->rc != TG_OK || !tg_composite_is(command->op)) return false;
  if (call->steps) {
    char created[TG_PATH_TEXT_MAX];
    tg_command_result_t result;
    tg_command_judge(call, reg, answer, &result, created);
    tg_composite_add(call->steps, &result);
  } else {
    bool is_plain =
        command->op == TG_OP_OBSERVE_COMPOSITE && answer->code >> 5 == 2 && !answer->observing; /* a mere read */
    if (!is_plain && !tg_composite_refuse(call->server, reg, command->op, answer->code)) return false;
    call->steps = tg_composite_new();
    if (!call->steps) return false;
  }
  return send_step(call, reg, device, command) == TG_OK;
}

/* What was to be written before an Execute is: now the Execute. @return whether it went out */
static bool execute_now(tg_server_call_t *call, const tg_reg_t *reg, const tg_coap_result_t *answer) {
  const tg_command_t *command = tg_twin_command(call->server->config.twin, call->command);
  const tg_device_t *device = reg ? tg_twin_find(call->server->config.twin, reg->device) : NULL;
  if (!command || !device || command->op != TG_OP_EXECUTE || !command->record_count || call->is_prepared) return false;
  if (answer->rc != TG_OK || answer->code >> 5 != 2) return false;
  call->is_prepared = true;
  call->attempt = 0;
  call->late = send_call(call, reg, device, command);
  return call->late == TG_OK;
}

/* Whether request and answer were one message each, so that the time between them is the device's. */
static bool is_short(const tg_server_call_t *call, const tg_coap_result_t *answer) {
  tg_op_t op = (tg_op_t)call->op;
  return answer->body.len <= LEAST_BLOCK && !tg_command_writes(op) && !tg_composite_is(op) && !call->steps &&
         !call->is_prepared;
}

static void on_done(void *ud, const tg_coap_result_t *answer) {
  tg_server_call_t *call = ud;
  tg_server_t *server = call->server;
  tg_reg_t *reg = tg_reg_table_get(server, call->reg);
  if (call->command != TG_ID_NONE &&
      (retry(call, reg, answer) || go_on(call, reg, answer) || execute_now(call, reg, answer)))
    return;
  tg_server_call_t ended = *call;
  tg_id_t id = tg_pool_id(&server->calls, call);
  if (reg) *(reg->bulk_ref == tg_id_slot(id) + 1 ? &reg->bulk_ref : &reg->call_ref) = 0;
  tg_pool_give(&server->calls, id);
  if (ended.command != TG_ID_NONE) {
    char created[TG_PATH_TEXT_MAX] = "";
    tg_command_result_t result;
    if (reg) tg_server_answered(server, reg, answer->rc, is_short(&ended, answer));
    if (ended.steps && answer->rc == TG_OK && reg) tg_composite_end(ended.steps, &result);
    else tg_command_judge(&ended, reg, answer, &result, created);
    if (result.code >> 5 > 2) tg_trigger_refused(server->config.twin, ended.command);
    tg_twin_finish(server->config.twin, ended.command, &result);
  }
  tg_composite_free(ended.steps);
}
