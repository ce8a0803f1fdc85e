/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/bundle_uv.c: what of luv scripts may have, how much of it, and that it is given back. */

#include "bindings/api/bundle_uv.h"

#include <dirent.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/unit/api/api_harness.h"

/* How many descriptors this program has. */
static int descriptors(void) {
  DIR *dir = opendir("/proc/self/fd");
  int count = 0;
  assert_non_null(dir);
  while (readdir(dir)) count++;
  closedir(dir);
  return count;
}

static void what_deals_in_descriptors_is_not_there(void **state) {
  (void)state;
  static const char *const names[] = {"fs_open",         "fs_close",
                                      "fs_read",         "fs_write",
                                      "fs_fstat",        "fs_fsync",
                                      "fs_fdatasync",    "fs_fchmod",
                                      "fs_futime",       "fs_ftruncate",
                                      "fs_sendfile",     "fs_mkstemp",
                                      "fs_opendir",      "fs_readdir",
                                      "fs_closedir",     "fs_copyfile",
                                      "fs_fchown",       "pipe",
                                      "socketpair",      "new_poll",
                                      "new_socket_poll", "new_tty",
                                      "tcp_open",        "udp_open",
                                      "pipe_open",       "stream_set_blocking",
                                      "write2",          "_loop",
                                      "guess_handle"};
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(names); i++) {
    char code[128];
    snprintf(code, sizeof code, "say(require('uv').%s)", names[i]);
    check_bytes_at(tg_slice_str(api_harness_eval(&h, code)), tg_slice_str("nil"), names[i], (int)i);
  }
  static const api_harness_row_t rows[] = {
      {"local t = require('uv').new_tcp() say(t.open, t.set_blocking, type(t.bind))", "nil; nil; function"},
      {"local t = require('uv').new_udp() say(t.open, type(t.bind))", "nil; function"},
      {"local t = require('uv').new_pipe() say(t.open, t.set_blocking, type(t.read_start))", "nil; nil; function"},
  };
  api_harness_check_rows(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

/* By name, in every form that luv would have done at once; the callback may stand in its own place only. */
static void work_on_files_wants_a_callback(void **state) {
  (void)state;
  static const struct {
    const char *call;
    int at;
  } calls[] = {{"fs_stat('/'", 2},
               {"fs_lstat('/'", 2},
               {"fs_unlink('/nowhere'", 2},
               {"fs_rmdir('/nowhere'", 2},
               {"fs_scandir('/'", 2},
               {"fs_readlink('/nowhere'", 2},
               {"fs_realpath('/'", 2},
               {"fs_statfs('/'", 2},
               {"fs_mkdtemp('/nowhere/XXXXXX'", 2},
               {"fs_mkdir('/', 448", 3},
               {"fs_rename('/n', '/m'", 3},
               {"fs_access('/', 'r'", 3},
               {"fs_chmod('/nowhere', 1", 3},
               {"fs_link('/n', '/m'", 3},
               {"fs_utime('/nowhere', 1, 1", 4},
               {"fs_lutime('/nowhere', 1, 1", 4},
               {"fs_chown('/nowhere', 1, 1", 4},
               {"fs_lchown('/nowhere', 1, 1", 4}};
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(calls); i++) {
    char code[160], want[80];
    snprintf(want, sizeof want, "bad argument #%d", calls[i].at);
    snprintf(code, sizeof code, "require('uv').%s)", calls[i].call);
    check_has(api_harness_eval(&h, code), want);
    check_has(api_harness_eval(&h, code), "a function is wanted");
    snprintf(code, sizeof code, "require('uv').%s, nil, print)", calls[i].call);
    check_has(api_harness_eval(&h, code), "a function is wanted");
    snprintf(code, sizeof code, "require('uv').%s, function(e, r) print('came', e or r) end) return {}", calls[i].call);
    char script[256];
    snprintf(script, sizeof script, "%s", code);
    api_harness_load(&h, "s", script);
    api_harness_wait_said(&h, "came");
    (void)api_harness_said(&h);
    api_harness_unload(&h, "s");
  }
  api_harness_close(&h);
}

static void a_script_has_so_many_sockets_and_handles_and_no_more(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  static const api_harness_row_t rows[] = {
      {"local uv = require 'uv'\nfor i = 1, 1e6 do\nuv.new_udp():bind('127.0.0.1', 0)\nend",
       "eval.lua:3: too many sockets and children are open (256)"},
      {"local uv = require 'uv'\nfor i = 1, 1e6 do uv.new_tcp():close() end",
       "eval.lua:2: too many sockets and children are open (256)"},
      {"local uv = require 'uv'\nfor i = 1, 1e6 do uv.new_pipe() end", "eval.lua:2: too many sockets"},
      {"local uv = require 'uv'\nfor i = 1, 1e6 do uv.new_timer() end", "eval.lua:2: too many handles are open (1280)"},
      {"local uv = require 'uv'\nfor i = 1, 1e6 do uv.fs_stat('/', function() end) end",
       "eval.lua:2: too many requests are under way (1024)"},
      {"require('uv').spawn('/bin/true', { stdio = { nil, 5 } }, print)", "stdio: nil, a stream, or 0 to 2 is wanted"},
  };
  int before = descriptors();
  api_harness_check_parts(&h, rows, TG_COUNT(rows));
  api_harness_settle(&h);
  api_harness_pass(&h, 50);
  check_true(descriptors() <= before + 4); /* what uv itself opens once */
  static const api_harness_row_t again[] = {
      {"local uv = require 'uv' for i = 1, 250 do uv.new_udp():bind('127.0.0.1', 0) end say('fine')", "fine"}};
  api_harness_check_rows(&h, again, 1);
  api_harness_close(&h);
}

/* Each is forgotten by its script; after five failures all of them are closed. */
static void forgotten_handles_go_with_their_script(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  int before = descriptors();
  api_harness_load(&h, "s",
                   "local uv = require 'uv' return { events = { updated = function()\n"
                   "for i = 1, 60 do uv.new_udp():bind('127.0.0.1', 0) end end } }");
  const tg_event_t event = {.type = TG_EVENT_UPDATED, .device = api_harness_device(&h, "d")};
  int most = 0;
  for (int i = 0; i < 12 && api_harness_status(&h, "s").state == TG_API_RUNNING; i++) {
    api_harness_emit(&h, &event);
    if (descriptors() > most) most = descriptors();
    api_harness_settle(&h);
  }
  check_true(most > before + 200 && most < before + 280);
  check_int(api_harness_status(&h, "s").state, TG_API_DISABLED);
  check_has(h.error, "s.lua:2: too many sockets and children are open (256)");
  api_harness_pass(&h, 50);
  check_true(descriptors() <= before + 8);
  api_harness_close(&h);
}

/* A stream for scripts of ours is made over a descriptor that only C knows. */
static void a_serial_port_still_has_its_stream(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  char source[512];
  snprintf(source, sizeof source,
           "local tg = require 'tidegate' return { init = function() local p = assert(tg.serial.open('%s', {}))\n"
           "p:write('hi') p:read(function(b, e) print('got ' .. tostring(b or e)) end) end }",
           ptsname(master));
  int before = descriptors();
  api_harness_load(&h, "s", source);
  char text[8] = "";
  for (uint64_t end = tg_clock_mono_ms() + 5000; tg_clock_mono_ms() < end && !text[0];) {
    api_harness_pass(&h, 5);
    if (read(master, text, 2) < 0) break;
  }
  check_bytes_at(tg_slice_str(text), tg_slice_str("hi"), __FILE__, __LINE__);
  assert_int_equal(write(master, "you", 3), 3);
  api_harness_wait_said(&h, "got you");
  api_harness_unload(&h, "s");
  api_harness_pass(&h, 20);
  check_true(descriptors() <= before + 4);
  close(master);
  api_harness_close(&h);
}

typedef struct known {
  const char *name;
  bool is_there;
} known_t;

#define TG_UV(name, how, at) {#name, TG_UV_CALL_##how != TG_UV_CALL_NOT_THERE},
static const known_t known[] = {
#include "bindings/api/bundle_uv.def"
};
#undef TG_UV

static const known_t *find_known(const char *name) {
  for (size_t i = 0; i < TG_COUNT(known); i++) {
    if (strcmp(known[i].name, name) == 0) return &known[i];
  }
  return NULL;
}

/* luv itself, and what scripts have of it: each function was thought of, and is there or not as the list says. */
static void every_function_of_luv_is_on_the_list(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  lua_State *L = luaL_newstate();
  luaL_requiref(L, "luv", luaopen_luv, 0);
  int functions = 0, there = 0;
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    if (!lua_isfunction(L, -1)) continue;
    const char *name = lua_tostring(L, -2);
    const known_t *row = find_known(name);
    if (!row) fail_msg("%s is not in bundle_uv.def", name);
    char code[128];
    snprintf(code, sizeof code, "say(type(require('uv').%s))", name);
    check_bytes_at(tg_slice_str(api_harness_eval(&h, code)), tg_slice_str(row->is_there ? "function" : "nil"), name, 0);
    functions++;
    there += row->is_there;
  }
  check_true(functions > 200 && there > 100 && there < functions);
  lua_close(L);
  static const api_harness_row_t rows[] = {
      {"for k, v in pairs(require 'uv') do if type(v) ~= 'function' then say(k, type(v)) end end", "constants; table"}};
  api_harness_check_rows(&h, rows, 1);
  api_harness_close(&h);
}

CHECK_SUITE(what_deals_in_descriptors_is_not_there, work_on_files_wants_a_callback,
            a_script_has_so_many_sockets_and_handles_and_no_more, forgotten_handles_go_with_their_script,
            a_serial_port_still_has_its_stream, every_function_of_luv_is_on_the_list)
