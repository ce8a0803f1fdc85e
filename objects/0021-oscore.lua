-- SPDX-License-Identifier: Apache-2.0
-- LwM2M OSCORE: one security context per instance, linked from /0/x/17. Reached only by bootstrap.
-- Sender and recipient are the device's: a server swaps them. Versions 1.x carry bytes as text.

local aead = {
  name = "OSCORE AEAD Algorithm", ops = "", type = "integer",
  description = "COSE number; 10, AES-CCM-16-64-128, when not set",
}
local hmac = {
  name = "OSCORE HMAC Algorithm", ops = "", type = "integer",
  description = "COSE number; HKDF with SHA-256 when not set",
}

local text = {
  [0] = {
    name = "OSCORE Master Secret", ops = "", type = "string", mandatory = true, sensitive = true,
  },
  [1] = { name = "OSCORE Sender ID", ops = "", type = "string", mandatory = true },
  [2] = { name = "OSCORE Recipient ID", ops = "", type = "string", mandatory = true },
  [5] = { name = "OSCORE Master Salt", ops = "", type = "string", sensitive = true },
  [6] = { name = "OSCORE ID Context", ops = "", type = "string" },
}

local bytes = {
  [0] = {
    name = "OSCORE Master Secret", ops = "", type = "opaque", mandatory = true, sensitive = true,
  },
  [1] = { name = "OSCORE Sender ID", ops = "", type = "opaque", mandatory = true },
  [2] = { name = "OSCORE Recipient ID", ops = "", type = "opaque", mandatory = true },
  [5] = { name = "OSCORE Master Salt", ops = "", type = "opaque", sensitive = true },
  [6] = { name = "OSCORE ID Context", ops = "", type = "opaque" },
}

return {
  {
    id = 21, name = "LWM2M OSCORE", version = "1.0",
    urn = "urn:oma:lwm2m:oma:21", lwm2m = "1.1",
    multiple = true, mandatory = false,
    description = "Keys and ids of one OSCORE security context; bootstrap writes it.",
    resources = {
      [0] = text[0], [1] = text[1], [2] = text[2], [3] = aead, [4] = hmac, [5] = text[5],
    },
  },
  {
    id = 21, name = "LWM2M OSCORE", version = "1.1",
    urn = "urn:oma:lwm2m:oma:21:1.1", lwm2m = "1.1",
    multiple = true, mandatory = false,
    description = "Keys and ids of one OSCORE security context; bootstrap writes it.",
    resources = {
      [0] = text[0], [1] = text[1], [2] = text[2], [3] = aead, [4] = hmac, [5] = text[5],
      [6] = text[6],
    },
  },
  {
    id = 21, name = "LWM2M OSCORE", version = "2.0",
    urn = "urn:oma:lwm2m:oma:21:2.0", lwm2m = "1.1",
    multiple = true, mandatory = false,
    description = "Keys and ids of one OSCORE security context; bootstrap writes it.",
    resources = {
      [0] = bytes[0], [1] = bytes[1], [2] = bytes[2], [3] = aead, [4] = hmac, [5] = bytes[5],
      [6] = bytes[6],
    },
  },
}
