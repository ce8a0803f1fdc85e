/* SPDX-License-Identifier: Apache-2.0 */
/*
 * De-register: the device says good-bye (LwM2M Core 1.1 §6.2.3).
 * Called by server_route.c.
 */

#include "core/server/server_state.h"

void tg_deregister_handle(tg_server_t *server, tg_reg_t *reg, const tg_coap_request_t *request,
                          tg_coap_reply_t *reply) {
  if (reg->peer != request->peer) {
    tg_rc_t rc = tg_takeover_move(server, reg, request->peer);
    if (rc != TG_OK) {
      reply->code = tg_rc_coap(rc);
      return;
    }
  }
  tg_reg_end(server, reg, TG_EVENT_DEREGISTERED, "de-registered");
  server->stats.deregisters++;
  reply->code = TG_COAP_202;
  tg_server_hold(server, reply);
}
