/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Send: a registered device reports on its own (LwM2M Core 1.1 §6.4.6). Answered when what it caused is on disk.
 * Called by server_route.c.
 */

#include "core/codec/codec_in.h"
#include "core/server/server_state.h"

enum { BUSY_S = 60 };

/* Security objects do not exist for reports. 4.13 is for too many records or bytes: it says that less at a time would do, which does not mend a name that is too long. */
static uint8_t code_of(const tg_server_t *server, tg_rc_t rc) {
  bool is_less_better =
      server->record_count == TG_CODEC_IN_RECORDS_MAX || server->record_bytes > TG_SERVER_REPORT_BYTES_MAX;
  if (rc == TG_E_TOO_LONG && !is_less_better) return TG_COAP_400;
  return rc == TG_E_DENIED ? TG_COAP_404 : tg_rc_coap(rc);
}

/* All three have absolute names, LwM2M CBOR as maps from the object down (lwm2m.md 1.4.5, 2.7). */
static bool is_pack(int format) {
  return format == TG_CF_SENML_JSON || format == TG_CF_SENML_CBOR || format == TG_CF_LWM2M_CBOR;
}

void tg_send_handle(tg_server_t *server, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  tg_reg_t *reg = tg_reg_table_of_peer(server, request->peer);
  if (!reg) {
    tg_server_refuse(server, TG_ID_NONE, tg_slice(NULL, 0), "Send without registration");
    reply->code = TG_COAP_400;
    return;
  }
  if (!is_pack(request->content_format)) {
    reply->code = TG_COAP_415;
    return;
  }
  tg_server_heard(server, reg);
  tg_report_payload_t payload = {
      .content_format = request->content_format, .asked = TG_CF_NONE, .body = request->body, .source = TG_SOURCE_SEND};
  tg_rc_t rc = tg_report_take(server, reg, &payload);
  if (rc != TG_OK) {
    reply->code = code_of(server, rc);
    if (reply->code == TG_COAP_503) reply->max_age = BUSY_S;
    return;
  }
  if (server->config.seen_by_reports) tg_reg_table_extend(server, reg);
  if (reg->plan_pending) tg_observe_plan(server, reg, 1);
  server->stats.sends++;
  reply->code = TG_COAP_204;
  reply->yields = true;
  tg_server_hold(server, reply);
}
