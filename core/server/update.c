/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Update: without parameters it only extends the lifetime, which is the request a server sees most, so that way is short (LwM2M
 * Core 1.1 §6.2.2). The row in the store follows coarsely: at most once in max(60 s, lifetime / 4).
 * Called by server_route.c.
 */

#include "core/server/quirk.h"
#include "core/server/server_state.h"

enum { SAVE_EVERY_S = 60, BUSY_S = 60, PLAN_DELAY_MS = 1 };

/* What an Update changes; pointers into server->links where there is a list. */
typedef struct change {
  bool queue_mode;
  uint32_t lifetime_s;
  bool has_list;
  tg_slice_t sms;
} change_t;

static void save_coarsely(tg_server_t *server, tg_reg_t *reg) {
  uint64_t every_s = reg->lifetime_s / 4 > SAVE_EVERY_S ? reg->lifetime_s / 4 : SAVE_EVERY_S;
  if (tg_wheel_now(server->config.wheel) / 1000 - reg->saved_s >= every_s) tg_reg_store_put(server, reg);
}

static void extend(tg_server_t *server, tg_reg_t *reg, tg_coap_reply_t *reply) {
  tg_reg_table_extend(server, reg);
  tg_server_heard(server, reg);
  if (server->config.store) save_coarsely(server, reg);
  if (reg->plan_pending) tg_observe_plan(server, reg, PLAN_DELAY_MS);
  server->stats.updates++;
  reply->code = TG_COAP_204;
}

static tg_rc_t read_change(tg_server_t *server, const tg_reg_t *reg, const tg_coap_request_t *request,
                           change_t *change) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  if (!device) return TG_E_NOT_FOUND;
  tg_reg_params_t params;
  tg_rc_t rc = tg_reg_params_parse(request->msg, &params);
  *change = (change_t){.queue_mode = reg->queue_mode, .lifetime_s = reg->lifetime_s, .sms = params.sms};
  if (rc == TG_OK) rc = tg_reg_params_binding(&params, device->enabler, &change->queue_mode);
  if (rc != TG_OK) return rc;
  if (params.has_lt) change->lifetime_s = params.lifetime_s;
  if (request->body.len == 0) return TG_OK;
  if (request->content_format != TG_CF_NONE && request->content_format != TG_CF_LINK) return TG_E_FORMAT;
  change->has_list = true;
  rc = tg_reg_links_parse(request->body, &server->links);
  server->stats.over_links += rc == TG_E_TOO_LONG;
  if (request->content_format == TG_CF_NONE) server->links.quirks |= TG_QUIRK_NO_FORMAT;
  return rc;
}

static bool find_object(const tg_device_t *device, const tg_path_t *path, size_t *index) {
  size_t low = 0, high = device->object_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (tg_path_cmp(&device->objects[middle], path) < 0) low = middle + 1;
    else high = middle;
  }
  *index = low;
  return low < device->object_count && tg_path_eq(&device->objects[low], path);
}

static bool has_version(const tg_device_t *device, const tg_model_version_t *version) {
  for (size_t i = 0; i < device->version_count; i++) {
    const tg_model_version_t *known = &device->versions[i];
    if (known->oid == version->oid) return known->version == version->version;
  }
  return false;
}

/* Same list as before, in whatever order, with whatever repetitions? Wakaama and others send it each time. */
static bool list_differs(const tg_device_t *device, const tg_reg_links_t *links) {
  bool seen[TG_REG_LINKS_MAX] = {false};
  size_t distinct = 0, at;
  if (device->object_count > TG_REG_LINKS_MAX || links->version_count != device->version_count) return true;
  for (size_t i = 0; i < links->object_count; i++) {
    if (!find_object(device, &links->objects[i], &at)) return true;
    if (!seen[at]) distinct++;
    seen[at] = true;
  }
  for (size_t i = 0; i < links->version_count; i++) {
    if (!has_version(device, &links->versions[i])) return true;
  }
  return distinct != device->object_count;
}

static tg_rc_t tell_twin(tg_server_t *server, tg_reg_t *reg, const change_t *change) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  tg_device_info_t info = {.ep = tg_slice_str(device->ep),
                           .backend = &tg_command_backend,
                           .backend_ud = server,
                           .backend_cookie = device->backend_cookie,
                           .link = device->link,
                           .queue_mode = change->queue_mode,
                           .lifetime_s = change->lifetime_s,
                           .quirks = device->quirks,
                           .wire_ep = tg_slice_str(device->wire_ep),
                           .tags = tg_slice_str(device->tags),
                           .enabler = device->enabler,
                           .objects = device->objects,
                           .object_count = device->object_count,
                           .versions = device->versions,
                           .version_count = device->version_count};
  if (change->has_list) {
    info.objects = server->links.objects;
    info.object_count = server->links.object_count;
    info.versions = server->links.versions;
    info.version_count = server->links.version_count;
    info.quirks |= server->links.quirks;
  }
  return tg_twin_online(server->config.twin, &info, TG_EVENT_UPDATED, &reg->device);
}

/* An observation of an instance that is no longer announced has nothing to tell. */
static void drop_gone(tg_server_t *server, tg_reg_t *reg) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  for (size_t i = reg->obs_count; i-- > 0;) {
    bool there = reg->obs[i].path.len < TG_PATH_INSTANCE; /* a composite one is looked at by the plan */
    for (size_t k = 0; !there && k < device->object_count; k++) {
      there = tg_path_covers(&device->objects[k], &reg->obs[i].path);
    }
    if (!there) tg_observe_ended(server, reg, &reg->obs[i], "ended: no longer announced");
  }
}

static tg_rc_t apply(tg_server_t *server, tg_reg_t *reg, const change_t *change, tg_coap_reply_t *reply) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  bool new_list = change->has_list && list_differs(device, &server->links);
  bool differs = new_list || change->queue_mode != reg->queue_mode || change->lifetime_s != reg->lifetime_s;
  tg_rc_t rc = change->sms.len ? tg_reg_notes_set_text(reg, TG_REG_TEXT_SMS, change->sms) : TG_OK;
  if (rc == TG_OK && differs) rc = tell_twin(server, reg, change);
  if (rc != TG_OK) return rc; /* its number stays as the last thing that it said */
  if (change->has_list) tg_twin_quirks_count(server->config.twin, reg->device, server->links.quirks);
  reg->queue_mode = change->queue_mode;
  reg->lifetime_s = change->lifetime_s;
  if (reg->lifetime_s == 0) reg->due_ms = UINT64_MAX;
  if (new_list) {
    drop_gone(server, reg);
    reg->plan_pending = true;
  }
  extend(server, reg, reply);
  if (!differs && !change->sms.len) return TG_OK;
  tg_reg_table_arm(server, reg, tg_reg_end_on_lifetime);
  tg_reg_store_put(server, reg);
  tg_server_hold(server, reply);
  return TG_OK;
}

static bool is_bare(const tg_coap_request_t *request) {
  const tg_coap_msg_t *msg = request->msg;
  if (request->body.len) return false;
  for (size_t i = msg->option_count; i-- > 0 && msg->options[i].number >= TG_OPT_URI_QUERY;) {
    if (msg->options[i].number == TG_OPT_URI_QUERY) return false;
  }
  return true;
}

void tg_update_handle(tg_server_t *server, tg_reg_t *reg, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  bool bare = is_bare(request);
  if (bare && reg->peer == request->peer) {
    extend(server, reg, reply);
    return;
  }
  change_t change;
  tg_rc_t rc = bare ? TG_OK : read_change(server, reg, request, &change);
  bool moved = reg->peer != request->peer;
  if (rc == TG_OK && moved) rc = tg_takeover_move(server, reg, request->peer);
  if (rc == TG_OK && !bare) rc = apply(server, reg, &change, reply);
  if (rc == TG_OK && bare) extend(server, reg, reply);
  if (rc == TG_OK && moved) {
    tg_reg_store_put(server, reg);
    tg_server_hold(server, reply);
  }
  if (rc == TG_OK) return;
  reply->code = tg_rc_coap(rc);
  if (reply->code == TG_COAP_503) reply->max_age = BUSY_S;
}
