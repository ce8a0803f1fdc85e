-- SPDX-License-Identifier: Apache-2.0
-- Device: identity, power, memory, errors and clock. Every device has it.

local res = {
  [0] = { name = "Manufacturer", ops = "R", type = "string" },
  [1] = { name = "Model Number", ops = "R", type = "string" },
  [2] = { name = "Serial Number", ops = "R", type = "string" },
  [3] = { name = "Firmware Version", ops = "R", type = "string" },
  [4] = {
    name = "Reboot", ops = "E", mandatory = true,
    description = "restart; the answer comes first",
  },
  [5] = { name = "Factory Reset", ops = "E", description = "back to the state of delivery" },
  [6] = {
    name = "Available Power Sources", ops = "R", type = "integer", multiple = true,
    range = { 0, 7 },
    enum = {
      [0] = "dc", [1] = "internal battery", [2] = "external battery", [3] = "fuel cell",
      [4] = "poe", [5] = "usb", [6] = "ac", [7] = "solar",
    },
    description = "instances line up with 7 and 8",
  },
  [7] = {
    name = "Power Source Voltage", ops = "R", type = "integer", multiple = true, unit = "mV",
  },
  [8] = {
    name = "Power Source Current", ops = "R", type = "integer", multiple = true, unit = "mA",
  },
  [9] = { name = "Battery Level", ops = "R", type = "integer", range = { 0, 100 }, unit = "/100" },
  [10] = {
    name = "Memory Free", ops = "R", type = "integer", unit = "kB",
    description = "kilobytes of 1000 bytes",
  },
  [11] = {
    name = "Error Code", ops = "R", type = "integer", multiple = true, mandatory = true,
    range = { 0, 32 },
    enum = {
      [0] = "none", [1] = "low battery", [2] = "external power off", [3] = "gps failure",
      [4] = "low signal", [5] = "out of memory", [6] = "sms failure", [7] = "ip failure",
      [8] = "peripheral failure",
    },
    description = "one instance per error; a single 0 when all is well; 16 to 32 are the device's",
  },
  [12] = { name = "Reset Error Code", ops = "E", description = "forget the errors" },
  [13] = { name = "Current Time", ops = "RW", type = "time" },
  [14] = {
    name = "UTC Offset", ops = "RW", type = "string",
    description = "ISO 8601 offset such as +02:00",
  },
  [15] = {
    name = "Timezone", ops = "RW", type = "string",
    description = "name out of the IANA database",
  },
  [16] = {
    name = "Supported Binding and Modes", ops = "R", type = "string", mandatory = true,
    description = "letters U, T, S, N and in 1.0 the modes with Q",
  },
  [17] = { name = "Device Type", ops = "R", type = "string" },
  [18] = { name = "Hardware Version", ops = "R", type = "string" },
  [19] = { name = "Software Version", ops = "R", type = "string" },
  [20] = {
    name = "Battery Status", ops = "R", type = "integer", range = { 0, 6 },
    enum = {
      [0] = "normal", [1] = "charging", [2] = "charged", [3] = "damaged", [4] = "low",
      [5] = "not installed", [6] = "unknown",
    },
  },
  [21] = {
    name = "Memory Total", ops = "R", type = "integer", unit = "kB",
    description = "kilobytes of 1000 bytes",
  },
  [22] = {
    name = "ExtDevInfo", ops = "R", type = "objlnk", multiple = true,
    description = "links to objects that describe what the device is built into",
  },
}

-- as they were before 1.2
local old = {
  [11] = {
    name = "Error Code", ops = "R", type = "integer", multiple = true, mandatory = true,
    range = { 0, 8 },
    enum = {
      [0] = "none", [1] = "low battery", [2] = "external power off", [3] = "gps failure",
      [4] = "low signal", [5] = "out of memory", [6] = "sms failure", [7] = "ip failure",
      [8] = "peripheral failure",
    },
    description = "one instance per error; a single 0 when all is well",
  },
}

return {
  {
    id = 3, name = "Device", version = "1.0",
    urn = "urn:oma:lwm2m:oma:3", lwm2m = "1.0",
    multiple = false, mandatory = true,
    description = "What the device is and how it is doing: identity, power, memory, clock.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5],
      [6] = res[6], [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10], [11] = old[11],
      [12] = res[12], [13] = res[13], [14] = res[14], [15] = res[15], [16] = res[16],
      [17] = res[17], [18] = res[18], [19] = res[19], [20] = res[20], [21] = res[21],
      [22] = res[22],
    },
  },
  {
    id = 3, name = "Device", version = "1.1",
    urn = "urn:oma:lwm2m:oma:3:1.1", lwm2m = "1.1",
    multiple = false, mandatory = true,
    description = "What the device is and how it is doing: identity, power, memory, clock.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5],
      [6] = res[6], [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10], [11] = old[11],
      [12] = res[12], [13] = res[13], [14] = res[14], [15] = res[15], [16] = res[16],
      [17] = res[17], [18] = res[18], [19] = res[19], [20] = res[20], [21] = res[21],
      [22] = res[22],
    },
  },
  {
    id = 3, name = "Device", version = "1.2",
    urn = "urn:oma:lwm2m:oma:3:1.2", lwm2m = "1.1",
    multiple = false, mandatory = true,
    description = "What the device is and how it is doing: identity, power, memory, clock.",
    resources = res,
  },
}
