/* SPDX-License-Identifier: Apache-2.0 */
/* See api_script_harness.h. */

#include "tests/unit/api/api_script_harness.h"

void api_script_begin(api_harness_t *h, const char *code) {
  char source[2048];
  snprintf(source, sizeof source,
           "local tg = require 'tidegate' local d = tg.device.find('d')\n"
           "local function say(...) for i = 1, select('#', ...) do print(tostring((select(i, ...)))) end end\n"
           "local function task(fn) tg.timer.task(fn) end\n%s return {}",
           code);
  h->question[0] = 0;
  api_harness_load(h, "s", source);
  api_harness_settle(h);
}

void api_script_end(api_harness_t *h) {
  check_slice(tg_slice_str(api_harness_status(h, "s").last_error), "");
  api_harness_unload(h, "s");
  api_harness_settle(h);
}

void api_script_check_misuse(const api_harness_row_t *rows, size_t count) {
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < count; i++) {
    char code[256];
    snprintf(code, sizeof code, "local d = tg.device.find('d') %s", rows[i].code);
    const char *said = api_harness_eval(&h, code);
    if (!strstr(said, rows[i].says)) fail_msg("%s\nsays %s\nnot  %s", rows[i].code, said, rows[i].says);
  }
  check_int(h.started, 0);
  api_harness_close(&h);
}
