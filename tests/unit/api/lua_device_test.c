/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/lua_device.c and mod_device.c: devices as scripts see them, lists of them, their last values. */

#include "core/base/clock.h"
#include "tests/unit/api/api_harness.h"

static tg_id_t open_queue_mode(api_harness_t *h, const char *ep) {
  const tg_device_info_t info = {.ep = tg_slice_str(ep),
                                 .backend = &api_harness_backend,
                                 .backend_ud = h,
                                 .queue_mode = true,
                                 .enabler = TG_VERSION_OF(1, 2)};
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_online(h->twin, &info, TG_EVENT_REGISTERED, &id), TG_OK);
  api_harness_settle(h);
  return id;
}

static void a_device_has_fields(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"local d = tg.device.find('d') say(d.ep, d.kind, d.link, d.online, d.asleep, d.queue_mode, d.lifetime, d.version)",
       "d; test; test0; true; false; false; 300; 1.1"},
      {"local d = tg.device.find('d') say(math.type(d.id), math.type(d.since), math.abs(d.since - os.time()) < 5,\n"
       "d.last_seen >= d.since, d.waiting)",
       "integer; float; true; true; 0"},
      {"say(table.concat(tg.device.find('d').objects, ' '))", "/3/0 /3303/0 /3303/1"},
      {"local d = tg.device.find('d') d.objects[1] = 'x' say(d.objects[1])", "/3/0"},
      {"local d = tg.device.find('d') say(d.nothing, d[1], d[true], d.Read)", "nil; nil; nil; nil"},
      {"local d = tg.device.find('d') say(type(d), type(d.read), type(d.submit), type(d.value), d.find)",
       "userdata; function; function; function; nil"},
      {"say(tostring(tg.device.find('d')), getmetatable(tg.device.find('d')))", "device d; false"},
      {"local d = tg.device.find('q') say(d.queue_mode, d.asleep, d.version, d.link, #d.objects, d.lifetime)",
       "true; false; 1.2; ; 0; 0"},
      {"say(tg.device.find('nobody'), tg.device.find(''), tg.device.find('d\\0'))", "nil; nil; nil"},
  };
  static const api_harness_row_t wrong[] = {
      {"tg.device.find('d').ep = 'x'", "eval.lua:1: a device's fields can't be set"},
      {"tg.device.find('d').mine = 'x'", "a device's fields can't be set"},
      {"tg.device.find()", "eval.lua:1: bad argument #1 to 'find' (string expected"},
      {"tg.device.find({})", "bad argument #1 to 'find'"},
      {"tg.device.find('d').read({}, '/3')", "bad argument #1 to 'read' (tidegate.device expected"},
      {"tg.device.find('d').read(io, '/3')", "bad argument #1 to 'read'"},
      {"tg.device.find('d').value(require('uv').new_timer(), '/3/0/0')", "tidegate.device expected, got uv_timer"},
      {"setmetatable(tg.device.find('d'), {})", "bad argument #1 to 'setmetatable'"},
      {"tg.device.find('d'):nothing()", "attempt to call a nil value (method 'nothing')"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  open_queue_mode(&h, "q");
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_check_parts(&h, wrong, TG_COUNT(wrong));
  api_harness_close(&h);
}

static void names_tags_and_quirks_are_shown(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"local d = tg.device.find('d') say(d.wire_ep, #d.tags, #d.quirks)", "nil; 0; 0"},
      {"local d = tg.device.find('hall') say(d.wire_ep, table.concat(d.tags, ','))", "urn:imei:1; plant,m:1"},
      {"local q = tg.device.find('hall').quirks say(table.concat(q, ','), q.bare_answer, q.unsigned_tlv, q.text_only)",
       "bare_answer,unsigned_tlv; 2; 0; nil"},
      {"local d = tg.device.find('hall') d.tags[1] = 'x' say(d.tags[1])", "plant"},
  };
  const uint32_t bare = 1U << 12, unsigned_tlv = 1U << 16;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  const tg_device_info_t info = {.ep = tg_slice_str("hall"),
                                 .wire_ep = tg_slice_str("urn:imei:1"),
                                 .tags = tg_slice_str("plant m:1"),
                                 .quirks = unsigned_tlv | 1U << 30, /* one that has no name is not shown */
                                 .backend = &api_harness_backend,
                                 .backend_ud = &h};
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_online(h.twin, &info, TG_EVENT_REGISTERED, &id), TG_OK);
  tg_twin_quirks_count(h.twin, id, bare);
  tg_twin_quirks_count(h.twin, id, bare);
  api_harness_settle(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void fields_follow_the_device(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t q = open_queue_mode(&h, "q");
  tg_twin_asleep(h.twin, q);
  check_slice(tg_slice_str(api_harness_eval(&h, "local d = tg.device.find('q') say(d.online, d.asleep)\n"
                                                "d:submit { op = 'read', path = '/3' } say(d.waiting)")),
              "true; true; 1");
  tg_twin_offline(h.twin, q, TG_EVENT_DEREGISTERED, tg_slice_str(""));
  check_slice(tg_slice_str(api_harness_eval(&h, "local d = tg.device.find('q') say(d.online, d.asleep, d.waiting)")),
              "false; false; 1");
  api_harness_close(&h);
}

static void a_device_is_the_same_object_as_long_as_it_is_kept(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"say(rawequal(tg.device.find('d'), tg.device.find('d')), rawequal(tg.device.list()[1], tg.device.find('d')))",
       "true; true"},
      {"local t = { [tg.device.find('d')] = 'mine' } collectgarbage() collectgarbage() say(t[tg.device.find('d')])",
       "mine"},
      {"local id = tg.device.find('d').id for i = 1, 100 do tg.device.find('d') collectgarbage() end\n"
       "say(tg.device.find('d').id == id)",
       "true"},
      {"local weak = setmetatable({ tg.device.find('d') }, { __mode = 'v' }) collectgarbage() say(weak[1])", "nil"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void forget_all(api_harness_t *h, tg_id_t device) {
  tg_twin_offline(h->twin, device, TG_EVENT_EXPIRED, tg_slice_str(""));
  for (int i = 0; i < 64; i++) {
    char ep[16];
    snprintf(ep, sizeof ep, "filler%d", i);
    api_harness_device(h, ep);
  }
  assert_null(tg_twin_find(h->twin, device));
}

static void a_device_that_is_gone_says_so(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  api_harness_load(
      &h, "s",
      "local tg = require 'tidegate' local d = tg.device.find('d') local id = d.id\n"
      "return { events = { updated = function() local function say(...) print(table.concat({ ... }, ' ')) end\n"
      "  say(d.ep, tostring(d.online), tostring(d.kind), tostring(d.objects), tostring(d.id == id), tostring(d))\n"
      "  for _, op in ipairs { 'read', 'execute', 'delete', 'observe', 'cancel', 'discover' } do\n"
      "    local v, err = d[op](d, '/3/0/0') say(tostring(v), err.code) end\n"
      "  say(select(2, d:write('/3/0/0', 1)).code, select(2, d:create('/3', {})).code,\n"
      "    select(2, d:attributes('/3', { pmin = 1 })).code, select(2, d:submit { op = 'read', path = '/3' }).code)\n"
      "  say(tostring(d:value('/3/0/0')), #d:values())\n"
      "  say(type(tg.object.resource('/3/0/0', d)))\n"
      "end } }");
  forget_all(&h, device);
  const tg_event_t event = {.type = TG_EVENT_UPDATED, .ep = tg_slice_str("x")};
  api_harness_emit(&h, &event);
  check_said(&h, "d nil nil nil true device (gone); nil gone; nil gone; nil gone; nil gone; nil gone; nil gone; "
                 "gone gone gone gone; nil 0; table");
  check_int(api_harness_status(&h, "s").errors, 0);
  api_harness_close(&h);
}

static void lists_take_globs(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"local function names(glob) local t = {} for i, d in ipairs(tg.device.list(glob)) do t[i] = d.ep end\n"
       "  table.sort(t) return table.concat(t, ' ') end\n"
       "say(names(), names('*'), names('meter*'), names('meter?'), names('[mn]eter1'), names('x'), names(''))",
       "meter1 meter20 urn:dev:1; meter1 meter20 urn:dev:1; meter1 meter20; meter1; meter1; ; "},
      {"say(#tg.device.list('urn:*'), #tg.device.list('*:1'), #tg.device.list('\\\\m*'))", "1; 1; 2"},
      {"local t = tg.device.list() t[1] = nil say(#tg.device.list())", "3"},
  };
  static const api_harness_row_t wrong[] = {{"tg.device.list({})", "bad argument #1 to 'list'"}};
  api_harness_t h;
  api_harness_open(&h);
  check_slice(tg_slice_str(api_harness_eval(&h, "say(#tg.device.list(), type(tg.device.list()))")), "0; table");
  static const char *const eps[] = {"meter1", "meter20", "urn:dev:1"};
  for (size_t i = 0; i < TG_COUNT(eps); i++) api_harness_device(&h, eps[i]);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_check_parts(&h, wrong, TG_COUNT(wrong));
  api_harness_close(&h);
}

/* The names come from devices, the globs from scripts: neither may hold the process. */
static void an_unlucky_glob_takes_no_time(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  char ep[251];
  memset(ep, 'a', sizeof ep - 1);
  ep[250] = 0;
  api_harness_device(&h, ep);
  uint64_t begin = tg_clock_mono_ms();
  check_slice(tg_slice_str(api_harness_eval(&h, "say(#tg.device.list(('*a'):rep(60) .. 'b'))\n"
                                                "say(#tg.device.list(('*?a'):rep(60) .. 'b'))\n"
                                                "say(#tg.device.list(('[a-z]*'):rep(60) .. 'b'))\n"
                                                "say(#tg.device.list(('*'):rep(200) .. 'b'))")),
              "0; 0; 0; 0");
  check_true(tg_clock_mono_ms() - begin < 2000);
  api_harness_close(&h);
}

static void last_values_are_there_with_their_times(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"local v, t = tg.device.find('d'):value('/3303/0/5700') say(v, t)", "21.5; 1700000000.5"},
      {"local d = tg.device.find('d') say(d:value('/3303/1/5700'), d:value('/3303/0'), d:value('/3/0/0'))",
       "7; nil; Tidegate; 1700000000.5"},
      {"local d = tg.device.find('d') say(#d:values(), #d:values('/'), #d:values('/3303'), #d:values('/3303/0'),\n"
       "  #d:values('/3303/0/5700'), #d:values('/3304'), #d:values(nil))",
       "3; 3; 2; 1; 1; 0; 3"},
      {"local r = tg.device.find('d'):values('/3303') say(r[1].path, r[1].value, r[1].time, r[2].path)",
       "/3303/0/5700; 21.5; 1700000000.5; /3303/1/5700"},
      {"local n = 0 for k in pairs(tg.device.find('d'):values('/3/0/0')[1]) do n = n + 1 end say(n)", "3"},
  };
  static const api_harness_row_t wrong[] = {
      {"tg.device.find('d'):value()", "eval.lua:1: bad argument #1 to 'value' (string expected, got no value)"},
      {"tg.device.find('d'):value('x')", "bad argument #1 to 'value' (a path such as"},
      {"tg.device.find('d'):values('/3//')", "bad argument #1 to 'values' (a path such as"},
      {"tg.device.find('d'):values({})", "bad argument #1 to 'values'"},
  };
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t d = api_harness_device(&h, "d");
  api_harness_put(&h, d, "/3303/0/5700", (tg_value_t){.type = TG_TYPE_FLOAT, .f = 20});
  api_harness_put(&h, d, "/3303/0/5700", (tg_value_t){.type = TG_TYPE_FLOAT, .f = 21.5});
  api_harness_put(&h, d, "/3303/1/5700", (tg_value_t){.type = TG_TYPE_INTEGER, .i = 7});
  api_harness_put(&h, d, "/3/0/0", (tg_value_t){.type = TG_TYPE_STRING, .s = tg_slice_str("Tidegate")});
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_check_parts(&h, wrong, TG_COUNT(wrong));
  api_harness_close(&h);
}

CHECK_SUITE(a_device_has_fields, names_tags_and_quirks_are_shown, fields_follow_the_device,
            a_device_is_the_same_object_as_long_as_it_is_kept, a_device_that_is_gone_says_so, lists_take_globs,
            an_unlucky_glob_takes_no_time, last_values_are_there_with_their_times)
