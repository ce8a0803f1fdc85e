-- SPDX-License-Identifier: Apache-2.0
-- 3311 Light Control. A lamp.

return {
  id = 3311, name = "Light Control", version = "1.0",
  urn = "urn:oma:lwm2m:ext:3311", lwm2m = "1.0",
  multiple = true, mandatory = false,
  description = "A lamp with switch, dimmer, colour and energy count.",
  resources = {
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
    [5805] = {
      name = "Cumulative active power", ops = "R", type = "float", unit = "Wh",
      description = "energy since start or reset",
    },
    [5820] = { name = "Power factor", ops = "R", type = "float" },
    [5850] = { name = "On/Off", ops = "RW", type = "boolean", mandatory = true },
    [5851] = { name = "Dimmer", ops = "RW", type = "integer", range = { 0, 100 }, unit = "/100" },
    [5852] = {
      name = "On time", ops = "RW", type = "integer", unit = "s",
      description = "time spent on; write 0 to reset",
    },
  },
}
