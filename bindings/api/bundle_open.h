/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_BUNDLE_OPEN_H
#define TG_BINDINGS_API_BUNDLE_OPEN_H

/** What happens inside the vm when a generation starts: modules, the public table, the script. */

#include "bindings/api/api_state.h"

/** Lua function: opens everything for the bundle that is light userdata 1, runs its script and sets bundle->on. Raises what is wrong; may suspend. */
int tg_bundle_open(lua_State *L);

/** Pushes the table that `require "tidegate"` gives in this bundle and preloads it. Raises; once a vm. */
void tg_bundle_open_public(lua_State *L, tg_bundle_t *bundle);

/** Seam function for tg_vm_config_t.module: the program's own scripts first, then the folder of the bundle, then that of the configuration. */
bool tg_bundle_open_module(void *ud, const char *name, tg_buf_t *source, tg_buf_t *file);

#endif
