/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Automatic observations by configuration: one request at a time, the next only after an answer, so that a spoofed Register can't
 * make the server send much (security.md 2.1). What times out waits for the next message of the device.
 * Called by register.c, update.c, report.c, send.c.
 */

#include <stdio.h>

#include "core/server/server_state.h"

enum { PLANS_MAX = 65536, NOTE_MAX = 96 };

/* Where the making of a registration's observations stands. */
typedef struct plan {
  tg_server_t *server;
  tg_id_t reg;
  tg_timer_t timer;
  tg_id_t exchange;
  tg_path_t path;      /* being observed */
  uint16_t entry;      /* of the configuration */
  uint16_t object;     /* of the device's list */
  uint8_t attempt;     /* of formats */
  bool has_attributes; /* Write-Attributes is done */
  bool dropped;
  int format;
} plan_t;

tg_rc_t tg_observe_init(tg_server_t *server) {
  return tg_pool_init(&server->plans, sizeof(plan_t), PLANS_MAX);
}

static void tell(tg_server_t *server, const tg_reg_t *reg, const tg_path_t *path, const char *how) {
  char note[NOTE_MAX], text[TG_PATH_TEXT_MAX];
  snprintf(note, sizeof note, "%s %s", tg_path_text(path, text), how);
  tg_server_tell(server, reg, TG_EVENT_OBSERVING, tg_slice_str(note));
}

void tg_observe_ended(tg_server_t *server, tg_reg_t *reg, tg_reg_obs_t *obs, const char *why) {
  tg_path_t path = obs->path;
  tg_coap_observation_del(server->coap, obs->id);
  tg_reg_table_obs_del(reg, obs);
  tg_reg_store_put(server, reg);
  tell(server, reg, &path, why);
}

static void grant(tg_server_t *server, tg_reg_t *reg, const tg_reg_obs_t *granted) {
  tg_reg_obs_t *known = tg_reg_table_obs_find(reg, &granted->path);
  if (known && known->id != granted->id) tg_coap_observation_del(server->coap, known->id);
  tg_rc_t rc = TG_OK;
  if (known) known->id = granted->id;
  else rc = tg_reg_table_obs_add(reg, granted);
  if (rc != TG_OK) {
    tg_coap_observation_del(server->coap, granted->id);
    tell(server, reg, &granted->path, "not kept: too many observations");
    return;
  }
  server->stats.observed++;
  tg_reg_store_put(server, reg);
  tell(server, reg, &granted->path, "begun");
}

void tg_observe_granted(tg_server_t *server, tg_reg_t *reg, const tg_path_t *path, tg_id_t observation) {
  grant(server, reg, &(tg_reg_obs_t){.path = *path, .id = observation});
}

/* @p pending: the rest is tried when the device is heard from again. */
static void end_plan(plan_t *plan, tg_reg_t *reg, bool pending) {
  tg_server_t *server = plan->server;
  tg_wheel_del(server->config.wheel, &plan->timer);
  if (reg) {
    reg->plan = TG_ID_NONE;
    reg->plan_pending = pending;
  }
  tg_pool_give(&server->plans, tg_pool_id(&server->plans, plan));
}

static void next_target(plan_t *plan) {
  plan->object++;
  plan->attempt = 0;
  plan->has_attributes = false;
}

/* The path that entry and object under the cursor mean together; false: none. */
static bool target(const tg_server_observe_t *entry, const tg_path_t *announced, tg_path_t *path) {
  if (announced->len != TG_PATH_INSTANCE) return false;
  *path = entry->path.len <= TG_PATH_OBJECT ? *announced : entry->path;
  return entry->path.len > 0 && (tg_path_covers(&entry->path, announced) || tg_path_covers(announced, &entry->path));
}

static bool find_target(plan_t *plan, const tg_reg_t *reg, const tg_device_t *device) {
  const tg_server_config_t *config = &plan->server->config;
  for (; plan->entry < config->observe_count; plan->entry++, plan->object = 0) {
    for (; plan->object < device->object_count; next_target(plan)) {
      if (!target(&config->observe[plan->entry], &device->objects[plan->object], &plan->path)) continue;
      if (!tg_reg_table_obs_find(reg, &plan->path)) return true;
    }
  }
  return false;
}

static void on_done(void *ud, const tg_coap_result_t *result);

static tg_rc_t send_next(plan_t *plan, const tg_reg_t *reg, const tg_device_t *device) {
  char path[TG_FORMAT_PATH_MAX];
  const char *query = plan->server->config.observe[plan->entry].query;
  bool attributes = query && *query && !plan->has_attributes;
  tg_coap_call_t call = {.peer = reg->peer,
                         .method = attributes ? TG_COAP_PUT : TG_COAP_GET,
                         .path = tg_format_path(reg, &plan->path, path),
                         .query = attributes ? query : NULL,
                         .accept = TG_CF_NONE,
                         .content_format = TG_CF_NONE,
                         .observe = attributes ? -1 : 0,
                         .cookie = plan->reg,
                         .done = on_done,
                         .ud = plan};
  if (!attributes) {
    const tg_format_ask_t ask = {&plan->path, false, plan->attempt};
    if (!tg_format_choose(reg, device, &ask, &plan->format)) return TG_E_FORMAT;
    call.accept = plan->format;
  }
  return tg_coap_send(plan->server->coap, &call, &plan->exchange);
}

static void step(plan_t *plan) {
  tg_server_t *server = plan->server;
  tg_reg_t *reg = tg_reg_table_get(server, plan->reg);
  const tg_device_t *device = reg ? tg_twin_find(server->config.twin, reg->device) : NULL;
  if (!device || !device->awake) {
    end_plan(plan, reg, true);
    return;
  }
  while (find_target(plan, reg, device)) {
    tg_rc_t rc = send_next(plan, reg, device);
    if (rc == TG_OK) return;
    if (rc != TG_E_FORMAT) {
      end_plan(plan, reg, true);
      return;
    }
    tell(server, reg, &plan->path, "refused: no common format");
    next_target(plan);
  }
  end_plan(plan, reg, false);
}

static void on_timer(tg_timer_t *timer, void *ud) {
  (void)timer;
  step(ud);
}

static void take_answer(plan_t *plan, tg_reg_t *reg, const tg_coap_result_t *result) {
  tg_server_t *server = plan->server;
  const char *query = server->config.observe[plan->entry].query;
  bool attributes = query && *query && !plan->has_attributes;
  if (attributes) { /* a device that knows no attributes may be observed all the same */
    plan->has_attributes = true;
    return;
  }
  if (result->code == TG_COAP_406 || result->code == TG_COAP_415) {
    plan->attempt++;
    return;
  }
  if (result->rc == TG_OK && result->code >> 5 == 2) {
    tg_report_payload_t payload = {.base = plan->path,
                                   .content_format = result->content_format,
                                   .asked = plan->format,
                                   .body = result->body,
                                   .source = TG_SOURCE_NOTIFY};
    tg_format_worked(reg, plan->format);
    if (result->observing)
      grant(server, reg, &(tg_reg_obs_t){.path = plan->path, .automatic = true, .id = result->observation});
    else tell(server, reg, &plan->path, "refused: not observable");
    tg_rc_t rc = tg_report_take(server, reg, &payload);
    if (rc != TG_OK) tg_log("server", TG_LOG_DEBUG, "first_values_lost rc=%s", tg_rc_name(rc));
  } else {
    char how[48];
    snprintf(how, sizeof how, "refused: %u.%02u", result->code >> 5, result->code & 31u);
    tell(server, reg, &plan->path, result->rc == TG_OK ? how : tg_rc_name(result->rc));
  }
  next_target(plan);
}

static void on_done(void *ud, const tg_coap_result_t *result) {
  plan_t *plan = ud;
  tg_server_t *server = plan->server;
  plan->exchange = TG_ID_NONE;
  if (plan->dropped) return;
  tg_reg_t *reg = tg_reg_table_get(server, plan->reg);
  bool silent = result->rc == TG_E_TIMEOUT || result->rc == TG_E_LINK || result->rc == TG_E_CANCELLED;
  if (!reg || silent) {
    if (reg && result->rc == TG_E_TIMEOUT) tg_twin_asleep(server->config.twin, reg->device);
    end_plan(plan, reg, true);
    return;
  }
  tg_server_heard(server, reg);
  take_answer(plan, reg, result);
  step(plan);
}

void tg_observe_plan(tg_server_t *server, tg_reg_t *reg, uint32_t delay_ms) {
  if (reg->plan != TG_ID_NONE) return;
  if (server->config.observe_count == 0) {
    reg->plan_pending = false;
    return;
  }
  tg_id_t id;
  plan_t *plan = tg_pool_take(&server->plans, &id);
  if (!plan) return; /* pending: the next message tries again */
  *plan = (plan_t){.server = server, .reg = tg_reg_table_id(server, reg), .timer = {.fn = on_timer, .ud = plan}};
  reg->plan = id;
  tg_wheel_add(server->config.wheel, &plan->timer, tg_wheel_now(server->config.wheel) + delay_ms);
}

void tg_observe_drop(tg_server_t *server, tg_reg_t *reg) {
  plan_t *plan = tg_pool_find(&server->plans, reg->plan);
  if (plan) {
    plan->dropped = true;
    tg_coap_cancel(server->coap, plan->exchange);
    end_plan(plan, reg, false);
  }
  for (size_t i = 0; i < reg->obs_count; i++) tg_coap_observation_del(server->coap, reg->obs[i].id);
  reg->obs_count = 0;
}
