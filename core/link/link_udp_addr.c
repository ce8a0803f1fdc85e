/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of the UDP link in their three shapes. See link_udp_addr.h. */

#include "core/link/link_udp_addr.h"

#include <arpa/inet.h>
#include <net/if.h>

#include "core/base/num.h"

enum { V4 = 4, V6 = 16, PORT = 2, SCOPE = 4, HOST_TEXT = 96 };

/* The lengths tell the shapes apart. */
enum {
  LEN_V4 = V4 + PORT,
  LEN_V4_LOCAL = LEN_V4 + V4,
  LEN_V6 = V6 + PORT,
  LEN_V6_SCOPE = LEN_V6 + SCOPE,
  LEN_V6_LOCAL = LEN_V6 + V6,
  LEN_V6_SCOPE_LOCAL = LEN_V6_SCOPE + V6
};

static void push(tg_addr_t *to, const void *p, size_t len) {
  memcpy(to->b + to->len, p, len);
  to->len = (uint8_t)(to->len + len);
}

void tg_link_udp_addr_pack(const tg_link_udp_addr_t *from, tg_addr_t *to) {
  to->len = 0;
  if (from->remote.any.sa_family == AF_INET) {
    push(to, &from->remote.v4.sin_addr, V4);
    push(to, &from->remote.v4.sin_port, PORT);
    if (from->has_local) push(to, &from->local.v4, V4);
    return;
  }
  push(to, &from->remote.v6.sin6_addr, V6);
  push(to, &from->remote.v6.sin6_port, PORT);
  if (from->remote.v6.sin6_scope_id) push(to, &from->remote.v6.sin6_scope_id, SCOPE);
  if (from->has_local) push(to, &from->local.v6, V6);
}

tg_rc_t tg_link_udp_addr_unpack(const tg_addr_t *from, tg_link_udp_addr_t *to) {
  *to = (tg_link_udp_addr_t){0};
  const uint8_t *p = from->b;
  switch (from->len) {
  case LEN_V4:
  case LEN_V4_LOCAL:
    to->remote.v4.sin_family = AF_INET;
    memcpy(&to->remote.v4.sin_addr, p, V4);
    memcpy(&to->remote.v4.sin_port, p + V4, PORT);
    to->has_local = from->len == LEN_V4_LOCAL;
    if (to->has_local) memcpy(&to->local.v4, p + LEN_V4, V4);
    return TG_OK;
  case LEN_V6:
  case LEN_V6_SCOPE:
  case LEN_V6_LOCAL:
  case LEN_V6_SCOPE_LOCAL: {
    bool has_scope = from->len == LEN_V6_SCOPE || from->len == LEN_V6_SCOPE_LOCAL;
    to->remote.v6.sin6_family = AF_INET6;
    memcpy(&to->remote.v6.sin6_addr, p, V6);
    memcpy(&to->remote.v6.sin6_port, p + V6, PORT);
    if (has_scope) memcpy(&to->remote.v6.sin6_scope_id, p + LEN_V6, SCOPE);
    if (has_scope && !to->remote.v6.sin6_scope_id) return TG_E_SYNTAX; /* equal bytes are the same peer */
    to->has_local = from->len >= LEN_V6_LOCAL;
    if (to->has_local) memcpy(&to->local.v6, p + from->len - V6, V6);
    return TG_OK;
  }
  default: return TG_E_SYNTAX;
  }
}

socklen_t tg_link_udp_addr_len(const tg_link_udp_addr_t *addr) {
  return addr->remote.any.sa_family == AF_INET ? sizeof addr->remote.v4 : sizeof addr->remote.v6;
}

/* A scope is the name or the number of an interface. */
static tg_rc_t parse_scope(tg_slice_t text, uint32_t *scope) {
  char name[IF_NAMESIZE];
  uint64_t number;
  if (tg_num_parse_u64(text, UINT32_MAX, &number) == TG_OK) {
    *scope = (uint32_t)number;
    return TG_OK;
  }
  if (text.len == 0 || text.len >= sizeof name) return TG_E_SYNTAX;
  memcpy(name, text.p, text.len);
  name[text.len] = 0;
  *scope = if_nametoindex(name);
  return *scope ? TG_OK : TG_E_SYNTAX;
}

tg_rc_t tg_link_udp_addr_parse_host(tg_slice_t host, uint16_t port, tg_link_udp_addr_t *addr) {
  char text[HOST_TEXT];
  size_t percent = tg_slice_find(host, '%');
  *addr = (tg_link_udp_addr_t){0};
  if (percent >= sizeof text || memchr(host.p ? host.p : (const uint8_t *)"", 0, host.len)) return TG_E_SYNTAX;
  if (percent) memcpy(text, host.p, percent);
  text[percent] = 0;
  if (percent == host.len && inet_pton(AF_INET, text, &addr->remote.v4.sin_addr) == 1) {
    addr->remote.v4.sin_family = AF_INET;
    addr->remote.v4.sin_port = htons(port);
    return TG_OK;
  }
  if (inet_pton(AF_INET6, text, &addr->remote.v6.sin6_addr) != 1) return TG_E_SYNTAX;
  addr->remote.v6.sin6_family = AF_INET6;
  addr->remote.v6.sin6_port = htons(port);
  if (percent == host.len) return TG_OK;
  return parse_scope(tg_slice_from(host, percent + 1), &addr->remote.v6.sin6_scope_id);
}

static void put_host(int family, const void *bytes, tg_buf_t *out) {
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(family, bytes, text, sizeof text)) tg_buf_put_str(out, text);
}

void tg_link_udp_addr_put(const tg_link_udp_addr_t *addr, tg_buf_t *out) {
  bool is_v4 = addr->remote.any.sa_family == AF_INET;
  if (is_v4) {
    put_host(AF_INET, &addr->remote.v4.sin_addr, out);
    tg_buf_put_fmt(out, ":%u", ntohs(addr->remote.v4.sin_port));
  } else {
    tg_buf_put_u8(out, '[');
    put_host(AF_INET6, &addr->remote.v6.sin6_addr, out);
    if (addr->remote.v6.sin6_scope_id) tg_buf_put_fmt(out, "%%%u", (unsigned)addr->remote.v6.sin6_scope_id);
    tg_buf_put_fmt(out, "]:%u", ntohs(addr->remote.v6.sin6_port));
  }
  if (!addr->has_local) return;
  tg_buf_put_u8(out, '@');
  put_host(addr->remote.any.sa_family, &addr->local, out);
}

static tg_rc_t parse_local(tg_slice_t text, tg_link_udp_addr_t *addr) {
  tg_link_udp_addr_t local;
  tg_rc_t rc = tg_link_udp_addr_parse_host(text, 0, &local);
  if (rc != TG_OK) return rc;
  if (local.remote.any.sa_family != addr->remote.any.sa_family) return TG_E_SYNTAX;
  addr->has_local = true;
  if (local.remote.any.sa_family == AF_INET) addr->local.v4 = local.remote.v4.sin_addr;
  else addr->local.v6 = local.remote.v6.sin6_addr;
  return TG_OK;
}

tg_rc_t tg_link_udp_addr_parse(tg_slice_t text, tg_link_udp_addr_t *addr) {
  bool is_v6 = text.len > 0 && text.p[0] == '[';
  size_t end = tg_slice_find(text, is_v6 ? ']' : ':');
  tg_slice_t host = tg_slice(text.p + (is_v6 ? 1 : 0), end - (is_v6 && end > 0 ? 1 : 0));
  tg_slice_t rest = tg_slice_from(text, is_v6 ? end + 1 : end);
  if (end == text.len || rest.len < 2 || rest.p[0] != ':') return TG_E_SYNTAX;
  rest = tg_slice_from(rest, 1);
  size_t at = tg_slice_find(rest, '@');
  uint64_t port;
  tg_rc_t rc = tg_num_parse_u64(tg_slice(rest.p, at), UINT16_MAX, &port);
  if (rc == TG_OK) rc = tg_link_udp_addr_parse_host(host, (uint16_t)port, addr);
  if (rc == TG_OK && is_v6 != (addr->remote.any.sa_family == AF_INET6)) rc = TG_E_SYNTAX;
  if (rc != TG_OK || at == rest.len) return rc;
  return parse_local(tg_slice_from(rest, at + 1), addr);
}
