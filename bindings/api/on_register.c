/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks scripts about a device that registers, before it is answered: one protected, budgeted call for each that has an
 * on_register(). What it returns was checked by scripts/tidegate/policy.lua; it is copied out of the machine here.
 * Called by core/server/policy.c, through the seam tg_server_admit_fn.
 */

#include <lauxlib.h>
#include <stdio.h>

#include "bindings/api/bundle.h"
#include "core/base/alloc.h"
#include "core/codec/codec.h"

enum { WHY_MAX = 200, EP_MAX = 255, TAGS_MAX = 255, OBSERVE_MAX = 64, QUERY_MAX = 160, ADDRESS_MAX = 320 };

/* The decision's memory; the api keeps it until the next one. */
struct tg_on_register {
  char refused[WHY_MAX + 1];
  char ep[EP_MAX + 1];
  char tags[TAGS_MAX + 1];
  char queries[OBSERVE_MAX][QUERY_MAX];
  tg_server_observe_t observe[OBSERVE_MAX];
};

typedef struct call {
  const tg_bundle_t *bundle;
  const tg_server_candidate_t *candidate;
  struct tg_on_register *box;
  tg_server_decision_t *decision;
} call_t;

static void set_slice(lua_State *L, const char *key, tg_slice_t text) {
  lua_pushlstring(L, text.len ? (const char *)text.p : "", text.len);
  lua_setfield(L, -2, key);
}

static void set_address(lua_State *L, const call_t *call) {
  const tg_coap_request_t *request = call->candidate->request;
  const tg_coap_t *coap = call->bundle->api->parts.coap;
  tg_link_t *link;
  const tg_addr_t *addr;
  uint8_t memory[ADDRESS_MAX];
  tg_buf_t text;
  tg_buf_init(&text, memory, sizeof memory);
  if (!coap || !tg_coap_peer_addr(coap, request->peer, &link, &addr)) return;
  link->ops->put_addr(link, addr, &text);
  set_slice(L, "address", tg_buf_slice(&text));
}

/* The device as the script sees it. */
static void push_registration(lua_State *L, const call_t *call) {
  const tg_server_candidate_t *candidate = call->candidate;
  lua_createtable(L, 0, 9);
  set_slice(L, "ep", candidate->ep);
  set_slice(L, "link", tg_slice_str(candidate->request->link->name));
  if (candidate->identity.len) set_slice(L, "identity", candidate->identity);
  set_address(L, call);
  lua_pushfstring(L, "%d.%d", (int)(candidate->version >> 16), (int)(candidate->version & 0xFFFF));
  lua_setfield(L, -2, "version");
  lua_pushinteger(L, candidate->lifetime_s);
  lua_setfield(L, -2, "lifetime");
  lua_pushboolean(L, candidate->queue_mode);
  lua_setfield(L, -2, "queue_mode");
  lua_createtable(L, (int)candidate->object_count, 0);
  for (size_t i = 0; i < candidate->object_count; i++) {
    char path[TG_PATH_TEXT_MAX];
    lua_pushstring(L, tg_path_text(&candidate->objects[i], path));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "objects");
}

/* Copies text member @p key of the table on top, cut where it is too long; false when there is none. */
static bool get_text(lua_State *L, const char *key, char *to, size_t size) {
  size_t len = 0;
  lua_getfield(L, -1, key);
  const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
  if (text) (void)snprintf(to, size, "%.*s", (int)len, text);
  lua_pop(L, 1);
  return text != NULL;
}

/* Tags of several scripts add up. */
static void read_tags(lua_State *L, const call_t *call) {
  char more[TAGS_MAX + 1];
  char *tags = call->box->tags;
  if (!get_text(L, "tags", more, sizeof more) || !more[0]) return;
  size_t len = call->decision->tags.len ? strlen(tags) : 0;
  if (len + strlen(more) + 2 > sizeof call->box->tags)
    luaL_error(L, "tags are longer than %d bytes together", TAGS_MAX);
  (void)snprintf(tags + len, sizeof call->box->tags - len, "%s%s", len ? " " : "", more);
  call->decision->tags = tg_slice_str(tags);
}

static void read_send(lua_State *L, const call_t *call) {
  if (lua_getfield(L, -1, "send") == LUA_TBOOLEAN)
    call->decision->send = lua_toboolean(L, -1) ? TG_SERVER_SEND_ALLOW : TG_SERVER_SEND_MUTE;
  lua_pop(L, 1);
}

static void read_observe(lua_State *L, const call_t *call) {
  struct tg_on_register *box = call->box;
  if (lua_getfield(L, -1, "observe") == LUA_TTABLE) {
    size_t count = lua_rawlen(L, -1);
    if (count > OBSERVE_MAX) luaL_error(L, "observe has more than %d entries", OBSERVE_MAX);
    for (size_t i = 0; i < count; i++) {
      char path[TG_PATH_TEXT_MAX] = "";
      lua_rawgeti(L, -1, (lua_Integer)i + 1);
      box->observe[i] = (tg_server_observe_t){.query = box->queries[i]};
      bool is_read = get_text(L, "path", path, sizeof path) && get_text(L, "query", box->queries[i], QUERY_MAX);
      if (!is_read || tg_path_parse(tg_slice_str(path), &box->observe[i].path) != TG_OK)
        luaL_error(L, "observe[%d]: no path", (int)i + 1);
      lua_pop(L, 1);
    }
    call->decision->chooses = true;
    call->decision->observe = box->observe;
    call->decision->observe_count = count;
  }
  lua_pop(L, 1);
}

/* One that holds any number of values; those of single ones are chosen by the resource. */
static void read_format(lua_State *L, const call_t *call) {
  static const int formats[] = {TG_CF_TLV, TG_CF_JSON, TG_CF_SENML_JSON, TG_CF_SENML_CBOR, TG_CF_LWM2M_CBOR};
  char name[32];
  int format = TG_CF_NONE;
  if (!get_text(L, "format", name, sizeof name)) return;
  bool is_known = tg_codec_by_name(tg_slice_str(name), &format) == TG_OK, fits = false;
  for (size_t i = 0; is_known && i < TG_COUNT(formats); i++) fits = fits || formats[i] == format;
  if (!fits) luaL_error(L, "on_register: format \"%s\" is none of tlv json senml-json senml-cbor lwm2m-cbor", name);
  call->decision->content_format = format;
}

static int ask(lua_State *L) {
  call_t *call = lua_touserdata(L, 1);
  luaL_checkstack(L, 12, "policy");
  lua_rawgeti(L, LUA_REGISTRYINDEX, call->bundle->on.on_register);
  push_registration(L, call);
  lua_call(L, 1, 1);
  if (lua_isnil(L, -1)) return 0;
  if (get_text(L, "refused", call->box->refused, sizeof call->box->refused)) {
    call->decision->refused = call->box->refused;
    return 0;
  }
  read_format(L, call); /* what can raise comes first: a decision that fails leaves the one before it whole */
  read_tags(L, call);
  read_observe(L, call);
  read_send(L, call);
  if (get_text(L, "name", call->box->ep, sizeof call->box->ep)) call->decision->ep = tg_slice_str(call->box->ep);
  return 0;
}

/* A policy that failed, or whose script has been switched off: what the configuration says is done. */
static bool is_turned_away(const tg_api_t *api, call_t *call, const tg_server_decision_t *before) {
  *call->decision = *before;
  if (api->refuses_on_error) call->decision->refused = "the policy failed";
  return api->refuses_on_error;
}

tg_rc_t tg_api_on_register(void *ud, const tg_server_candidate_t *candidate, tg_server_decision_t *decision) {
  tg_api_t *api = ud;
  for (tg_bundle_t *bundle = api->first; bundle; bundle = bundle->next) {
    if (!bundle->has_policy) continue;
    if (!api->decided) api->decided = tg_alloc_array(1, sizeof *api->decided);
    if (!api->decided) return TG_E_NOMEM;
    call_t call = {bundle, candidate, api->decided, decision};
    const tg_server_decision_t before = *decision;
    tg_diag_t diag = {0};
    tg_rc_t rc = bundle->vm ? tg_vm_call_as(bundle->vm, TG_BUNDLE_KIND_REGISTER, ask, &call, &diag) : TG_E_STATE;
    if (bundle->vm) tg_bundle_account(bundle, TG_BUNDLE_KIND_REGISTER, rc, &diag);
    if (rc != TG_OK && is_turned_away(api, &call, &before)) return TG_OK;
    if (decision->refused) return TG_OK;
  }
  return TG_OK;
}
