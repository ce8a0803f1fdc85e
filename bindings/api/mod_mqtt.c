/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishing and subscribing for scripts. A message is copied into the outbox before the call returns; what becomes of it is told
 * by nobody, because the outbox keeps it until its broker has taken it.
 *
 * Path: scripts/tidegate/bridge.lua -> bindings/api/mod_mqtt.c -> core/mqtt/mqtt_publish.c
 */

#include "bindings/api/mod_mqtt.h"

#include <lauxlib.h>

#include "bindings/api/lua_options.h"
#include "bindings/api/lua_record.h"
#include "bindings/api/on_mqtt.h"
#include "core/base/alloc.h"
#include "core/mqtt/topic.h"

/* A message costs its script as much as so many instructions: what one call may publish must not hold up others (2,000 by default). */
enum { LEVEL_MAX = 3 * 255 + 1, PUBLISH_STEPS = 2500 };

/* The broker named at @p index; the first one for nil. */
static tg_rc_t find_broker(lua_State *L, int index, size_t *broker) {
  const tg_mqtt_t *mqtt = tg_bundle_of(L)->api->parts.mqtt;
  tg_slice_t name = lua_isnoneornil(L, index) ? tg_slice(NULL, 0) : tg_lua_record_check_bytes(L, index);
  if (!mqtt) return TG_E_STATE;
  *broker = 0;
  return name.len ? tg_mqtt_broker(mqtt, name, broker) : TG_OK;
}

static const char *why_no_broker(tg_rc_t rc) {
  return rc == TG_E_STATE ? "no broker is configured" : "no broker is called like that";
}

/* A sentence where the topic is to blame, else NULL. */
static const char *why_not_published(tg_slice_t topic) {
  bool is_good = tg_topic_check(topic) == TG_OK;
  return is_good ? NULL : "that is no topic: text of 1 to 32 levels without + # and NUL that begins with no $";
}

static tg_rc_t publish(lua_State *L, tg_mqtt_publish_t *message) {
  tg_bundle_t *bundle = tg_bundle_of(L);
  if (!message->seq) message->seq = tg_store_outbox_next_seq(bundle->api->parts.store);
  tg_rc_t rc = tg_mqtt_publish(bundle->api->parts.mqtt, message);
  if (rc == TG_OK) bundle->published++;
  return rc;
}

/* core.publish(topic, payload, qos, retain, durable, broker, seq, class): true; or nil and an error. */
static int core_publish(lua_State *L) {
  tg_vm_charge(L, PUBLISH_STEPS);
  tg_mqtt_publish_t message = {.topic = tg_lua_record_check_bytes(L, 1),
                               .payload = tg_lua_record_check_bytes(L, 2),
                               .qos = (uint8_t)(lua_tointeger(L, 3) & 3),
                               .retain = lua_toboolean(L, 4),
                               .durable = lua_toboolean(L, 5),
                               .seq = (uint64_t)lua_tointeger(L, 7),
                               .shed_class = (uint8_t)(lua_tointeger(L, 8) & 3)};
  tg_rc_t rc = find_broker(L, 6, &message.broker);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, why_no_broker(rc));
  rc = publish(L, &message);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, why_not_published(message.topic));
  lua_pushboolean(L, 1);
  return 1;
}

static int core_next_seq(lua_State *L) {
  tg_store_t *store = tg_bundle_of(L)->api->parts.store;
  lua_pushinteger(L, store ? (lua_Integer)tg_store_outbox_next_seq(store) : 0);
  return 1;
}

/* Checks the options at @p index, the last argument; an empty table stands for none. */
static void check_options(lua_State *L, int index, const char *const known[]) {
  lua_settop(L, index);
  if (lua_isnil(L, index)) {
    lua_newtable(L);
    lua_replace(L, index);
  }
  luaL_checktype(L, index, LUA_TTABLE);
  tg_lua_options_check(L, index, "option", known);
}

/* The member `qos` of the options at @p index; 1 when there is none. */
static uint8_t get_qos(lua_State *L, int index) {
  lua_Integer qos = 1;
  if (lua_getfield(L, index, "qos") != LUA_TNIL) qos = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : -1;
  if (qos < 0 || qos > 2) luaL_error(L, "qos is 0, 1 or 2");
  lua_pop(L, 1);
  return (uint8_t)qos;
}

/* Pushes the member `broker` of the options at @p index: text or nil. */
static void push_broker(lua_State *L, int index) {
  int type = lua_getfield(L, index, "broker");
  if (type != LUA_TNIL && type != LUA_TSTRING) luaL_error(L, "broker is text");
}

/* Reads the options at @p index; the broker's name is left on the stack. */
static void read_publish_options(lua_State *L, int index, tg_mqtt_publish_t *message) {
  static const char *const known[] = {"qos", "retain", "delivery", "broker", NULL};
  check_options(L, index, known);
  message->qos = get_qos(L, index);
  int type = lua_getfield(L, index, "retain");
  if (type != LUA_TNIL && type != LUA_TBOOLEAN) luaL_error(L, "retain is true or false");
  message->retain = lua_toboolean(L, -1);
  type = lua_getfield(L, index, "delivery");
  const char *delivery = type == LUA_TSTRING ? lua_tostring(L, -1) : type == LUA_TNIL ? "durable" : "";
  message->durable = strcmp(delivery, "durable") == 0;
  if (!message->durable && strcmp(delivery, "queued") != 0) luaL_error(L, "delivery is \"durable\" or \"queued\"");
  push_broker(L, index);
}

/* publish(topic, payload[, options]): the sequence number; or nil and an error. */
static int mqtt_publish(lua_State *L) {
  tg_vm_charge(L, PUBLISH_STEPS);
  tg_mqtt_publish_t message = {
      .topic = tg_lua_record_check_bytes(L, 1), .payload = tg_lua_record_check_bytes(L, 2), .shed_class = 1};
  read_publish_options(L, 3, &message);
  tg_rc_t rc = find_broker(L, -1, &message.broker);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, why_no_broker(rc));
  rc = publish(L, &message);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, why_not_published(message.topic));
  lua_pushinteger(L, (lua_Integer)message.seq);
  return 1;
}

/* core.subscribe(filter, qos, broker, fn) */
static int core_subscribe(lua_State *L) {
  tg_slice_t filter = tg_lua_record_check_bytes(L, 1);
  lua_Integer qos = luaL_checkinteger(L, 2);
  luaL_checktype(L, 4, LUA_TFUNCTION);
  luaL_argcheck(L, qos >= 0 && qos <= 2, 2, "qos is 0, 1 or 2");
  if (tg_topic_check_filter(filter) != TG_OK) return tg_lua_record_fail(L, TG_E_ARG, "not a topic filter");
  size_t broker = 0;
  tg_rc_t rc = find_broker(L, 3, &broker);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, why_no_broker(rc));
  lua_pushvalue(L, 4);
  int fn = luaL_ref(L, LUA_REGISTRYINDEX); /* nothing raises from here on */
  tg_mqtt_sub_t *sub = tg_alloc(sizeof *sub + filter.len);
  rc = TG_E_NOMEM;
  if (sub) {
    *sub = (tg_mqtt_sub_t){
        .bundle = tg_bundle_of(L), .broker = broker, .qos = (uint8_t)qos, .fn = fn, .filter_len = filter.len};
    memcpy(sub->filter, filter.p, filter.len);
    rc = tg_on_mqtt_add(sub);
  }
  if (rc != TG_OK) {
    luaL_unref(L, LUA_REGISTRYINDEX, fn);
    return tg_lua_record_fail(L, rc, NULL);
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* subscribe(filter, fn[, {qos =, broker =}]) */
static int mqtt_subscribe(lua_State *L) {
  static const char *const known[] = {"qos", "broker", NULL};
  luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  check_options(L, 3, known);
  lua_pushcfunction(L, core_subscribe);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, get_qos(L, 3));
  push_broker(L, 3);
  lua_pushvalue(L, 2);
  lua_call(L, 4, 2);
  return 2;
}

/* unsubscribe(filter[, {broker =}]) */
static int mqtt_unsubscribe(lua_State *L) {
  static const char *const known[] = {"broker", NULL};
  tg_slice_t filter = tg_lua_record_check_bytes(L, 1);
  check_options(L, 2, known);
  push_broker(L, 2);
  size_t broker = 0;
  tg_rc_t rc = find_broker(L, -1, &broker);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, why_no_broker(rc));
  tg_on_mqtt_del(tg_bundle_of(L), broker, filter);
  lua_pushboolean(L, 1);
  return 1;
}

/* connected([broker]) */
static int mqtt_connected(lua_State *L) {
  size_t broker = 0;
  tg_mqtt_stats_t stats = {0};
  if (find_broker(L, 1, &broker) == TG_OK) tg_mqtt_stats(tg_bundle_of(L)->api->parts.mqtt, broker, &stats);
  lua_pushboolean(L, stats.connected);
  return 1;
}

/* has_room([class[, bytes]]) */
static int mqtt_has_room(lua_State *L) {
  static const char *const classes[] = {"telemetry", "event", "state", "result", NULL}; /* TG_STORE_… */
  int shed_class = luaL_checkoption(L, 1, "event", classes);
  lua_Integer bytes = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, bytes >= 0, 2, "a number of bytes is wanted");
  const tg_store_t *store = tg_bundle_of(L)->api->parts.store;
  lua_pushboolean(L, store && tg_store_outbox_has_room(store, (uint8_t)shed_class, (uint64_t)bytes));
  return 1;
}

/* escape(name): one topic level. */
static int mqtt_escape(lua_State *L) {
  tg_slice_t name = tg_lua_record_check_bytes(L, 1);
  luaL_argcheck(L, name.len <= 255, 1, "at most 255 bytes");
  uint8_t memory[LEVEL_MAX];
  tg_buf_t level;
  tg_buf_init(&level, memory, sizeof memory);
  tg_topic_put_level(&level, name);
  lua_pushlstring(L, (const char *)level.p, level.len);
  return 1;
}

/* unescape(level): the name; or nil and an error for a spelling that escape() does not make. */
static int mqtt_unescape(lua_State *L) {
  uint8_t memory[255];
  tg_buf_t name;
  tg_buf_init(&name, memory, sizeof memory);
  tg_rc_t rc = tg_topic_get_level(tg_lua_record_check_bytes(L, 1), &name);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, NULL);
  lua_pushlstring(L, (const char *)name.p, name.len);
  return 1;
}

static int mqtt_matches(lua_State *L) {
  lua_pushboolean(L, tg_topic_matches(tg_lua_record_check_bytes(L, 1), tg_lua_record_check_bytes(L, 2)));
  return 1;
}

void tg_mod_mqtt_push(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"publish", mqtt_publish},     {"subscribe", mqtt_subscribe}, {"unsubscribe", mqtt_unsubscribe},
      {"connected", mqtt_connected}, {"has_room", mqtt_has_room},   {"escape", mqtt_escape},
      {"unescape", mqtt_unescape},   {"matches", mqtt_matches},     {NULL, NULL}};
  luaL_newlib(L, functions);
}

void tg_mod_mqtt_core(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"publish", core_publish}, {"next_seq", core_next_seq}, {"subscribe", core_subscribe}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
