-- SPDX-License-Identifier: Apache-2.0
-- LwM2M Server: one instance per server a device registers with, paired with an instance of
-- object 0 by the Short Server ID. Version 1.1 hides 13 to 20 from servers, 1.2 opens them.

local res = {
  [0] = {
    name = "Short Server ID", ops = "R", type = "integer", mandatory = true, range = { 1, 65534 },
    description = "the account's number; matches /0/x/10",
  },
  [1] = {
    name = "Lifetime", ops = "RW", type = "integer", mandatory = true, unit = "s",
    description = "registration lifetime; 0 never ends",
  },
  [2] = {
    name = "Default Minimum Period", ops = "RW", type = "integer", unit = "s",
    description = "pmin where an observation sets none",
  },
  [3] = {
    name = "Default Maximum Period", ops = "RW", type = "integer", unit = "s",
    description = "pmax where an observation sets none",
  },
  [4] = {
    name = "Disable", ops = "E",
    description = "leave this server for the time in resource 5",
  },
  [5] = {
    name = "Disable Timeout", ops = "RW", type = "integer", unit = "s",
    description = "86400 when not set",
  },
  [6] = {
    name = "Notification Storing When Disabled or Offline", ops = "RW", type = "boolean",
    mandatory = true,
    description = "true keeps notifications while offline and sends them later",
  },
  [7] = {
    name = "Binding", ops = "RW", type = "string", mandatory = true,
    description = "letters U, T, S, N and in 1.0 the modes with Q",
  },
  [8] = {
    name = "Registration Update Trigger", ops = "E", mandatory = true,
    description = "send an Update now",
  },
  [9] = { name = "Bootstrap-Request Trigger", ops = "E", description = "start a bootstrap now" },
  [10] = {
    name = "APN Link", ops = "RW", type = "objlnk",
    description = "the /11 instance to connect with",
  },
  [11] = {
    name = "TLS-DTLS Alert Code", ops = "R", type = "unsigned", range = { 0, 255 },
    description = "last TLS alert from this server",
  },
  [12] = {
    name = "Last Bootstrapped", ops = "R", type = "time",
    description = "when bootstrap last wrote this account",
  },
  [13] = {
    name = "Registration Priority Order", ops = "R", type = "unsigned",
    description = "lower registers earlier",
  },
  [14] = {
    name = "Initial Registration Delay Timer", ops = "RW", type = "unsigned", unit = "s",
    description = "wait before the first registration",
  },
  [15] = {
    name = "Registration Failure Block", ops = "R", type = "boolean",
    description = "true stops the sequence when this server fails",
  },
  [16] = {
    name = "Bootstrap on Registration Failure", ops = "R", type = "boolean",
    description = "true, the default, goes back to bootstrap when this server fails",
  },
  [17] = {
    name = "Communication Retry Count", ops = "RW", type = "unsigned",
    description = "attempts in a sequence; 5 when not set",
  },
  [18] = {
    name = "Communication Retry Timer", ops = "RW", type = "unsigned", unit = "s",
    description = "first wait between attempts, doubled each time; 60 when not set",
  },
  [19] = {
    name = "Communication Sequence Delay Timer", ops = "RW", type = "unsigned", unit = "s",
    description = "wait between sequences; 86400 when not set",
  },
  [20] = {
    name = "Communication Sequence Retry Count", ops = "RW", type = "unsigned",
    description = "sequences before giving up; 1 when not set",
  },
  [21] = {
    name = "Trigger", ops = "RW", type = "boolean",
    description = "true when the device can be reached by SMS",
  },
  [22] = {
    name = "Preferred Transport", ops = "RW", type = "string",
    description = "one letter out of the supported bindings",
  },
  [23] = {
    name = "Mute Send", ops = "RW", type = "boolean",
    description = "true or absent: the device must not use Send",
  },
  [24] = {
    name = "Alternate APN Links", ops = "RW", type = "objlnk", multiple = true,
    description = "further /11 instances to try",
  },
  [25] = {
    name = "Supported Server Versions", ops = "RW", type = "string", multiple = true,
    description = "enabler versions such as 1.1",
  },
  [26] = {
    name = "Default Notification Mode", ops = "RW", type = "integer", range = { 0, 1 },
    enum = { [0] = "non-confirmable", [1] = "confirmable" },
  },
  [27] = {
    name = "Profile ID Hash Algorithm", ops = "RW", type = "unsigned", range = { 0, 255 },
    description = "hash suite of RFC 6920",
  },
}

return {
  {
    id = 1, name = "LwM2M Server", version = "1.0",
    urn = "urn:oma:lwm2m:oma:1", lwm2m = "1.0",
    multiple = true, mandatory = true,
    description = "Registration and reporting settings of one server account.",
    resources = {
      [0] = {
        name = "Short Server ID", ops = "R", type = "integer", mandatory = true,
        range = { 1, 65535 },
        description = "the account's number; matches /0/x/10",
      },
      [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5], [6] = res[6],
      [7] = res[7], [8] = res[8],
    },
  },
  {
    id = 1, name = "LwM2M Server", version = "1.1",
    urn = "urn:oma:lwm2m:oma:1:1.1", lwm2m = "1.1",
    multiple = true, mandatory = true,
    description = "Registration and reporting settings of one server account.",
    resources = {
      [0] = res[0], [1] = res[1], [2] = res[2], [3] = res[3], [4] = res[4], [5] = res[5],
      [6] = res[6], [7] = res[7], [8] = res[8], [9] = res[9], [10] = res[10], [11] = res[11],
      [12] = res[12],
      [13] = {
        name = "Registration Priority Order", ops = "", type = "unsigned",
        description = "lower registers earlier",
      },
      [14] = {
        name = "Initial Registration Delay Timer", ops = "", type = "unsigned", unit = "s",
        description = "wait before the first registration",
      },
      [15] = {
        name = "Registration Failure Block", ops = "", type = "boolean",
        description = "true stops the sequence when this server fails",
      },
      [16] = {
        name = "Bootstrap on Registration Failure", ops = "", type = "boolean",
        description = "true, the default, goes back to bootstrap when this server fails",
      },
      [17] = {
        name = "Communication Retry Count", ops = "", type = "unsigned",
        description = "attempts in a sequence; 5 when not set",
      },
      [18] = {
        name = "Communication Retry Timer", ops = "", type = "unsigned", unit = "s",
        description = "first wait between attempts, doubled each time; 60 when not set",
      },
      [19] = {
        name = "Communication Sequence Delay Timer", ops = "", type = "unsigned", unit = "s",
        description = "wait between sequences; 86400 when not set",
      },
      [20] = {
        name = "Communication Sequence Retry Count", ops = "", type = "unsigned",
        description = "sequences before giving up; 1 when not set",
      },
      [21] = res[21], [22] = res[22], [23] = res[23],
    },
  },
  {
    id = 1, name = "LwM2M Server", version = "1.2",
    urn = "urn:oma:lwm2m:oma:1:1.2", lwm2m = "1.2",
    multiple = true, mandatory = true,
    description = "Registration and reporting settings of one server account.",
    resources = res,
  },
}
