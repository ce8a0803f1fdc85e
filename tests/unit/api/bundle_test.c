/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/bundle.c: which failures are in a row. Loading and replacing are in api_test.c, what comes of failures in bundle_mend_test.c. */

#include "bindings/api/bundle.h"

#include "tests/unit/api/api_harness.h"

/* What does well beside it, and calls that have nothing to do, don't excuse a rule that never does. */
static void a_rule_that_always_fails_beside_others_is_taken_back(void **state) {
  (void)state;
  static const char *const worst[] = {"error('on purpose')", "while true do end",
                                      "while true do pcall(function() while true do end end) end",
                                      "local function f() return 1 + f() end return f()",
                                      "local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end",
                                      /* what raises, and then what is aborted */
                                      "n = (n or 0) + 1 if n < 5 then error('on purpose') end while true do end",
                                      "n = (n or 0) + 1 if n == 5 then error('on purpose') end while true do end"};
  for (size_t i = 0; i < TG_COUNT(worst); i++) {
    api_harness_t h;
    api_harness_open(&h);
    tg_id_t device = api_harness_device(&h, "d");
    api_harness_load(&h, "s", "return { version = 'good' }");
    size_t memory = api_harness_status(&h, "s").memory;
    char source[768];
    snprintf(source, sizeof source,
             "return { version = 'bad', events = { updated = function() end }, rules = {\n"
             "{ topic = 'a', map = function(rec) if rec.resource == 5601 then print('well') end end },\n"
             "{ match = { object = 3303, resource = 5700 }, topic = 'b', map = function()\n%s end } } }",
             worst[i]);
    api_harness_load(&h, "s", source);
    const tg_event_t event = {.type = TG_EVENT_UPDATED, .device = device};
    for (int n = 1; n <= 5; n++) {
      check_slice(tg_slice_str(api_harness_status(&h, "s").version), "bad");
      api_harness_put(&h, device, "/3303/0/5700", (tg_value_t){.type = TG_TYPE_FLOAT, .f = n});
      api_harness_settle(&h);
      if (n == 5) break;
      api_harness_put(&h, device, "/3303/0/5601", (tg_value_t){.type = TG_TYPE_FLOAT, .f = n});
      api_harness_emit(&h, &event);
      api_harness_settle(&h);
      check_said(&h, "well");
    }
    tg_api_status_t status = api_harness_status(&h, "s");
    if (strcmp(status.version, "good") != 0)
      fail_msg("%s: %u in a row, %s", worst[i], (unsigned)status.failures_in_row, status.last_error);
    check_true(status.errors >= 5);
    check_has(status.last_error, "s.lua:4: ");
    check_true(status.memory < memory + memory / 2);
    api_harness_close(&h);
  }
}

/* The same of events: each kind is counted for itself; one that did well begins anew. */
static void an_event_that_always_fails_beside_others_is_taken_back(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  tg_id_t device = api_harness_device(&h, "d");
  api_harness_load(&h, "s",
                   "local n = 0 return { events = { awake = function() n = n + 1 if n ~= 4 then error('no') end end,\n"
                   "updated = function() print('well') end } }");
  for (int n = 1; n <= 9; n++) {
    const tg_event_t awake = {.type = TG_EVENT_AWAKE, .device = device},
                     updated = {.type = TG_EVENT_UPDATED, .device = device};
    check_int(api_harness_status(&h, "s").state, TG_API_RUNNING);
    api_harness_emit(&h, &awake);
    if (n < 9) check_int(api_harness_status(&h, "s").failures_in_row, n < 4 ? n : n - 4);
    api_harness_emit(&h, &updated);
  }
  check_int(api_harness_status(&h, "s").state, TG_API_DISABLED);
  check_int(api_harness_status(&h, "s").errors, 8);
  api_harness_close(&h);
}

CHECK_SUITE(a_rule_that_always_fails_beside_others_is_taken_back,
            an_event_that_always_fails_beside_others_is_taken_back)
