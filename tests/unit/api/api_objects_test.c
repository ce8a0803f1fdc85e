/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/api_objects.c: files of object definitions, those in the program among them. */

#include "core/base/clock.h"
#include "tests/unit/api/api_harness.h"

static tg_rc_t load(tg_registry_t *registry, const char *source, tg_diag_t *diag) {
  *diag = (tg_diag_t){0};
  return tg_api_objects_load(registry, "objects/door.lua", tg_slice_str(source), diag);
}

static bool count_one(void *ud, const tg_objdef_t *def) {
  check_true(def->name[0] && def->urn[0] && def->version);
  ++*(size_t *)ud;
  return true;
}

static void every_file_in_the_program_loads(void **state) {
  (void)state;
  tg_registry_t *registry = tg_registry_new();
  size_t files = 0, defs = 0;
  for (const tg_embedded_file_t *file = tg_embedded_scripts; file->name; file++) {
    if (strncmp(file->name, "objects/", 8) != 0 || strcmp(file->name, "objects/quirks.lua") == 0) continue;
    tg_diag_t diag = {0};
    tg_rc_t rc = tg_api_objects_load(registry, file->name, tg_slice(file->bytes, file->len), &diag);
    if (rc != TG_OK) fail_msg("%s: %s:%d: %s", tg_rc_name(rc), diag.file, diag.line, diag.message);
    uint16_t id = 0;
    for (size_t i = 8; file->name[i] >= '0' && file->name[i] <= '9'; i++)
      id = (uint16_t)(id * 10 + file->name[i] - '0');
    const tg_objdef_t *def = tg_registry_find(registry, id, 0);
    if (!def || def->id != id) fail_msg("%s does not define %u", file->name, id);
    files++;
  }
  tg_registry_each(registry, count_one, &defs);
  check_true(files >= 60 && defs > files); /* some in several versions */
  tg_registry_free(registry);
}

static void the_program_s_files_are_found_by_name(void **state) {
  (void)state;
  const tg_embedded_file_t *file = tg_api_embedded("objects/0003-device.lua");
  assert_non_null(file);
  check_true(file->len > 1000 && file->bytes[file->len] == 0);
  assert_non_null(tg_api_embedded("scripts/tidegate/bundle.lua"));
  assert_null(tg_api_embedded("objects/0003-device"));
  assert_null(tg_api_embedded(""));
}

static void what_is_wrong_is_told_with_file_and_line(void **state) {
  (void)state;
  static const struct {
    const char *source;
    tg_rc_t rc;
    int line;
    const char *says;
  } rows[] = {
      {"return {", TG_E_SYNTAX, 1, "unexpected symbol near <eof>"},
      {"\n\nreturn { id = = 5 }", TG_E_SYNTAX, 3, "unexpected symbol near '='"},
      {"", TG_E_TYPE, 0, "object: definition must be a table"},
      {"return 5", TG_E_TYPE, 0, "object: definition must be a table"},
      {"return { id = 5 }", TG_E_TYPE, 0, "object 5: name must be text"},
      {"return { id = 'x' }", TG_E_RANGE, 0, "object: id must be"},
      {"return { id = 5, nam = 'x' }", TG_E_SYNTAX, 0, "nam is not known, did you mean \"name\"?"},
      {"\nprint('x')", TG_E_SYNTAX, 2, "attempt to call a nil value (global 'print')"},
      {"\nreturn require 'uv'", TG_E_SYNTAX, 2, "attempt to call a nil value (global 'require')"},
      {"\nlocal t = nil\nreturn t.x", TG_E_SYNTAX, 3, "attempt to index a nil value"},
      {"return ...", TG_E_TYPE, 0, "object: definition must be a table"},
      {"\033Lua", TG_E_SYNTAX, 0, "attempt to load a binary chunk"},
      {"\nwhile true do end", TG_E_BUDGET, 2, "over budget"},
      {"\nlocal t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end", TG_E_NOMEM, 2, "not enough memory"},
      {"\nreturn ('x'):rep(1 << 40)", TG_E_SYNTAX, 2, "resulting string too large"},
  };
  tg_registry_t *registry = tg_registry_new();
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_diag_t diag;
    uint64_t begin = tg_clock_mono_ms();
    tg_rc_t rc = load(registry, rows[i].source, &diag);
    if (rc != rows[i].rc || diag.line != rows[i].line || !strstr(diag.message, rows[i].says) ||
        strcmp(diag.file, "objects/door.lua") != 0)
      fail_msg("%s\ngives %s %s:%d: %s", rows[i].source, tg_rc_name(rc), diag.file, diag.line, diag.message);
    check_true(tg_clock_mono_ms() - begin < 10000);
    check_rc(tg_api_objects_load(registry, "x", tg_slice_str(rows[i].source), NULL), rows[i].rc);
  }
  size_t defs = 0;
  tg_registry_each(registry, count_one, &defs);
  check_int(defs, 0);
  tg_registry_free(registry);
}

static void files_can_compute_a_little(void **state) {
  (void)state;
  static const char SOURCE[] =
      "local res = {} for i = 0, 99 do res[i] = { name = 'R' .. i, ops = 'R', type = 'integer' } end\n"
      "local function make(version) return { id = 26400, name = ('x'):rep(3):upper(), version = version,\n"
      "  urn = 'urn:oma:lwm2m:x:26400', multiple = true, mandatory = false, resources = res } end\n"
      "return { make '1.0', make '1.1' }";
  tg_registry_t *registry = tg_registry_new();
  tg_diag_t diag;
  if (load(registry, SOURCE, &diag) != TG_OK) fail_msg("%s", diag.message);
  check_slice(tg_slice_str(tg_registry_find(registry, 26400, 0)->name), "XXX");
  check_int(tg_registry_find(registry, 26400, 0)->resource_count, 100);
  tg_registry_free(registry);
}

CHECK_SUITE(every_file_in_the_program_loads, the_program_s_files_are_found_by_name,
            what_is_wrong_is_told_with_file_and_line, files_can_compute_a_little)
