/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_BUNDLE_UV_H
#define TG_BINDINGS_API_BUNDLE_UV_H

/**
 * What a script may have of luv: what its end can undo, what can't hold the program, and of that no more than the gateway can spare.
 * The list in words: docs/howto/scripts-cant-hurt.md.
 */

#include <luv/luv.h>

/** Of one script: handles that hold a descriptor (sockets, pipes, children, watches), handles of any kind, and requests under way. */
enum { TG_BUNDLE_UV_SOCKETS_MAX = 256, TG_BUNDLE_UV_HANDLES_MAX = 1280, TG_BUNDLE_UV_REQUESTS_MAX = 1024 };

/** Makes the table of luv on top of the stack, and the methods of its handles, fit for scripts; @p uv (kept) is the loop it works on. Runs protected, once; may raise. */
void tg_bundle_uv_guard(lua_State *L, uv_loop_t *uv);

/** Pushes a stream of luv's over @p fd, which it then owns; scripts themselves can't name descriptors. Raises (the caller still owns @p fd then) when luv refuses. */
void tg_bundle_uv_push_stream(lua_State *L, int fd);

#endif
