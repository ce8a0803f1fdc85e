-- SPDX-License-Identifier: Apache-2.0
-- 3317 Current. An ammeter.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5601] = { name = "Min Measured Value", ops = "R", type = "float", unit = "A" },
  [5602] = { name = "Max Measured Value", ops = "R", type = "float", unit = "A" },
  [5603] = {
    name = "Min Range Value", ops = "R", type = "float", unit = "A",
    description = "lowest the sensor can measure",
  },
  [5604] = {
    name = "Max Range Value", ops = "R", type = "float", unit = "A",
    description = "highest the sensor can measure",
  },
  [5605] = { name = "Reset Min and Max Measured Values", ops = "E" },
  [5700] = { name = "Sensor Value", ops = "R", type = "float", mandatory = true, unit = "A" },
  [5701] = {
    name = "Sensor Units", ops = "R", type = "string",
    description = "unit of the values, as the device states it (SenML name)",
  },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [5821] = {
    name = "Current Calibration", ops = "RW", type = "float",
    description = "calibration coefficient",
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
    id = 3317, name = "Current", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3317", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "An electric current sensor.",
    resources = {
      [5601] = res[5601], [5602] = res[5602], [5603] = res[5603], [5604] = res[5604],
      [5605] = res[5605], [5700] = res[5700], [5701] = res[5701], [5750] = res[5750],
      [5821] = res[5821],
    },
  },
  {
    id = 3317, name = "Current", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3317:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "An electric current sensor.",
    resources = res,
  },
}
