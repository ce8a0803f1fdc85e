/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and closes a NIDD link, and is its table of operations; see link_nidd.h. The work is done in link_nidd_conf.c, _down.c and _up.c. */

#include "core/link/link_nidd.h"

#include "core/base/alloc.h"
#include "core/link/link_nidd_api.h"
#include "core/link/link_nidd_conf.h"
#include "core/link/link_nidd_down.h"
#include "core/link/link_nidd_list.h"
#include "core/link/link_nidd_state.h"
#include "core/link/link_nidd_up.h"
#include "core/link/t8_json.h"
#include "core/link/t8_uri.h"

/* What UEs and networks must manage without a maximumPacketSize (non-ip.md §2): the MTU of a non-IP link. */
enum { MTU = 1358, URL_MAX = 2048 };

static tg_rc_t op_send(tg_link_t *link, const tg_link_send_t *send, uint64_t *handle) {
  return tg_link_nidd_down_send(tg_link_nidd_of(link), send, handle);
}

static void op_cancel(tg_link_t *link, uint64_t handle) {
  tg_link_nidd_down_cancel(tg_link_nidd_of(link), handle);
}

static void op_put_addr(const tg_link_t *link, const tg_addr_t *peer, tg_buf_t *out) {
  (void)link;
  tg_buf_put(out, tg_slice(peer->b, peer->len));
}

static tg_rc_t op_parse_addr(const tg_link_t *link, tg_slice_t text, tg_addr_t *peer) {
  (void)link;
  if (!tg_t8_json_is_identity(text)) return TG_E_SYNTAX;
  peer->len = (uint8_t)text.len;
  memcpy(peer->b, text.p, text.len);
  return TG_OK;
}

static tg_slice_t op_identity(const tg_link_t *link, const tg_addr_t *peer) {
  (void)link;
  return tg_slice(peer->b, peer->len);
}

static void free_strings(tg_link_nidd_t *nidd) {
  const tg_link_nidd_config_t *config = &nidd->config;
  const char *const strings[] = {
      config->provider,      config->features,      config->pdn_option, config->token_url, config->client_id,
      config->client_secret, config->authorization, config->header,     config->scope,     nidd->base,
      nidd->notify_url,      nidd->notify_path};
  for (size_t i = 0; i < TG_COUNT(strings); i++) tg_alloc_free((void *)(uintptr_t)strings[i]);
}

static void drop_deliveries(tg_link_nidd_t *nidd) {
  for (uint32_t slot = 0; slot < tg_pool_slots(&nidd->devices); slot++) {
    tg_link_nidd_device_t *device = tg_pool_at(&nidd->devices, slot, NULL);
    if (device) tg_link_nidd_down_drop(device);
  }
}

static void op_close(tg_link_t *link) {
  tg_link_nidd_t *nidd = tg_link_nidd_of(link);
  link->events = NULL;
  tg_http_server_free(nidd->server);
  tg_link_nidd_api_fini(nidd);
  drop_deliveries(nidd);
  tg_link_nidd_state_fini(nidd);
  tg_wheel_del(tg_loop_wheel(nidd->loop), &nidd->list_timer);
  free_strings(nidd);
  tg_alloc_free(nidd);
}

static const tg_link_ops_t ops = {
    .kind = "nidd",
    .send = op_send,
    .cancel = op_cancel,
    .put_addr = op_put_addr,
    .parse_addr = op_parse_addr,
    .identity = op_identity,
    .close = op_close,
};

/* ---- set-up ---- */

static tg_rc_t refuse(tg_diag_t *diag, const char *message) {
  tg_diag_set(diag, NULL, 0, "%s", message);
  return TG_E_CONFIG;
}

static bool is_http(const char *url) {
  return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

static tg_rc_t check(const tg_link_nidd_config_t *config, tg_diag_t *diag) {
  if (!config->name) return refuse(diag, "a nidd link needs a name");
  if (!config->api_root || !is_http(config->api_root)) return refuse(diag, "api_root must be an http or https URL");
  if (!config->scs_as_id || !*config->scs_as_id) return refuse(diag, "scs_as_id is missing");
  if (config->notify_url && !is_http(config->notify_url))
    return refuse(diag, "notify_url must be an http or https URL");
  if (config->token_url && (!is_http(config->token_url) || !config->client_id || !config->client_secret)) {
    return refuse(diag, "token_url must be an http or https URL, with client_id and client_secret");
  }
  if (!config->memory.load != !config->memory.save) return refuse(diag, "memory needs both load and save");
  return TG_OK;
}

static bool copy(const char **to, const char *from, const char *otherwise) {
  const char *text = from ? from : otherwise;
  *to = text ? tg_alloc_str(tg_slice_str(text)) : NULL;
  return !text || *to;
}

static uint32_t or_default(uint32_t value, uint32_t otherwise) {
  return value ? value : otherwise;
}

static tg_rc_t copy_config(tg_link_nidd_t *nidd, const tg_link_nidd_config_t *from) {
  tg_link_nidd_config_t *to = &nidd->config;
  *to = (tg_link_nidd_config_t){
      .name = from->name,
      .max_devices = or_default(from->max_devices, 65536),
      .max_queued = or_default(from->max_queued, 16),
      .duration_s = from->duration_s,
      .max_latency_s = or_default(from->max_latency_s, 604800),
      .reply_latency_s = or_default(from->reply_latency_s, 30),
      .backoff_ms = or_default(from->backoff_ms, 1000),
      .backoff_max_ms = or_default(from->backoff_max_ms, 60000),
      .secret_in_body = from->secret_in_body,
      .memory = from->memory,
      .random = from->random ? from->random : tg_random_fill,
      .random_ud = from->random_ud,
  };
  bool ok = copy(&to->provider, from->provider, NULL) && copy(&to->features, from->features, "0") &&
            copy(&to->pdn_option, from->pdn_option, "WAIT_FOR_UE") && copy(&to->token_url, from->token_url, NULL) &&
            copy(&to->client_id, from->client_id, NULL) && copy(&to->client_secret, from->client_secret, NULL) &&
            copy(&to->authorization, from->authorization, NULL) && copy(&to->header, from->header, NULL) &&
            copy(&to->scope, from->scope, NULL);
  return ok ? TG_OK : TG_E_NOMEM;
}

static tg_slice_t without_slashes(const char *url) {
  tg_slice_t text = tg_slice_str(url);
  while (text.len && text.p[text.len - 1] == '/') text.len--;
  return text;
}

static tg_rc_t make_base(tg_link_nidd_t *nidd, const tg_link_nidd_config_t *config) {
  tg_buf_t url;
  tg_buf_init_growing(&url, URL_MAX);
  tg_buf_put(&url, without_slashes(config->api_root));
  tg_buf_put_str(&url, "/3gpp-nidd/v1/");
  tg_t8_uri_put_segment(&url, tg_slice_str(config->scs_as_id));
  if (url.rc == TG_OK) nidd->base = tg_alloc_str(tg_buf_slice(&url));
  tg_buf_fini(&url);
  return nidd->base ? TG_OK : TG_E_NOMEM;
}

static tg_rc_t make_notify(tg_link_nidd_t *nidd, const tg_link_nidd_config_t *config) {
  tg_buf_t url;
  tg_buf_init_growing(&url, URL_MAX);
  if (config->notify_url) {
    tg_buf_put(&url, without_slashes(config->notify_url));
  } else {
    const char *host = config->listen.host ? config->listen.host : "127.0.0.1";
    const char *scheme = tg_http_server_secure(nidd->server) ? "https" : "http";
    bool v6 = strchr(host, ':') != NULL;
    tg_buf_put_fmt(&url, "%s://%s%s%s:%u/t8/nidd", scheme, v6 ? "[" : "", host, v6 ? "]" : "",
                   (unsigned)tg_http_server_port(nidd->server));
  }
  if (url.rc == TG_OK) nidd->notify_url = tg_alloc_str(tg_buf_slice(&url));
  tg_buf_fini(&url);
  if (!nidd->notify_url) return TG_E_NOMEM;
  nidd->notify_path = tg_alloc_str(tg_t8_uri_path(tg_slice_str(nidd->notify_url)));
  return nidd->notify_path ? TG_OK : TG_E_NOMEM;
}

static tg_rc_t open_http(tg_link_nidd_t *nidd, const tg_link_nidd_config_t *config, tg_diag_t *diag) {
  tg_http_server_config_t listen = config->listen;
  listen.handler = tg_link_nidd_up_on_call;
  listen.ud = nidd;
  listen.max_connections = or_default(listen.max_connections, TG_LINK_NIDD_CONNECTIONS);
  tg_rc_t rc = tg_http_server_new(nidd->loop, &listen, diag, &nidd->server);
  if (rc != TG_OK) return rc;
  tg_http_client_config_t http = config->http;
  http.max_waiting = or_default(http.max_waiting, 4096);
  nidd->http = tg_http_client_new(nidd->loop, &http);
  return nidd->http ? TG_OK : refuse(diag, "the HTTP client can't be set up: CA, certificate or key file unreadable");
}

static tg_rc_t add_devices(tg_link_nidd_t *nidd, const tg_link_nidd_config_t *config, tg_diag_t *diag) {
  for (size_t i = 0; i < config->device_count; i++) {
    tg_rc_t rc = tg_link_nidd_add_device(&nidd->link, tg_slice_str(config->devices[i]));
    if (rc == TG_OK) continue;
    tg_diag_set(diag, NULL, 0, "device %s: %s", config->devices[i], tg_rc_text(rc));
    return rc == TG_E_NOMEM ? rc : TG_E_CONFIG;
  }
  return TG_OK;
}

static tg_rc_t open_link(tg_link_nidd_t *nidd, const tg_link_nidd_config_t *config, tg_diag_t *diag) {
  tg_rc_t rc = copy_config(nidd, config);
  if (rc == TG_OK) rc = tg_link_nidd_state_init(nidd);
  if (rc == TG_OK) rc = make_base(nidd, config);
  if (rc == TG_OK) rc = open_http(nidd, config, diag);
  if (rc == TG_OK) rc = make_notify(nidd, config);
  if (rc == TG_OK) rc = tg_link_nidd_api_init(nidd);
  if (rc == TG_OK) rc = add_devices(nidd, config, diag);
  return rc;
}

tg_rc_t tg_link_nidd_new(tg_loop_t *loop, const tg_link_nidd_config_t *config, tg_diag_t *diag, tg_link_t **link) {
  tg_rc_t rc = check(config, diag);
  if (rc != TG_OK) return rc;
  tg_link_nidd_t *nidd = tg_alloc_array(1, sizeof *nidd);
  if (!nidd) return TG_E_NOMEM;
  nidd->loop = loop;
  nidd->link = (tg_link_t){.ops = &ops, .name = config->name, .mtu = MTU, .binding = 'N', .reports_tx = true};
  tg_link_nidd_list_init(nidd);
  rc = open_link(nidd, config, diag);
  if (rc != TG_OK) op_close(&nidd->link);
  else *link = &nidd->link;
  return rc;
}

/* ---- devices and tickets ---- */

tg_rc_t tg_link_nidd_add_device(tg_link_t *link, tg_slice_t id) {
  if (!tg_t8_json_is_identity(id)) return TG_E_SYNTAX;
  tg_link_nidd_device_t *device;
  tg_rc_t rc = tg_link_nidd_state_add(tg_link_nidd_of(link), id, &device);
  if (rc != TG_OK) return rc;
  tg_link_nidd_down_add(device);
  tg_link_nidd_conf_add(device);
  return TG_OK;
}

tg_rc_t tg_link_nidd_del_device(tg_link_t *link, tg_slice_t id) {
  tg_link_nidd_device_t *device = tg_link_nidd_state_find(tg_link_nidd_of(link), id);
  if (!device) return TG_E_NOT_FOUND;
  tg_link_nidd_down_drop(device);
  tg_link_nidd_conf_delete(device);
  tg_link_nidd_state_del(device);
  return TG_OK;
}

uint64_t tg_link_nidd_hold(tg_link_t *link) {
  tg_link_nidd_t *nidd = tg_link_nidd_of(link);
  nidd->held = nidd->held_call != TG_ID_NONE;
  return nidd->held_call;
}

void tg_link_nidd_release(tg_link_t *link, uint64_t ticket, tg_rc_t rc) {
  tg_http_reply_t reply = {.status = rc == TG_OK ? 204 : 503, .retry_after_s = rc == TG_OK ? 0 : 5};
  tg_rc_t gone = tg_http_server_complete(tg_link_nidd_of(link)->server, ticket, &reply);
  (void)gone; /* it had timed out: the SCEF sends it again */
}

uint16_t tg_link_nidd_port(const tg_link_t *link) {
  return tg_http_server_port(((const tg_link_nidd_t *)link)->server);
}

void tg_link_nidd_stats(const tg_link_t *link, tg_link_nidd_stats_t *stats) {
  *stats = ((const tg_link_nidd_t *)link)->stats;
}
