-- SPDX-License-Identifier: Apache-2.0
-- 3308 Set Point. The target a controller works towards, such as a thermostat's.

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
    name = "Colour", ops = "RW", type = "string",
    description = "colour as text in the space the units resource names",
  },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [5900] = { name = "Set Point Value", ops = "RW", type = "float", mandatory = true },
  [6050] = {
    name = "Fractional Timestamp", ops = "R", type = "float", range = { 0, 1 }, unit = "s",
    description = "part of a second to add to Timestamp",
  },
}

return {
  {
    id = 3308, name = "Set Point", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3308", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A target value for a controller.",
    resources = {
      [5701] = res[5701], [5706] = res[5706], [5750] = res[5750], [5900] = res[5900],
    },
  },
  {
    id = 3308, name = "Set Point", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3308:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A target value for a controller.",
    resources = res,
  },
}
