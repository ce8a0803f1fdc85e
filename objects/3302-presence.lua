-- SPDX-License-Identifier: Apache-2.0
-- 3302 Presence. A motion or occupancy detector.

local res = {
  [5500] = {
    name = "Digital Input State", ops = "R", type = "boolean", mandatory = true,
    description = "true while the input is active, after polarity is applied",
  },
  [5501] = {
    name = "Digital Input Counter", ops = "R", type = "integer",
    description = "activations seen since the last reset",
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
  [5903] = {
    name = "Busy to Clear delay", ops = "RW", type = "integer", unit = "ms",
    description = "quiet time before presence is reported as gone",
  },
  [5904] = {
    name = "Clear to Busy delay", ops = "RW", type = "integer", unit = "ms",
    description = "time of presence before it is reported",
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
    id = 3302, name = "Presence", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3302", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "Presence or motion detection with hold times.",
    resources = {
      [5500] = res[5500], [5501] = res[5501], [5505] = res[5505], [5751] = res[5751],
      [5903] = res[5903], [5904] = res[5904],
    },
  },
  {
    id = 3302, name = "Presence", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3302:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "Presence or motion detection with hold times.",
    resources = res,
  },
}
