/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events into Lua values, one protected call for each bundle that wants them: on_records for what devices report, on_event for the
 * rest. Which bundle wants what was said by its script's library (scripts/tidegate/bundle.lua).
 *
 * Path: core/event/event_bus.c -> bindings/api/on_event.c -> bindings/vm/vm_call.c
 */

#include "bindings/api/on_event.h"

#include <lauxlib.h>

#include "bindings/api/bundle.h"
#include "bindings/api/lua_command.h"
#include "bindings/api/lua_device.h"
#include "bindings/api/lua_record.h"
#include "core/base/clock.h"
#include "core/base/log.h"

/* A call has one budget, so it gets few records: what a device reports in one message, up to 1,024 of them, is not too much for any script then. */
enum { RECORDS_A_CALL = 16 };

/* What a call is begun with. */
typedef struct call {
  tg_bundle_t *bundle;
  const tg_event_t *event;
  tg_event_records_t records; /* of an event with records: those of this call */
} call_t;

static bool wants_object(const tg_bundle_t *bundle, uint16_t oid) {
  size_t low = 0, high = bundle->wanted_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (bundle->wanted[middle] < oid) low = middle + 1;
    else high = middle;
  }
  return low < bundle->wanted_count && bundle->wanted[low] == oid;
}

static bool wants_records(const tg_bundle_t *bundle, const tg_event_records_t *records) {
  if (bundle->on.on_records == LUA_NOREF && !bundle->starting) return false;
  if (bundle->wants_all) return true;
  for (size_t i = 0; bundle->wanted_count && i < records->count; i++) {
    if (wants_object(bundle, records->items[i].path.id[0])) return true;
  }
  return false;
}

/* A record with what rules choose by. */
static void push_record(lua_State *L, const tg_model_t *model, const tg_record_t *record) {
  char text[TG_PATH_TEXT_MAX];
  lua_createtable(L, 0, 7);
  lua_pushstring(L, tg_path_text(&record->path, text));
  lua_setfield(L, -2, "path");
  tg_lua_record_push_value(L, &record->value);
  lua_setfield(L, -2, "value");
  if (record->time_ms) {
    lua_pushnumber(L, (lua_Number)record->time_ms / 1000);
    lua_setfield(L, -2, "time");
  }
  lua_pushinteger(L, record->path.id[0]);
  lua_setfield(L, -2, "object");
  if (record->path.len < TG_PATH_INSTANCE) return;
  lua_pushinteger(L, record->path.id[1]);
  lua_setfield(L, -2, "instance");
  if (record->path.len < TG_PATH_RESOURCE) return;
  lua_pushinteger(L, record->path.id[2]);
  lua_setfield(L, -2, "resource");
  const tg_resdef_t *res = tg_model_resource(model, &record->path);
  if (!res || !res->sensitive) return;
  lua_pushboolean(L, 1);
  lua_setfield(L, -2, "sensitive");
}

static void push_records(lua_State *L, const call_t *call, const tg_record_t *items, size_t count) {
  const tg_twin_t *twin = call->bundle->api->parts.twin;
  const tg_device_t *device = tg_twin_find(twin, call->event->device);
  tg_model_t model = device ? tg_twin_model(twin, device) : (tg_model_t){0};
  lua_createtable(L, count < 1024 ? (int)count : 1024, 0);
  for (size_t i = 0; i < count; i++) {
    push_record(L, &model, &items[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* on_records(device, records, source) */
static int call_on_records(lua_State *L) {
  const call_t *call = lua_touserdata(L, 1);
  const tg_event_t *event = call->event;
  luaL_checkstack(L, 12, "event");
  lua_rawgeti(L, LUA_REGISTRYINDEX, call->bundle->on.on_records);
  tg_lua_device_push(L, call->bundle, event->device, event->ep);
  push_records(L, call, call->records.items, call->records.count);
  lua_pushstring(L, tg_event_source_name(call->records.source));
  return tg_vm_tail_call(L, 3);
}

static void set_text(lua_State *L, const char *key, tg_slice_t text) {
  if (text.len == 0) return;
  lua_pushlstring(L, (const char *)text.p, text.len);
  lua_setfield(L, -2, key);
}

static void set_command(lua_State *L, const call_t *call) {
  const tg_event_command_t *command = &call->event->command;
  char path[TG_PATH_TEXT_MAX];
  lua_pushinteger(L, (lua_Integer)command->id);
  lua_setfield(L, -2, "id");
  set_text(L, "state", tg_slice_str(tg_event_state_name(command->state)));
  set_text(L, "op", tg_slice_str(tg_twin_op_name((tg_op_t)command->op)));
  set_text(L, "path", tg_slice_str(tg_path_text(&command->path, path)));
  set_text(L, "tag", command->tag);
  if (tg_slice_is(command->owner, call->bundle->source.name)) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "mine");
  }
  set_text(L, "text", command->text);
  tg_lua_command_push_code(L, command->code);
  lua_setfield(L, -2, "code");
  if (command->rc != TG_OK) {
    set_text(L, "error", tg_slice_str(tg_rc_name(command->rc)));
    set_text(L, "message", tg_slice_str(tg_rc_text(command->rc)));
  }
  push_records(L, call, command->items, command->count);
  lua_setfield(L, -2, "records");
}

/* on_event(kind, device, info) */
static int call_on_event(lua_State *L) {
  const call_t *call = lua_touserdata(L, 1);
  const tg_event_t *event = call->event;
  luaL_checkstack(L, 12, "event");
  lua_rawgeti(L, LUA_REGISTRYINDEX, call->bundle->on.on_event);
  lua_pushstring(L, tg_event_type_name(event->type));
  if (event->device) tg_lua_device_push(L, call->bundle, event->device, event->ep);
  else lua_pushnil(L);
  lua_createtable(L, 0, event->type == TG_EVENT_COMMAND ? 12 : 3);
  lua_pushnumber(L, (lua_Number)event->time_ms / 1000);
  lua_setfield(L, -2, "time");
  set_text(L, "ep", event->ep);
  set_text(L, "note", event->note);
  if (event->type == TG_EVENT_COMMAND) set_command(L, call);
  return tg_vm_tail_call(L, 3);
}

/* Whoever said it keeps it and says it again. What a command came to is nobody's to say again. */
static void refuse(const call_t *call) {
  tg_event_type_t type = call->event->type;
  tg_store_t *store = call->bundle->api->parts.store;
  if (!store || type == TG_EVENT_COMMAND) return;
  tg_store_outbox_refuse(store, type == TG_EVENT_RECORDS ? TG_STORE_TELEMETRY : TG_STORE_EVENT);
}

/* What the system had no memory for is not acknowledged. */
static void enter(call_t *call, lua_CFunction fn) {
  if (!tg_bundle_enter(call->bundle, call->event->type, fn, call)) refuse(call);
}

/* The first version of a script waits in its init(): what its rules are for would be nobody's. */
static void refuse_until_ready(const call_t *call) {
  tg_bundle_t *bundle = call->bundle;
  if (tg_log_allow(&bundle->limit, tg_clock_mono_ms(), 1))
    tg_log("script", TG_LOG_WARN,
           "not_ready script=%s suppressed=%u why=\"its init() waits; devices keep what its rules are for\"",
           bundle->source.name, (unsigned)bundle->limit.suppressed);
  refuse(call);
}

/* A script that has failed too often gets no more of them: the version before takes its place, and it is for that one that they come again. */
static void tell_records(call_t *call) {
  const tg_event_records_t *all = &call->event->records;
  for (size_t at = 0; at < all->count; at += RECORDS_A_CALL) {
    size_t left = all->count - at;
    call->records = (tg_event_records_t){
        .items = all->items + at, .count = left < RECORDS_A_CALL ? left : RECORDS_A_CALL, .source = all->source};
    if (!wants_records(call->bundle, &call->records)) continue;
    if (at && call->bundle->failures_in_row >= TG_BUNDLE_FAILURES_MAX) {
      refuse(call);
      return;
    }
    if (call->bundle->starting) {
      refuse_until_ready(call);
      return;
    }
    enter(call, call_on_records);
  }
}

void tg_on_event(void *ud, const tg_event_t *event) {
  const tg_api_t *api = ud;
  for (tg_bundle_t *bundle = api->first; bundle; bundle = bundle->next) {
    call_t call = {.bundle = bundle, .event = event};
    if (!bundle->vm) continue;
    if (event->type == TG_EVENT_RECORDS) tell_records(&call);
    else if (bundle->on.on_event != LUA_NOREF && (bundle->on.kinds >> event->type & 1U)) enter(&call, call_on_event);
  }
}
