-- SPDX-License-Identifier: Apache-2.0
-- 3335 Colour. A colour sensor or a colour to show.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5701] = {
    name = "Sensor Units", ops = "R", type = "string",
    description = "unit of the values, as the device states it (SenML name)",
  },
  [5706] = {
    name = "Colour", ops = "RW", type = "string", mandatory = true,
    description = "colour as text in the space the units resource names",
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
    id = 3335, name = "Colour", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3335", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A colour as text in a stated colour space.",
    resources = {
      [5701] = res[5701], [5706] = res[5706], [5750] = res[5750],
    },
  },
  {
    id = 3335, name = "Colour", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3335:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A colour as text in a stated colour space.",
    resources = res,
  },
}
