/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from brokers to the scripts that subscribed, each in a task of its own. Several bundles may want the same filter: the
 * broker hears of the first and of the last.
 *
 * Path: core/mqtt/mqtt.c -> bindings/api/on_mqtt.c -> bindings/vm/vm_call.c
 */

#include "bindings/api/on_mqtt.h"

#include <lauxlib.h>

#include "bindings/api/bundle.h"
#include "core/base/alloc.h"
#include "core/mqtt/topic.h"

typedef struct call {
  const tg_mqtt_sub_t *sub;
  const tg_mqtt_incoming_t *message;
} call_t;

typedef struct state_call {
  const tg_bundle_t *bundle;
  size_t broker;
  bool connected;
  const char *why;
} state_call_t;

static tg_slice_t filter_of(const tg_mqtt_sub_t *sub) {
  return tg_slice(sub->filter, sub->filter_len);
}

/* The highest QoS that somebody wants @p filter with; -1 when nobody does. */
static int wanted_qos(const tg_api_t *api, size_t broker, tg_slice_t filter) {
  int qos = -1;
  for (const tg_mqtt_sub_t *sub = api->subs; sub; sub = sub->next) {
    if (sub->broker == broker && tg_slice_eq(filter_of(sub), filter) && sub->qos > qos) qos = sub->qos;
  }
  return qos;
}

/* Undo function: the reference goes with the vm. */
static void end_sub(void *ud) {
  tg_mqtt_sub_t *sub = ud;
  tg_api_t *api = sub->bundle->api;
  for (tg_mqtt_sub_t **at = &api->subs; *at; at = &(*at)->next) {
    if (*at != sub) continue;
    *at = sub->next;
    break;
  }
  if (api->next_sub == sub) api->next_sub = sub->next;
  if (wanted_qos(api, sub->broker, filter_of(sub)) < 0)
    tg_mqtt_unsubscribe(api->parts.mqtt, sub->broker, filter_of(sub));
  tg_alloc_free(sub);
}

tg_rc_t tg_on_mqtt_add(tg_mqtt_sub_t *sub) {
  tg_api_t *api = sub->bundle->api;
  int before = wanted_qos(api, sub->broker, filter_of(sub)); /* the broker knows one for each filter */
  uint8_t qos = before > sub->qos ? (uint8_t)before : sub->qos;
  tg_rc_t rc = tg_mqtt_subscribe(api->parts.mqtt, sub->broker, filter_of(sub), qos);
  if (rc != TG_OK) {
    tg_alloc_free(sub);
    return rc;
  }
  tg_mqtt_sub_t **end = &api->subs;
  while (*end) end = &(*end)->next;
  *end = sub;
  sub->undo = (tg_vm_undo_t){.fn = end_sub, .ud = sub};
  tg_vm_undo_add(sub->bundle->vm, &sub->undo);
  return TG_OK;
}

void tg_on_mqtt_del(tg_bundle_t *bundle, size_t broker, tg_slice_t filter) {
  tg_mqtt_sub_t *next;
  for (tg_mqtt_sub_t *sub = bundle->api->subs; sub; sub = next) {
    next = sub->next;
    if (sub->bundle != bundle || sub->broker != broker || !tg_slice_eq(filter_of(sub), filter)) continue;
    tg_vm_undo_del(&sub->undo);
    luaL_unref(tg_vm_state(bundle->vm), LUA_REGISTRYINDEX, sub->fn);
    end_sub(sub);
  }
}

/* fn(topic, payload, info) */
static int call_sub(lua_State *L) {
  const call_t *call = lua_touserdata(L, 1);
  const tg_mqtt_incoming_t *message = call->message;
  lua_rawgeti(L, LUA_REGISTRYINDEX, call->sub->fn);
  lua_pushlstring(L, (const char *)message->topic.p, message->topic.len);
  lua_pushlstring(L, (const char *)message->payload.p, message->payload.len);
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, message->qos);
  lua_setfield(L, -2, "qos");
  lua_pushboolean(L, message->retained);
  lua_setfield(L, -2, "retained");
  lua_pushstring(L, tg_mqtt_broker_name(call->sub->bundle->api->parts.mqtt, message->broker));
  lua_setfield(L, -2, "broker");
  return tg_vm_tail_call(L, 3);
}

void tg_api_on_mqtt_message(void *ud, const tg_mqtt_incoming_t *message) {
  tg_api_t *api = ud;
  for (tg_mqtt_sub_t *sub = api->subs; sub; sub = api->next_sub) {
    api->next_sub = sub->next;
    if (sub->broker != message->broker || !sub->bundle->vm || !tg_topic_matches(filter_of(sub), message->topic))
      continue;
    call_t call = {.sub = sub, .message = message};
    (void)tg_bundle_enter(sub->bundle, tg_vm_mark_thing(sub), call_sub, &call);
  }
}

/* on_mqtt_state(broker, connected, why) */
static int call_state(lua_State *L) {
  const state_call_t *call = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, call->bundle->on.on_mqtt_state);
  lua_pushstring(L, tg_mqtt_broker_name(call->bundle->api->parts.mqtt, call->broker));
  lua_pushboolean(L, call->connected);
  lua_pushstring(L, call->why);
  return tg_vm_tail_call(L, 3);
}

void tg_api_on_mqtt_state(void *ud, size_t broker, bool connected, const char *why) {
  const tg_api_t *api = ud;
  for (tg_bundle_t *bundle = api->first; bundle; bundle = bundle->next) {
    if (!bundle->vm || bundle->on.on_mqtt_state == LUA_NOREF) continue;
    state_call_t call = {bundle, broker, connected, why};
    (void)tg_bundle_enter(bundle, TG_BUNDLE_KIND_MQTT_STATE, call_state, &call);
  }
}
