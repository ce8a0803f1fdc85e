/* SPDX-License-Identifier: Apache-2.0 */
/* Life of the LwM2M Server: tables, defaults, restoring after a restart; see server.h. */

#include "core/base/alloc.h"
#include "core/server/observe.h"

enum {
  REGS_MAX = 131072,
  WHOS_MAX = REGS_MAX * TG_SERVER_WHO_COUNT,
  LIFETIME_S = 86400,
  GRACE_S = 247,
  AWAKE_MS = 93000,
  SCRATCH_MAX = 1 << 20,
  OUT_MAX = 1 << 18
};

static tg_rc_t init_whos(tg_server_t *server) {
  tg_hash_key_t key;
  server->config.random(server->config.random_ud, &key, sizeof key);
  return tg_shared_text_init(&server->whos, &key, WHOS_MAX);
}

tg_server_t *tg_server_new(const tg_server_config_t *config) {
  tg_server_t *server = tg_alloc_array(1, sizeof *server);
  if (!server) return NULL;
  server->config = *config;
  server->coap = config->coap;
  if (!server->config.default_lifetime_s) server->config.default_lifetime_s = LIFETIME_S;
  if (!server->config.grace_s) server->config.grace_s = GRACE_S;
  if (!server->config.awake_ms) server->config.awake_ms = AWAKE_MS;
  tg_hidx_init(&server->by_key);
  tg_buf_init_growing(&server->scratch, SCRATCH_MAX);
  tg_buf_init_growing(&server->out, OUT_MAX);
  tg_rc_t rc = tg_pool_init(&server->regs, sizeof(tg_reg_t), REGS_MAX);
  if (rc == TG_OK) rc = init_whos(server);
  if (rc == TG_OK) rc = tg_command_init(server);
  if (rc == TG_OK) rc = tg_observe_init(server);
  if (rc == TG_OK) return server;
  tg_server_free(server);
  return NULL;
}

void tg_server_free(tg_server_t *server) {
  if (!server) return;
  for (uint32_t slot = 0; slot < tg_pool_slots(&server->regs); slot++) {
    tg_reg_t *reg = tg_pool_at(&server->regs, slot, NULL);
    if (!reg) continue;
    tg_observe_drop(server, reg);
    tg_command_drop(server, reg);
    tg_reg_table_del(server, reg);
  }
  tg_observe_queue_fini(server);
  tg_pool_fini(&server->regs);
  tg_shared_text_fini(&server->whos);
  tg_pool_fini(&server->calls);
  tg_pool_fini(&server->plans);
  tg_pool_fini(&server->watches);
  tg_hidx_fini(&server->by_key);
  tg_buf_fini(&server->scratch);
  tg_buf_fini(&server->out);
  tg_alloc_free(server->by_peer);
  tg_alloc_free(server->records);
  tg_alloc_free(server);
}

void tg_server_attach(tg_server_t *server, tg_coap_t *coap) {
  server->coap = coap;
}

void tg_server_stats(const tg_server_t *server, tg_server_stats_t *stats) {
  *stats = server->stats;
}

void tg_server_observed(const tg_server_t *server, const tg_device_t *device,
                        bool (*fn)(void *ud, const tg_path_t *path), void *ud) {
  bool ours = device->backend == &tg_command_backend && device->online;
  const tg_reg_t *reg = ours ? tg_reg_table_get(server, device->backend_cookie) : NULL;
  for (size_t i = 0; reg && i < reg->obs_count; i++) {
    const tg_reg_obs_t *obs = &reg->obs[i];
    size_t count = obs->path.len == 0 && obs->path_count ? obs->path_count : 1;
    const tg_path_t *paths = obs->path.len == 0 && obs->path_count ? obs->paths : &obs->path;
    for (size_t at = 0; at < count; at++) {
      if (!fn(ud, &paths[at])) return;
    }
  }
}

/* Values that the last process had acknowledged and did not live to read. */
static void read_owed(tg_server_t *server) {
  for (uint32_t slot = 0; slot < tg_pool_slots(&server->regs); slot++) {
    tg_reg_t *reg = tg_pool_at(&server->regs, slot, NULL);
    size_t at = 0;
    while (reg && at < reg->obs_count && !reg->obs[at].owed) at++;
    if (reg && at < reg->obs_count) tg_observe_watch(server, reg);
  }
}

tg_rc_t tg_server_restore(tg_server_t *server, tg_link_t *const links[], size_t link_count, size_t *restored) {
  *restored = 0;
  if (!server->config.store) return TG_OK;
  tg_rc_t rc = tg_reg_store_restore(server, links, link_count, tg_reg_end_on_lifetime, &tg_command_backend);
  *restored = (size_t)server->stats.restored;
  read_owed(server);
  return rc == TG_OK || rc == TG_E_STORE ? rc : TG_E_STORE;
}
