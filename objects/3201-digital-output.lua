-- SPDX-License-Identifier: Apache-2.0
-- 3201 Digital Output. One binary output line.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5550] = { name = "Digital Output State", ops = "RW", type = "boolean", mandatory = true },
  [5551] = {
    name = "Digital Output Polarity", ops = "RW", type = "boolean",
    description = "true inverts the output",
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
    id = 3201, name = "Digital Output", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3201", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A binary output that a server can switch.",
    resources = {
      [5550] = res[5550], [5551] = res[5551], [5750] = res[5750],
    },
  },
  {
    id = 3201, name = "Digital Output", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3201:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A binary output that a server can switch.",
    resources = res,
  },
}
