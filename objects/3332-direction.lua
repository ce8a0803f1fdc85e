-- SPDX-License-Identifier: Apache-2.0
-- 3332 Direction. A compass, wind vane or other pointer.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5601] = { name = "Min Measured Value", ops = "R", type = "float", unit = "deg" },
  [5602] = { name = "Max Measured Value", ops = "R", type = "float", unit = "deg" },
  [5605] = { name = "Reset Min and Max Measured Values", ops = "E" },
  [5705] = {
    name = "Compass Direction", ops = "R", type = "float", mandatory = true, range = { 0, 360 },
    unit = "deg",
    description = "clockwise from north",
  },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [6042] = {
    name = "Measurement Quality Indicator", ops = "R", type = "integer", range = { 0, 23 },
    enum = {
      [0] = "unchecked", [1] = "invalid", [2] = "probably invalid", [3] = "suspicious",
      [4] = "good",
    },
    description = "verdict of a smart sensor on its value; 16 to 23 are the vendor's",
  },
  [6049] = {
    name = "Measurement Quality Level", ops = "R", type = "integer", range = { 0, 100 },
    description = "trust in the value: 100 passed all checks, 0 is to be thrown away",
  },
  [6050] = {
    name = "Fractional Timestamp", ops = "R", type = "float", range = { 0, 1 }, unit = "s",
    description = "part of a second to add to Timestamp",
  },
}

return {
  {
    id = 3332, name = "Direction", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3332", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A direction in degrees from north.",
    resources = {
      [5601] = res[5601], [5602] = res[5602], [5605] = res[5605], [5705] = res[5705],
      [5750] = res[5750],
    },
  },
  {
    id = 3332, name = "Direction", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3332:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A direction in degrees from north.",
    resources = res,
  },
}
