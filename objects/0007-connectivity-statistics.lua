-- SPDX-License-Identifier: Apache-2.0
-- Connectivity Statistics: traffic counters of one collection period.

return {
  id = 7, name = "Connectivity Statistics", version = "1.0",
  urn = "urn:oma:lwm2m:oma:7", lwm2m = "1.0",
  multiple = false, mandatory = false,
  description = "Traffic counters over a collection period.",
  resources = {
    [0] = { name = "SMS Tx Counter", ops = "R", type = "integer" },
    [1] = { name = "SMS Rx Counter", ops = "R", type = "integer" },
    [2] = {
      name = "Tx Data", ops = "R", type = "integer", unit = "kB",
      description = "kilobytes of 1000 bytes",
    },
    [3] = {
      name = "Rx Data", ops = "R", type = "integer", unit = "kB",
      description = "kilobytes of 1000 bytes",
    },
    [4] = { name = "Max Message Size", ops = "R", type = "integer", unit = "B" },
    [5] = { name = "Average Message Size", ops = "R", type = "integer", unit = "B" },
    [6] = {
      name = "Start", ops = "E", mandatory = true,
      description = "zero the counters and begin",
    },
    [7] = { name = "Stop", ops = "E", mandatory = true, description = "stop; the counters stay" },
    [8] = {
      name = "Collection Period", ops = "RW", type = "integer", unit = "s",
      description = "0 runs until Stop",
    },
  },
}
