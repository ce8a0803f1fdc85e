/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_BUNDLE_UV_H
#define TG_BINDINGS_API_BUNDLE_UV_H

/**
 * What a script may have of luv: what its end can undo, what can't hold or end the program, and of that no more than the gateway can spare.
 * The list is bundle_uv.def; in words: docs/howto/scripts-cant-hurt.md.
 */

#include "bindings/api/uv_call.h"

/** Makes the table of luv on top of the stack, and the methods of its handles, fit for scripts; @p loop (kept) is what it works on. Runs protected, once; may raise. */
void tg_bundle_uv_guard(lua_State *L, tg_uv_call_loop_t *loop);

/** Pushes a stream of luv's over @p fd, which it then owns; scripts themselves can't name descriptors. Raises (the caller still owns @p fd then) when luv refuses. */
void tg_bundle_uv_push_stream(lua_State *L, int fd);

#endif
