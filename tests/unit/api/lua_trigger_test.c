/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/lua_trigger.c, and what lua_command.c asks before it submits: what scripts ask of LwM2M devices by name. */

#include "tests/unit/api/api_harness.h"

static const char PRELUDE[] =
    "local d = tg.device.find('d') local function code(v, err) return v and tostring(v) or err.code .. ' ' .. err.message end ";

static const char *eval(api_harness_t *h, const char *code) {
  char text[1024];
  h->question[0] = 0;
  snprintf(text, sizeof text, "%s%s", PRELUDE, code);
  return api_harness_eval(h, text);
}

static void each_name_is_a_command_to_object_1(void **state) {
  (void)state;
  static const struct {
    const char *call, *submit, *question;
  } rows[] = {
      {"trigger(print)", "op = 'trigger'", "execute /1/0/8"},
      {"trigger({ transport = 'U' }, print)", "op = 'trigger', transport = 'U'", "execute /1/0/8 text=0='U'"},
      {"trigger({ transport = 'n', instance = 2 }, print)", "op = 'trigger', transport = 'N', instance = 2",
       "execute /1/2/8 text=0='N'"},
      {"trigger(nil, print)", "op = 'trigger'", "execute /1/0/8"},
      {"bootstrap(print)", "op = 'bootstrap'", "execute /1/0/9"},
      {"disable(print)", "op = 'disable'", "execute /1/0/4"},
      {"disable({ seconds = 60 }, print)", "op = 'disable', seconds = 60", "execute /1/0/4 /1/0/5=integer:60"},
      {"prefer('U', print)", "op = 'prefer', transport = 'U'", "write /1/0/22=string:U"},
      {"prefer('u', { instance = 2 }, print)", "op = 'prefer', transport = 'u', instance = 2",
       "write /1/2/22=string:U"},
      {"mute(true, print)", "op = 'mute', value = true", "write /1/0/23=boolean:true"},
      {"mute(false, { timeout = 5 }, print)", "op = 'mute', value = false, timeout = 5", "write /1/0/23=boolean:false"},
  };
  for (size_t i = 0; i < TG_COUNT(rows) * 2; i++) {
    api_harness_t h;
    char code[256];
    api_harness_open(&h);
    api_harness_lwm2m(&h, "d", TG_VERSION_1_1);
    if (i % 2) snprintf(code, sizeof code, "say(math.type(d:submit { %s }))", rows[i / 2].submit);
    else snprintf(code, sizeof code, "say(d:%s)", rows[i / 2].call);
    char source[512];
    snprintf(source, sizeof source,
             "local tg = require 'tidegate' local d = tg.device.find('d') local say = print %s return {}", code);
    api_harness_load(&h, "s", source);
    api_harness_settle(&h);
    check_said(&h, i % 2 ? "integer" : "true");
    if (strcmp(h.question, rows[i / 2].question) != 0) print_error("%s\n", code);
    check_slice(tg_slice_str(h.question), rows[i / 2].question);
    api_harness_close(&h);
  }
}

static void options_of_commands_go_along(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_lwm2m(&h, "d", TG_VERSION_1_1);
  api_harness_load(&h, "s",
                   "local d = require('tidegate').device.find('d')\n"
                   "d:trigger({ transport = 'U', timeout = 77, priority = 3, tag = 'mine' },\n"
                   "  function(ok, err) print(ok, err) end) return {}");
  api_harness_settle(&h);
  check_int(h.asked.timeout_s, 77);
  check_int(h.asked.priority, 3);
  check_has(h.question, "tag=mine");
  const tg_command_result_t result = {.state = TG_COMMAND_DONE, .code = 0x44};
  api_harness_answer(&h, &result);
  check_said(&h, "true\\x09nil");
  api_harness_close(&h);
}

static void in_a_task_a_trigger_waits_and_returns(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_lwm2m(&h, "d", TG_VERSION_1_1);
  api_harness_load(&h, "s",
                   "local tg = require 'tidegate'\n"
                   "tg.timer.task(function() local ok, err = tg.device.find('d'):trigger { transport = 'U' }\n"
                   "  print(ok, err.code, err.coap) end) return {}");
  api_harness_settle(&h);
  const tg_command_result_t result = {.state = TG_COMMAND_FAILED, .rc = TG_E_PEER, .code = 0x80};
  api_harness_answer(&h, &result);
  check_said(&h, "nil\\x09peer_error\\x094.00");
  api_harness_close(&h);
}

static void misuse_raises_and_names_the_cure(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"d:trigger({ transport = 'X' }, print)", "transport is one of \"U\", \"T\", \"S\", \"N\", \"M\", \"H\""},
      {"d:trigger({ transport = 'UQ' }, print)", "transport is one of"},
      {"d:trigger({ transport = 5 }, print)", "transport is one of"},
      {"d:trigger({ transprot = 'U' }, print)", "option \"transprot\" is not known, did you mean \"transport\"?"},
      {"d:trigger({ seconds = 5 }, print)", "seconds are for disable"},
      {"d:trigger({ instance = -1 }, print)", "instance is a whole number from 0 to 65534"},
      {"d:trigger({ instance = 1.5 }, print)", "instance is a whole number"},
      {"d:trigger('U', print)", "bad argument"},
      {"d:trigger(7)", "bad argument"},
      {"d:disable({ seconds = 0 }, print)", "seconds are a whole number from 1"},
      {"d:disable({ seconds = 1.5 }, print)", "seconds are a whole number"},
      {"d:disable({ transport = 'U' }, print)", "transport is for trigger and prefer"},
      {"d:prefer(print)", "transport is one of"},
      {"d:prefer({}, print)", "transport is one of"},
      {"d:mute(print)", "mute takes true or false"},
      {"d:mute(nil, print)", "mute takes true or false"},
      {"d:mute(1, print)", "mute takes true or false"},
      {"d:submit { op = 'mute' }", "mute takes true or false"},
      {"d:submit { op = 'trigger', path = '/1/0/8' }", "submit: trigger takes no path"},
      {"d:submit { op = 'disable', args = 'x' }", "submit: disable takes no args"},
      {"d:submit { op = 'read', path = '/3', transport = 'U' }", "submit: read takes no transport"},
      {"d:submit { op = 'triger' }", "submit: op \"triger\" is not known"},
      {"d:discover('/3', { depth = 4 }, print)", "depth is a whole number from 0 to 3"},
      {"d:discover('/3', { depth = '1' }, print)", "depth is a whole number from 0 to 3"},
      {"d:read('/3', { depth = 1 }, print)", "depth is for discover"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_lwm2m(&h, "d", TG_VERSION_1_1);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    const char *said = eval(&h, rows[i].code);
    if (!strstr(said, rows[i].says)) fail_msg("%s\nsays %s\nnot  %s", rows[i].code, said, rows[i].says);
    check_int(h.started, 0);
  }
  api_harness_close(&h);
}

static void what_a_device_can_t_do_fails_before_it_is_asked(void **state) {
  (void)state;
  static const struct {
    tg_version_t version;
    const char *code, *says;
  } rows[] = {
      {TG_VERSION_1_0, "say(code(d:trigger({ transport = 'U' }, print)))",
       "unsupported trigger with a transport is new in LwM2M 1.1"},
      {TG_VERSION_1_0, "say(code(d:mute(false, print)))", "unsupported mute is new in LwM2M 1.1"},
      {TG_VERSION_1_1, "say(code(d:trigger({ instance = 1 }, print)))", "not_found the device does not announce /1/1"},
      {TG_VERSION_1_1, "say(code(d:discover('/3', { depth = 1 }, print)))",
       "unsupported depth is new in LwM2M 1.2; the device speaks 1.1"},
      {TG_VERSION_1_1, "say(code(d:delete('/3/0/6/0', print)))", "unsupported deleting a resource instance"},
      {TG_VERSION_1_1, "say(code(d:delete('/3/0/6', print)))", "argument a resource can't be deleted"},
      {TG_VERSION_1_1, "say(code(d:read('/0/0', print)))", "denied object 0 holds security data"},
      {TG_VERSION_1_1, "say(code(d:read_composite({ '/21/0' }, print)))", "denied object 21 holds security data"},
      {TG_VERSION_1_1, "say(code(d:attributes('/3303/0', { gt = 5 }, print)))",
       "argument gt is for a resource that is a number"},
      {TG_VERSION_1_1, "say(code(d:attributes('/3303/0', { pmin = 9, pmax = 5 }, print)))",
       "argument pmax must not be less than pmin"},
      {TG_VERSION_1_0, "say(code(d:attributes('/3303/0', { epmin = 9 }, print)))",
       "unsupported epmin is new in LwM2M 1.1"},
      {TG_VERSION_1_1, "say(code(d:submit { op = 'attributes', path = '/3303/0', attributes = { con = 1 } }))",
       "unsupported con is new in LwM2M 1.2"},
      {TG_VERSION_1_1, "say(code(d:submit { op = 'discover', path = '/3', depth = 2 }))",
       "unsupported depth is new in LwM2M 1.2"},
      {TG_VERSION_1_1, "say(code(d:submit { op = 'trigger', instance = 9 }))",
       "not_found the device does not announce /1/9"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    api_harness_t h;
    api_harness_open(&h);
    api_harness_lwm2m(&h, "d", rows[i].version);
    const char *said = eval(&h, rows[i].code);
    if (!strstr(said, rows[i].says)) fail_msg("%s\nsays %s\nnot  %s", rows[i].code, said, rows[i].says);
    check_int(h.started, 0);
    api_harness_close(&h);
  }
}

static void depth_reaches_a_device_that_knows_it(void **state) {
  (void)state;
  static const char *const calls[] = {"d:discover('/3', { depth = 2 }, print)",
                                      "d:submit { op = 'discover', path = '/3', depth = 2 }"};
  for (size_t i = 0; i < TG_COUNT(calls); i++) {
    api_harness_t h;
    char source[256];
    api_harness_open(&h);
    api_harness_lwm2m(&h, "d", TG_VERSION_OF(1, 2));
    snprintf(source, sizeof source, "local d = require('tidegate').device.find('d') %s return {}", calls[i]);
    api_harness_load(&h, "s", source);
    api_harness_settle(&h);
    check_slice(tg_slice_str(h.question), "discover /3 text=depth=2");
    api_harness_close(&h);
  }
}

static void a_device_that_is_gone_or_speaks_no_lwm2m_says_so(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  check_has(eval(&h, "say(code(d:trigger(print)))"), "unsupported trigger is for LwM2M devices");
  check_has(eval(&h, "say(code(d:submit { op = 'mute', value = true }))"), "unsupported mute is for LwM2M devices");
  api_harness_close(&h);
}

CHECK_SUITE(each_name_is_a_command_to_object_1, options_of_commands_go_along, in_a_task_a_trigger_waits_and_returns,
            misuse_raises_and_names_the_cure, what_a_device_can_t_do_fails_before_it_is_asked,
            depth_reaches_a_device_that_knows_it, a_device_that_is_gone_or_speaks_no_lwm2m_says_so)
