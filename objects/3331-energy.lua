-- SPDX-License-Identifier: Apache-2.0
-- 3331 Energy. Energy counted since the last reset.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5700] = { name = "Sensor Value", ops = "R", type = "float", mandatory = true, unit = "Wh" },
  [5701] = {
    name = "Sensor Units", ops = "R", type = "string",
    description = "unit of the values, as the device states it (SenML name)",
  },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [5822] = { name = "Reset Cumulative energy", ops = "E" },
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
    id = 3331, name = "Energy", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3331", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "An energy counter.",
    resources = {
      [5700] = res[5700], [5701] = res[5701], [5750] = res[5750], [5822] = res[5822],
    },
  },
  {
    id = 3331, name = "Energy", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3331:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "An energy counter.",
    resources = res,
  },
}
