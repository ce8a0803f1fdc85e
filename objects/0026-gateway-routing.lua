-- SPDX-License-Identifier: Apache-2.0
-- LwM2M Gateway Routing: object ids as the gateway shows them and as the device knows them.

return {
  id = 26, name = "LwM2M Gateway Routing", version = "1.0",
  urn = "urn:oma:lwm2m:oma:26", lwm2m = "1.2",
  multiple = true, mandatory = false,
  description = "How a gateway maps object ids of a device behind it.",
  resources = {
    [0] = {
      name = "LwM2M Object ID", ops = "R", type = "unsigned", mandatory = true,
      description = "object id as the server sees it",
    },
    [1] = {
      name = "Mapping Info", ops = "R", type = "corelnk", mandatory = true,
      description = "where it leads; empty means unchanged",
    },
  },
}
