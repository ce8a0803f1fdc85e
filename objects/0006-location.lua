-- SPDX-License-Identifier: Apache-2.0
-- Location: one position fix.

return {
  id = 6, name = "Location", version = "1.0",
  urn = "urn:oma:lwm2m:oma:6", lwm2m = "1.0",
  multiple = false, mandatory = false,
  description = "Where the device is.",
  resources = {
    [0] = {
      name = "Latitude", ops = "R", type = "float", mandatory = true, unit = "lat",
      description = "WGS84, north positive",
    },
    [1] = {
      name = "Longitude", ops = "R", type = "float", mandatory = true, unit = "lon",
      description = "WGS84, east positive",
    },
    [2] = { name = "Altitude", ops = "R", type = "float", unit = "m" },
    [3] = {
      name = "Radius", ops = "R", type = "float", unit = "m",
      description = "radius of the error circle",
    },
    [4] = {
      name = "Velocity", ops = "R", type = "opaque",
      description = "coding of 3GPP TS 23.032",
    },
    [5] = {
      name = "Timestamp", ops = "R", type = "time", mandatory = true,
      description = "when the fix was taken",
    },
    [6] = { name = "Speed", ops = "R", type = "float", unit = "m/s" },
  },
}
