-- SPDX-License-Identifier: Apache-2.0
-- An alarm when a value passes a limit, and one message when it is back. In the configuration:
--   scripts = { { file = "rules/threshold-alarm.lua", options = { limit = 40, back = 38 } } }

-- The options are handed over as `...`.
local options = ...
local limit = options.limit or 30 -- degrees Celsius
local back = options.back or limit - 1 -- lower, so that a value at the limit does not flutter

local is_high = {} -- by device and path: true while the alarm is on

return {
  name = "threshold-alarm",
  version = "1.0",

  rules = {
    {
      name = "alarm",
      match = { object = 3303, resource = 5700 },
      topic = "alarm/{ep}{path}",
      retain = true, -- who subscribes later sees the last state

      map = function(rec, dev)
        local key = dev.ep .. rec.path
        if not is_high[key] and rec.value >= limit then
          is_high[key] = true
          return { alarm = "high", value = rec.value, limit = limit, time = rec.time }
        elseif is_high[key] and rec.value < back then
          is_high[key] = nil
          return { alarm = "off", value = rec.value, limit = limit, time = rec.time }
        end
        return nil -- nothing has changed: no message
      end,
    },
  },

  -- When this file is edited, the new version goes on where the old one was.
  save = function() return is_high end,
  restore = function(data) is_high = data end,
}
