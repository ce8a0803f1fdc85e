/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_DRIVER_TASK_H
#define TG_BINDINGS_API_DRIVER_TASK_H

/** Tasks for drivers: start one, and wait in one until somebody calls a function. */

#include <lua.h>

/** Lua function task(fn): runs fn in a task of its own; its error is logged. */
int tg_driver_task_spawn(lua_State *L);

/** Lua function wait(start): calls start(done) and suspends until done(…) is called; returns what that was given. Raises outside a task. */
int tg_driver_task_wait(lua_State *L);

#endif
