/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may speak for an endpoint: identities that a bearer vouches for, addresses without one (security.md 2.11, 2.14), and devices that
 * were asked to come over another link (lwm2m.md 4.3). See server_state.h.
 * Called by register.c, update.c and reg_end.c.
 */

#include "core/server/observe.h"

enum { TEXT_MAX = 320 };

void tg_takeover_identity(const tg_server_t *server, tg_id_t peer, tg_buf_t *out) {
  tg_link_t *link;
  const tg_addr_t *addr;
  tg_buf_clear(out);
  if (!tg_coap_peer_addr(server->coap, peer, &link, &addr) || !link->ops->identity) return;
  tg_buf_put(out, link->ops->identity(link, addr));
}

/* The address as text without the port; false when the peer is gone. */
static bool host_of(const tg_server_t *server, tg_id_t peer, tg_buf_t *out) {
  tg_link_t *link;
  const tg_addr_t *addr;
  tg_buf_clear(out);
  if (!tg_coap_peer_addr(server->coap, peer, &link, &addr)) return false;
  tg_buf_put_str(out, link->name);
  tg_buf_put_u8(out, ' ');
  size_t from = out->len;
  link->ops->put_addr(link, addr, out);
  for (size_t at = out->len; at > from; at--) {
    if (out->p[at - 1] != ':') continue;
    out->len = at - 1;
    break;
  }
  return out->rc == TG_OK;
}

static bool same_host(const tg_server_t *server, tg_id_t a, tg_id_t b) {
  uint8_t memory_a[TEXT_MAX], memory_b[TEXT_MAX];
  tg_buf_t text_a, text_b;
  tg_buf_init(&text_a, memory_a, sizeof memory_a);
  tg_buf_init(&text_b, memory_b, sizeof memory_b);
  return host_of(server, a, &text_a) && host_of(server, b, &text_b) &&
         tg_slice_eq(tg_buf_slice(&text_a), tg_buf_slice(&text_b));
}

/* What an endpoint name says about an identity: `urn:nai:` and `urn:extid:` name one, any other text may be one itself. */
typedef enum naming { NAMES_NONE, NAMES_IT, NAMES_ANOTHER } naming_t;

static naming_t naming_of(tg_slice_t ep, tg_slice_t identity) {
  static const char *const prefixes[] = {"urn:nai:", "urn:extid:"};
  if (identity.len == 0) return NAMES_NONE;
  for (size_t i = 0; i < TG_COUNT(prefixes); i++) {
    tg_slice_t prefix = tg_slice_str(prefixes[i]);
    if (!tg_slice_begins(ep, prefix)) continue;
    return tg_slice_eq(tg_slice_from(ep, prefix.len), identity) ? NAMES_IT : NAMES_ANOTHER;
  }
  return tg_slice_eq(ep, identity) ? NAMES_IT : NAMES_NONE;
}

static bool is_alive(const tg_server_t *server, const tg_reg_t *reg) {
  uint64_t grace_ms = (uint64_t)server->config.grace_s * 1000;
  return reg->due_ms == UINT64_MAX || tg_wheel_now(server->config.wheel) + grace_ms < reg->due_ms;
}

/* Both without an identity: the configured policy decides. */
static bool policy_allows(const tg_server_t *server, tg_id_t from, tg_id_t to) {
  if (server->config.rebind == TG_COAP_REBIND_ANY) return true;
  return server->config.rebind == TG_COAP_REBIND_SAME_HOST && same_host(server, from, to);
}

static const tg_link_t *link_of(const tg_server_t *server, tg_id_t peer) {
  tg_link_t *link;
  const tg_addr_t *addr;
  return tg_coap_peer_addr(server->coap, peer, &link, &addr) ? link : NULL;
}

/* Who asked the device to come over another link said so with tg_twin_may_move(). */
static bool was_asked(const tg_server_t *server, const tg_reg_t *old, tg_id_t peer) {
  const tg_device_t *device = tg_twin_find(server->config.twin, old->device);
  return device && tg_wheel_now(server->config.wheel) < device->may_move_until_ms &&
         link_of(server, peer) != link_of(server, old->peer);
}

/* The present bearer vouches for no one: then one that does is stronger, but not where another one vouched before the device was asked away. */
static bool beats_unvouched(const tg_server_t *server, const tg_reg_t *old, tg_id_t peer, tg_slice_t identity,
                            const char **why) {
  *why = "the endpoint belongs to another identity";
  const char *home = tg_reg_notes_text(old, TG_REG_TEXT_HOME);
  if (identity.len && home) return tg_slice_is(identity, home);
  *why = "the endpoint is registered from another address";
  return identity.len > 0 || policy_allows(server, old->peer, peer);
}

bool tg_takeover_allows(tg_server_t *server, tg_slice_t ep, const tg_reg_t *old, tg_id_t peer, const char **why) {
  uint8_t memory[TG_ADDR_MAX], old_memory[TG_ADDR_MAX];
  tg_buf_t identity, old_identity;
  tg_buf_init(&identity, memory, sizeof memory);
  tg_buf_init(&old_identity, old_memory, sizeof old_memory);
  tg_takeover_identity(server, peer, &identity);
  naming_t naming = naming_of(ep, tg_buf_slice(&identity));
  *why = "the endpoint names another identity than its link vouches for";
  if (naming == NAMES_ANOTHER) return false;
  if (!old || old->peer == peer || !is_alive(server, old) || naming == NAMES_IT) return true;
  tg_takeover_identity(server, old->peer, &old_identity);
  if (old_identity.len == 0) return beats_unvouched(server, old, peer, tg_buf_slice(&identity), why);
  *why = "the endpoint belongs to another identity";
  return tg_slice_eq(tg_buf_slice(&identity), tg_buf_slice(&old_identity)) || was_asked(server, old, peer);
}

/* Without memory only the rule falls away that home is for. */
static void set_home(tg_reg_t *reg, tg_slice_t home) {
  tg_rc_t rc = tg_reg_notes_set_text(reg, TG_REG_TEXT_HOME, home);
  if (rc != TG_OK) tg_log("server", TG_LOG_DEBUG, "home_not_kept rc=%s", tg_rc_name(rc));
}

/* @p reg is no longer at @p from: who vouched for it there alone may vouch for it again. */
static void keep_home(const tg_server_t *server, tg_reg_t *reg, tg_id_t from) {
  uint8_t memory[TG_ADDR_MAX];
  tg_buf_t identity;
  tg_buf_init(&identity, memory, sizeof memory);
  tg_takeover_identity(server, reg->peer, &identity);
  if (identity.len) {
    set_home(reg, tg_slice(NULL, 0));
    return;
  }
  tg_takeover_identity(server, from, &identity);
  if (identity.len) set_home(reg, tg_buf_slice(&identity));
}

void tg_takeover_inherit(const tg_server_t *server, tg_reg_t *heir, tg_reg_t *old) {
  set_home(heir, tg_slice_str(tg_reg_notes_text(old, TG_REG_TEXT_HOME)));
  keep_home(server, heir, old->peer);
}

static void tell_moved(tg_server_t *server, const tg_reg_t *reg) {
  uint8_t memory[TEXT_MAX];
  tg_buf_t text;
  tg_link_t *link;
  const tg_addr_t *addr;
  tg_buf_init(&text, memory, sizeof memory);
  if (!tg_coap_peer_addr(server->coap, reg->peer, &link, &addr)) return;
  link->ops->put_addr(link, addr, &text);
  server->stats.moved++;
  tg_server_tell(server, reg, TG_EVENT_MOVED, tg_buf_slice(&text));
}

/* Nothing that was asked where the device was is waited for: it is asked again where it is. What a bearer said of it there is over. */
static void ask_again(tg_server_t *server, tg_reg_t *reg) {
  tg_command_leave(server, reg);
  tg_observe_moved(server, reg);
  if (!reg->queue_mode) tg_twin_awake(server->config.twin, reg->device, UINT64_MAX);
}

tg_rc_t tg_takeover_move(tg_server_t *server, tg_reg_t *reg, tg_id_t peer) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  tg_slice_t ep = tg_slice_str(device ? device->ep : NULL);
  const tg_link_t *link = link_of(server, peer);
  tg_id_t from = reg->peer;
  bool changes_link = link != link_of(server, from);
  const char *why;
  if (!tg_takeover_allows(server, ep, reg, peer, &why)) {
    tg_server_refuse(server, reg->device, ep, why);
    return TG_E_DENIED;
  }
  tg_rc_t rc = tg_reg_table_bind(server, reg, peer);
  if (rc != TG_OK) return rc;
  keep_home(server, reg, from);
  for (size_t i = 0; i < reg->obs_count; i++) tg_coap_observation_move(server->coap, reg->obs[i].id, peer);
  if (changes_link && link) tg_twin_moved(server->config.twin, reg->device, link->name);
  ask_again(server, reg);
  tell_moved(server, reg);
  return TG_OK;
}
