/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register: checks everything first, then changes state once (LwM2M Core 1.1 §6.2.1, lwm2m.md 1.2.2 to 1.2.4).
 * Called by server_route.c.
 */

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/server/quirk.h"
#include "core/server/server_state.h"

enum { BUSY_S = 60, PLAN_DELAY_MS = 1, VERSION_MINOR_MAX = 2 };

/* A Register that has passed the checks of its text. */
typedef struct candidate {
  tg_slice_t ep;
  bool queue_mode;
  tg_reg_params_t params;
  tg_reg_t *old;
  uint8_t identity[TG_ADDR_MAX];
} candidate_t;

static tg_rc_t check_version(const tg_reg_params_t *params) {
  if (!params->has_version) return TG_E_ARG;
  bool known = params->version >= TG_VERSION_1_0 && params->version <= TG_VERSION_OF(1, VERSION_MINOR_MAX);
  return known ? TG_OK : TG_E_VERSION;
}

/* Without `ep` the identity that the link vouches for is the endpoint. */
static tg_rc_t find_ep(tg_server_t *server, const tg_coap_request_t *request, candidate_t *candidate) {
  candidate->ep = candidate->params.ep;
  if (candidate->params.has_ep) return TG_OK;
  tg_buf_t identity;
  tg_buf_init(&identity, candidate->identity, sizeof candidate->identity);
  tg_takeover_identity(server, request->peer, &identity);
  candidate->ep = tg_buf_slice(&identity);
  return candidate->ep.len ? TG_OK : TG_E_ARG;
}

static tg_rc_t check_params(tg_server_t *server, const tg_coap_request_t *request, candidate_t *candidate,
                            const char **why) {
  tg_reg_params_t *params = &candidate->params;
  *why = NULL;
  tg_rc_t rc = tg_reg_params_parse(request->msg, params);
  if (rc != TG_OK) return rc;
  *why = params->has_version ? "the version of LwM2M is not supported" : "lwm2m is missing";
  rc = check_version(params);
  if (rc != TG_OK) return rc;
  *why = params->has_binding ? "b or Q is none of this version of LwM2M" : "Q is none of LwM2M 1.0";
  rc = tg_reg_params_binding(params, params->version, &candidate->queue_mode);
  if (rc != TG_OK) return rc;
  *why = "ep is missing";
  return find_ep(server, request, candidate);
}

static tg_rc_t check_text(tg_server_t *server, const tg_coap_request_t *request, candidate_t *candidate,
                          const char **why) {
  *why = "a Register must be confirmable";
  if (!request->confirmable) return TG_E_ARG;
  tg_rc_t rc = check_params(server, request, candidate, why);
  if (rc != TG_OK) return rc;
  *why = "the object list must be in link-format, content format 40";
  if (request->content_format != TG_CF_NONE && request->content_format != TG_CF_LINK) return TG_E_FORMAT;
  rc = tg_reg_links_parse(request->body, &server->links);
  *why = request->body.len ? "the object list can't be read" : "the object list is missing";
  if (request->content_format == TG_CF_NONE) server->links.quirks |= TG_QUIRK_NO_FORMAT;
  return rc;
}

static tg_rc_t check_right(tg_server_t *server, const tg_coap_request_t *request, candidate_t *candidate,
                           const char **why) {
  const tg_device_t *device = tg_twin_find_ep(server->config.twin, candidate->ep);
  *why = "a driver holds the endpoint";
  if (device && device->online && device->backend != &tg_command_backend) return TG_E_DENIED;
  if (device && device->online) candidate->old = tg_reg_table_get(server, device->backend_cookie);
  if (!tg_takeover_allows(server, candidate->ep, candidate->old, request->peer, why)) return TG_E_DENIED;
  *why = "not admitted";
  return server->config.admit ? server->config.admit(server->config.admit_ud, candidate->ep, request) : TG_OK;
}

static tg_rc_t copy_text(char **to, tg_slice_t from) {
  if (from.len == 0) return TG_OK;
  *to = tg_alloc_str(from);
  return *to ? TG_OK : TG_E_NOMEM;
}

static tg_rc_t fill(tg_server_t *server, tg_reg_t *reg, const candidate_t *candidate) {
  const tg_reg_params_t *params = &candidate->params;
  reg->lifetime_s = params->has_lt ? params->lifetime_s : server->config.default_lifetime_s;
  reg->queue_mode = candidate->queue_mode;
  reg->formats = server->links.formats;
  reg->plan_pending = true;
  tg_rc_t rc = copy_text(&reg->alt, server->links.alt);
  return rc == TG_OK ? copy_text(&reg->sms, params->sms) : rc;
}

static tg_rc_t go_online(tg_server_t *server, const tg_coap_request_t *request, tg_reg_t *reg,
                         const candidate_t *candidate) {
  tg_device_info_t info = {.ep = candidate->ep,
                           .backend = &tg_command_backend,
                           .backend_ud = server,
                           .backend_cookie = tg_reg_table_id(server, reg),
                           .link = request->link->name,
                           .queue_mode = reg->queue_mode,
                           .lifetime_s = reg->lifetime_s,
                           .quirks = server->links.quirks,
                           .enabler = candidate->params.version,
                           .objects = server->links.objects,
                           .object_count = server->links.object_count,
                           .versions = server->links.versions,
                           .version_count = server->links.version_count};
  tg_rc_t rc = tg_reg_table_bind(server, reg, request->peer);
  if (rc == TG_OK) rc = tg_twin_online(server->config.twin, &info, TG_EVENT_REGISTERED, &reg->device);
  return rc;
}

/* One event for each announced object that nobody defined; its values flow all the same. */
static void tell_unknown(tg_server_t *server, const tg_reg_t *reg) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  tg_model_t model = tg_twin_model(server->config.twin, device);
  uint32_t last = UINT32_MAX;
  for (size_t i = 0; model.registry && i < device->object_count; i++) {
    tg_path_t path = tg_path(1, device->objects[i].id[0], 0, 0);
    if (path.id[0] == last) continue;
    last = path.id[0];
    char text[TG_PATH_TEXT_MAX];
    if (tg_model_object(&model, path.id[0])) continue;
    tg_server_tell(server, reg, TG_EVENT_MODEL_MISSING, tg_slice_str(tg_path_text(&path, text)));
  }
}

static void tell_move(tg_server_t *server, const tg_coap_request_t *request, const tg_reg_t *reg) {
  uint8_t memory[192];
  tg_buf_t text;
  tg_link_t *link;
  const tg_addr_t *addr;
  tg_buf_init(&text, memory, sizeof memory);
  if (!tg_coap_peer_addr(server->coap, request->peer, &link, &addr)) return;
  link->ops->put_addr(link, addr, &text);
  server->stats.moved++;
  tg_server_tell(server, reg, TG_EVENT_MOVED, tg_buf_slice(&text));
}

static void settle(tg_server_t *server, const tg_coap_request_t *request, tg_reg_t *reg, tg_reg_t *old) {
  bool moved = old && old->peer != request->peer;
  if (old) tg_reg_end(server, old, TG_EVENT_TYPE_COUNT, "");
  if (moved) tell_move(server, request, reg);
  tg_reg_table_extend(server, reg);
  tg_reg_table_arm(server, reg, tg_reg_end_on_lifetime);
  tg_reg_store_put(server, reg);
  tell_unknown(server, reg);
  tg_server_heard(server, reg);
  tg_observe_plan(server, reg, PLAN_DELAY_MS);
  server->stats.registers++;
}

/* The text lives in the reply's own buffer until it is sent. */
static void answer(tg_server_t *server, const tg_reg_t *reg, tg_coap_reply_t *reply) {
  uint8_t *text = tg_buf_reserve(reply->body, TG_REG_ID_CHARS);
  if (!text) {
    reply->code = TG_COAP_503;
    return;
  }
  char id[TG_REG_ID_CHARS];
  tg_reg_table_text(reg, id);
  memcpy(text, id, sizeof id);
  reply->code = TG_COAP_201;
  reply->location[0] = tg_slice_str("rd");
  reply->location[1] = tg_slice(text, TG_REG_ID_CHARS);
  tg_server_hold(server, reply);
}

static void refuse(tg_server_t *server, const candidate_t *candidate, tg_rc_t rc, const char *why,
                   tg_coap_reply_t *reply) {
  reply->code = tg_rc_coap(rc);
  if (reply->code == TG_COAP_503) reply->max_age = BUSY_S;
  tg_slice_t ep = candidate->ep.len ? candidate->ep : candidate->params.ep;
  char text[64], note[sizeof text + 64];
  if (!why && candidate->params.wrong.len) {
    (void)snprintf(note, sizeof note, "%s: %s", tg_log_text(candidate->params.wrong, text, sizeof text),
                   tg_rc_text(rc));
    why = note;
  }
  tg_server_refuse(server, TG_ID_NONE, ep, why ? why : tg_rc_text(rc));
}

void tg_register_handle(tg_server_t *server, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  candidate_t candidate = {0};
  const char *why = NULL;
  tg_rc_t rc = check_text(server, request, &candidate, &why);
  if (rc == TG_OK) rc = check_right(server, request, &candidate, &why);
  if (rc == TG_OK) why = NULL;
  tg_reg_t *reg = NULL;
  if (rc == TG_OK) {
    reg = tg_reg_table_add(server);
    rc = reg ? fill(server, reg, &candidate) : TG_E_FULL;
    if (rc == TG_OK) rc = go_online(server, request, reg, &candidate);
    if (rc != TG_OK && reg) tg_reg_table_del(server, reg);
  }
  if (rc != TG_OK) {
    refuse(server, &candidate, rc, why, reply);
    return;
  }
  settle(server, request, reg, candidate.old);
  answer(server, reg, reply);
}
