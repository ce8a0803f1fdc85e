/* SPDX-License-Identifier: Apache-2.0 */
/* Every key of config/schema.lua and where it goes; called by config_load.c. See config_read.h. */

#include "bindings/host/config_read.h"

#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>

#include "bindings/host/config_get.h"
#include "bindings/host/config_policy.h"
#include "core/mqtt/topic.h"

typedef struct reader {
  lua_State *L;
  tg_arena_t *arena;
  tg_config_t *config;
  int text; /* index of check.text */
} reader_t;

static const char *text(const reader_t *r, const char *key) {
  return tg_config_get_text(r->L, r->arena, key);
}

/* NULL instead of "" for members where only NULL means "none". */
static const char *text_or_null(const reader_t *r, const char *key) {
  const char *value = text(r, key);
  return *value ? value : NULL;
}

static const char *joined(const reader_t *r, const char *folder, const char *path) {
  if (path[0] == '/') return path;
  size_t size = strlen(folder) + strlen(path) + 2;
  char *whole = tg_config_get_array(r->L, r->arena, size, 1);
  (void)snprintf(whole, size, "%s/%s", folder, path);
  return whole;
}

/* A path from the configuration's folder; "" and NULL stay. */
static const char *file(const reader_t *r, const char *key) {
  const char *path = text_or_null(r, key);
  return path ? joined(r, r->config->folder, path) : NULL;
}

static void read_udp(const reader_t *r, tg_gateway_link_t *link) {
  link->kind = TG_GATEWAY_UDP;
  link->udp.name = text(r, "name");
  link->udp.host = text(r, "host");
  link->udp.port = (uint16_t)tg_config_get_uint(r->L, "port");
  link->udp.rcvbuf = (uint32_t)tg_config_get_uint(r->L, "receive_buffer");
}

static const char *callback_url(const reader_t *r) {
  const char *url = text_or_null(r, "url");
  if (!url || strstr(url, "/t8/nidd")) return url;
  size_t len = strlen(url);
  while (len && url[len - 1] == '/') len--;
  char *whole = tg_config_get_array(r->L, r->arena, len + sizeof "/t8/nidd", 1);
  (void)snprintf(whole, len + sizeof "/t8/nidd", "%.*s/t8/nidd", (int)len, url);
  return whole;
}

static void read_callback(const reader_t *r, tg_link_nidd_config_t *nidd) {
  lua_getfield(r->L, -1, "callback");
  nidd->notify_url = callback_url(r);
  nidd->listen.host = text(r, "host");
  nidd->listen.port = (uint16_t)tg_config_get_uint(r->L, "port");
  nidd->listen.cert_file = file(r, "cert_file");
  nidd->listen.key_file = file(r, "key_file");
  nidd->listen.client_ca_file = file(r, "ca_file");
  lua_pop(r->L, 1);
}

static const char *const *read_texts(const reader_t *r, const char *key, size_t *count) {
  *count = tg_config_get_list(r->L, key);
  const char **items = tg_config_get_array(r->L, r->arena, *count, sizeof *items);
  for (size_t i = 0; i < *count; i++) {
    lua_geti(r->L, -1, (lua_Integer)i + 1);
    items[i] = tg_config_get_top(r->L, r->arena);
    lua_pop(r->L, 1);
  }
  lua_pop(r->L, 1);
  return items;
}

static void read_nidd(const reader_t *r, tg_gateway_link_t *link) {
  tg_link_nidd_config_t *nidd = &link->nidd;
  link->kind = TG_GATEWAY_NIDD;
  nidd->name = text(r, "name");
  nidd->api_root = text(r, "api_root");
  nidd->scs_as_id = text(r, "scs_as_id");
  nidd->provider = text_or_null(r, "provider");
  nidd->devices = read_texts(r, "devices", &nidd->device_count);
  read_callback(r, nidd);
  nidd->http.tls = (tg_http_client_tls_t){file(r, "ca_file"), file(r, "cert_file"), file(r, "key_file"), false};
  nidd->duration_s = tg_config_get_scaled(r->L, "duration", 1);
  nidd->max_latency_s = tg_config_get_scaled(r->L, "max_latency", 1);
  nidd->pdn_option = text(r, "pdn_option");
  nidd->token_url = text_or_null(r, "token_url");
  nidd->client_id = text_or_null(r, "client_id");
  nidd->client_secret = text_or_null(r, "client_secret");
  nidd->header = text_or_null(r, "header");
}

static void read_links(const reader_t *r) {
  tg_gateway_config_t *gateway = &r->config->gateway;
  gateway->link_count = tg_config_get_list(r->L, "links");
  tg_gateway_link_t *links = tg_config_get_array(r->L, r->arena, gateway->link_count, sizeof *links);
  for (size_t i = 0; i < gateway->link_count; i++) {
    lua_geti(r->L, -1, (lua_Integer)i + 1);
    if (tg_config_get_is(r->L, "kind", "udp")) read_udp(r, &links[i]);
    else read_nidd(r, &links[i]);
    links[i].ack_timeout_ms = tg_config_get_scaled(r->L, "ack_timeout", 1000);
    lua_getfield(r->L, -1, "max_retransmit");
    links[i].max_retransmit = lua_isinteger(r->L, -1) ? (int)lua_tointeger(r->L, -1) : -1;
    lua_pop(r->L, 1);
    lua_pop(r->L, 1);
  }
  lua_pop(r->L, 1);
  gateway->links = links;
}

static void read_server(const reader_t *r) {
  tg_gateway_config_t *gateway = &r->config->gateway;
  lua_getfield(r->L, -1, "server");
  gateway->default_lifetime_s = tg_config_get_scaled(r->L, "default_lifetime", 1);
  gateway->awake_ms = tg_config_get_scaled(r->L, "awake", 1000);
  gateway->fixed_windows = !tg_config_get_bool(r->L, "learn_awake");
  gateway->seen_by_reports = tg_config_get_bool(r->L, "reports_extend_lifetime");
  gateway->rebind = TG_COAP_REBIND_SAME_HOST;
  if (tg_config_get_is(r->L, "rebind", "never")) gateway->rebind = TG_COAP_REBIND_NEVER;
  if (tg_config_get_is(r->L, "rebind", "any")) gateway->rebind = TG_COAP_REBIND_ANY;
  tg_config_policy_observe(r->L, r->arena, gateway);
  if (tg_config_get_is(r->L, "send", "allow")) gateway->send = TG_SERVER_SEND_ALLOW;
  if (tg_config_get_is(r->L, "send", "mute")) gateway->send = TG_SERVER_SEND_MUTE;
  gateway->drops_early = tg_config_get_bool(r->L, "drop_early");
  lua_pop(r->L, 1);

  lua_getfield(r->L, -1, "limits");
  gateway->devices_max = (uint32_t)tg_config_get_uint(r->L, "devices");
  gateway->limits.peers = (uint32_t)tg_config_get_uint(r->L, "peers");
  gateway->limits.request_body = tg_config_get_uint(r->L, "request_body");
  gateway->limits.response_body = tg_config_get_uint(r->L, "response_body");
  gateway->limits.amplification = (uint32_t)tg_config_get_uint(r->L, "amplification");
  gateway->limits.requests_per_peer = (uint32_t)tg_config_get_uint(r->L, "requests_per_peer");
  lua_pop(r->L, 1);
}

static void read_policy(const reader_t *r) {
  lua_getfield(r->L, -1, "policy");
  r->config->policy_refuses = tg_config_get_is(r->L, "on_error", "refuse");
  lua_pop(r->L, 1);
  lua_getfield(r->L, -1, "quirks");
  tg_config_policy_quirks(r->L, r->arena, &r->config->gateway);
  lua_pop(r->L, 1);
}

static void read_broker(const reader_t *r, tg_mqtt_broker_config_t *broker) {
  broker->name = text(r, "name");
  broker->uri = text(r, "uri");
  broker->client_id = text(r, "client_id");
  broker->version = (int)tg_config_get_uint(r->L, "version");
  broker->username = text(r, "username");
  broker->password = text(r, "password");
  broker->ca_file = file(r, "ca_file");
  broker->cert_file = file(r, "cert_file");
  broker->key_file = file(r, "key_file");
  broker->keepalive_s = (uint16_t)tg_config_get_scaled(r->L, "keepalive", 1);
  broker->reconnect_min_ms = tg_config_get_scaled(r->L, "reconnect_min", 1000);
  broker->reconnect_max_ms = tg_config_get_scaled(r->L, "reconnect_max", 1000);
  broker->inflight = (uint8_t)tg_config_get_uint(r->L, "inflight");
}

/* Topic of the gateway's own state, retained: `tidegate/gw/NAME/state`. */
static const char *state_topic(const reader_t *r, const char *prefix) {
  uint8_t memory[512];
  tg_buf_t topic;
  tg_buf_init(&topic, memory, sizeof memory);
  tg_buf_put_fmt(&topic, "%s/gw/", prefix);
  tg_topic_put_level(&topic, tg_slice_str(r->config->name));
  tg_buf_put_str(&topic, "/state");
  if (topic.rc != TG_OK) luaL_error(r->L, "name and dialect.prefix are too long for a topic");
  char *copy = tg_config_get_array(r->L, r->arena, topic.len + 1, 1);
  memcpy(copy, topic.p, topic.len);
  return copy;
}

static void read_brokers(const reader_t *r) {
  tg_gateway_config_t *gateway = &r->config->gateway;
  lua_getfield(r->L, -1, "dialect");
  bool dialect = !tg_config_get_is(r->L, "name", "none");
  const char *topic = dialect ? state_topic(r, text(r, "prefix")) : NULL;
  lua_pop(r->L, 1);

  gateway->broker_count = tg_config_get_list(r->L, "mqtt");
  tg_mqtt_broker_config_t *brokers = tg_config_get_array(r->L, r->arena, gateway->broker_count, sizeof *brokers);
  for (size_t i = 0; i < gateway->broker_count; i++) {
    lua_geti(r->L, -1, (lua_Integer)i + 1);
    read_broker(r, &brokers[i]);
    if (topic) {
      brokers[i].birth = (tg_mqtt_note_t){topic, "{\"state\":\"online\",\"version\":\"" TG_VERSION "\"}", 1, true};
      brokers[i].will = (tg_mqtt_note_t){topic, "{\"state\":\"offline\"}", 1, true};
    }
    lua_pop(r->L, 1);
  }
  lua_pop(r->L, 1);
  gateway->brokers = brokers;
}

/* `host:port` of @p key, checked already; the host without brackets. */
static const char *read_listen(const reader_t *r, const char *key, uint16_t *port) {
  const char *listen = text_or_null(r, key);
  if (!listen) return NULL;
  const char *colon = strrchr(listen, ':');
  size_t len = colon ? (size_t)(colon - listen) : strlen(listen);
  *port = (uint16_t)(colon ? strtoul(colon + 1, NULL, 10) : 0);
  if (len > 2 && listen[0] == '[') {
    listen++;
    len -= 2;
  }
  char *host = tg_config_get_array(r->L, r->arena, len + 1, 1);
  (void)snprintf(host, len + 1, "%.*s", (int)len, listen);
  return host;
}

static void read_firmware(const reader_t *r) {
  tg_firmware_config_t *firmware = &r->config->gateway.firmware;
  lua_getfield(r->L, -1, "firmware");
  const char *folder = text_or_null(r, "folder");
  firmware->folder = folder ? joined(r, r->config->folder, folder) : joined(r, r->config->data_dir, "firmware");
  firmware->coap_base = text_or_null(r, "coap");
  firmware->image_max = tg_config_get_uint(r->L, "image_max");
  firmware->parallel = (uint32_t)tg_config_get_uint(r->L, "parallel");
  lua_getfield(r->L, -1, "http");
  firmware->http_host = read_listen(r, "listen", &firmware->http_port);
  firmware->http_base = text_or_null(r, "url");
  lua_pop(r->L, 1);
  lua_getfield(r->L, -1, "move");
  firmware->move_from = text_or_null(r, "from");
  firmware->move_to = text(r, "transport");
  firmware->move_back = text_or_null(r, "back");
  firmware->move_above = tg_config_get_uint(r->L, "above");
  lua_pop(r->L, 2);
}

/* Member @p key (or, without one, the table on top) as Lua text. */
static tg_slice_t as_text(const reader_t *r, const char *key) {
  lua_pushvalue(r->L, r->text);
  if (key) lua_getfield(r->L, -2, key);
  else lua_pushvalue(r->L, -2);
  lua_call(r->L, 1, 1);
  const char *copy = tg_config_get_top(r->L, r->arena);
  lua_pop(r->L, 1);
  return tg_slice_str(copy);
}

static void read_scripts(const reader_t *r) {
  tg_config_t *config = r->config;
  lua_getfield(r->L, -1, "dialect");
  size_t dialects = config->gateway.broker_count && !tg_config_get_is(r->L, "name", "none") ? 1 : 0;
  const char *name = text(r, "name");
  tg_slice_t options = as_text(r, NULL);
  lua_pop(r->L, 1);

  size_t count = tg_config_get_list(r->L, "scripts");
  config->script_count = dialects + count;
  tg_config_script_t *scripts = tg_config_get_array(r->L, r->arena, config->script_count, sizeof *scripts);
  if (dialects) {
    char *embedded = tg_config_get_array(r->L, r->arena, strlen(name) + sizeof "dialects/.lua", 1);
    (void)sprintf(embedded, "dialects/%s.lua", name);
    char *bundle = tg_config_get_array(r->L, r->arena, strlen(name) + sizeof "dialect.", 1);
    (void)sprintf(bundle, "dialect.%s", name);
    scripts[0] = (tg_config_script_t){bundle, embedded, options};
  }
  for (size_t i = 0; i < count; i++) {
    lua_geti(r->L, -1, (lua_Integer)i + 1);
    scripts[dialects + i] = (tg_config_script_t){text(r, "name"), text(r, "file"), as_text(r, "options")};
    lua_pop(r->L, 1);
  }
  lua_pop(r->L, 1);
  config->scripts = scripts;

  lua_getfield(r->L, -1, "script_limits");
  config->script_limits.memory = tg_config_get_uint(r->L, "memory");
  config->script_limits.instructions = tg_config_get_uint(r->L, "instructions");
  config->script_limits.burst_ms = tg_config_get_scaled(r->L, "burst", 1000);
  lua_pop(r->L, 1);
}

static tg_log_level_t log_level(const reader_t *r) {
  static const char *const names[] = {"error", "warn", "info", "debug"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (tg_config_get_is(r->L, "level", names[i])) return (tg_log_level_t)i;
  }
  return TG_LOG_INFO;
}

static void read_places(const reader_t *r) {
  tg_config_t *config = r->config;
  config->name = text(r, "name");
  config->data_dir = joined(r, config->folder, text(r, "data_dir"));

  lua_getfield(r->L, -1, "log");
  config->log_level = log_level(r);
  lua_pop(r->L, 1);

  lua_getfield(r->L, -1, "control");
  const char *path = text(r, "socket");
  config->control_socket = *path ? joined(r, config->folder, path) : joined(r, config->data_dir, "control.sock");
  config->control_mode = (unsigned)strtoul(text(r, "mode"), NULL, 8);
  lua_pop(r->L, 1);

  lua_getfield(r->L, -1, "store");
  path = text(r, "path");
  config->gateway.outbox_max = tg_config_get_uint(r->L, "outbox_max");
  config->gateway.outbox_max_age_ms = tg_config_get_scaled(r->L, "outbox_max_age", 1000);
  lua_pop(r->L, 1);
  config->gateway.store_path = *path ? joined(r, config->folder, path) : joined(r, config->data_dir, "tidegate.db");
  if (strcmp(path, ":memory:") == 0) config->gateway.store_path = "";
}

void tg_config_read(lua_State *L, int table, int text_function, tg_config_t *config) {
  luaL_checkstack(L, 16, "configuration");
  reader_t r = {L, &config->arena, config, text_function};
  lua_pushvalue(L, table);
  read_places(&r);
  read_links(&r);
  read_server(&r);
  read_firmware(&r);
  read_policy(&r);
  read_brokers(&r);
  read_scripts(&r);
  config->objects = read_texts(&r, "objects", &config->object_count);
  const char **folders = tg_config_get_array(L, r.arena, config->object_count, sizeof *folders);
  for (size_t i = 0; i < config->object_count; i++) folders[i] = joined(&r, config->folder, config->objects[i]);
  config->objects = folders;
  lua_pop(L, 1);
}
