-- SPDX-License-Identifier: Apache-2.0
-- Firmware Update: push to Package or pull from Package URI, then Update. There is no resource 4.

local res = {
  [0] = {
    name = "Package", ops = "W", type = "opaque", mandatory = true,
    description = "pushed image; an empty or one zero byte write starts over",
  },
  [1] = {
    name = "Package URI", ops = "RW", type = "string", mandatory = true, length = { 0, 255 },
    description = "where to pull from; an empty write starts over",
  },
  [2] = {
    name = "Update", ops = "E", mandatory = true,
    description = "install; allowed only when downloaded",
  },
  [3] = {
    name = "State", ops = "R", type = "integer", mandatory = true, range = { 0, 3 },
    enum = { [0] = "idle", [1] = "downloading", [2] = "downloaded", [3] = "updating" },
  },
  [5] = {
    name = "Update Result", ops = "R", type = "integer", mandatory = true, range = { 0, 11 },
    enum = {
      [0] = "initial", [1] = "success", [2] = "no storage", [3] = "out of memory",
      [4] = "connection lost", [5] = "integrity check failed", [6] = "unsupported package",
      [7] = "bad uri", [8] = "update failed", [9] = "unsupported protocol", [10] = "cancelled",
      [11] = "deferred",
    },
  },
  [6] = { name = "PkgName", ops = "R", type = "string", length = { 0, 255 } },
  [7] = { name = "PkgVersion", ops = "R", type = "string", length = { 0, 255 } },
  [8] = {
    name = "Firmware Update Protocol Support", ops = "R", type = "integer", multiple = true,
    range = { 0, 5 },
    enum = {
      [0] = "coap", [1] = "coaps", [2] = "http", [3] = "https", [4] = "coap+tcp",
      [5] = "coaps+tcp",
    },
  },
  [9] = {
    name = "Firmware Update Delivery Method", ops = "R", type = "integer", mandatory = true,
    range = { 0, 2 },
    enum = { [0] = "pull", [1] = "push", [2] = "both" },
  },
  [10] = { name = "Cancel", ops = "E", description = "stop before installing begins" },
  [11] = {
    name = "Severity", ops = "RW", type = "integer", range = { 0, 2 },
    enum = { [0] = "critical", [1] = "mandatory", [2] = "optional" },
  },
  [12] = { name = "Last State Change Time", ops = "R", type = "time" },
  [13] = {
    name = "Maximum Defer Period", ops = "RW", type = "unsigned", unit = "s",
    description = "how long a user may put it off; 0 not at all",
  },
  [14] = {
    name = "Automatic Upgrade at Download", ops = "RW", type = "boolean",
    description = "true installs as soon as the download is complete",
  },
}

return {
  {
    id = 5, name = "Firmware Update", version = "1.0",
    urn = "urn:oma:lwm2m:oma:5", lwm2m = "1.0",
    multiple = false, mandatory = false,
    description = "Bringing new firmware onto a device and installing it.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3],
      [5] = {
        name = "Update Result", ops = "R", type = "integer", mandatory = true, range = { 0, 9 },
        enum = {
          [0] = "initial", [1] = "success", [2] = "no storage", [3] = "out of memory",
          [4] = "connection lost", [5] = "integrity check failed", [6] = "unsupported package",
          [7] = "bad uri", [8] = "update failed", [9] = "unsupported protocol",
        },
      },
      [6] = res[6], [7] = res[7], [8] = res[8], [9] = res[9],
    },
  },
  {
    id = 5, name = "Firmware Update", version = "1.1",
    urn = "urn:oma:lwm2m:oma:5:1.1", lwm2m = "1.1",
    multiple = false, mandatory = false,
    description = "Bringing new firmware onto a device and installing it.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3], [5] = res[5], [6] = res[6],
      [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10], [11] = res[11], [12] = res[12],
      [13] = res[13],
    },
  },
  {
    id = 5, name = "Firmware Update", version = "1.2",
    urn = "urn:oma:lwm2m:oma:5:1.2", lwm2m = "1.1",
    multiple = false, mandatory = false,
    description = "Bringing new firmware onto a device and installing it.",
    resources = res,
  },
}
