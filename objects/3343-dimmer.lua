-- SPDX-License-Identifier: Apache-2.0
-- 3343 Dimmer. A knob or slider that sets a level.

return {
  id = 3343, name = "Dimmer", version = "1.0",
  urn = "urn:oma:lwm2m:ext:3343", lwm2m = "1.0",
  multiple = true, mandatory = false,
  description = "A level control operated by hand.",
  resources = {
    [5548] = {
      name = "Level", ops = "RW", type = "float", mandatory = true, range = { 0, 100 },
      unit = "/100",
    },
    [5750] = {
      name = "Application Type", ops = "RW", type = "string",
      description = "free text: what this instance is used for",
    },
    [5852] = {
      name = "On time", ops = "RW", type = "integer", unit = "s",
      description = "time spent on; write 0 to reset",
    },
    [5854] = {
      name = "Off Time", ops = "RW", type = "integer", unit = "s",
      description = "time spent off; write 0 to reset",
    },
  },
}
