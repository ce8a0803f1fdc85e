/* SPDX-License-Identifier: Apache-2.0 */
/* Who may speak for an endpoint: identities that a bearer vouches for, addresses without one (security.md 2.11, 2.14). See server_state.h. */

#include "core/server/server_state.h"

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

/* `urn:nai:` and `urn:extid:` name an identity: nobody else may use it where one is vouched for. */
static bool names_another(tg_slice_t ep, tg_slice_t identity) {
  static const char *const prefixes[] = {"urn:nai:", "urn:extid:"};
  for (size_t i = 0; i < TG_COUNT(prefixes); i++) {
    tg_slice_t prefix = tg_slice_str(prefixes[i]);
    if (tg_slice_begins(ep, prefix)) return !tg_slice_eq(tg_slice_from(ep, prefix.len), identity);
  }
  return false;
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

bool tg_takeover_allows(tg_server_t *server, tg_slice_t ep, const tg_reg_t *old, tg_id_t peer, const char **why) {
  uint8_t memory[TG_ADDR_MAX], old_memory[TG_ADDR_MAX];
  tg_buf_t identity, old_identity;
  tg_buf_init(&identity, memory, sizeof memory);
  tg_buf_init(&old_identity, old_memory, sizeof old_memory);
  tg_takeover_identity(server, peer, &identity);
  *why = "the endpoint names another identity than its link vouches for";
  if (identity.len && names_another(ep, tg_buf_slice(&identity))) return false;
  if (!old || old->peer == peer || !is_alive(server, old)) return true;
  tg_takeover_identity(server, old->peer, &old_identity);
  *why = "the endpoint belongs to another identity";
  if (old_identity.len) return tg_slice_eq(tg_buf_slice(&identity), tg_buf_slice(&old_identity));
  *why = "the endpoint is registered from another address";
  return identity.len > 0 || policy_allows(server, old->peer, peer);
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

tg_rc_t tg_takeover_move(tg_server_t *server, tg_reg_t *reg, tg_id_t peer) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  tg_slice_t ep = tg_slice_str(device ? device->ep : NULL);
  const char *why;
  if (!tg_takeover_allows(server, ep, reg, peer, &why)) {
    tg_server_refuse(server, reg->device, ep, why);
    return TG_E_DENIED;
  }
  tg_rc_t rc = tg_reg_table_bind(server, reg, peer);
  if (rc != TG_OK) return rc;
  for (size_t i = 0; i < reg->obs_count; i++) tg_coap_observation_move(server->coap, reg->obs[i].id, peer);
  tg_command_drop(server, reg, true); /* what an address has of a body, another one has not */
  tell_moved(server, reg);
  return TG_OK;
}
