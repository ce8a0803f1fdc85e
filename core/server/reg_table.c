/* SPDX-License-Identifier: Apache-2.0 */
/* The registrations that stand: by location, by peer, with their lifetimes; see reg.h. The key is random, so it is its own hash. */

#include "core/base/alloc.h"
#include "core/server/server_state.h"

#define KEY_MASK ((UINT64_C(1) << 50) - 1)
static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

static uint32_t key_hash(uint64_t key) {
  return (uint32_t)(key ^ (key >> 32));
}

static bool has_key(const void *table, uint32_t slot, const void *key) {
  const tg_reg_t *reg = tg_pool_at(table, slot, NULL);
  return reg && reg->key == *(const uint64_t *)key;
}

static tg_reg_t *find_key(const tg_server_t *server, uint64_t key) {
  tg_hidx_query_t query = {.hash = key_hash(key), .eq = has_key, .table = &server->regs, .key = &key};
  uint32_t slot;
  return tg_hidx_find(&server->by_key, &query, &slot) ? tg_pool_at(&server->regs, slot, NULL) : NULL;
}

tg_reg_t *tg_reg_table_add(tg_server_t *server) {
  tg_id_t id;
  tg_reg_t *reg = tg_pool_take(&server->regs, &id);
  if (!reg) return NULL;
  do {
    server->config.random(server->config.random_ud, &reg->key, sizeof reg->key);
    reg->key &= KEY_MASK;
  } while (find_key(server, reg->key));
  if (tg_hidx_add(&server->by_key, key_hash(reg->key), tg_id_slot(id)) != TG_OK) {
    tg_pool_give(&server->regs, id);
    return NULL;
  }
  reg->format = TG_CF_NONE;
  reg->due_ms = UINT64_MAX;
  server->stats.registrations++;
  return reg;
}

tg_rc_t tg_reg_table_rekey(tg_server_t *server, tg_reg_t *reg, uint64_t key) {
  if (find_key(server, key & KEY_MASK)) return TG_E_EXISTS;
  uint32_t slot = tg_id_slot(tg_pool_id(&server->regs, reg));
  tg_rc_t rc = tg_hidx_add(&server->by_key, key_hash(key & KEY_MASK), slot);
  if (rc != TG_OK) return rc;
  tg_hidx_del(&server->by_key, key_hash(reg->key), slot);
  reg->key = key & KEY_MASK;
  return TG_OK;
}

/* Registrations of one peer are a chain, the newest first; usually of one. */
static void unbind(tg_server_t *server, tg_reg_t *reg) {
  if (reg->peer == TG_ID_NONE) return;
  uint32_t mine = tg_id_slot(tg_pool_id(&server->regs, reg)) + 1;
  uint32_t *at = &server->by_peer[tg_id_slot(reg->peer)];
  while (*at && *at != mine) {
    tg_reg_t *other = tg_pool_at(&server->regs, *at - 1, NULL);
    at = &other->peer_next_ref;
  }
  if (*at) *at = reg->peer_next_ref;
  reg->peer_next_ref = 0;
  tg_coap_unpin(server->coap, reg->peer);
  reg->peer = TG_ID_NONE;
}

static tg_rc_t grow_by_peer(tg_server_t *server, size_t need) {
  size_t cap = server->by_peer_cap ? server->by_peer_cap : 64;
  while (cap < need) cap *= 2;
  uint32_t *bigger = tg_alloc_resize(server->by_peer, cap, sizeof *bigger);
  if (!bigger) return TG_E_NOMEM;
  memset(bigger + server->by_peer_cap, 0, (cap - server->by_peer_cap) * sizeof *bigger);
  server->by_peer = bigger;
  server->by_peer_cap = cap;
  return TG_OK;
}

tg_rc_t tg_reg_table_bind(tg_server_t *server, tg_reg_t *reg, tg_id_t peer) {
  size_t need = (size_t)tg_id_slot(peer) + 1;
  if (need > server->by_peer_cap && grow_by_peer(server, need) != TG_OK) return TG_E_NOMEM;
  unbind(server, reg);
  uint32_t *first = &server->by_peer[tg_id_slot(peer)];
  reg->peer = peer;
  reg->peer_next_ref = *first;
  *first = tg_id_slot(tg_pool_id(&server->regs, reg)) + 1;
  tg_coap_pin(server->coap, peer);
  if (reg->notes) tg_coap_peer_blocks(server->coap, peer, reg->notes->block_szx);
  return TG_OK;
}

void tg_reg_table_del(tg_server_t *server, tg_reg_t *reg) {
  tg_id_t id = tg_pool_id(&server->regs, reg);
  tg_wheel_del(server->config.wheel, &reg->timer);
  unbind(server, reg);
  tg_hidx_del(&server->by_key, key_hash(reg->key), tg_id_slot(id));
  for (size_t i = 0; i < reg->obs_count; i++) tg_reg_table_obs_free(&reg->obs[i]);
  tg_alloc_free(reg->obs);
  tg_reg_notes_free(server, reg);
  tg_pool_give(&server->regs, id);
  server->stats.registrations--;
}

/* Only one spelling: ten lower-case characters. */
static bool read_key(tg_slice_t text, uint64_t *key) {
  if (text.len != TG_REG_ID_CHARS) return false;
  *key = 0;
  for (size_t i = 0; i < text.len; i++) {
    uint8_t byte = text.p[i];
    if (byte >= 'a' && byte <= 'z') *key = *key << 5 | (uint64_t)(byte - 'a');
    else if (byte >= '2' && byte <= '7') *key = *key << 5 | (uint64_t)(byte - '2' + 26);
    else return false;
  }
  return true;
}

tg_reg_t *tg_reg_table_find(const tg_server_t *server, tg_slice_t text) {
  uint64_t key;
  return read_key(text, &key) ? find_key(server, key) : NULL;
}

void tg_reg_table_text(const tg_reg_t *reg, char text[TG_REG_ID_CHARS]) {
  uint64_t key = reg->key;
  for (size_t i = TG_REG_ID_CHARS; i-- > 0; key >>= 5) text[i] = alphabet[key & 31];
}

tg_reg_t *tg_reg_table_get(const tg_server_t *server, tg_id_t id) {
  return tg_pool_find(&server->regs, id);
}

tg_id_t tg_reg_table_id(const tg_server_t *server, const tg_reg_t *reg) {
  return tg_pool_id(&server->regs, reg);
}

tg_reg_t *tg_reg_table_of_peer(const tg_server_t *server, tg_id_t peer) {
  uint32_t slot = tg_id_slot(peer);
  if (slot >= server->by_peer_cap || !server->by_peer[slot]) return NULL;
  tg_reg_t *reg = tg_pool_at(&server->regs, server->by_peer[slot] - 1, NULL);
  return reg && reg->peer == peer ? reg : NULL;
}

void tg_reg_table_extend(tg_server_t *server, tg_reg_t *reg) {
  if (reg->lifetime_s == 0) return;
  uint64_t span = ((uint64_t)reg->lifetime_s + server->config.grace_s) * 1000;
  reg->due_ms = tg_wheel_now(server->config.wheel) + span;
}

void tg_reg_table_arm(tg_server_t *server, tg_reg_t *reg, tg_timer_fn fn) {
  reg->timer.fn = fn;
  reg->timer.ud = server;
  reg->ends_next = false;
  if (reg->due_ms == UINT64_MAX) tg_wheel_del(server->config.wheel, &reg->timer);
  else tg_wheel_add(server->config.wheel, &reg->timer, reg->due_ms);
}

tg_rc_t tg_reg_table_obs_add(tg_reg_t *reg, const tg_reg_obs_t *obs) {
  if (reg->obs_count == TG_REG_OBS_MAX) return TG_E_FULL;
  if (reg->obs_count == reg->obs_cap) {
    uint16_t cap = reg->obs_cap ? (uint16_t)(reg->obs_cap * 2) : 1;
    tg_reg_obs_t *bigger = tg_alloc_resize(reg->obs, cap, sizeof *bigger);
    if (!bigger) return TG_E_NOMEM;
    reg->obs = bigger;
    reg->obs_cap = cap;
  }
  tg_reg_obs_t kept = *obs;
  kept.paths = obs->path_count ? tg_alloc_array(obs->path_count, sizeof *kept.paths) : NULL;
  if (obs->path_count && !kept.paths) return TG_E_NOMEM;
  if (kept.paths) memcpy(kept.paths, obs->paths, obs->path_count * sizeof *kept.paths);
  reg->obs[reg->obs_count++] = kept;
  return TG_OK;
}

tg_reg_obs_t *tg_reg_table_obs_find(const tg_reg_t *reg, const tg_path_t *path) {
  for (size_t i = 0; i < reg->obs_count; i++) {
    if (reg->obs[i].number == 0 && tg_path_eq(&reg->obs[i].path, path)) return &reg->obs[i];
  }
  return NULL;
}

void tg_reg_table_obs_free(tg_reg_obs_t *obs) {
  tg_alloc_free(obs->paths);
  obs->paths = NULL;
}

void tg_reg_table_obs_del(tg_reg_t *reg, tg_reg_obs_t *obs) {
  tg_reg_table_obs_free(obs);
  *obs = reg->obs[--reg->obs_count];
}
