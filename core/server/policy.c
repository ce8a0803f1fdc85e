/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/server: what the operator wants of a device. See policy.h and docs/adr/0014-a-policy-decides-before-the-answer.md. */

#include "core/server/policy.h"

#include "core/base/utf8.h"

enum { EP_MAX = 255, TAGS_MAX = 255 };

static tg_rc_t check_decision(const tg_server_decision_t *decision) {
  const tg_slice_t ep = decision->ep, tags = decision->tags;
  if (ep.len == 0 || ep.len > EP_MAX || !tg_utf8_valid(ep) || tg_slice_find(ep, 0) != ep.len) return TG_E_ARG;
  if (tags.len > TAGS_MAX || !tg_utf8_valid(tags) || tg_slice_find(tags, 0) != tags.len) return TG_E_ARG;
  for (size_t i = 0; i < decision->observe_count; i++) {
    if (decision->observe[i].path.len == 0) return TG_E_ARG;
  }
  return decision->observe_count <= TG_REG_CHOSEN_MAX ? TG_OK : TG_E_ARG;
}

tg_rc_t tg_policy_ask(const tg_server_t *server, const tg_server_candidate_t *candidate, tg_server_decision_t *decision,
                      const char **why) {
  *decision = (tg_server_decision_t){.content_format = TG_CF_NONE};
  *why = "not admitted";
  tg_rc_t rc = TG_OK;
  if (server->config.admit) rc = server->config.admit(server->config.admit_ud, candidate, decision);
  if (rc != TG_OK) return rc;
  if (decision->refused) {
    *why = decision->refused;
    return TG_E_DENIED;
  }
  if (decision->ep.len == 0) decision->ep = candidate->ep;
  *why = "the policy's decision can't be carried out";
  return check_decision(decision);
}

tg_rc_t tg_policy_keep(tg_reg_t *reg, const tg_server_decision_t *decision) {
  if (decision->content_format != TG_CF_NONE) tg_format_worked(reg, decision->content_format);
  if (decision->send != TG_SERVER_SEND_LEAVE) {
    tg_reg_notes_t *notes = tg_reg_notes_of(reg);
    if (!notes) return TG_E_NOMEM;
    notes->send = (uint8_t)decision->send;
  }
  return decision->chooses ? tg_reg_notes_choose(reg, decision->observe, decision->observe_count) : TG_OK;
}

static tg_quirk_device_t view(const tg_server_t *server, const tg_reg_t *reg, const tg_device_t *device) {
  tg_quirk_device_t seen = {.ep = device->ep, .wire_ep = device->wire_ep, .link = device->link, .tags = device->tags};
  for (size_t i = 0; i < TG_SERVER_WHO_COUNT; i++) seen.who[i] = tg_reg_notes_who(server, reg, (tg_server_who_t)i);
  return seen;
}

bool tg_policy_quirks(tg_server_t *server, tg_reg_t *reg) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  if (!device) return false;
  const tg_quirk_device_t seen = view(server, reg, device);
  tg_server_quirk_t found;
  tg_quirk_find(&server->config, &seen, &found);
  bool says = found.content_format != TG_CF_NONE || found.block_szx != TG_SERVER_SZX_ANY;
  tg_reg_notes_t *notes = says ? tg_reg_notes_of(reg) : reg->notes;
  if (notes) {
    notes->own_format = (int16_t)found.content_format;
    notes->block_szx = found.block_szx;
  }
  tg_coap_peer_blocks(server->coap, reg->peer, found.block_szx);
  bool is_new = (found.quirks & ~device->quirks) != 0;
  tg_twin_quirks_set(server->config.twin, reg->device, (device->quirks & ~TG_QUIRK_PROFILES) | found.quirks);
  return is_new;
}

/* Only what some entry chooses by, and only of entries that the device may fall under by what is known already. */
static unsigned needs(const tg_server_t *server, const tg_reg_t *reg, const tg_device_t *device) {
  const tg_server_config_t *config = &server->config;
  const tg_quirk_device_t seen = view(server, reg, device);
  bool chooses = reg->notes && reg->notes->chooses;
  unsigned wanted = 0;
  size_t count = config->quirk_count + (chooses ? 0 : config->observe_count);
  for (size_t i = 0; i < count; i++) {
    tg_server_select_t select =
        i < config->quirk_count ? config->quirks[i].select : config->observe[i - config->quirk_count].select;
    unsigned asked = tg_quirk_needs(&select);
    for (size_t who = 0; who < TG_SERVER_WHO_COUNT; who++) {
      if (!seen.who[who]) select.who[who] = NULL; /* it may be so */
    }
    for (size_t who = 0; who < TG_SERVER_WHO_COUNT; who++) {
      if (seen.who[who]) asked &= ~(1U << who);
    }
    if (asked && tg_quirk_selects(&select, &seen)) wanted |= asked & -asked; /* the rest only if that fits */
  }
  return wanted;
}

static bool has_device_object(const tg_device_t *device) {
  const tg_path_t object = tg_path(1, 3, 0, 0), instance = tg_path(2, 3, 0, 0);
  for (size_t i = 0; i < device->object_count; i++) {
    if (tg_path_eq(&device->objects[i], &object) || tg_path_eq(&device->objects[i], &instance)) return true;
  }
  return false;
}

bool tg_policy_next_who(const tg_server_t *server, const tg_reg_t *reg, const tg_device_t *device,
                        tg_server_who_t *who) {
  if (!has_device_object(device)) return false;
  unsigned wanted = needs(server, reg, device);
  for (unsigned i = 0; i < TG_SERVER_WHO_COUNT; i++) {
    if (!(wanted >> i & 1) || reg->who_ref[i]) continue;
    *who = (tg_server_who_t)i;
    return true;
  }
  return false;
}

tg_path_t tg_policy_who_path(tg_server_who_t who) {
  static const uint16_t resources[] = {
      [TG_SERVER_WHO_MANUFACTURER] = 0, [TG_SERVER_WHO_MODEL] = 1, [TG_SERVER_WHO_FIRMWARE] = 3};
  return tg_path(3, 3, 0, resources[who]);
}

/* Of several instances of object 1 nobody can tell here which one is about this server. */
tg_server_send_t tg_policy_send(const tg_server_t *server, const tg_reg_t *reg, const tg_device_t *device,
                                tg_path_t *path) {
  tg_server_send_t wanted = server->config.send;
  size_t instances = 0;
  if (reg->notes && reg->notes->send) wanted = (tg_server_send_t)reg->notes->send;
  if (reg->send_settled || device->enabler < TG_VERSION_1_1) return TG_SERVER_SEND_LEAVE;
  for (size_t i = 0; i < device->object_count && device->objects[i].id[0] <= 1; i++) {
    if (device->objects[i].id[0] != 1 || device->objects[i].len != TG_PATH_INSTANCE) continue;
    *path = tg_path(3, 1, device->objects[i].id[1], 23);
    instances++;
  }
  return instances == 1 ? wanted : TG_SERVER_SEND_LEAVE;
}

size_t tg_policy_observe_count(const tg_server_t *server, const tg_reg_t *reg) {
  return reg->notes && reg->notes->chooses ? reg->notes->chosen_count : server->config.observe_count;
}

const tg_server_observe_t *tg_policy_observe(const tg_server_t *server, const tg_reg_t *reg, const tg_device_t *device,
                                             size_t at) {
  if (reg->notes && reg->notes->chooses) return &reg->notes->chosen[at];
  const tg_server_observe_t *entry = &server->config.observe[at];
  const tg_quirk_device_t seen = view(server, reg, device);
  return tg_quirk_selects(&entry->select, &seen) ? entry : NULL;
}
