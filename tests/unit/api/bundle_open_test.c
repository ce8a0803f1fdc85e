/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/bundle_open.c: what a script may be, what it gets, and what is wrong with it. */

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/api/api_harness.h"

/* Scripts that can not be, and what is said of them. */
static const struct {
  const char *source;
  tg_rc_t rc;
  int line;
  const char *says;
} wrongs[] = {
    {"return {", TG_E_SCRIPT, 1, "unexpected symbol near <eof>"},
    {"\n\nx = = 1", TG_E_SCRIPT, 3, "unexpected symbol near '='"},
    {"\nerror('no')", TG_E_SCRIPT, 2, "no"},
    {"\nerror({})", TG_E_SCRIPT, 2, "table"},
    {"\nlocal t = nil\nt.x = 1", TG_E_SCRIPT, 3, "attempt to index a nil value (local 't')"},
    {"\nrequire 'nowhere'", TG_E_SCRIPT, 2, "module \"nowhere\" is not known"},
    {"return 1", TG_E_SCRIPT, 0, "a script returns a table, not number"},
    {"", TG_E_SCRIPT, 0, "a script returns a table, not nil"},
    {"return { ruls = {} }", TG_E_SCRIPT, 0, "\"ruls\" is not known, did you mean \"rules\"?"},
    {"return { init = 1 }", TG_E_SCRIPT, 0, "init is a function, not number"},
    {"return { rules = { { topic = 1 } } }", TG_E_SCRIPT, 0, "rules[1]: topic is text or a function, not number"},
    {"return { commands = { { topic = 'a/+' } } }", TG_E_SCRIPT, 0, "commands[1]: map is missing"},
    {"return { events = { registred = print } }", TG_E_SCRIPT, 0, "did you mean \"registered\"?"},
    {"return { objects = { { id = 70000 } } }", TG_E_SCRIPT, 0, "objects[1]: "},
    {"return { drivers = { {} } }", TG_E_SCRIPT, 0, "drivers[1]: tg.driver.define"},
    {"return {\n  init = function()\n    error('late')\n  end }", TG_E_SCRIPT, 3, "late"},
    {"return { init = function() return nil, 'no port' end }", TG_E_SCRIPT, 0, "init: no port"},
    {"\033Lua", TG_E_SCRIPT, 0, "attempt to load a binary chunk"},
    {"\nwhile true do end", TG_E_BUDGET, 2, "over budget"},
    {"return { init = function()\n  while true do end end }", TG_E_BUDGET, 2, "over budget"},
    {"return { init = function()\n  pcall(function() while true do end end) end }", TG_E_BUDGET, 2, "over budget"},
    {"local t = {}\nfor i = 1, 1e9 do t[i] = ('x'):rep(1e5) .. i end", TG_E_NOMEM, 2, "not enough memory"},
};

static void what_is_wrong_with_a_script_is_told_with_file_and_line(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(wrongs); i++) {
    const tg_api_bundle_t bundle = {.name = "wrong",
                                    .file = "rules/wrong.lua",
                                    .source = tg_slice_str(wrongs[i].source),
                                    .limits = {.instructions = 100000, .memory = (size_t)8 << 20}};
    tg_rc_t rc = api_harness_try_bundle(&h, &bundle);
    if (rc != wrongs[i].rc || h.diag.line != wrongs[i].line || !strstr(h.diag.message, wrongs[i].says) ||
        strcmp(h.diag.file, "rules/wrong.lua") != 0)
      fail_msg("%s\ngives %s %s:%d: %s", wrongs[i].source, tg_rc_name(rc), h.diag.file, h.diag.line, h.diag.message);
    check_rc(tg_api_unload(h.api, "wrong"), TG_E_NOT_FOUND);
  }
  api_harness_close(&h);
}

static void options_are_data(void **state) {
  (void)state;
  static const struct {
    const char *options;
    const char *says; /* of a failure when it begins with ! */
  } rows[] = {
      {"", "table nil"},
      {"{}", "table nil"},
      {"{ port = 502 }", "table 502"},
      {"{ port = ('a'):rep(3) }", "table aaa"},
      {"{ port = -1.5 } -- a comment", "table -1.5"},
      {"1", "!options are no table"},
      {"nil", "!options are no table"},
      {"{", "!unexpected symbol"},
      {"{ port = print('x') }", "!attempt to call a nil value (global 'print')"},
      {"{ port = require 'uv' }", "!attempt to call a nil value (global 'require')"},
      {"(function() while true do end end)()", "!over budget"},
      {"\033Lua", "!unexpected symbol"},
      {"{}, 5", "table nil"},
  };
  static const char SOURCE[] = "local first = ...\nreturn { init = function(second)\n"
                               "print(type(first) .. ' ' .. tostring(second.port)) assert(first == second) end }";
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    const tg_api_bundle_t bundle = {.name = "s",
                                    .file = "s.lua",
                                    .source = tg_slice_str(SOURCE),
                                    .options = tg_slice_str(rows[i].options),
                                    .limits = {.instructions = 100000}};
    tg_rc_t rc = api_harness_try_bundle(&h, &bundle);
    const char *said = api_harness_said(&h);
    if (rows[i].says[0] == '!' ? rc == TG_OK || !strstr(h.diag.message, rows[i].says + 1)
                               : rc != TG_OK || strcmp(said, rows[i].says) != 0)
      fail_msg("options %s: %s %s: %s", rows[i].options, tg_rc_name(rc), said, h.diag.message);
    if (rc == TG_OK) api_harness_unload(&h, "s");
  }
  api_harness_close(&h);
}

static void write_file(const char *folder, const char *name, const char *text) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

/* Modules in the folder of all scripts and in that of this one. */
static void write_modules(const char *shared, const char *own) {
  char path[64];
  write_file(shared, "both.lua", "return 'shared'");
  write_file(shared, "only.lua", "return 'only ' .. ...");
  write_file(shared, "bad.lua", "\n\nreturn = 1");
  write_file(own, "both.lua", "return 'own'");
  snprintf(path, sizeof path, "%s/tidegate", own);
  assert_int_equal(mkdir(path, 0700), 0);
  write_file(path, "rule.lua", "return 'mine'");
  snprintf(path, sizeof path, "%s/folder.lua", own);
  assert_int_equal(mkdir(path, 0700), 0);
  write_file(shared, "folder.lua", "return 'a file'");
}

static void modules_come_from_the_program_the_script_s_folder_and_the_shared_one(void **state) {
  (void)state;
  char shared[] = "/tmp/bundle_open_test_shared.XXXXXX", own[] = "/tmp/bundle_open_test_own.XXXXXX";
  assert_non_null(mkdtemp(shared));
  assert_non_null(mkdtemp(own));
  write_modules(shared, own);
  api_harness_t h;
  api_harness_open_with(&h, NULL, shared, NULL, 0);
  static const api_harness_row_t rows[] = {
      {"print(require 'both')", "own"},
      {"print(require 'only')", "only only"},
      {"print(type(require 'tidegate.rule'))", "table"}, /* the program's own can't be replaced */
      {"print(require 'folder')", "a file"},
      {"require 'bad'", "!bad.lua:3: unexpected symbol"},
      {"require '../both'", "!not known"},
      {"require '.both'", "!not known"},
      {"require 'both.'", "!not known"},
      {"require 'a..b'", "!not known"},
      {"require ''", "!not known"},
      {"require 'both\\0x'", "!"},
      {"require(('a'):rep(128))", "!not known"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char source[128], text[800];
    snprintf(source, sizeof source, "%s return {}", rows[i].code);
    const tg_api_bundle_t bundle = {.name = "s", .file = "s.lua", .source = tg_slice_str(source), .search = own};
    tg_rc_t rc = api_harness_try_bundle(&h, &bundle);
    snprintf(text, sizeof text, "%s:%d: %s", h.diag.file, h.diag.line, h.diag.message);
    if (rows[i].says[0] != '!') check_said(&h, rows[i].says);
    else if (rc == TG_OK && i != 10) fail_msg("%s is found", rows[i].code);
    else if (rc != TG_OK) check_has(text, rows[i].says + 1);
  }
  api_harness_close(&h);
  char command[128];
  snprintf(command, sizeof command, "rm -r %s %s", shared, own);
  assert_int_equal(system(command), 0);
}

CHECK_SUITE(what_is_wrong_with_a_script_is_told_with_file_and_line, options_are_data,
            modules_come_from_the_program_the_script_s_folder_and_the_shared_one)
