-- SPDX-License-Identifier: Apache-2.0
-- 3336 Location. GNSS position with reusable resources. Version 2.0 has numbers where 1.x has
-- text.

local res = {
  [5514] = {
    name = "Latitude", ops = "R", type = "string", mandatory = true,
    description = "decimal degrees WGS84, as text",
  },
  [5515] = {
    name = "Longitude", ops = "R", type = "string", mandatory = true,
    description = "decimal degrees WGS84, as text",
  },
  [5516] = {
    name = "Uncertainty", ops = "R", type = "string",
    description = "accuracy in metres, as decimal text",
  },
  [5517] = {
    name = "Velocity", ops = "R", type = "opaque",
    description = "speed and course in the coding of 3GPP TS 23.032",
  },
  [5518] = {
    name = "Timestamp", ops = "R", type = "time",
    description = "when the value was taken",
  },
  [5705] = {
    name = "Compass Direction", ops = "R", type = "float", range = { 0, 360 }, unit = "deg",
    description = "clockwise from north",
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
  [6050] = {
    name = "Fractional Timestamp", ops = "R", type = "float", range = { 0, 1 }, unit = "s",
    description = "part of a second to add to Timestamp",
  },
  [6051] = {
    name = "Numeric Latitude", ops = "R", type = "float", mandatory = true, unit = "lat",
    description = "decimal degrees WGS84, north positive",
  },
  [6052] = {
    name = "Numeric Longitude", ops = "R", type = "float", mandatory = true, unit = "lon",
    description = "decimal degrees WGS84, east positive",
  },
  [6053] = {
    name = "Numeric Uncertainty", ops = "R", type = "float", unit = "m",
    description = "radius of the error circle",
  },
}

return {
  {
    id = 3336, name = "Location", version = "1.0",
    urn = "urn:oma:lwm2m:ext:3336", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A geographic position with course, speed and uncertainty.",
    resources = {
      [5514] = res[5514], [5515] = res[5515], [5516] = res[5516], [5517] = res[5517],
      [5518] = res[5518], [5705] = res[5705], [5750] = res[5750],
    },
  },
  {
    id = 3336, name = "Location", version = "1.1",
    urn = "urn:oma:lwm2m:ext:3336:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A geographic position with course, speed and uncertainty.",
    resources = {
      [5514] = res[5514], [5515] = res[5515], [5516] = res[5516], [5517] = res[5517],
      [5518] = res[5518], [5705] = res[5705], [5750] = res[5750], [6042] = res[6042],
      [6049] = res[6049], [6050] = res[6050],
    },
  },
  {
    id = 3336, name = "Location", version = "2.0",
    urn = "urn:oma:lwm2m:ext:3336:2.0", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "A geographic position with course, speed and uncertainty.",
    resources = {
      [5517] = res[5517], [5518] = res[5518], [5705] = res[5705], [5750] = res[5750],
      [6042] = res[6042], [6049] = res[6049], [6050] = res[6050], [6051] = res[6051],
      [6052] = res[6052], [6053] = res[6053],
    },
  },
}
