-- SPDX-License-Identifier: Apache-2.0
-- 3333 Time. The device's clock.

local res = {
  [5506] = {
    name = "Current Time", ops = "RW", type = "time", mandatory = true,
    description = "seconds since 1970-01-01 UTC",
  },
  [5507] = {
    name = "Fractional Time", ops = "RW", type = "float", range = { 0, 1 }, unit = "s",
    description = "part of a second to add to Current Time",
  },
  [5750] = {
    name = "Application Type", ops = "RW", type = "string",
    description = "free text: what this instance is used for",
  },
  [6042] = {
    name = "Measurement Quality Indicator", ops = "R", type = "integer", range = { 0, 23 },
    enum = {
      [0] = "unchecked", [1] = "invalid", [2] = "probably invalid", [3] = "suspicious",
      [4] = "good",
    },
    description = "verdict of a smart sensor on its value; 16 to 23 are the vendor's",
  },
  [6049] = {
    name = "Measurement Quality Level", ops = "R", type = "integer", range = { 0, 100 },
    description = "trust in the value: 100 passed all checks, 0 is to be thrown away",
  },
}

return {
  {
    id = 3333, name = "Time", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3333", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A clock that can be read and set.",
    resources = {
      [5506] = res[5506], [5507] = res[5507], [5750] = res[5750],
    },
  },
  {
    id = 3333, name = "Time", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3333:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A clock that can be read and set.",
    resources = res,
  },
}
