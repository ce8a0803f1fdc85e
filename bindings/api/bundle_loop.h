/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_BUNDLE_LOOP_H
#define TG_BINDINGS_API_BUNDLE_LOOP_H

/**
 * The uv loop of one bundle, nested in ours (docs/adr/0005-nested-luv-loops.md): scripts get sockets, timers and processes through
 * luv, and can neither touch our handles nor outlive their script.
 */

#include "bindings/api/uv_call.h"
#include "bindings/vm/vm.h"
#include "core/loop/loop.h"

typedef struct tg_bundle_loop tg_bundle_loop_t;

/** Seam: a callback of luv's with @p mark has run in the script; @p diag says what went wrong when @p rc is not TG_OK. */
typedef void (*tg_bundle_loop_done_fn)(void *ud, tg_vm_mark_t mark, tg_rc_t rc, const tg_diag_t *diag);

/** A loop for @p vm (kept; so are @p outer and @p ud). NULL without memory or descriptors. */
tg_bundle_loop_t *tg_bundle_loop_new(tg_loop_t *outer, tg_vm_t *vm, tg_bundle_loop_done_fn done, void *ud);

/** Makes `require "uv"` give luv on this loop, without the functions that reach beyond the bundle. Runs protected, once; may raise. */
void tg_bundle_loop_open(tg_bundle_loop_t *loop, lua_State *L);

/** What of uv the script has in use. */
tg_uv_call_use_t tg_bundle_loop_use(tg_bundle_loop_t *loop);

/** The script has run and may have begun something: the loop gets a turn soon. Cheap when it has nothing to do. */
void tg_bundle_loop_poke(tg_bundle_loop_t *loop);

/**
 * Closes what the script left open, ends its children (SIGTERM, a second later SIGKILL) and frees loop and vm (takes both), at once or as soon as requests under way have ended; no
 * callback reaches the script any more. Until it is gone it stands in the list that begins at @p ending (kept).
 */
void tg_bundle_loop_end(tg_bundle_loop_t *loop, tg_bundle_loop_t **ending);

/** Waits at most @p wait_ms for the loops of a list to be gone, for the end of the program; gives up (and leaks) what has not ended by then. */
void tg_bundle_loop_settle(tg_bundle_loop_t **ending, unsigned wait_ms);

#endif
