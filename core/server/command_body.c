/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of core/server: the request of a Write whose value is lent, such as a firmware image (/5/0/0): opaque, in blocks, with patience.
 * Called by command.c; hears of each block from the exchange layer. See device.h, body.
 */

#include "core/server/server_state.h"

/* How long no block goes before the push is given up. A bearer that buffers takes ten minutes for one message by itself (non-ip.md 1.4). */
enum { PATIENCE_MS = 600 * 1000, SLOW_PATIENCE_MS = 3600 * 1000 };

/* The last thing done: who hears of it may cancel the command, and with it the call. */
static void on_progress(void *ud, size_t sent) {
  const tg_server_call_t *call = ud;
  const tg_reg_t *reg = tg_reg_table_get(call->server, call->reg);
  if (reg) tg_server_heard(call->server, reg);
  tg_twin_progress(call->server->config.twin, call->command, sent);
}

tg_rc_t tg_command_body_fill(const tg_server_t *server, const tg_reg_t *reg, const tg_command_t *command,
                             tg_coap_call_t *out) {
  tg_link_t *link;
  const tg_addr_t *addr;
  if (command->content_format >= 0 && command->content_format != TG_CF_OPAQUE) return TG_E_FORMAT;
  if (command->body.len > TG_COAP_PAYLOAD_MAX) return TG_E_TOO_LONG;
  if (!tg_coap_peer_addr(server->coap, reg->peer, &link, &addr)) return TG_E_GONE;
  out->content_format = TG_CF_OPAQUE;
  out->payload = command->body;
  out->lent = true;
  out->first_at = (size_t)command->body_from;
  out->patience_ms = link->reports_tx ? SLOW_PATIENCE_MS : PATIENCE_MS;
  out->progress = on_progress;
  return TG_OK;
}
