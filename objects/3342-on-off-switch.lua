-- SPDX-License-Identifier: Apache-2.0
-- 3342 On/Off switch. A wall switch or toggle.

local res = {
  [5500] = {
    name = "Digital Input State", ops = "R", type = "boolean", mandatory = true,
    description = "true while the input is active, after polarity is applied",
  },
  [5501] = {
    name = "Digital Input Counter", ops = "R", type = "integer",
    description = "activations seen since the last reset",
  },
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
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
  [6050] = {
    name = "Fractional Timestamp", ops = "R", type = "float", range = { 0, 1 }, unit = "s",
    description = "part of a second to add to Timestamp",
  },
}

return {
  {
    id = 3342, name = "On/Off switch", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3342", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A two-position switch.",
    resources = {
      [5500] = res[5500], [5501] = res[5501], [5750] = res[5750], [5852] = res[5852],
      [5854] = res[5854],
    },
  },
  {
    id = 3342, name = "On/Off switch", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3342:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A two-position switch.",
    resources = res,
  },
}
