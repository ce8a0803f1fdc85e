/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/mod_mqtt.c and on_mqtt.c: publishing and subscribing of scripts, against real brokers. */

#include <stdlib.h>

#include "core/base/clock.h"
#include "tests/unit/api/api_harness.h"
#include "tests/unit/mqtt/mosquitto_harness.h"

/* One or two brokers and a harness on them. */
typedef struct bench {
  api_harness_t h;
  mosquitto_harness_t brokers[API_HARNESS_BROKERS];
  size_t count;
} bench_t;

static bench_t *bench_open(size_t count) {
  static bench_t memory;
  bench_t *bench = &memory;
  uint16_t ports[API_HARNESS_BROKERS];
  *bench = (bench_t){.count = count};
  for (size_t i = 0; i < count; i++) {
    assert_true(mosquitto_harness_start(&bench->brokers[i], NULL));
    ports[i] = bench->brokers[i].port;
  }
  api_harness_open_with(&bench->h, NULL, NULL, ports, count);
  uint64_t end = tg_clock_mono_ms() + API_HARNESS_WAIT_MS;
  for (size_t i = 0; i < count; i++) {
    tg_mqtt_stats_t stats = {0};
    while (!stats.connected && tg_clock_mono_ms() < end) {
      tg_loop_turn(bench->h.loop, 10);
      tg_mqtt_stats(bench->h.mqtt, i, &stats);
    }
    check_true(stats.connected);
  }
  return bench;
}

static void bench_close(bench_t *bench) {
  api_harness_close(&bench->h);
  for (size_t i = 0; i < bench->count; i++) {
    mosquitto_harness_stop(&bench->brokers[i]);
    mosquitto_harness_clean(&bench->brokers[i]);
  }
}

static void publish(api_harness_t *h, const char *broker, const char *topic, const char *payload) {
  size_t index = 0;
  check_rc(tg_mqtt_broker(h->mqtt, tg_slice_str(broker), &index), TG_OK);
  const tg_mqtt_publish_t message = {
      .broker = index, .topic = tg_slice_str(topic), .payload = tg_slice_str(payload), .qos = 2, .durable = true};
  check_rc(tg_mqtt_publish(h->mqtt, &message), TG_OK);
}

/* After this everything published before it has come back, too: one connection, one order. */
static void mark(api_harness_t *h) {
  static int number;
  char source[256], text[32];
  snprintf(text, sizeof text, "mark %d", ++number);
  snprintf(source, sizeof source,
           "local tg = require 'tidegate' tg.mqtt.subscribe('mark', function(t, p) print(p) end, { qos = 2 })\n"
           "tg.mqtt.publish('mark', '%s', { qos = 2 }) return {}",
           text);
  api_harness_load(h, "mark", source);
  api_harness_wait_said(h, text);
  api_harness_unload(h, "mark");
  char *at = strstr(h->said, text);
  if (at == h->said) h->has_said = false;
  else at -= 2; /* the separator */
  *at = 0;
}

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
      {"local ok, err = tg.mqtt.publish('t', ('x'):rep((256 << 10) + 1)) say(ok, err.code)", "nil; too_long"},
      {"say(math.type(tg.mqtt.publish('t', ('x'):rep(256 << 10))))", "integer"},
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
  bench_t *bench = bench_open(1);
  api_harness_check_parts(&bench->h, raised, TG_COUNT(raised));
  api_harness_check_rows(&bench->h, rows, TG_COUNT(rows));
  bench_close(bench);
}

static void what_is_published_arrives_as_it_was(void **state) {
  (void)state;
  bench_t *bench = bench_open(1);
  api_harness_load(
      &bench->h, "s",
      "local tg = require 'tidegate'\n"
      "print(tg.mqtt.subscribe('t/#', function(topic, payload, info)\n"
      "  print(topic .. ' ' .. tg.codec.to_hex(payload) .. ' ' .. info.qos .. ' ' .. tostring(info.retained) .. ' ' .. "
      "info.broker)\n"
      "end, { qos = 2 }))\n"
      "tg.mqtt.publish('t/0', '\\0\\xff', { qos = 0 }) tg.mqtt.publish('t/1', '')\n"
      "tg.mqtt.publish('t/2/\\u{e4}', 'x', { qos = 2, delivery = 'queued' }) return {}");
  mark(&bench->h);
  check_said(&bench->h, "true\\x09nil; t/0 00ff 0 false main; t/1  1 false main; t/2/\\xc3\\xa4 78 2 false main");
  check_int(api_harness_status(&bench->h, "s").published, 3);
  bench_close(bench);
}

static void retained_messages_say_so(void **state) {
  (void)state;
  bench_t *bench = bench_open(1);
  api_harness_load(&bench->h, "first", "require('tidegate').mqtt.publish('r/a', '1', { retain = true }) return {}");
  mark(&bench->h);
  api_harness_load(
      &bench->h, "second",
      "require('tidegate').mqtt.subscribe('r/+', function(t, p, info) print(t, p, info.retained) end) return {}");
  api_harness_wait_said(&bench->h, "r/a");
  check_said(&bench->h, "r/a\\x091\\x09true");
  bench_close(bench);
}

static void an_ended_subscription_brings_nothing_more(void **state) {
  (void)state;
  bench_t *bench = bench_open(1);
  api_harness_load(&bench->h, "s",
                   "local tg = require 'tidegate' local n = 0\n"
                   "tg.mqtt.subscribe('a', function(t, p) n = n + 1 print('a' .. p)\n"
                   "  if n == 2 then print(tg.mqtt.unsubscribe('a')) end end)\n" /* from inside its own call */
                   "tg.mqtt.subscribe('b', function(t, p) print('b' .. p) end) return {}");
  for (int i = 1; i <= 3; i++) {
    char payload[2] = {(char)('0' + i), 0};
    publish(&bench->h, "main", "a", payload);
    publish(&bench->h, "main", "b", payload);
  }
  mark(&bench->h);
  check_said(&bench->h, "a1; b1; a2; true; b2; b3");
  bench_close(bench);
}

static void two_scripts_may_share_a_filter(void **state) {
  (void)state;
  static const char SOURCE[] = "local tg = require 'tidegate' tg.mqtt.subscribe('t/+', function(t, p, info)\n"
                               "  print('%s' .. p .. ' ' .. info.qos) end, { qos = %d }) return {}";
  bench_t *bench = bench_open(1);
  char source[256];
  snprintf(source, sizeof source, SOURCE, "a", 2);
  api_harness_load(&bench->h, "a", source);
  snprintf(source, sizeof source, SOURCE, "b", 0);
  api_harness_load(&bench->h, "b", source);
  publish(&bench->h, "main", "t/x", "1");
  mark(&bench->h);
  check_said(&bench->h, "a1 2; b1 2"); /* what the most careful of them asked for */
  api_harness_unload(&bench->h, "b");
  publish(&bench->h, "main", "t/x", "2");
  mark(&bench->h);
  check_said(&bench->h, "a2 2");
  api_harness_load(&bench->h, "b", source);
  api_harness_unload(&bench->h, "a");
  publish(&bench->h, "main", "t/x", "3");
  mark(&bench->h);
  check_has(api_harness_said(&bench->h), "b3");
  api_harness_unload(&bench->h, "b");
  publish(&bench->h, "main", "t/x", "4");
  mark(&bench->h);
  check_said(&bench->h, "");
  tg_mqtt_stats_t stats;
  tg_mqtt_stats(bench->h.mqtt, 0, &stats);
  uint64_t received = stats.received;
  publish(&bench->h, "main", "t/x", "5");
  mark(&bench->h);
  tg_mqtt_stats(bench->h.mqtt, 0, &stats);
  check_int(stats.received - received, 1); /* the mark: the broker sends the others no more */
  bench_close(bench);
}

static void one_script_may_subscribe_twice_and_overlap(void **state) {
  (void)state;
  bench_t *bench = bench_open(1);
  api_harness_load(
      &bench->h, "s",
      "local tg = require 'tidegate' for i = 1, 2 do tg.mqtt.subscribe('t/x', function(t, p) print(i .. p) end) end\n"
      "return { events = { updated = function() tg.mqtt.unsubscribe('t/x') end } }");
  publish(&bench->h, "main", "t/x", "m");
  mark(&bench->h);
  check_said(&bench->h, "1m; 2m");
  const tg_event_t event = {.type = TG_EVENT_UPDATED, .ep = tg_slice_str("x")};
  api_harness_emit(&bench->h, &event);
  publish(&bench->h, "main", "t/x", "n");
  mark(&bench->h);
  check_said(&bench->h, ""); /* both */
  bench_close(bench);
}

static void a_new_version_takes_subscriptions_over(void **state) {
  (void)state;
  bench_t *bench = bench_open(1);
  for (int i = 1; i <= 3; i++) {
    char source[256], payload[8], want[32];
    snprintf(source, sizeof source,
             "require('tidegate').mqtt.subscribe('t', function(t, p) print('v%d ' .. p) end) return {}", i);
    api_harness_load(&bench->h, "s", source);
    snprintf(payload, sizeof payload, "m%d", i);
    snprintf(want, sizeof want, "v%d m%d", i, i);
    publish(&bench->h, "main", "t", payload);
    mark(&bench->h);
    check_said(&bench->h, want);
  }
  bench_close(bench);
}

static void handlers_are_tasks_and_fail_alone(void **state) {
  (void)state;
  bench_t *bench = bench_open(1);
  api_harness_t *h = &bench->h;
  api_harness_device(h, "d");
  api_harness_load(h, "bad", "require('tidegate').mqtt.subscribe('t', function()\nerror('bad handler') end) return {}");
  api_harness_load(h, "good",
                   "local tg = require 'tidegate' tg.mqtt.subscribe('t', function(t, p) print('good ' .. p)\n"
                   "print(tg.device.find('d'):read('/3/0/0')) end) return {}");
  for (int i = 0; i < 5; i++) publish(h, "main", "t", "x");
  mark(h);
  api_harness_settle(h);
  check_said(h, "good x; good x; good x; good x; good x");
  check_int(api_harness_status(h, "bad").state, TG_API_DISABLED);
  check_has(h->error, "bad.lua:2: bad handler");
  const tg_record_t record = {.path = tg_path(3, 3, 0, 0),
                              .value = {.type = TG_TYPE_STRING, .s = tg_slice_str("answer")}};
  api_harness_answer_records(h, &record, 1);
  check_said(h, "answer");
  publish(h, "main", "t", "y"); /* for a script that is disabled and one that waits */
  mark(h);
  check_said(h, "good y");
  bench_close(bench);
}

static void each_broker_has_its_own_messages(void **state) {
  (void)state;
  bench_t *bench = bench_open(2);
  api_harness_t *h = &bench->h;
  api_harness_load(
      h, "s",
      "local tg = require 'tidegate' local function tell(t, p, info) print(info.broker .. ' ' .. p) end\n"
      "tg.mqtt.subscribe('t', tell) tg.mqtt.subscribe('t', tell, { broker = 'second' })\n"
      "return { events = { updated = function(_, info) if info.note then tg.mqtt.unsubscribe('t', { broker = 'second' }) "
      "end\n"
      "  tg.mqtt.publish('t', 'one') tg.mqtt.publish('t', 'two', { broker = 'second' }) end } }");
  tg_event_t event = {.type = TG_EVENT_UPDATED, .ep = tg_slice_str("x")};
  api_harness_emit(h, &event);
  api_harness_wait_said(h, "main one");
  api_harness_wait_said(h, "second two");
  (void)api_harness_said(h);
  event.note = tg_slice_str("one broker less");
  api_harness_emit(h, &event);
  mark(h);
  api_harness_pass(h, 50);
  check_said(h, "main one");
  check_slice(tg_slice_str(api_harness_eval(h, "say(tg.mqtt.connected('main'), tg.mqtt.connected('second'))")),
              "true; true");
  mosquitto_harness_stop(&bench->brokers[1]);
  uint64_t end = tg_clock_mono_ms() + API_HARNESS_WAIT_MS;
  while (tg_clock_mono_ms() < end &&
         strcmp(api_harness_eval(h, "say(tg.mqtt.connected('main'), tg.mqtt.connected('second'))"), "true; false") != 0)
    api_harness_pass(h, 10);
  check_true(tg_clock_mono_ms() < end);
  bench_close(bench);
}

static void connections_are_told_as_events(void **state) {
  (void)state;
  bench_t *bench = bench_open(1);
  api_harness_t *h = &bench->h;
  api_harness_load(h, "s",
                   "local function tell(what) return function(dev, info) print(what .. ' ' .. info.broker .. ' ' .. "
                   "tostring(dev)) end end\n"
                   "return { events = { connected = tell('up'), disconnected = tell('down') } }");
  api_harness_load(h, "fails", "return { events = { disconnected = function() error('x') end } }");
  mosquitto_harness_stop(&bench->brokers[0]);
  api_harness_wait_said(h, "down main nil");
  check_int(api_harness_status(h, "fails").errors, 1);
  check_true(mosquitto_harness_restart(&bench->brokers[0]));
  api_harness_wait_said(h, "up main nil");
  check_int(api_harness_status(h, "fails").errors, 1);
  bench_close(bench);
}

static void rules_and_command_rules_work_together(void **state) {
  (void)state;
  bench_t *bench = bench_open(1);
  api_harness_t *h = &bench->h;
  tg_id_t device = api_harness_device(h, "dev/1");
  api_harness_load(h, "s",
                   "return { rules = { { match = { object = 3303 }, topic = 'plant/{ep}{path}' } },\n"
                   "  commands = { { topic = 'plant/+/set', map = function(msg)\n"
                   "    return { ep = msg.levels[2], op = 'write', path = '/3303/0/5601', value = msg.json().value,\n"
                   "      done = function(ok, err) print(tostring(ok) .. ' ' .. tostring(err)) end } end } } }");
  api_harness_load(
      h, "ear",
      "local tg = require 'tidegate' tg.mqtt.subscribe('plant/#', function(t, p) print(t .. ' ' .. p) end) return {}");
  api_harness_put(h, device, "/3303/0/5700", (tg_value_t){.type = TG_TYPE_FLOAT, .f = 21.5});
  mark(h);
  check_said(h, "plant/dev%2F1/3303/0/5700 {\"v\":21.5,\"t\":1700000000.5}");
  api_harness_unload(h, "ear");
  publish(h, "main", "plant/dev%2F1/set", "{\"value\":19}");
  mark(h);
  api_harness_settle(h);
  check_slice(tg_slice_str(h->question), "write /3303/0/5601=float:19");
  api_harness_answer_records(h, NULL, 0);
  check_said(h, "true nil");
  bench_close(bench);
}

static void tables_of_rules_are_stamped_with_rising_numbers(void **state) {
  (void)state;
  bench_t *bench = bench_open(1);
  api_harness_t *h = &bench->h;
  tg_id_t device = api_harness_device(h, "d");
  api_harness_load(h, "s", "return { rules = { { topic = 'j', map = function(rec) return { x = rec.value } end } } }");
  api_harness_load(
      h, "ear",
      "local tg, last = require 'tidegate', 0 tg.mqtt.subscribe('j', function(t, p)\n"
      "  local v = tg.codec.from_json(p) print(v.x, v.gw == tg.gw(), v.seq > last) last = v.seq end) return {}");
  for (int i = 1; i <= 3; i++) api_harness_put(h, device, "/3/0/9", (tg_value_t){.type = TG_TYPE_INTEGER, .i = i});
  mark(h);
  check_said(h, "1\\x09true\\x09true; 2\\x09true\\x09true; 3\\x09true\\x09true");
  check_int(api_harness_status(h, "s").published, 3);
  bench_close(bench);
}

static void a_command_rule_that_can_hear_nothing_is_refused(void **state) {
  (void)state;
  bench_t *bench = bench_open(1);
  static const api_harness_row_t rows[] = {
      {"return { commands = { { topic = 'a', map = print }, { topic = 'a/#/b', map = print } } }",
       "commands[2]: argument: not a topic filter"},
      {"return { commands = { { topic = 'a', map = print, broker = 'nobody' } } }",
       "commands[1]: not_found: no broker is called like that"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    check_rc(api_harness_try(&bench->h, "s", rows[i].code), TG_E_SCRIPT);
    check_slice(tg_slice_str(bench->h.diag.message), rows[i].says);
    check_slice(tg_slice_str(bench->h.diag.file), "s.lua");
  }
  bench_close(bench);
}

static void a_script_can_see_whether_there_is_room(void **state) {
  (void)state;
  bench_t *bench = bench_open(1);
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
  bench_close(bench);
}

static void at_most_256_filters_a_broker(void **state) {
  (void)state;
  bench_t *bench = bench_open(1);
  check_slice(
      tg_slice_str(api_harness_eval(&bench->h, "for i = 1, 256 do assert(tg.mqtt.subscribe('t/' .. i, print)) end\n"
                                               "local ok, err = tg.mqtt.subscribe('t/257', print) say(ok, err.code)\n"
                                               "say(tg.mqtt.subscribe('t/256', print))")),
      "nil; full; true; nil");
  check_slice(tg_slice_str(api_harness_eval(&bench->h, "say(tg.mqtt.subscribe('t/257', print))")), "true; nil");
  bench_close(bench);
}

/* Beside another that does well, also where both are made by the same line of our library. */
static void a_subscription_that_always_fails_is_taken_back(void **state) {
  (void)state;
  static const char *const scripts[] = {
      "local tg = require 'tidegate' return { init = function()\n"
      "tg.mqtt.subscribe('bad', function() error('on purpose') end)\n"
      "tg.mqtt.subscribe('good', function() print('well') end) end }",
      "return { commands = { { topic = 'bad', map = function() error('on purpose') end },\n"
      "{ topic = 'good', map = function() print('well') end } } }",
  };
  for (size_t i = 0; i < TG_COUNT(scripts); i++) {
    bench_t *bench = bench_open(1);
    api_harness_load(&bench->h, "s", "return { version = 'good' }");
    api_harness_load(&bench->h, "s", scripts[i]);
    for (unsigned n = 1; n <= 5; n++) {
      check_int(api_harness_status(&bench->h, "s").failures_in_row, n - 1);
      publish(&bench->h, "main", "bad", "x");
      publish(&bench->h, "main", "good", "x");
      mark(&bench->h);
      if (n < 5) check_said(&bench->h, "well");
    }
    check_slice(tg_slice_str(api_harness_status(&bench->h, "s").version), "good");
    bench_close(bench);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CHECK_EACH(without_a_broker_there_is_a_state_error, names_and_topic_levels_are_exact_inverses,
                 filters_match_topics, misuse_raises_and_bad_topics_are_errors, what_is_published_arrives_as_it_was,
                 retained_messages_say_so, an_ended_subscription_brings_nothing_more, two_scripts_may_share_a_filter,
                 one_script_may_subscribe_twice_and_overlap, a_new_version_takes_subscriptions_over,
                 handlers_are_tasks_and_fail_alone, each_broker_has_its_own_messages, connections_are_told_as_events,
                 rules_and_command_rules_work_together, tables_of_rules_are_stamped_with_rising_numbers,
                 a_command_rule_that_can_hear_nothing_is_refused, a_script_can_see_whether_there_is_room,
                 at_most_256_filters_a_broker, a_subscription_that_always_fails_is_taken_back)};
  if (!mosquitto_harness_found()) {
    puts("SKIP mosquitto is not installed");
    return 77;
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
