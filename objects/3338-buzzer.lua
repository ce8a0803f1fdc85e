-- SPDX-License-Identifier: Apache-2.0
-- 3338 Buzzer. A buzzer, beeper or vibrator.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5521] = { name = "Delay Duration", ops = "RW", type = "float", unit = "s" },
  [5525] = {
    name = "Minimum Off-time", ops = "RW", type = "float", mandatory = true, unit = "s",
    description = "pause that must pass before it can start again",
  },
  [5548] = { name = "Level", ops = "RW", type = "float", range = { 0, 100 }, unit = "/100" },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [5850] = { name = "On/Off", ops = "RW", type = "boolean", mandatory = true },
  [6050] = {
    name = "Fractional Timestamp", ops = "R", type = "float", range = { 0, 1 }, unit = "s",
    description = "part of a second to add to Timestamp",
  },
}

return {
  {
    id = 3338, name = "Buzzer", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3338", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "An audible alarm with level, duration and rest time.",
    resources = {
      [5521] = res[5521], [5525] = res[5525], [5548] = res[5548], [5750] = res[5750],
      [5850] = res[5850],
    },
  },
  {
    id = 3338, name = "Buzzer", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3338:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "An audible alarm with level, duration and rest time.",
    resources = res,
  },
}
