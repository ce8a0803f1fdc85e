-- SPDX-License-Identifier: Apache-2.0
-- 3203 Analog Output. A plain analogue output; the value is a fraction of full scale.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5603] = {
    name = "Min Range Value", ops = "R", type = "float",
    description = "lowest the sensor can measure",
  },
  [5604] = {
    name = "Max Range Value", ops = "R", type = "float",
    description = "highest the sensor can measure",
  },
  [5650] = {
    name = "Analog Output Current Value", ops = "RW", type = "float", mandatory = true,
    range = { 0, 1 },
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
    id = 3203, name = "Analog Output", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3203", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "An analogue output set as a fraction of its full scale.",
    resources = {
      [5603] = res[5603], [5604] = res[5604], [5650] = res[5650], [5750] = res[5750],
    },
  },
  {
    id = 3203, name = "Analog Output", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3203:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "An analogue output set as a fraction of its full scale.",
    resources = res,
  },
}
