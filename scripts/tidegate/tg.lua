-- SPDX-License-Identifier: Apache-2.0
-- What `require "tidegate"` gives to a script: the areas that C made, and those made of Lua.

local publish = require "tidegate.publish"
local rule = require "tidegate.rule"
local timer = require "tidegate.timer"

local AREAS = {
  "device", "object", "mqtt", "codec", "store", "log", "driver", "serial", "firmware",
}

--- Makes the public table of what C hands over (see bundle.lua for what becomes of a script).
return function(core)
  local tg = { name = core.name, gw = core.gw, version = core.version }
  for _, area in ipairs(AREAS) do tg[area] = core[area] end
  local env = rule.env(core)
  tg.rule = rule.new(env)
  tg.rule.publish = publish(core, env)
  tg.timer = timer(core)
  return tg
end
