-- SPDX-License-Identifier: Apache-2.0
-- 3350 Stopwatch. A timer that counts up while it runs.

local res = {
  [5501] = {
    name = "Digital Input Counter", ops = "R", type = "integer",
    description = "activations seen since the last reset",
  },
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5544] = {
    name = "Cumulative Time", ops = "RW", type = "float", mandatory = true, unit = "s",
    description = "total time the input was on; write 0 to start again",
  },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [5850] = { name = "On/Off", ops = "RW", type = "boolean" },
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
    id = 3350, name = "Stopwatch", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3350", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A stopwatch that counts up while it is on.",
    resources = {
      [5501] = res[5501], [5544] = res[5544], [5750] = res[5750], [5850] = res[5850],
    },
  },
  {
    id = 3350, name = "Stopwatch", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3350:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A stopwatch that counts up while it is on.",
    resources = res,
  },
}
