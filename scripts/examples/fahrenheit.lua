-- SPDX-License-Identifier: Apache-2.0
-- The smallest useful rule: temperatures in Fahrenheit on a topic of your own. In the
-- configuration:
--   scripts = { "rules/fahrenheit.lua" }
-- and then `mosquitto_sub -t "weather/#" -v` shows lines such as
--   weather/greenhouse/3303/0/5700 70.7

return {
  name = "fahrenheit",
  version = "1.0",

  rules = {
    {
      -- Which records: the values (5700) of all temperature sensors (object 3303).
      match = { object = 3303, resource = 5700 },

      -- Where to. {ep} is the device's name as one topic level, {path} is "/3303/0/5700".
      topic = "weather/{ep}{path}",

      -- What. Text is sent as it is; a table would become JSON; nil sends nothing.
      map = function(rec) return ("%.1f"):format(rec.value * 9 / 5 + 32) end,
    },
  },
}
