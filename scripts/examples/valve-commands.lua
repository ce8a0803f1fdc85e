-- SPDX-License-Identifier: Apache-2.0
-- Commands on topics of your own: "open" or "close" on plant/VALVE/set moves the valve, the answer
-- comes on plant/VALVE/state. In the configuration:
--   scripts = { "rules/valve-commands.lua" }
-- and then `mosquitto_pub -t plant/valve7/set -m open`.

local tg = require "tidegate"

local SWITCH = "/3306/0/5850" -- object 3306 (actuation), instance 0, On/Off

return {
  name = "valve-commands",
  version = "1.0",

  commands = {
    {
      topic = "plant/+/set",

      -- Makes a command of a message; nil makes none, and a list makes several.
      map = function(msg)
        local valve = msg.levels[2]
        if msg.payload ~= "open" and msg.payload ~= "close" then
          tg.log.warn(("plant/%s/set: open or close is wanted, not %s"):format(valve, msg.payload))
          return nil
        end
        return {
          ep = valve,
          op = "write",
          path = SWITCH,
          value = msg.payload == "open",
          timeout = 600, -- seconds; a sleeping device gets the command when it wakes

          -- Called once, when it is known how the command ended.
          done = function(_, err)
            local topic = msg.topic:gsub("/set$", "/state")
            tg.rule.publish(topic, {
              state = err and "unknown" or msg.payload,
              error = err and tostring(err) or nil,
            }, { retain = true })
          end,
        }
      end,
    },
  },
}
