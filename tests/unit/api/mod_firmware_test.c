/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/mod_firmware.c, lua_firmware.c and on_firmware.c, over updates that go as the test says. */

#include "tests/unit/api/api_harness.h"
#include "tests/unit/firmware/firmware_fake.h"

static tg_campaigns_t *campaigns;

/* An api that has updates; the harness's own goes. */
static void open_all(api_harness_t *h) {
  api_harness_open(h);
  api_harness_bare(h);
  tg_api_free(h->api);
  fake = (tg_firmware_t){.has_image = true};
  check_rc(tg_campaigns_open(&fake, h->twin, tg_loop_wheel(h->loop), NULL, &campaigns), TG_OK);
  const tg_api_config_t config = {.gateway_name = "gw 1"};
  h->api = tg_api_new(&config);
  assert_non_null(h->api);
  const tg_api_parts_t parts = {.loop = h->loop,
                                .twin = h->twin,
                                .events = h->events,
                                .registry = h->registry,
                                .firmware = &fake,
                                .campaigns = campaigns};
  tg_api_attach(h->api, &parts);
}

static void close_all(api_harness_t *h) {
  tg_api_free(h->api);
  h->api = NULL;
  tg_campaigns_close(campaigns);
  for (size_t i = 0; i < FAKE_LISTENERS; i++) assert_null(fake.fn[i]);
  api_harness_close(h);
}

static void images_are_listed_added_and_removed(void **state) {
  (void)state;
  api_harness_t h;
  open_all(&h);
  static const api_harness_row_t rows[] = {
      {"local i = tg.firmware.images()[1] say(i.name, i.version, i.size, i.sha256:sub(1, 4), #i.sha256, i.added, i.users)",
       "fw2; 2.0; 2048; ab00; 64; 1700000000.0; 1"},
      {"say(tg.firmware.remove('fw2'), #tg.firmware.images())", "true; 0"},
      {"say(select(2, tg.firmware.remove('fw9')).code)", "not_found"},
  };
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  fake.del_rc = TG_E_STATE;
  static const api_harness_row_t failing[] = {
      {"local ok, err = tg.firmware.remove('fw2') say(ok, err.code)", "nil; state"},
  };
  api_harness_check_rows(&h, failing, TG_COUNT(failing));
  close_all(&h);
}

/* Lua: a script whose init() is @p body. */
static void run(api_harness_t *h, const char *body) {
  char source[512];
  snprintf(source, sizeof source, "local tg = require('tidegate')\nreturn { init = function() %s end }", body);
  api_harness_load(h, "s", source);
  api_harness_settle(h);
}

static void a_script_waits_for_its_image_or_is_called(void **state) {
  (void)state;
  api_harness_t h;
  open_all(&h);
  run(&h, "print('got ' .. tostring(tg.firmware.add { file = '/tmp/x.bin', name = 'fw3', version = '3' }))");
  assert_string_equal(fake.added, "fw3 3 /tmp/x.bin");
  check_said(&h, "");
  check_true(fake_added());
  check_said(&h, "got true");
  api_harness_unload(&h, "s");
  run(&h, "tg.firmware.add({ file = 'f', name = 'n' }, function(ok, err) print('called ' .. tostring(ok)) end)");
  check_true(fake_added());
  check_said(&h, "called true");
  api_harness_unload(&h, "s");
  fake.add_rc = TG_E_IO;
  run(&h, "local ok, err = tg.firmware.add { file = 'f', name = 'n' } print(err.code .. ': ' .. err.message)");
  check_true(fake_added());
  check_said(&h, "io: the fake refuses it");
  api_harness_unload(&h, "s");
  run(&h, "tg.firmware.add { file = 'f', name = 'n' }");
  api_harness_unload(&h, "s"); /* the script goes while its image is copied */
  check_false(fake_added());
  run(&h, "tg.firmware.add({ file = 'f', name = 'n' }, print)");
  close_all(&h);
  check_false(fake_added());
}

static void an_update_is_begun_with_everything_that_was_asked(void **state) {
  (void)state;
  api_harness_t h;
  open_all(&h);
  static const api_harness_row_t rows[] = {
      {"say(tg.firmware.update { ep = 'd', image = 'fw2', method = 'push', hold = true, force = true, severity = 1, "
       "defer = 60, expiry = 3600, tag = 'T' })",
       "1"}};
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  check_int(fake.last.method, TG_FW_PUSH);
  check_true(fake.last.hold && fake.last.force);
  check_int(fake.last.severity, 1);
  check_true(fake.last.defer_s == 60);
  check_int(fake.last.expiry_s, 3600);
  check_int(fake.last.campaign.len, 0);
  static const api_harness_row_t plain[] = {{"say(tg.firmware.update { ep = 'e', image = 'fw2' })", "2"}};
  api_harness_check_rows(&h, plain, TG_COUNT(plain));
  check_int(fake.last.method, TG_FW_AUTO);
  check_int(fake.last.severity, -1);
  check_true(fake.last.defer_s == -1);
  check_false(fake.last.hold || fake.last.force);
  static const api_harness_row_t status[] = {
      {"local u = tg.firmware.status('d') say(u.id, u.ep, u.image, u.state, u.method, u.cause, u.tag, u.sent, u.total, u.result, "
       "u.link, u.changed)",
       "1; d; fw2; waiting; push; it begins; T; 0; 2048; nil; nil; 1700000000.25"},
      {"say(tg.firmware.status(2).ep, tg.firmware.status('x'), tg.firmware.status(99))", "e; nil; nil"},
      {"local l = tg.firmware.list() say(#l, l[1].ep, l[2].ep)", "2; e; d"},
      {"say(select(2, tg.firmware.apply('d')).message)", "the update is waiting"},
      {"say(tg.firmware.cancel('d'), tg.firmware.cancel(2))", "true; true"},
      {"say(select(2, tg.firmware.cancel('d')).code, select(2, tg.firmware.cancel('x')).code)", "state; not_found"},
  };
  api_harness_check_rows(&h, status, TG_COUNT(status));
  close_all(&h);
}

static void what_the_core_refuses_comes_back_as_an_error(void **state) {
  (void)state;
  api_harness_t h;
  open_all(&h);
  static const api_harness_row_t row[] = {
      {"local id, err = tg.firmware.update { ep = 'd', image = 'fw2' } say(id, err.code, err.update)",
       "nil; exists; 77"}};
  fake.refuse = TG_E_EXISTS;
  api_harness_check_rows(&h, row, 1);
  static const api_harness_row_t image[] = {
      {"local id, err = tg.firmware.update { ep = 'd', image = 'fw2' } say(id, err, err.update)",
       "nil; not_found: no image of this name; nil"}};
  fake.refuse = TG_E_NOT_FOUND;
  api_harness_check_rows(&h, image, 1);
  close_all(&h);
}

static void misuse_raises_and_says_what_is_meant(void **state) {
  (void)state;
  api_harness_t h;
  open_all(&h);
  static const api_harness_row_t rows[] = {
      {"tg.firmware.update 'd'", "table expected"},
      {"tg.firmware.update { image = 'fw2' }", "ep is missing"},
      {"tg.firmware.update { ep = 'd' }", "image is missing"},
      {"tg.firmware.update { ep = 7, image = 'fw2' }", "ep is text"},
      {"tg.firmware.update { ep = 'd\\0e', image = 'fw2' }", "ep has a NUL in it"},
      {"tg.firmware.update { ep = 'd', image = 'fw2', metod = 'push' }", "did you mean \"method\"?"},
      {"tg.firmware.update { ep = 'd', image = 'fw2', method = 'pull' }",
       "method is push, pull-coap, pull-http or auto"},
      {"tg.firmware.update { ep = 'd', image = 'fw2', severity = 3 }", "severity is a whole number from 0 to 2"},
      {"tg.firmware.update { ep = 'd', image = 'fw2', defer = -1 }", "defer is a whole number"},
      {"tg.firmware.update { ep = 'd', image = 'fw2', hold = 1 }", "hold is true or false"},
      {"tg.firmware.add { name = 'x' }", "file is missing"},
      {"tg.firmware.remove()", "string"},
      {"tg.firmware.status {}", "string"},
      {"tg.firmware.campaign { name = 'c', image = 'fw2', limits = { nb = 0 } }", "limits gives up to 8 links"},
      {"tg.firmware.campaign { name = 'c', image = 'fw2', limits = { 4 } }", "limits gives up to 8 links"},
      {"tg.firmware.campaign { name = 'c', image = 'fw2', limits = 'nb' }", "limits gives up to 8 links"},
      {"tg.firmware.campaign { name = 'c', image = 'fw2', stop_percent = 101 }",
       "stop_percent is a whole number from 0 to 100"},
      {"tg.firmware.campaign { name = 'c' }", "image is missing"},
  };
  api_harness_check_parts(&h, rows, TG_COUNT(rows));
  check_int(fake.count, 0);
  close_all(&h);
}

static void a_campaign_is_begun_steered_and_listed(void **state) {
  (void)state;
  api_harness_t h;
  open_all(&h);
  static const api_harness_row_t rows[] = {
      {"say(tg.firmware.campaign { name = 'c', image = 'fw2', ep = 'm*', link = 'nb', manufacturer = 'A', model = 'M', "
       "from_version = '1.*', method = 'push', severity = 2, defer = 5, wave = 10, growth = 50, parallel = 3, stop_failures = 4, "
       "stop_percent = 20, expiry = 600, limits = { nb = 2 } })",
       "true"},
      {"local c = tg.firmware.campaigns()[1] say(c.name, c.image, c.state, c.wave, c.running, c.left)",
       "c; fw2; running; 0; 0; 0"},
      {"local s = tg.firmware.campaigns()[1].spec say(s.ep, s.link, s.manufacturer, s.model, s.from_version, s.method, s.severity, "
       "s.defer, s.wave, s.growth, s.parallel, s.stop_failures, s.stop_percent, s.expiry, s.limits.nb)",
       "m*; nb; A; M; 1.*; push; 2; 5; 10; 50; 3; 4; 20; 600; 2"},
      {"say(tg.firmware.pause('c'), tg.firmware.campaigns()[1].state)", "true; paused"},
      {"say(select(2, tg.firmware.pause('c')).message)", "the campaign is paused"},
      {"say(tg.firmware.resume('c'), tg.firmware.stop('c'), tg.firmware.campaigns()[1].state)",
       "true; true; cancelled"},
      {"say(select(2, tg.firmware.stop('x')).code)", "not_found"},
      {"say(select(2, tg.firmware.campaign { name = 'c', image = 'fw2' }).code)", "exists"},
      {"say(select(2, tg.firmware.campaign { name = 'a/b', image = 'fw2' }).message)",
       "a campaign's name has 1 to 64 letters, digits, dots, dashes and underscores"},
      {"say(tg.firmware.campaign { name = 'least', image = 'fw2' }) local s = tg.firmware.campaigns()[1].spec "
       "say(s.ep, s.severity, s.wave, s.limits, s.method)",
       "true; nil; nil; nil; nil; auto"},
  };
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  close_all(&h);
}

static const char LISTENER[] =
    "local function tell(...) local t = table.pack(...) for i = 1, t.n do t[i] = tostring(t[i]) end print(table.concat(t, ' ')) end\n"
    "return { events = { firmware = function(dev, info) tell(dev and dev.ep or 'nobody', info.ep, info.state, info.time, info.tag) end,\n"
    "  campaign = function(dev, info) tell(dev, info.name, info.state, info.spec.method) end } }";

static void what_happens_is_told_to_scripts_that_want_it(void **state) {
  (void)state;
  api_harness_t h;
  open_all(&h);
  api_harness_device(&h, "d");
  api_harness_load(&h, "deaf", "return { events = { registered = print } }");
  api_harness_load(&h, "s", LISTENER);
  tg_fw_request_t request = {.ep = tg_slice_str("d"), .image = tg_slice_str("fw2"), .tag = tg_slice_str("T")};
  uint64_t id;
  check_rc(tg_firmware_update(&fake, &request, &id), TG_OK);
  fake_set("d", TG_FW_TRANSFERRING);
  check_said(&h, "d d transferring 1700000000.25 T");
  request.ep = tg_slice_str("unknown");
  check_rc(tg_firmware_update(&fake, &request, &id), TG_OK);
  fake_set("unknown", TG_FW_DONE);
  check_said(&h, "nobody unknown done 1700000000.25 T");
  const tg_campaign_spec_t spec = {.name = "c", .image = "fw2", .severity = -1, .defer_s = -1};
  check_rc(tg_campaigns_start(campaigns, &spec, NULL), TG_OK);
  api_harness_wait_said(&h, "nil c done auto");
  check_said(&h, "nil c done auto");
  api_harness_unload(&h, "s");
  fake_set("unknown", TG_FW_DONE);
  check_said(&h, "");
  close_all(&h);
}

static void a_script_hears_of_what_it_did_itself(void **state) {
  (void)state;
  api_harness_t h;
  open_all(&h);
  api_harness_load(
      &h, "s",
      "local tg = require 'tidegate' return { init = function() tg.firmware.update { ep = 'd', image = 'fw2' } end,\n"
      "  events = { firmware = function(_, info) print(info.state) end,\n"
      "  registered = function(dev) print(tg.firmware.cancel(dev.ep)) end } }");
  api_harness_device(&h, "d");
  api_harness_wait_said(&h, "cancelled; true");
  close_all(&h);
}

static void without_updates_everything_says_so(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  static const api_harness_row_t rows[] = {
      {"say(#tg.firmware.images(), #tg.firmware.list(), #tg.firmware.campaigns(), tg.firmware.status('d'))",
       "0; 0; 0; nil"},
      {"say(select(2, tg.firmware.update { ep = 'd', image = 'i' }))", "state: this gateway does no firmware updates"},
      {"say(select(2, tg.firmware.add { file = 'f', name = 'i' }).code)", "state"},
      {"say(select(2, tg.firmware.remove('i')).code)", "state"},
      {"say(select(2, tg.firmware.campaign { name = 'c', image = 'i' }).code)", "state"},
      {"say(select(2, tg.firmware.pause('c')).code)", "state"},
      {"say(select(2, tg.firmware.apply('d')).code, select(2, tg.firmware.cancel(1)).code)", "not_found; not_found"},
  };
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

CHECK_SUITE(images_are_listed_added_and_removed, a_script_waits_for_its_image_or_is_called,
            an_update_is_begun_with_everything_that_was_asked, what_the_core_refuses_comes_back_as_an_error,
            misuse_raises_and_says_what_is_meant, a_campaign_is_begun_steered_and_listed,
            what_happens_is_told_to_scripts_that_want_it, a_script_hears_of_what_it_did_itself,
            without_updates_everything_says_so)
