-- SPDX-License-Identifier: Apache-2.0
-- 3345 Multiple Axis Joystick. A joystick with a button.

return {
  id = 3345, name = "Multiple Axis Joystick", version = "1.0",
  urn = "urn:oma:lwm2m:ext:3345", lwm2m = "1.0",
  multiple = true, mandatory = false,
  description = "A joystick with up to three axes and a button.",
  resources = {
    [5500] = {
      name = "Digital Input State", ops = "R", type = "boolean",
      description = "true while the input is active, after polarity is applied",
    },
    [5501] = {
      name = "Digital Input Counter", ops = "R", type = "integer",
      description = "activations seen since the last reset",
    },
    [5702] = { name = "X Value", ops = "R", type = "float" },
    [5703] = { name = "Y Value", ops = "R", type = "float" },
    [5704] = { name = "Z Value", ops = "R", type = "float" },
    [5750] = {
      name = "Application Type", ops = "RW", type = "string",
      description = "free text: what this instance is used for",
    },
  },
}
