/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of core/server: whether devices keep to the periods they were told. Some take attributes and ignore them (users-pains 16):
 * what comes too early is counted, and dropped where that is configured; what does not come is asked for, one request a device at a
 * time and few together. It is asked for as what it is, an observation under its own token (RFC 7641 §3.3.1): a device that has dropped it, say
 * since a notification was never acknowledged while the network was away (§4.5), has it again. See observe.h.
 */

#include "core/server/observe.h"

enum {
  WATCHES_MAX = 131072,
  OVERDUE_MAX = 256,   /* reads at once, all devices together */
  SLACK_MS = 10000,    /* of messages that are lost, repeated or wait in a network */
  OWED_MS = 15000,     /* from one try to the next to read what is owed */
  PERIOD_MIN_MS = 5000 /* a shorter pmax is looked after so seldom */
};

typedef struct watch {
  tg_server_t *server;
  tg_id_t reg;
  tg_timer_t timer;
  tg_id_t exchange;
  tg_id_t observation; /* that the read is for */
  tg_path_t path;
  int format;
  uint8_t attempt;
  bool dropped;
} watch_t;

tg_rc_t tg_observe_watch_init(tg_server_t *server) {
  return tg_pool_init(&server->watches, sizeof(watch_t), WATCHES_MAX);
}

/* Never before @p ms. */
static uint32_t seconds(uint64_t ms) {
  return (uint32_t)((ms + 999) / 1000);
}

/* Half a period more than agreed, and time for the network. */
static uint64_t due_of(const tg_reg_obs_t *obs) {
  if (obs->owed == TG_REG_OWED_DUE) return obs->since_s ? (uint64_t)obs->since_s * 1000 + OWED_MS : 0;
  uint64_t period = (uint64_t)obs->pmax_s * 1000;
  if (period < PERIOD_MIN_MS) period = PERIOD_MIN_MS;
  uint64_t since = (uint64_t)obs->since_s * 1000;
  if (since < obs->heard_ms) since = obs->heard_ms;
  return since + period + period / 2 + SLACK_MS;
}

/* As of the specification, a pmax of 0 or below pmin says nothing (lwm2m.md 1.4.2). */
static bool has_pmax(const tg_reg_obs_t *obs) {
  return obs->automatic && obs->pmax_s > 0 && obs->pmax_s >= obs->pmin_s;
}

static bool is_looked_after(const tg_reg_obs_t *obs) {
  return has_pmax(obs) || obs->owed == TG_REG_OWED_DUE;
}

bool tg_observe_watch_heard(tg_server_t *server, tg_reg_t *reg, tg_reg_obs_t *obs) {
  uint64_t now = tg_wheel_now(server->config.wheel), least = (uint64_t)obs->pmin_s * 1000;
  bool is_early = obs->automatic && obs->pmin_s > 1 && obs->heard_ms && (now - obs->heard_ms) * 4 < least * 3;
  if (is_early) {
    tg_server_tolerate(server, reg, TG_QUIRK_ATTRIBUTES_IGNORED);
    if (server->config.drops_early) return true;
  }
  obs->heard_ms = now;
  return false;
}

static void arm(watch_t *watch, const tg_reg_t *reg) {
  tg_server_t *server = watch->server;
  uint64_t next = UINT64_MAX;
  for (size_t i = 0; i < reg->obs_count; i++) {
    if (is_looked_after(&reg->obs[i]) && due_of(&reg->obs[i]) < next) next = due_of(&reg->obs[i]);
  }
  if (next == UINT64_MAX) tg_wheel_del(server->config.wheel, &watch->timer);
  else tg_wheel_add(server->config.wheel, &watch->timer, next);
}

static tg_reg_obs_t *find(const tg_reg_t *reg, tg_id_t observation) {
  for (size_t i = 0; i < reg->obs_count; i++) {
    if (reg->obs[i].id == observation) return &reg->obs[i];
  }
  return NULL;
}

static void on_read(void *ud, const tg_coap_result_t *result);

static tg_rc_t send_read(watch_t *watch, const tg_reg_t *reg, const tg_device_t *device, const tg_reg_obs_t *obs) {
  char path[TG_FORMAT_PATH_MAX];
  const tg_format_ask_t ask = {&obs->path, false, watch->attempt};
  tg_coap_observation_t kept;
  if (!tg_coap_observation_get(watch->server->coap, obs->id, &kept)) return TG_E_GONE;
  watch->observation = obs->id;
  watch->path = obs->path;
  tg_coap_call_t call = {.peer = reg->peer,
                         .method = TG_COAP_GET,
                         .path = tg_format_path(reg, &obs->path, path),
                         .accept = TG_CF_NONE,
                         .content_format = TG_CF_NONE,
                         .observe = 0,
                         .token_len = sizeof kept.token,
                         .cookie = kept.cookie,
                         .done = on_read,
                         .ud = watch};
  memcpy(call.token, kept.token, sizeof call.token);
  if (obs->path.len == 0) {
    watch->format = obs->format;
    tg_rc_t rc = tg_format_names(watch->server, obs->paths, obs->path_count, obs->format);
    if (rc != TG_OK) return rc;
    call.method = TG_COAP_FETCH;
    call.content_format = obs->format;
    call.payload = tg_buf_slice(&watch->server->out);
  } else if (!tg_format_choose(watch->server, reg, device, &ask, &watch->format)) {
    return TG_E_FORMAT;
  }
  if (!(device->quirks & TG_QUIRK_NO_ACCEPT)) call.accept = watch->format;
  tg_rc_t rc = tg_coap_send(watch->server->coap, &call, &watch->exchange);
  if (rc == TG_OK) watch->server->overdue++;
  return rc;
}

/* What is overdue is read, the one that waits longest first; all others get their turn when the answer is there. */
static void look(watch_t *watch, const tg_reg_t *reg) {
  tg_server_t *server = watch->server;
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  uint64_t now = tg_wheel_now(server->config.wheel);
  tg_reg_obs_t *longest = NULL;
  for (size_t i = 0; i < reg->obs_count; i++) {
    tg_reg_obs_t *obs = &reg->obs[i];
    if (!is_looked_after(obs) || due_of(obs) > now) continue;
    if (!longest || due_of(obs) < due_of(longest)) longest = obs;
  }
  bool may_read = longest && device && device->awake && server->overdue < OVERDUE_MAX;
  if (longest) longest->since_s = seconds(now); /* also of one that sleeps: that is an excuse, it gets another period */
  if (may_read) {
    if (longest->owed != TG_REG_OWED_DUE) tg_server_tolerate(server, reg, TG_QUIRK_ATTRIBUTES_IGNORED);
    watch->attempt = 0;
    if (send_read(watch, reg, device, longest) == TG_OK) return;
  }
  arm(watch, reg);
}

static void on_timer(tg_timer_t *timer, void *ud) {
  (void)timer;
  watch_t *watch = ud;
  const tg_reg_t *reg = tg_reg_table_get(watch->server, watch->reg);
  if (reg && watch->exchange == TG_ID_NONE) look(watch, reg);
}

/* @return whether the read went out again in another format */
static bool retry(watch_t *watch, const tg_reg_t *reg, const tg_coap_result_t *result) {
  const tg_device_t *device = tg_twin_find(watch->server->config.twin, reg->device);
  const tg_reg_obs_t *obs = find(reg, watch->observation);
  bool is_format = result->rc == TG_OK && (result->code == TG_COAP_406 || result->code == TG_COAP_415);
  if (!is_format || !device || !obs || obs->path.len == 0) return false;
  watch->attempt++;
  return send_read(watch, reg, device, obs) == TG_OK;
}

/* What was read while it was overdue or owed. */
static void take_values(const watch_t *watch, tg_reg_t *reg, const tg_coap_result_t *result) {
  tg_server_t *server = watch->server;
  tg_rc_t rc = TG_OK;
  if (result->code >> 5 == 2 && result->body.len) {
    const tg_report_payload_t payload = {.base = watch->path,
                                         .content_format = result->content_format,
                                         .asked = watch->format,
                                         .body = result->body,
                                         .source = TG_SOURCE_READ};
    rc = tg_report_take(server, reg, &payload);
    if (rc != TG_OK) tg_log("server", TG_LOG_DEBUG, "overdue_values_lost rc=%s", tg_rc_name(rc));
    tg_server_hold_values(server, result->reply, rc);
  }
  bool is_busy = result->code == TG_COAP_503 || rc == TG_E_FULL || rc == TG_E_NOMEM;
  tg_observe_owed(server, reg, watch->observation, !is_busy);
}

static void on_read(void *ud, const tg_coap_result_t *result) {
  watch_t *watch = ud;
  tg_server_t *server = watch->server;
  watch->exchange = TG_ID_NONE;
  server->overdue--;
  if (watch->dropped) return;
  tg_reg_t *reg = tg_reg_table_get(server, watch->reg);
  if (!reg) return;
  if (result->rc == TG_E_TIMEOUT) tg_twin_asleep(server->config.twin, reg->device);
  if (result->rc == TG_OK) tg_server_heard(server, reg);
  if (retry(watch, reg, result)) return;
  if (result->rc == TG_OK) take_values(watch, reg, result);
  arm(watch, reg);
}

static watch_t *watch_of(const tg_server_t *server, const tg_reg_t *reg) {
  return reg->watch_ref ? tg_pool_at(&server->watches, reg->watch_ref - 1, NULL) : NULL;
}

void tg_observe_watch(tg_server_t *server, tg_reg_t *reg) {
  watch_t *watch = watch_of(server, reg);
  uint64_t now = tg_wheel_now(server->config.wheel);
  bool any = false;
  for (size_t i = 0; i < reg->obs_count; i++) {
    if (!is_looked_after(&reg->obs[i])) continue;
    any = true;
    if (!reg->obs[i].heard_ms && !reg->obs[i].owed) reg->obs[i].since_s = seconds(now); /* from before a restart */
  }
  if (!any && !watch) return;
  if (!watch) {
    tg_id_t id;
    watch = tg_pool_take(&server->watches, &id);
    if (!watch) return; /* nobody looks after it then */
    reg->watch_ref = tg_id_slot(id) + 1;
    *watch = (watch_t){.server = server, .reg = tg_reg_table_id(server, reg), .timer = {.fn = on_timer, .ud = watch}};
  }
  if (watch->exchange == TG_ID_NONE) arm(watch, reg);
}

void tg_observe_owe(tg_server_t *server, tg_reg_t *reg, tg_reg_obs_t *obs, tg_coap_reply_t *reply) {
  bool is_known = obs->owed != TG_REG_OWED_NOT; /* its row says so already */
  obs->owed = TG_REG_OWED_COMES;
  if (!is_known) tg_reg_store_put(server, reg);
  tg_server_hold(server, reply);
}

void tg_observe_owed(tg_server_t *server, tg_reg_t *reg, tg_id_t id, bool taken) {
  tg_reg_obs_t *obs = find(reg, id);
  if (!obs || !obs->owed) return;
  if (taken) {
    obs->owed = TG_REG_OWED_NOT;
    tg_reg_store_put(server, reg);
    return;
  }
  obs->owed = TG_REG_OWED_DUE;
  obs->since_s = seconds(tg_wheel_now(server->config.wheel));
  tg_observe_watch(server, reg);
}

void tg_observe_moved(tg_server_t *server, tg_reg_t *reg) {
  const tg_observe_plan_t *plan = reg->plan_ref ? tg_pool_at(&server->plans, reg->plan_ref - 1, NULL) : NULL;
  const watch_t *watch = watch_of(server, reg);
  if (plan) tg_coap_cancel(server->coap, plan->exchange); /* it is pending then */
  if (!watch || watch->exchange == TG_ID_NONE) return;
  tg_reg_obs_t *obs = find(reg, watch->observation);
  if (obs) obs->since_s = 0; /* as overdue as it was */
  tg_coap_cancel(server->coap, watch->exchange);
}

void tg_observe_watch_end(tg_server_t *server, tg_reg_t *reg) {
  watch_t *watch = watch_of(server, reg);
  reg->watch_ref = 0;
  if (!watch) return;
  watch->dropped = true;
  tg_coap_cancel(server->coap, watch->exchange);
  tg_wheel_del(server->config.wheel, &watch->timer);
  tg_pool_give(&server->watches, tg_pool_id(&server->watches, watch));
}
