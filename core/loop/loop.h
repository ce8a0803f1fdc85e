/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LOOP_LOOP_H
#define TG_CORE_LOOP_LOOP_H

/**
 * The event loop (libuv): descriptors, one timer wheel behind one uv timer, posts from other threads, signals, a hook at the end
 * of each turn. One thread owns a loop and everything that hangs on it; only tg_loop_post() may be called from elsewhere.
 */

#include "core/base/rc.h"
#include "core/loop/wheel.h"

typedef struct tg_loop tg_loop_t;
typedef struct tg_loop_watch tg_loop_watch_t;
typedef struct tg_loop_path tg_loop_path_t;

enum { TG_LOOP_READ = 1, TG_LOOP_WRITE = 2 };

typedef void (*tg_loop_fn)(void *ud);
typedef void (*tg_loop_watch_fn)(void *ud, int fd, int events);
typedef void (*tg_loop_signal_fn)(void *ud, int signum);
typedef void (*tg_loop_path_fn)(void *ud, const char *name);

/** A loop of its own; NULL without memory or descriptors. */
tg_loop_t *tg_loop_new(void);

/** Closes what is still open on the loop and frees it; posts still queued are not called. Other threads have been joined. Not from inside a callback. NULL is allowed. */
void tg_loop_free(tg_loop_t *loop);

/** Runs until tg_loop_stop(). */
void tg_loop_run(tg_loop_t *loop);

/** Runs one turn: waits at most @p wait_ms for something to happen, then handles all that did. For tests and benchmarks. */
void tg_loop_turn(tg_loop_t *loop, unsigned wait_ms);

/** Makes tg_loop_run() return after the current turn. */
void tg_loop_stop(tg_loop_t *loop);

/** Monotonic milliseconds as of this turn. */
uint64_t tg_loop_now(const tg_loop_t *loop);

/** The loop's timer wheel, lent. Timers are advanced by the loop. */
tg_wheel_t *tg_loop_wheel(tg_loop_t *loop);

/** Watches @p fd for @p events (TG_LOOP_READ | TG_LOOP_WRITE); @p fn is called with those that occurred. An error on it counts as all that are watched for. The descriptor stays the caller's, is made non-blocking and has one watch at a time. NULL without memory or when the descriptor can't be polled. */
TG_MUST_CHECK tg_loop_watch_t *tg_loop_watch(tg_loop_t *loop, int fd, int events, tg_loop_watch_fn fn, void *ud);

/** Changes what is watched for; 0 pauses. */
TG_MUST_CHECK tg_rc_t tg_loop_watch_set(tg_loop_watch_t *watch, int events);

/** Ends a watch (NULL allowed); no callback comes afterwards; the descriptor may be closed at once. Takes @p watch. */
void tg_loop_unwatch(tg_loop_watch_t *watch);

/** Calls @p fn on the loop's thread soon, in order of posting. From any thread. TG_E_NOMEM; TG_E_CLOSED once the loop is being freed. */
TG_MUST_CHECK tg_rc_t tg_loop_post(tg_loop_t *loop, tg_loop_fn fn, void *ud);

/** Forgets the posts of exactly this @p fn and @p ud that wait to be called: for an owner that ends. On the loop's thread. */
void tg_loop_unpost(tg_loop_t *loop, tg_loop_fn fn, void *ud);

/** Calls @p fn at the end of every turn in which anything happened, in order of adding; at most 8 hooks. TG_E_FULL. */
TG_MUST_CHECK tg_rc_t tg_loop_each_turn(tg_loop_t *loop, tg_loop_fn fn, void *ud);

/** Ends the hook of exactly this @p fn and @p ud; does nothing if there is none. */
void tg_loop_each_turn_end(tg_loop_t *loop, tg_loop_fn fn, void *ud);

/** Calls @p fn when @p signum arrives, for as long as the loop lives. TG_E_NOMEM; TG_E_ARG for a signal that can't be caught. */
TG_MUST_CHECK tg_rc_t tg_loop_on_signal(tg_loop_t *loop, int signum, tg_loop_signal_fn fn, void *ud);

/** Calls @p fn when something in the file or folder @p path changes (inotify through uv_fs_event); name may be NULL. Editors replace files: watch the folder to keep seeing them. End with tg_loop_path_end(). NULL when it can't be watched. */
TG_MUST_CHECK tg_loop_path_t *tg_loop_on_path(tg_loop_t *loop, const char *path, tg_loop_path_fn fn, void *ud);

/** Ends a path watch; NULL is allowed. Takes @p watch. */
void tg_loop_path_end(tg_loop_path_t *watch);

#endif
