/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/api_dump.c: the list of all functions that scripts may call. */

#include <ctype.h>

#include "tests/unit/api/api_harness.h"

static void dump(tg_buf_t *out) {
  tg_buf_init_growing(out, 1 << 16);
  check_rc(tg_api_dump(out), TG_OK);
}

static void every_line_is_a_name_and_they_are_sorted(void **state) {
  (void)state;
  tg_buf_t out;
  dump(&out);
  tg_slice_t rest = tg_buf_slice(&out), before = {0};
  size_t count = 0;
  check_int(rest.p[rest.len - 1], '\n');
  while (rest.len) {
    tg_slice_t name = tg_slice_take(&rest, '\n');
    check_true(tg_slice_begins(name, tg_slice_str("tg.")));
    for (size_t i = 0; i < name.len; i++)
      check_true(islower(name.p[i]) || isdigit(name.p[i]) || strchr("._", name.p[i]));
    if (count++) {
      int order = memcmp(before.p, name.p, before.len < name.len ? before.len : name.len);
      check_true(order < 0 || (order == 0 && before.len < name.len)); /* none is there twice */
    }
    before = name;
  }
  check_true(count > 40 && count < 200);
  tg_buf_fini(&out);
}

static void every_area_is_in_it(void **state) {
  (void)state;
  static const char *const names[] = {"tg.name",          "tg.gw",
                                      "tg.version",       "tg.device.find",
                                      "tg.device.list",   "tg.device.cancel",
                                      "tg.object.find",   "tg.object.list",
                                      "tg.object.define", "tg.object.resource",
                                      "tg.mqtt.publish",  "tg.mqtt.subscribe",
                                      "tg.mqtt.escape",   "tg.mqtt.matches",
                                      "tg.codec.to_json", "tg.codec.decode",
                                      "tg.store.get",     "tg.store.keys",
                                      "tg.log.error",     "tg.log.debug",
                                      "tg.driver.define", "tg.serial.open",
                                      "tg.rule.define",   "tg.rule.publish",
                                      "tg.timer.after",   "tg.timer.sleep",
                                      "tg.timer.task",    "tg.mqtt.connected"};
  tg_buf_t out;
  dump(&out);
  const char *text = tg_buf_cstr(&out);
  for (size_t i = 0; i < TG_COUNT(names); i++) {
    char line[64];
    snprintf(line, sizeof line, "%s\n", names[i]);
    check_has(text, line);
  }
  assert_null(strstr(text, "core"));
  tg_buf_fini(&out);
}

/* What a script finds when it looks itself. */
static void it_is_what_a_script_finds(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  const char *found =
      api_harness_eval(&h, "local names = {}\n"
                           "local function add(t, prefix) for k, v in pairs(t) do\n"
                           "  if type(v) == 'function' then names[#names + 1] = prefix .. k end\n"
                           "  if type(v) == 'table' then add(v, prefix .. k .. '.') end end end\n"
                           "add(tg, 'tg.') table.sort(names) for _, name in ipairs(names) do say(name) end");
  tg_buf_t out, lines;
  dump(&out);
  tg_buf_init_growing(&lines, 1 << 16);
  for (tg_slice_t rest = tg_buf_slice(&out); rest.len;) {
    if (lines.len) tg_buf_put_str(&lines, "; ");
    tg_buf_put(&lines, tg_slice_take(&rest, '\n'));
  }
  check_bytes(tg_slice_str(found), tg_buf_slice(&lines));
  tg_buf_fini(&out);
  tg_buf_fini(&lines);
  api_harness_close(&h);
}

static void it_is_appended_and_must_fit(void **state) {
  (void)state;
  char memory[64];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  check_rc(tg_api_dump(&out), TG_E_TOO_LONG);
  tg_buf_init_growing(&out, 1 << 16);
  tg_buf_put_str(&out, "before\n");
  check_rc(tg_api_dump(&out), TG_OK);
  check_true(tg_slice_begins(tg_buf_slice(&out), tg_slice_str("before\ntg.")));
  tg_buf_fini(&out);
}

CHECK_SUITE(every_line_is_a_name_and_they_are_sorted, every_area_is_in_it, it_is_what_a_script_finds,
            it_is_appended_and_must_fit)
