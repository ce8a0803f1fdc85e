/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notify: values of an observation go to the twin. The ACK of a confirmable one waits until what it caused is on disk; one that the
 * event bus has no room for is not acknowledged and comes again.
 *
 * Path: core/coap/coap_notify.c | core/server/server_route.c -> core/server/report.c -> core/device/twin_values.c
 */

#include <stdio.h>

#include "core/server/observe.h"

static tg_reg_obs_t *find_observation(const tg_reg_t *reg, tg_id_t id) {
  for (size_t i = 0; i < reg->obs_count; i++) {
    if (reg->obs[i].id == id) return &reg->obs[i];
  }
  return NULL;
}

static tg_rc_t take_values(tg_server_t *server, tg_reg_t *reg, const tg_path_t *path, const tg_coap_result_t *result,
                           tg_coap_reply_t *reply) {
  tg_report_payload_t payload = {.base = *path,
                                 .content_format = result->content_format,
                                 .asked = TG_CF_NONE,
                                 .body = result->body,
                                 .source = TG_SOURCE_NOTIFY};
  tg_rc_t rc = tg_report_take(server, reg, &payload);
  server->stats.notifications++;
  tg_server_hold_values(server, result->confirmable ? reply : NULL, rc);
  return rc;
}

static void take_report(tg_server_t *server, tg_reg_t *reg, tg_reg_obs_t *obs, const tg_coap_result_t *result,
                        tg_coap_reply_t *reply) {
  tg_path_t path = obs->path;
  tg_rc_t rc = result->rc;
  bool is_early = result->observing && tg_observe_watch_heard(server, reg, obs);
  if (!result->observing) {
    char why[48];
    snprintf(why, sizeof why, "ended: %u.%02u", result->code >> 5, result->code & 31u);
    tg_observe_ended(server, reg, obs, why);
  }
  if (is_early) server->stats.early++;
  else if (rc == TG_OK && result->code >> 5 == 2) rc = take_values(server, reg, &path, result, reply);
  bool is_lost = result->rc != TG_OK || rc == TG_E_FULL || rc == TG_E_NOMEM;
  tg_observe_owed(server, reg, result->observation, !is_lost);
}

void tg_report_notify(tg_server_t *server, tg_reg_t *reg, const tg_coap_result_t *result, tg_coap_reply_t *reply) {
  tg_reg_obs_t *obs = find_observation(reg, result->observation);
  if (!obs) { /* not ours any more */
    tg_coap_observation_del(server->coap, result->observation);
    reply->code = TG_COAP_404; /* no ACK for what nobody took; what comes again is reset */
    return;
  }
  if (result->peer != TG_ID_NONE && result->peer != reg->peer) {
    tg_rc_t rc = tg_takeover_move(server, reg, result->peer);
    if (rc != TG_OK) {
      reply->code = tg_rc_coap(rc);
      return;
    }
    tg_reg_store_put(server, reg);
  }
  if (result->rc == TG_E_TIMEOUT || result->rc == TG_E_LINK) { /* its first block came, and then no more */
    tg_observe_owed(server, reg, obs->id, false);
    return;
  }
  tg_server_heard(server, reg);
  if (server->config.seen_by_reports) tg_reg_table_extend(server, reg);
  if (result->rc == TG_E_AGAIN) { /* its blocks are still to come, its sender does not wait for them */
    tg_observe_owe(server, reg, obs, reply);
    return;
  }
  take_report(server, reg, obs, result, reply);
  if (reg->plan_pending) tg_observe_plan(server, reg, 1);
}
