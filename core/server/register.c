/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register: checks everything first, then changes state once (LwM2M Core 1.1 §6.2.1, lwm2m.md 1.2.2 to 1.2.4).
 * Called by server_route.c.
 */

#include <stdio.h>

#include "core/server/policy.h"

enum { BUSY_S = 60, PLAN_DELAY_MS = 1, VERSION_MINOR_MAX = 2 };

/* A Register that has passed the checks of its text. */
typedef struct candidate {
  tg_slice_t ep; /* as the device says it */
  tg_server_decision_t decision;
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
  server->stats.over_links += rc == TG_E_TOO_LONG;
  *why = request->body.len ? "the object list can't be read" : "the object list is missing";
  if (request->content_format == TG_CF_NONE) server->links.quirks |= TG_QUIRK_NO_FORMAT;
  if (candidate->params.long_version) server->links.quirks |= TG_QUIRK_LONG_VERSION;
  return rc;
}

static uint32_t lifetime_of(const tg_server_t *server, const tg_reg_params_t *params) {
  return params->has_lt ? params->lifetime_s : server->config.default_lifetime_s;
}

/* Asks the policy; who may speak for the endpoint that the message names has been looked at before. */
static tg_rc_t decide(tg_server_t *server, const tg_coap_request_t *request, candidate_t *candidate, const char **why) {
  uint8_t memory[TG_ADDR_MAX];
  tg_buf_t identity;
  tg_buf_init(&identity, memory, sizeof memory);
  tg_takeover_identity(server, request->peer, &identity);
  const tg_server_candidate_t asked = {.ep = candidate->ep,
                                       .identity = tg_buf_slice(&identity),
                                       .request = request,
                                       .version = candidate->params.version,
                                       .lifetime_s = lifetime_of(server, &candidate->params),
                                       .queue_mode = candidate->queue_mode,
                                       .objects = server->links.objects,
                                       .object_count = server->links.object_count};
  return tg_policy_ask(server, &asked, &candidate->decision, why);
}

/* What @p device calls itself. */
static tg_slice_t wire_ep_of(const tg_device_t *device) {
  return tg_slice_str(device->wire_ep ? device->wire_ep : device->ep);
}

static tg_rc_t check_right(tg_server_t *server, const tg_coap_request_t *request, candidate_t *candidate,
                           const char **why) {
  if (!tg_takeover_allows(server, candidate->ep, NULL, request->peer, why)) return TG_E_DENIED;
  tg_rc_t rc = decide(server, request, candidate, why);
  if (rc != TG_OK) return rc;
  const tg_device_t *device = tg_twin_find_ep(server->config.twin, candidate->decision.ep);
  if (!device || !device->online) return TG_OK;
  *why = "a driver holds the endpoint";
  if (device->backend != &tg_command_backend) return TG_E_DENIED;
  *why = "another device has this name";
  if (!tg_slice_eq(wire_ep_of(device), candidate->ep)) return TG_E_DENIED;
  candidate->old = tg_reg_table_get(server, device->backend_cookie);
  return tg_takeover_allows(server, candidate->decision.ep, candidate->old, request->peer, why) ? TG_OK : TG_E_DENIED;
}

/* A registration of the same device under another name, from before the policy changed. */
static tg_reg_t *find_renamed(const tg_server_t *server, const tg_coap_request_t *request,
                              const candidate_t *candidate) {
  tg_reg_t *reg = tg_reg_table_of_peer(server, request->peer);
  const tg_device_t *device = reg ? tg_twin_find(server->config.twin, reg->device) : NULL;
  bool is_same = device && tg_slice_eq(wire_ep_of(device), candidate->ep);
  return is_same && !tg_slice_is(candidate->decision.ep, device->ep) ? reg : NULL;
}

static tg_rc_t fill(tg_server_t *server, tg_reg_t *reg, const candidate_t *candidate) {
  const tg_reg_params_t *params = &candidate->params;
  reg->lifetime_s = lifetime_of(server, params);
  reg->queue_mode = candidate->queue_mode;
  reg->formats = server->links.formats;
  reg->plan_pending = true;
  tg_rc_t rc = tg_reg_notes_set_text(reg, TG_REG_TEXT_ALT, server->links.alt);
  if (rc == TG_OK) rc = tg_reg_notes_set_text(reg, TG_REG_TEXT_SMS, params->sms);
  return rc == TG_OK ? tg_policy_keep(reg, &candidate->decision) : rc;
}

static tg_rc_t go_online(tg_server_t *server, const tg_coap_request_t *request, tg_reg_t *reg,
                         const candidate_t *candidate) {
  bool has_name = !tg_slice_eq(candidate->decision.ep, candidate->ep);
  tg_device_info_t info = {.ep = candidate->decision.ep,
                           .wire_ep = has_name ? candidate->ep : tg_slice(NULL, 0),
                           .tags = candidate->decision.tags,
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
  if (old) tg_reg_notes_inherit(server, reg, old);
  if (old) tg_reg_end(server, old, TG_EVENT_TYPE_COUNT, "");
  if (moved) tell_move(server, request, reg);
  tg_reg_table_extend(server, reg);
  tg_reg_table_arm(server, reg, tg_reg_end_on_lifetime);
  tg_twin_quirks_count(server->config.twin, reg->device, server->links.quirks);
  (void)tg_policy_quirks(server, reg);
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
  tg_reg_t *reg = NULL, *renamed = NULL;
  if (rc == TG_OK) {
    renamed = find_renamed(server, request, &candidate);
    reg = tg_reg_table_add(server);
    rc = reg ? fill(server, reg, &candidate) : TG_E_FULL;
    if (rc == TG_OK) rc = go_online(server, request, reg, &candidate);
    if (rc != TG_OK && reg) tg_reg_table_del(server, reg);
  }
  if (rc != TG_OK) {
    refuse(server, &candidate, rc, why, reply);
    return;
  }
  if (renamed) tg_reg_end(server, renamed, TG_EVENT_DEREGISTERED, "it has another name now");
  settle(server, request, reg, candidate.old);
  answer(server, reg, reply);
}
