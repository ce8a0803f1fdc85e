-- SPDX-License-Identifier: Apache-2.0
-- 3305 Power Measurement. An electricity meter for one circuit: active and reactive power and
-- energy.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5605] = { name = "Reset Min and Max Measured Values", ops = "E" },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [5800] = {
    name = "Instantaneous active power", ops = "R", type = "float", mandatory = true, unit = "W",
  },
  [5801] = { name = "Min Measured active power", ops = "R", type = "float", unit = "W" },
  [5802] = { name = "Max Measured active power", ops = "R", type = "float", unit = "W" },
  [5803] = { name = "Min Range active power", ops = "R", type = "float", unit = "W" },
  [5804] = { name = "Max Range active power", ops = "R", type = "float", unit = "W" },
  [5805] = {
    name = "Cumulative active power", ops = "R", type = "float", unit = "Wh",
    description = "energy since start or reset",
  },
  [5806] = {
    name = "Active Power Calibration", ops = "W", type = "float", unit = "W",
    description = "write the true power of a known load to calibrate",
  },
  [5810] = { name = "Instantaneous reactive power", ops = "R", type = "float", unit = "var" },
  [5811] = { name = "Min Measured reactive power", ops = "R", type = "float", unit = "var" },
  [5812] = { name = "Max Measured reactive power", ops = "R", type = "float", unit = "var" },
  [5813] = { name = "Min Range reactive power", ops = "R", type = "float", unit = "var" },
  [5814] = { name = "Max Range reactive power", ops = "R", type = "float", unit = "var" },
  [5815] = {
    name = "Cumulative reactive power", ops = "R", type = "float", unit = "varh",
    description = "reactive energy since start or reset",
  },
  [5816] = {
    name = "Reactive Power Calibration", ops = "W", type = "float", unit = "var",
    description = "write the true reactive power of a known load to calibrate",
  },
  [5820] = { name = "Power factor", ops = "R", type = "float" },
  [5821] = {
    name = "Current Calibration", ops = "RW", type = "float",
    description = "calibration coefficient",
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
    id = 3305, name = "Power Measurement", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3305", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "Active and reactive power and energy of one circuit.",
    resources = {
      [5605] = res[5605], [5800] = res[5800], [5801] = res[5801], [5802] = res[5802],
      [5803] = res[5803], [5804] = res[5804], [5805] = res[5805], [5806] = res[5806],
      [5810] = res[5810], [5811] = res[5811], [5812] = res[5812], [5813] = res[5813],
      [5814] = res[5814], [5815] = res[5815], [5816] = res[5816], [5820] = res[5820],
      [5821] = res[5821], [5822] = res[5822],
    },
  },
  {
    id = 3305, name = "Power Measurement", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3305:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "Active and reactive power and energy of one circuit.",
    resources = res,
  },
}
