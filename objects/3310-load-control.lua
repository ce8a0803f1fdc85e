-- SPDX-License-Identifier: Apache-2.0
-- 3310 Load Control. Demand response: when and how far a load is to be reduced.

local res = {
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [5823] = { name = "Event Identifier", ops = "RW", type = "string", mandatory = true },
  [5824] = { name = "Start Time", ops = "RW", type = "time", mandatory = true },
  [5825] = {
    name = "Duration In Min", ops = "RW", type = "integer", mandatory = true, unit = "min",
  },
  [5826] = {
    name = "Criticality Level", ops = "RW", type = "integer", range = { 0, 3 },
    description = "how strictly the device must follow; it decides what that means",
  },
  [5827] = {
    name = "Avg Load AdjPct", ops = "RW", type = "integer", range = { 0, 100 }, unit = "/100",
    description = "cap on consumption, in percent of the usual maximum",
  },
  [5828] = {
    name = "Duty Cycle", ops = "RW", type = "integer", range = { 0, 100 }, unit = "/100",
    description = "share of the time the load may be on",
  },
  [6050] = {
    name = "Fractional Timestamp", ops = "R", type = "float", range = { 0, 1 }, unit = "s",
    description = "part of a second to add to Timestamp",
  },
}

return {
  {
    id = 3310, name = "Load Control", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3310", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "An event that asks a load to reduce its consumption for a while.",
    resources = {
      [5823] = res[5823], [5824] = res[5824], [5825] = res[5825], [5826] = res[5826],
      [5827] = res[5827], [5828] = res[5828],
    },
  },
  {
    id = 3310, name = "Load Control", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3310:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "An event that asks a load to reduce its consumption for a while.",
    resources = res,
  },
}
