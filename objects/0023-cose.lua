-- SPDX-License-Identifier: Apache-2.0
-- LwM2M COSE: keys for protected payloads. Reached only by bootstrap.

return {
  id = 23, name = "LwM2M COSE", version = "1.0",
  urn = "urn:oma:lwm2m:oma:23", lwm2m = "1.2",
  multiple = true, mandatory = false,
  description = "Keys for payload protection with COSE; bootstrap writes it.",
  resources = {
    [0] = {
      name = "KID", ops = "", type = "string", mandatory = true,
      description = "key identifier",
    },
    [1] = {
      name = "AEAD Algorithm", ops = "", type = "integer", mandatory = true,
      description = "COSE algorithm number",
    },
    [2] = { name = "Key", ops = "", type = "string", mandatory = true, sensitive = true },
  },
}
