/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONFIG_READ_H
#define TG_BINDINGS_HOST_CONFIG_READ_H

/** From the checked Lua table to the C structure. */

#include <lua.h>

#include "bindings/host/config.h"

/** Fills @p config from the table at @p table, as config/check.lua returns it; @p text is the index of its function `text`. Raises without memory. */
void tg_config_read(lua_State *L, int table, int text, tg_config_t *config);

#endif
