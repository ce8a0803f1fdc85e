-- SPDX-License-Identifier: Apache-2.0
-- Connectivity Monitoring: bearer, signal, cell and addresses.

local res = {
  [0] = {
    name = "Network Bearer", ops = "R", type = "integer", mandatory = true, range = { 0, 50 },
    enum = {
      [0] = "gsm", [1] = "td-scdma", [2] = "wcdma", [3] = "cdma2000", [4] = "wimax",
      [5] = "lte-tdd", [6] = "lte-fdd", [7] = "nb-iot", [8] = "nr-tdd", [9] = "nr-fdd",
      [21] = "wlan", [22] = "bluetooth", [23] = "802.15.4", [41] = "ethernet", [42] = "dsl",
      [43] = "plc",
    },
  },
  [1] = {
    name = "Available Network Bearer", ops = "R", type = "integer", multiple = true,
    mandatory = true, range = { 0, 50 },
    description = "codes as in resource 0",
  },
  [2] = {
    name = "Radio Signal Strength", ops = "R", type = "integer", mandatory = true, unit = "dBm",
    description = "RSSI, RSCP, RSRP or NRSRP, by bearer",
  },
  [3] = {
    name = "Link Quality", ops = "R", type = "integer",
    description = "RxQual, LQI, RSRQ or NRSRQ, by bearer",
  },
  [4] = {
    name = "IP Addresses", ops = "R", type = "string", multiple = true, mandatory = true,
    description = "devices without IP may leave it empty",
  },
  [5] = { name = "Router IP Addresses", ops = "R", type = "string", multiple = true },
  [6] = {
    name = "Link Utilization", ops = "R", type = "integer", range = { 0, 100 }, unit = "/100",
  },
  [7] = { name = "APN", ops = "R", type = "string", multiple = true },
  [8] = { name = "Cell ID", ops = "R", type = "integer", description = "28 bits on LTE" },
  [9] = {
    name = "SMNC", ops = "R", type = "integer", range = { 0, 999 },
    description = "mobile network code",
  },
  [10] = {
    name = "SMCC", ops = "R", type = "integer", range = { 0, 999 },
    description = "mobile country code",
  },
  [11] = {
    name = "SignalSNR", ops = "R", type = "integer", unit = "dB",
    description = "signal to noise and interference",
  },
  [12] = { name = "LAC", ops = "R", type = "integer", description = "location area code" },
  [13] = {
    name = "Coverage Enhancement Level", ops = "R", type = "integer", range = { 0, 4 },
    enum = { [0] = "none", [1] = "level 0", [2] = "level 1", [3] = "level 2", [4] = "level 3" },
  },
}

return {
  {
    id = 4, name = "Connectivity Monitoring", version = "1.0",
    urn = "urn:oma:lwm2m:oma:4", lwm2m = "1.0",
    multiple = false, mandatory = false,
    description = "The bearer in use, its quality and addresses.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5],
      [6] = res[6], [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10],
    },
  },
  {
    id = 4, name = "Connectivity Monitoring", version = "1.1",
    urn = "urn:oma:lwm2m:oma:4:1.1", lwm2m = "1.0",
    multiple = false, mandatory = false,
    description = "The bearer in use, its quality and addresses.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5],
      [6] = res[6], [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10], [11] = res[11],
    },
  },
  {
    id = 4, name = "Connectivity Monitoring", version = "1.2",
    urn = "urn:oma:lwm2m:oma:4:1.2", lwm2m = "1.1",
    multiple = false, mandatory = false,
    description = "The bearer in use, its quality and addresses.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5],
      [6] = res[6], [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10], [11] = res[11],
      [12] = res[12],
    },
  },
  {
    id = 4, name = "Connectivity Monitoring", version = "1.3",
    urn = "urn:oma:lwm2m:oma:4:1.3", lwm2m = "1.1",
    multiple = false, mandatory = false,
    description = "The bearer in use, its quality and addresses.",
    resources = res,
  },
}
