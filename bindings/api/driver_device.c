/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands of the twin to tasks of a driver and back, records of a driver to the twin. Driver logic is scripts/tidegate/driver.lua.
 *
 * Path: core/device/twin_command.c -> bindings/api/driver_device.c -> scripts/tidegate/driver.lua
 */

#include "bindings/api/driver_device.h"

#include <lauxlib.h>
#include <math.h>

#include "bindings/api/lua_record.h"
#include "bindings/vm/vm_call.h"
#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/codec/link_enc.h"

enum { OBJECTS_MAX = 1024, RECORDS_MAX = 1024, LINKS_MAX = 65536 };

static const char HANDLE[] = "tidegate.driver_device";

typedef struct tg_driver_device {
  struct tg_driver_device *next;
  tg_driver_set_t *set;
  tg_id_t id;
  int on_command; /* in the registry */
  bool can_read;
} tg_driver_device_t;

/* What a command's task is begun with. */
typedef struct begin {
  const tg_driver_device_t *device;
  const tg_command_t *command;
} begin_t;

/* on_command(id, operation, path, values, arguments) */
static int run_command(lua_State *L) {
  const begin_t *begin = lua_touserdata(L, 1);
  const tg_command_t *command = begin->command;
  char path[TG_PATH_TEXT_MAX];
  lua_rawgeti(L, LUA_REGISTRYINDEX, begin->device->on_command);
  lua_pushinteger(L, (lua_Integer)command->id);
  lua_pushstring(L, tg_twin_op_name(command->op));
  lua_pushstring(L, tg_path_text(&command->path, path));
  tg_lua_record_push_list(L, command->records, command->record_count);
  lua_pushlstring(L, (const char *)command->text.p, command->text.len);
  return tg_vm_tail_call(L, 5);
}

typedef struct collected {
  tg_record_t records[RECORDS_MAX];
  size_t count;
} collected_t;

static bool collect(void *ud, const tg_record_t *record) {
  collected_t *collected = ud;
  if (collected->count == RECORDS_MAX) return false;
  collected->records[collected->count++] = *record;
  return true;
}

/* The last values at or below the path. */
static tg_rc_t answer_values(const tg_driver_device_t *device, const tg_command_t *command) {
  collected_t *collected = tg_alloc_array(1, sizeof *collected);
  if (!collected) return TG_E_NOMEM;
  tg_twin_values(device->set->twin, device->id, &command->path, collect, collected);
  tg_rc_t rc = collected->count || command->op != TG_OP_READ ? TG_OK : TG_E_NOT_FOUND;
  if (rc == TG_OK) {
    tg_command_result_t result = {.state = TG_COMMAND_DONE,
                                  .code = tg_rc_coap(TG_END),
                                  .records = collected->records,
                                  .record_count = collected->count};
    tg_twin_finish(device->set->twin, command->id, &result);
  }
  tg_alloc_free(collected);
  return rc;
}

static bool put_link(void *ud, const tg_record_t *record) {
  tg_link_enc_path(ud, tg_slice_str(""), &record->path);
  return true;
}

/* Objects and instances that were announced, then the resources that have values. */
static tg_rc_t answer_discover(const tg_driver_device_t *device, const tg_device_t *known,
                               const tg_command_t *command) {
  tg_buf_t text;
  tg_buf_init_growing(&text, LINKS_MAX);
  tg_link_enc_t links;
  tg_link_enc_begin(&links, &text);
  for (size_t i = 0; i < known->object_count; i++) {
    if (tg_path_covers(&command->path, &known->objects[i]))
      tg_link_enc_path(&links, tg_slice_str(""), &known->objects[i]);
  }
  tg_twin_values(device->set->twin, device->id, &command->path, put_link, &links);
  tg_rc_t rc = text.rc == TG_OK && text.len == 0 ? TG_E_NOT_FOUND : text.rc;
  if (rc == TG_OK) {
    tg_command_result_t result = {.state = TG_COMMAND_DONE, .code = tg_rc_coap(TG_END), .text = tg_buf_slice(&text)};
    tg_twin_finish(device->set->twin, command->id, &result);
  }
  tg_buf_fini(&text);
  return rc;
}

static tg_rc_t start(void *ud, const tg_device_t *known, const tg_command_t *command) {
  const tg_driver_device_t *device = ud;
  if (command->op >= TG_OP_READ_COMPOSITE || command->body.len) return TG_E_UNSUPPORTED; /* of LwM2M only */
  if (command->op == TG_OP_DISCOVER) return answer_discover(device, known, command);
  bool is_told_anyway = command->op == TG_OP_OBSERVE || command->op == TG_OP_CANCEL; /* a driver reports by itself */
  if (is_told_anyway || (command->op == TG_OP_READ && !device->can_read)) return answer_values(device, command);
  begin_t begin = {.device = device, .command = command};
  tg_diag_t diag = {0};
  tg_vm_mark_t mark = tg_vm_mark_thing(device);
  tg_rc_t rc = tg_vm_spawn_as(device->set->vm, mark, run_command, &begin, &diag);
  tg_vm_tell(device->set->vm, mark, rc, &diag);
  return rc;
}

/* The task goes on; what it finishes then has a stale id, which the twin ignores. */
static void cancel(void *ud, const tg_device_t *known, tg_id_t command) {
  (void)ud;
  (void)known;
  (void)command;
}

static const tg_backend_ops_t driver_ops = {.kind = "driver", .start = start, .cancel = cancel};

/* Somebody else may own the endpoint by now (a new generation of the same bundle): then it stays. */
static void go_offline(tg_driver_device_t *device, tg_slice_t note) {
  const tg_device_t *known = tg_twin_find(device->set->twin, device->id);
  if (known && known->backend_ud == device && known->online)
    tg_twin_offline(device->set->twin, device->id, TG_EVENT_DEREGISTERED, note);
}

static void end_all(void *ud) {
  tg_driver_set_t *set = ud;
  while (set->first) {
    tg_driver_device_t *device = set->first;
    set->first = device->next;
    go_offline(device, tg_slice_str("driver unloaded"));
    tg_alloc_free(device);
  }
}

void tg_driver_device_init(tg_driver_set_t *set, tg_vm_t *vm, tg_twin_t *twin) {
  *set = (tg_driver_set_t){.twin = twin, .vm = vm, .undo = {.fn = end_all, .ud = set}};
  tg_vm_undo_add(vm, &set->undo);
}

static tg_driver_device_t *check_handle(lua_State *L) {
  tg_driver_device_t **handle = luaL_checkudata(L, 1, HANDLE);
  return *handle;
}

/* put(path, value[, time in Unix seconds]): true; or nil and an error. */
static int handle_put(lua_State *L) {
  const tg_driver_device_t *device = check_handle(L);
  tg_record_t record = {.path = tg_lua_record_check_path(L, 2), .time_source = TG_TIME_RECEIVED};
  luaL_argcheck(L, record.path.len >= TG_PATH_RESOURCE, 2, "the path of a resource is wanted");
  double seconds = luaL_optnumber(L, 4, 0);
  luaL_argcheck(L, seconds >= 0 && seconds < 1e11, 4, "Unix seconds are wanted");
  record.time_ms = seconds > 0 ? (int64_t)llround(seconds * 1000) : tg_clock_wall_ms();
  if (seconds > 0) record.time_source = TG_TIME_DEVICE;
  const tg_device_t *known = device ? tg_twin_find(device->set->twin, device->id) : NULL;
  if (!known || known->backend_ud != device) return tg_lua_record_fail(L, TG_E_GONE, NULL);
  tg_model_t model = tg_twin_model(device->set->twin, known);
  tg_rc_t rc = tg_lua_record_get_for(L, 3, &model, &record.path, &record.value);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, lua_pushfstring(L, "%s: %s", lua_tostring(L, 2), tg_rc_text(rc)));
  tg_event_records_t records = {.items = &record, .count = 1, .source = TG_SOURCE_DRIVER};
  rc = tg_twin_put(device->set->twin, device->id, &records);
  if (rc != TG_OK) return tg_lua_record_fail(L, rc, NULL);
  lua_pushboolean(L, 1);
  return 1;
}

/* The record of row `i` of the list at index 3. Its strings are anchored in the list. */
static tg_rc_t get_row(lua_State *L, lua_Integer i, const tg_model_t *model, tg_record_t *record) {
  *record = (tg_record_t){.time_ms = tg_clock_wall_ms(), .time_source = TG_TIME_RECEIVED};
  if (lua_rawgeti(L, 3, i) != LUA_TTABLE) return TG_E_TYPE;
  if (tg_lua_record_push_member(L, -1, "path") != LUA_TSTRING) return TG_E_TYPE;
  tg_rc_t rc = tg_path_parse(tg_slice_str(lua_tostring(L, -1)), &record->path);
  if (rc != TG_OK) return rc;
  tg_lua_record_push_member(L, -2, "value");
  return tg_lua_record_get_for(L, -1, model, &record->path, &record->value);
}

/* DONE with the list at index 3, FAILED where a row of it is none. */
static void finish_records(lua_State *L, const tg_driver_device_t *device, tg_id_t command) {
  const tg_device_t *known = tg_twin_find(device->set->twin, device->id);
  size_t count = lua_rawlen(L, 3);
  if (!known) return;
  if (count > RECORDS_MAX) count = RECORDS_MAX;
  tg_model_t model = tg_twin_model(device->set->twin, known);
  tg_record_t *records = lua_newuserdatauv(L, (count ? count : 1) * sizeof *records, 0);
  int top = lua_gettop(L);
  tg_rc_t rc = TG_OK;
  for (size_t i = 0; i < count && rc == TG_OK; i++) {
    rc = get_row(L, (lua_Integer)i + 1, &model, &records[i]);
    lua_settop(L, top);
  }
  tg_command_result_t result = {
      .state = TG_COMMAND_DONE, .code = tg_rc_coap(TG_END), .records = records, .record_count = count};
  if (rc != TG_OK) {
    const char *text = "the driver's read gave something else than values";
    result = (tg_command_result_t){.state = TG_COMMAND_FAILED, .rc = rc, .text = tg_slice_str(text)};
  }
  tg_twin_finish(device->set->twin, command, &result);
}

/* finish(id, true | list of records | nil, error) */
static int handle_finish(lua_State *L) {
  const tg_driver_device_t *device = check_handle(L);
  tg_id_t command = (tg_id_t)luaL_checkinteger(L, 2);
  lua_settop(L, 4);
  if (!device) return 0;
  if (lua_type(L, 3) == LUA_TTABLE) {
    finish_records(L, device, command);
    return 0;
  }
  tg_command_result_t result = {.state = TG_COMMAND_DONE, .code = tg_rc_coap(TG_OK)};
  if (!lua_toboolean(L, 3)) {
    size_t len;
    const char *text = luaL_tolstring(L, 4, &len);
    result = (tg_command_result_t){
        .state = TG_COMMAND_FAILED, .rc = tg_lua_record_error_rc(L, 4), .text = tg_slice(text, len)};
  }
  tg_twin_finish(device->set->twin, command, &result);
  return 0;
}

/* close([why]): the device goes offline; the handle is of no use any more. */
static int handle_close(lua_State *L) {
  tg_driver_device_t **handle = luaL_checkudata(L, 1, HANDLE);
  size_t len;
  const char *why = luaL_optlstring(L, 2, "", &len);
  tg_driver_device_t *device = *handle;
  if (!device) return 0;
  *handle = NULL;
  go_offline(device, tg_slice(why, len));
  for (tg_driver_device_t **at = &device->set->first; *at; at = &(*at)->next) {
    if (*at != device) continue;
    *at = device->next;
    break;
  }
  luaL_unref(L, LUA_REGISTRYINDEX, device->on_command);
  tg_alloc_free(device);
  return 0;
}

static size_t read_objects(lua_State *L, tg_path_t *objects, size_t max) {
  size_t count = lua_rawlen(L, 2);
  luaL_argcheck(L, count <= max, 2, "too many objects");
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    objects[i] = tg_lua_record_check_path(L, -1);
    luaL_argcheck(L, objects[i].len >= 1 && objects[i].len <= 2, 2,
                  "objects and instances such as \"/3303/0\" are wanted");
    lua_pop(L, 1);
  }
  return count;
}

static void push_handle(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"put", handle_put}, {"finish", handle_finish}, {"close", handle_close}, {NULL, NULL}};
  tg_driver_device_t **handle = lua_newuserdatauv(L, sizeof *handle, 0);
  *handle = NULL;
  if (luaL_newmetatable(L, HANDLE)) {
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
  }
  lua_setmetatable(L, -2);
}

int tg_driver_device_open(lua_State *L) {
  tg_driver_set_t *set = lua_touserdata(L, lua_upvalueindex(1));
  size_t len;
  const char *ep = luaL_checklstring(L, 1, &len);
  luaL_argcheck(L, len >= 1 && len <= 255, 1, "1 to 255 bytes are wanted");
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TFUNCTION);
  bool can_read = lua_toboolean(L, 4);
  lua_settop(L, 3);
  tg_path_t *objects = lua_newuserdatauv(L, OBJECTS_MAX * sizeof *objects, 0);
  size_t count = read_objects(L, objects, OBJECTS_MAX);
  push_handle(L);
  lua_pushvalue(L, 3);
  int on_command = luaL_ref(L, LUA_REGISTRYINDEX); /* nothing raises from here on */
  tg_driver_device_t *device = tg_alloc_array(1, sizeof *device);
  tg_rc_t rc = device ? TG_OK : TG_E_NOMEM;
  if (rc == TG_OK) {
    *device = (tg_driver_device_t){.next = set->first, .set = set, .on_command = on_command, .can_read = can_read};
    tg_device_info_t info = {.ep = tg_slice(ep, len),
                             .backend = &driver_ops,
                             .backend_ud = device,
                             .link = "driver",
                             .objects = objects,
                             .object_count = count};
    rc = tg_twin_online(set->twin, &info, TG_EVENT_REGISTERED, &device->id);
  }
  if (rc != TG_OK) {
    tg_alloc_free(device);
    luaL_unref(L, LUA_REGISTRYINDEX, on_command);
    return tg_lua_record_fail(L, rc, NULL);
  }
  set->first = device;
  *(tg_driver_device_t **)lua_touserdata(L, -1) = device;
  return 1;
}
