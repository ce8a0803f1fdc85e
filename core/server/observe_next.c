/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of core/server: what an automatic plan does next. Paths with the same period are observed together where the device can
 * (LwM2M Core 1.1 §6.4.4; one message a period instead of many), others one by one. See observe.h.
 */

#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/codec/link_dec.h"
#include "core/server/observe.h"

enum { LIST_MAX = TG_REG_OBS_MAX };

/* Paths of one period. */
typedef struct group {
  size_t count;
  tg_path_t paths[LIST_MAX];
} group_t;

uint32_t tg_observe_attributes(const char *query) {
  if (!query || !*query) return 0;
  uint32_t crc = tg_hash_crc32(0, tg_slice_str(query));
  return crc ? crc : 1;
}

uint32_t tg_observe_seconds(const char *query, const char *name) {
  for (tg_slice_t rest = tg_slice_str(query); rest.len;) {
    tg_slice_t value = tg_slice_take(&rest, '&');
    tg_slice_t key = tg_slice_take(&value, '=');
    if (!tg_slice_is(key, name)) continue;
    uint32_t number = 0;
    for (size_t i = 0; i < value.len && value.p[i] >= '0' && value.p[i] <= '9' && number < UINT32_MAX / 16; i++)
      number = number * 10 + (uint32_t)(value.p[i] - '0');
    return number;
  }
  return 0;
}

/* Only periods: gt, lt and st are about one value, and composite observations have none of them. */
static bool has_period_only(const char *query) {
  tg_slice_t rest = tg_slice_str(query);
  if (!rest.len) return false;
  while (rest.len) {
    tg_slice_t value = tg_slice_take(&rest, '&');
    tg_slice_t key = tg_slice_take(&value, '=');
    if (!tg_slice_is(key, "pmin") && !tg_slice_is(key, "pmax")) return false;
  }
  return true;
}

static bool can_group(const tg_reg_t *reg, const tg_device_t *device) {
  return !reg->no_group && !tg_composite_is_refused(reg, device, TG_OP_OBSERVE_COMPOSITE);
}

/* The path that an entry and an announced object mean together; false: none. */
static bool target(const tg_server_observe_t *entry, const tg_path_t *announced, tg_path_t *path) {
  if (announced->len != TG_PATH_INSTANCE) return false;
  *path = entry->path.len <= TG_PATH_OBJECT ? *announced : entry->path;
  return entry->path.len > 0 && (tg_path_covers(&entry->path, announced) || tg_path_covers(announced, &entry->path));
}

static void add(group_t *group, const tg_path_t *path) {
  for (size_t i = 0; i < group->count; i++) {
    if (tg_path_covers(&group->paths[i], path)) return;
  }
  if (group->count < LIST_MAX) group->paths[group->count++] = *path;
}

/* All paths of the period of entry @p leader; nothing where an entry before it has the same one. */
static bool collect(const tg_observe_plan_t *plan, const tg_reg_t *reg, const tg_device_t *device, size_t leader,
                    group_t *group) {
  const tg_server_observe_t *first = tg_policy_observe(plan->server, reg, device, leader);
  bool leads = true;
  group->count = 0;
  for (size_t at = 0; at < tg_policy_observe_count(plan->server, reg); at++) {
    const tg_server_observe_t *entry = tg_policy_observe(plan->server, reg, device, at);
    tg_path_t path;
    if (!entry || strcmp(entry->query, first->query) != 0) continue;
    if (at < leader) leads = false;
    for (size_t i = 0; i < device->object_count; i++) {
      if (target(entry, &device->objects[i], &path)) add(group, &path);
    }
  }
  return leads;
}

static tg_reg_obs_t *find_group(const tg_reg_t *reg, const tg_path_t *paths, size_t count, uint32_t attributes) {
  for (size_t i = 0; i < reg->obs_count; i++) {
    tg_reg_obs_t *obs = &reg->obs[i];
    bool is_same = obs->number && obs->attributes == attributes && obs->path_count == count;
    for (size_t k = 0; is_same && k < count; k++) is_same = tg_path_eq(&obs->paths[k], &paths[k]);
    if (is_same) return obs;
  }
  return NULL;
}

static void mark(tg_reg_obs_t *obs, const char *query) {
  obs->wanted = true;
  obs->pmin_s = tg_observe_seconds(query, "pmin");
  obs->pmax_s = tg_observe_seconds(query, "pmax");
}

/* @return whether the period of the entry at the cursor goes in groups; with group_count set where one of them is to be made */
static bool next_group(tg_observe_plan_t *plan, const tg_reg_t *reg, const tg_device_t *device,
                       const tg_server_observe_t *entry) {
  group_t group;
  plan->group_count = 0;
  if (!can_group(reg, device) || !has_period_only(entry->query)) return false;
  bool leads = collect(plan, reg, device, plan->entry, &group);
  if (group.count < 2) return false;
  for (; leads && (size_t)plan->chunk * TG_OBSERVE_GROUP_MAX < group.count; plan->chunk++) {
    const tg_path_t *paths = group.paths + (size_t)plan->chunk * TG_OBSERVE_GROUP_MAX;
    size_t count = group.count - (size_t)plan->chunk * TG_OBSERVE_GROUP_MAX;
    if (count > TG_OBSERVE_GROUP_MAX) count = TG_OBSERVE_GROUP_MAX;
    tg_reg_obs_t *known = find_group(reg, paths, count, tg_observe_attributes(entry->query));
    if (known) {
      mark(known, entry->query);
      continue;
    }
    if (!plan->group) plan->group = tg_alloc_array(TG_OBSERVE_GROUP_MAX, sizeof *plan->group);
    if (!plan->group) return false; /* then one by one */
    memcpy(plan->group, paths, count * sizeof *paths);
    plan->group_count = (uint8_t)count;
    return true;
  }
  return true;
}

static void next_entry(tg_observe_plan_t *plan) {
  plan->entry++;
  plan->object = plan->resource = plan->chunk = 0;
}

/* Whether the path under the cursor is to be observed; one that is already is marked. */
static bool is_open(const tg_observe_plan_t *plan, const tg_reg_t *reg, const char *query) {
  tg_reg_obs_t *known = tg_reg_table_obs_find(reg, &plan->path);
  if (!known) return true;
  bool is_same = !known->automatic || known->attributes == tg_observe_attributes(query);
  if (is_same) mark(known, query);
  return !is_same && !known->wanted;
}

/* What stands for an instance on a device that speaks nothing but text: the single values that it must have. */
static bool next_resource(tg_observe_plan_t *plan, const tg_reg_t *reg, const tg_objdef_t *def, const char *query) {
  const tg_path_t instance = plan->path;
  for (; plan->resource < def->resource_count; plan->resource++) {
    const tg_resdef_t *res = &def->resources[plan->resource];
    if (!res->mandatory || res->multiple || !(res->ops & TG_OPS_READ)) continue;
    plan->path = tg_path(3, instance.id[0], instance.id[1], res->id);
    if (is_open(plan, reg, query)) return true;
  }
  return false;
}

/* @return whether there is one under the cursor */
static bool next_single(tg_observe_plan_t *plan, const tg_reg_t *reg, const tg_device_t *device,
                        const tg_server_observe_t *entry) {
  tg_model_t model = tg_twin_model(plan->server->config.twin, device);
  for (; plan->object < device->object_count; plan->object++, plan->resource = 0) {
    if (!target(entry, &device->objects[plan->object], &plan->path)) continue;
    bool is_text = (device->quirks & TG_QUIRK_TEXT_ONLY) && plan->path.len == TG_PATH_INSTANCE;
    const tg_objdef_t *def = is_text && model.registry ? tg_model_object(&model, plan->path.id[0]) : NULL;
    plan->by_resource = def != NULL;
    if (def ? next_resource(plan, reg, def, plan->query) : is_open(plan, reg, plan->query)) return true;
  }
  return false;
}

static bool next_target(tg_observe_plan_t *plan, const tg_reg_t *reg, const tg_device_t *device) {
  for (; plan->entry < tg_policy_observe_count(plan->server, reg); next_entry(plan)) {
    const tg_server_observe_t *entry = tg_policy_observe(plan->server, reg, device, plan->entry);
    if (!entry) continue;
    plan->query = entry->query ? entry->query : "";
    bool in_groups = next_group(plan, reg, device, entry);
    if (plan->group_count || (!in_groups && next_single(plan, reg, device, entry))) return true;
  }
  return false;
}

void tg_observe_next(tg_observe_plan_t *plan, tg_reg_t *reg, const tg_device_t *device) {
  if (tg_policy_next_who(plan->server, reg, device, &plan->who)) {
    plan->step = TG_OBSERVE_WHO;
    plan->path = tg_policy_who_path(plan->who);
    return;
  }
  if (!next_target(plan, reg, device)) {
    if (tg_policy_send(plan->server, reg, device, &plan->path) != TG_SERVER_SEND_LEAVE) {
      plan->step = TG_OBSERVE_SEND;
      return;
    }
    bool asks = plan->told_query && !reg->attributes_seen;
    plan->step = asks ? TG_OBSERVE_VERIFY : TG_OBSERVE_END;
    plan->path = plan->told_path;
    return;
  }
  size_t count = plan->group_count ? plan->group_count : 1;
  bool has_some = *plan->query && !(device->quirks & TG_QUIRK_NO_ATTRIBUTES);
  bool all = !has_some || plan->written >= count;
  size_t at = all ? count - 1 : plan->written;
  if (plan->group_count) plan->path = plan->group[at];
  if (!all) plan->step = TG_OBSERVE_ATTRIBUTES;
  else plan->step = plan->group_count ? TG_OBSERVE_GROUP : TG_OBSERVE_SINGLE;
}

void tg_observe_pass(tg_observe_plan_t *plan) {
  if (plan->group_count) {
    plan->chunk++;
  } else if (plan->by_resource) {
    plan->resource++;
  } else {
    plan->object++;
    plan->resource = 0;
  }
  plan->attempt = plan->written = 0;
}

static bool has_value(tg_link_item_t link, tg_slice_t wanted_name, tg_slice_t wanted) {
  tg_link_dec_t dec = {.rest = link.attrs};
  tg_slice_t name, value;
  char a[32], b[32];
  while (tg_link_dec_attr(&dec, &link, &name, &value) == TG_OK) {
    if (!tg_slice_eq(name, wanted_name) || value.len >= sizeof a || wanted.len >= sizeof b) continue;
    memcpy(a, value.p, value.len);
    a[value.len] = '\0';
    memcpy(b, wanted.p, wanted.len);
    b[wanted.len] = '\0';
    double difference = strtod(a, NULL) - strtod(b, NULL);
    return value.len > 0 && difference > -1e-6 && difference < 1e-6;
  }
  return false;
}

bool tg_observe_shows(const tg_reg_t *reg, const tg_path_t *path, const char *query, tg_slice_t links) {
  char text[TG_FORMAT_PATH_MAX], ids[TG_PATH_TEXT_MAX];
  const char *with_root = tg_format_path(reg, path, text);
  tg_link_dec_t dec;
  tg_link_item_t link;
  tg_path_text(path, ids);
  tg_link_dec_init(&dec, links);
  while (tg_link_dec_next(&dec, &link) == TG_OK) {
    if (!tg_slice_is(link.target, with_root) && !tg_slice_is(link.target, ids)) continue;
    bool all = true;
    for (tg_slice_t rest = tg_slice_str(query); all && rest.len;) {
      tg_slice_t value = tg_slice_take(&rest, '&');
      tg_slice_t name = tg_slice_take(&value, '=');
      all = has_value(link, name, value);
    }
    return all;
  }
  return false;
}
