-- SPDX-License-Identifier: Apache-2.0
-- BinaryAppDataContainer: opaque application frames, the usual way out for devices that speak a
-- protocol of their own. By habit instance 0 goes up and instance 1 comes down.

return {
  id = 19, name = "BinaryAppDataContainer", version = "1.0",
  urn = "urn:oma:lwm2m:oma:19", lwm2m = "1.0",
  multiple = true, mandatory = false,
  description = "Raw application payloads carried between device and server.",
  resources = {
    [0] = {
      name = "Data", ops = "RW", type = "opaque", multiple = true, mandatory = true,
      description = "one frame per instance",
    },
    [1] = {
      name = "Data Priority", ops = "RW", type = "integer", range = { 0, 255 },
      enum = { [0] = "immediate", [1] = "best effort", [2] = "latest" },
      description = "101 to 254 are proprietary",
    },
    [2] = { name = "Data Creation Time", ops = "RW", type = "time" },
    [3] = { name = "Data Description", ops = "RW", type = "string", length = { 0, 32 } },
    [4] = {
      name = "Data Format", ops = "RW", type = "string", length = { 0, 32 },
      description = "name of the coding of the data",
    },
    [5] = {
      name = "App ID", ops = "RW", type = "integer", range = { 0, 65535 },
      description = "application the data is for",
    },
  },
}
