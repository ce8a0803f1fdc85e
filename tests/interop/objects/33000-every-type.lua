-- SPDX-License-Identifier: Apache-2.0
-- A resource of every type, for what is written to be read by tshark.
return {
  id = 33000, name = "Every Type", version = "1.0",
  urn = "urn:oma:lwm2m:x:33000", lwm2m = "1.0",
  multiple = true, mandatory = false,
  description = "One resource of each type; an array.",
  resources = {
    [0] = { name = "String", ops = "RW", type = "string" },
    [1] = { name = "Integer", ops = "RW", type = "integer" },
    [2] = { name = "Unsigned", ops = "RW", type = "unsigned" },
    [3] = { name = "Float", ops = "RW", type = "float" },
    [4] = { name = "Boolean", ops = "RW", type = "boolean" },
    [5] = { name = "Opaque", ops = "RW", type = "opaque" },
    [6] = { name = "Time", ops = "RW", type = "time" },
    [7] = { name = "Link", ops = "RW", type = "objlnk" },
    [8] = { name = "Links", ops = "RW", type = "corelnk" },
    [9] = { name = "Double", ops = "RW", type = "float" },
    [300] = { name = "Array", ops = "RW", type = "integer", multiple = true },
  },
}
