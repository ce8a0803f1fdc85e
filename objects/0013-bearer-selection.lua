-- SPDX-License-Identifier: Apache-2.0
-- LwM2M Bearer Selection: rules for choosing network and bearer.

local res = {
  [0] = {
    name = "Preferred Communications Bearer", ops = "RW", type = "integer", multiple = true,
    range = { 0, 100 },
    enum = {
      [0] = "auto", [1] = "3gpp ps", [2] = "gsm", [3] = "umts", [4] = "lte", [5] = "1xev-do",
      [6] = "3gpp cs", [7] = "wlan", [8] = "ethernet", [9] = "dsl", [10] = "bluetooth",
      [11] = "wimax", [12] = "lte ciot up", [13] = "lte ciot cp", [14] = "nb-iot cp",
      [15] = "nb-iot up", [16] = "5g nr",
    },
    description = "instance order is the order of preference",
  },
  [1] = {
    name = "Acceptable RSSI (GSM)", ops = "RW", type = "integer", range = { -110, -48 },
    unit = "dBm",
  },
  [2] = {
    name = "Acceptable RSCP (UMTS)", ops = "RW", type = "integer", range = { -120, -25 },
    unit = "dBm",
  },
  [3] = {
    name = "Acceptable RSRP (LTE)", ops = "RW", type = "integer", range = { -140, -44 },
    unit = "dBm",
  },
  [4] = { name = "Acceptable RSSI (1xEV-DO)", ops = "RW", type = "integer", unit = "dBm" },
  [5] = {
    name = "Cell lock list", ops = "RW", type = "string",
    description = "global cell identities with commas between",
  },
  [6] = {
    name = "Operator list", ops = "RW", type = "string",
    description = "country and network codes with commas between, best first",
  },
  [7] = {
    name = "Operator list mode", ops = "RW", type = "boolean",
    description = "false: the list is a preference; true: nothing else is allowed",
  },
  [8] = {
    name = "List of available PLMNs", ops = "R", type = "string",
    description = "result of the last network scan",
  },
  [9] = { name = "Vendor specific extensions", ops = "R", type = "objlnk" },
  [10] = {
    name = "Acceptable RSRP (NB-IoT)", ops = "RW", type = "integer", range = { -158, -44 },
    unit = "dBm",
  },
  [11] = { name = "Higher Priority PLMN Search Timer", ops = "RW", type = "integer" },
  [12] = {
    name = "Attach without PDN connection", ops = "RW", type = "boolean",
    description = "true attaches without a data connection",
  },
}

return {
  {
    id = 13, name = "LWM2M Bearer Selection", version = "1.0",
    urn = "urn:oma:lwm2m:oma:13", lwm2m = "1.0",
    multiple = false, mandatory = false,
    description = "Which network and bearer the device should choose.",
    resources = {
      [0] = {
        name = "Preferred Communications Bearer", ops = "RW", type = "integer", multiple = true,
        range = { 0, 255 },
        enum = {
          [0] = "auto", [1] = "3gpp ps", [2] = "gsm", [3] = "umts", [4] = "lte", [5] = "1xev-do",
          [6] = "3gpp cs", [7] = "wlan", [8] = "ethernet", [9] = "dsl", [10] = "bluetooth",
          [11] = "wimax", [12] = "lte ciot up", [13] = "lte ciot cp", [14] = "nb-iot cp",
          [15] = "nb-iot up",
        },
        description = "instance order is the order of preference",
      },
      [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5], [6] = res[6],
      [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10], [11] = res[11], [12] = res[12],
    },
  },
  {
    id = 13, name = "LWM2M Bearer Selection", version = "1.1",
    urn = "urn:oma:lwm2m:oma:13:1.1", lwm2m = "1.1",
    multiple = false, mandatory = false,
    description = "Which network and bearer the device should choose.",
    resources = res,
  },
}
