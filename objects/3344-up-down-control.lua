-- SPDX-License-Identifier: Apache-2.0
-- 3344 Up/Down Control. A pair of buttons or a rotary encoder.

return {
  id = 3344, name = "Up/Down Control", version = "1.0",
  urn = "urn:oma:lwm2m:ext:3344", lwm2m = "1.0",
  multiple = true, mandatory = false,
  description = "Up and down buttons or an encoder, with counts.",
  resources = {
    [5532] = { name = "Increase Input State", ops = "R", type = "boolean", mandatory = true },
    [5533] = { name = "Decrease Input State", ops = "R", type = "boolean", mandatory = true },
    [5541] = {
      name = "Up Counter", ops = "RW", type = "integer",
      description = "presses or steps up; write 0 to reset",
    },
    [5542] = {
      name = "Down Counter", ops = "RW", type = "integer",
      description = "presses or steps down; write 0 to reset",
    },
    [5750] = {
      name = "Application Type", ops = "RW", type = "string",
      description = "free text: what this instance is used for",
    },
  },
}
