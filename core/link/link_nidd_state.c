/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of a NIDD link, and what it tells through the link's events. See link_nidd_state.h. Called by every other link_nidd*.c. */

#include "core/link/link_nidd_state.h"

#include "core/base/alloc.h"
#include "core/base/hex.h"
#include "core/base/log.h"

enum { DELIVERIES = 8192, MEMORY_MAX = 2048, WEEK_MS = 7 * 86400 * 1000 };

static bool same_addr(const void *table, uint32_t slot, const void *key) {
  const tg_link_nidd_device_t *device = tg_pool_at(table, slot, NULL);
  return device && tg_slice_eq(tg_link_nidd_state_id(device), *(const tg_slice_t *)key);
}

static bool same_token(const void *table, uint32_t slot, const void *key) {
  const tg_link_nidd_device_t *device = tg_pool_at(table, slot, NULL);
  return device && tg_slice_eq(tg_slice_str(device->token), *(const tg_slice_t *)key);
}

static tg_link_nidd_device_t *find(const tg_link_nidd_t *nidd, const tg_hidx_t *idx, tg_hidx_eq_fn eq, tg_slice_t key) {
  tg_hidx_query_t query = {.hash = tg_hash32(&nidd->key, key), .eq = eq, .table = &nidd->devices, .key = &key};
  uint32_t slot;
  return tg_hidx_find(idx, &query, &slot) ? tg_pool_at(&nidd->devices, slot, NULL) : NULL;
}

tg_link_nidd_device_t *tg_link_nidd_state_find(const tg_link_nidd_t *nidd, tg_slice_t id) {
  return find(nidd, &nidd->by_addr, same_addr, id);
}

tg_link_nidd_device_t *tg_link_nidd_state_find_token(const tg_link_nidd_t *nidd, tg_slice_t token) {
  return find(nidd, &nidd->by_token, same_token, token);
}

tg_rc_t tg_link_nidd_state_init(tg_link_nidd_t *nidd) {
  nidd->config.random(nidd->config.random_ud, &nidd->key, sizeof nidd->key);
  tg_hidx_init(&nidd->by_addr);
  tg_hidx_init(&nidd->by_token);
  tg_rc_t rc = tg_pool_init(&nidd->devices, sizeof(tg_link_nidd_device_t), nidd->config.max_devices);
  if (rc == TG_OK) rc = tg_pool_init(&nidd->deliveries, sizeof(tg_link_nidd_delivery_t), DELIVERIES);
  return rc;
}

static void free_device(tg_link_nidd_device_t *device) {
  tg_wheel_t *wheel = tg_loop_wheel(device->nidd->loop);
  tg_wheel_del(wheel, &device->conf_timer);
  tg_wheel_del(wheel, &device->pump);
  tg_alloc_free(device->url);
  tg_alloc_free(device->early.url);
}

void tg_link_nidd_state_fini(tg_link_nidd_t *nidd) {
  for (uint32_t slot = 0; slot < tg_pool_slots(&nidd->devices); slot++) {
    tg_link_nidd_device_t *device = tg_pool_at(&nidd->devices, slot, NULL);
    if (device) free_device(device);
  }
  tg_pool_fini(&nidd->devices);
  tg_pool_fini(&nidd->deliveries);
  tg_hidx_fini(&nidd->by_addr);
  tg_hidx_fini(&nidd->by_token);
}

/* `nidd/LINK/IDENTITY` */
static void put_key(const tg_link_nidd_device_t *device, tg_buf_t *key) {
  tg_buf_put_fmt(key, "nidd/%s/", device->nidd->link.name);
  tg_buf_put(key, tg_link_nidd_state_id(device));
}

static bool is_token(tg_slice_t token) {
  if (token.len != TG_LINK_NIDD_TOKEN) return false;
  for (size_t i = 0; i < token.len; i++) {
    if (tg_hex_digit(token.p[i]) < 0) return false;
  }
  return true;
}

/* What save() wrote: the token, a line feed, the URL. */
static void take_memory(tg_link_nidd_device_t *device, tg_slice_t value) {
  tg_slice_t token = tg_slice_take(&value, '\n');
  if (!is_token(token)) return;
  memcpy(device->token, token.p, TG_LINK_NIDD_TOKEN);
  if (value.len) device->url = tg_alloc_str(value);
  device->recall_due = device->url != NULL;
}

static void load(tg_link_nidd_device_t *device) {
  const tg_link_nidd_memory_t *memory = &device->nidd->config.memory;
  if (!memory->load) return;
  uint8_t key_memory[512];
  tg_buf_t key, value;
  tg_buf_init(&key, key_memory, sizeof key_memory);
  tg_buf_init_growing(&value, MEMORY_MAX);
  put_key(device, &key);
  tg_rc_t rc = memory->load(memory->ud, tg_buf_slice(&key), &value);
  if (rc == TG_OK && value.rc == TG_OK) take_memory(device, tg_buf_slice(&value));
  tg_buf_fini(&value);
}

static void save(const tg_link_nidd_device_t *device, bool forget) {
  const tg_link_nidd_memory_t *memory = &device->nidd->config.memory;
  if (!memory->save) return;
  uint8_t key_memory[512];
  tg_buf_t key, value;
  tg_buf_init(&key, key_memory, sizeof key_memory);
  tg_buf_init_growing(&value, MEMORY_MAX);
  put_key(device, &key);
  if (!forget) tg_buf_put_fmt(&value, "%s\n%s", device->token, device->url ? device->url : "");
  if (value.rc == TG_OK) memory->save(memory->ud, tg_buf_slice(&key), tg_buf_slice(&value));
  tg_buf_fini(&value);
}

static void make_token(tg_link_nidd_device_t *device) {
  uint8_t bytes[TG_LINK_NIDD_TOKEN / 2];
  tg_buf_t text;
  device->nidd->config.random(device->nidd->config.random_ud, bytes, sizeof bytes);
  tg_buf_init(&text, device->token, sizeof device->token);
  tg_hex_put(&text, tg_slice(bytes, sizeof bytes));
  device->token[TG_LINK_NIDD_TOKEN] = 0;
}

static tg_rc_t index_device(tg_link_nidd_device_t *device) {
  tg_link_nidd_t *nidd = device->nidd;
  uint32_t slot = tg_id_slot(device->id);
  uint32_t addr_hash = tg_hash32(&nidd->key, tg_link_nidd_state_id(device));
  tg_rc_t rc = tg_hidx_add(&nidd->by_addr, addr_hash, slot);
  if (rc != TG_OK) return rc;
  rc = tg_hidx_add(&nidd->by_token, tg_hash32(&nidd->key, tg_slice_str(device->token)), slot);
  if (rc != TG_OK) tg_hidx_del(&nidd->by_addr, addr_hash, slot);
  return rc;
}

tg_rc_t tg_link_nidd_state_add(tg_link_nidd_t *nidd, tg_slice_t id, tg_link_nidd_device_t **out) {
  if (tg_link_nidd_state_find(nidd, id)) return TG_E_EXISTS;
  tg_id_t own;
  tg_link_nidd_device_t *device = tg_pool_take(&nidd->devices, &own);
  if (!device) return TG_E_FULL;
  device->nidd = nidd;
  device->id = own;
  device->addr.len = (uint8_t)id.len;
  memcpy(device->addr.b, id.p, id.len);
  device->mtu = nidd->link.mtu;
  load(device);
  if (!device->token[0] || tg_link_nidd_state_find_token(nidd, tg_slice_str(device->token))) make_token(device);
  tg_rc_t rc = index_device(device);
  if (rc != TG_OK) {
    tg_alloc_free(device->url);
    tg_pool_give(&nidd->devices, own);
    return rc;
  }
  nidd->stats.devices++;
  *out = device;
  return TG_OK;
}

void tg_link_nidd_state_del(tg_link_nidd_device_t *device) {
  tg_link_nidd_t *nidd = device->nidd;
  uint32_t slot = tg_id_slot(device->id);
  save(device, true);
  tg_hidx_del(&nidd->by_addr, tg_hash32(&nidd->key, tg_link_nidd_state_id(device)), slot);
  tg_hidx_del(&nidd->by_token, tg_hash32(&nidd->key, tg_slice_str(device->token)), slot);
  free_device(device);
  nidd->stats.devices--;
  tg_pool_give(&nidd->devices, device->id);
}

tg_rc_t tg_link_nidd_state_set_url(tg_link_nidd_device_t *device, tg_slice_t url) {
  if (url.len && device->url && tg_slice_is(url, device->url)) return TG_OK;
  char *copy = url.len ? tg_alloc_str(url) : NULL;
  if (url.len && !copy) return TG_E_NOMEM;
  tg_alloc_free(device->url);
  device->url = copy;
  save(device, false);
  return TG_OK;
}

void tg_link_nidd_state_moved(tg_link_nidd_device_t *device, const char *suffix, const char *got) {
  tg_slice_t url = tg_slice_str(got);
  tg_slice_t tail = tg_slice_str(suffix);
  if (url.len <= tail.len || !tg_slice_eq(tg_slice_from(url, url.len - tail.len), tail)) return;
  url.len -= tail.len;
  tg_rc_t rc = tg_link_nidd_state_set_url(device, url);
  if (rc != TG_OK) tg_log("nidd", TG_LOG_ERROR, "configuration_not_moved rc=%s", tg_rc_name(rc));
}

void tg_link_nidd_state_put_destination(const tg_link_nidd_device_t *device, tg_buf_t *out) {
  tg_buf_put_fmt(out, "%s/%s", device->nidd->notify_url, device->token);
}

void tg_link_nidd_state_set_mtu(tg_link_nidd_device_t *device, size_t mtu) {
  if (mtu == device->mtu || mtu == 0) return;
  device->mtu = mtu;
  tg_link_t *link = &device->nidd->link;
  if (link->events && link->events->limits) link->events->limits(link->events_ud, link, &device->addr, mtu);
}

void tg_link_nidd_state_set_reach(tg_link_nidd_device_t *device, tg_link_reach_t reach, uint64_t until_ms) {
  if (device->reach_told && device->reach == reach && reach != TG_LINK_HELD) return;
  device->reach = reach;
  device->reach_told = true;
  tg_link_t *link = &device->nidd->link;
  if (link->events && link->events->reach) link->events->reach(link->events_ud, link, &device->addr, reach, until_ms);
}

uint64_t tg_link_nidd_state_mono(const tg_link_nidd_t *nidd, int64_t unix_ms) {
  if (!unix_ms) return 0;
  int64_t ahead = unix_ms - tg_wheel_unix(tg_loop_wheel(nidd->loop));
  if (ahead < 0) ahead = 0;
  if (ahead > WEEK_MS) ahead = WEEK_MS;
  return tg_loop_now(nidd->loop) + (uint64_t)ahead;
}

uint64_t tg_link_nidd_state_backoff(tg_link_nidd_t *nidd, unsigned n) {
  uint64_t pause = nidd->config.backoff_ms;
  for (unsigned i = 1; i < n && pause < nidd->config.backoff_max_ms; i++) pause *= 2;
  if (pause > nidd->config.backoff_max_ms) pause = nidd->config.backoff_max_ms;
  uint32_t random;
  nidd->config.random(nidd->config.random_ud, &random, sizeof random);
  return pause - (pause / 2) * (random >> 16) / UINT16_MAX;
}

void tg_link_nidd_state_start(tg_link_nidd_t *nidd, tg_timer_t *timer, uint64_t delay_ms) {
  tg_wheel_add(tg_loop_wheel(nidd->loop), timer, tg_loop_now(nidd->loop) + delay_ms);
}

void tg_link_nidd_state_pump(tg_link_nidd_device_t *device, uint64_t delay_ms) {
  tg_link_nidd_state_start(device->nidd, &device->pump, delay_ms);
}
