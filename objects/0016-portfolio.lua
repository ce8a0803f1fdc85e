-- SPDX-License-Identifier: Apache-2.0
-- Portfolio: identities of the host device and a service to authenticate them.

return {
  id = 16, name = "Portfolio", version = "1.0",
  urn = "urn:oma:lwm2m:oma:16", lwm2m = "1.0",
  multiple = true, mandatory = false,
  description = "Extra identity data, such as of the machine a device is built into.",
  resources = {
    [0] = {
      name = "Identity", ops = "RW", type = "string", multiple = true, mandatory = true,
      description = "by instance: 0 host id, 1 manufacturer, 2 model, 3 software version",
    },
    [1] = { name = "GetAuthData", ops = "E", description = "start computing AuthData" },
    [2] = {
      name = "AuthData", ops = "R", type = "opaque", multiple = true,
      description = "what GetAuthData produced",
    },
    [3] = {
      name = "AuthStatus", ops = "R", type = "integer", range = { 0, 2 },
      enum = { [0] = "idle", [1] = "data available", [2] = "error" },
    },
  },
}
