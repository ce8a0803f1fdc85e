/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/on_register.c: scripts decide about devices that register; those that fail do not. */

#include "tests/unit/api/api_harness.h"

static const tg_path_t objects[] = {{{3, 0}, 2}, {{3303, 1}, 2}};

/* Asks the scripts about a device called @p ep. */
static tg_server_decision_t decide(api_harness_t *h, const char *ep) {
  static tg_link_t link = {.name = "udp0"};
  const tg_coap_request_t request = {.link = &link};
  const tg_server_candidate_t candidate = {.ep = tg_slice_str(ep),
                                           .identity = tg_slice_str("key-1"),
                                           .request = &request,
                                           .version = TG_VERSION_1_1,
                                           .lifetime_s = 300,
                                           .queue_mode = true,
                                           .objects = objects,
                                           .object_count = TG_COUNT(objects)};
  tg_server_decision_t decision = {.content_format = TG_CF_NONE};
  check_rc(tg_api_on_register(h->api, &candidate, &decision), TG_OK);
  return decision;
}

static void a_script_sees_who_comes_and_says_what_becomes_of_it(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  tg_server_decision_t decision = decide(&h, "a");
  assert_null(decision.refused);
  check_int(decision.ep.len, 0); /* nobody has anything to say */
  api_harness_load(&h, "p",
                   "return { on_register = function(reg)\n"
                   "  print(('%s %s %s %s %s %d %s %s'):format(reg.ep, reg.identity, reg.link, reg.address,\n"
                   "    reg.version, reg.lifetime, reg.queue_mode, table.concat(reg.objects, ' ')))\n"
                   "  if reg.ep == 'bad' then return { admit = false, why = 'not on the list' } end\n"
                   "  if reg.ep == 'odd' then return false, 'odd' end\n"
                   "  return { name = 'hall-' .. reg.ep, tags = { 'plant', 'm:1' }, format = 'tlv', send = false,\n"
                   "    observe = { '/3303', { path = '/3/0/9', pmin = 5, gt = 1.5 } } }\n"
                   "end }");
  decision = decide(&h, "7");
  check_has(api_harness_said(&h), "7 key-1 udp0 nil 1.1 300 true /3/0 /3303/1");
  assert_null(decision.refused);
  check_slice(decision.ep, "hall-7");
  check_slice(decision.tags, "plant m:1");
  check_int(decision.content_format, TG_CF_TLV);
  check_int(decision.send, TG_SERVER_SEND_MUTE);
  check_true(decision.chooses);
  check_int(decision.observe_count, 2);
  check_int(decision.observe[0].path.id[0], 3303);
  assert_string_equal(decision.observe[0].query, "");
  check_int(decision.observe[1].path.len, 3);
  assert_string_equal(decision.observe[1].query, "pmin=5&gt=1.5");
  assert_string_equal(decide(&h, "bad").refused, "not on the list");
  assert_string_equal(decide(&h, "odd").refused, "odd");
  api_harness_unload(&h, "p");
  check_int(decide(&h, "7").ep.len, 0);
  api_harness_close(&h);
}

static void several_scripts_decide_together(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "one", "return { on_register = function(r) return { name = 'one', tags = { 'a' } } end }");
  api_harness_load(&h, "none", "return {}");
  api_harness_load(&h, "two",
                   "return { on_register = function(r)\n"
                   "  if r.ep == 'x' then return { name = 'two', tags = { 'b' } } end\n"
                   "  if r.ep == 'bad' then return false end end }");
  tg_server_decision_t decision = decide(&h, "x");
  check_slice(decision.ep, "two");
  check_slice(decision.tags, "a b");
  check_false(decision.chooses);
  decision = decide(&h, "y"); /* the second has nothing to say about it */
  check_slice(decision.ep, "one");
  check_slice(decision.tags, "a");
  assert_string_equal(decide(&h, "bad").refused, "refused by policy");
  api_harness_close(&h);
}

static void one_that_fails_decides_nothing(void **state) {
  (void)state;
  static const struct {
    const char *body, *why;
  } rows[] = {
      {"error('no list today')", "p.lua:1: no list today"},
      {"return 7", "on_register returns a table, true, false or nothing, not number"},
      {"return { nam = 'x' }", "did you mean \"name\"?"},
      {"return { name = '' }", "name is no text of 1 to 255 bytes"},
      {"return { tags = { 'two words' } }", "tags[1] is no word"},
      {"return { observe = { '/3303/' } }", "observe[1]: the path of an object"},
      {"return { name = 'y', tags = { 'z' }, format = 'yaml' }", "format \"yaml\" is none of tlv json"},
      {"return { format = 'text' }", "format \"text\" is none of"},
      {"while true do end", "instructions"},
      {"return tg.device.list()[1]:read('/3/0/0')", ""},
      {"return { name = ('x'):rep(1e9) }", ""},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char source[256];
    api_harness_t h;
    api_harness_open(&h);
    api_harness_load(&h, "before", "return { on_register = function() return { name = 'b', tags = { 't' } } end }");
    snprintf(source, sizeof source, "local tg = require 'tidegate' return { on_register = function() %s end }",
             rows[i].body);
    api_harness_load(&h, "p", source);
    tg_server_decision_t decision = decide(&h, "a");
    assert_null(decision.refused); /* taken as it is, with what the others said */
    check_slice(decision.ep, "b");
    check_slice(decision.tags, "t");
    check_int(decision.content_format, TG_CF_NONE);
    tg_api_status_t status = api_harness_status(&h, "p");
    check_int(status.failures_in_row, 1);
    check_has(status.last_error, rows[i].why);
    api_harness_close(&h);
  }
}

/* The api of the harness in place of one that turns away. */
static void open_strict(api_harness_t *h) {
  api_harness_open(h);
  tg_api_free(h->api);
  const tg_api_config_t config = {.gateway_name = "gw", .refuses_on_error = true};
  h->api = tg_api_new(&config);
  const tg_api_parts_t parts = {.loop = h->loop, .twin = h->twin, .events = h->events, .registry = h->registry};
  tg_api_attach(h->api, &parts);
}

static void where_that_is_wanted_nobody_comes_in_without_a_decision(void **state) {
  (void)state;
  api_harness_t h;
  open_strict(&h);
  assert_null(decide(&h, "a").refused); /* there is no policy */
  api_harness_load(&h, "p",
                   "return { on_register = function(r) if r.ep ~= 'good' then error('x') end end,\n"
                   "  version = '1' }");
  assert_null(decide(&h, "good").refused);
  for (int i = 0; i < 5; i++) assert_string_equal(decide(&h, "a").refused, "the policy failed");
  api_harness_settle(&h);
  api_harness_pass(&h, 10);
  check_int(api_harness_status(&h, "p").state, TG_API_DISABLED);
  assert_string_equal(decide(&h, "good").refused, "the policy failed"); /* switched off is not agreed */
  api_harness_load(&h, "p", "return {}");                               /* a new one without a policy is */
  assert_null(decide(&h, "a").refused);
  api_harness_close(&h);
}

static void tags_have_an_end(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  static const char source[] = "local list = {} for i = 1, 3 do list[i] = ('%c'):rep(60) .. i end\n"
                               "return { on_register = function() return { tags = list } end }";
  char text[256];
  snprintf(text, sizeof text, source, 'a');
  api_harness_load(&h, "one", text);
  snprintf(text, sizeof text, source, 'b');
  api_harness_load(&h, "two", text);
  tg_server_decision_t decision = decide(&h, "x");
  check_int(decision.tags.len, 3 * 61 + 2); /* those of the first; the second failed */
  check_has(api_harness_status(&h, "two").last_error, "tags are longer than 255 bytes together");
  api_harness_close(&h);
}

CHECK_SUITE(a_script_sees_who_comes_and_says_what_becomes_of_it, several_scripts_decide_together,
            one_that_fails_decides_nothing, where_that_is_wanted_nobody_comes_in_without_a_decision, tags_have_an_end)
