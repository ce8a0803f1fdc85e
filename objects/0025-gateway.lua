-- SPDX-License-Identifier: Apache-2.0
-- LwM2M Gateway: one instance per device behind a gateway. Tidegate shows its own devices to
-- servers this way, in version 2.0; 1.0 is here for gateways that register with us.

local res = {
  [0] = {
    name = "Device ID", ops = "R", type = "string", mandatory = true,
    description = "serial number or URN of the device",
  },
  [1] = {
    name = "Prefix", ops = "R", type = "string", mandatory = true,
    description = "first path segment that stands for the device",
  },
  [2] = {
    name = "Routing Table Entry", ops = "R", type = "objlnk",
    description = "the /26 instance in use",
  },
  [3] = {
    name = "IoT Device Objects", ops = "R", type = "corelnk", mandatory = true,
    description = "link list of the device, without the prefix",
  },
}

return {
  {
    id = 25, name = "LwM2M Gateway", version = "1.0",
    urn = "urn:oma:lwm2m:oma:25", lwm2m = "1.2",
    multiple = true, mandatory = false,
    description = "One device behind a gateway and the prefix that reaches it.",
    resources = {
      [0] = res[0],
      [1] = {
        name = "Prefix", ops = "RW", type = "string", mandatory = true,
        description = "first path segment that stands for the device",
      },
      [2] = res[2],
    },
  },
  {
    id = 25, name = "LwM2M Gateway", version = "2.0",
    urn = "urn:oma:lwm2m:oma:25:2.0", lwm2m = "1.1",
    multiple = true, mandatory = false,
    description = "One device behind a gateway and the prefix that reaches it.",
    resources = {
      [0] = res[0], [1] = res[1], [3] = res[3],
    },
  },
}
