/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/mod_object.c: definitions as scripts see and add them. */

#include "tests/unit/api/api_harness.h"

static void a_definition_is_given_by_value(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"local o = tg.object.find(3303) say(o.id, o.name, o.version, o.multiple, o.urn)",
       "3303; Temperature; 1.1; true; urn:oma:lwm2m:ext:3303:1.1"},
      {"local o = tg.object.find(3303, '1.0') say(o.version, o.urn)", "1.0; urn:oma:lwm2m:ext:3303"},
      {"say(tg.object.find(3303, '9.9').version, tg.object.find(3303, '0.5').version)", "1.1; 1.0"},
      {"local r = tg.object.find(3303).resources[5700] say(r.id, r.name, r.type, r.ops, r.multiple, r.mandatory, r.sensitive,\n"
       "  r.unit)",
       "5700; Sensor Value; float; R; false; true; false; Cel"},
      {"local r = tg.object.find(3).resources say(r[9].min, r[9].max, r[4].type, r[4].ops, r[14].ops, r[0].unit, r[0].min)",
       "0.0; 100.0; none; E; RW; nil; nil"},
      {"say(tg.object.find(0).resources[5].sensitive, tg.object.find(0).resources[0].sensitive)", "true; false"},
      {"say(tg.object.find(4242), tg.object.find(0, '1.0') ~= nil)", "nil; true"},
      {"tg.object.find(3).name = 'x' tg.object.find(3).resources[0] = nil\n"
       "say(tg.object.find(3).name, tg.object.find(3).resources[0].name)",
       "Device; Manufacturer"},
  };
  static const api_harness_row_t wrong[] = {
      {"tg.object.find()", "eval.lua:1: bad argument #1 to 'find' (number expected"},
      {"tg.object.find(1.5)", "number has no integer representation"},
      {"tg.object.find(-1)", "an object id is wanted"},
      {"tg.object.find(65536)", "an object id is wanted"},
      {"tg.object.find(3, 'x')", "bad argument #2 to 'find' (a version such as \"1.1\" is wanted)"},
      {"tg.object.find(3, 1)", "a version such as \"1.1\" is wanted"},
      {"tg.object.find(3, {})", "bad argument #2 to 'find'"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_check_parts(&h, wrong, TG_COUNT(wrong));
  api_harness_close(&h);
}

static void the_list_has_heads_in_order(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"local t = {} for i, o in ipairs(tg.object.list()) do t[i] = o.id .. ':' .. o.version end\n"
       "local s = table.concat(t, ' ') say(s:match('^0:1.0 .*3:1.0 .*3303:1.0 3303:1.1$') ~= nil, #t > 4)",
       "true; true"},
      {"local o = tg.object.list()[1] say(o.name, o.resources, o.multiple)", "LWM2M Security; nil; true"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void resources_are_found_by_path(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"say(tg.object.resource('/3303/0/5700').name, tg.object.resource('/3303/9/5700/3').name)",
       "Sensor Value; Sensor Value"},
      {"say(tg.object.resource('/3303/0/1'), tg.object.resource('/4242/0/1'))", "nil; nil"},
      /* 5750 came with 1.1; the device means 1.0 */
      {"say(tg.object.resource('/3303/0/5750') ~= nil, tg.object.resource('/3303/0/5750', tg.device.find('d')))",
       "true; nil"},
      {"say(tg.object.resource('/3303/0/5700', tg.device.find('d')).unit, tg.object.resource('/3/0/0', nil).name)",
       "Cel; Manufacturer"},
  };
  static const api_harness_row_t wrong[] = {
      {"tg.object.resource('/3303/0')", "eval.lua:1: bad argument #1 to 'resource' (the path of a resource is wanted)"},
      {"tg.object.resource('x')", "bad argument #1 to 'resource' (a path such as"},
      {"tg.object.resource()", "bad argument #1 to 'resource'"},
      {"tg.object.resource('/3/0/0', 'd')", "bad argument #2 to 'resource' (tidegate.device expected"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_check_parts(&h, wrong, TG_COUNT(wrong));
  api_harness_close(&h);
}

static const char LAMP[] = "{ id = 26311, name = '%s', version = '1.0', urn = 'urn:oma:lwm2m:x:26311', lwm2m = '1.0',\n"
                           "multiple = true, mandatory = false, description = 'A lamp.',\n"
                           "resources = { [0] = { name = 'On', ops = 'RW', type = 'boolean' } } }";

static void scripts_define_objects_of_their_own(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  char lamp[512], code[1024];
  snprintf(lamp, sizeof lamp, LAMP, "Lamp");
  snprintf(code, sizeof code, "say(tg.object.define(%s), tg.object.find(26311).resources[0].name)", lamp);
  check_slice(tg_slice_str(api_harness_eval(&h, code)), "true; On");
  check_slice(tg_slice_str(api_harness_eval(&h, "say(tg.object.find(26311).name)")), "Lamp"); /* outlives the script */
  snprintf(code, sizeof code, "print('loaded') return { objects = { %s } }", lamp);
  const tg_objdef_t *before = tg_registry_find(h.registry, 26311, 0);
  api_harness_load(&h, "s", code);
  assert_ptr_equal(tg_registry_find(h.registry, 26311, 0), before);
  snprintf(lamp, sizeof lamp, LAMP, "Lantern");
  snprintf(code, sizeof code, "return { objects = { { %s } } }", lamp);
  api_harness_load(&h, "s", code);
  check_slice(tg_slice_str(tg_registry_find(h.registry, 26311, 0)->name), "Lantern");
  /* and records are read by it at once */
  tg_id_t device = api_harness_device(&h, "d");
  api_harness_load(&h, "writer", "require('tidegate').device.find('d'):write('/26311/0/0', 1, print) return {}");
  api_harness_settle(&h);
  check_slice(tg_slice_str(h.question), "write /26311/0/0=boolean:true");
  (void)device;
  api_harness_close(&h);
}

static void a_wrong_definition_names_where_it_is_defined(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"tg.object.define()", "eval.lua:1: bad argument #1 to 'define' (table expected"},
      {"tg.object.define('x')", "bad argument #1 to 'define' (table expected"},
      {"\n\ntg.object.define { id = 70000 }", "eval.lua:3: object: id must be an integer from 0 to 65534"},
      {"tg.object.define { id = 5, nmae = 'x' }", "eval.lua:1: object 5: nmae is not known, did you mean \"name\"?"},
      {"tg.object.define { { id = 5, name = 7 } }", "eval.lua:1: object 5: name must be text"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_parts(&h, rows, TG_COUNT(rows));
  check_rc(api_harness_try(&h, "s", "return { objects = { { id = 5, name = 7 } } }"), TG_E_SCRIPT);
  check_slice(tg_slice_str(h.diag.file), "s.lua");
  check_slice(tg_slice_str(h.diag.message), "objects[1]: object 5: name must be text");
  api_harness_close(&h);
}

CHECK_SUITE(a_definition_is_given_by_value, the_list_has_heads_in_order, resources_are_found_by_path,
            scripts_define_objects_of_their_own, a_wrong_definition_names_where_it_is_defined)
