-- SPDX-License-Identifier: Apache-2.0
-- LwM2M APN Connection Profile: settings and counters of one packet data connection. PDN Type 0
-- is what a non-IP (NIDD) device has here.

local res = {
  [0] = { name = "Profile name", ops = "RW", type = "string", mandatory = true },
  [1] = {
    name = "APN", ops = "RW", type = "string",
    description = "empty asks the network for its default",
  },
  [2] = { name = "Auto select APN by device", ops = "RW", type = "boolean" },
  [3] = {
    name = "Enable status", ops = "RW", type = "boolean",
    description = "false closes the connection",
  },
  [4] = {
    name = "Authentication Type", ops = "RW", type = "integer", mandatory = true,
    enum = { [0] = "pap", [1] = "chap", [2] = "pap or chap", [3] = "none" },
  },
  [5] = { name = "User Name", ops = "RW", type = "string" },
  [6] = { name = "Secret", ops = "RW", type = "string", sensitive = true },
  [7] = {
    name = "Reconnect Schedule", ops = "RW", type = "string",
    description = "retry delays in seconds with commas between",
  },
  [8] = {
    name = "Validity (MCC, MNC)", ops = "RW", type = "string", multiple = true,
    description = "country and network code with a comma between",
  },
  [9] = { name = "Connection establishment time", ops = "R", type = "time", multiple = true },
  [10] = {
    name = "Connection establishment result", ops = "R", type = "integer", multiple = true,
    enum = { [0] = "accepted", [1] = "rejected" },
  },
  [11] = {
    name = "Connection establishment reject cause", ops = "R", type = "integer", multiple = true,
    range = { 0, 111 },
    description = "cause of TS 24.008 or TS 24.301",
  },
  [12] = { name = "Connection end time", ops = "R", type = "time", multiple = true },
  [13] = {
    name = "TotalBytesSent", ops = "R", type = "integer", unit = "B",
    description = "since the device restarted",
  },
  [14] = {
    name = "TotalBytesReceived", ops = "R", type = "integer", unit = "B",
    description = "since the device restarted",
  },
  [15] = { name = "IP address", ops = "RW", type = "string", multiple = true },
  [16] = { name = "Prefix length", ops = "RW", type = "string", multiple = true },
  [17] = { name = "Subnet mask", ops = "RW", type = "string", multiple = true },
  [18] = { name = "Gateway", ops = "RW", type = "string", multiple = true },
  [19] = { name = "Primary DNS address", ops = "RW", type = "string", multiple = true },
  [20] = { name = "Secondary DNS address", ops = "RW", type = "string", multiple = true },
  [21] = { name = "QCI", ops = "R", type = "integer", range = { 1, 9 } },
  [22] = { name = "Vendor specific extensions", ops = "R", type = "objlnk" },
  [23] = {
    name = "TotalPacketsSent", ops = "R", type = "integer",
    description = "since the device restarted",
  },
  [24] = {
    name = "PDN Type", ops = "RW", type = "integer",
    enum = { [0] = "non-ip", [1] = "ipv4", [2] = "ipv6", [3] = "ipv4v6" },
  },
  [25] = {
    name = "APN Rate Control", ops = "R", type = "integer",
    description = "uplink PDUs per period",
  },
  [26] = {
    name = "Serving PLMN Rate control", ops = "RW", type = "unsigned",
    description = "NAS messages per period of resource 27",
  },
  [27] = {
    name = "Uplink Time Unit", ops = "RW", type = "unsigned", range = { 0, 4 },
    enum = { [0] = "unrestricted", [1] = "minute", [2] = "hour", [3] = "day", [4] = "week" },
  },
  [28] = {
    name = "APN Rate Control for Exception Data", ops = "R", type = "integer",
    description = "exception PDUs per period of resource 29",
  },
  [29] = {
    name = "APN Exception Data Uplink Time Unit", ops = "RW", type = "unsigned", range = { 0, 4 },
    enum = { [0] = "unrestricted", [1] = "minute", [2] = "hour", [3] = "day", [4] = "week" },
  },
  [30] = {
    name = "Supported RAT Types", ops = "RW", type = "unsigned", multiple = true,
    description = "codes of /13/0/0",
  },
  [31] = {
    name = "RDS Application ID", ops = "RW", type = "string", multiple = true,
    description = "instances line up with 32 and 33",
  },
  [32] = {
    name = "RDS Destination Port", ops = "RW", type = "integer", multiple = true,
    range = { 0, 15 },
    description = "non-IP: port of the server",
  },
  [33] = {
    name = "RDS Source Port", ops = "RW", type = "integer", multiple = true, range = { 0, 15 },
    description = "non-IP: own port",
  },
}

return {
  {
    id = 11, name = "LWM2M APN Connection Profile", version = "1.0",
    urn = "urn:oma:lwm2m:oma:11", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "How to open one packet data connection, and how it fared.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5],
      [6] = res[6], [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10], [11] = res[11],
      [12] = res[12], [13] = res[13], [14] = res[14], [15] = res[15], [16] = res[16],
      [17] = res[17], [18] = res[18], [19] = res[19], [20] = res[20], [21] = res[21],
      [22] = res[22], [23] = res[23], [24] = res[24], [25] = res[25],
    },
  },
  {
    id = 11, name = "LWM2M APN Connection Profile", version = "1.1",
    urn = "urn:oma:lwm2m:oma:11:1.1", lwm2m = "1.1",
    multiple = true, mandatory = false,
    description = "How to open one packet data connection, and how it fared.",
    resources = res,
  },
}
