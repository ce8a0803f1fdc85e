-- SPDX-License-Identifier: Apache-2.0
-- 3340 Timer. An industrial timer: a delay between an input and an output.

return {
  id = 3340, name = "Timer", version = "1.0",
  urn = "urn:oma:lwm2m:ext:3340", lwm2m = "1.0",
  multiple = true, mandatory = false,
  description = "A timer with the usual industrial patterns.",
  resources = {
    [5501] = {
      name = "Digital Input Counter", ops = "R", type = "integer",
      description = "activations seen since the last reset",
    },
    [5521] = { name = "Delay Duration", ops = "RW", type = "float", mandatory = true, unit = "s" },
    [5523] = { name = "Trigger", ops = "E", description = "starts the action" },
    [5525] = {
      name = "Minimum Off-time", ops = "RW", type = "float", unit = "s",
      description = "pause that must pass before it can start again",
    },
    [5526] = {
      name = "Timer Mode", ops = "RW", type = "integer", range = { 0, 4 },
      enum = {
        [0] = "off", [1] = "one-shot", [2] = "interval", [3] = "delay on pick-up",
        [4] = "delay on drop-out",
      },
    },
    [5534] = {
      name = "Counter", ops = "RW", type = "integer",
      description = "times the output went from off to on",
    },
    [5538] = {
      name = "Remaining Time", ops = "R", type = "float", unit = "s",
      description = "until the running operation ends",
    },
    [5543] = {
      name = "Digital State", ops = "R", type = "boolean",
      description = "state of the output",
    },
    [5544] = {
      name = "Cumulative Time", ops = "RW", type = "float", unit = "s",
      description = "total time the input was on; write 0 to start again",
    },
    [5750] = {
      name = "Application Type", ops = "RW", type = "string",
      description = "free text: what this instance is used for",
    },
    [5850] = { name = "On/Off", ops = "RW", type = "boolean" },
  },
}
