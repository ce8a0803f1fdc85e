-- SPDX-License-Identifier: Apache-2.0
-- LwM2M Access Control: which server may do what with one object instance.

local res = {
  [0] = {
    name = "Object ID", ops = "R", type = "integer", mandatory = true, range = { 1, 65534 },
    description = "object of the instance under control",
  },
  [1] = {
    name = "Object Instance ID", ops = "R", type = "integer", mandatory = true,
    range = { 0, 65535 },
    description = "65535 stands for the object as a whole, for Create",
  },
  [2] = {
    name = "ACL", ops = "RW", type = "integer", multiple = true, range = { 0, 31 },
    description = "by Short Server ID, 0 for the rest; bits 1 R, 2 W, 4 E, 8 D, 16 C",
  },
  [3] = {
    name = "Access Control Owner", ops = "RW", type = "integer", mandatory = true,
    range = { 0, 65535 },
    description = "Short Server ID of the owner; 65535 leaves it to bootstrap",
  },
}

return {
  {
    id = 2, name = "LwM2M Access Control", version = "1.0",
    urn = "urn:oma:lwm2m:oma:2", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "Who may do what with one object instance.",
    resources = {
      [0] = res[0], [1] = res[1],
      [2] = {
        name = "ACL", ops = "RW", type = "integer", multiple = true, range = { 0, 65535 },
        description = "by Short Server ID, 0 for the rest; bits 1 R, 2 W, 4 E, 8 D, 16 C",
      },
      [3] = res[3],
    },
  },
  {
    id = 2, name = "LwM2M Access Control", version = "1.1",
    urn = "urn:oma:lwm2m:oma:2:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "Who may do what with one object instance.",
    resources = res,
  },
}
