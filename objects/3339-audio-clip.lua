-- SPDX-License-Identifier: Apache-2.0
-- 3339 Audio Clip. A loudspeaker with a stored recording.

return {
  id = 3339, name = "Audio Clip", version = "1.0",
  urn = "urn:oma:lwm2m:ext:3339", lwm2m = "1.0",
  multiple = true, mandatory = false,
  description = "A recording that can be stored and played.",
  resources = {
    [5522] = {
      name = "Clip", ops = "RW", type = "opaque", mandatory = true,
      description = "the recording, in a format the device can play",
    },
    [5523] = { name = "Trigger", ops = "E", description = "starts the action" },
    [5524] = { name = "Duration", ops = "RW", type = "float", unit = "s" },
    [5548] = { name = "Level", ops = "RW", type = "float", range = { 0, 100 }, unit = "/100" },
    [5750] = {
      name = "Application Type", ops = "RW", type = "string",
      description = "free text: what this instance is used for",
    },
  },
}
