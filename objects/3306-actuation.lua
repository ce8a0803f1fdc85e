-- SPDX-License-Identifier: Apache-2.0
-- 3306 Actuation. A generic actuator: on and off, a level, or a named state.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [5850] = { name = "On/Off", ops = "RW", type = "boolean", mandatory = true },
  [5851] = { name = "Dimmer", ops = "RW", type = "integer", range = { 0, 100 }, unit = "/100" },
  [5852] = {
    name = "On time", ops = "RW", type = "integer", unit = "s",
    description = "time spent on; write 0 to reset",
  },
  [5853] = {
    name = "Multi-state Output", ops = "RW", type = "string",
    description = "named output state, for actuators with more than two",
  },
  [6050] = {
    name = "Fractional Timestamp", ops = "R", type = "float", range = { 0, 1 }, unit = "s",
    description = "part of a second to add to Timestamp",
  },
}

return {
  {
    id = 3306, name = "Actuation", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3306", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "Something that can be switched, dimmed or set to a named state.",
    resources = {
      [5750] = res[5750], [5850] = res[5850], [5851] = res[5851], [5852] = res[5852],
      [5853] = res[5853],
    },
  },
  {
    id = 3306, name = "Actuation", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3306:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "Something that can be switched, dimmed or set to a named state.",
    resources = res,
  },
}
