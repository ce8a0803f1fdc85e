-- SPDX-License-Identifier: Apache-2.0
-- 3337 Positioner. A valve, blind or servo with a position in percent.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5519] = { name = "Min Limit", ops = "R", type = "float" },
  [5520] = { name = "Max Limit", ops = "R", type = "float" },
  [5536] = {
    name = "Current Position", ops = "RW", type = "float", mandatory = true, range = { 0, 100 },
    unit = "/100",
    description = "where it is; writing moves it there",
  },
  [5537] = {
    name = "Transition Time", ops = "RW", type = "float", unit = "s",
    description = "how long a full move takes",
  },
  [5538] = {
    name = "Remaining Time", ops = "R", type = "float", unit = "s",
    description = "until the running operation ends",
  },
  [5601] = { name = "Min Measured Value", ops = "R", type = "float" },
  [5602] = { name = "Max Measured Value", ops = "R", type = "float" },
  [5605] = { name = "Reset Min and Max Measured Values", ops = "E" },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [6050] = {
    name = "Fractional Timestamp", ops = "R", type = "float", range = { 0, 1 }, unit = "s",
    description = "part of a second to add to Timestamp",
  },
}

return {
  {
    id = 3337, name = "Positioner", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3337", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "An actuator that moves to a position in percent.",
    resources = {
      [5519] = res[5519], [5520] = res[5520], [5536] = res[5536], [5537] = res[5537],
      [5538] = res[5538], [5601] = res[5601], [5602] = res[5602], [5605] = res[5605],
      [5750] = res[5750],
    },
  },
  {
    id = 3337, name = "Positioner", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3337:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "An actuator that moves to a position in percent.",
    resources = res,
  },
}
