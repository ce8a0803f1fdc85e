/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Automatic observations by policy: one request at a time, the next only after an answer, so that a spoofed Register can't make the
 * server send much (security.md 2.1). What times out waits for the next message of the device. What comes next is observe_next.c's
 * business. Called by register.c, update.c, report.c, send.c.
 */

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/codec/codec.h"
#include "core/server/observe.h"

enum { COME_ROUND_MS = 500 };

/* @p pending: the rest is tried when the device is heard from again. */
static void end_plan(tg_observe_plan_t *plan, tg_reg_t *reg, bool pending) {
  tg_server_t *server = plan->server;
  if (reg) {
    reg->plan_ref = 0;
    reg->plan_pending = pending;
  }
  tg_alloc_free(plan->group);
  tg_pool_give(&server->plans, tg_pool_id(&server->plans, plan));
  tg_observe_queue_go_on(server);
}

static void tell_refused(const tg_observe_plan_t *plan, const tg_reg_t *reg, const char *how) {
  const tg_reg_obs_t target = {
      .path = plan->path, .number = plan->step == TG_OBSERVE_GROUP, .path_count = plan->group_count};
  tg_observe_tell(plan->server, reg, &target, how);
}

static void on_done(void *ud, const tg_coap_result_t *result);

/* One boolean, in a format that the device takes. */
static tg_rc_t fill_send(tg_observe_plan_t *plan, const tg_reg_t *reg, const tg_device_t *device,
                         tg_coap_call_t *call) {
  tg_server_t *server = plan->server;
  const tg_format_ask_t ask = {&plan->path, true, plan->attempt};
  tg_model_t model = tg_twin_model(server->config.twin, device);
  tg_path_t path;
  const tg_record_t record = {
      .path = plan->path,
      .value = {.type = TG_TYPE_BOOLEAN, .b = tg_policy_send(server, reg, device, &path) == TG_SERVER_SEND_MUTE}};
  if (!tg_format_choose(server, reg, device, &ask, &plan->format)) return TG_E_FORMAT;
  const tg_codec_output_t output = {.content_format = plan->format,
                                    .base = plan->path,
                                    .records = &record,
                                    .count = 1,
                                    .model = &model,
                                    .use = TG_CODEC_USE_WRITE};
  tg_buf_clear(&server->out);
  tg_rc_t rc = tg_codec_encode(&output, &server->out);
  call->method = TG_COAP_PUT;
  call->content_format = plan->format;
  call->payload = tg_buf_slice(&server->out);
  return rc;
}

/* Method, format and payload of the step. TG_E_FORMAT when there is no format left to try. */
static tg_rc_t fill(tg_observe_plan_t *plan, const tg_reg_t *reg, const tg_device_t *device, tg_coap_call_t *call) {
  static const int of_group[] = {TG_CF_SENML_CBOR, TG_CF_SENML_JSON};
  const tg_format_ask_t ask = {&plan->path, false, plan->attempt};
  tg_rc_t rc;
  switch (plan->step) {
  case TG_OBSERVE_ATTRIBUTES:
    call->method = TG_COAP_PUT;
    call->query = plan->query;
    return TG_OK;
  case TG_OBSERVE_VERIFY: call->accept = TG_CF_LINK; return TG_OK;
  case TG_OBSERVE_GROUP:
    if (plan->attempt >= TG_COUNT(of_group)) return TG_E_FORMAT;
    plan->format = of_group[plan->attempt];
    rc = tg_format_names(plan->server, plan->group, plan->group_count, plan->format);
    call->method = TG_COAP_FETCH;
    call->observe = 0;
    call->payload = tg_buf_slice(&plan->server->out);
    call->accept = call->content_format = plan->format;
    return rc;
  case TG_OBSERVE_SEND: return fill_send(plan, reg, device, call);
  case TG_OBSERVE_SINGLE: call->observe = 0; break;
  case TG_OBSERVE_WHO:
  case TG_OBSERVE_END: break;
  }
  if (!tg_format_choose(plan->server, reg, device, &ask, &plan->format)) return TG_E_FORMAT;
  call->accept = plan->format;
  return TG_OK;
}

static tg_rc_t send_step(tg_observe_plan_t *plan, const tg_reg_t *reg, const tg_device_t *device) {
  char path[TG_FORMAT_PATH_MAX];
  const tg_path_t root = tg_path(0, 0, 0, 0);
  const tg_path_t *target = plan->step == TG_OBSERVE_GROUP ? &root : &plan->path;
  tg_coap_call_t call = {.peer = reg->peer,
                         .method = TG_COAP_GET,
                         .path = tg_format_path(reg, target, path),
                         .accept = TG_CF_NONE,
                         .content_format = TG_CF_NONE,
                         .observe = -1,
                         .cookie = plan->reg,
                         .done = on_done,
                         .ud = plan};
  tg_rc_t rc = fill(plan, reg, device, &call);
  if (device->quirks & TG_QUIRK_NO_ACCEPT && plan->step != TG_OBSERVE_VERIFY) call.accept = TG_CF_NONE;
  return rc == TG_OK ? tg_coap_send(plan->server->coap, &call, &plan->exchange) : rc;
}

/* The device has no composite observations: their paths are observed one by one, also after a restart. */
static void give_up_groups(tg_observe_plan_t *plan, tg_reg_t *reg) {
  tg_server_t *server = plan->server;
  reg->no_group = true;
  tg_server_tolerate(server, reg, TG_QUIRK_COMPOSITE_REFUSED);
  tg_reg_store_put(server, reg);
  plan->attempt = 0; /* its attributes are written already, which is of use to single ones */
  plan->written = 0;
  plan->chunk = 0;
}

/* What the device is asked for and does not say is taken down as nothing, so that it is not asked again. */
static void take_who(tg_observe_plan_t *plan, tg_reg_t *reg, tg_slice_t text) {
  plan->is_stuck = tg_reg_notes_set_who(plan->server, reg, plan->who, text) != TG_OK;
  if (plan->is_stuck) return;
  plan->attempt = 0;
  if (tg_policy_quirks(plan->server, reg))
    tg_server_tell(plan->server, reg, TG_EVENT_UPDATED, tg_slice_str("it falls under a profile of quirks"));
  tg_reg_store_put(plan->server, reg);
}

/* Whatever it said: one that has no Mute Send has nothing to be told. */
static void settle_send(tg_observe_plan_t *plan, tg_reg_t *reg) {
  plan->attempt = 0;
  reg->send_settled = true;
  tg_reg_store_put(plan->server, reg);
}

static void pass_refused(tg_observe_plan_t *plan, tg_reg_t *reg, const char *how) {
  if (plan->step == TG_OBSERVE_SEND) {
    settle_send(plan, reg);
    return;
  }
  if (plan->step == TG_OBSERVE_WHO) {
    take_who(plan, reg, tg_slice(NULL, 0));
    return;
  }
  tell_refused(plan, reg, how);
  if (plan->step == TG_OBSERVE_GROUP) give_up_groups(plan, reg);
  else tg_observe_pass(plan);
}

static void finish(tg_observe_plan_t *plan, tg_reg_t *reg) {
  tg_server_t *server = plan->server;
  end_plan(plan, reg, false);
  tg_observe_sweep(server, reg);
  tg_observe_watch(server, reg);
}

static void step(tg_observe_plan_t *plan) {
  tg_server_t *server = plan->server;
  tg_reg_t *reg = tg_reg_table_get(server, plan->reg);
  const tg_device_t *device = reg ? tg_twin_find(server->config.twin, reg->device) : NULL;
  while (device && device->awake && !plan->is_stuck) {
    tg_observe_next(plan, reg, device);
    if (plan->step == TG_OBSERVE_END) {
      finish(plan, reg);
      return;
    }
    tg_rc_t rc = send_step(plan, reg, device);
    if (rc == TG_OK) return;
    if (rc != TG_E_FORMAT) break;
    pass_refused(plan, reg, "refused: no common format");
  }
  end_plan(plan, reg, true);
}

/* A device that knows no attributes may be observed all the same. */
static void take_attributes(tg_observe_plan_t *plan, const tg_reg_t *reg, const tg_coap_result_t *result) {
  plan->written++;
  if (result->rc != TG_OK || result->code >> 5 != 2) {
    tg_server_tolerate(plan->server, reg, TG_QUIRK_ATTRIBUTES_REFUSED);
  } else if (!plan->told_query) {
    plan->told_path = plan->path;
    plan->told_query = plan->query;
  }
}

/* Once for a device: one that shows nothing of what it took does not keep to it either (users-pains 16). */
static void take_links(tg_observe_plan_t *plan, tg_reg_t *reg, const tg_coap_result_t *result) {
  reg->attributes_seen = true;
  bool is_told = result->rc == TG_OK && result->code == TG_COAP_205; /* else it is felt: observe_watch.c */
  if (is_told && !tg_observe_shows(reg, &plan->told_path, plan->told_query, result->body))
    tg_server_tolerate(plan->server, reg, TG_QUIRK_ATTRIBUTES_IGNORED);
  tg_reg_store_put(plan->server, reg);
}

static void take_grant(tg_observe_plan_t *plan, tg_reg_t *reg, const tg_coap_result_t *result) {
  tg_reg_obs_t granted = {.path = plan->path,
                          .automatic = true,
                          .wanted = true,
                          .attributes = tg_observe_attributes(plan->query),
                          .pmin_s = tg_observe_seconds(plan->query, "pmin"),
                          .pmax_s = tg_observe_seconds(plan->query, "pmax"),
                          .heard_ms = tg_wheel_now(plan->server->config.wheel),
                          .format = TG_CF_NONE,
                          .id = result->observation};
  if (plan->step == TG_OBSERVE_GROUP) {
    granted.path = tg_path(0, 0, 0, 0);
    granted.number = tg_observe_number(reg);
    granted.path_count = plan->group_count;
    granted.paths = plan->group;
    granted.format = (int16_t)plan->format;
  }
  tg_observe_take(plan->server, reg, &granted);
}

static bool has_room(const tg_observe_plan_t *plan, const tg_reg_t *reg) {
  return plan->step != TG_OBSERVE_GROUP || tg_observe_number(reg) != 0;
}

/* A 2.05 to what was to be observed. */
static void take_values(tg_observe_plan_t *plan, tg_reg_t *reg, const tg_coap_result_t *result) {
  tg_server_t *server = plan->server;
  bool is_group = plan->step == TG_OBSERVE_GROUP;
  tg_report_payload_t payload = {.base = is_group ? tg_path(0, 0, 0, 0) : plan->path,
                                 .content_format = result->content_format,
                                 .asked = plan->format,
                                 .body = result->body,
                                 .source = plan->step == TG_OBSERVE_WHO ? TG_SOURCE_READ : TG_SOURCE_NOTIFY};
  bool is_empty = is_group && result->body.len == 0; /* nothing of it is there now */
  tg_format_worked(reg, plan->format);
  bool stands = result->observing && has_room(plan, reg);
  if (result->observing && !stands) tg_coap_observation_del(server->coap, result->observation);
  if (stands) take_grant(plan, reg, result);
  tg_rc_t rc = is_empty ? TG_OK : tg_report_take(server, reg, &payload);
  if (rc != TG_OK) tg_log("server", TG_LOG_DEBUG, "first_values_lost rc=%s", tg_rc_name(rc));
  if (stands) tg_server_hold_values(server, result->reply, rc);
  if (plan->step == TG_OBSERVE_WHO) {
    bool is_text = rc == TG_OK && server->record_count == 1;
    take_who(plan, reg, is_text ? server->records[0].value.s : tg_slice(NULL, 0));
  } else if (stands) {
    tg_observe_pass(plan);
  } else {
    pass_refused(plan, reg, "refused: not observable");
  }
}

static void take_answer(tg_observe_plan_t *plan, tg_reg_t *reg, const tg_coap_result_t *result) {
  if (plan->step == TG_OBSERVE_ATTRIBUTES) {
    take_attributes(plan, reg, result);
  } else if (plan->step == TG_OBSERVE_VERIFY) {
    take_links(plan, reg, result);
  } else if (result->code == TG_COAP_406 || result->code == TG_COAP_415) {
    plan->attempt++;
  } else if (plan->step == TG_OBSERVE_SEND) {
    settle_send(plan, reg);
  } else if (result->rc == TG_OK && result->code >> 5 == 2) {
    take_values(plan, reg, result);
  } else {
    char how[48];
    snprintf(how, sizeof how, "refused: %u.%02u", result->code >> 5, result->code & 31u);
    pass_refused(plan, reg, result->rc == TG_OK ? how : tg_rc_name(result->rc));
  }
}

static void on_done(void *ud, const tg_coap_result_t *result) {
  tg_observe_plan_t *plan = ud;
  tg_server_t *server = plan->server;
  plan->exchange = TG_ID_NONE;
  if (plan->dropped) return;
  tg_reg_t *reg = tg_reg_table_get(server, plan->reg);
  bool silent = result->rc == TG_E_TIMEOUT || result->rc == TG_E_LINK || result->rc == TG_E_CANCELLED;
  if (!reg || silent) {
    /* Some acknowledge a method that they do not have, and say no more. */
    if (reg && result->rc == TG_E_TIMEOUT && plan->step == TG_OBSERVE_GROUP) give_up_groups(plan, reg);
    if (reg && result->rc == TG_E_TIMEOUT) tg_twin_asleep(server->config.twin, reg->device);
    end_plan(plan, reg, true);
    return;
  }
  tg_server_heard(server, reg);
  take_answer(plan, reg, result);
  step(plan);
}

/* Whether there may be something to do for a device that need not be asked who it is. */
static bool is_needed(const tg_server_t *server, const tg_reg_t *reg, const tg_device_t *device) {
  tg_path_t path;
  if (tg_policy_observe_count(server, reg) > 0) return true;
  if (tg_policy_send(server, reg, device, &path) != TG_SERVER_SEND_LEAVE) return true;
  for (size_t i = 0; i < reg->obs_count; i++) {
    if (reg->obs[i].automatic) return true;
  }
  return false;
}

/* Some devices begin to listen after they have taken in the answer to their Register; where a lost message costs half a minute, that is worth
 * half a second, but no more than a quarter of the time for which one in queue mode listens at all. */
static uint32_t come_round_ms(const tg_device_t *device) {
  uint32_t window_ms = device->queue_mode ? device->awake_window_ms : 0;
  return window_ms && window_ms / 4 < COME_ROUND_MS ? window_ms / 4 : COME_ROUND_MS;
}

/* Its turn has come. Without memory it stays pending: the next message tries again. */
static void begin(tg_server_t *server, tg_reg_t *reg) {
  tg_id_t id;
  tg_observe_plan_t *plan = tg_pool_take(&server->plans, &id);
  if (!plan) return;
  *plan = (tg_observe_plan_t){.server = server, .reg = tg_reg_table_id(server, reg)};
  for (size_t i = 0; i < reg->obs_count; i++) reg->obs[i].wanted = false;
  reg->plan_ref = tg_id_slot(id) + 1;
  step(plan);
}

tg_rc_t tg_observe_init(tg_server_t *server) {
  tg_rc_t rc = tg_pool_init(&server->plans, sizeof(tg_observe_plan_t), TG_REG_PLANS_MAX);
  tg_observe_queue_init(server, begin);
  return rc == TG_OK ? tg_observe_watch_init(server) : rc;
}

void tg_observe_plan(tg_server_t *server, tg_reg_t *reg, uint32_t delay_ms) {
  const tg_device_t *device = reg->plan_ref || reg->queue_lane ? NULL : tg_twin_find(server->config.twin, reg->device);
  if (!device) return;
  tg_server_who_t who;
  bool asks = tg_policy_next_who(server, reg, device, &who);
  if (asks || is_needed(server, reg, device)) {
    const tg_observe_turn_t turn = {device->queue_mode, asks, asks ? come_round_ms(device) : delay_ms};
    tg_observe_queue_add(server, reg, &turn);
  } else {
    reg->plan_pending = false;
  }
}

void tg_observe_drop(tg_server_t *server, tg_reg_t *reg) {
  tg_observe_plan_t *plan = reg->plan_ref ? tg_pool_at(&server->plans, reg->plan_ref - 1, NULL) : NULL;
  tg_observe_queue_del(server, reg);
  if (plan) {
    plan->dropped = true;
    tg_coap_cancel(server->coap, plan->exchange);
    end_plan(plan, reg, false);
  }
  tg_observe_watch_end(server, reg);
  for (size_t i = 0; i < reg->obs_count; i++) {
    tg_coap_observation_del(server->coap, reg->obs[i].id);
    tg_reg_table_obs_free(&reg->obs[i]);
  }
  reg->obs_count = 0;
}
