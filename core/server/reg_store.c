/* SPDX-License-Identifier: Apache-2.0 */
/* Registrations as rows of the store, one a device, observations and their tokens within; written in order, read at start. See reg.h. */

#include "core/base/crash.h"
#include "core/registry/row.h"
#include "core/server/policy.h"

#define BUCKET "registration"
enum { ROW_VERSION = 2, SLACK_MIN_S = 60, OBS_AUTOMATIC = 1, OBS_OWED = 2 };

static void put_observations(const tg_server_t *server, const tg_reg_t *reg, tg_buf_t *out) {
  tg_buf_put_be16(out, reg->obs_count);
  for (size_t i = 0; i < reg->obs_count; i++) {
    tg_coap_observation_t obs = {0};
    (void)tg_coap_observation_get(server->coap, reg->obs[i].id, &obs);
    tg_row_put_path(out, &reg->obs[i].path);
    tg_buf_put_u8(out, (reg->obs[i].automatic ? OBS_AUTOMATIC : 0) | (reg->obs[i].owed ? OBS_OWED : 0));
    tg_buf_put_u8(out, reg->obs[i].number);
    tg_buf_put_be32(out, reg->obs[i].attributes);
    tg_buf_put(out, tg_slice(obs.token, sizeof obs.token));
    tg_buf_put_be16(out, (uint16_t)reg->obs[i].format);
    tg_buf_put_u8(out, reg->obs[i].path_count);
    for (size_t k = 0; k < reg->obs[i].path_count; k++) tg_row_put_path(out, &reg->obs[i].paths[k]);
  }
}

static void encode(const tg_server_t *server, const tg_reg_t *reg, const tg_device_t *device, tg_buf_t *out) {
  tg_link_t *link;
  const tg_addr_t *addr;
  if (!tg_coap_peer_addr(server->coap, reg->peer, &link, &addr)) return;
  tg_buf_put_u8(out, ROW_VERSION);
  tg_buf_put_be(out, reg->key, 8);
  tg_buf_put_be(out, (uint64_t)tg_wheel_unix(server->config.wheel), 8);
  tg_buf_put_be32(out, device->enabler);
  tg_buf_put_be32(out, reg->lifetime_s);
  tg_buf_put_be32(out, device->quirks);
  tg_buf_put_u8(out, reg->queue_mode);
  tg_buf_put_u8(out, reg->formats);
  tg_buf_put_be16(out, (uint16_t)reg->format);
  tg_row_put_text(out, tg_slice_str(link->name));
  tg_row_put_text(out, tg_slice(addr->b, addr->len));
  tg_row_put_text(out, tg_slice_str(tg_reg_notes_text(reg, TG_REG_TEXT_ALT)));
  tg_row_put_text(out, tg_slice_str(tg_reg_notes_text(reg, TG_REG_TEXT_SMS)));
  tg_row_put_text(out, tg_slice_str(device->wire_ep));
  tg_row_put_text(out, tg_slice_str(device->tags));
  tg_row_put_text(out, tg_slice_str(tg_reg_notes_text(reg, TG_REG_TEXT_HOME)));
  tg_buf_put_u8(out, (uint8_t)(reg->no_fetch | reg->no_ipatch << 1 | reg->attributes_seen << 2 | reg->no_group << 3 |
                               reg->send_settled << 4));
  tg_buf_put_be16(out, device->object_count);
  for (size_t i = 0; i < device->object_count; i++) tg_row_put_path(out, &device->objects[i]);
  tg_buf_put_be16(out, device->version_count);
  for (size_t i = 0; i < device->version_count; i++) {
    tg_buf_put_be16(out, device->versions[i].oid);
    tg_buf_put_be32(out, device->versions[i].version);
  }
  tg_reg_notes_put(server, reg, out);
  put_observations(server, reg, out);
}

void tg_reg_store_put(tg_server_t *server, tg_reg_t *reg) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  reg->saved_s = (uint32_t)(tg_wheel_now(server->config.wheel) / 1000);
  if (!server->config.store || !device) return;
  tg_buf_clear(&server->out);
  encode(server, reg, device, &server->out);
  tg_rc_t rc = server->out.rc;
  if (rc == TG_OK) {
    TG_CRASH_PASS(REGISTRATION_BEFORE);
    rc = tg_store_put(server->config.store, BUCKET, tg_slice_str(device->ep), tg_buf_slice(&server->out));
    TG_CRASH_PASS(REGISTRATION_AFTER);
  }
  if (rc != TG_OK) tg_log("server", TG_LOG_WARN, "registration_not_stored rc=%s", tg_rc_name(rc));
}

void tg_reg_store_del(tg_server_t *server, const tg_reg_t *reg) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  if (!server->config.store || !device) return;
  tg_rc_t rc = tg_store_del(server->config.store, BUCKET, tg_slice_str(device->ep));
  if (rc != TG_OK) tg_log("server", TG_LOG_WARN, "registration_not_removed rc=%s", tg_rc_name(rc));
}

/* What restoring hands from row to row. */
typedef struct restore {
  tg_server_t *server;
  tg_link_t *const *links;
  size_t link_count;
  tg_timer_fn fn;
  const tg_backend_ops_t *backend;
} restore_t;

static tg_link_t *find_link(const restore_t *restore, tg_slice_t name) {
  for (size_t i = 0; i < restore->link_count; i++) {
    if (tg_slice_is(name, restore->links[i]->name)) return restore->links[i];
  }
  return NULL;
}

static void get_lists(tg_row_t *in, tg_reg_links_t *lists) {
  lists->object_count = (size_t)tg_row_get(in, 2);
  lists->version_count = 0;
  if (lists->object_count > TG_REG_LINKS_MAX) in->bad = true;
  for (size_t i = 0; !in->bad && i < lists->object_count; i++) lists->objects[i] = tg_row_get_path(in);
  size_t versions = (size_t)tg_row_get(in, 2);
  if (versions > TG_REG_VERSIONS_MAX) in->bad = true;
  for (; !in->bad && lists->version_count < versions; lists->version_count++) {
    tg_model_version_t *version = &lists->versions[lists->version_count];
    version->oid = (uint16_t)tg_row_get(in, 2);
    version->version = (tg_version_t)tg_row_get(in, 4);
  }
}

/* One observation of a row; @p paths has room for 255. */
static void get_observation(tg_row_t *in, tg_reg_obs_t *obs, tg_path_t *paths, tg_slice_t *token) {
  *obs = (tg_reg_obs_t){.path = tg_row_get_path(in), .paths = paths};
  uint64_t flags = tg_row_get(in, 1);
  obs->automatic = (flags & OBS_AUTOMATIC) != 0;
  obs->owed = flags & OBS_OWED ? TG_REG_OWED_DUE : TG_REG_OWED_NOT;
  obs->number = (uint8_t)tg_row_get(in, 1);
  obs->attributes = (uint32_t)tg_row_get(in, 4);
  *token = tg_row_get_bytes(in, sizeof((tg_coap_observation_t *)NULL)->token);
  obs->format = (int16_t)tg_row_get(in, 2);
  obs->path_count = (uint8_t)tg_row_get(in, 1);
  for (size_t i = 0; i < obs->path_count; i++) paths[i] = tg_row_get_path(in);
}

/* Whether the rest of a row is a list of observations and nothing else. */
static bool check_observations(tg_row_t in) {
  tg_path_t paths[UINT8_MAX];
  tg_reg_obs_t obs;
  tg_slice_t token;
  size_t count = (size_t)tg_row_get(&in, 2);
  for (size_t i = 0; !in.bad && i < count; i++) get_observation(&in, &obs, paths, &token);
  return !in.bad && count <= TG_REG_OBS_MAX && in.rest.len == 0;
}

/* With what the rest of a block-wise notification is fetched; a composite one without names can't be. */
static void restore_request(tg_server_t *server, const tg_reg_t *reg, const tg_reg_obs_t *obs,
                            tg_coap_observation_t *kept, char text[TG_FORMAT_PATH_MAX]) {
  kept->accept = reg->format;
  if (obs->path.len) kept->path = tg_format_path(reg, &obs->path, text);
  if (!obs->path_count || tg_format_names(server, obs->paths, obs->path_count, obs->format) != TG_OK) return;
  kept->path = tg_format_path(reg, &obs->path, text);
  kept->method = TG_COAP_FETCH;
  kept->accept = kept->content_format = obs->format;
  kept->payload = tg_buf_slice(&server->out);
}

static void restore_observations(tg_server_t *server, tg_reg_t *reg, tg_row_t *in) {
  size_t count = (size_t)tg_row_get(in, 2);
  for (size_t i = 0; !in->bad && i < count; i++) {
    char text[TG_FORMAT_PATH_MAX];
    tg_path_t paths[UINT8_MAX];
    tg_reg_obs_t obs;
    tg_slice_t token;
    get_observation(in, &obs, paths, &token);
    tg_coap_observation_t kept = {.peer = reg->peer, .cookie = tg_reg_table_id(server, reg)};
    if (in->bad) return;
    memcpy(kept.token, token.p, sizeof kept.token);
    restore_request(server, reg, &obs, &kept, text);
    if (tg_coap_observation_add(server->coap, &kept, &obs.id) != TG_OK) continue;
    if (tg_reg_table_obs_add(reg, &obs) != TG_OK) tg_coap_observation_del(server->coap, obs.id);
  }
}

/* The last Updates before the end may not have been written: they get the benefit of the doubt. */
static void restore_lifetime(tg_server_t *server, tg_reg_t *reg, int64_t heard_ms, tg_timer_fn fn) {
  uint64_t now = tg_wheel_now(server->config.wheel);
  reg->saved_s = (uint32_t)(now / 1000);
  if (reg->lifetime_s == 0) return;
  uint64_t slack_s = reg->lifetime_s / 4 > SLACK_MIN_S ? reg->lifetime_s / 4 : SLACK_MIN_S;
  int64_t span = (int64_t)(((uint64_t)reg->lifetime_s + server->config.grace_s + slack_s) * 1000);
  int64_t unix_ms = tg_wheel_unix(server->config.wheel);
  if (heard_ms < 0) heard_ms = 0;
  int64_t passed =
      unix_ms > heard_ms ? unix_ms - heard_ms : 0; /* the clock may have been set back while nobody looked */
  reg->due_ms = passed < span ? now + (uint64_t)(span - passed) : now;
  tg_reg_table_arm(server, reg, fn);
}

static tg_rc_t restore_device(const restore_t *restore, tg_reg_t *reg, tg_device_info_t *info, tg_row_t *in) {
  tg_server_t *server = restore->server;
  tg_addr_t addr = {0};
  tg_id_t peer;
  tg_link_t *link = find_link(restore, tg_row_get_text(in));
  tg_slice_t bytes = tg_row_get_text(in), alt = tg_row_get_text(in), sms = tg_row_get_text(in);
  info->wire_ep = tg_row_get_text(in);
  info->tags = tg_row_get_text(in);
  tg_slice_t home = tg_row_get_text(in);
  unsigned flags = (unsigned)tg_row_get(in, 1);
  reg->no_fetch = (flags & 1) != 0;
  reg->no_ipatch = (flags & 2) != 0;
  reg->attributes_seen = (flags & 4) != 0;
  reg->no_group = (flags & 8) != 0;
  reg->send_settled = (flags & 16) != 0;
  get_lists(in, &server->links);
  if (in->bad || bytes.len > TG_ADDR_MAX || alt.len > TG_REG_ALT_MAX) return TG_E_CORRUPT;
  tg_rc_t rc = tg_reg_notes_get(server, reg, in);
  if (rc != TG_OK) return rc;
  if (!check_observations(*in)) return TG_E_CORRUPT;
  if (!link) return TG_E_NOT_FOUND; /* no longer configured */
  addr.len = (uint8_t)bytes.len;
  if (bytes.len) memcpy(addr.b, bytes.p, bytes.len);
  rc = tg_reg_notes_set_text(reg, TG_REG_TEXT_ALT, alt);
  if (rc == TG_OK) rc = tg_reg_notes_set_text(reg, TG_REG_TEXT_SMS, sms);
  if (rc == TG_OK) rc = tg_reg_notes_set_text(reg, TG_REG_TEXT_HOME, home);
  if (rc == TG_OK) rc = tg_coap_peer(server->coap, link, &addr, &peer);
  if (rc == TG_OK) rc = tg_reg_table_bind(server, reg, peer);
  if (rc != TG_OK) return rc;
  info->link = link->name;
  info->backend = restore->backend;
  info->backend_ud = server;
  info->backend_cookie = tg_reg_table_id(server, reg);
  info->objects = server->links.objects;
  info->object_count = server->links.object_count;
  info->versions = server->links.versions;
  info->version_count = server->links.version_count;
  return tg_twin_online(server->config.twin, info, TG_EVENT_TYPE_COUNT, &reg->device);
}

static tg_rc_t restore_row(const restore_t *restore, tg_reg_t *reg, tg_slice_t ep, tg_row_t *in) {
  tg_server_t *server = restore->server;
  if (tg_row_get(in, 1) != ROW_VERSION) return TG_E_CORRUPT;
  tg_rc_t rc = tg_reg_table_rekey(server, reg, tg_row_get(in, 8));
  if (rc != TG_OK) return rc;
  int64_t heard_ms = (int64_t)tg_row_get(in, 8);
  tg_device_info_t info = {.ep = ep, .enabler = (tg_version_t)tg_row_get(in, 4)};
  info.lifetime_s = reg->lifetime_s = (uint32_t)tg_row_get(in, 4);
  info.quirks = (uint32_t)tg_row_get(in, 4);
  info.queue_mode = reg->queue_mode = tg_row_get(in, 1) != 0;
  reg->formats = (uint8_t)tg_row_get(in, 1);
  reg->format = (int16_t)tg_row_get(in, 2);
  reg->plan_pending = true;
  rc = restore_device(restore, reg, &info, in);
  if (rc != TG_OK) return rc;
  (void)tg_policy_quirks(server, reg); /* profiles may have changed */
  restore_observations(server, reg, in);
  restore_lifetime(server, reg, heard_ms, restore->fn);
  return TG_OK;
}

static bool on_row(void *ud, tg_slice_t key, tg_slice_t value) {
  const restore_t *restore = ud;
  tg_server_t *server = restore->server;
  tg_reg_t *reg = tg_reg_table_add(server);
  if (!reg) return false;
  tg_row_t in = {.rest = value};
  tg_rc_t rc = restore_row(restore, reg, key, &in);
  if (rc == TG_OK) {
    server->stats.restored++;
    return true;
  }
  char ep[128];
  tg_log("server", TG_LOG_WARN, "registration_not_restored ep=%s rc=%s", tg_log_text(key, ep, sizeof ep),
         tg_rc_name(rc));
  server->stats.corrupt++;
  tg_reg_table_del(server, reg);
  return true;
}

tg_rc_t tg_reg_store_restore(tg_server_t *server, tg_link_t *const links[], size_t link_count, tg_timer_fn fn,
                             const tg_backend_ops_t *backend) {
  restore_t restore = {.server = server, .links = links, .link_count = link_count, .fn = fn, .backend = backend};
  return tg_store_each(server->config.store, BUCKET, on_row, &restore);
}
