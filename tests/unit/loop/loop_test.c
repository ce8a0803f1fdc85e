/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/loop/loop_test.c: mirrors core/loop/loop.c and loop_watch.c. */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/loop/loop_bench.h"

static void on_timer(tg_timer_t *timer, void *ud) {
  (void)timer;
  ++*(int *)ud;
}

static void timers_on_the_loops_wheel_are_called_in_time(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  assert_non_null(loop);
  int fired = 0;
  tg_timer_t timer = {.fn = on_timer, .ud = &fired};
  uint64_t start = tg_loop_now(loop);
  tg_wheel_add(tg_loop_wheel(loop), &timer, start + 20);
  while (!fired) tg_loop_turn(loop, 5);
  check_true(tg_loop_now(loop) >= start + 20);
  check_true(tg_clock_mono_ms() + 1 >= tg_loop_now(loop));
  tg_loop_free(loop);
}

typedef struct late {
  tg_loop_t *loop;
  tg_timer_t timer;
  uint64_t set_ms;
  uint64_t fired_ms;
} late_t;

static void on_late(tg_timer_t *timer, void *ud) {
  (void)timer;
  late_t *late = ud;
  late->fired_ms = tg_clock_mono_ms();
}

static void set_late(void *ud, int fd, int events) {
  (void)events;
  late_t *late = ud;
  char byte;
  assert_int_equal(read(fd, &byte, 1), 1);
  late->set_ms = tg_clock_mono_ms();
  tg_wheel_t *wheel = tg_loop_wheel(late->loop);
  tg_wheel_add(wheel, &late->timer, tg_wheel_now(wheel) + 50);
}

/* An idle gateway's wheel stands still; what a datagram starts must not count the time before it. */
static void after_a_long_wait_a_timer_has_its_whole_time(void **state) {
  (void)state;
  late_t late = {.loop = tg_loop_new(), .timer = {.fn = on_late, .ud = &late}};
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  tg_loop_watch_t *watch = tg_loop_watch(late.loop, ends[0], TG_LOOP_READ, set_late, &late);
  tg_loop_turn(late.loop, 100); /* nothing happens */
  assert_int_equal(write(ends[1], "x", 1), 1);
  while (!late.fired_ms) tg_loop_turn(late.loop, 100);
  check_true(late.fired_ms >= late.set_ms + 49);
  tg_loop_unwatch(watch);
  tg_loop_free(late.loop);
  close(ends[0]);
  close(ends[1]);
}

static void a_turn_waits_no_longer_than_it_is_told(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  uint64_t start = tg_clock_mono_ms();
  tg_loop_turn(loop, 0);
  tg_loop_turn(loop, 30);
  uint64_t took = tg_clock_mono_ms() - start;
  check_true(took >= 28 && took < DEADLINE_MS);
  tg_loop_free(loop);
}

typedef struct reader {
  tg_loop_watch_t *watch;
  int calls;
  int last_events;
  char bytes[16];
} reader_t;

static void on_read(void *ud, int fd, int events) {
  reader_t *reader = ud;
  reader->calls++;
  reader->last_events = events;
  if (events & TG_LOOP_READ) (void)!read(fd, reader->bytes, sizeof reader->bytes);
}

static void a_watch_tells_what_can_be_done(void **state) {
  (void)state;
  int fds[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  tg_loop_t *loop = tg_loop_new();
  reader_t reader = {0};
  reader.watch = tg_loop_watch(loop, fds[0], TG_LOOP_READ, on_read, &reader);
  assert_non_null(reader.watch);
  tg_loop_turn(loop, 0);
  check_int(reader.calls, 0);
  assert_int_equal(write(fds[1], "hi", 2), 2);
  turn_until(loop, &reader.calls, 1);
  check_int(reader.last_events, TG_LOOP_READ);
  assert_string_equal(reader.bytes, "hi");

  check_rc(tg_loop_watch_set(reader.watch, TG_LOOP_READ | TG_LOOP_WRITE), TG_OK);
  turn_until(loop, &reader.calls, 2);
  check_int(reader.last_events, TG_LOOP_WRITE);

  check_rc(tg_loop_watch_set(reader.watch, 0), TG_OK);
  assert_int_equal(write(fds[1], "hi", 2), 2);
  tg_loop_turn(loop, 0);
  check_int(reader.calls, 2);

  tg_loop_unwatch(reader.watch);
  tg_loop_unwatch(NULL);
  (void)close(fds[0]);
  (void)close(fds[1]);
  tg_loop_turn(loop, 0);
  check_int(reader.calls, 2);
  tg_loop_free(loop);
}

static void a_descriptor_can_be_closed_and_its_number_watched_again_at_once(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  reader_t reader = {0};
  for (int i = 1; i <= 5; i++) {
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    reader.watch = tg_loop_watch(loop, fds[0], TG_LOOP_READ, on_read, &reader);
    assert_non_null(reader.watch);
    assert_int_equal(write(fds[1], "x", 1), 1);
    turn_until(loop, &reader.calls, i);
    tg_loop_unwatch(reader.watch);
    (void)close(fds[0]);
    (void)close(fds[1]);
  }
  tg_loop_free(loop);
}

static void end_in_callback(void *ud, int fd, int events) {
  (void)fd, (void)events;
  reader_t *reader = ud;
  reader->calls++;
  tg_loop_unwatch(reader->watch);
}

static void a_watch_may_be_ended_in_its_callback_also_on_an_error(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  int fds[2];
  assert_int_equal(pipe(fds), 0);
  (void)close(fds[0]); /* a write end without reader is an error condition */
  reader_t reader = {0};
  reader.watch = tg_loop_watch(loop, fds[1], TG_LOOP_WRITE, end_in_callback, &reader);
  assert_non_null(reader.watch);
  turn_until(loop, &reader.calls, 1);
  (void)close(fds[1]);
  tg_loop_turn(loop, 0);
  check_int(reader.calls, 1);
  tg_loop_free(loop);
}

static void what_cannot_be_polled_is_not_watched(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  FILE *file = tmpfile();
  assert_non_null(file);
  assert_null(tg_loop_watch(loop, fileno(file), TG_LOOP_READ, on_read, NULL));
  assert_null(tg_loop_watch(loop, 9999, TG_LOOP_READ, on_read, NULL));
  (void)fclose(file);
  tg_loop_free(loop);
}

static void hooks_run_after_everything_else_of_a_turn_in_which_something_happened(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  int hooks = 0, posts = 0;
  check_rc(tg_loop_each_turn(loop, count, &hooks), TG_OK);
  for (int i = 0; i < 5; i++) tg_loop_turn(loop, 0);
  check_int(hooks, 0); /* idle turns */
  for (int i = 0; i < 3; i++) check_rc(tg_loop_post(loop, count, &posts), TG_OK);
  turn_until(loop, &posts, 3);
  check_int(hooks, 1);
  int fired = 0;
  tg_timer_t timer = {.fn = on_timer, .ud = &fired};
  tg_wheel_add(tg_loop_wheel(loop), &timer, tg_loop_now(loop));
  turn_until(loop, &fired, 1);
  check_int(hooks, 2);
  tg_loop_each_turn_end(loop, count, &hooks);
  tg_loop_each_turn_end(loop, count, &posts); /* not there */
  check_rc(tg_loop_post(loop, count, &posts), TG_OK);
  turn_until(loop, &posts, 4);
  check_int(hooks, 2);
  tg_loop_free(loop);
}

static void a_ninth_hook_is_refused(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  int n[9] = {0};
  for (int i = 0; i < 8; i++) check_rc(tg_loop_each_turn(loop, count, &n[i]), TG_OK);
  check_rc(tg_loop_each_turn(loop, count, &n[8]), TG_E_FULL);
  tg_loop_free(loop);
}

static void stop(void *ud) {
  tg_loop_stop(ud);
}

static void run_returns_after_stop(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  for (int i = 0; i < 3; i++) {
    check_rc(tg_loop_post(loop, stop, loop), TG_OK);
    tg_loop_run(loop);
  }
  tg_loop_free(loop);
}

static void on_signal(void *ud, int signum) {
  *(int *)ud += signum == SIGUSR1;
}

static void a_signal_arrives_as_a_call(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  int got = 0;
  check_rc(tg_loop_on_signal(loop, SIGUSR1, on_signal, &got), TG_OK);
  check_rc(tg_loop_on_signal(loop, SIGKILL, on_signal, &got), TG_E_ARG);
  assert_int_equal(raise(SIGUSR1), 0);
  turn_until(loop, &got, 1);
  tg_loop_free(loop);
}

static void on_path(void *ud, const char *name) {
  (void)name;
  ++*(int *)ud;
}

static void a_change_in_a_folder_is_noticed(void **state) {
  (void)state;
  char dir[] = "/tmp/loop_test.XXXXXX";
  assert_non_null(mkdtemp(dir));
  char file[64];
  (void)snprintf(file, sizeof file, "%s/rule.lua", dir);
  tg_loop_t *loop = tg_loop_new();
  int changes = 0;
  tg_loop_path_t *watch = tg_loop_on_path(loop, dir, on_path, &changes);
  assert_non_null(watch);
  FILE *out = fopen(file, "w");
  assert_non_null(out);
  (void)fputs("return {}", out);
  (void)fclose(out);
  turn_until(loop, &changes, 1);
  tg_loop_path_end(watch);
  tg_loop_path_end(NULL);
  assert_null(tg_loop_on_path(loop, file + 1, on_path, &changes)); /* no such path */
  (void)unlink(file);
  (void)rmdir(dir);
  tg_loop_free(loop);
}

static void a_loop_is_freed_with_everything_still_on_it(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  int fds[2], n = 0;
  assert_int_equal(pipe(fds), 0);
  reader_t reader = {0};
  assert_non_null(tg_loop_watch(loop, fds[0], TG_LOOP_READ, on_read, &reader));
  check_rc(tg_loop_on_signal(loop, SIGUSR2, on_signal, &n), TG_OK);
  assert_non_null(tg_loop_on_path(loop, "/tmp", on_path, &n));
  tg_timer_t timer = {.fn = on_timer, .ud = &n};
  tg_wheel_add(tg_loop_wheel(loop), &timer, tg_loop_now(loop) + 1000);
  check_rc(tg_loop_post(loop, count, &n), TG_OK);
  tg_loop_free(loop);
  check_int(n, 0);
  (void)close(fds[0]);
  (void)close(fds[1]);
  tg_loop_free(NULL);
}

CHECK_SUITE(timers_on_the_loops_wheel_are_called_in_time, after_a_long_wait_a_timer_has_its_whole_time,
            a_turn_waits_no_longer_than_it_is_told, a_watch_tells_what_can_be_done,
            a_descriptor_can_be_closed_and_its_number_watched_again_at_once,
            a_watch_may_be_ended_in_its_callback_also_on_an_error, what_cannot_be_polled_is_not_watched,
            hooks_run_after_everything_else_of_a_turn_in_which_something_happened, a_ninth_hook_is_refused,
            run_returns_after_stop, a_signal_arrives_as_a_call, a_change_in_a_folder_is_noticed,
            a_loop_is_freed_with_everything_still_on_it)
