-- SPDX-License-Identifier: Apache-2.0
-- LwM2M Cellular Connectivity: power saving and paging, which decide when a device can be reached.

local res = {
  [0] = { name = "SMSC address", ops = "RW", type = "string", description = "E.164 number" },
  [1] = {
    name = "Disable radio period", ops = "RW", type = "integer", range = { 0, 65535 },
    description = "minutes to stay off the network; 0 for none",
  },
  [2] = {
    name = "Module activation code", ops = "RW", type = "string",
    description = "code an application sends to wake the module",
  },
  [3] = { name = "Vendor specific extensions", ops = "R", type = "objlnk" },
  [4] = {
    name = "PSM Timer", ops = "RW", type = "integer", unit = "s",
    description = "periodic update timer, extended T3412: the longest sleep",
  },
  [5] = {
    name = "Active Timer", ops = "RW", type = "integer", unit = "s",
    description = "T3324: time reachable before sleep",
  },
  [6] = {
    name = "Serving PLMN Rate control", ops = "R", type = "integer",
    description = "moved to /11/x/26 in 1.1",
  },
  [7] = {
    name = "eDRX parameters for Iu mode", ops = "RW", type = "opaque", length = { 0, 255 },
    description = "third octet of the IE in TS 24.008 10.5.5.32",
  },
  [8] = {
    name = "eDRX parameters for WB-S1 mode", ops = "RW", type = "opaque", length = { 0, 255 },
    description = "the same for LTE",
  },
  [9] = {
    name = "eDRX parameters for NB-S1 mode", ops = "RW", type = "opaque", length = { 0, 255 },
    description = "the same for NB-IoT",
  },
  [10] = {
    name = "eDRX parameters for A/Gb mode", ops = "RW", type = "opaque", length = { 0, 255 },
    description = "the same for GSM",
  },
  [11] = {
    name = "Activated Profile Names", ops = "R", type = "objlnk", multiple = true,
    mandatory = true,
    description = "the /11 instances in use",
  },
  [12] = {
    name = "Supported Power Saving Modes", ops = "R", type = "unsigned", range = { 0, 255 },
    description = "bits: 0 PSM, 1 eDRX",
  },
  [13] = {
    name = "Active Power Saving Modes", ops = "RW", type = "unsigned", range = { 0, 255 },
    description = "bits: 0 PSM, 1 eDRX",
  },
  [14] = {
    name = "Release Assistance Indication Usage", ops = "RW", type = "unsigned",
    range = { 0, 255 },
    description = "bits: 0 none, 1 last message without answer, 2 last message with answer",
  },
}

return {
  {
    id = 10, name = "LWM2M Cellular Connectivity", version = "1.0",
    urn = "urn:oma:lwm2m:oma:10", lwm2m = "1.0",
    multiple = false, mandatory = false,
    description = "Cellular radio settings: power saving, paging cycles, SMS centre.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5],
      [6] = res[6], [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10], [11] = res[11],
    },
  },
  {
    id = 10, name = "LWM2M Cellular Connectivity", version = "1.1",
    urn = "urn:oma:lwm2m:oma:10:1.1", lwm2m = "1.1",
    multiple = false, mandatory = false,
    description = "Cellular radio settings: power saving, paging cycles, SMS centre.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5],
      [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10], [11] = res[11], [12] = res[12],
      [13] = res[13], [14] = res[14],
    },
  },
}
