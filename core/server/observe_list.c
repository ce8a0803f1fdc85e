/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/server: the observations of a device as a list: begun, replaced, cancelled by their tokens, ended. See observe.h and server_state.h. */

#include <stdio.h>

#include "core/server/observe.h"

enum { NOTE_MAX = 160 };

void tg_observe_tell(tg_server_t *server, const tg_reg_t *reg, const tg_reg_obs_t *obs, const char *how) {
  char memory[NOTE_MAX], text[TG_PATH_TEXT_MAX];
  tg_buf_t note;
  tg_buf_init(&note, memory, sizeof memory);
  if (obs->number) tg_buf_put_fmt(&note, "composite %u of %u paths", obs->number, obs->path_count);
  else tg_buf_put_str(&note, tg_path_text(&obs->path, text));
  tg_buf_put_fmt(&note, " %s", how);
  tg_server_tell(server, reg, TG_EVENT_OBSERVING, tg_buf_slice(&note));
}

void tg_observe_ended(tg_server_t *server, tg_reg_t *reg, tg_reg_obs_t *obs, const char *why) {
  tg_reg_obs_t told = *obs;
  tg_coap_observation_del(server->coap, obs->id);
  tg_reg_table_obs_del(reg, obs);
  tg_reg_store_put(server, reg);
  tg_observe_tell(server, reg, &told, why);
}

/* Whatever it answers, and whether it does: what still comes of it is reset (RFC 7641 §3.6). */
static void on_cancelled(void *ud, const tg_coap_result_t *result) {
  (void)ud;
  (void)result;
}

/* The names of a composite one go with its cancellation (LwM2M Core 1.1 §6.4.5); without them it can't be told. */
static tg_rc_t send_cancel(tg_server_t *server, const tg_reg_t *reg, const tg_reg_obs_t *obs) {
  char path[TG_FORMAT_PATH_MAX];
  tg_coap_observation_t kept;
  bool is_composite = obs->path.len == 0;
  if (!tg_coap_observation_get(server->coap, obs->id, &kept)) return TG_E_GONE;
  tg_coap_call_t call = {.peer = reg->peer,
                         .method = is_composite ? TG_COAP_FETCH : TG_COAP_GET,
                         .path = tg_format_path(reg, &obs->path, path),
                         .accept = TG_CF_NONE,
                         .content_format = TG_CF_NONE,
                         .observe = 1,
                         .token_len = sizeof call.token,
                         .done = on_cancelled};
  memcpy(call.token, kept.token, sizeof call.token);
  if (is_composite) {
    if (!obs->path_count) return TG_E_NOT_FOUND;
    tg_rc_t rc = tg_format_names(server, obs->paths, obs->path_count, obs->format);
    if (rc != TG_OK) return rc;
    call.accept = call.content_format = obs->format;
    call.payload = tg_buf_slice(&server->out);
  }
  tg_id_t exchange;
  return tg_coap_send(server->coap, &call, &exchange);
}

void tg_observe_cancel(tg_server_t *server, tg_reg_t *reg, tg_reg_obs_t *obs, const char *why) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  tg_rc_t rc = device && device->awake ? send_cancel(server, reg, obs) : TG_E_ASLEEP;
  if (rc != TG_OK) tg_log("server", TG_LOG_DEBUG, "cancelled_by_reset rc=%s", tg_rc_name(rc));
  tg_observe_ended(server, reg, obs, why);
}

void tg_observe_sweep(tg_server_t *server, tg_reg_t *reg) {
  for (size_t i = reg->obs_count; i-- > 0;) {
    tg_reg_obs_t *obs = &reg->obs[i];
    if (obs->automatic && !obs->wanted) tg_observe_cancel(server, reg, obs, "cancelled: not wanted any more");
  }
}

uint8_t tg_observe_number(const tg_reg_t *reg) {
  for (uint8_t number = 1; number <= TG_OBSERVE_GROUPS_MAX; number++) {
    size_t at = 0;
    while (at < reg->obs_count && reg->obs[at].number != number) at++;
    if (at == reg->obs_count) return number;
  }
  return 0;
}

static tg_reg_obs_t *find_place(const tg_reg_t *reg, const tg_reg_obs_t *granted) {
  if (!granted->number) return tg_reg_table_obs_find(reg, &granted->path);
  for (size_t i = 0; i < reg->obs_count; i++) {
    if (reg->obs[i].number == granted->number) return &reg->obs[i];
  }
  return NULL;
}

void tg_observe_take(tg_server_t *server, tg_reg_t *reg, const tg_reg_obs_t *granted) {
  tg_reg_obs_t *known = find_place(reg, granted);
  if (known && known->id == granted->id) { /* the device was asked again under the same token */
    tg_reg_table_obs_del(reg, known);
  } else if (known) {
    tg_observe_cancel(server, reg, known, "replaced");
  }
  if (tg_reg_table_obs_add(reg, granted) != TG_OK) {
    tg_coap_observation_del(server->coap, granted->id);
    tg_observe_tell(server, reg, granted, "not kept: too many observations");
    return;
  }
  server->stats.observed++;
  tg_reg_store_put(server, reg);
  tg_observe_tell(server, reg, granted, "begun");
}

/* More names than a row keeps are left out: such a composite one ends by a reset. */
void tg_observe_granted(const tg_server_call_t *call, tg_reg_t *reg, tg_id_t observation) {
  const tg_command_t *command = tg_twin_command(call->server->config.twin, call->command);
  tg_path_t paths[UINT8_MAX];
  tg_reg_obs_t obs = {.path = call->path, .id = observation, .format = TG_CF_NONE};
  if (call->op == TG_OP_OBSERVE_COMPOSITE && command && command->record_count <= UINT8_MAX) {
    for (size_t i = 0; i < command->record_count; i++) paths[i] = command->records[i].path;
    obs.paths = paths;
    obs.path_count = (uint8_t)command->record_count;
    obs.format = (int16_t)call->format;
  }
  tg_observe_take(call->server, reg, &obs);
}
