-- SPDX-License-Identifier: Apache-2.0
-- 3348 Multi-state Selector. A selector switch with fixed positions.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5547] = {
    name = "Multi-state Input", ops = "R", type = "integer", mandatory = true,
    description = "number of the selected position",
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
    id = 3348, name = "Multi-state Selector", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3348", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A switch with several fixed positions.",
    resources = {
      [5547] = res[5547], [5750] = res[5750],
    },
  },
  {
    id = 3348, name = "Multi-state Selector", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3348:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A switch with several fixed positions.",
    resources = res,
  },
}
