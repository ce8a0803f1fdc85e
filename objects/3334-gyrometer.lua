-- SPDX-License-Identifier: Apache-2.0
-- 3334 Gyrometer. Angular rate about one to three axes.

local res = {
  [5508] = { name = "Min X Value", ops = "R", type = "float", unit = "rad/s" },
  [5509] = { name = "Max X Value", ops = "R", type = "float", unit = "rad/s" },
  [5510] = { name = "Min Y Value", ops = "R", type = "float", unit = "rad/s" },
  [5511] = { name = "Max Y Value", ops = "R", type = "float", unit = "rad/s" },
  [5512] = { name = "Min Z Value", ops = "R", type = "float", unit = "rad/s" },
  [5513] = { name = "Max Z Value", ops = "R", type = "float", unit = "rad/s" },
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5603] = {
    name = "Min Range Value", ops = "R", type = "float", unit = "rad/s",
    description = "lowest the sensor can measure",
  },
  [5604] = {
    name = "Max Range Value", ops = "R", type = "float", unit = "rad/s",
    description = "highest the sensor can measure",
  },
  [5605] = { name = "Reset Min and Max Measured Values", ops = "E" },
  [5701] = {
    name = "Sensor Units", ops = "R", type = "string",
    description = "unit of the values, as the device states it (SenML name)",
  },
  [5702] = { name = "X Value", ops = "R", type = "float", mandatory = true, unit = "rad/s" },
  [5703] = { name = "Y Value", ops = "R", type = "float", unit = "rad/s" },
  [5704] = { name = "Z Value", ops = "R", type = "float", unit = "rad/s" },
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
    id = 3334, name = "Gyrometer", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3334", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A gyroscope with one to three axes.",
    resources = {
      [5508] = res[5508], [5509] = res[5509], [5510] = res[5510], [5511] = res[5511],
      [5512] = res[5512], [5513] = res[5513], [5603] = res[5603], [5604] = res[5604],
      [5605] = res[5605], [5701] = res[5701], [5702] = res[5702], [5703] = res[5703],
      [5704] = res[5704], [5750] = res[5750],
    },
  },
  {
    id = 3334, name = "Gyrometer", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3334:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A gyroscope with one to three axes.",
    resources = res,
  },
}
