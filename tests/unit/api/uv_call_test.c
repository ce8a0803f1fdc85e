/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/uv_call.c: what luv and libuv would end the program over, or be held by, is an error of the script's. */

#include "bindings/api/uv_call.h"

#include "tests/unit/api/api_harness.h"

/* luv looks into whatever it is given: each of these would end the program. */
static void what_is_not_of_uv_is_refused(void **state) {
  (void)state;
  static const char *const calls[] = {"uv.close(d)",
                                      "uv.is_active(d)",
                                      "uv.read_start(d, print)",
                                      "uv.write(d, 'x')",
                                      "uv.timer_start(d, 1, 1, print)",
                                      "uv.update_time() uv.timer_stop(d)",
                                      "uv.new_timer().start(d, 1, 1, print)",
                                      "uv.new_timer().close(d)",
                                      "uv.new_udp().send(d, 'x', '127.0.0.1', 9)",
                                      "uv.cancel(d)",
                                      "uv.tcp_connect(uv.new_tcp(), d, 9, print)",
                                      "uv.accept(uv.new_tcp(), d)",
                                      "uv.process_kill(d)",
                                      "uv.fs_stat(d, print)",
                                      "uv.getaddrinfo(d, nil, nil, print)"};
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  for (size_t i = 0; i < TG_COUNT(calls); i++) {
    char code[256];
    snprintf(code, sizeof code, "local uv, d = require 'uv', tg.device.find('d') assert(d)\n%s", calls[i]);
    const char *said = api_harness_eval(&h, code);
    if (!strstr(said, "eval.lua:2: bad argument #") || !strstr(said, "of uv's is wanted"))
      fail_msg("%s: %s", calls[i], said);
  }
  static const api_harness_row_t rows[] = {
      {"local uv = require 'uv' uv.spawn('/bin/true', { stdio = { tg.device.find('d') } }, print)",
       "stdio: nil, a stream, or"},
      {"local uv = require 'uv' uv.write(uv.new_pipe(), { 'a', {} })", "bad argument #2"},
      {"local uv = require 'uv' uv.new_udp():send({ 'a', 5, print }, '127.0.0.1', 9, print)",
       "a list of texts is wanted"},
      {"local uv = require 'uv' uv.new_pipe(true)", "pipes of scripts don't pass descriptors on"},
      {"local uv = require 'uv' uv.fs_scandir_next(uv.fs_scandir('/', print))", "what fs_scandir() gave"},
      {"local uv = require 'uv' uv.fs_scandir_next(uv.fs_stat('/', print))", "what fs_scandir() gave"},
      {"local uv = require 'uv' uv.fs_scandir_next(nil)", "what fs_scandir() gave"},
      {"local uv = require 'uv' uv.fs_scandir_next({})", "what fs_scandir() gave"},
      {"local uv = require 'uv' uv.random(65537)", "more than 65536 bytes are for random(length, flags, function)"},
      {"local uv = require 'uv' uv.random(1 << 40, 0)", "more than 65536 bytes"},
      {"local uv = require 'uv' say(#uv.random(65536))", "65536"},
      {"local uv = require 'uv' say(getmetatable(uv.new_timer()), getmetatable(uv.new_tcp()))", "false; false"},
      {"local uv = require 'uv' say(getmetatable(uv.fs_stat('/', print)))", "false"},
  };
  api_harness_check_parts(&h, rows, TG_COUNT(rows));
  api_harness_close(&h);
}

/* libuv makes a new descriptor for some of them, and ends the program when it closes the handle. */
static void a_handle_that_is_closed_stays_closed(void **state) {
  (void)state;
  static const char *const calls[] = {"local h = uv.new_tcp() h:close() say(h:connect('127.0.0.1', 9, print))",
                                      "local h = uv.new_tcp() h:close() say(h:bind('127.0.0.1', 0))",
                                      "local h = uv.new_tcp() h:close() say(h:listen(1, print))",
                                      "local h = uv.new_tcp() h:close() say(h:read_start(print))",
                                      "local h = uv.new_tcp() h:close() say(h:write('x'))",
                                      "local h = uv.new_tcp() h:close() say(uv.new_tcp():accept(h))",
                                      "local h = uv.new_pipe() h:close() say(h:connect('/nowhere', print))",
                                      "local h = uv.new_pipe() h:close() say(h:bind('/nowhere/x'))",
                                      "local h = uv.new_udp() h:close() say(h:bind('127.0.0.1', 0))",
                                      "local h = uv.new_udp() h:close() say(h:send('x', '127.0.0.1', 9, print))",
                                      "local h = uv.new_udp() h:close() say(h:try_send('x', '127.0.0.1', 9))",
                                      "local h = uv.new_udp() h:close() say(h:recv_start(print))",
                                      "local h = uv.new_udp() h:close() say(uv.udp_recv_start(h, print))",
                                      "local h = uv.new_timer() h:close() say(h:start(0, 0, print))",
                                      "local h = uv.new_idle() h:close() say(h:start(print))",
                                      "local h = uv.new_check() h:close() say(h:start(print))",
                                      "local h = uv.new_prepare() h:close() say(h:start(print))",
                                      "local h = uv.new_fs_event() h:close() say(h:start('/tmp', {}, print))",
                                      "local h = uv.new_fs_poll() h:close() say(h:start('/tmp', 1, print))",
                                      "local h = uv.new_async(print) h:close() say(h:send())"};
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(calls); i++) {
    char code[256];
    snprintf(code, sizeof code, "local uv = require 'uv' %s say(h:is_closing(), h:is_active())", calls[i]);
    check_bytes_at(tg_slice_str(api_harness_eval(&h, code)),
                   tg_slice_str("nil; EBADF: the handle is closed; EBADF; true; false"), calls[i], (int)i);
    api_harness_pass(&h, 1);
  }
  check_has(api_harness_eval(&h, "local t = require('uv').new_timer() t:close() t:close()"), "already clos");
  api_harness_close(&h);
}

/* In one turn libuv runs whatever is due, what has begun meanwhile too. */
static void timers_that_begin_themselves_anew_leave_time_to_others(void **state) {
  (void)state;
  static const char *const again[] = {
      "local function f() n = n + 1 if n % 20 == 0 then print(n .. '.') end t:start(0, 0, f) end t:start(0, 0, f)",
      "local function f() n = n + 1 if n % 20 == 0 then print(n .. '.') end uv.update_time() uv.timer_start(t, 0.0, 0, f) end f()",
      "local function f() n = n + 1 if n % 20 == 0 then print(n .. '.') end tg.timer.after(0, f) end f()",
      "local function f() n = n + 1 if n % 20 == 0 then print(n .. '.') end local k = uv.new_timer() k:start(0, 0, function() "
      "k:close() f() end) end f()",
      /* two that take longer than they wait */
      "local u = uv.new_timer() local function busy() local e = uv.hrtime() + 3e6 while uv.hrtime() < e do end n = n + 1\n"
      "if n % 20 == 0 then print(n .. '.') end end\n"
      "local function f() busy() t:start(1, 0, f) busy() end local function g() u:start(1, 0, g) busy() busy() end f() g()",
  };
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(again); i++) {
    char source[768];
    snprintf(source, sizeof source,
             "local uv, tg, n = require 'uv', require 'tidegate', 0 local t = uv.new_timer()\n%s return {}", again[i]);
    api_harness_load(&h, "s", source);
    api_harness_wait_said(&h, "40.");
    check_int(api_harness_status(&h, "s").errors, 0);
    api_harness_unload(&h, "s");
    (void)api_harness_said(&h);
  }
  api_harness_close(&h);
}

static void a_timer_that_is_begun_in_a_callback_waits_as_long_as_it_says(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "local uv = require 'uv' local t = uv.new_timer() t:start(1, 0, function()\n"
                   "  local begin = uv.hrtime() while uv.hrtime() < begin + 20e6 do end begin = uv.hrtime()\n"
                   "  t:start(30, 0, function() print(uv.hrtime() - begin >= 29e6 and 'in time' or 'early') end)\n"
                   "end) return {}");
  api_harness_wait_said(&h, "in time");
  api_harness_close(&h);
}

/* Its number may be somebody else's by then. */
static void a_child_that_has_ended_is_not_killed(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(
      &h, "s",
      "local uv = require 'uv' local c\n"
      "c = uv.spawn('/bin/true', {}, function() print(c:kill(0)) print(uv.process_kill(c, 'sigterm')) c:close()\n"
      "print(c:kill()) end) return {}");
  api_harness_wait_said(
      &h,
      "nil\\x09ESRCH: the process has ended\\x09ESRCH; nil\\x09ESRCH: the process has ended\\x09ESRCH; nil\\x09ESRCH");
  api_harness_unload(&h, "s");
  (void)api_harness_said(&h);
  api_harness_load(
      &h, "s",
      "local uv = require 'uv' local c\n"
      "c = uv.spawn('/bin/sleep', { args = { '60' } }, function(code, signal) print('ended', signal) end)\n"
      "print(c:kill('sigterm')) return {}");
  api_harness_wait_said(&h, "0; ended\\x0915");
  api_harness_close(&h);
}

static void a_folder_is_listed(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "local uv = require 'uv' uv.fs_scandir('/proc/self', function(err, found)\n"
                   "  local n, name = 0, uv.fs_scandir_next(found)\n"
                   "  while name do n = n + (name == 'status' and 1 or 0) name = uv.fs_scandir_next(found) end\n"
                   "  print(err, n, (uv.fs_scandir_next(found))) end)\n"
                   "uv.fs_scandir('/nowhere', function(err, found) print((err:match('^%w+')), found) end) return {}");
  api_harness_wait_said(&h, "nil\\x091\\x09nil");
  api_harness_pass(&h, 5);
  check_int(api_harness_status(&h, "s").errors, 0);
  api_harness_close(&h);
}

static void what_is_in_use_is_shown(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "none", "return {}");
  tg_api_status_t status = api_harness_status(&h, "none");
  check_int(status.handles + status.sockets + status.requests + status.tasks, 0);
  api_harness_load(
      &h, "s",
      "local uv, tg = require 'uv', require 'tidegate' local u, c = uv.new_udp(), nil u:bind('127.0.0.1', 0)\n"
      "local t = uv.new_timer() t:start(60000, 0, print) uv.new_tcp()\n"
      "c = uv.spawn('/bin/sleep', { args = { '60' } }, print)\n"
      "return { init = function() tg.timer.task(function() tg.timer.sleep(60) end) end }");
  status = api_harness_status(&h, "s");
  check_int(status.handles, 5); /* the pause is a timer, too */
  check_int(status.sockets, 3);
  check_int(status.tasks, 1);
  api_harness_load(&h, "asks", "require('uv').fs_stat('/', function() print('asked') end) return {}");
  check_int(api_harness_status(&h, "asks").requests, 1);
  api_harness_wait_said(&h, "asked");
  check_int(api_harness_status(&h, "asks").requests, 0);
  api_harness_load(&h, "s", "return {}");
  check_int(api_harness_status(&h, "s").handles, 0);
  api_harness_close(&h);
}

CHECK_SUITE(what_is_not_of_uv_is_refused, a_handle_that_is_closed_stays_closed,
            timers_that_begin_themselves_anew_leave_time_to_others,
            a_timer_that_is_begun_in_a_callback_waits_as_long_as_it_says, a_child_that_has_ended_is_not_killed,
            a_folder_is_listed, what_is_in_use_is_shown)
