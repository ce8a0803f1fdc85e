/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/mod_mqtt.c: what scripts publish, names as levels of topics, misuse; against real brokers. */

#include "tests/unit/api/api_mqtt_harness.h"

static void without_a_broker_there_is_a_state_error(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"local ok, err = tg.mqtt.publish('t', 'x') say(ok, tostring(err))", "nil; state: no broker is configured"},
      {"local ok, err = tg.mqtt.publish('t', 'x', { broker = 'main' }) say(ok, err.code)", "nil; state"},
      {"local ok, err = tg.mqtt.subscribe('t', print) say(ok, err.code)", "nil; state"},
      {"local ok, err = tg.mqtt.unsubscribe('t') say(ok, err.code)", "nil; state"},
      {"say(tg.mqtt.connected(), tg.mqtt.connected('main'))", "false; false"},
      {"local ok, err = tg.rule.publish('t', 'x') say(ok, err.code)", "nil; state"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_bare(&h); /* without a store either */
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  tg_id_t device = api_harness_device(&h, "d");
  api_harness_load(&h, "s", "return { rules = { { topic = 't' } } }");
  api_harness_put(&h, device, "/3/0/9", (tg_value_t){.type = TG_TYPE_INTEGER, .i = 1});
  check_has(api_harness_status(&h, "s").last_error, "no broker is configured");
  api_harness_close(&h);
}

static void names_and_topic_levels_are_exact_inverses(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"say(tg.mqtt.escape('urn:dev:1'), tg.mqtt.escape('a/b+c#d'), tg.mqtt.escape(''), tg.mqtt.escape('%'))",
       "urn:dev:1; a%2Fb%2Bc%23d; %; %25"},
      {"say(tg.mqtt.escape('\\u{e4} \\0'), tg.mqtt.escape('A-Za-z0.9_~:@'))", "%C3%A4%20%00; A-Za-z0.9_~:@"},
      {"say(tg.mqtt.unescape('a%2Fb'), tg.mqtt.unescape('%') == '', tg.mqtt.unescape('x'))", "a/b; true; x"},
      {"for _, bad in ipairs { '', '%2f', '%41', 'a b', '%2', '%G0', 'a/b', '\\u{e4}', '%%', 'a%', '+' } do\n"
       "  local v, err = tg.mqtt.unescape(bad) if v or err.code ~= 'syntax' then say(bad, v, err and err.code) end end say('done')",
       "done"},
      {"for i = 0, 255 do for j = 0, 255, 17 do local s = string.char(i, j) local level = tg.mqtt.escape(s)\n"
       "  assert(tg.mqtt.unescape(level) == s and not level:find('[/+#%z]')) end end\n"
       "local all = {} for i = 0, 254 do all[i + 1] = string.char(i) end all = table.concat(all)\n"
       "assert(tg.mqtt.unescape(tg.mqtt.escape(all)) == all) say('done')",
       "done"},
      {"local v, err = tg.mqtt.unescape(('a'):rep(256)) say(v, err.code)", "nil; too_long"},
      {"say(#tg.mqtt.escape(('\\0'):rep(255)), #tg.mqtt.unescape(tg.mqtt.escape(('\\0'):rep(255))))", "765; 255"},
  };
  static const api_harness_row_t wrong[] = {
      {"tg.mqtt.escape()", "eval.lua:1: bad argument #1 to 'escape' (string expected"},
      {"tg.mqtt.escape(('a'):rep(256))", "at most 255 bytes"},
      {"tg.mqtt.unescape({})", "bad argument #1 to 'unescape'"},
      {"tg.mqtt.matches('a')", "bad argument #2 to 'matches'"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_check_parts(&h, wrong, TG_COUNT(wrong));
  api_harness_close(&h);
}

static void filters_match_topics(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"say(tg.mqtt.matches('a/+/c', 'a/b/c'), tg.mqtt.matches('a/+/c', 'a/b/d'), tg.mqtt.matches('a/#', 'a'))",
       "true; false; true"},
      {"say(tg.mqtt.matches('#', 'a/b'), tg.mqtt.matches('#', '$SYS/x'), tg.mqtt.matches('$SYS/#', '$SYS/x'))",
       "true; false; true"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void misuse_raises_and_bad_topics_are_errors(void **state) {
  (void)state;
  static const api_harness_row_t raised[] = {
      {"tg.mqtt.publish()", "eval.lua:1: bad argument #1 to 'publish' (string expected"},
      {"tg.mqtt.publish('t')", "bad argument #2 to 'publish' (string expected"},
      {"tg.mqtt.publish('t', {})", "bad argument #2 to 'publish' (string expected, got table)"},
      {"tg.mqtt.publish('t', 'x', 1)", "bad argument #3 to 'publish' (table expected"},
      {"tg.mqtt.publish('t', 'x', { retian = true })",
       "eval.lua:1: option \"retian\" is not known, did you mean \"retain\"?"},
      {"tg.mqtt.publish('t', 'x', { 1 })", "option \"\" is not known"},
      {"tg.mqtt.publish('t', 'x', { qos = 3 })", "qos is 0, 1 or 2"},
      {"tg.mqtt.publish('t', 'x', { qos = -1 })", "qos is 0, 1 or 2"},
      {"tg.mqtt.publish('t', 'x', { qos = 'x' })", "qos is 0, 1 or 2"},
      {"tg.mqtt.publish('t', 'x', { qos = 1.5 })", "qos is 0, 1 or 2"},
      {"tg.mqtt.publish('t', 'x', { retain = 'no' })", "retain is true or false"},
      {"tg.mqtt.publish('t', 'x', { delivery = 'fast' })", "delivery is \"durable\" or \"queued\""},
      {"tg.mqtt.publish('t', 'x', { broker = {} })", "broker is text"},
      {"tg.mqtt.subscribe('t')", "bad argument #2 to 'subscribe' (function expected"},
      {"tg.mqtt.subscribe(nil, print)", "eval.lua:1: bad argument #1 to 'subscribe' (string expected"},
      {"tg.mqtt.subscribe('t', print, 1)", "bad argument #3 to 'subscribe' (table expected"},
      {"tg.mqtt.subscribe('t', print, { qs = 1 })", "eval.lua:1: option \"qs\" is not known, did you mean \"qos\"?"},
      {"tg.mqtt.subscribe('t', print, { qos = 3 })", "eval.lua:1: qos is 0, 1 or 2"},
      {"tg.mqtt.subscribe('t', print, { broker = {} })", "broker is text"},
      {"tg.mqtt.unsubscribe()", "bad argument #1 to 'unsubscribe'"},
      {"tg.mqtt.unsubscribe('t', 'main')", "bad argument #2 to 'unsubscribe' (table expected"},
      {"tg.mqtt.unsubscribe('t', { brokr = 'main' })", "option \"brokr\" is not known, did you mean \"broker\"?"},
      {"tg.mqtt.connected({})", "bad argument #1 to 'connected'"},
  };
  static const api_harness_row_t rows[] = {
      {"for _, t in ipairs { '', 'a/+', '#', 'a\\0b', '$SYS/x', ('a/'):rep(40), '\\xff' } do\n"
       "  local ok, err = tg.mqtt.publish(t, 'x') say(ok or err.code) end",
       "argument; argument; argument; argument; argument; too_long; encoding"},
      {"local ok, err = tg.mqtt.publish('t', ('x'):rep((2 << 20) + 1)) say(ok, err.code)", "nil; too_long"},
      {"say(math.type(tg.mqtt.publish('t', ('x'):rep(2 << 20))))", "integer"},
      {"for _, t in ipairs { '', 'a/#/b', 'a+', '\\0' } do local ok, err = tg.mqtt.subscribe(t, print) say(ok or err.code) end",
       "argument; argument; argument; argument"},
      {"say(tostring(select(2, tg.mqtt.publish('a/#', 'x'))))",
       "argument: that is no topic: text of 1 to 32 levels without + # and NUL that begins with no $"},
      {"say(tostring(select(2, tg.rule.publish('a/+', 'x'))))",
       "argument: that is no topic: text of 1 to 32 levels without + # and NUL that begins with no $"},
      {"local ok, err = tg.mqtt.publish('t', 'x', { broker = 'nobody' }) say(ok, tostring(err))",
       "nil; not_found: no broker is called like that"},
      {"say(select(2, tg.mqtt.subscribe('t', print, { broker = 'nobody' })).code)", "not_found"},
      {"say(select(2, tg.mqtt.unsubscribe('t', { broker = 'nobody' })).code, tg.mqtt.connected('nobody'))",
       "not_found; false"},
      {"say(tg.mqtt.unsubscribe('never'), tg.mqtt.connected(), tg.mqtt.connected('main'), tg.mqtt.connected(''))",
       "true; true; true; true"},
      {"local a, b = tg.mqtt.publish('t', 'x'), tg.mqtt.publish('t', 'y', { qos = 0, delivery = 'queued', broker = 'main' })\n"
       "say(b - a)",
       "1"},
  };
  api_mqtt_t *bench = api_mqtt_open(1);
  api_harness_check_parts(&bench->h, raised, TG_COUNT(raised));
  api_harness_check_rows(&bench->h, rows, TG_COUNT(rows));
  api_mqtt_close(bench);
}

static void what_is_published_arrives_as_it_was(void **state) {
  (void)state;
  api_mqtt_t *bench = api_mqtt_open(1);
  api_harness_load(
      &bench->h, "s",
      "local tg = require 'tidegate'\n"
      "print(tg.mqtt.subscribe('t/#', function(topic, payload, info)\n"
      "  print(topic .. ' ' .. tg.codec.to_hex(payload) .. ' ' .. info.qos .. ' ' .. tostring(info.retained) .. ' ' .. "
      "info.broker)\n"
      "end, { qos = 2 }))\n"
      "tg.mqtt.publish('t/0', '\\0\\xff', { qos = 0 }) tg.mqtt.publish('t/1', '')\n"
      "tg.mqtt.publish('t/2/\\u{e4}', 'x', { qos = 2, delivery = 'queued' }) return {}");
  api_mqtt_mark(&bench->h);
  check_said(&bench->h, "true\\x09nil; t/0 00ff 0 false main; t/1  1 false main; t/2/\\xc3\\xa4 78 2 false main");
  check_int(api_harness_status(&bench->h, "s").published, 3);
  api_mqtt_close(bench);
}

static void retained_messages_say_so(void **state) {
  (void)state;
  api_mqtt_t *bench = api_mqtt_open(1);
  api_harness_load(&bench->h, "first", "require('tidegate').mqtt.publish('r/a', '1', { retain = true }) return {}");
  api_mqtt_mark(&bench->h);
  api_harness_load(
      &bench->h, "second",
      "require('tidegate').mqtt.subscribe('r/+', function(t, p, info) print(t, p, info.retained) end) return {}");
  api_harness_wait_said(&bench->h, "r/a");
  check_said(&bench->h, "r/a\\x091\\x09true");
  api_mqtt_close(bench);
}

static void tables_of_rules_are_stamped_with_rising_numbers(void **state) {
  (void)state;
  api_mqtt_t *bench = api_mqtt_open(1);
  api_harness_t *h = &bench->h;
  tg_id_t device = api_harness_device(h, "d");
  api_harness_load(h, "s", "return { rules = { { topic = 'j', map = function(rec) return { x = rec.value } end } } }");
  api_harness_load(
      h, "ear",
      "local tg, last = require 'tidegate', 0 tg.mqtt.subscribe('j', function(t, p)\n"
      "  local v = tg.codec.from_json(p) print(v.x, v.gw == tg.gw(), v.seq > last) last = v.seq end) return {}");
  for (int i = 1; i <= 3; i++) api_harness_put(h, device, "/3/0/9", (tg_value_t){.type = TG_TYPE_INTEGER, .i = i});
  api_mqtt_mark(h);
  check_said(h, "1\\x09true\\x09true; 2\\x09true\\x09true; 3\\x09true\\x09true");
  check_int(api_harness_status(h, "s").published, 3);
  api_mqtt_close(bench);
}

static void a_script_can_see_whether_there_is_room(void **state) {
  (void)state;
  api_mqtt_t *bench = api_mqtt_open(1);
  api_harness_t *h = &bench->h;
  check_slice(tg_slice_str(api_harness_eval(h, "say(tg.mqtt.has_room(), tg.mqtt.has_room('result', 1000))")),
              "true; true");
  check_slice(tg_slice_str(api_harness_eval(
                  h, "local max = 64 << 20\n"
                     "for _, class in ipairs { 'telemetry', 'event', 'state', 'result' } do\n"
                     "  local most = 0\n"
                     "  for part = 1, 64 do if tg.mqtt.has_room(class, max // 64 * part) then most = part end end\n"
                     "  say(most)\n"
                     "end")),
              "56; 60; 62; 64");
  check_slice(
      tg_slice_str(
          api_harness_eval(h, "say(pcall(tg.mqtt.has_room, 'none')) say(pcall(tg.mqtt.has_room, 'event', -1))")),
      "false; bad argument #1 to '?' (invalid option 'none'); false; bad argument #2 to '?' (a number of bytes is wanted)");
  api_mqtt_close(bench);
}

API_MQTT_SUITE(without_a_broker_there_is_a_state_error, names_and_topic_levels_are_exact_inverses, filters_match_topics,
               misuse_raises_and_bad_topics_are_errors, what_is_published_arrives_as_it_was, retained_messages_say_so,
               tables_of_rules_are_stamped_with_rising_numbers, a_script_can_see_whether_there_is_room)
