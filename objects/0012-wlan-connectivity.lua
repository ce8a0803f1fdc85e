-- SPDX-License-Identifier: Apache-2.0
-- WLAN connectivity: settings, keys and counters of one interface.

local res = {
  [0] = {
    name = "Interface name", ops = "RW", type = "string", mandatory = true,
    description = "name in the system, such as wlan0",
  },
  [1] = { name = "Enable", ops = "RW", type = "boolean", mandatory = true },
  [2] = {
    name = "Radio Enabled", ops = "RW", type = "integer",
    enum = {
      [0] = "off", [1] = "2.4 GHz", [2] = "5 GHz", [3] = "0.9 GHz", [4] = "3.7 GHz",
      [5] = "45 GHz", [6] = "60 GHz",
    },
  },
  [3] = {
    name = "Status", ops = "R", type = "integer", mandatory = true,
    enum = { [0] = "off", [1] = "up", [2] = "error" },
  },
  [4] = {
    name = "BSSID", ops = "R", type = "string", mandatory = true, length = { 12, 12 },
    description = "MAC address in hex",
  },
  [5] = { name = "SSID", ops = "RW", type = "string", mandatory = true, length = { 1, 32 } },
  [6] = { name = "Broadcast SSID", ops = "RW", type = "boolean" },
  [7] = { name = "Beacon Enabled", ops = "RW", type = "boolean" },
  [8] = {
    name = "Mode", ops = "RW", type = "integer", mandatory = true,
    enum = { [0] = "access point", [1] = "station", [2] = "bridge", [3] = "repeater" },
  },
  [9] = { name = "Channel", ops = "RW", type = "integer", mandatory = true, range = { 0, 255 } },
  [10] = { name = "Auto Channel", ops = "RW", type = "boolean" },
  [11] = { name = "Supported Channels", ops = "RW", type = "integer", multiple = true },
  [12] = { name = "Channels In Use", ops = "RW", type = "integer", multiple = true },
  [13] = {
    name = "Regulatory Domain", ops = "RW", type = "string", length = { 3, 3 },
    description = "country code and environment of 802.11d",
  },
  [14] = {
    name = "Standard", ops = "RW", type = "integer", mandatory = true,
    enum = {
      [0] = "a", [1] = "b", [2] = "bg", [3] = "g", [4] = "n", [5] = "bgn", [6] = "ac", [7] = "ah",
    },
  },
  [15] = {
    name = "Authentication Mode", ops = "RW", type = "integer", mandatory = true,
    enum = { [0] = "open", [1] = "psk", [2] = "eap", [3] = "eap and psk", [4] = "eap-sim" },
  },
  [16] = {
    name = "Encryption Mode", ops = "RW", type = "integer",
    enum = { [0] = "aes", [1] = "tkip", [2] = "wep" },
  },
  [17] = {
    name = "WPA Pre Shared Key", ops = "W", type = "string", length = { 64, 64 },
    sensitive = true,
    description = "hex",
  },
  [18] = {
    name = "WPA Key Phrase", ops = "W", type = "string", length = { 1, 64 }, sensitive = true,
  },
  [19] = {
    name = "WEP Encryption Type", ops = "RW", type = "integer",
    enum = { [0] = "none", [1] = "40 bit", [2] = "104 bit" },
  },
  [20] = {
    name = "WEP Key Index", ops = "RW", type = "integer", range = { 1, 4 },
    description = "which WEP key is the default",
  },
  [21] = {
    name = "WEP Key Phrase", ops = "W", type = "string", length = { 1, 64 }, sensitive = true,
  },
  [22] = {
    name = "WEP Key 1", ops = "W", type = "string", length = { 10, 26 }, sensitive = true,
    description = "hex",
  },
  [23] = {
    name = "WEP Key 2", ops = "W", type = "string", length = { 10, 26 }, sensitive = true,
    description = "hex",
  },
  [24] = {
    name = "WEP Key 3", ops = "W", type = "string", length = { 10, 26 }, sensitive = true,
    description = "hex",
  },
  [25] = {
    name = "WEP Key 4", ops = "W", type = "string", length = { 10, 26 }, sensitive = true,
    description = "hex",
  },
  [26] = { name = "RADIUS Server", ops = "RW", type = "string", length = { 1, 256 } },
  [27] = { name = "RADIUS Server Port", ops = "RW", type = "integer" },
  [28] = {
    name = "RADIUS Secret", ops = "W", type = "string", length = { 1, 256 }, sensitive = true,
  },
  [29] = { name = "WMM Supported", ops = "R", type = "boolean" },
  [30] = { name = "WMM Enabled", ops = "RW", type = "boolean" },
  [31] = {
    name = "MAC Control Enabled", ops = "RW", type = "boolean",
    description = "true admits only addresses of the list",
  },
  [32] = {
    name = "MAC Address List", ops = "RW", type = "string", multiple = true, length = { 12, 12 },
    description = "MAC addresses in hex",
  },
  [33] = { name = "Total Bytes Sent", ops = "R", type = "integer", unit = "B" },
  [34] = { name = "Total Bytes Received", ops = "R", type = "integer", unit = "B" },
  [35] = { name = "Total Packets Sent", ops = "R", type = "integer" },
  [36] = { name = "Total Packets Received", ops = "R", type = "integer" },
  [37] = { name = "Transmit Errors", ops = "R", type = "integer" },
  [38] = { name = "Receive Errors", ops = "R", type = "integer" },
  [39] = { name = "Unicast Packets Sent", ops = "R", type = "integer" },
  [40] = { name = "Unicast Packets Received", ops = "R", type = "integer" },
  [41] = { name = "Multicast Packets Sent", ops = "R", type = "integer" },
  [42] = { name = "Multicast Packets Received", ops = "R", type = "integer" },
  [43] = { name = "Broadcast Packets Sent", ops = "R", type = "integer" },
  [44] = { name = "Broadcast Packets Received", ops = "R", type = "integer" },
  [45] = { name = "Discard Packets Sent", ops = "R", type = "integer" },
  [46] = { name = "Discard Packets Received", ops = "R", type = "integer" },
  [47] = { name = "Unknown Packets Received", ops = "R", type = "integer" },
  [48] = { name = "Vendor specific extensions", ops = "R", type = "objlnk" },
}

return {
  {
    id = 12, name = "WLAN connectivity", version = "1.0",
    urn = "urn:oma:lwm2m:oma:12", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "Settings and counters of one wireless LAN interface.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5],
      [6] = res[6], [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10], [11] = res[11],
      [12] = res[12], [13] = res[13], [14] = res[14], [15] = res[15], [16] = res[16],
      [17] = res[17], [18] = res[18], [19] = res[19], [20] = res[20], [21] = res[21],
      [22] = {
        name = "WEP Key 1", ops = "W", type = "string", length = { 0, 26 }, sensitive = true,
        description = "hex",
      },
      [23] = {
        name = "WEP Key 2", ops = "W", type = "string", length = { 0, 26 }, sensitive = true,
        description = "hex",
      },
      [24] = res[24], [25] = res[25], [26] = res[26], [27] = res[27], [28] = res[28],
      [29] = res[29], [30] = res[30], [31] = res[31], [32] = res[32], [33] = res[33],
      [34] = res[34], [35] = res[35], [36] = res[36], [37] = res[37], [38] = res[38],
      [39] = res[39], [40] = res[40], [41] = res[41], [42] = res[42], [43] = res[43],
      [44] = res[44], [45] = res[45], [46] = res[46], [47] = res[47], [48] = res[48],
    },
  },
  {
    id = 12, name = "WLAN connectivity", version = "1.1",
    urn = "urn:oma:lwm2m:oma:12:1.1", lwm2m = "1.0",
    multiple = true, mandatory = false,
    description = "Settings and counters of one wireless LAN interface.",
    resources = res,
  },
}
