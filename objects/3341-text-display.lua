-- SPDX-License-Identifier: Apache-2.0
-- 3341 Addressable Text Display. A character display addressed by column and row.

return {
  id = 3341, name = "Addressable Text Display", version = "1.0",
  urn = "urn:oma:lwm2m:ext:3341", lwm2m = "1.0",
  multiple = true, mandatory = false,
  description = "A text display addressed by column and row.",
  resources = {
    [5527] = { name = "Text", ops = "RW", type = "string", mandatory = true },
    [5528] = { name = "X Coordinate", ops = "RW", type = "integer" },
    [5529] = { name = "Y Coordinate", ops = "RW", type = "integer" },
    [5530] = { name = "Clear Display", ops = "E" },
    [5531] = { name = "Contrast", ops = "RW", type = "float", range = { 0, 100 }, unit = "/100" },
    [5545] = {
      name = "Max X Coordinate", ops = "R", type = "integer",
      description = "last column before text wraps",
    },
    [5546] = {
      name = "Max Y Coordinate", ops = "R", type = "integer",
      description = "last row of the display",
    },
    [5548] = { name = "Level", ops = "RW", type = "float", range = { 0, 100 }, unit = "/100" },
    [5750] = {
      name = "Application Type", ops = "RW", type = "string",
      description = "free text: what this instance is used for",
    },
  },
}
