-- SPDX-License-Identifier: Apache-2.0
-- The test object of Wakaama's clients; not in a registry, so its definition is ours.
return {
  id = 31024, name = "Wakaama Test", version = "1.0",
  urn = "urn:oma:lwm2m:x:31024", lwm2m = "1.0",
  multiple = true, mandatory = false,
  description = "What Wakaama's example clients have to play with.",
  resources = {
    [1] = { name = "Test", ops = "RW", type = "integer", range = { 0, 1000 } },
    [2] = { name = "Exec", ops = "E" },
    [3] = { name = "Dec", ops = "RW", type = "float" },
  },
}
