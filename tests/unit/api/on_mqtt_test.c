/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/on_mqtt.c: subscriptions of scripts and command rules, their handlers, and connections as events; against real brokers. */

#include "core/base/clock.h"
#include "tests/unit/api/api_mqtt_harness.h"

static void an_ended_subscription_brings_nothing_more(void **state) {
  (void)state;
  api_mqtt_t *bench = api_mqtt_open(1);
  api_harness_load(&bench->h, "s",
                   "local tg = require 'tidegate' local n = 0\n"
                   "tg.mqtt.subscribe('a', function(t, p) n = n + 1 print('a' .. p)\n"
                   "  if n == 2 then print(tg.mqtt.unsubscribe('a')) end end)\n" /* from inside its own call */
                   "tg.mqtt.subscribe('b', function(t, p) print('b' .. p) end) return {}");
  for (int i = 1; i <= 3; i++) {
    char payload[2] = {(char)('0' + i), 0};
    api_mqtt_publish(&bench->h, "main", "a", payload);
    api_mqtt_publish(&bench->h, "main", "b", payload);
  }
  api_mqtt_mark(&bench->h);
  check_said(&bench->h, "a1; b1; a2; true; b2; b3");
  api_mqtt_close(bench);
}

static void two_scripts_may_share_a_filter(void **state) {
  (void)state;
  static const char SOURCE[] = "local tg = require 'tidegate' tg.mqtt.subscribe('t/+', function(t, p, info)\n"
                               "  print('%s' .. p .. ' ' .. info.qos) end, { qos = %d }) return {}";
  api_mqtt_t *bench = api_mqtt_open(1);
  char source[256];
  snprintf(source, sizeof source, SOURCE, "a", 2);
  api_harness_load(&bench->h, "a", source);
  snprintf(source, sizeof source, SOURCE, "b", 0);
  api_harness_load(&bench->h, "b", source);
  api_mqtt_publish(&bench->h, "main", "t/x", "1");
  api_mqtt_mark(&bench->h);
  check_said(&bench->h, "a1 2; b1 2"); /* what the most careful of them asked for */
  api_harness_unload(&bench->h, "b");
  api_mqtt_publish(&bench->h, "main", "t/x", "2");
  api_mqtt_mark(&bench->h);
  check_said(&bench->h, "a2 2");
  api_harness_load(&bench->h, "b", source);
  api_harness_unload(&bench->h, "a");
  api_mqtt_publish(&bench->h, "main", "t/x", "3");
  api_mqtt_mark(&bench->h);
  check_has(api_harness_said(&bench->h), "b3");
  api_harness_unload(&bench->h, "b");
  api_mqtt_publish(&bench->h, "main", "t/x", "4");
  api_mqtt_mark(&bench->h);
  check_said(&bench->h, "");
  tg_mqtt_stats_t stats;
  tg_mqtt_stats(bench->h.mqtt, 0, &stats);
  uint64_t received = stats.received;
  api_mqtt_publish(&bench->h, "main", "t/x", "5");
  api_mqtt_mark(&bench->h);
  tg_mqtt_stats(bench->h.mqtt, 0, &stats);
  check_int(stats.received - received, 1); /* the mark: the broker sends the others no more */
  api_mqtt_close(bench);
}

static void one_script_may_subscribe_twice_and_overlap(void **state) {
  (void)state;
  api_mqtt_t *bench = api_mqtt_open(1);
  api_harness_load(
      &bench->h, "s",
      "local tg = require 'tidegate' for i = 1, 2 do tg.mqtt.subscribe('t/x', function(t, p) print(i .. p) end) end\n"
      "return { events = { updated = function() tg.mqtt.unsubscribe('t/x') end } }");
  api_mqtt_publish(&bench->h, "main", "t/x", "m");
  api_mqtt_mark(&bench->h);
  check_said(&bench->h, "1m; 2m");
  const tg_event_t event = {.type = TG_EVENT_UPDATED, .ep = tg_slice_str("x")};
  api_harness_emit(&bench->h, &event);
  api_mqtt_publish(&bench->h, "main", "t/x", "n");
  api_mqtt_mark(&bench->h);
  check_said(&bench->h, ""); /* both */
  api_mqtt_close(bench);
}

static void a_new_version_takes_subscriptions_over(void **state) {
  (void)state;
  api_mqtt_t *bench = api_mqtt_open(1);
  for (int i = 1; i <= 3; i++) {
    char source[256], payload[8], want[32];
    snprintf(source, sizeof source,
             "require('tidegate').mqtt.subscribe('t', function(t, p) print('v%d ' .. p) end) return {}", i);
    api_harness_load(&bench->h, "s", source);
    snprintf(payload, sizeof payload, "m%d", i);
    snprintf(want, sizeof want, "v%d m%d", i, i);
    api_mqtt_publish(&bench->h, "main", "t", payload);
    api_mqtt_mark(&bench->h);
    check_said(&bench->h, want);
  }
  api_mqtt_close(bench);
}

static void handlers_are_tasks_and_fail_alone(void **state) {
  (void)state;
  api_mqtt_t *bench = api_mqtt_open(1);
  api_harness_t *h = &bench->h;
  api_harness_device(h, "d");
  api_harness_load(h, "bad", "require('tidegate').mqtt.subscribe('t', function()\nerror('bad handler') end) return {}");
  api_harness_load(h, "good",
                   "local tg = require 'tidegate' tg.mqtt.subscribe('t', function(t, p) print('good ' .. p)\n"
                   "print(tg.device.find('d'):read('/3/0/0')) end) return {}");
  for (int i = 0; i < 5; i++) api_mqtt_publish(h, "main", "t", "x");
  api_mqtt_mark(h);
  api_harness_settle(h);
  check_said(h, "good x; good x; good x; good x; good x");
  check_int(api_harness_status(h, "bad").state, TG_API_DISABLED);
  check_has(h->error, "bad.lua:2: bad handler");
  const tg_record_t record = {.path = tg_path(3, 3, 0, 0),
                              .value = {.type = TG_TYPE_STRING, .s = tg_slice_str("answer")}};
  api_harness_answer_records(h, &record, 1);
  check_said(h, "answer");
  api_mqtt_publish(h, "main", "t", "y"); /* for a script that is disabled and one that waits */
  api_mqtt_mark(h);
  check_said(h, "good y");
  api_mqtt_close(bench);
}

static void each_broker_has_its_own_messages(void **state) {
  (void)state;
  api_mqtt_t *bench = api_mqtt_open(2);
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
  api_mqtt_mark(h);
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
  api_mqtt_close(bench);
}

static void connections_are_told_as_events(void **state) {
  (void)state;
  api_mqtt_t *bench = api_mqtt_open(1);
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
  api_mqtt_close(bench);
}

static void rules_and_command_rules_work_together(void **state) {
  (void)state;
  api_mqtt_t *bench = api_mqtt_open(1);
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
  api_mqtt_mark(h);
  check_said(h, "plant/dev%2F1/3303/0/5700 {\"v\":21.5,\"t\":1700000000.5}");
  api_harness_unload(h, "ear");
  api_mqtt_publish(h, "main", "plant/dev%2F1/set", "{\"value\":19}");
  api_mqtt_mark(h);
  api_harness_settle(h);
  check_slice(tg_slice_str(h->question), "write /3303/0/5601=float:19");
  api_harness_answer_records(h, NULL, 0);
  check_said(h, "true nil");
  api_mqtt_close(bench);
}

static void a_command_rule_that_can_hear_nothing_is_refused(void **state) {
  (void)state;
  api_mqtt_t *bench = api_mqtt_open(1);
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
  api_mqtt_close(bench);
}

static void at_most_256_filters_a_broker(void **state) {
  (void)state;
  api_mqtt_t *bench = api_mqtt_open(1);
  check_slice(
      tg_slice_str(api_harness_eval(&bench->h, "for i = 1, 256 do assert(tg.mqtt.subscribe('t/' .. i, print)) end\n"
                                               "local ok, err = tg.mqtt.subscribe('t/257', print) say(ok, err.code)\n"
                                               "say(tg.mqtt.subscribe('t/256', print))")),
      "nil; full; true; nil");
  check_slice(tg_slice_str(api_harness_eval(&bench->h, "say(tg.mqtt.subscribe('t/257', print))")), "true; nil");
  api_mqtt_close(bench);
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
    api_mqtt_t *bench = api_mqtt_open(1);
    api_harness_load(&bench->h, "s", "return { version = 'good' }");
    api_harness_load(&bench->h, "s", scripts[i]);
    for (unsigned n = 1; n <= 5; n++) {
      check_int(api_harness_status(&bench->h, "s").failures_in_row, n - 1);
      api_mqtt_publish(&bench->h, "main", "bad", "x");
      api_mqtt_publish(&bench->h, "main", "good", "x");
      api_mqtt_mark(&bench->h);
      if (n < 5) check_said(&bench->h, "well");
    }
    check_slice(tg_slice_str(api_harness_status(&bench->h, "s").version), "good");
    api_mqtt_close(bench);
  }
}

API_MQTT_SUITE(an_ended_subscription_brings_nothing_more, two_scripts_may_share_a_filter,
               one_script_may_subscribe_twice_and_overlap, a_new_version_takes_subscriptions_over,
               handlers_are_tasks_and_fail_alone, each_broker_has_its_own_messages, connections_are_told_as_events,
               rules_and_command_rules_work_together, a_command_rule_that_can_hear_nothing_is_refused,
               at_most_256_filters_a_broker, a_subscription_that_always_fails_is_taken_back)
