/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_UV_CALL_H
#define TG_BINDINGS_API_UV_CALL_H

/** How scripts may call a function of luv's: through a check that neither holds nor ends the program, and within bounds. */

#include <luv/luv.h>
#include <stdbool.h>

/** Of one script: handles that hold a descriptor (sockets, pipes, children, watches), handles of any kind, and requests under way. */
enum { TG_UV_CALL_SOCKETS_MAX = 256, TG_UV_CALL_HANDLES_MAX = 1280, TG_UV_CALL_REQUESTS_MAX = 1024 };

/** A loop that luv works on. Members are set by its owner. */
typedef struct tg_uv_call_loop {
  uv_loop_t loop;
  bool is_running; /* inside uv_run() */
} tg_uv_call_loop_t;

/** How much of that is in use. */
typedef struct tg_uv_call_use {
  size_t handles; /* of any kind, closing ones too */
  size_t sockets; /* of them, with a descriptor */
  size_t requests;
} tg_uv_call_use_t;

/** How scripts have a function. The checks find luv's function as upvalue 1, the place of its callback or time as upvalue 2. */
typedef enum tg_uv_call_how {
  TG_UV_CALL_PLAIN,  /* as it is, but not on a handle that is closed */
  TG_UV_CALL_ANY,    /* as it is, on any handle */
  TG_UV_CALL_WRITE,  /* bytes, or a list of them: luv loses memory over what is neither */
  TG_UV_CALL_WAITS,  /* must have a callback */
  TG_UV_CALL_SCAN,   /* fs_scandir() and, of what it gives, */
  TG_UV_CALL_NEXT,   /* fs_scandir_next() */
  TG_UV_CALL_MAKES,  /* makes a handle, */
  TG_UV_CALL_SOCKET, /* or one with a descriptor */
  TG_UV_CALL_PIPE,   /* new_pipe(): no descriptors are sent over it */
  TG_UV_CALL_SPAWN,
  TG_UV_CALL_KILL,     /* process_kill(): not after its end, when the number may be another's */
  TG_UV_CALL_RANDOM,   /* a little at once, or with a callback */
  TG_UV_CALL_TIMER,    /* begins a timer; the place is that of its first time-out, 0 = none */
  TG_UV_CALL_NOW,      /* update_time() */
  TG_UV_CALL_NOT_THERE /* taken away */
} tg_uv_call_how_t;

/** What a userdata of luv's is. */
typedef enum tg_uv_call_kind { TG_UV_CALL_FOREIGN, TG_UV_CALL_HANDLE, TG_UV_CALL_REQUEST } tg_uv_call_kind_t;

/** Makes the registry ready for the checks, which work on @p loop (kept). May raise. */
void tg_uv_call_open(lua_State *L, tg_uv_call_loop_t *loop);

/** The metatable on top of the stack is that of such things. May raise. */
void tg_uv_call_know(lua_State *L, tg_uv_call_kind_t kind);

/** The check for a kind of function; NULL where it is not there. */
lua_CFunction tg_uv_call_through(tg_uv_call_how_t how);

/** Counts; a handle without data is the loop's owner's, not the script's. */
tg_uv_call_use_t tg_uv_call_use(tg_uv_call_loop_t *uv);

#endif
