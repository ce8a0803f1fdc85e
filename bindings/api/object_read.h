/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_OBJECT_READ_H
#define TG_BINDINGS_API_OBJECT_READ_H

/** Object definitions as Lua tables (objects/README.md) to definitions of the registry. */

#include <lua.h>

#include "core/registry/registry.h"

/**
 * Reads the definition, or the list of definitions, at @p index and adds all of them to @p registry (borrowed; NULL: they are only
 * read), or none where one is wrong; one that is there in the same words is left alone. Raises a sentence that names object, resource and key; runs protected.
 * @param rc  what kind of mistake it was, set before raising: TG_E_TYPE, TG_E_RANGE, TG_E_SYNTAX, TG_E_DUPLICATE, TG_E_NOMEM
 */
void tg_object_read(lua_State *L, int index, tg_registry_t *registry, tg_rc_t *rc);

#endif
