-- SPDX-License-Identifier: Apache-2.0
-- 3347 Push button. A momentary button.

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
  [6050] = {
    name = "Fractional Timestamp", ops = "R", type = "float", range = { 0, 1 }, unit = "s",
    description = "part of a second to add to Timestamp",
  },
}

return {
  {
    id = 3347, name = "Push button", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3347", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A momentary push button with a count of presses.",
    resources = {
      [5500] = res[5500], [5501] = res[5501], [5750] = res[5750],
    },
  },
  {
    id = 3347, name = "Push button", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3347:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A momentary push button with a count of presses.",
    resources = res,
  },
}
