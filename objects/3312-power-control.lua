-- SPDX-License-Identifier: Apache-2.0
-- 3312 Power Control. A switched outlet or power relay.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [5805] = {
    name = "Cumulative active power", ops = "R", type = "float", unit = "Wh",
    description = "energy since start or reset",
  },
  [5820] = { name = "Power factor", ops = "R", type = "float" },
  [5850] = { name = "On/Off", ops = "RW", type = "boolean", mandatory = true },
  [5851] = { name = "Dimmer", ops = "RW", type = "integer", range = { 0, 100 }, unit = "/100" },
  [5852] = {
    name = "On time", ops = "RW", type = "integer", unit = "s",
    description = "time spent on; write 0 to reset",
  },
  [6050] = {
    name = "Fractional Timestamp", ops = "R", type = "float", range = { 0, 1 }, unit = "s",
    description = "part of a second to add to Timestamp",
  },
}

return {
  {
    id = 3312, name = "Power Control", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3312", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A power outlet or relay with switch, level and energy count.",
    resources = {
      [5750] = res[5750], [5805] = res[5805], [5820] = res[5820], [5850] = res[5850],
      [5851] = res[5851], [5852] = res[5852],
    },
  },
  {
    id = 3312, name = "Power Control", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3312:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A power outlet or relay with switch, level and energy count.",
    resources = res,
  },
}
