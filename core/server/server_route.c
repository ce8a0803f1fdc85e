/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The resources of the server by path and method: /rd, /rd/{id}, /dp, /.well-known/core, files of others (/fw/{token}); and the entry of
 * notifications.
 *
 * Path: core/coap/coap_serve.c -> core/server/server_route.c -> core/server/report.c
 */

#include "core/server/server_state.h"

enum { SEGMENTS_MAX = 3, FILE_PATH_MAX = 128, BLOCK_DEFAULT = 1024 };

/* Fewer than the 136 bytes that a NoSec peer may be sent unasked (security.md 2.1). */
static const char well_known[] = "</rd>;rt=\"core.rd\",</dp>";

static size_t path_of(const tg_coap_msg_t *msg, tg_slice_t segments[SEGMENTS_MAX]) {
  size_t count = 0;
  for (size_t i = 0; i < msg->option_count && msg->options[i].number <= TG_OPT_URI_PATH; i++) {
    if (msg->options[i].number != TG_OPT_URI_PATH) continue;
    if (count == SEGMENTS_MAX) return SEGMENTS_MAX + 1;
    segments[count++] = tg_coap_msg_value(&msg->options[i]);
  }
  return count;
}

static void route_registration(tg_server_t *server, tg_slice_t id, const tg_coap_request_t *request,
                               tg_coap_reply_t *reply) {
  tg_reg_t *reg = tg_reg_table_find(server, id);
  if (!reg) reply->code = TG_COAP_404;
  else if (request->msg->code == TG_COAP_POST) tg_update_handle(server, reg, request, reply);
  else if (request->msg->code == TG_COAP_DELETE) tg_deregister_handle(server, reg, request, reply);
  else reply->code = TG_COAP_405;
}

static void route_well_known(const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  if (request->msg->code != TG_COAP_GET) {
    reply->code = TG_COAP_405;
    return;
  }
  bool other = request->accept != TG_CF_NONE && request->accept != TG_CF_LINK;
  reply->code = other ? TG_COAP_406 : TG_COAP_205;
  if (other) return;
  reply->content_format = TG_CF_LINK;
  reply->payload = tg_slice_str(well_known);
}

/* Up to where this request asks for the file: the end of its block (RFC 7959 §2.2). */
static uint64_t asked_to(const tg_coap_msg_t *msg) {
  const tg_coap_opt_t *opt = tg_coap_msg_find(msg, TG_OPT_BLOCK2);
  uint32_t block = 0;
  if (!opt || tg_coap_msg_uint(opt, &block) != TG_OK) return BLOCK_DEFAULT;
  return ((uint64_t)(block >> 4) + 1) << ((block & 7u) + 4);
}

static void route_file(tg_server_t *server, const tg_slice_t at[2], const tg_coap_request_t *request,
                       tg_coap_reply_t *reply) {
  uint8_t memory[FILE_PATH_MAX];
  tg_buf_t path;
  tg_buf_init(&path, memory, sizeof memory);
  for (size_t i = 0; i < 2; i++) {
    tg_buf_put_u8(&path, '/');
    tg_buf_put(&path, at[i]);
  }
  if (!server->config.file || path.rc != TG_OK) return;
  bool gets = request->msg->code == TG_COAP_GET;
  uint64_t asked = gets ? asked_to(request->msg) : 0;
  tg_slice_t body, etag;
  if (server->config.file(server->config.file_ud, tg_buf_slice(&path), asked, &body, &etag) != TG_OK) return;
  reply->code = gets ? TG_COAP_205 : TG_COAP_405;
  if (!gets) return;
  if (request->accept != TG_CF_NONE && request->accept != TG_CF_OPAQUE) {
    reply->code = TG_COAP_406;
    return;
  }
  reply->content_format = TG_CF_OPAQUE;
  reply->payload = body;
  reply->etag = etag;
  reply->lent = true;
}

void tg_server_route(tg_server_t *server, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  tg_slice_t at[SEGMENTS_MAX];
  size_t count = path_of(request->msg, at);
  bool is_post = request->msg->code == TG_COAP_POST;
  reply->code = TG_COAP_404;
  if (count == 0 || count > 2) return;
  if (tg_slice_is(at[0], "rd") && count == 2) route_registration(server, at[1], request, reply);
  else if (tg_slice_is(at[0], "rd") && is_post) tg_register_handle(server, request, reply);
  else if (tg_slice_is(at[0], "dp") && count == 1 && is_post) tg_send_handle(server, request, reply);
  else if (count == 1 && (tg_slice_is(at[0], "rd") || tg_slice_is(at[0], "dp"))) reply->code = TG_COAP_405;
  else if (count == 2 && tg_slice_is(at[0], ".well-known") && tg_slice_is(at[1], "core"))
    route_well_known(request, reply);
  else if (count == 2 && tg_slice_is(at[0], "fw")) route_file(server, at, request, reply);
}

void tg_server_on_request(void *ud, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  tg_server_route(ud, request, reply);
}

void tg_server_on_notify(void *ud, uint64_t cookie, const tg_coap_result_t *result, tg_coap_reply_t *reply) {
  tg_server_t *server = ud;
  tg_reg_t *reg = tg_reg_table_get(server, cookie);
  if (reg) {
    tg_report_notify(server, reg, result, reply);
    return;
  }
  tg_coap_observation_del(server->coap, result->observation);
  reply->code = TG_COAP_404; /* no ACK for what nobody took; what comes again is reset */
}
