/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/api/bundle_loop.c: luv on a loop of the script's own: timers, sockets, what goes wrong there. Its end is in bundle_loop_end_test.c. */

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/unit/api/api_harness.h"

static void timers_fire_once_or_again_until_they_are_closed(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "local uv = require 'uv' local n, again = 0, uv.new_timer()\n"
                   "local once = uv.new_timer() once:start(1, 0, function() print('once') once:close() end)\n"
                   "again:start(2, 1, function() n = n + 1 if n == 3 then again:close() print('third') end end)\n"
                   "return {}");
  api_harness_wait_said(&h, "third");
  check_said(&h, "once; third");
  check_int(api_harness_status(&h, "s").calls, 1 + 4);
  check_int(api_harness_status(&h, "s").errors, 0);
  api_harness_close(&h);
}

static void a_timer_that_was_begun_in_an_event_fires_in_time(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "local uv = require 'uv' return { events = { registered = function()\n"
                   "local t = uv.new_timer() t:start(20, 0, function() print('fired') t:close() end) end } }");
  api_harness_pass(&h, 50);
  uint64_t begin = tg_clock_mono_ms();
  api_harness_device(&h, "d");
  api_harness_wait_said(&h, "fired");
  uint64_t took = tg_clock_mono_ms() - begin;
  check_true(took >= 18 && took < 2000);
  api_harness_close(&h);
}

static void a_script_serves_and_calls_over_tcp(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(
      &h, "server",
      "local uv = require 'uv' local server = uv.new_tcp() server:bind('127.0.0.1', 0)\n"
      "server:listen(8, function(err) assert(not err, err)\n"
      "  local client = uv.new_tcp() server:accept(client)\n"
      "  client:read_start(function(e, data) if data then client:write(data:upper()) else client:close() end "
      "end)\n"
      "end)\n"
      "print(server:getsockname().port) return {}");
  char source[512];
  snprintf(
      source, sizeof source,
      "local uv = require 'uv' local c = uv.new_tcp()\n"
      "c:connect('127.0.0.1', %s, function(err) assert(not err, err) c:write('hello')\n"
      "  c:read_start(function(e, data) print(data or 'end') c:shutdown(function() c:close() end) end) end) return {}",
      api_harness_said(&h));
  api_harness_load(&h, "client", source);
  api_harness_wait_said(&h, "HELLO");
  api_harness_unload(&h, "client");
  api_harness_close(&h); /* the server still listens */
}

static int open_udp(struct sockaddr_in *address) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  socklen_t len = sizeof *address;
  *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  assert_int_equal(bind(fd, (struct sockaddr *)address, len), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)address, &len), 0);
  return fd;
}

static void send_udp(int fd, const char *port, const void *bytes, size_t len) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  assert_int_equal(sendto(fd, bytes, len, 0, (struct sockaddr *)&to, sizeof to), len);
}

static void datagrams_come_and_go(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  struct sockaddr_in own;
  int fd = open_udp(&own);
  char source[512];
  snprintf(source, sizeof source,
           "local uv = require 'uv' local udp = uv.new_udp() udp:bind('127.0.0.1', 0)\n"
           "udp:recv_start(function(err, data, from) if data then print(data .. ' ' .. from.port)\n"
           "  udp:send('pong', from.ip, from.port, function() print('sent') end) end end)\n"
           "print(udp:getsockname().port) return {}");
  api_harness_load(&h, "s", source);
  send_udp(fd, api_harness_said(&h), "ping", 4);
  api_harness_wait_said(&h, "sent");
  char want[64], got[8];
  snprintf(want, sizeof want, "ping %u; sent", ntohs(own.sin_port));
  check_said(&h, want);
  check_int(recv(fd, got, sizeof got, MSG_DONTWAIT), 4);
  close(fd);
  api_harness_close(&h);
}

static void work_of_uv_s_threads_comes_back(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "local uv = require 'uv' local from = coroutine.running()\n"
                   "uv.fs_stat('/', function(err, stat) print(stat.type) end)\n"
                   "uv.fs_stat('/nowhere', function(err, stat) print(err:match('^%u+')) end)\n"
                   "uv.getaddrinfo('127.0.0.1', nil, { socktype = 'stream' }, function(err, list) print(list[1].addr) "
                   "end) return {}");
  api_harness_wait_said(&h, "directory");
  api_harness_wait_said(&h, "ENOENT");
  api_harness_wait_said(&h, "127.0.0.1");
  api_harness_close(&h);
}

static void a_callback_is_a_task_and_may_wait(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_device(&h, "d");
  api_harness_load(&h, "s",
                   "local uv, tg = require 'uv', require 'tidegate' local t = uv.new_timer()\n"
                   "t:start(1, 0, function() t:close() print(tg.device.find('d'):read('/3/0/0')) end) return {}");
  for (int i = 0; i < 1000 && h.started == 0; i++) api_harness_pass(&h, 2);
  check_slice(tg_slice_str(h.question), "read /3/0/0");
  const tg_record_t record = {.path = tg_path(3, 3, 0, 0), .value = {.type = TG_TYPE_INTEGER, .i = 7}};
  api_harness_answer_records(&h, &record, 1);
  check_said(&h, "7");
  api_harness_close(&h);
}

static void an_error_in_a_callback_is_told_with_file_and_line_and_ends_nothing(void **state) {
  (void)state;
  static const struct {
    const char *body;
    const char *says;
  } rows[] = {
      {"error('oops')", "s.lua:3: oops"},
      {"error({ code = 'x' })", "s.lua:3: table"},
      {"error()", "s.lua:3: error without a message"},
      {"local x = nil x.y = 1", "s.lua:3: attempt to index a nil value"},
      {"while true do end", "s.lua:3: over budget"},
      {"local t = {} while true do t[#t + 1] = ('x'):rep(1e5) .. #t end", "s.lua:3: not enough memory"},
      {"coroutine.yield()", "coroutine.yield outside a coroutine"},
      {"uv.new_timer():start(-1)", "s.lua:3: bad argument"},
  };
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char source[512];
    snprintf(
        source, sizeof source,
        "local uv = require 'uv' local n, timer = 0, uv.new_timer()\n"
        "timer:start(1, 1, function() n = n + 1 if n == 3 then print('goes on') timer:stop() end if n > 1 then return "
        "end\n%s end) return {}",
        rows[i].body);
    const tg_api_bundle_t bundle = {.name = "s",
                                    .file = "s.lua",
                                    .source = tg_slice_str(source),
                                    .limits = {.instructions = 2000000, .burst_ms = 5000, .memory = (size_t)4 << 20}};
    check_rc(api_harness_try_bundle(&h, &bundle), TG_OK);
    api_harness_wait_said(&h, "goes on");
    tg_api_status_t status = api_harness_status(&h, "s");
    check_has(status.last_error, rows[i].says);
    check_int(status.errors, 1);
    check_int(status.failures_in_row, 0);
    api_harness_unload(&h, "s");
    check_said(&h, "goes on");
  }
  api_harness_close(&h);
}

static void five_failing_callbacks_disable_a_script(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  api_harness_load(&h, "s",
                   "local uv = require 'uv' local t = uv.new_timer()\n"
                   "t:start(1, 1, function() print('x') error('again') end) return {}");
  uint64_t end = tg_clock_mono_ms() + API_HARNESS_WAIT_MS;
  while (api_harness_status(&h, "s").state == TG_API_RUNNING && tg_clock_mono_ms() < end) api_harness_pass(&h, 2);
  check_int(api_harness_status(&h, "s").state, TG_API_DISABLED);
  uint64_t errors = api_harness_status(&h, "s").errors;
  check_true(errors == 5 || errors == 6); /* another may be due before the script is looked after */
  check_said(&h, errors == 5 ? "x; x; x; x; x" : "x; x; x; x; x; x");
  api_harness_pass(&h, 10);
  check_said(&h, "");
  api_harness_close(&h);
}

static void what_reaches_beyond_the_script_is_not_there(void **state) {
  (void)state;
  static const char *const names[] = {"run",
                                      "stop",
                                      "loop_close",
                                      "walk",
                                      "new_thread",
                                      "new_work",
                                      "queue_work",
                                      "sleep",
                                      "setuid",
                                      "setgid",
                                      "chdir",
                                      "kill",
                                      "os_setenv",
                                      "os_unsetenv",
                                      "new_signal",
                                      "disable_stdio_inheritance",
                                      "loop_configure",
                                      "print_all_handles",
                                      "set_process_title",
                                      "thread_join"};
  api_harness_t h;
  api_harness_open(&h);
  for (size_t i = 0; i < TG_COUNT(names); i++) {
    char code[128];
    snprintf(code, sizeof code, "say(require('uv').%s)", names[i]);
    check_bytes_at(tg_slice_str(api_harness_eval(&h, code)), tg_slice_str("nil"), names[i], (int)i);
  }
  static const api_harness_row_t there[] = {
      {"say(type(require('uv').new_timer))", "function"},
      {"say(type(require('uv').now()))", "number"},
      {"say(require 'uv' == require 'uv')", "true"},
      {"say(io, os.execute, os.exit, os.getenv, debug, package, dofile, loadfile, string.dump)",
       "nil; nil; nil; nil; nil; nil; nil; nil; nil"},
  };
  api_harness_check_rows(&h, there, TG_COUNT(there));
  static const api_harness_row_t blocking[] = {
      {"require('uv').getaddrinfo('localhost')", "eval.lua:1: bad argument #4 to 'getaddrinfo' (a function is wanted"},
      {"require('uv').getnameinfo({ ip = '127.0.0.1' })", "bad argument #2 to 'getnameinfo' (a function is wanted"},
  };
  api_harness_check_parts(&h, blocking, TG_COUNT(blocking));
  api_harness_close(&h);
}

/* Nothing of it may make the loop turn: each turn in which something happens is counted. */
static void a_loop_that_waits_does_not_turn(void **state) {
  (void)state;
  static const char *const sources[] = {
      "return {}",
      "local uv = require 'uv' uv.new_timer() return {}",
      "local uv = require 'uv' local t = uv.new_timer() t:start(100000, 0, print) return {}",
      "local uv = require 'uv' local u = uv.new_udp() u:bind('127.0.0.1', 0) u:recv_start(print) return {}",
      "local uv = require 'uv' local u = uv.new_tcp() u:bind('127.0.0.1', 0) u:listen(8, print) return {}",
      "local uv = require 'uv' local u = uv.new_udp() u:bind('127.0.0.1', 0) u:recv_start(print) u:close() return {}",
      "local uv = require 'uv' uv.new_async(print) return {}",
      /* what is left when the timer has gone keeps no loop alive */
      "local uv = require 'uv' local t, p = uv.new_timer(), uv.spawn('/bin/sleep', { args = { '0.02' } }, print)\n"
      "p:unref() t:start(5, 0, function() t:close() end) return {}",
      "local uv = require 'uv' local t, u = uv.new_timer(), uv.new_udp() u:bind('127.0.0.1', 0) u:unref()\n"
      "u:recv_start(function(e, data) if data then print('datagram') end end) t:start(5, 0, function() t:close() end)\n"
      "print(u:getsockname().port) return {}",
  };
  api_harness_t h;
  api_harness_open(&h);
  struct sockaddr_in own;
  int fd = open_udp(&own);
  for (size_t i = 0; i < TG_COUNT(sources); i++) {
    (void)api_harness_said(&h);
    api_harness_load(&h, "s", sources[i]);
    api_harness_pass(&h, 30);
    bool has_port = strstr(sources[i], "port") != NULL;
    if (has_port) send_udp(fd, api_harness_said(&h), "x", 1);
    uint64_t before = h.turns;
    api_harness_pass(&h, 60);
    if (has_port) check_said(&h, "datagram");
    if (h.turns - before > 4) fail_msg("%s\n%u turns in 60 ms", sources[i], (unsigned)(h.turns - before));
    api_harness_unload(&h, "s");
    before = h.turns;
    api_harness_pass(&h, 30);
    check_true(h.turns - before <= 4);
  }
  close(fd);
  api_harness_close(&h);
}

/* Data arrives for a script that has no memory left for it: luv makes strings of it outside of any call. */
static void data_beyond_the_memory_cap_ends_nothing(void **state) {
  (void)state;
  api_harness_t h;
  api_harness_open(&h);
  struct sockaddr_in own;
  int fd = open_udp(&own);
  const tg_api_bundle_t bundle = {
      .name = "full",
      .file = "full.lua",
      .source =
          tg_slice_str("local uv = require 'uv' local udp, kept = uv.new_udp(), {} udp:bind('127.0.0.1', 0)\n"
                       "print(udp:getsockname().port)\n"
                       "return { init = function() udp:recv_start(function(err, data) kept.last = data end) end,\n"
                       "  events = { registered = function()\n"
                       "  for _, size in ipairs { 100000, 1000, 100, 32 } do\n"
                       "    pcall(function() while true do kept = { kept, ('x'):rep(size) } end end)\n"
                       "  end end } }"),
      .limits = {.memory = (size_t)4 << 20, .burst_ms = 5000, .instructions = 1000000000}};
  check_rc(api_harness_try_bundle(&h, &bundle), TG_OK);
  char port[16];
  snprintf(port, sizeof port, "%s", api_harness_said(&h));
  api_harness_device(&h, "d");
  check_true(api_harness_status(&h, "full").memory > ((size_t)4 << 20) - 4096);
  static const char bytes[60000];
  for (int i = 0; i < 5; i++) {
    send_udp(fd, port, bytes, sizeof bytes);
    api_harness_pass(&h, 10);
  }
  tg_api_status_t status = api_harness_status(&h, "full");
  check_true(status.memory_peak < (size_t)5 << 20);
  api_harness_load(&h, "other", "print('alive') return {}");
  check_said(&h, "alive");
  close(fd);
  api_harness_close(&h);
}

CHECK_SUITE(timers_fire_once_or_again_until_they_are_closed, a_timer_that_was_begun_in_an_event_fires_in_time,
            a_script_serves_and_calls_over_tcp, datagrams_come_and_go, work_of_uv_s_threads_comes_back,
            a_callback_is_a_task_and_may_wait, an_error_in_a_callback_is_told_with_file_and_line_and_ends_nothing,
            five_failing_callbacks_disable_a_script, what_reaches_beyond_the_script_is_not_there,
            a_loop_that_waits_does_not_turn, data_beyond_the_memory_cap_ends_nothing)
