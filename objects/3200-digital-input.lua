-- SPDX-License-Identifier: Apache-2.0
-- 3200 Digital Input. One binary input line: a contact, a relay feedback, a detector's output.

local res = {
  [5500] = {
    name = "Digital Input State", ops = "R", type = "boolean", mandatory = true,
    description = "true while the input is active, after polarity is applied",
  },
  [5501] = {
    name = "Digital Input Counter", ops = "R", type = "integer",
    description = "activations seen since the last reset",
  },
  [5502] = {
    name = "Digital Input Polarity", ops = "RW", type = "boolean",
    description = "true inverts the input",
  },
  [5503] = { name = "Digital Input Debounce", ops = "RW", type = "integer", unit = "ms" },
  [5504] = {
    name = "Digital Input Edge Selection", ops = "RW", type = "integer", range = { 1, 3 },
    enum = { [1] = "falling", [2] = "rising", [3] = "both" },
  },
  [5505] = { name = "Digital Input Counter Reset", ops = "E" },
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [5751] = {
    name = "Sensor Type", ops = "R", type = "string",
    description = "free text: kind of sensor",
  },
  [6050] = {
    name = "Fractional Timestamp", ops = "R", type = "float", range = { 0, 1 }, unit = "s",
    description = "part of a second to add to Timestamp",
  },
}

return {
  {
    id = 3200, name = "Digital Input", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3200", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A binary input with optional counting and debouncing.",
    resources = {
      [5500] = res[5500], [5501] = res[5501], [5502] = res[5502], [5503] = res[5503],
      [5504] = res[5504], [5505] = res[5505], [5750] = res[5750], [5751] = res[5751],
    },
  },
  {
    id = 3200, name = "Digital Input", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3200:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A binary input with optional counting and debouncing.",
    resources = res,
  },
}
