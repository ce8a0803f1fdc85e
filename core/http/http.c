/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of http_client.h and http_server.h: each goes on to the one of its name in core/http/module, through the table of its object. What
 * is done there is no business of this file. Called by whoever speaks HTTP.
 */

#include "core/base/log.h"
#include "core/http/http_load.h"

/* ---- client ---- */

tg_http_client_t *tg_http_client_new(tg_loop_t *loop, const tg_http_client_config_t *config) {
  tg_diag_t diag = {0};
  const tg_http_module_t *module = tg_http_load(&diag);
  if (module) return module->client_new(loop, config);
  tg_log("http", TG_LOG_ERROR, "module_not_loaded why=\"%s\"", diag.message);
  return NULL;
}

void tg_http_client_free(tg_http_client_t *client) {
  if (client) client->ops->free(client);
}

tg_rc_t tg_http_client_send(tg_http_client_t *client, const tg_http_request_t *request, tg_id_t *id) {
  return client->ops->send(client, request, id);
}

void tg_http_client_cancel(tg_http_client_t *client, tg_id_t id) {
  client->ops->cancel(client, id);
}

uint32_t tg_http_client_count(const tg_http_client_t *client) {
  return client->ops->count(client);
}

/* ---- server ---- */

tg_rc_t tg_http_server_new(tg_loop_t *loop, const tg_http_server_config_t *config, tg_diag_t *diag,
                           tg_http_server_t **server) {
  const tg_http_module_t *module = tg_http_load(diag);
  return module ? module->server_new(loop, config, diag, server) : TG_E_CONFIG;
}

void tg_http_server_free(tg_http_server_t *server) {
  if (server) server->ops->free(server);
}

uint16_t tg_http_server_port(const tg_http_server_t *server) {
  return server->ops->port(server);
}

bool tg_http_server_secure(const tg_http_server_t *server) {
  return server->ops->secure(server);
}

tg_rc_t tg_http_server_complete(tg_http_server_t *server, tg_id_t id, const tg_http_reply_t *reply) {
  return server->ops->complete(server, id, reply);
}

const char *tg_http_server_header(const tg_http_call_t *call, const char *name) {
  return call->server->ops->header(call, name);
}

const char *tg_http_server_query(const tg_http_call_t *call, const char *name) {
  return call->server->ops->query(call, name);
}
