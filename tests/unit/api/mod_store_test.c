/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/mod_store.c: what scripts keep over restarts. */

#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/api/api_harness.h"

static void values_come_back_as_copies(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"say(tg.store.get('x'))", "nil"},
      {"say(tg.store.set('a', 7), math.type(tg.store.get('a')))", "true; integer"},
      {"tg.store.set('a', 7.0) say(math.type(tg.store.get('a')))", "float"},
      {"tg.store.set('a', math.mininteger) say(tg.store.get('a') == math.mininteger)", "true"},
      {"tg.store.set('a', false) say(tg.store.get('a'))", "false"},
      {"tg.store.set('a', '\\u{e4}\\0\"') say(tg.store.get('a') == '\\u{e4}\\0\"')", "true"},
      {"tg.store.set('a', '') say(#tg.store.get('a'))", "0"},
      {"local t = { list = { 1, 2 }, deep = { x = { y = true } } } tg.store.set('t', t) t.list[1] = 9\n"
       "local back = tg.store.get('t') say(back.list[1], back.deep.x.y)\n"
       "back.list[2] = 9 say(tg.store.get('t').list[2])",
       "1; true; 2"},
      {"tg.store.set('b', { bytes = '\\0\\xff' }) say(tg.store.get('b').bytes == '\\0\\xff')", "true"},
      {"tg.store.set('a', 1) say(tg.store.set('a', nil), tg.store.get('a'), tg.store.set('never', nil))",
       "true; nil; true"},
      {"tg.store.set('a', 1) tg.store.set('a', 2) say(tg.store.get('a'))", "2"},
      {"tg.store.set('a\\0b', 1) tg.store.set('a', 2) tg.store.set('\\xff', 3)\n"
       "say(tg.store.get('a\\0b'), tg.store.get('a'), tg.store.get('\\xff'))",
       "1; 2; 3"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void keys_are_listed_sorted_by_prefix(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"say(#tg.store.keys())", "0"},
      {"for _, k in ipairs { 'b', 'a/2', 'a/10', 'a', 'B', 'c' } do tg.store.set(k, 1) end tg.store.set('c', nil)\n"
       "say(table.concat(tg.store.keys(), ' '))",
       "B a a/10 a/2 b"},
      {"say(table.concat(tg.store.keys('a/'), ' '))", "a/10 a/2"},
      {"say(#tg.store.keys('x'), #tg.store.keys(''))", "0; 5"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void misuse_raises_at_the_caller(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"tg.store.get()", "eval.lua:1: bad argument #1 to 'get' (string expected"},
      {"tg.store.get(1)", "bad argument #1 to 'get' (string expected, got number)"},
      {"tg.store.get('')", "1 to 255 bytes are wanted"},
      {"tg.store.set('', 1)", "1 to 255 bytes are wanted"},
      {"tg.store.set(('k'):rep(256), 1)", "1 to 255 bytes are wanted"},
      {"tg.store.set({}, 1)", "bad argument #1 to 'set'"},
      {"tg.store.set('a', print)", "JSON: a function can't be written"},
      {"tg.store.set('a', { 1, nil, 3 })", "JSON: a table has text keys"},
      {"local t = {} t.t = t tg.store.set('a', t)", "nested deeper than 16"},
      {"tg.store.keys({})", "bad argument #1 to 'keys'"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_parts(&h, rows, TG_COUNT(rows));
  check_slice(tg_slice_str(api_harness_eval(&h, "say(tg.store.set(('k'):rep(255), 1), #tg.store.keys())")), "true; 1");
  api_harness_close(&h);
}

static void a_script_sees_its_own_rows_only(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "one", "require('tidegate').store.set('a', 1) return {}");
  api_harness_load(&h, "two", "local s = require('tidegate').store print(s.get('a')) s.set('a', 2) return {}");
  api_harness_load(&h, "one", "print(require('tidegate').store.get('a')) return {}"); /* the next generation */
  check_said(&h, "nil; 1");
  api_harness_unload(&h, "two");
  api_harness_load(&h, "two", "print(require('tidegate').store.get('a')) return {}");
  check_said(&h, "2");
  api_harness_close(&h);
}

static void a_new_version_finds_what_the_old_one_wrote_at_last(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(
      &h, "s",
      "local store = require('tidegate').store store.set('both', 'old') store.set('goes', 1) store.set('stays', 1)\n"
      "return { save = function() store.set('saved', 1) return 1 end,\n"
      "  deinit = function() store.set('goes', nil) store.set('bye', { n = 7 }) store.set('both', 'older') end }");
  api_harness_load(&h, "s",
                   "local store = require('tidegate').store store.set('both', 'new') store.set('mine', 1)\n"
                   "return { restore = function() store.set('restored', 1) end, events = { registered = function()\n"
                   "  print(table.concat(store.keys(), ' ') .. ' ' .. store.get('bye').n .. ' ' .. store.get('both'))\n"
                   "  local ok = store.set('fill', ('x'):rep((1 << 20) - 128)) print(ok)\n" /* counts are right, too */
                   "  print(select(2, store.set('more', ('x'):rep(100))).code) end } }");
  api_harness_device(&h, "d");
  check_said(&h, "both bye mine restored saved stays 7 older; true; full");
  check_int(api_harness_status(&h, "s").errors, 0);
  api_harness_close(&h);
}

static void rows_survive_a_restart(void **state) {
  (void)state;
  char folder[] = "/tmp/mod_store_test.XXXXXX", path[64], command[96];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/store.db", folder);
  api_harness_t h;
  api_harness_open_with(&h, path, NULL, NULL, 0);
  api_harness_eval(&h, "tg.store.set('kept', { n = 1.0, list = { 1, 2 } }) tg.store.set('gone', 1)\n"
                       "tg.store.set('gone', nil) tg.store.set('k\\0\\xff', true) tg.store.set('changed', 1)\n"
                       "tg.store.set('changed', 2)");
  char gw[64];
  snprintf(gw, sizeof gw, "%s", api_harness_eval(&h, "say(tg.gw())"));
  check_int(strlen(gw), 16);
  api_harness_close(&h);
  api_harness_open_with(&h, path, NULL, NULL, 0);
  check_slice(
      tg_slice_str(api_harness_eval(&h, "local v = tg.store.get('kept') say(v.n, #v.list, tg.store.get('gone'),\n"
                                        "tg.store.get('k\\0\\xff'), tg.store.get('changed'), #tg.store.keys())")),
      "1.0; 2; nil; true; 2; 3");
  check_slice(tg_slice_str(api_harness_eval(&h, "say(tg.gw())")), gw);
  api_harness_close(&h);
  snprintf(command, sizeof command, "rm -r %s", folder);
  assert_int_equal(system(command), 0);
}

static void a_script_has_one_mebibyte(void **state) {
  (void)state;
  /* a row counts with its key (1 byte) and its JSON text (2 quotes more than the text) */
  static const api_harness_row_t rows[] = {
      {"local ok, err = tg.store.set('a', ('x'):rep((1 << 20) - 2)) say(ok, err.code, tostring(err))",
       "nil; full; full: more than 1 MiB"},
      {"say(tg.store.get('a'), tg.store.set('a', ('x'):rep((1 << 20) - 3)))", "nil; true"},
      {"say(select(2, tg.store.set('b', 1)).code)", "full"},
      {"say(tg.store.set('a', ('y'):rep((1 << 20) - 3)), tg.store.get('a'):sub(1, 1))", "true; y"},
      {"say(tg.store.set('a', ('y'):rep((1 << 20) - 3 - 2)), tg.store.set('b', 1))", "true; true"},
      {"say(select(2, tg.store.set('c', 1)).code, tg.store.set('b', nil), tg.store.set('c', 1))", "full; true; true"},
      {"say(tg.store.set('a', nil), #tg.store.keys())", "true; 1"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void what_is_too_large_for_json_is_full_too(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"local ok, err = tg.store.set('a', ('x'):rep(1 << 21)) say(ok, err.code)", "nil; full"},
      {"local ok, err = tg.store.set('a', { ('\\0'):rep(1 << 18) }) say(ok, err.code)", "nil; full"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

static void without_a_store_there_is_an_error(void **state) {
  (void)state;
  static const api_harness_row_t rows[] = {
      {"local ok, err = tg.store.set('a', 1) say(ok, err.code, tg.store.get('a'), #tg.store.keys())",
       "nil; state; nil; 0"},
      {"say(select(2, tg.store.set('a', nil)).code)", "state"},
      {"say(#tg.gw(), tg.name(), tg.version():match('^%d+%.%d+'))", "0; gw 1; 0.1"},
  };
  api_harness_t h;
  api_harness_open(&h);
  api_harness_bare(&h);
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

/* What is on disk may come from elsewhere. */
static void rows_that_do_not_fit_are_left_out(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  static uint8_t large[1 << 19];
  memset(large, '1', sizeof large);
  check_rc(tg_store_put(h.store, "script/eval", tg_slice_str("bad"), tg_slice_str("{")), TG_OK);
  check_rc(tg_store_put(h.store, "script/eval", tg_slice_str("good"), tg_slice_str("[1]")), TG_OK);
  for (int i = 0; i < 4; i++)
    check_rc(tg_store_put(h.store, "script/eval", tg_slice(&i, 1), tg_slice(large, sizeof large)), TG_OK);
  check_slice(tg_slice_str(api_harness_eval(&h, "say(#tg.store.keys(), tg.store.get('good')[1])\n"
                                                "local v, err = tg.store.get('bad') say(v, err.code)")),
              "3; 1; nil; syntax");
  const tg_api_bundle_t bundle = {.name = "eval",
                                  .file = "eval.lua",
                                  .source = tg_slice_str("print(#require('tidegate').store.keys() < 3) return {}"),
                                  .limits = {.memory = (size_t)1400 << 10}};
  check_rc(api_harness_try_bundle(&h, &bundle), TG_E_NOMEM); /* a module's text takes a mebibyte while it is loaded */
  api_harness_close(&h);
}

CHECK_SUITE(values_come_back_as_copies, keys_are_listed_sorted_by_prefix, misuse_raises_at_the_caller,
            a_script_sees_its_own_rows_only, a_new_version_finds_what_the_old_one_wrote_at_last, rows_survive_a_restart,
            a_script_has_one_mebibyte, what_is_too_large_for_json_is_full_too, without_a_store_there_is_an_error,
            rows_that_do_not_fit_are_left_out)
