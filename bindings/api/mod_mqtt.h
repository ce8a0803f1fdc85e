/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_MOD_MQTT_H
#define TG_BINDINGS_API_MOD_MQTT_H

/** Lua area tg.mqtt: publishing, subscribing, topics. */

#include <lua.h>

/** Pushes the table of the area. May raise; runs protected. */
void tg_mod_mqtt_push(lua_State *L);

/** Adds publish, next_seq and subscribe to the table on top: the short forms for scripts/tidegate/bridge.lua. */
void tg_mod_mqtt_core(lua_State *L);

#endif
