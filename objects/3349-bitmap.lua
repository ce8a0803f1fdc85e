-- SPDX-License-Identifier: Apache-2.0
-- 3349 Bitmap. Several binary inputs in one number.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [5910] = {
    name = "Bitmap Input", ops = "R", type = "integer", mandatory = true,
    description = "one bit per digital input; values 0 to 127 are safe everywhere",
  },
  [5911] = { name = "Bitmap Input Reset", ops = "E" },
  [5912] = {
    name = "Element Description", ops = "RW", type = "string", multiple = true,
    description = "what each bit means, lowest bit in instance 0",
  },
  [6050] = {
    name = "Fractional Timestamp", ops = "R", type = "float", range = { 0, 1 }, unit = "s",
    description = "part of a second to add to Timestamp",
  },
}

return {
  {
    id = 3349, name = "Bitmap", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3349", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "Several binary inputs reported as the bits of one number.",
    resources = {
      [5750] = res[5750], [5910] = res[5910], [5911] = res[5911], [5912] = res[5912],
    },
  },
  {
    id = 3349, name = "Bitmap", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3349:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "Several binary inputs reported as the bits of one number.",
    resources = res,
  },
}
